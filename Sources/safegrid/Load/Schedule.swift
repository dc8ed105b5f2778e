import ArgumentParser

/// When calls are to be made, whatever the daemon does: arrivals over time.
struct Schedule: Sendable {
  enum Profile: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// The same rate all the time.
    case constant
    /// From nothing to the rate.
    case ramp
    /// A quarter of the rate, half, three quarters, all of it.
    case step
    /// A quarter of the rate, and all of it for a tenth of the time in the middle.
    case spike
  }

  let profile: Profile
  /// Calls a second, at the most.
  let rate: Double
  let seconds: Double
  /// Before the profile begins, at the full rate.
  var warmUpSeconds = 0.0

  /// How many calls are to have begun by then.
  func arrivals(by time: Double) -> Double {
    let warmUp = min(max(time, 0), warmUpSeconds)
    return rate * warmUp + arrivals(inProfileBy: min(max(time - warmUpSeconds, 0), seconds))
  }

  private func arrivals(inProfileBy t: Double) -> Double {
    switch profile {
    case .constant: return rate * t
    case .ramp: return rate * t * t / (2 * seconds)
    case .step:
      // Full quarters, then what there is of the present one.
      let quarter = seconds / 4
      let passed = min((t / quarter).rounded(.down), 3)
      let before = rate * quarter * passed * (passed + 1) / 8
      return before + rate * (passed + 1) / 4 * (t - passed * quarter)
    case .spike:
      let (begin, end) = (seconds * 0.45, seconds * 0.55)
      let inside = min(max(t - begin, 0), end - begin)
      return rate / 4 * t + rate * 3 / 4 * inside
    }
  }

  /// When the call with that index is to begin, in seconds.
  func time(of index: Int) -> Double {
    var (low, high) = (0.0, warmUpSeconds + seconds)
    // To less than a microsecond of an hour.
    for _ in 0..<40 {
      let middle = (low + high) / 2
      if arrivals(by: middle) < Double(index) { low = middle } else { high = middle }
    }
    return high
  }

  /// How many calls are due by then; the first at once.
  func due(by time: Double) -> Int { time <= 0 ? 0 : min(total, Int(arrivals(by: time)) + 1) }

  var total: Int { Int(arrivals(by: warmUpSeconds + seconds)) }
}
