import Records
import Scalars

func putCells(
  _ request: PutCells, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PutCellsReceipt {
  let village = try requireVillage(request.village, in: state)
  var receipt = PutCellsReceipt()
  var seen: Set<GridCode> = []
  for (index, row) in request.cells.enumerated() {
    try checkCell(row.code, of: village, row: index)
    guard seen.insert(row.code).inserted else { throw refused(row: index, .twice(row.code)) }
    if var cell = try currentGrid(row.code, in: state) {
      if try retirement(of: row.code, in: state) != nil { throw refused(row: index, usedBefore(row.code)) }
      cell.name = row.name
      cell.version += 1
      state.put(GridsTable.self, cell)
      receipt.replaced += 1
    } else {
      createCell(row.code, row.name, in: village, act, &state)
      receipt.created += 1
    }
  }
  return receipt
}

/// - Throws: `unknownGrid`, `gridRetired`, `invalidArgument`
func requireVillage(_ code: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Grid {
  let village = try requireLiving(code, in: reader)
  guard village.level == .village else {
    throw .invalid(
      "village", "\(code) is a \(village.level.label.english.lowercased())",
      "\(code)是\(village.level.label.chinese)网格，不是村级网格")
  }
  return village
}

/// - Throws: `rowRefused`
func checkCell(_ code: GridCode, of village: Grid, row index: Int) throws(Refusal) {
  guard code.depth == 4, village.code.contains(code) else {
    throw refused(row: index, "\(code) is no cell of village \(village.code)", "\(code)不是村级网格\(village.code)的下级网格")
  }
}

func usedBefore(_ code: GridCode) -> Label {
  Label("\(code) was a cell before; a code is never used again", "\(code)曾为网格编码，编码不得重复使用")
}

extension Label {
  static func twice(_ code: GridCode) -> Label { Label("\(code) stands twice in the request", "\(code)在请求中重复") }
}

func createCell(
  _ code: GridCode, _ name: String, in village: Grid, _ act: Act, _ state: inout some State & ~Copyable
) {
  state.put(
    GridsTable.self,
    Grid(code: code, edition: village.edition, name: name, level: .cell, createdAt: act.time, version: 1))
}
