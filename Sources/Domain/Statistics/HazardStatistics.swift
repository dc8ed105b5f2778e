package import Records
package import Scalars

// Counts and rates of cases. States and severities are counted for every node of the grid; all else is counted in the place
// where a case is (the aggregate `census`), and summed up here over a subtree.

/// Counts of cases by each combination of some dimensions.
package func hazardStatistics(
  _ request: HazardBreakdown, at time: Instant, in reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> HazardStatistics {
  _ = try requireGrid(request.grid, in: reader)
  let by = request.by.isEmpty ? [.state, .severity] : request.by
  var counts: [Combination: UInt64] = [:]
  if by.allSatisfy({ $0 == .state || $0 == .severity }) {
    let groups = try reader.counts(
      HazardsCountByState.self, in: KeyRange(prefix: HazardsCountByState.prefix(request.grid)), limit: stateGroupsMax)
    for (group, count) in groups where !request.open || group.state.isOpen {
      counts[
        Combination(by) { $0 == .state ? .number(group.state.number) : .number(group.severity.number) }, default: 0] +=
        count
    }
  } else {
    try forEachCensusGroup(in: request.grid, reader) { group, count in
      if !request.open || group.state.isOpen { counts[Combination(by) { group.part($0) }, default: 0] += count }
    }
  }
  guard counts.count <= rowsMax else {
    throw .invalid("by", "yields more than \(rowsMax) groups; leave a dimension out", "分组超过\(rowsMax)个，请减少维度")
  }
  let groups = counts.sorted { $0.key < $1.key }.map { combination, count in combination.group(by, count) }
  return HazardStatistics(grid: request.grid, asOf: time, total: counts.values.reduce(0, +), groups: groups)
}

/// As the IDL has it.
private let rowsMax = 10_000
/// States × severities, and what a newer version may add.
private let stateGroupsMax = 100

/// Rates of cases in a subtree. Counts that a case leaves behind wherever it goes are its own; so they are the same by whichever
/// way it came to its state.
package func hazardRates(
  of grid: GridCode, at time: Instant, in reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> HazardRates {
  _ = try requireGrid(grid, in: reader)
  var (filed, notYetDue, closed, onTime, returned, reworked, repeated) = (0, 0, 0, 0, 0, 0, 0)
  try forEachCensusGroup(in: grid, reader) { group, count in
    guard group.state.isFiled else { return }
    let count = Int(count)
    filed += count
    if group.state.isOpen, !group.overdueSince { notYetDue += count }
    if group.state == .closed { closed += count }
    if group.state == .closed, !group.overdueCount { onTime += count }
    if group.returns { returned += count }
    if group.reworks { reworked += count }
    if group.round > 1 { repeated += count }
  }
  return HazardRates(
    grid: grid, asOf: time, ruleset: try rulesetName(in: reader),
    rates: [
      HazardRate(kind: .rectified, share: Share(closed, of: filed - notYetDue)),
      HazardRate(kind: .onTime, share: Share(onTime, of: closed)),
      HazardRate(kind: .returned, share: Share(returned, of: filed)),
      HazardRate(kind: .reworked, share: Share(reworked, of: filed)),
      HazardRate(kind: .repeated, share: Share(repeated, of: filed)),
    ])
}

/// Lends every group of cases in a subtree, and how many cases it has.
private func forEachCensusGroup(
  in grid: GridCode, _ reader: borrowing some SnapshotReader & ~Copyable,
  _ body: (HazardsCensus.Key, UInt64) -> Void
) throws(Refusal) {
  let subtree = grid.subtree
  try forEachGroup(
    HazardsCensus.self, from: HazardsCensus.prefix(subtree.lowerBound),
    through: HazardsCensus.prefix(subtree.upperBound),
    in: grid, reader, body)
}

extension HazardState {
  /// Whether somebody must still act.
  var isOpen: Bool { [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack].contains(self) }

  /// Whether a case in this state was taken up, and counts by itself.
  var isFiled: Bool { [.filed, .dispatched, .rectifying, .parked, .fedBack, .closed, .terminated].contains(self) }
}

/// What a group of cases has in common: a part for each dimension asked for, in their order.
private struct Combination: Hashable, Comparable {
  enum Part: Hashable, Comparable {
    case number(Int32)
    case text(String)
  }

  private let parts: [Part]

  init(_ dimensions: [HazardDimension], _ part: (HazardDimension) -> Part) { parts = dimensions.map(part) }

  static func < (left: Combination, right: Combination) -> Bool { left.parts.lexicographicallyPrecedes(right.parts) }

  func group(_ dimensions: [HazardDimension], _ count: UInt64) -> HazardGroup {
    var group = HazardGroup(count: count)
    for case (let dimension, .number(let number)) in zip(dimensions, parts) {
      switch dimension {
      case .state: group.state = HazardState(number: number)
      case .severity: group.severity = HazardSeverity(number: number)
      case .source: group.source = HazardSource(number: number)
      default: group.domain = SafetyDomain(number: number)
      }
    }
    for case .text(let name) in parts { group.class = name }
    return group
  }
}

extension HazardsCensus.Key {
  fileprivate func part(_ dimension: HazardDimension) -> Combination.Part {
    switch dimension {
    case .state: .number(state.number)
    case .severity: .number(severity.number)
    case .source: .number(source.number)
    case .domain: .number(domain.number)
    default: .text(`class`)
    }
  }
}
