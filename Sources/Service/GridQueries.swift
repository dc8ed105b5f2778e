import API
import Domain
package import Records
import Scalars

extension QueryServices: GridService {
  package func show(
    _ request: ShowGrid, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Grid>
  ) throws(Refusal) {
    guard let grid = try currentGrid(request.code, in: snapshot) else {
      throw .unknownGrid(UnknownGrid(code: request.code))
    }
    reply.send(grid)
  }

  package func list(
    _ request: ListGrids, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<GridPage>
  ) throws(Refusal) {
    if let parent = request.parent { try requireKnown(parent, in: snapshot) }
    let limit = Self.limit(request.limit)
    let children = try childGrids(
      of: request.parent, after: request.after, retired: request.retired, limit: limit + 1, in: snapshot)
    reply.send(
      GridPage(grids: Array(children.prefix(limit)), next: children.count > limit ? children[limit - 1].code : nil))
  }

  package func status(
    _ request: ShowGrid, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<GridStatus>
  ) throws(Refusal) {
    reply.send(try Domain.status(of: request.code, on: try currentTime(in: snapshot).localDate, in: snapshot))
  }

  package func incomplete(
    _ request: ListIncomplete, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<IncompletePage>
  ) throws(Refusal) {
    let today = try currentTime(in: snapshot).localDate
    reply.send(try incompleteGrids(request, limit: Self.limit(request.limit), on: today, in: snapshot))
  }

  package func leftOut(
    _ request: ListLeftOut, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<LeftOutPage>
  ) throws(Refusal) {
    reply.send(try leftOutGrids(request, limit: Self.limit(request.limit), in: snapshot))
  }

  package func boundary(
    _ request: ShowGrid, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Boundary>
  ) throws(Refusal) {
    try requireKnown(request.code, in: snapshot)
    guard try reply.sendStored(BoundariesTable.self, .init(code: request.code), from: snapshot) else {
      throw .notFound(NotFound("boundary of grid", "\(request.code)"))
    }
  }

  package func locate(
    _ request: Locate, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Located>
  ) throws(Refusal) {
    var located = Located()
    for code in try Domain.locate(request.vertex, in: snapshot).prefix(Self.locatedMax) {
      if let grid = try currentGrid(code, in: snapshot) { located.grids.append(grid) }
    }
    reply.send(located)
  }

  package func powers(
    _ request: ListPowers, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<PowerLists>
  ) throws(Refusal) {
    reply.send(try powerLists(request, today: try currentTime(in: snapshot).localDate, in: snapshot))
  }

  package func whoHas(
    _ request: FindPower, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<PowerHolders>
  ) throws(Refusal) {
    reply.send(try powerHolders(request, today: try currentTime(in: snapshot).localDate, in: snapshot))
  }

  /// Overlapping nodes that a reply shows.
  private static let locatedMax = 16
}
