/// How long a connection has been waiting for its peer, and for what.
///
/// It is told of each second that passes, so that nothing on a call's path asks for the time. Seconds are those of a
/// clock that only goes forward; one that comes late makes the connection more patient, never less.
struct Patience {
  /// What the connection is like at the end of a second. Totals only grow.
  struct Situation {
    /// Bytes that came.
    var receivedBytes: UInt64 = 0
    /// Whole frames that came.
    var frames: UInt64 = 0
    /// Whether a frame has begun and is not whole.
    var isInFrame = false
    /// Whether the transport gets rid of what it is given.
    var isFlowing = true
    /// Replies that waited for credit and were sent.
    var repliesPaid: UInt64 = 0
    /// Replies that wait for credit.
    var repliesUnpaid = 0
  }

  enum Verdict {
    case wait
    /// Ask the peer whether it is still there.
    case ping
    case giveUp(FrameError)
  }

  /// Whether only an answer shows that the peer is there: on TCP; the kernel itself ends a Unix socket.
  private let asks: Bool
  private var last = Situation()
  private var secondsInFrame = 0
  private var secondsSilent = 0
  private var secondsStalled = 0
  private var secondsUnpaid = 0
  /// Frames of this second that moved nothing, and seconds in a row that had too many.
  private var idleFrames = 0
  private var strikes = 0

  init(asks: Bool) { self.asks = asks }

  /// Counts a frame that moves nothing: PING, a CREDIT that allows next to nothing, a CANCEL of a call that is over.
  mutating func idleFrame() throws(FrameError) {
    idleFrames += 1
    guard idleFrames <= Limits.idleFramesAtOnceMax else { throw Self.flood(idleFrames) }
  }

  private static func flood(_ frames: Int) -> FrameError {
    .limit("\(frames) frames in a second that move nothing (PING, CREDIT for less than 1 KiB, CANCEL of no call)")
  }

  mutating func second(_ now: Situation) -> Verdict {
    defer {
      last = now
      idleFrames = 0
    }
    strikes = idleFrames > Limits.idleFramesPerSecondMax ? strikes + 1 : 0
    guard strikes < Limits.strikesMax else { return .giveUp(Self.flood(idleFrames)) }
    secondsInFrame = now.isInFrame && now.frames == last.frames ? secondsInFrame + 1 : 0
    guard secondsInFrame < Limits.frameSeconds else { return .giveUp(.timeout("the rest of a frame")) }
    secondsStalled = now.isFlowing ? 0 : secondsStalled + 1
    guard secondsStalled < Limits.stalledSeconds else { return .giveUp(.timeout("reading what was sent")) }
    secondsUnpaid = now.repliesUnpaid > 0 && now.repliesPaid == last.repliesPaid ? secondsUnpaid + 1 : 0
    guard secondsUnpaid < Limits.unpaidSeconds else {
      return .giveUp(.timeout("credit for \(now.repliesUnpaid) replies"))
    }
    secondsSilent = now.receivedBytes == last.receivedBytes ? secondsSilent + 1 : 0
    guard asks else { return .wait }
    guard secondsSilent < Limits.silentSeconds else { return .giveUp(.timeout("the answer to a PING")) }
    return secondsSilent == Limits.pingAfterSeconds ? .ping : .wait
  }
}
