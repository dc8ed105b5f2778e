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
  package var stepBytes: UInt64 = 16 << 10
  /// Steps of all streams of a connection that are under way, together. What its socket does not take stays with us: of a
  /// hundred clients that read nothing it is this and the transport's own buffer, twice because buffers grow by doubling.
  package var producedBytesMax: UInt64 = 32 << 10
  /// Messages that a client may send on a stream, and on the connection, before they are decided: some hundred reports, a
  /// good part of a batch. A hundred connections that fill all of it make the server hold 25 MiB.
  package var requestStreamCredit: UInt64 = 128 << 10
  package var requestConnectionCredit: UInt64 = 256 << 10
  /// What a message is charged besides its bytes: what it costs to keep, so that empty ones are not free.
  package static let messageOverheadBytes = 256
  /// HELLO, before anything is known about the peer.
  package static let helloBytesMax = 4096
  /// The handshake must be done by then.
  package static let handshakeSeconds: Int64 = 5
  /// What a client is told to leave between two PINGs.
  package var pingIntervalMinMilliseconds: UInt32 = 1000
  /// From a frame's first byte to its last, and from one frame of a request to the next: at the largest frame some
  /// kilobytes a second, which any line has. A peer that trickles holds memory meanwhile.
  package static let frameSeconds = 10
  /// A peer that does not read: what was sent to it holds memory.
  package static let stalledSeconds = 30
  /// A reply that waits for credit: a client that still needs it would have made room.
  package static let unpaidSeconds = 60
  /// Silence after which a peer on TCP is asked whether it is there; an address translator forgets it later than that.
  package static let pingAfterSeconds = 30
  /// Silence after which it is not.
  package static let silentSeconds = 45
  /// Frames in a second that move nothing, and for how many seconds in a row there may be more. No client needs them.
  package static let idleFramesPerSecondMax = 100
  package static let strikesMax = 3
  /// The same before the second is over: each costs an answer's memory.
  package static let idleFramesAtOnceMax = 10_000
  /// A CREDIT that allows less than this more moves nothing.
  package static let creditStepMin: UInt64 = 1024
  /// How long a client may take to show that it knows of the end: a round trip on any line. Who shows nothing holds up no
  /// daemon that goes down.
  package static let farewellSeconds = 2
  /// Streams are numbered in 31 bits.
  package static let streamMax: UInt32 = 1 << 31 - 1
  /// Behind this stream a connection is drained; the numbers that are left are for the calls that cross the news.
  package static let lastStreamMax: UInt32 = 1 << 31 - 1 << 16

  package init() {
    precondition(requestStreamCredit <= requestConnectionCredit)
    precondition(frameBytesMax <= Self.frameBytesHardMax && frameBytesMax <= messageBytesMax)
    precondition(messageBytesMax <= partialBytesMax && messageBytesMax <= blockedBytesMax)
  }
}
