internal import Bytes
internal import RPC
internal import Records
internal import Synchronization

/// A call whose requests stream: what the fake answers to each, and when all were sent.
private final class FakeExchange: MessageExchange {
  typealias Answer = Result<[UInt8], CallFailure>

  private let answers: AsyncStream<Answer>
  private let continuation: AsyncStream<Answer>.Continuation
  private let onEach: @Sendable ([UInt8]) throws(CallFailure) -> [UInt8]?
  private let onEnd: @Sendable () throws(CallFailure) -> [UInt8]?

  init(
    onEach: @escaping @Sendable ([UInt8]) throws(CallFailure) -> [UInt8]?,
    onEnd: @escaping @Sendable () throws(CallFailure) -> [UInt8]? = { () throws(CallFailure) in nil }
  ) {
    (answers, continuation) = AsyncStream.makeStream()
    (self.onEach, self.onEnd) = (onEach, onEnd)
  }

  func send(_ body: [UInt8]) async throws(CallFailure) {
    if let answer = try onEach(body) { continuation.yield(.success(answer)) }
  }

  func finishSending() async {
    do throws(CallFailure) {
      if let answer = try onEnd() { continuation.yield(.success(answer)) }
    } catch {
      continuation.yield(.failure(error))
    }
    continuation.finish()
  }

  func next() async throws(CallFailure) -> [UInt8]? {
    for await answer in answers { return try answer.get() }
    return nil
  }

  func cancel() { continuation.finish() }
}

extension FakeMethod where Request: WireRecord, Reply: WireRecord {
  /// Each request is answered by itself, when it comes.
  func exchange(_ options: CallOptions) -> any MessageExchange {
    FakeExchange { (body) throws(CallFailure) in try self.unary(body, options) }
  }
}

extension FakeMethod where Reply: WireRecord {
  /// All requests are answered by one reply, when the last was sent.
  func upload<Element: WireRecord>(_ options: CallOptions) -> any MessageExchange where Request == [Element] {
    let requests = Requests<Element>()
    return FakeExchange(
      onEach: { (body) throws(CallFailure) in
        let request = try Element(faked: body)
        requests.list.withLock { $0.append(request) }
        return nil
      }, onEnd: { () throws(CallFailure) in try self.call(requests.list.withLock { $0 }, options).encoded() })
  }
}

private final class Requests<Element: Sendable>: Sendable {
  let list = Mutex<[Element]>([])
}
