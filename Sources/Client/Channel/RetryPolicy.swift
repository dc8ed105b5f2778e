internal import RPC

/// Whether and when a failed call is sent again.
struct RetryPolicy: Sendable {
  /// Sendings of a call, the first included: behind this the trouble is no moment's.
  static let attemptsMax = 5
  /// What is waited beyond the server's advice is random below a bound that doubles, so that clients who were turned away
  /// together do not come back together.
  private static let firstBound = Duration.milliseconds(50)
  private static let lastBound = Duration.seconds(5)

  enum Verdict: Equatable {
    case giveUp
    case after(Duration)
  }

  /// - Parameters:
  ///   - attempts: sendings so far, at least 1.
  ///   - isCommand: a command has the same request key at each attempt.
  ///   - hasOther: whether another endpoint is ready, which has given no advice.
  ///   - left: time until the deadline.
  ///   - random: between 0 and 1.
  static func verdict(
    on failure: CallFailure, attempts: Int, isCommand: Bool, hasOther: Bool, left: Duration, random: Double
  ) -> Verdict {
    // Without advice the same call fails again as it stands.
    guard attempts < attemptsMax, let advice = failure.retryAfterMilliseconds else { return .giveUp }
    switch failure.outcome {
    case .notExecuted, .query: break
    // The key says whether it was executed: it is not executed twice.
    case .unknown where isCommand: break
    case .unknown, .executed: return .giveUp
    }
    let bound = min(lastBound, firstBound * (1 << (attempts - 1)))
    let isElsewhere = hasOther && failure.code == .unavailable
    let wait = (isElsewhere ? .zero : .milliseconds(Int64(advice))) + bound * random
    return wait < left ? .after(wait) : .giveUp
  }
}
