internal import Glibc

/// A moment of the monotonic clock, for measuring. It is read twice for every call, and subtracting two of the standard
/// library's instants costs more than reading them.
package struct Tick: Sendable {
  private let nanoseconds: UInt64

  package static var now: Tick {
    var time = timespec()
    // Safe: `time` is valid for the call, which cannot fail for this clock.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Tick(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  /// Whole microseconds from `self` to `later`.
  package func microseconds(until later: Tick = .now) -> UInt64 { (later.nanoseconds - nanoseconds) / 1000 }
}
