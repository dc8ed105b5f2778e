internal import Bytes

/// A call as it came in: its head, read.
package struct IncomingCall: Sendable {
  package let stream: UInt32
  package let method: UInt32
  /// Absent: the caller named none.
  package let timeout: Duration?
  package let requestKey: [UInt8]?
  package let actingFor: String?
  package let sequenceMin: UInt64
  /// What an earlier stream ended with.
  package let resume: [UInt8]?
  /// No request came with it: they come as messages, see ``ServerConnection/nextMessage(on:)``.
  package let takesStream: Bool
  /// Absent when there is none, or it is no `traceparent`.
  package let trace: TraceContext?

  init(stream: UInt32, _ head: Open, takesStream: Bool) {
    self.stream = stream
    method = head.method
    timeout = head.timeoutUs.map { .microseconds(Int64(clamping: $0)) }
    requestKey = head.requestKey
    actingFor = head.actingFor
    sequenceMin = head.sequenceMin
    resume = head.resume
    self.takesStream = takesStream
    trace = head.traceParent.flatMap(TraceContext.init)
  }
}

/// What a server says about itself and about the peer once it knows who that is.
package struct Greeting: Sendable {
  package var server: String
  package var session: UInt64
  package var historyIdentifier: [UInt8]
  package var schemaHash: [UInt8]
  package var principal: String
  package var roles: [String]
  package var serverTimeMilliseconds: Int64

  package init(
    server: String, session: UInt64, historyIdentifier: [UInt8], schemaHash: [UInt8], principal: String,
    roles: [String], serverTimeMilliseconds: Int64
  ) {
    self.server = server
    self.session = session
    self.historyIdentifier = historyIdentifier
    self.schemaHash = schemaHash
    self.principal = principal
    self.roles = roles
    self.serverTimeMilliseconds = serverTimeMilliseconds
  }
}

/// What stands behind the connections of a server. It is called on the connection's thread and answers there, at once
/// or later, through the connection.
package protocol Dispatcher: AnyObject {
  /// What the transport proved about the peer, as far as the dispatcher cares.
  associatedtype Peer
  /// The handshake was good: who the peer is, and what it may do. Who shows a token is whoever it stands for.
  ///
  /// - Throws: ``FrameError/unauthenticated(_:)``, ``FrameError/limit(_:)``
  func greet(_ connection: ServerConnection<Self>, token: String?) throws(FrameError) -> Greeting
  /// A request is complete, or a stream of them begins. Every call must be ended exactly once, by
  /// ``ServerConnection/answer(_:sequence:_:)`` or
  /// ``ServerConnection/end(_:with:body:)``.
  func begin(_ call: IncomingCall, body: RawSpan, on connection: ServerConnection<Self>)
  /// The client no longer wants the call; it still has to be ended.
  func cancel(stream: UInt32, on connection: ServerConnection<Self>)
  /// Messages came on a stream of requests, or its end.
  func requestsCame(stream: UInt32, on connection: ServerConnection<Self>)
  /// Everything that came in one piece has been handed over.
  func burstEnded()
  /// The client can take more of a stream's messages.
  func extendCredit(stream: UInt32, on connection: ServerConnection<Self>)
  /// The connection ends, and no more calls come on it: what would last is to be ended.
  func lastCallCame(on connection: ServerConnection<Self>, reason: String)
}

extension Dispatcher {
  /// Nothing: who ends streams of requests as they begin gets none.
  package func requestsCame(stream: UInt32, on connection: ServerConnection<Self>) {}
  /// Nothing: who has only calls that end by themselves waits for them.
  package func lastCallCame(on connection: ServerConnection<Self>, reason: String) {}
}

/// Messages that a streaming query produces when it is asked for them, away from the event loop.
package protocol MessageSource: AnyObject, Sendable {
  /// Adds the next messages to `messages`, about `bytesMax` of them; says what to do then. Must not wait.
  func produce(bytesMax: Int, into messages: inout [[UInt8]]) throws(CallFailure) -> MessageProgress
  /// What another stream of the same request goes on from, so that it misses and repeats nothing; `nil`: it begins anew.
  var position: StreamPosition? { get }
  /// Nothing is asked for now, perhaps for long: what can be read again is let go of.
  func rest()
  /// Goes on from there, instead of beginning; called before anything is produced.
  func resume(from position: StreamPosition) throws(CallFailure)
  /// What is to be said at the end of a stream that the server ends because it goes down; such a stream ends well.
  var farewell: [UInt8]? { get }
}

/// A stream that does not follow the journal always begins anew.
extension MessageSource {
  package var position: StreamPosition? { nil }
  package func rest() {}
  package func resume(from position: StreamPosition) throws(CallFailure) {
    throw CallFailure(.invalidArgument, .query, "this stream always begins anew; leave resume out")
  }
  package var farewell: [UInt8]? { nil }
}

/// Where a stream stands in the journal: all messages of the entries up to `sequence` were sent, and `sent` of the next.
package struct StreamPosition: Sendable, Equatable {
  package let sequence: UInt64
  package let sent: UInt32

  package init(sequence: UInt64, sent: UInt32 = 0) { (self.sequence, self.sent) = (sequence, sent) }
}

package enum MessageProgress: Sendable {
  /// There may be more at once.
  case more
  /// There is more only when the journal has gone beyond this sequence, or something else that streams tell of has
  /// changed.
  case waiting(sequence: UInt64)
  case finished
}
