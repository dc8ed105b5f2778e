/// What a receiver lets the other side send: an absolute total, raised by half a window at a time, so that saying it
/// costs next to nothing and the sender need not stop.
struct CreditGrant {
  /// What may have been sent and not been taken yet.
  let window: UInt64
  /// The total that was said last.
  private(set) var limit: UInt64
  private var taken: UInt64 = 0

  init(window: UInt64) { (self.window, limit) = (window, window) }

  /// Counts bytes that were taken; answers the new total when it is time to say it.
  mutating func take(_ byteCount: Int) -> UInt64? {
    taken += UInt64(byteCount)
    guard taken + window / 2 > limit else { return nil }
    limit = taken + window
    return limit
  }
}
