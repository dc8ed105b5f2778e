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
    else { throw .notFound(NotFound(what: "enterprise", id: "\(request.enterpriseId)")) }
    let profile = try activeProfile(in: snapshot)
    let records = try creditRecords(of: enterprise.id, in: snapshot)
    let date = if let on = request.on { on } else { try currentTime(in: snapshot).localDate }
    reply.send(try creditReport(enterprise, records: records, on: date, profile.credit))
  }
}
