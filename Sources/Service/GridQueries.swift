import API
import Domain
package import Records

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
    let children = try childGrids(of: request.parent, after: request.after, limit: limit + 1, in: snapshot)
    reply.send(
      GridPage(grids: Array(children.prefix(limit)), next: children.count > limit ? children[limit - 1].code : nil))
  }
}
