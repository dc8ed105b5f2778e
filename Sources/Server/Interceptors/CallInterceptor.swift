internal import Domain
internal import Metrics
internal import RPC
internal import Records

/// A call as those see it who stand around every call.
struct InterceptedCall {
  let method: Method
  let stream: UInt32
  let connection: ServerConnection<LoopDispatcher>
  let trace: TraceContext?

  var peer: Principal { connection.peer }
  /// By what log lines and clients name the call.
  var identifier: String { "\(connection.identifier)-\(stream)" }
}

/// Stands around every call of an event loop, on that loop.
///
/// Interceptors are put together by type (``InterceptorChain``), so that passing them costs nothing: most do nothing for
/// most calls.
protocol CallInterceptor {
  /// Before anything else looks at the call. What it throws ends the call, and later interceptors do not see it begin.
  mutating func begins(_ call: InterceptedCall, _ head: IncomingCall) throws(CallFailure)
  /// The call has ended; how long it took. A stream of messages ends here once it is open.
  mutating func ended(_ call: InterceptedCall, _ status: StatusCode, _ time: CallTime)
}

extension CallInterceptor {
  mutating func begins(_ call: InterceptedCall, _ head: IncomingCall) throws(CallFailure) {}
  mutating func ended(_ call: InterceptedCall, _ status: StatusCode, _ time: CallTime) {}
}

/// When a call ended, and how long after its arrival.
struct CallTime {
  let end: Tick
  let microseconds: UInt64

  init(since arrival: Tick) {
    end = .now
    microseconds = arrival.microseconds(until: end)
  }
}

/// The outer interceptor sees a call begin first, and end last.
struct InterceptorChain<Outer: CallInterceptor, Inner: CallInterceptor>: CallInterceptor {
  var outer: Outer
  var inner: Inner

  init(_ outer: Outer, _ inner: Inner) {
    self.outer = outer
    self.inner = inner
  }

  mutating func begins(_ call: InterceptedCall, _ head: IncomingCall) throws(CallFailure) {
    try outer.begins(call, head)
    try inner.begins(call, head)
  }

  mutating func ended(_ call: InterceptedCall, _ status: StatusCode, _ time: CallTime) {
    inner.ended(call, status, time)
    outer.ended(call, status, time)
  }
}
