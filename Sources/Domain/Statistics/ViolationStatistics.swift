package import Records
package import Scalars

/// Groups of one reply, as the IDL has it: states × whose × classes of a profile are fewer.
private let groupsMax = 10_000

/// Counts of illegal acts in a subtree, kept up to date with every step of a case.
/// - Throws: `unknownGrid`
package func violationStatistics(
  of grid: GridCode, at time: Instant, in reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> ViolationStatistics {
  _ = try requireGrid(grid, in: reader)
  let counts = try reader.counts(
    HazardsCountViolations.self, in: KeyRange(prefix: HazardsCountViolations.prefix(grid)), limit: groupsMax)
  let groups = counts.map {
    ViolationGroup(by: $0.group.violation, class: $0.group.`class`, state: $0.group.state, count: $0.count)
  }
  return ViolationStatistics(grid: grid, asOf: time, total: groups.reduce(0) { $0 + $1.count }, groups: groups)
}
