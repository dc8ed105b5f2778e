import Bytes
import Records
import Scalars
import Support

/// A model that remembers what it was asked.
final class ObservedReader: SnapshotReader {
  private let model: Model
  private(set) var reads: [String] = []

  init(_ model: Model) { self.model = model }

  private func note(_ what: String) { reads.append(what) }

  func record<T: Table>(_ table: T.Type, _ key: T.Key) throws(Refusal) -> T.Record? {
    note("record of \(T.self)")
    return try model.record(table, key)
  }

  func record<I: UniqueIndex>(_ index: I.Type, _ key: I.Key) throws(Refusal) -> I.Base.Record? {
    note("record of \(I.Base.self)")
    return try model.record(index, key)
  }

  func keys<T: Table>(
    _ table: T.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [T.Key] {
    note("keys of \(T.self)")
    return try model.keys(table, in: range, descending: descending, limit: limit)
  }

  func entries<I: OrderedIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key] {
    note("entries of \(I.self)")
    return try model.entries(index, in: range, descending: descending, limit: limit)
  }

  func entries<I: UniqueIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key] {
    note("entries of \(I.self)")
    return try model.entries(index, in: range, descending: descending, limit: limit)
  }

  func appliedSequence() throws(Refusal) -> UInt64 { try model.appliedSequence() }

  func appendStored<T: Table>(_ table: T.Type, _ key: T.Key, to writer: inout ByteWriter) throws(Refusal) -> Bool {
    note("record of \(T.self)")
    return try model.appendStored(table, key, to: &writer)
  }

  func appendStored<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    note("record of \(I.Base.self)")
    return try model.appendStored(index, key, to: &writer)
  }

  func counts<A: Aggregate>(
    _ aggregate: A.Type, in range: KeyRange, limit: Int
  ) throws(Refusal) -> [(group: A.Key, count: UInt64)] {
    let groups = try model.counts(aggregate, in: range, limit: limit)
    note("counts of \(A.self): \(groups.count)")
    return groups
  }
}
