package import Records
package import Scalars

/// Grid members of one reply, as the IDL has it.
private let membersMax = 5000
/// Open cases of one member that are counted: nobody works on more.
private let casesMax = 1000
/// Open duties of one unit that are looked at: twenty checklists, for as many periods in which nobody came.
private let patrolsMax = 400
private let movesUsual: UInt32 = 10

/// What each grid member of a subtree has to do 工作量, and how it could be shared more evenly.
/// - Throws: `unknownGrid`, `unconfigured`
package func workload(
  _ request: WeighWork, at time: Instant, in reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> WorkReport {
  _ = try requireGrid(request.grid, in: reader)
  let profile = try reader.record(ProfilesTable.self, .init(id: 1))?.profile
  let weights = try WorkWeights(profile?.workload)
  // Without a plan of visits, or the rest of one, only key units have patrols of their own.
  let hasVisits =
    if profile?.patrol?.periodObject == nil { try hasOpenVisits(in: request.grid, reader) } else { true }
  var work = Work(try GridMembers(of: request.grid, on: time.localDate, in: reader), weights)
  try forEachObject(in: request.grid, reader) { (object) throws(Refusal) in
    work.add(object, patrols: hasVisits || object.flags.contains(.keyUnit) ? try openPatrols(at: object.id, reader) : 0)
  }
  try forEachGroup(
    DutiesCountByState.self, from: DutiesCountByState.prefix(request.grid.subtree.lowerBound),
    through: DutiesCountByState.prefix(request.grid.subtree.upperBound), in: request.grid, reader
  ) { group, count in
    if group.grid.depth == 4, group.kind == .cellPatrol, group.state.isWithPlace {
      work.add(patrols: Int(count), of: group.grid)
    }
  }
  work.shareOut()
  guard work.people.count <= membersMax else { throw tooLarge(request.grid, membersMax, Label("grid members", "网格员")) }
  for person in work.people { work.add(cases: try openCases(of: person, in: request.grid, reader), of: person) }
  var report = WorkReport(
    grid: request.grid, asOf: time, ruleset: try rulesetName(in: reader), unassigned: UInt32(work.unassigned.count),
    unassignedPoints: UInt64(work.unassigned.points))
  for person in work.people {
    let name = try reader.record(PersonsTable.self, .init(id: person))?.name ?? ""
    report.members.append(work.line(of: person, name: name))
  }
  report.members.sort { ($1.points, $0.person) < ($0.points, $1.person) }
  report.ratioHundredths = work.ratioHundredths
  report.moves = work.rebalance(movesMax: Int(request.movesMax ?? movesUsual))
  report.ratioAfterHundredths = work.ratioHundredths
  return report
}

/// Whether visits to objects that are no key units are still to be made in a subtree.
private func hasOpenVisits(
  in grid: GridCode, _ reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> Bool {
  try reader.counts(
    DutiesCountByState.self, in: KeyRange(prefix: DutiesCountByState.prefix(grid, .objectPatrol)), limit: 20
  ).contains { $0.group.state.isWithPlace }
}

/// Patrols of a key unit, and visits to another object, that its place's people still have to make.
private func openPatrols(
  at unit: UInt64, _ reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Int {
  let entries = try reader.entries(
    DutiesOpenOfIndex.self, in: KeyRange(prefix: DutiesOpenOfIndex.prefix(unit)), descending: false, limit: patrolsMax)
  var count = 0
  for entry in entries {
    if let duty = try reader.record(DutiesTable.self, entry.key), duty.state.isWithPlace,
      duty.kind == .unitPatrol || duty.kind == .objectPatrol
    {
      count += 1
    }
  }
  return count
}

extension DutyState {
  /// Whether a duty in this state has not gone up to the village yet.
  fileprivate var isWithPlace: Bool { self == .due || self == .overdue }
}

/// Open cases in a subtree that a person was given.
private func openCases(
  of person: String, in grid: GridCode, _ reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Int {
  let entries = try reader.entries(
    HazardsByAssigneeIndex.self, in: KeyRange(prefix: HazardsByAssigneeIndex.prefix(person)), descending: false,
    limit: casesMax)
  var count = 0
  for entry in entries {
    let place = try reader.grid(HazardsTable.self, entry.key, field: HazardsTable.gridField) { $0.grid }
    if let place, grid.contains(place) { count += 1 }
  }
  return count
}

/// What objects, cases and patrols weigh.
struct WorkWeights {
  private let rules: WorkloadRules
  private let object: Int
  let openCase: Int
  let patrol: Int

  init(_ rules: WorkloadRules?) throws(Refusal) {
    guard let rules else { throw .unconfigured(Unconfigured(rule: "workload")) }
    guard let object = rules.object else { throw .unconfigured(Unconfigured(rule: "workload.object")) }
    guard let openCase = rules.openCase else { throw .unconfigured(Unconfigured(rule: "workload.openCase")) }
    guard let patrol = rules.patrol else { throw .unconfigured(Unconfigured(rule: "workload.patrol")) }
    self.rules = rules
    self.object = Int(object)
    self.openCase = Int(openCase)
    self.patrol = Int(patrol)
  }

  func points(of enterprise: Enterprise) -> Int {
    let risk = rules.risks.first { $0.level == enterprise.riskLevel }?.points ?? 0
    let employees = enterprise.employees ?? 0
    let step = rules.sizes.filter { $0.employeesMin <= employees }.max { $0.employeesMin < $1.employeesMin }
    let flags = rules.flags.reduce(0) { $0 + (enterprise.flags.contains($1.flag) ? Int($1.points) : 0) }
    let nature = rules.types.first { $0.type == enterprise.type }?.points ?? 0
    return object + Int(nature) + Int(risk) + Int(step?.points ?? 0) + flags
  }
}
