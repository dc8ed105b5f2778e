/// What a connection may ask of either side, with the reason for each number. Relations between them are checked at
/// start.
package struct Limits: Sendable {
  /// A frame's payload: large enough that its header is nothing, small enough that one frame never blocks the others
  /// of its connection for long.
  package var frameBytesMax = 64 << 10
  /// What a peer may ask the frame limit to be.
  package static let frameBytesHardMax = 1 << 20
  /// A whole request or reply. Lists are paged, imports come in chunks.
  package var messageBytesMax = 4 << 20
  /// Calls open at once on a connection.
  package var streamsMax = 1024
  /// Requests that are still arriving, together: a connection cannot make the server hold more.
  package var partialBytesMax = 16 << 20
  /// Replies that wait for the client's credit, together; a client that reads nothing is cut off here.
  package var blockedBytesMax = 16 << 20
  /// What a stream produces in one step: large enough to be worth a hop to another thread.
  package var stepBytes: UInt64 = 64 << 10
  /// Steps of all streams of a connection that are under way, together.
  package var producedBytesMax: UInt64 = 256 << 10
  /// HELLO, before anything is known about the peer.
  package static let helloBytesMax = 4096
  /// The handshake must be done by then.
  package static let handshakeSeconds: Int64 = 5
  /// A client that pings more often than this is answered less often.
  package var pingIntervalMinMilliseconds: UInt32 = 1000

  package init() {
    precondition(frameBytesMax <= Self.frameBytesHardMax && frameBytesMax <= messageBytesMax)
    precondition(messageBytesMax <= partialBytesMax && messageBytesMax <= blockedBytesMax)
  }
}
