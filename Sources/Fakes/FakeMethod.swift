internal import API
internal import Bytes
public import RPC
public import Records
internal import Synchronization

/// One method of a fake service: remembers every call, and answers as it was told.
///
/// Answers that were planned for one call are used up in their order; then the lasting one counts. A call without
/// either fails with `UNIMPLEMENTED`, so that a test sees what it forgot.
public final class FakeMethod<Request: Sendable, Reply: Sendable>: Sendable {
  public typealias Answer = @Sendable (Request) throws(CallFailure) -> Reply

  /// For example `Hazard.submit`.
  public let name: String

  private struct State {
    var calls: [(request: Request, options: CallOptions)] = []
    var planned: [Answer] = []
    var lasting: Answer?
  }
  private let state = Mutex(State())

  init(_ name: String) { self.name = name }

  /// The requests so far, in the order in which they came.
  public var requests: [Request] { state.withLock { $0.calls.map(\.request) } }

  /// How each of them was made.
  public var options: [CallOptions] { state.withLock { $0.calls.map(\.options) } }

  /// Answers every call from now on that no answer was planned for.
  public func answer(_ answer: @escaping Answer) { state.withLock { $0.lasting = answer } }

  /// Answers every call from now on that no answer was planned for.
  public func answer(with reply: Reply) { answer { (_) throws(CallFailure) in reply } }

  /// Answers the next call that no answer was planned for, once.
  public func answerOnce(with reply: Reply) { plan { (_) throws(CallFailure) in reply } }

  /// Refuses the next call that no answer was planned for, once, as the daemon would: nothing was executed.
  public func refuseOnce(with refusal: Refusal) { failOnce(with: CallFailure(refusal, .notExecuted)) }

  /// Fails the next call that no answer was planned for, once: a lost connection, a deadline.
  public func failOnce(with failure: CallFailure) { plan { (_) throws(CallFailure) in throw failure } }

  private func plan(_ answer: @escaping Answer) { state.withLock { $0.planned.append(answer) } }

  func call(_ request: Request, _ options: CallOptions) throws(CallFailure) -> Reply {
    let answer = state.withLock { state -> Answer? in
      state.calls.append((request, options))
      return state.planned.isEmpty ? state.lasting : state.planned.removeFirst()
    }
    guard let answer else {
      throw CallFailure(
        .unimplemented, .notExecuted,
        "the fake \(name) has no answer; give it one with answer(with:) or answerOnce(with:)")
    }
    return try answer(request)
  }
}

extension FakeMethod where Request: WireRecord, Reply: WireRecord {
  func unary(_ body: [UInt8], _ options: CallOptions) throws(CallFailure) -> [UInt8] {
    try call(Request(faked: body), options).encoded()
  }
}

extension FakeMethod where Request: WireRecord {
  func stream<Message: WireRecord>(
    _ body: [UInt8], _ options: CallOptions
  ) throws(CallFailure) -> any MessageBodies where Reply == [Message] {
    FakeBodies(try call(Request(faked: body), options).map { $0.encoded() })
  }
}

extension WireRecord {
  init(faked body: [UInt8]) throws(CallFailure) {
    do throws(RecordFault) { self = try Self(encoded: body) } catch {
      throw CallFailure(.invalidArgument, .notExecuted, "\(error)")
    }
  }
}

/// Messages that were there before the stream began; behind them is its orderly end.
private final class FakeBodies: MessageBodies {
  private let rest: Mutex<[[UInt8]]>

  init(_ bodies: [[UInt8]]) { rest = Mutex(bodies.reversed()) }

  func next() async throws(CallFailure) -> [UInt8]? { rest.withLock { $0.popLast() } }
  func cancel() { rest.withLock { $0 = [] } }
}
