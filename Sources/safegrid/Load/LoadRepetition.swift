import FoundationEssentials

/// Several runs of the same: what they agree on.
struct LoadRepetition: Encodable, Sendable {
  /// The median of a figure, and between which runs the true one lies, with what probability. This needs no shape of the
  /// distribution: each run is as likely to be above the true median as below.
  struct Figure: Encodable, Sendable {
    let name: String
    let median: Double
    let low: Double
    let high: Double
    let confidencePercent: Double

    init(_ name: String, _ values: [Double]) {
      let sorted = values.sorted()
      let count = sorted.count
      self.name = name
      median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
      // From outside in, as long as 19 of 20 remain.
      var inside = 0
      while inside + 1 < (count + 1) / 2, Self.confidence(count, without: inside + 1) >= 0.95 { inside += 1 }
      low = sorted[inside]
      high = sorted[count - 1 - inside]
      confidencePercent = (Self.confidence(count, without: inside) * 10_000).rounded() / 100
    }

    /// That the median lies between the runs that are left when so many are taken away on each side.
    private static func confidence(_ count: Int, without taken: Int) -> Double {
      var outside = 0.0
      var term = 1.0
      for _ in 0..<count { term /= 2 }
      for index in 0...taken {
        outside += term
        term *= Double(count - index) / Double(index + 1)
      }
      return max(0, 1 - 2 * outside)
    }
  }

  let runs: [LoadReport]
  let summary: [Figure]

  /// - Parameter runs: at least one.
  init(_ runs: [LoadReport]) {
    self.runs = runs
    func figure(_ name: String, _ value: (LoadReport) -> Double) -> Figure { Figure(name, runs.map(value)) }
    summary =
      [figure("acknowledged per second") { Double($0.perSecond ?? 0) }]
      + runs[0].latencyMicroseconds.percentiles.indices.map { index in
        figure("\(runs[0].latencyMicroseconds.percentiles[index].name), ms") {
          Double($0.latencyMicroseconds.percentiles[index].value) / 1000
        }
      }
  }

  func json() throws -> String { runs.count == 1 ? try runs[0].json() : try jsonText(of: self) }

  func text() -> String {
    guard runs.count > 1 else { return runs[0].text() }
    var table = TextTable(["\(runs.count) runs", "median", "low", "high"])
    for figure in summary { table.add([figure.name, "\(figure.median)", "\(figure.low)", "\(figure.high)"]) }
    let each = runs.map { $0.text() }
    let claim = "between low and high lies the true median with a probability of \(summary[0].confidencePercent) %"
    return (each + [table.text(), claim]).joined(separator: "\n\n")
  }

  /// The run in the middle, which stands for all.
  private var middle: LoadReport {
    runs.sorted { ($0.perSecond ?? 0) < ($1.perSecond ?? 0) }[runs.count / 2]
  }

  func writePage(to path: String) throws {
    try LoadPage(report: middle, summary: runs.count > 1 ? summary : nil, runs: runs.count).write(to: path)
  }
}

/// Any value as JSON, keys in alphabetical order.
func jsonText(of value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
