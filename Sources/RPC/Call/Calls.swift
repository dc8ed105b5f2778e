/// What the generated clients call through: one connection, or something that stands for several.
public protocol Calls: Sendable {
  /// One request, one reply.
  func unary(
    method: UInt32, isCommand: Bool, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> CallReply
  /// One request, a stream of messages.
  func stream(method: UInt32, _ body: [UInt8], _ options: CallOptions) async throws(CallFailure) -> any MessageBodies
  /// A stream of requests; one reply, or (`isStreaming`) a stream of messages.
  func exchange(
    method: UInt32, isStreaming: Bool, _ options: CallOptions
  ) async throws(CallFailure) -> any MessageExchange
}

/// How a call is to be made.
public struct CallOptions: Sendable {
  /// Time for the whole of a call with one request and one reply; absent: what the method's declaration gives it.
  public var timeout: Duration?
  /// Time for the whole of a stream; `nil`: it lasts as long as both sides want it to.
  public var streamTimeout: Duration?
  /// The person for whom the caller speaks; needs the role `delegate` over that person.
  public var actingFor: String?
  /// The request key of a command, 16 bytes (UUIDv7); made by the client when absent. Give the same one to repeat a
  /// command whose outcome is unknown: it is applied at most once.
  public var requestKey: [UInt8]?
  /// A query is answered from a state at least this new.
  public var sequenceMin: UInt64
  /// Goes on where an earlier stream of the same request ended: its failure's ``CallFailure/resumeToken``.
  public var resumeToken: [UInt8]?
  /// The span that makes the call, for the server's log.
  public var trace: TraceContext?

  public init(
    timeout: Duration? = nil, streamTimeout: Duration? = nil, actingFor: String? = nil, requestKey: [UInt8]? = nil,
    sequenceMin: UInt64 = 0, resumeToken: [UInt8]? = nil, trace: TraceContext? = nil
  ) {
    self.timeout = timeout
    self.streamTimeout = streamTimeout
    self.resumeToken = resumeToken
    self.actingFor = actingFor
    self.requestKey = requestKey
    self.sequenceMin = sequenceMin
    self.trace = trace
  }
}

extension CallOptions {
  /// For a call of which neither the caller nor a declaration says how long it may take.
  package static let defaultTimeout = Duration.seconds(10)

  /// The same with the time that the method's declaration gives it, unless the caller said another.
  package func within(_ declared: Duration) -> CallOptions {
    var options = self
    options.timeout = timeout ?? declared
    return options
  }
}

/// A reply that succeeded.
public struct CallReply: Sendable {
  public let body: [UInt8]
  /// The journal sequence that a command got, or that a query saw.
  public let sequence: UInt64

  package init(body: [UInt8], sequence: UInt64) {
    self.body = body
    self.sequence = sequence
  }
}

/// The encoded messages of a stream, taken one by one.
public protocol MessageBodies: Sendable {
  /// The next message; `nil` at the orderly end. Taking a message is what allows the server to send more.
  func next() async throws(CallFailure) -> [UInt8]?
  /// Ends the stream from this side.
  func cancel()
}

/// The messages of a stream as records.
public struct MessageStream<Message: Sendable>: AsyncSequence, Sendable {
  private let bodies: any MessageBodies
  private let decode: @Sendable ([UInt8]) throws(CallFailure) -> Message

  package init(_ bodies: any MessageBodies, decode: @escaping @Sendable ([UInt8]) throws(CallFailure) -> Message) {
    self.bodies = bodies
    self.decode = decode
  }

  public func makeAsyncIterator() -> Iterator { Iterator(bodies: bodies, decode: decode) }

  /// Ends the stream from this side.
  public func cancel() { bodies.cancel() }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let bodies: any MessageBodies
    fileprivate let decode: @Sendable ([UInt8]) throws(CallFailure) -> Message

    public mutating func next() async throws -> Message? {
      guard let body = try await bodies.next() else { return nil }
      return try decode(body)
    }
  }
}
