package import Bytes
package import Scalars

/// The primary key of a record, or an entry of an index.
package protocol TableKey: KeyComponent, Hashable, Sendable {}

extension TableKey {
  package init(decoding span: RawSpan) throws(RecordFault) {
    var reader = KeyReader(span)
    try self.init(decodingKey: &reader)
    guard reader.isAtEnd else { throw RecordFault("the key is too long", "键过长") }
  }

  package var encoded: [UInt8] {
    var writer = ByteWriter()
    encodeKey(into: &writer)
    return writer.bytes()
  }
}

/// A table of the store, as the IDL declares it. What follows from a record (its entries in indexes, its groups in
/// aggregates) is generated, so that nobody can forget one.
package protocol Table: Sendable {
  associatedtype Record: CheckedRecord
  associatedtype Key: TableKey
  static var number: UInt32 { get }
  static var name: String { get }
  static var indexes: [DerivedDescription] { get }
  static var aggregates: [DerivedDescription] { get }
  static func key(of record: Record) -> Key
  static func deriveIndexKeys(of record: Record, into keys: inout DerivedKeys)
  static func deriveAggregateKeys(of record: Record, into keys: inout DerivedKeys)
}

/// An index or an aggregate, seen from its table.
package struct DerivedDescription: Sendable {
  package let number: UInt32
  package let name: String
  package let isUnique: Bool
  /// What its keys consist of: a tree that was made by another definition must be made anew.
  package let definition: String

  package init(number: UInt32, name: String, isUnique: Bool, definition: String) {
    self.number = number
    self.name = name
    self.isUnique = isUnique
    self.definition = definition
  }
}

/// An index whose entry holds the primary key at its end.
package protocol OrderedIndex {
  associatedtype Base: Table
  associatedtype Key: TableKey
  /// Place in `Base.indexes`.
  static var position: Int { get }
}

/// An index with at most one record for each entry.
package protocol UniqueIndex {
  associatedtype Base: Table
  associatedtype Key: TableKey
  static var position: Int { get }
}

/// Counts of records that agree in some components.
package protocol Aggregate {
  associatedtype Base: Table
  associatedtype Key: TableKey
  /// Place in `Base.aggregates`.
  static var position: Int { get }
}

/// The index entries or aggregate groups of one record.
package struct DerivedKeys {
  package struct Entry: Hashable {
    /// Place of the index or aggregate in its table.
    package let position: Int
    package let key: [UInt8]
  }

  package private(set) var entries: [Entry] = []

  /// Enough for most records, so that the list does not grow entry by entry.
  private static var usualCount: Int { 8 }

  package init() {}

  /// - Parameter writer: where all keys of the record are made, one behind the other, so that memory is asked for once.
  mutating func add(_ position: Int, in writer: inout ByteWriter, _ build: (inout ByteWriter) -> Void) {
    let start = writer.count
    build(&writer)
    if entries.isEmpty { entries.reserveCapacity(Self.usualCount) }
    entries.append(Entry(position: position, key: writer.bytes(from: start)))
  }

  /// As long as the keys of most records together.
  static var usualBytes: Int { 256 }
}

/// Keys from `lower` on, below `upper`.
package struct KeyRange: Sendable, Equatable {
  package var lower: [UInt8]
  /// Absent: to the end.
  package var upper: [UInt8]?

  package init(lower: [UInt8], upper: [UInt8]?) {
    self.lower = lower
    self.upper = upper
  }

  package static let all = KeyRange(lower: [], upper: nil)

  /// Every key that begins with these bytes.
  package init(prefix: [UInt8]) { self.init(from: prefix, through: prefix) }

  /// Every key from the first with prefix `first` to the last with prefix `last`.
  package init(from first: [UInt8], through last: [UInt8]) {
    lower = first
    upper = Self.successor(ofPrefix: last)
  }

  /// The same range without the keys up to and including `key`: never more than it was, whatever a cursor says.
  package func after(_ key: [UInt8]) -> KeyRange {
    let next = key + [0]
    return KeyRange(lower: lower.lexicographicallyPrecedes(next) ? next : lower, upper: upper)
  }

  /// The least key above all that begin with `prefix`; `nil` when there is none.
  private static func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    guard let last = prefix.lastIndex(where: { $0 < 255 }) else { return nil }
    return Array(prefix[..<last]) + [prefix[last] + 1]
  }
}

