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

  init(stream: UInt32, _ head: Open) {
    self.stream = stream
    method = head.method
    timeout = head.timeoutUs.map { .microseconds(Int64(clamping: $0)) }
    requestKey = head.requestKey
    actingFor = head.actingFor
    sequenceMin = head.sequenceMin
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
  /// The handshake was good: who the peer is, and what it may do.
  func greeting(for connection: ServerConnection<Self>) -> Greeting
  /// A request is complete. Every call must be ended exactly once, by ``ServerConnection/answer(_:sequence:_:)`` or
  /// ``ServerConnection/end(_:with:body:)``.
  func begin(_ call: IncomingCall, body: RawSpan, on connection: ServerConnection<Self>)
  /// The client no longer wants the call; it still has to be ended.
  func cancel(stream: UInt32, on connection: ServerConnection<Self>)
  /// Everything that came in one piece has been handed over.
  func burstEnded()
  /// The client can take more of a stream's messages.
  func extendCredit(stream: UInt32, on connection: ServerConnection<Self>)
}

/// Messages that a streaming query produces when it is asked for them, away from the event loop.
package protocol MessageSource: AnyObject, Sendable {
  /// Adds the next messages to `messages`, about `bytesMax` of them; says what to do then. Must not wait.
  func produce(bytesMax: Int, into messages: inout [[UInt8]]) throws(CallFailure) -> MessageProgress
}

package enum MessageProgress: Sendable {
  /// There may be more at once.
  case more
  /// There is more only when the journal has gone beyond this sequence.
  case waiting(sequence: UInt64)
  case finished
}
