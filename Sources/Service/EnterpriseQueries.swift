import API
import Domain
package import Records
import Scalars

extension QueryServices: EnterpriseService {
  package func checkImport(
    _ request: ImportEnterprises, for caller: borrowing Caller,
    in snapshot: borrowing some SnapshotReader & ~Copyable, into reply: inout Reply<ImportCheck>
  ) throws(Refusal) {
    reply.send(ImportCheck(faults: try importFaults(request, in: snapshot)))
  }

  package func show(
    _ request: ShowEnterprise, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Enterprise>
  ) throws(Refusal) {
    // An enterprise sees itself; to it, others do not exist.
    let isForeign = caller.isEnterpriseOnly && caller.person?.enterpriseId != request.id
    guard !isForeign, try reply.sendStored(EnterprisesTable.self, .init(id: request.id), from: snapshot) else {
      throw Refusal.notFound(NotFound(what: "enterprise", id: "\(request.id)"))
    }
  }

  package func find(
    _ request: FindEnterprise, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Enterprise>
  ) throws(Refusal) {
    guard let enterprise = try snapshot.record(EnterprisesByUsccIndex.self, .init(uscc: request.uscc)),
      caller.maySee(enterprise)
    else { throw .notFound(NotFound(what: "enterprise", id: "\(request.uscc)")) }
    reply.send(enterprise)
  }

  package func list(
    _ request: ListEnterprises, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterprisePage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let limit = Self.limit(request.limit)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: EnterprisesByGridIndex.prefix(subtree.lowerBound),
      through: EnterprisesByGridIndex.prefix(subtree.upperBound))
    if let after = request.after {
      range = range.after(EnterprisesByGridIndex.Key(grid: after.grid, key: .init(id: after.id)).encoded)
    }
    let entries = try snapshot.entries(EnterprisesByGridIndex.self, in: range, descending: false, limit: limit + 1)
    var page = EnterprisePage()
    for entry in entries.prefix(limit) {
      if let enterprise = try snapshot.record(EnterprisesTable.self, entry.key), caller.maySee(enterprise) {
        page.enterprises.append(enterprise)
      }
    }
    if entries.count > limit {
      page.next = EnterpriseCursor(grid: entries[limit - 1].grid, id: entries[limit - 1].key.id)
    }
    reply.send(page)
  }
}
