package import Records
package import Scalars

/// The grid node that counts now: the row of the newest active edition; `nil` when no active edition has the code.
package func currentGrid(
  _ code: GridCode, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Grid? {
  guard let key = try currentGridKey(code, in: reader) else { return nil }
  return try reader.record(GridsTable.self, key)
}

private func currentGridKey(
  _ code: GridCode, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> GridsTable.Key? {
  let versions = try reader.keys(
    GridsTable.self, in: KeyRange(prefix: GridsTable.prefix(code)), descending: true, limit: gridVersionsMax)
  for key in versions where try isActive(edition: key.edition, in: reader) { return key }
  return nil
}

/// Editions that may describe one code: imports happen once or twice a year.
private let gridVersionsMax = 1000

private func isActive(
  edition: UInt32, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Bool {
  try reader.record(EditionsTable.self, .init(id: edition))?.state == .active
}

/// - Throws: `unknownGrid`
func requireGrid(_ code: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Grid {
  guard let grid = try currentGrid(code, in: reader) else { throw .unknownGrid(UnknownGrid(code: code)) }
  return grid
}

/// Refuses a code that no active edition has, without reading its row.
/// - Throws: `unknownGrid`
func checkKnown(_ code: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
  if try currentGridKey(code, in: reader) == nil { throw .unknownGrid(UnknownGrid(code: code)) }
}

/// The children of `parent`, or all counties, in order of code, behind `after`.
package func childGrids(
  of parent: GridCode?, after: GridCode?, limit: Int, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [Grid] {
  let depth = (parent?.depth ?? 0) + 1
  guard depth <= 4 else { return [] }
  let bounds = parent?.subtree ?? GridCode(unchecked: 0)...GridCode(unchecked: 999_999_999_999_999)
  var range = KeyRange(
    from: GridsTable.prefix(bounds.lowerBound), through: GridsTable.prefix(bounds.upperBound))
  if let parent { range.lower = KeyRange(prefix: GridsTable.prefix(parent)).upper ?? range.lower }
  if let after { range = range.after(GridsTable.prefix(after.subtree.upperBound) + [255]) }
  var children: [Grid] = []
  while children.count < limit {
    // Seeks from one child to the next, over all that lies below it.
    guard let next = try reader.keys(GridsTable.self, in: range, descending: false, limit: 1).first else { break }
    let child = next.code.ancestor(atDepth: depth)
    if child.depth == depth, let grid = try currentGrid(child, in: reader) { children.append(grid) }
    range.lower = GridsTable.prefix(child.subtree.upperBound) + [255]
  }
  return children
}
