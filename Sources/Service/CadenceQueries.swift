import API
import Domain
package import Records
import Scalars

extension QueryServices: CadenceService {
  package func show(
    _ request: ShowCadence, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<CadenceStatus>
  ) throws(Refusal) {
    let isForeign = caller.isEnterpriseOnly && caller.person?.enterpriseId != request.enterpriseId
    guard !isForeign,
      let account = try snapshot.record(CadenceAccountsTable.self, .init(enterpriseId: request.enterpriseId))
    else { throw .notFound(NotFound("two-cadence account of enterprise", "\(request.enterpriseId)")) }
    var status = CadenceStatus(account: account)
    for kind in DutyKind.cadence {
      if let duty = try lastCadence(of: kind, account.enterpriseId, in: snapshot), !duty.isOver {
        status.duties.append(duty)
      }
    }
    reply.send(status)
  }

  package func silent(
    _ request: ListSilent, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<SilentPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: DutiesSilentIndex.prefix(subtree.lowerBound), through: DutiesSilentIndex.prefix(subtree.upperBound))
    if let after = request.after {
      range = range.after(
        DutiesSilentIndex.Key(grid: after.grid, missed: after.missed, key: .init(id: after.id)).encoded)
    }
    let (duties, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(DutiesSilentIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> Duty? in
      guard entry.missed > request.periods, let duty = try snapshot.record(DutiesTable.self, entry.key) else {
        return nil
      }
      return caller.maySee(duty) ? duty : nil
    }
    reply.send(
      SilentPage(
        duties: duties, next: last.map { SilentCursor(grid: $0.grid, missed: $0.missed, id: $0.key.id) }))
  }

  package func unregistered(
    _ request: ListUnregistered, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterprisePage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: EnterprisesByGridIndex.prefix(subtree.lowerBound),
      through: EnterprisesByGridIndex.prefix(subtree.upperBound))
    if let after = request.after {
      range = range.after(EnterprisesByGridIndex.Key(grid: after.grid, key: .init(id: after.id)).encoded)
    }
    let (objects, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(EnterprisesByGridIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> Enterprise? in
      guard let object = try snapshot.record(EnterprisesTable.self, entry.key), object.state == .active,
        caller.maySee(object)
      else { return nil }
      let account = try snapshot.record(CadenceAccountsTable.self, .init(enterpriseId: object.id))
      return account == nil ? object : nil
    }
    reply.send(
      EnterprisePage(enterprises: objects, next: last.map { EnterpriseCursor(grid: $0.grid, id: $0.key.id) }))
  }

  package func rates(
    _ request: CountCadence, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<CadenceRates>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    guard let rules = try activeProfile(in: snapshot).cadence else {
      throw .unconfigured(Unconfigured(rule: "cadence"))
    }
    var result = CadenceRates(
      grid: request.grid, asOf: try currentTime(in: snapshot), ruleset: try rulesetName(in: snapshot))
    let registered =
      try snapshot.counts(
        CadenceAccountsCountByActive.self,
        in: KeyRange(prefix: CadenceAccountsCountByActive.prefix(request.grid, true)), limit: 1
      ).first?.count ?? 0
    let active = try snapshot.counts(
      EnterprisesCountByRisk.self, in: KeyRange(prefix: EnterprisesCountByRisk.prefix(request.grid, .active)),
      limit: 20
    ).reduce(0) { $0 + $1.count }
    result.registered = Share(registered, of: active)
    let groups = try snapshot.counts(
      DutiesCountByState.self, in: KeyRange(prefix: DutiesCountByState.prefix(request.grid)), limit: 100)
    for kind in DutyKind.cadence {
      guard rules.period(of: kind) != nil else {
        result.unconfigured.append(kind)
        continue
      }
      result.rates.append(
        DutyRate(standing: kind, groups.filter { $0.group.kind == kind }.map { ($0.group.state, $0.count) }))
    }
    reply.send(result)
  }
}

extension DutyRate {
  /// Of duties that follow each other: who is not late, among those who owe it now.
  fileprivate init(standing kind: DutyKind, _ counts: [(state: DutyState, count: UInt64)]) {
    self.init(kind, counts)
    share = Share(stillDue, of: counts.filter { DutyWorkflow.open.contains($0.state) }.reduce(0) { $0 + $1.count })
  }
}
