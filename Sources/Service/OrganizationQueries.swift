import API
package import Records

extension QueryServices: OrganizationService {
  package func list(
    _ request: ListOrganizations, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Organizations>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let range = KeyRange(prefix: OrganizationsTable.prefix(request.grid))
    var found = Organizations()
    for key in try snapshot.keys(OrganizationsTable.self, in: range, descending: false, limit: 500) {
      guard let known = try snapshot.record(OrganizationsTable.self, key) else { continue }
      if request.kind == nil || known.kind == request.kind { found.organizations.append(known) }
    }
    reply.send(found)
  }
}
