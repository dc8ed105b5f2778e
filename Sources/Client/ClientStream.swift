internal import RPC
internal import Synchronization

/// Messages of one stream between the event loop, which adds them, and the one task that takes them. What it can hold is
/// bounded by the credit that the server was given.
final class ClientStream: MessageBodies {
  private struct State {
    var messages: [[UInt8]] = []
    var isEnded = false
    var failure: CallFailure?
    var waiter: CheckedContinuation<Void, Never>?
  }

  /// What is at the other end.
  enum Kind {
    /// A query that answers with many messages.
    case query
    /// Commands that are answered together, with one.
    case upload
    /// Commands that are answered one by one.
    case exchange
  }

  let kind: Kind
  private let state = Mutex(State())
  private let taken: @Sendable (Int) -> Void
  private let cancelled: @Sendable () -> Void

  init(_ kind: Kind, taken: @escaping @Sendable (Int) -> Void, cancelled: @escaping @Sendable () -> Void) {
    self.kind = kind
    self.taken = taken
    self.cancelled = cancelled
  }

  private enum Step {
    case message([UInt8])
    case end(CallFailure?)
    case wait
  }

  func next() async throws(CallFailure) -> [UInt8]? {
    while true {
      let step = state.withLock { state -> Step in
        if !state.messages.isEmpty { return .message(state.messages.removeFirst()) }
        return state.isEnded ? .end(state.failure) : .wait
      }
      switch step {
      case .wait where Task.isCancelled:
        throw CallFailure(.cancelled, kind == .query ? .query : .unknown, "the stream was cancelled")
      case .message(let message):
        taken(message.count)
        return message
      case .end(let failure?): throw failure
      case .end(nil): return nil
      case .wait: await wait()
      }
    }
  }

  private func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          precondition(state.waiter == nil, "a stream is taken by one task")
          if !state.messages.isEmpty || state.isEnded { return true }
          state.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      cancelled()
      change { _ in }
    }
  }

  func cancel() { cancelled() }

  /// What the server ended the stream with.
  var failure: CallFailure? { state.withLock { $0.failure } }

  /// What the application holds: when it lets go of the stream, the server hears it.
  final class Handle: MessageBodies {
    private let stream: ClientStream
    init(_ stream: ClientStream) { self.stream = stream }
    deinit { stream.cancel() }
    func next() async throws(CallFailure) -> [UInt8]? { try await stream.next() }
    func cancel() { stream.cancel() }
  }

  func add(_ message: [UInt8]) { change { $0.messages.append(message) } }

  func end(_ failure: CallFailure?) {
    change { state in
      state.isEnded = true
      state.failure = failure
    }
  }

  private func change(_ body: (inout sending State) -> Void) {
    let waiter = state.withLock { state in
      body(&state)
      let waiter = state.waiter
      state.waiter = nil
      return waiter
    }
    waiter?.resume()
  }
}
