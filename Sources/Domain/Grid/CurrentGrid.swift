internal import Bytes
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
  let range = KeyRange(prefix: GridsTable.prefix(code))
  // Nearly always the newest edition is active, and its key the only one that is needed.
  guard let newest = try reader.firstKey(GridsTable.self, in: range, descending: true) else { return nil }
  if try isActive(edition: newest.edition, in: reader) { return newest }
  let versions = try reader.keys(GridsTable.self, in: range, descending: true, limit: gridVersionsMax)
  for key in versions.dropFirst() where try isActive(edition: key.edition, in: reader) { return key }
  return nil
}

/// Editions that may describe one code: imports happen once or twice a year.
private let gridVersionsMax = 1000

private func isActive(
  edition: UInt32, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Bool {
  var state: UInt64 = 0
  _ = try reader.withEncoding(EditionsTable.self, .init(id: edition)) { (reader) throws(RecordFault) in
    // `Edition.state`: each report asks, so that the rest is not decoded.
    state = try reader.findVarint(3)
  }
  return state == UInt64(EditionState.active.number)
}

/// - Throws: `unknownGrid`
func requireGrid(_ code: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Grid {
  guard let grid = try currentGrid(code, in: reader) else { throw .unknownGrid(UnknownGrid(code: code)) }
  return grid
}

/// Refuses a code that no active edition has, and one that was retired, without reading the node's row.
/// - Throws: `unknownGrid`, `gridRetired`
func checkLiving(_ code: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
  if try currentGridKey(code, in: reader) == nil { throw .unknownGrid(UnknownGrid(code: code)) }
  if let retirement = try retirement(of: code, in: reader) { throw retirement.refusal }
}

/// Whether an active edition has the code, and it was not retired.
func isLiving(_ code: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Bool {
  guard try currentGridKey(code, in: reader) != nil else { return false }
  return try retirement(of: code, in: reader) == nil
}

/// The children of `parent`, or all counties, in order of code, behind `after`.
package func childGrids(
  of parent: GridCode?, after: GridCode?, retired: Bool, limit: Int, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [Grid] {
  let depth = (parent?.depth ?? 0) + 1
  guard depth <= 4 else { return [] }
  var children: [Grid] = []
  var after = after
  while children.count < limit {
    let codes = try nodes(atDepth: depth, under: parent, after: after, limit: limit - children.count, in: reader)
    for code in codes {
      if !retired, try retirement(of: code, in: reader) != nil { continue }
      if let grid = try currentGrid(code, in: reader) { children.append(grid) }
    }
    guard let last = codes.last else { break }
    after = last
  }
  return children
}

/// The codes of a level in the subtree of `root`, or in the whole region, in order, behind `after`: also those of editions
/// that are not active yet, and of retired nodes. Of cells many at a time; of others one, and then a seek over all that lies
/// below it.
func nodes(
  atDepth depth: Int, under root: GridCode?, after: GridCode?, limit: Int,
  in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [GridCode] {
  let bounds = root?.subtree ?? GridCode(unchecked: 0)...GridCode(unchecked: 999_999_999_999_999)
  var range = KeyRange(
    from: GridsTable.prefix(bounds.lowerBound), through: GridsTable.prefix(bounds.upperBound))
  if let after { range = range.after(GridsTable.prefix(after.subtree.upperBound) + [255]) }
  var found: [GridCode] = []
  while found.count < limit {
    let step = depth == 4 ? limit - found.count : 1
    let keys = try reader.keys(GridsTable.self, in: range, descending: false, limit: step)
    guard let last = keys.last?.code.ancestor(atDepth: depth) else { break }
    for key in keys {
      // What stands above that level is passed over; a code of several editions counts once.
      let node = key.code.ancestor(atDepth: depth)
      if node.depth == depth, found.last != node { found.append(node) }
    }
    range = range.after(GridsTable.prefix(last.depth == depth ? last.subtree.upperBound : last) + [255])
  }
  return found
}
