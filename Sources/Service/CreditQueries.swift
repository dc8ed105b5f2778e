import API
import Domain
package import Records
import Scalars

extension QueryServices: CreditService {
  package func show(
    _ request: ShowCredit, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<CreditReport>
  ) throws(Refusal) {
    guard let enterprise = try snapshot.record(EnterprisesTable.self, .init(id: request.enterpriseId)),
      caller.maySee(enterprise)
    else { throw .notFound(NotFound("enterprise", "\(request.enterpriseId)")) }
    let date = if let on = request.on { on } else { try currentTime(in: snapshot).localDate }
    // A further place of operation sees the credit of its enterprise, wherever that stands.
    let bearer = try creditBearer(of: enterprise.id, in: snapshot)
    let ruleset = try creditRuleset(on: date, in: snapshot)
    var report = try creditReport(bearer, on: date, ruleset.ruleset, in: snapshot)
    report.profile = ruleset.profile
    reply.send(report)
  }

  private func creditReport(
    _ enterprise: Enterprise, on date: Date, _ ruleset: CreditRuleset,
    in snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> CreditReport {
    let listed = try dishonestyCases(ofEnterprise: enterprise.id, in: snapshot)
      .first { $0.subject == .unit && $0.isListed(on: date) }
    return try Domain.creditReport(
      enterprise, records: try creditRecords(of: enterprise.id, in: snapshot), on: date, ruleset, listedBy: listed?.id)
  }

  package func ofPerson(
    _ request: ShowPersonCredit, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<PersonCreditReport>
  ) throws(Refusal) {
    let date = if let on = request.on { on } else { try currentTime(in: snapshot).localDate }
    let dated = try creditRuleset(on: date, in: snapshot)
    guard let window = dated.ruleset.window else { throw .unconfigured(Unconfigured(rule: "credit.window")) }
    var report = PersonCreditReport(asOf: date, ruleset: dated.ruleset.name ?? "", profile: dated.profile)
    for var known in try personCredit(of: request.identityHash, in: snapshot)
    where known.record.occurredOn <= date && caller.maySee(known.grid) && !caller.isEnterpriseOnly {
      known.record.status = known.record.status(on: date, window)
      report.records.append(known)
    }
    for listed in try dishonestyCases(ofPerson: request.identityHash, in: snapshot)
    where listed.isListed(on: date) && (listed.isPublished || caller.maySee(listed)) {
      report.dishonestyCases.append(listed.id)
    }
    reply.send(report)
  }

  /// Enterprises that are looked at for one page at most: each takes a walk over its records.
  private static let scoredMax = 1000

  package func list(
    _ request: ListCredit, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<CreditPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let date = if let on = request.on { on } else { try currentTime(in: snapshot).localDate }
    let dated = try creditRuleset(on: date, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: EnterprisesByGridIndex.prefix(subtree.lowerBound),
      through: EnterprisesByGridIndex.prefix(subtree.upperBound))
    if let after = request.after {
      range = range.after(EnterprisesByGridIndex.Key(grid: after.grid, key: .init(id: after.enterpriseId)).encoded)
    }
    let entries = try snapshot.entries(
      EnterprisesByGridIndex.self, in: range, descending: false, limit: Self.scoredMax + 1)
    var page = CreditPage(asOf: date, ruleset: dated.ruleset.name ?? "", profile: dated.profile)
    for (index, entry) in entries.enumerated() {
      if page.scores.count == Self.limit(request.limit) || index == Self.scoredMax {
        let last = entries[index - 1]
        page.next = CreditCursor(grid: last.grid, enterpriseId: last.key.id)
        break
      }
      guard let enterprise = try snapshot.record(EnterprisesTable.self, entry.key), caller.maySee(enterprise),
        enterprise.siteOf == nil
      else {
        continue
      }
      let report = try creditReport(enterprise, on: date, dated.ruleset, in: snapshot)
      guard request.grades.isEmpty || request.grades.contains(report.grade) else { continue }
      page.scores.append(
        CreditScore(
          enterpriseId: enterprise.id, name: enterprise.name, grid: enterprise.grid, scoreTenths: report.scoreTenths,
          step: report.step, grade: report.grade))
    }
    reply.send(page)
  }
}
