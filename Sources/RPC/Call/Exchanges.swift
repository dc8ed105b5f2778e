/// Both directions of a call whose requests stream, encoded. One task sends and one takes.
public protocol MessageExchange: MessageBodies {
  /// Sends a message; waits until the server takes more. Throws what the server ended the stream with.
  func send(_ body: [UInt8]) async throws(CallFailure)
  /// Says that all messages were sent.
  func finishSending() async
}

/// Many requests, and one reply when all of them were taken. Each request is a command of its own, with its own request
/// key: one that was sent again, on this stream or another, is applied once.
public struct Upload<Request: Sendable, Reply: Sendable>: Sendable {
  private let exchange: any MessageExchange
  private let encode: @Sendable (Request) -> [UInt8]
  private let decode: @Sendable ([UInt8]) throws(CallFailure) -> Reply

  package init(
    _ exchange: any MessageExchange, encode: @escaping @Sendable (Request) -> [UInt8],
    decode: @escaping @Sendable ([UInt8]) throws(CallFailure) -> Reply
  ) {
    (self.exchange, self.encode, self.decode) = (exchange, encode, decode)
  }

  /// Sends one request; waits as long as the server is busy with earlier ones.
  public func send(_ request: Request) async throws(CallFailure) { try await exchange.send(encode(request)) }

  /// Says that all were sent, and waits for the reply.
  public func finish() async throws(CallFailure) -> Reply {
    await exchange.finishSending()
    guard let body = try await exchange.next() else {
      throw CallFailure(malformedReply: "the stream ended without a reply")
    }
    return try decode(body)
  }

  /// Ends the call from this side. What was sent last may have been executed, or not.
  public func cancel() { exchange.cancel() }
}

/// Many requests, and messages that answer them as they are decided. Each request is a command of its own, with its own
/// request key. The server takes no more requests while nobody takes its answers.
public struct Exchange<Request: Sendable, Reply: Sendable>: Sendable {
  private let exchange: any MessageExchange
  private let encode: @Sendable (Request) -> [UInt8]
  /// What comes back, until all that was sent is answered; taken by one task.
  public let replies: MessageStream<Reply>

  package init(
    _ exchange: any MessageExchange, encode: @escaping @Sendable (Request) -> [UInt8],
    decode: @escaping @Sendable ([UInt8]) throws(CallFailure) -> Reply
  ) {
    (self.exchange, self.encode) = (exchange, encode)
    replies = MessageStream(exchange, decode: decode)
  }

  /// Sends one request; waits as long as the server takes no more.
  public func send(_ request: Request) async throws(CallFailure) { try await exchange.send(encode(request)) }

  /// Says that all were sent; the replies end when they are answered.
  public func finishSending() async { await exchange.finishSending() }

  /// Ends the call from this side. What was not answered may have been executed, or not.
  public func cancel() { exchange.cancel() }
}
