package import Records
package import Scalars

/// Cases that one view looks at: some eight events each, a second for all.
private let casesMax = 20_000
/// Events of all of them: a case that went to and fro a hundred times takes the place of ten.
private let eventsMax = 250_000
/// Entries that are read at a time.
private let sliceLength = 1000
/// Days in one question: a year.
private let daysMax = 366

/// How long cases stayed in each state of the loop 各环节用时. Numbers of cases say where and when they were reported, and stand in
/// this order; so a period of a subtree is found place by place, and what was reported before or after is not read.
package func stepTimes(
  _ request: MeasureSteps, at time: Instant, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> StepTimes {
  _ = try requireGrid(request.grid, in: reader)
  guard request.from <= request.to, request.to < request.from.adding(days: daysMax) else {
    throw .invalid("to", "name at most \(daysMax) days from \(request.from) on", "自\(request.from)起最多\(daysMax)日")
  }
  var stays = Stays()
  let subtree = request.grid.subtree
  var place = subtree.lowerBound
  while let born = try nextBirthplace(from: place, to: subtree.upperBound, in: reader) {
    try stays.addCases(of: born, request, in: reader)
    guard born < subtree.upperBound else { break }
    place = GridCode(unchecked: born.rawValue + 1)
  }
  return StepTimes(
    grid: request.grid, from: request.from, to: request.to, asOf: time, cases: UInt64(stays.cases), steps: stays.steps)
}

/// The first place from one on in which some case was ever reported.
private func nextBirthplace(
  from first: GridCode, to last: GridCode, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> GridCode? {
  let range = KeyRange(lower: numbers(from: first), upper: numbers(from: GridCode(unchecked: last.rawValue + 1)))
  return try reader.entries(HazardsByNumberIndex.self, in: range, descending: false, limit: 1).first?.number.grid
}

/// Where the numbers of cases begin that were reported in a place, or behind it.
private func numbers(from place: GridCode) -> [UInt8] {
  HazardsByNumberIndex.prefix(HazardNumber(grid: place, date: .unset, sequence: 0))
}

/// The stays of cases in the states in which somebody must act.
private struct Stays {
  private static let states: [HazardState] = [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack]

  private(set) var cases = 0
  private var events = 0
  /// Milliseconds, by state.
  private var lengths: [HazardState: [Int64]] = [:]
  private var staying: [HazardState: UInt64] = [:]

  mutating func addCases(
    of place: GridCode, _ request: MeasureSteps, in reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    var range = KeyRange(
      from: HazardsByNumberIndex.prefix(HazardNumber(grid: place, date: request.from, sequence: 0)),
      through: HazardsByNumberIndex.prefix(
        HazardNumber(grid: place, date: request.to, sequence: HazardNumber.sequenceMax)))
    while true {
      let slice = try reader.entries(HazardsByNumberIndex.self, in: range, descending: false, limit: sliceLength)
      for entry in slice { try add(entry.number, request.grid, in: reader) }
      guard slice.count == sliceLength, let last = slice.last else { return }
      range = range.after(last.encoded)
    }
  }

  private mutating func add(
    _ number: HazardNumber, _ grid: GridCode, in reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    let hazard = try requireHazard(number, in: reader)
    guard hazard.state != .merged, hazard.state != .voided else { return }
    cases += 1
    let keys = try reader.keys(
      CaseEventsTable.self, in: KeyRange(prefix: CaseEventsTable.prefix(hazard.id)), descending: false,
      limit: eventsMax - events + 1)
    events += keys.count
    guard cases <= casesMax, events <= eventsMax else {
      throw .invalid(
        "from", "there are more than \(casesMax) cases in \(grid): ask for less time, or for the nodes below it",
        "网格\(grid)案卷超过\(casesMax)件，请缩短时段或查询下级网格")
    }
    var since: Instant?
    for key in keys {
      guard let event = try reader.record(CaseEventsTable.self, key), event.from != event.to else { continue }
      if let left = event.from, let since {
        lengths[left, default: []].append(event.at.millisecondsSince1970 - since.millisecondsSince1970)
      }
      since = event.at
    }
    staying[hazard.state, default: 0] += 1
  }

  var steps: [StepTime] {
    Self.states.map { state in
      let lengths = lengths[state, default: []].sorted()
      return StepTime(
        state: state, count: UInt64(lengths.count), medianHundredths: lengths.hundredthsOfHours(atPercent: 50),
        p90Hundredths: lengths.hundredthsOfHours(atPercent: 90), staying: staying[state] ?? 0)
    }
  }
}

extension [Int64] {
  /// Of sorted milliseconds the least that so many percent do not exceed.
  fileprivate func hundredthsOfHours(atPercent percent: Int) -> UInt64? {
    isEmpty ? nil : UInt64(self[(count * percent + 99) / 100 - 1]) / 36_000
  }
}
