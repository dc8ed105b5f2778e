import API
import Domain
package import Records
import Scalars

extension QueryServices: PatrolService {
  package func show(
    _ request: ShowDuty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DutyTrace>
  ) throws(Refusal) {
    // To whom a duty may not be shown it does not exist.
    guard let duty = try snapshot.record(DutiesTable.self, .init(id: request.id)), caller.maySee(duty) else {
      throw .notFound(NotFound("duty", "\(request.id)"))
    }
    var trace = DutyTrace(
      duty: duty, patrol: try snapshot.record(PatrolRecordsTable.self, .init(dutyId: duty.id)),
      deed: try snapshot.record(CadenceDoneTable.self, .init(dutyId: duty.id)))
    let entries = KeyRange(prefix: DutyEntriesTable.prefix(duty.id))
    for key in try snapshot.keys(DutyEntriesTable.self, in: entries, descending: false, limit: 10_000) {
      if let entry = try snapshot.record(DutyEntriesTable.self, key) { trace.entries.append(entry) }
    }
    let answers = KeyRange(prefix: PatrolAnswersTable.prefix(duty.id))
    for key in try snapshot.keys(PatrolAnswersTable.self, in: answers, descending: false, limit: 100) {
      if let answer = try snapshot.record(PatrolAnswersTable.self, key) { trace.answers.append(answer) }
    }
    reply.send(trace)
  }

  package func list(
    _ request: ListDuties, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DutyPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let list = DutyList(
      request, for: copy caller, on: try currentTime(in: snapshot).localDate, limit: Self.limit(request.limit))
    reply.send(try list.page(in: snapshot))
  }

  package func rates(
    _ request: CountDuties, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DutyRates>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let now = try currentTime(in: snapshot)
    let months = try Self.months(from: request.from, to: request.to, now)
    let groups = try snapshot.counts(
      DutiesCountByMonth.self,
      in: KeyRange(
        from: DutiesCountByMonth.prefix(request.grid, months.lowerBound),
        through: DutiesCountByMonth.prefix(request.grid, months.upperBound)),
      limit: Self.monthsMax * DutyKind.allKnown.count * DutyState.allKnown.count)
    let rates = [DutyKind.cellPatrol, .unitPatrol, .objectPatrol].map { kind in
      DutyRate(kind, groups.filter { $0.group.kind == kind }.map { ($0.group.state, $0.count) })
    }
    let unplanned = groups.filter { $0.group.kind == .unplannedPatrol }.reduce(0) { $0 + $1.count }
    reply.send(
      DutyRates(
        grid: request.grid, asOf: now, rates: rates, unplanned: unplanned, ruleset: try rulesetName(in: snapshot)))
  }

  package func items(
    _ request: CountPatrolItems, for caller: borrowing Caller,
    in snapshot: borrowing some SnapshotReader & ~Copyable, into reply: inout Reply<PatrolItemCounts>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let now = try currentTime(in: snapshot)
    let months = try Self.months(from: request.from, to: request.to, now)
    // What was counted stays so, also when the profile has the checklist no more.
    let list =
      if request.checklist.isEmpty {
        try checklists(of: request.grid, in: snapshot)[0]
      } else {
        try activeProfile(in: snapshot).patrol?.checklists.first { $0.name == request.checklist }
          ?? Checklist(name: request.checklist)
      }
    let prefix = PatrolAnswersCountByItem.self
    let groups = try snapshot.counts(
      prefix,
      in: KeyRange(
        from: prefix.prefix(request.grid, list.name, months.lowerBound),
        through: prefix.prefix(request.grid, list.name, months.upperBound)), limit: Self.groupsMax)
    var items = list.items.map { PatrolItemCount(item: $0.code, text: $0.text) }
    for (group, count) in groups {
      let known = items.firstIndex { $0.item == group.item }
      if known == nil { items.append(PatrolItemCount(item: group.item)) }
      items[known ?? items.count - 1].add(group.result, count)
    }
    reply.send(PatrolItemCounts(grid: request.grid, checklist: list.name, asOf: now, items: items))
  }

  package func checklists(
    _ request: ShowChecklists, for caller: borrowing Caller,
    in snapshot: borrowing some SnapshotReader & ~Copyable, into reply: inout Reply<Checklists>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    reply.send(Checklists(checklists: try checklists(of: request.grid, in: snapshot)))
  }

  /// The checklists that hold in a place; never none.
  private func checklists(
    of grid: GridCode, in snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> [Checklist] {
    let kind = try snapshot.record(GridFilesTable.self, .init(code: grid))?.kind
    let named = try activeProfile(in: snapshot).patrol?.checklists.filter { $0.holds(in: kind) } ?? []
    let filled = named.filter { !$0.items.isEmpty }
    guard filled.isEmpty else { return filled }
    throw .unconfigured(Unconfigured(rule: "patrol.checklists" + (named.first.map { " (\($0.name))" } ?? "")))
  }

  // MARK: Months

  /// Months that one question counts.
  private static let monthsMax = 24

  /// A checklist's hundred items with three results each, and as many that it once had, for each month.
  private static let groupsMax = monthsMax * 600

  /// The months in question, as ``Duty/month`` has them.
  private static func months(from: Date?, to: Date?, _ now: Instant) throws(Refusal) -> ClosedRange<UInt32> {
    let first = from ?? now.localDate
    let last = to ?? first
    let count = (last.components.year - first.components.year) * 12 + last.components.month - first.components.month + 1
    guard 1...monthsMax ~= count else {
      throw .invalid("to", "name 1 to \(monthsMax) months from \(first) on", "自\(first)起须为1至\(monthsMax)个月")
    }
    return first.month...last.month
  }
}

extension DutyRate {
  /// What follows from the numbers of duties in each state.
  init(_ kind: DutyKind, _ counts: [(state: DutyState, count: UInt64)]) {
    func count(_ states: DutyState...) -> UInt64 {
      counts.filter { states.contains($0.state) }.reduce(0) { $0 + $1.count }
    }
    self.init(
      kind: kind, doneLate: count(.doneLate), stillDue: count(.due), waived: count(.waived),
      share: Share(count(.done), of: count(.done, .doneLate, .overdue, .escalated)))
  }
}

extension PatrolItemCount {
  fileprivate mutating func add(_ result: PatrolResult, _ count: UInt64) {
    switch result {
    case .ok: ok += count
    case .problem: problem += count
    default: notApplicable += count
    }
  }
}

extension Caller {
  /// An enterprise sees its own duties only.
  borrowing func maySee(_ duty: Duty) -> Bool {
    guard isEnterpriseOnly else { return maySee(duty.grid) }
    return duty.enterpriseId != nil && person?.enterpriseId == duty.enterpriseId
  }
}
