import Records
import Scalars

/// Groups that are read at a time.
private let sliceLength = 1000
/// Groups that one view reads: some 100 bytes each, and a tenth of a second for all. A cell has some dozens of each kind, as many
/// as there are combinations of what happens in it, however many cases there are.
private let groupsMax = 500_000

/// Lends every group of an aggregate from one prefix of its keys to another, and how much it counts.
/// - Parameter grid: the subtree in question, for whoever asks for too much.
func forEachGroup<A: Aggregate>(
  _ aggregate: A.Type, from first: [UInt8], through last: [UInt8], in grid: GridCode,
  _ reader: borrowing some SnapshotReader & ~Copyable, _ body: (A.Key, UInt64) -> Void
) throws(Refusal) {
  var range = KeyRange(from: first, through: last)
  var read = 0
  while true {
    let slice = try reader.counts(aggregate, in: range, limit: sliceLength)
    for (group, count) in slice { body(group, count) }
    guard slice.count == sliceLength, let last = slice.last else { return }
    read += slice.count
    guard read < groupsMax else { throw tooLarge(grid, groupsMax, Label("groups of what is counted", "统计分组")) }
    range = range.after(last.group.encoded)
  }
}
