package import Records
package import Scalars

/// How a node came to its end; `nil` while it counts.
package func retirement(
  of code: GridCode, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Retirement? {
  try reader.record(RetirementsTable.self, .init(code: code))
}

/// - Throws: `unknownGrid`, `gridRetired`
func requireLiving(_ code: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Grid {
  let grid = try requireGrid(code, in: reader)
  if let retirement = try retirement(of: code, in: reader) { throw retirement.refusal }
  return grid
}

/// The node itself, or who took its place, and theirs, up to one that counts: of several the first.
func living(_ code: GridCode, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> GridCode {
  var code = code
  // A successor counts when it is named, and codes are never used again: the chain has an end.
  while let next = try retirement(of: code, in: reader)?.successors.first { code = next }
  return code
}

/// - Throws: `versionConflict`
func checkVersion(_ actual: UInt64, _ expected: UInt64?) throws(Refusal) {
  if let expected, expected != actual {
    throw .versionConflict(VersionConflict(expected: expected, actual: actual))
  }
}

extension Retirement {
  /// What a command gets that names the node as if it still counted.
  var refusal: Refusal {
    let codes = successors.map { "\($0)" }.joined(separator: ", ")
    return .gridRetired(GridRetired(code: code, on: on, successors: codes))
  }
}
