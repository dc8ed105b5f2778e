import Records
import Scalars

/// Objects of the ledger that one view reads, some ten microseconds each.
private let objectsMax = 50_000
/// Objects whose numbers are read at a time.
private let sliceLength = 1000

/// Lends every object of the ledger (在册 or 停产停业) in a subtree, in the order of places; answers how many objects were looked
/// at, candidates and closed ones included.
@discardableResult
func forEachObject(
  in grid: GridCode, _ reader: borrowing some RecordReader & ~Copyable,
  _ body: (Enterprise) throws(Refusal) -> Void
) throws(Refusal) -> Int {
  let subtree = grid.subtree
  var range = KeyRange(
    from: EnterprisesByGridIndex.prefix(subtree.lowerBound), through: EnterprisesByGridIndex.prefix(subtree.upperBound))
  var read = 0
  while true {
    let slice = try reader.entries(EnterprisesByGridIndex.self, in: range, descending: false, limit: sliceLength)
    for entry in slice {
      guard let object = try reader.record(EnterprisesTable.self, entry.key), object.isInLedger else { continue }
      try body(object)
    }
    read += slice.count
    guard slice.count == sliceLength, let last = slice.last else { return read }
    guard read < objectsMax else { throw tooLarge(grid, objectsMax, Label("objects", "监管对象")) }
    range = range.after(last.encoded)
  }
}
