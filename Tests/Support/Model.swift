package import Bytes
import Domain
package import Records

/// The domain's state as plain dictionaries: what the store must agree with. Indexes and counts are worked out anew for
/// every question, so that nothing in it can fall out of step.
package struct Model: State, Sendable {
  /// Encoded records by table number and encoded key.
  package private(set) var records: [UInt32: [[UInt8]: [UInt8]]] = [:]
  private var pending: [(table: UInt32, key: [UInt8], record: [UInt8])] = []

  package init() {}

  /// Takes over the command's changes.
  package mutating func accept() {
    for change in pending { records[change.table, default: [:]][change.key] = change.record }
    pending.removeAll()
  }

  package mutating func discard() { pending.removeAll() }

  /// What the command at hand would change.
  package var changes: [(table: UInt32, key: [UInt8], record: [UInt8])] { pending }

  package mutating func put<T: Table>(_ table: T.Type, _ record: T.Record) {
    pending.append((T.number, T.key(of: record).encoded, record.encoded()))
  }

  package borrowing func activeRules() throws(Refusal) -> ActiveRules? {
    try record(ProfilesTable.self, .init(id: 1)).map { ActiveRules($0.profile) }
  }

  package borrowing func record<T: Table>(_ table: T.Type, _ key: T.Key) throws(Refusal) -> T.Record? {
    let encoded = key.encoded
    let own = pending.last { $0.table == T.number && $0.key == encoded }?.record
    return (own ?? records[T.number]?[encoded]).map(decode)
  }

  package borrowing func record<I: UniqueIndex>(_ index: I.Type, _ key: I.Key) throws(Refusal) -> I.Base.Record? {
    let wanted = key.encoded
    for record in all(I.Base.self) where derived(I.Base.self, record, I.position).contains(wanted) {
      return try self.record(I.Base.self, I.Base.key(of: record))
    }
    return nil
  }

  package borrowing func keys<T: Table>(
    _ table: T.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [T.Key] {
    select(records[T.number].map { Array($0.keys) } ?? [], range, descending, limit)
  }

  package borrowing func entries<I: OrderedIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key] {
    select(all(I.Base.self).flatMap { derived(I.Base.self, $0, I.position) }, range, descending, limit)
  }

  package borrowing func entries<I: UniqueIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key] {
    select(all(I.Base.self).flatMap { derived(I.Base.self, $0, I.position) }, range, descending, limit)
  }

  /// Every record of a table.
  package borrowing func all<T: Table>(_ table: T.Type) -> [T.Record] {
    records[T.number]?.values.map(decode) ?? []
  }

  /// Counts of an aggregate, worked out from the records.
  package borrowing func counts<A: Aggregate>(_ aggregate: A.Type) -> [[UInt8]: UInt64] {
    var counts: [[UInt8]: UInt64] = [:]
    for record in all(A.Base.self) {
      var keys = DerivedKeys()
      A.Base.deriveAggregateKeys(of: record, into: &keys)
      for entry in keys.entries where entry.position == A.position { counts[entry.key, default: 0] += 1 }
    }
    return counts
  }

  private borrowing func derived<T: Table>(_ table: T.Type, _ record: T.Record, _ position: Int) -> [[UInt8]] {
    var keys = DerivedKeys()
    T.deriveIndexKeys(of: record, into: &keys)
    return keys.entries.filter { $0.position == position }.map(\.key)
  }

  private func select<Key: TableKey>(
    _ keys: [[UInt8]], _ range: KeyRange, _ descending: Bool, _ limit: Int
  ) -> [Key] {
    let inside = keys.filter { key in
      !key.lexicographicallyPrecedes(range.lower) && (range.upper.map(key.lexicographicallyPrecedes) ?? true)
    }
    let ordered = inside.sorted { $0.lexicographicallyPrecedes($1) != descending && $0 != $1 }
    return ordered.prefix(limit).map { key in
      key.withRawSpan { span in
        do throws(RecordFault) { return try Key(decoding: span) } catch { preconditionFailure("\(error)") }
      }
    }
  }
}

extension Model: SnapshotReader {
  package borrowing func appliedSequence() throws(Refusal) -> UInt64 { 0 }

  package borrowing func appendStored<T: Table>(
    _ table: T.Type, _ key: T.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    guard let record = try record(table, key) else { return false }
    writer.append(record.encoded())
    return true
  }

  package borrowing func appendStored<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    guard let record = try record(index, key) else { return false }
    writer.append(record.encoded())
    return true
  }

  package borrowing func counts<A: Aggregate>(
    _ aggregate: A.Type, in range: KeyRange, limit: Int
  ) throws(Refusal) -> [(group: A.Key, count: UInt64)] {
    let counts = counts(aggregate)
    return select(Array(counts.keys), range, false, limit).map { ($0, counts[$0.encoded]!) }
  }
}

/// What is in a model or a store must parse.
private func decode<Record: CheckedRecord>(_ bytes: [UInt8]) -> Record {
  do throws(RecordFault) { return try Record(encoded: bytes) } catch { preconditionFailure("\(error)") }
}
