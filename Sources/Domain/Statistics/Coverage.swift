package import Records
package import Scalars

/// How far supervision reaches in a subtree 覆盖率.
package func coverage(
  of grid: GridCode, at time: Instant, in reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> Coverage {
  _ = try requireGrid(grid, in: reader)
  let objects = try objectCount(in: grid, reader)
  let unsupervised = try reader.counts(
    EnterprisesCountUnsupervised.self, in: KeyRange(prefix: EnterprisesCountUnsupervised.prefix(grid)), limit: 1)
  let nobodys = unsupervised.reduce(0) { $0 + Int($1.count) }
  let members = try GridMembers(of: grid, on: time.localDate, in: reader)
  let cells = try livingNodes(atDepth: 4, under: grid, in: reader)
  let villages = try livingNodes(atDepth: 3, under: grid, in: reader)
  let townships = try livingNodes(atDepth: 2, under: grid, in: reader)
  let servedCells = cells.filter { !members.members(of: $0).isEmpty }
  let coveredVillages = covered(villages, by: servedCells, of: cells)
  let coveredTownships = covered(townships, by: coveredVillages, of: villages)
  return Coverage(
    grid: grid, asOf: time, ruleset: try rulesetName(in: reader),
    objects: Share(objects - nobodys - (try forsakenCount(in: grid, members, reader)), of: objects),
    cells: Share(servedCells.count, of: cells.count), villages: Share(coveredVillages.count, of: villages.count),
    townships: Share(coveredTownships.count, of: townships.count))
}

/// How many days are left until coverage has to be full, and what is missing.
/// - Throws: `unknownGrid`, `unconfigured`
package func coverageTarget(
  of grid: GridCode, at time: Instant, in reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> CoverageTarget {
  let found = try coverage(of: grid, at: time, in: reader)
  guard let target = try reader.record(ProfilesTable.self, .init(id: 1))?.profile.coverageTarget else {
    throw .unconfigured(Unconfigured(rule: "coverageTarget"))
  }
  let missing = [found.objects, found.cells, found.villages, found.townships].map { $0.denominator - $0.numerator }
  return CoverageTarget(
    grid: grid, asOf: time, ruleset: found.ruleset, target: target, daysLeft: target.day - time.localDate.day,
    objectsMissing: missing[0], cellsMissing: missing[1], villagesMissing: missing[2], townshipsMissing: missing[3],
    full: found.cells.denominator > 0 && missing.allSatisfy { $0 == 0 })
}

/// How many objects of the ledger (在册 or 停产停业) a subtree has.
func objectCount(in grid: GridCode, _ reader: borrowing some SnapshotReader & ~Copyable) throws(Refusal) -> Int {
  let groups = try reader.counts(
    EnterprisesCountByRisk.self, in: KeyRange(prefix: EnterprisesCountByRisk.prefix(grid)), limit: riskGroupsMax)
  return groups.reduce(0) { $0 + ($1.group.state.isInLedger ? Int($1.count) : 0) }
}

/// Objects of the ledger that say themselves who supervises them, while nobody does on that day, as ``DailySupervision`` has it:
/// their cell has no grid member, or who is named in a village is none any more. Counted by places and people, without a look at
/// the objects.
private func forsakenCount(
  in grid: GridCode, _ members: GridMembers, _ reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> Int {
  let subtree = grid.subtree
  var count = 0
  func isAlone(_ place: GridCode) -> Bool { place.depth < 4 || members.members(of: place).isEmpty }
  try forEachGroup(
    EnterprisesCountBySupervision.self, from: EnterprisesCountBySupervision.prefix(subtree.lowerBound),
    through: EnterprisesCountBySupervision.prefix(subtree.upperBound), in: grid, reader
  ) { group, objects in
    let isNamed = group.state.isInLedger && group.supervision != .direct && !group.unsupervisedIn
    if isNamed, isAlone(group.grid) { count += Int(objects) }
  }
  try forEachGroup(
    EnterprisesCountByMember.self, from: EnterprisesCountByMember.prefix(subtree.lowerBound),
    through: EnterprisesCountByMember.prefix(subtree.upperBound), in: grid, reader
  ) { group, objects in
    let isNamed = group.state.isInLedger && group.supervision != .direct && !group.unsupervisedIn
    if isNamed, isAlone(group.grid), members.mayServe(group.member, group.grid) { count -= Int(objects) }
  }
  return count
}

/// States × levels of risk, and what a newer version may add.
private let riskGroupsMax = 100

/// The nodes that have children, all of them covered.
private func covered(_ nodes: [GridCode], by good: [GridCode], of children: [GridCode]) -> [GridCode] {
  var counts: [GridCode: (good: Int, all: Int)] = [:]
  for child in children { counts[child.parent ?? child, default: (0, 0)].all += 1 }
  for child in good { counts[child.parent ?? child, default: (0, 0)].good += 1 }
  return nodes.filter { node in counts[node].map { $0.good == $0.all } ?? false }
}

/// Nodes of one level that a view looks at, some ten microseconds each. A county has some 5,000 cells at most.
private let nodesMax = 20_000

/// The living nodes of a level in a subtree, in order; none of levels above its root.
func livingNodes(
  atDepth depth: Int, under root: GridCode, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [GridCode] {
  guard depth >= root.depth else { return [] }
  let codes = try nodes(atDepth: depth, under: root, after: nil, limit: nodesMax + 1, in: reader)
  guard codes.count <= nodesMax else { throw tooLarge(root, nodesMax, Label("nodes of a level", "同级网格")) }
  var living: [GridCode] = []
  for code in codes where try isLiving(code, in: reader) { living.append(code) }
  return living
}
