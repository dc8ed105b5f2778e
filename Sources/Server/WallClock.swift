internal import Glibc

/// The system's wall clock.
enum WallClock {
  /// Milliseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    // Safe: `time` is valid for the call, which cannot fail for this clock.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