/// What queries may read on top of that: the bytes as they are stored, and counts.
package protocol SnapshotReader: RecordReader, ~Copyable {
  /// The last journal entry that the snapshot contains.
  borrowing func appliedSequence() throws(Refusal) -> UInt64
  /// Appends the encoding of a record as it is stored; answers whether there is one.
  borrowing func appendStored<T: Table>(
    _ table: T.Type, _ key: T.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool
  /// The same for the record that a unique index names.
  borrowing func appendStored<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool
  /// The groups of an aggregate in a range, with their counts; none that counts nothing.
  borrowing func counts<A: Aggregate>(
    _ aggregate: A.Type, in range: KeyRange, limit: Int
  ) throws(Refusal) -> [(group: A.Key, count: UInt64)]
}

/// What rules and queries may read. Each function throws `storageFault` only.
package protocol RecordReader: ~Copyable {
  borrowing func record<T: Table>(_ table: T.Type, _ key: T.Key) throws(Refusal) -> T.Record?
  borrowing func record<I: UniqueIndex>(_ index: I.Type, _ key: I.Key) throws(Refusal) -> I.Base.Record?
  /// The grid that stands in a record, in the field of this number, which `path` names as well; `nil` when there is no
  /// record. A reader over stored bytes looks for the field, and decodes nothing.
  borrowing func grid<T: Table>(
    _ table: T.Type, _ key: T.Key, field: UInt32, _ path: (T.Record) -> GridCode
  ) throws(Refusal) -> GridCode?
  borrowing func grid<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, field: UInt32, _ path: (I.Base.Record) -> GridCode
  ) throws(Refusal) -> GridCode?
  /// Lends the canonical encoding of a record to `body`, for what takes a field or two of a large one; answers whether
  /// there is a record.
  borrowing func withEncoding<T: Table>(
    _ table: T.Type, _ key: T.Key, _ body: (inout WireReader) throws(RecordFault) -> Void
  ) throws(Refusal) -> Bool
  /// The first primary key in the range; descending: the last.
  borrowing func firstKey<T: Table>(_ table: T.Type, in range: KeyRange, descending: Bool) throws(Refusal) -> T.Key?
  /// The first entry of an index in the range; descending: the last.
  borrowing func firstEntry<I: OrderedIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool
  ) throws(Refusal) -> I.Key?
  /// The first entry of a unique index in the range; descending: the last.
  borrowing func firstEntry<I: UniqueIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool
  ) throws(Refusal) -> I.Key?
  /// Primary keys in order, at most `limit`.
  borrowing func keys<T: Table>(
    _ table: T.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [T.Key]
  /// Entries of an index in order, at most `limit`.
  borrowing func entries<I: OrderedIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key]
  /// Entries of a unique index in order, at most `limit`.
  borrowing func entries<I: UniqueIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key]
}

extension RecordReader where Self: ~Copyable {
  package borrowing func firstKey<T: Table>(
    _ table: T.Type, in range: KeyRange, descending: Bool
  ) throws(Refusal) -> T.Key? {
    try keys(table, in: range, descending: descending, limit: 1).first
  }

  package borrowing func firstEntry<I: OrderedIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool
  ) throws(Refusal) -> I.Key? {
    try entries(index, in: range, descending: descending, limit: 1).first
  }

  package borrowing func firstEntry<I: UniqueIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool
  ) throws(Refusal) -> I.Key? {
    try entries(index, in: range, descending: descending, limit: 1).first
  }

  package borrowing func withEncoding<T: Table>(
    _ table: T.Type, _ key: T.Key, _ body: (inout WireReader) throws(RecordFault) -> Void
  ) throws(Refusal) -> Bool {
    guard let record = try record(table, key) else { return false }
    do throws(RecordFault) {
      try record.encoded().withRawSpan { (span) throws(RecordFault) in
        var reader = WireReader(span)
        try body(&reader)
      }
    } catch {
      preconditionFailure("a record that was decoded does not parse: \(error)")
    }
    return true
  }

  package borrowing func grid<T: Table>(
    _ table: T.Type, _ key: T.Key, field: UInt32, _ path: (T.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    try record(table, key).map(path)
  }

  package borrowing func grid<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, field: UInt32, _ path: (I.Base.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    try record(index, key).map(path)
  }
}
