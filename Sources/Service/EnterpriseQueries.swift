package import API
import Domain
package import Records
import Scalars

extension QueryServices: EnterpriseService {
  package func importRows() -> any CommandStream { EnterpriseImport() }

  package func checkImport(
    _ request: ImportEnterprises, for caller: borrowing Caller,
    in snapshot: borrowing some SnapshotReader & ~Copyable, into reply: inout Reply<ImportCheck>
  ) throws(Refusal) {
    reply.send(
      ImportCheck(faults: try importFaults(request, on: try currentTime(in: snapshot).localDate, in: snapshot)))
  }

  package func show(
    _ request: ShowEnterprise, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Enterprise>
  ) throws(Refusal) {
    // Who sees everything is sent the stored bytes as they are.
    if caller.grants.contains(where: { $0.grid == nil }), !caller.isEnterpriseOnly {
      if try reply.sendStored(EnterprisesTable.self, .init(id: request.id), from: snapshot) { return }
    } else if let enterprise = try snapshot.record(EnterprisesTable.self, .init(id: request.id)),
      caller.maySee(enterprise)
    {
      return reply.send(enterprise)
    }
    throw Refusal.notFound(NotFound("enterprise", "\(request.id)"))
  }

  package func find(
    _ request: FindEnterprise, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Enterprise>
  ) throws(Refusal) {
    guard let enterprise = try snapshot.record(EnterprisesByUsccIndex.self, .init(uscc: request.uscc)),
      caller.maySee(enterprise)
    else { throw .notFound(NotFound("enterprise", "\(request.uscc)")) }
    reply.send(enterprise)
  }

  package func list(
    _ request: ListEnterprises, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterprisePage>
  ) throws(Refusal) {
    reply.send(
      try page(EnterprisesByGridIndex.self, request, caller, snapshot) {
        EnterprisesByGridIndex.Key(grid: $0, key: .init(id: $1))
      } place: {
        ($0.grid, $0.key.id)
      })
  }

  package func unsupervised(
    _ request: ListEnterprises, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterprisePage>
  ) throws(Refusal) {
    var walk = UnsupervisedWalk(
      request, for: copy caller, limit: Self.limit(request.limit), on: try currentTime(in: snapshot).localDate)
    try walk.run(in: snapshot)
    reply.send(walk.page)
  }

  package func updates(
    _ request: ListEnterprises, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterprisePage>
  ) throws(Refusal) {
    reply.send(
      try page(EnterprisesUpdatesIndex.self, request, caller, snapshot) {
        EnterprisesUpdatesIndex.Key(updateWaitsIn: $0, key: .init(id: $1))
      } place: {
        ($0.updateWaitsIn, $0.key.id)
      })
  }

  package func offered(
    _ request: ListEnterprises, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterprisePage>
  ) throws(Refusal) {
    reply.send(
      try page(EnterprisesOfferedIndex.self, request, caller, snapshot) {
        EnterprisesOfferedIndex.Key(movingTo: $0, key: .init(id: $1))
      } place: {
        ($0.movingTo, $0.key.id)
      })
  }

  package func contact(
    _ request: ShowEnterprise, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterpriseContact>
  ) throws(Refusal) {
    let isForeign = caller.isEnterpriseOnly && caller.person?.enterpriseId != request.id
    guard !isForeign,
      let contact = try snapshot.record(EnterpriseContactsTable.self, .init(enterpriseId: request.id))
    else { throw .notFound(NotFound("contact of enterprise", "\(request.id)")) }
    reply.send(contact)
  }

  package func away(
    _ request: ListEnterprises, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterprisePage>
  ) throws(Refusal) {
    var page = try page(EnterprisesByRegistrationIndex.self, request, caller, snapshot) {
      EnterprisesByRegistrationIndex.Key(awayFrom: $0, key: .init(id: $1))
    } place: {
      ($0.awayFrom, $0.key.id)
    }
    // Registered in one village and operating in the next one is away for the villages, not for their township.
    page.enterprises.removeAll { request.grid.contains($0.grid) }
    reply.send(page)
  }

