import API
import Domain
package import Records
import Scalars

extension QueryServices: DishonestyService {
  package func show(
    _ request: ShowDishonesty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DishonestyCase>
  ) throws(Refusal) {
    reply.send(try visibleCase(request.id, caller, snapshot))
  }

  /// The case, if the caller may see it; to others it does not exist.
  private func visibleCase(
    _ id: UInt64, _ caller: borrowing Caller, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> DishonestyCase {
    if let known = try snapshot.record(DishonestyCasesTable.self, .init(id: id)) {
      if caller.maySee(known) { return known }
      // Credit is the entity's: the place where it is registered sees the case, too.
      if let enterprise = try snapshot.record(EnterprisesTable.self, .init(id: known.enterpriseId)),
        caller.maySee(enterprise)
      {
        return known
      }
    }
    throw .notFound(NotFound("dishonesty case", "\(id)"))
  }

  package func list(
    _ request: ListDishonesty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DishonestyPage>
  ) throws(Refusal) {
    let page = try page(DishonestyCasesByGridIndex.self, request, caller, snapshot) {
      DishonestyCasesByGridIndex.Key(grid: $0, key: .init(id: $1))
    } place: {
      DishonestyCursor(grid: $0.grid, id: $0.key.id)
    } isWanted: {
      request.states.isEmpty ? !$0.isOver : request.states.contains($0.state)
    }
    reply.send(page)
  }

  package func outstanding(
    _ request: ListDishonesty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DishonestyPage>
  ) throws(Refusal) {
    let page = try page(DishonestyCasesOutstandingIndex.self, request, caller, snapshot) {
      DishonestyCasesOutstandingIndex.Key(outstandingIn: $0, key: .init(id: $1))
    } place: {
      DishonestyCursor(grid: $0.outstandingIn, id: $0.key.id)
    } isWanted: {
      request.states.isEmpty || request.states.contains($0.state)
    }
    reply.send(page)
  }

  /// A page of an index that is in the order of places.
  private func page<Index: OrderedIndex>(
    _ index: Index.Type, _ request: ListDishonesty, _ caller: borrowing Caller,
    _ snapshot: borrowing some SnapshotReader & ~Copyable, key: (GridCode, UInt64) -> Index.Key,
    place: (Index.Key) -> DishonestyCursor, isWanted: (DishonestyCase) -> Bool
  ) throws(Refusal) -> DishonestyPage {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(from: key(subtree.lowerBound, 0).encoded, through: key(subtree.upperBound, .max).encoded)
    if let after = request.after { range = range.after(key(after.grid, after.id).encoded) }
    let (cases, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(index, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> DishonestyCase? in
      guard let known = try snapshot.record(DishonestyCasesTable.self, .init(id: place(entry).id)) else { return nil }
      return isWanted(known) && caller.maySee(known) ? known : nil
    }
    return DishonestyPage(cases: cases, next: last.map(place), asOf: try currentTime(in: snapshot))
  }

  package func ofPerson(
    _ request: FindDishonestPerson, for caller: borrowing Caller,
    in snapshot: borrowing some SnapshotReader & ~Copyable, into reply: inout Reply<DishonestyCases>
  ) throws(Refusal) {
    let cases = try dishonestyCases(ofPerson: request.identityHash, in: snapshot)
    let caller = copy caller
    reply.send(DishonestyCases(cases: cases.filter { $0.isPublished || caller.maySee($0) }))
  }

  package func trace(
    _ request: TraceDishonesty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DishonestyTrace>
  ) throws(Refusal) {
    let known = try visibleCase(request.id, caller, snapshot)
    let keys = try snapshot.keys(
      DishonestyEntriesTable.self, in: KeyRange(prefix: DishonestyEntriesTable.prefix(known.id)), descending: false,
      limit: 10_000)
    var trace = DishonestyTrace(case: known)
    for key in keys {
      if let entry = try snapshot.record(DishonestyEntriesTable.self, key) { trace.entries.append(entry) }
    }
    reply.send(trace)
  }

  package func count(
    _ request: CountDishonesty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DishonestyCounts>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let groups = try snapshot.counts(
      DishonestyCasesCountByState.self, in: KeyRange(prefix: DishonestyCasesCountByState.prefix(request.grid)),
      limit: 20)
    reply.send(
      DishonestyCounts(
        grid: request.grid, counts: groups.map { DishonestyCount(state: $0.group.state, count: $0.count) }))
  }
}

extension Caller {
  /// An enterprise sees its own cases only.
  borrowing func maySee(_ known: DishonestyCase) -> Bool {
    maySee(known.grid) && (!isEnterpriseOnly || person?.enterpriseId == known.enterpriseId)
  }
}
