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
    guard let known = try snapshot.record(DishonestyCasesTable.self, .init(id: id)), caller.maySee(known) else {
      throw .notFound(NotFound(what: "dishonesty case", id: "\(id)"))
    }
    return known
  }

  package func list(
    _ request: ListDishonesty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<DishonestyPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: DishonestyCasesByGridIndex.prefix(subtree.lowerBound),
      through: DishonestyCasesByGridIndex.prefix(subtree.upperBound))
    if let after = request.after {
      range = range.after(DishonestyCasesByGridIndex.Key(grid: after.grid, key: .init(id: after.id)).encoded)
    }
    let (cases, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(DishonestyCasesByGridIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> DishonestyCase? in
      guard let known = try snapshot.record(DishonestyCasesTable.self, entry.key) else { return nil }
      let isWanted = request.states.isEmpty ? !known.isOver : request.states.contains(known.state)
      return isWanted && caller.maySee(known) ? known : nil
    }
    reply.send(
      DishonestyPage(cases: cases, next: last.map { DishonestyCursor(grid: $0.grid, id: $0.key.id) }))
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
  fileprivate borrowing func maySee(_ known: DishonestyCase) -> Bool {
    isEnterpriseOnly ? person?.enterpriseId == known.enterpriseId : maySee(known.grid)
  }
}
