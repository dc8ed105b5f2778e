import Records
import Scalars

// Codes never change: a cell that is divided, joined or given away comes to its end, and others take its place
// (安委办〔2017〕30号 wants large villages divided and forces adjusted). What happened under a code stays under it.

func splitCell(
  _ request: SplitCell, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CellChange {
  let cell = try requireCell(request.cell, version: request.expectedVersion, field: "cell", in: state)
  let village = try requireVillage(cell.code.ancestor(atDepth: 3), in: state)
  try checkNew(request.parts, of: village, in: state)
  var handOver = try HandOver([cell], to: request.parts, .split, note: request.note, act, in: state)
  try create(request.parts, in: village, &handOver, &state)
  return try handOver.finish(&state)
}

func mergeCells(
  _ request: MergeCells, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CellChange {
  let village = try requireVillage(request.village, in: state)
  var cells: [Grid] = []
  for (index, row) in request.cells.enumerated() {
    try checkCell(row.code, of: village, row: index)
    let isTwin = row.code == request.into.code || cells.contains { $0.code == row.code }
    guard !isTwin else { throw refused(row: index, .twice(row.code)) }
    cells.append(try requireCell(row.code, version: row.expectedVersion, field: "cells", in: state))
  }
  let isNew = try currentGrid(request.into.code, in: state) == nil
  if isNew {
    guard cells.count > 1 else {
      throw .invalid("cells", "one cell alone is not joined with anything", "合并至少需要两个网格")
    }
    try checkNew([request.into], of: village, in: state)
  } else {
    try checkCell(request.into.code, of: village, row: 0)
    try checkLiving(request.into.code, in: state)
  }
  var handOver = try HandOver(cells, to: [request.into], .merge, note: request.note, act, in: state)
  if isNew {
    try create([request.into], in: village, &handOver, &state)
  } else {
    try handOver.takeOffMap(&state)
    if !request.into.rings.isEmpty { try draw(request.into.rings, around: request.into.code, act, &state) }
  }
  return try handOver.finish(&state)
}

func moveCell(
  _ request: MoveCell, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CellChange {
  let cell = try requireCell(request.cell, version: request.expectedVersion, field: "cell", in: state)
  let village = try requireVillage(request.to.code.ancestor(atDepth: 3), in: state)
  try act.caller.authorize(act.method, in: .grid(village.code))
  guard !village.code.contains(cell.code) else {
    throw .invalid("to", "\(request.to.code) lies in the same village", "\(request.to.code)仍在同一村级网格内")
  }
  var to = request.to
  if to.rings.isEmpty { to.rings = try state.record(BoundariesTable.self, .init(code: cell.code))?.rings ?? [] }
  try checkNew([to], of: village, in: state)
  var handOver = try HandOver([cell], to: [to], .move, note: request.note, act, in: state)
  try create([to], in: village, &handOver, &state)
  return try handOver.finish(&state)
}

func retireGrid(
  _ request: RetireGrid, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CellChange {
  let node = try requireLiving(request.code, in: state)
  let successor = try requireLiving(request.successor, in: state)
  try act.caller.authorize(act.method, in: .grid(successor.code))
  try checkVersion(node.version, request.expectedVersion)
  guard successor.level == node.level, successor.code != node.code else {
    throw .invalid("successor", "\(successor.code) is no other node of the same level", "\(successor.code)不是同级的其他网格")
  }
  let heir = NewCell(code: successor.code, name: successor.name)
  var handOver = try HandOver([node], to: [heir], .retire, note: request.note, act, in: state)
  try handOver.takeOffMap(&state)
  return try handOver.finish(&state)
}

private func requireCell(
  _ code: GridCode, version expected: UInt64?, field: String, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Grid {
  let cell = try requireLiving(code, in: reader)
  guard cell.level == .cell else {
    throw .invalid(field, "\(code) is no cell", "\(code)不是网格员网格")
  }
  try checkVersion(cell.version, expected)
  return cell
}

/// - Throws: `rowRefused`
private func checkNew(
  _ cells: [NewCell], of village: Grid, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) {
  var seen: Set<GridCode> = []
  for (index, cell) in cells.enumerated() {
    try checkCell(cell.code, of: village, row: index)
    guard seen.insert(cell.code).inserted else { throw refused(row: index, .twice(cell.code)) }
    guard try currentGrid(cell.code, in: reader) == nil else { throw refused(row: index, usedBefore(cell.code)) }
  }
}

/// Makes the new cells and draws them, where the old ones are on the map no more.
private func create(
  _ cells: [NewCell], in village: Grid, _ handOver: inout HandOver, _ state: inout some State & ~Copyable
) throws(Refusal) {
  try handOver.takeOffMap(&state)
  for (index, cell) in cells.enumerated() {
    createCell(cell.code, cell.name, in: village, handOver.act, &state)
    guard !cell.rings.isEmpty else { continue }
    try draw(
      cell.rings, around: cell.code, besides: cells[..<index].map(\.code), handOver.act, &state)
  }
}
