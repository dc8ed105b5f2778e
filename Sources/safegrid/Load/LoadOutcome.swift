import Histogram

/// One second of a run, about: looks are as exact as a busy machine lets them be.
struct LoadSecond: Codable, Sendable {
  /// Seconds since the start.
  let begin: Double
  let end: Double
  /// Calls that were answered, and those that failed.
  let acknowledged: Int
  let failed: Int
  /// Calls that were to begin; absent in a closed loop.
  let due: Int?
  /// Response times in microseconds.
  let p50: UInt64
  let p99: UInt64
  let max: UInt64
}

/// A time in which nothing was acknowledged although calls were open, in seconds since the start.
struct LoadGap: Codable, Sendable {
  let begin: Double
  let end: Double
}

/// What became of the calls of a run.
struct LoadOutcome: Sendable {
  /// On ``LoadClock``, and as seconds since 1970.
  let start: UInt64
  let startTime: Double
  /// Calls that were due earlier count in the timeline and the audit, and nowhere else.
  let warmUpSeconds: Double
  var kinds: [LoadKind: KindTally] = [:]
  var delays = KindTally.empty
  var dropped = 0
  var repeated = 0
  /// Changes that watches were told of.
  var changes = 0
  var seconds: [LoadSecond] = []
  var pauses: [LoadGap] = []
  var acknowledged: [SentCommand] = []
  var inDoubt: [SentCommand] = []
  /// From the first call to the last answer.
  var durationSeconds = 0.0

  init(start: UInt64, startTime: Double, warmUpSeconds: Double) {
    self.start = start
    self.startTime = startTime
    self.warmUpSeconds = warmUpSeconds
  }

  private func seconds(_ time: UInt64) -> Double { Double(time - min(start, time)) / 1e9 }

  /// Adds what happened between two times on ``LoadClock``.
  mutating func add(_ interval: LoadInterval, from begin: UInt64, to end: UInt64, on schedule: Schedule?) {
    for (kind, tally) in interval.kinds { kinds[kind, default: KindTally()].add(tally) }
    delays.add(interval.delays)
    dropped += interval.dropped
    repeated += interval.repeated
    pauses += interval.pauses.map { LoadGap(begin: seconds($0.begin), end: seconds($0.end)) }
    acknowledged += interval.acknowledged
    inDoubt += interval.inDoubt
    let (from, to) = (seconds(begin), seconds(end))
    let due = schedule.map { $0.due(by: to) - $0.due(by: from) }
    let responses = interval.responses
    seconds.append(
      LoadSecond(
        begin: from, end: to, acknowledged: Int(responses.totalCount), failed: interval.failed, due: due,
        p50: responses.valueAtPercentile(50), p99: responses.valueAtPercentile(99), max: responses.max))
  }

  /// All kinds together.
  var total: KindTally {
    var total = KindTally()
    for tally in kinds.values { total.add(tally) }
    return total
  }

  /// Answered calls, without those of the warm-up.
  var count: Int { kinds.values.reduce(0) { $0 + Int($1.responses.totalCount) } }
  var perSecond: Double { Double(count) / max(1e-9, durationSeconds - warmUpSeconds) }
}
