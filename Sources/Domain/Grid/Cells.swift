import Records
import Scalars

func putCells(
  _ request: PutCells, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PutCellsReceipt {
  let village = try requireGrid(request.village, in: state)
  guard village.level == .village else {
    throw .invalidArgument(
      InvalidArgument(field: "village", reason: "\(village.code) is a \(village.level.label.english.lowercased())"))
  }
  var receipt = PutCellsReceipt()
  var seen: Set<GridCode> = []
  for (index, row) in request.cells.enumerated() {
    guard row.code.depth == 4, village.code.contains(row.code) else {
      throw refused(row: index, "\(row.code) is no cell of village \(village.code)")
    }
    guard seen.insert(row.code).inserted else { throw refused(row: index, "\(row.code) stands twice in the request") }
    if var cell = try currentGrid(row.code, in: state) {
      cell.name = row.name
      cell.version += 1
      state.put(GridsTable.self, cell)
      receipt.replaced += 1
    } else {
      state.put(
        GridsTable.self,
        Grid(
          code: row.code, edition: village.edition, name: row.name, level: .cell, createdAt: act.time, version: 1))
      receipt.created += 1
    }
  }
  return receipt
}
