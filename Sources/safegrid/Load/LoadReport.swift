import Histogram

/// What a run is judged by and shown with: the terminal, JSON and the page all say this.
struct LoadReport: Encodable, Sendable {
  /// What was asked for.
  struct Plan: Encodable, Sendable {
    /// `open` or `closed`.
    let loop: String
    let connections: Int
    let inFlight: Int?
    let profile: String?
    let rate: Double?
    let mix: String
    let skew: Double
    let seed: UInt64
    var grids = 0
    let warmUpSeconds: Double
    let killEverySeconds: Int?
  }

  /// The calls of one kind.
  struct Kind: Encodable, Sendable {
    let acknowledged: Int
    let latencyMicroseconds: LatencyCurve
    let serviceMicroseconds: LatencyCurve
    let errors: [String: Int]
  }

  /// A limit that was set, and what came out.
  struct Threshold: Encodable, Sendable {
    let name: String
    let limit: Double
    let actual: Double
    let passed: Bool
  }

  /// The daemon was killed; times are seconds since the start of the run.
  struct Kill: Encodable, Sendable {
    let at: Double
    /// From the signal until it said that it is ready.
    let restartMilliseconds: Double
  }

  var plan: Plan?
  var durationSeconds: Double?
  /// Calls of the schedule; absent in a closed loop.
  var due: Int?
  var acknowledged: Int
  var perSecond: Int?
  var latencyMicroseconds: LatencyCurve
  var serviceMicroseconds: LatencyCurve
  /// How late calls began: absent in a closed loop.
  var delayMicroseconds: LatencyCurve?
  /// Calls that began later than a millisecond after they were due, and those that never began.
  var late: Int?
  var dropped: Int?
  var repeated: Int?
  var watchedChanges: Int?
  /// By name.
  var kinds: [String: Kind]
  var errors: [String: Int]
  var timeline: [LoadSecond]?
  var pauses: [LoadGap]?
  var kills: [Kill]?
  var audit: LoadAudit?
  /// Absent for a daemon that does not tell.
  var daemon: DaemonCounts?
  var thresholds: [Threshold]?
  /// Why the run failed; empty when it did not.
  var faults: [String]
  var environment: LoadEnvironment?

  func json() throws -> String { try jsonText(of: self) }
}

extension LoadReport {
  /// What interval logs tell: latencies, and nothing about how they came about.
  init(merged log: HistogramLog) {
    var (responses, services) = (KindTally.empty, KindTally.empty)
    var kinds: [String: Kind] = [:]
    for (tag, histogram) in log.histograms where !tag.hasSuffix(Self.serviceSuffix) {
      let service = log.histograms[tag + Self.serviceSuffix] ?? KindTally.empty
      responses.add(histogram)
      services.add(service)
      kinds[tag] = Kind(
        acknowledged: Int(histogram.totalCount), latencyMicroseconds: LatencyCurve(histogram),
        serviceMicroseconds: LatencyCurve(service), errors: [:])
    }
    self.init(
      acknowledged: Int(responses.totalCount), latencyMicroseconds: LatencyCurve(responses),
      serviceMicroseconds: LatencyCurve(services), kinds: kinds, errors: [:], faults: [])
  }

  /// Of the tags of service times.
  static let serviceSuffix = ".service"
}

/// Percentiles of a histogram of microseconds, and as many points as a plot needs.
struct LatencyCurve: Encodable, Sendable {
  struct Percentile: Sendable {
    let name: String
    let value: UInt64
    /// Whether there were enough calls to tell it from the maximum: a thousand for one in a thousand.
    let isTold: Bool
  }

  let count: UInt64
  let mean: Double
  let percentiles: [Percentile]
  let max: UInt64
  /// Percentile, and the latency that so many did not exceed.
  let points: [[Double]]

  private static let named: [(name: String, value: Double)] = [
    ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99), ("p99.999", 99.999),
  ]

  /// In each half of what is left to 100 %.
  private static let pointsPerHalf = 8

  init(_ histogram: Histogram<UInt64>) {
    count = histogram.totalCount
    mean = histogram.totalCount == 0 ? 0 : histogram.mean
    percentiles = Self.named.map { name, percent in
      Percentile(
        name: name, value: histogram.valueAtPercentile(percent),
        isTold: Double(histogram.totalCount) * (100 - percent) > 99.999)
    }
    max = histogram.max
    points = histogram.percentiles(ticksPerHalfDistance: Self.pointsPerHalf)
      .map { [$0.percentileLevelIteratedTo, Double($0.value)] }
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    for percentile in percentiles { try values.encode(percentile.value, forKey: Key(percentile.name)) }
    try values.encode(max, forKey: Key("max"))
    try values.encode(count, forKey: Key("count"))
    try values.encode(mean, forKey: Key("mean"))
    try values.encode(points, forKey: Key("points"))
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }
}