  /// A page of an index that is in the order of places.
  private func page<Index: OrderedIndex>(
    _ index: Index.Type, _ request: ListEnterprises, _ caller: borrowing Caller,
    _ snapshot: borrowing some SnapshotReader & ~Copyable, key: (GridCode, UInt64) -> Index.Key,
    place: (Index.Key) -> (grid: GridCode, id: UInt64)
  ) throws(Refusal) -> EnterprisePage {
    try requireKnown(request.grid, in: snapshot)
    let limit = Self.limit(request.limit)
    let subtree = request.grid.subtree
    var range = KeyRange(from: key(subtree.lowerBound, 0).encoded, through: key(subtree.upperBound, .max).encoded)
    if let after = request.after { range = range.after(key(after.grid, after.id).encoded) }
    let entries = try snapshot.entries(index, in: range, descending: false, limit: limit + 1)
    var page = EnterprisePage()
    for entry in entries.prefix(limit) {
      let key = EnterprisesTable.Key(id: place(entry).id)
      if let enterprise = try snapshot.record(EnterprisesTable.self, key), caller.maySee(enterprise) {
        page.enterprises.append(enterprise)
      }
    }
    if entries.count > limit {
      let last = place(entries[limit - 1])
      page.next = EnterpriseCursor(grid: last.grid, id: last.id)
    }
    return page
  }

  package func trace(
    _ request: TraceEnterprise, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterpriseTrace>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    var notFound: Refusal { .notFound(NotFound("enterprise", "\(request.id)")) }
    let isForeign = caller.isEnterpriseOnly && caller.person?.enterpriseId != request.id
    guard !isForeign, let enterprise = try snapshot.record(EnterprisesTable.self, .init(id: request.id)) else {
      throw notFound
    }
    let keys = try snapshot.keys(
      EnterpriseEntriesTable.self, in: KeyRange(prefix: EnterpriseEntriesTable.prefix(request.id)), descending: false,
      limit: 10_000)
    var trace = EnterpriseTrace()
    for key in keys {
      if let entry = try snapshot.record(EnterpriseEntriesTable.self, key) { trace.entries.append(entry) }
    }
    let places = [enterprise.grid, enterprise.awayFrom, enterprise.movingTo]
    if places.contains(where: { $0.map(request.grid.contains) ?? false }) {
      trace.enterprise = enterprise
    } else {
      // What happened after it left is not the old place's business.
      trace.entries.removeSubrange(((trace.entries.lastIndex { request.grid.contains($0.grid) } ?? -1) + 1)...)
      if trace.entries.isEmpty { throw notFound }
    }
    reply.send(trace)
  }

  package func dossier(
    _ request: ShowEnterprise, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterpriseDossierView>
  ) throws(Refusal) {
    guard let enterprise = try snapshot.record(EnterprisesTable.self, .init(id: request.id)), caller.maySee(enterprise)
    else { throw .notFound(NotFound("enterprise", "\(request.id)")) }
    reply.send(try Domain.dossier(of: enterprise, in: snapshot))
  }

  package func sites(
    _ request: ShowEnterprise, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterpriseSites>
  ) throws(Refusal) {
    guard let enterprise = try snapshot.record(EnterprisesTable.self, .init(id: request.id)), caller.maySee(enterprise)
    else { throw .notFound(NotFound("enterprise", "\(request.id)")) }
    reply.send(EnterpriseSites(enterprises: try Domain.sites(of: enterprise.uscc, in: snapshot)))
  }

  package func search(
    _ request: SearchEnterprises, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<EnterpriseSearchPage>
  ) throws(Refusal) {
    if let grid = request.grid { try requireKnown(grid, in: snapshot) }
    var search = EnterpriseSearch(request, for: copy caller, limit: Self.limit(request.limit))
    try search.run(in: snapshot)
    reply.send(search.page)
  }
}
