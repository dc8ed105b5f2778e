internal import Domain
internal import Logging
internal import Metrics
internal import RPC
internal import Records

/// What stands around the calls of one event loop, in its order; a new interceptor is put in here.
///
/// Lives on its loop.
final class CallRecorder {
  private var chain: InterceptorChain<CallCounter, InterceptorChain<CallLog, CallGuard>>
  private let counts: LoopCounts
  /// Traces of calls that have not ended. Most calls have none, and pay nothing.
  private var traces: [CallPlace: TraceContext] = [:]

  private struct CallPlace: Hashable {
    let connection: UInt64
    let stream: UInt32
  }

  init(_ counts: LoopCounts, slowMilliseconds: Int, log: Logger) {
    self.counts = counts
    chain = .init(CallCounter(counts: counts), .init(CallLog(slowMilliseconds: slowMilliseconds, log), CallGuard()))
  }

  /// - Throws: why the call is not let in.
  func begins(_ method: Method, _ head: IncomingCall, on connection: ServerConnection<LoopDispatcher>)
    throws(CallFailure)
  {
    if let trace = head.trace { traces[.init(connection: connection.identifier, stream: head.stream)] = trace }
    try chain.begins(call(method, head.stream, connection, head.trace), head)
  }

  func ended(
    _ method: Method, _ status: StatusCode, arrival: Tick, stream: UInt32,
    on connection: ServerConnection<LoopDispatcher>
  ) {
    let trace =
      traces.isEmpty ? nil : traces.removeValue(forKey: .init(connection: connection.identifier, stream: stream))
    chain.ended(call(method, stream, connection, trace), status, CallTime(since: arrival))
  }

  /// The calls of a connection that is gone end unseen.
  func forget(_ connection: UInt64) {
    if !traces.isEmpty { traces = traces.filter { $0.key.connection != connection } }
  }

  func streamsChanged(by difference: Int) { counts.streamsChanged(by: difference) }

  private func call(
    _ method: Method, _ stream: UInt32, _ connection: ServerConnection<LoopDispatcher>, _ trace: TraceContext?
  ) -> InterceptedCall {
    InterceptedCall(method: method, stream: stream, connection: connection, trace: trace)
  }
}
