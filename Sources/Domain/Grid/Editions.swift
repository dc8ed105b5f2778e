import Bytes
package import Records
import Scalars

func openEdition(
  _ request: OpenEdition, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Edition {
  let last = try state.firstKey(EditionsTable.self, in: .all, descending: true)
  let edition = Edition(id: (last?.id ?? 0) + 1, name: request.name, state: .staging)
  state.put(EditionsTable.self, edition)
  return edition
}

func stageDivisions(
  _ request: StageDivisions, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Edition {
  var edition = try openEdition(numbered: request.edition, in: state)
  for (index, row) in request.rows.enumerated() { try stage(row, at: index, into: edition.id, act, &state) }
  edition.rowCount += UInt64(request.rows.count)
  state.put(EditionsTable.self, edition)
  return edition
}

func activateEdition(
  _ request: ActivateEdition, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Edition {
  var edition = try openEdition(numbered: request.edition, in: state)
  guard edition.rowCount == request.rowCount else {
    throw .editionNotOpen(
      EditionNotOpen(
        edition: edition.id,
        reason: Label(
          "it has \(edition.rowCount) rows, not \(request.rowCount)", "共有\(edition.rowCount)行，而非\(request.rowCount)行")))
  }
  edition.state = .active
  edition.activatedAt = act.time
  state.put(EditionsTable.self, edition)
  return edition
}

private func openEdition(
  numbered id: UInt32, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Edition {
  guard let edition = try reader.record(EditionsTable.self, .init(id: id)) else {
    throw .notFound(NotFound("edition", "\(id)"))
  }
  guard edition.state == .staging else {
    throw .editionNotOpen(EditionNotOpen(edition: id, reason: Label("it is active already", "已启用")))
  }
  return edition
}

/// Why an import cannot take its row number `index`, counted from 0.
func refused(row index: Int, _ reason: Label) -> Refusal {
  .rowRefused(RowRefused(row: UInt32(index), reason: reason))
}

func refused(row index: Int, _ english: String, _ chinese: String) -> Refusal {
  refused(row: index, Label(english, chinese))
}

/// Digits of a division code by its level: province, city, county, township, village.
private let divisionDigits = [2, 4, 6, 9, 12]

private func stage(
  _ row: DivisionRow, at index: Int, into edition: UInt32, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) {
  let digits = divisionDigits[Int(row.level) - 1]
  guard row.code.utf8.count == digits else {
    throw refused(
      row: index, "code \(row.code) has \(row.code.utf8.count) digits; level \(row.level) has \(digits)",
      "代码\(row.code)有\(row.code.utf8.count)位，第\(row.level)级应为\(digits)位")
  }
  guard row.level >= 3 else {
    state.put(DivisionNamesTable.self, DivisionName(code: row.code, edition: edition, name: row.name))
    return
  }
  let code: GridCode
  do throws(RecordFault) {
    code = try GridCode(division: row.code)
  } catch {
    throw refused(row: index, error.reason, error.chinese)
  }
  // The level is the file's word; the digits must agree with it.
  guard code.depth == Int(row.level) - 2 else {
    throw refused(row: index, "code \(row.code) ends in 000", "代码\(row.code)以000结尾")
  }
  if let parent = code.parent,
    try state.record(GridsTable.self, .init(code: parent, edition: edition)) == nil,
    try currentGrid(parent, in: state) == nil
  {
    throw refused(
      row: index, "code \(row.code) has no parent: grid \(parent) is unknown", "代码\(row.code)没有上级，网格\(parent)不存在")
  }
  if try state.record(GridsTable.self, .init(code: code, edition: edition)) != nil {
    throw refused(row: index, "code \(row.code) stands twice in this edition", "代码\(row.code)在本版本中重复")
  }
  state.put(
    GridsTable.self,
    Grid(
      code: code, edition: edition, name: row.name, level: GridLevel(number: Int32(code.depth)), createdAt: act.time,
      version: 1))
}

/// Nodes that a page of left out ones looks at: some four reads each.
private let examinedMax = 1000

/// The living townships and villages of a subtree that the newest edition of their county leaves out, behind `after`.
package func leftOutGrids(
  _ request: ListLeftOut, limit: Int, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> LeftOutPage {
  _ = try requireGrid(request.grid, in: reader)
  var page = LeftOutPage()
  let bounds = request.grid.subtree
  var range = KeyRange(from: GridsTable.prefix(bounds.lowerBound), through: GridsTable.prefix(bounds.upperBound))
  func skip(_ code: GridCode) { range = range.after(GridsTable.prefix(code) + [255]) }
  if let after = request.after { skip(after) }
  var county: Grid?
  while let code = try reader.firstKey(GridsTable.self, in: range, descending: false)?.code {
    guard code.depth < 4 else {
      skip(code.ancestor(atDepth: 3).subtree.upperBound)
      continue
    }
    if page.examined == examinedMax || page.grids.count == limit { break }
    page.examined += 1
    page.next = code
    skip(code)
    if county?.code != code.ancestor(atDepth: 1) { county = try currentGrid(code.ancestor(atDepth: 1), in: reader) }
    guard let edition = county?.edition, let grid = try currentGrid(code, in: reader), grid.edition < edition,
      try retirement(of: code, in: reader) == nil
    else { continue }
    page.grids.append(LeftOutGrid(code: code, name: grid.name, edition: grid.edition, leftOutOf: edition))
  }
  if try reader.firstKey(GridsTable.self, in: range, descending: false) == nil { page.next = nil }
  return page
}
