internal import Bytes
internal import LMDB
internal import Records

/// Reads of tables, the same over a snapshot and over a write transaction.
struct TableReading {
  let file: StateFile

  func record<T: Table>(
    _ table: T.Type, key: RawSpan, in transaction: borrowing some Readable & ~Copyable
  ) throws(StoreError) -> T.Record? {
    var record: T.Record?
    try withRecord(table, key: key, in: transaction) { (found) throws(RecordFault) in
      record = try T.Record(encoded: found)
    }
    return record
  }

  /// Lends the encoding of a record to `body`, if there is one. What the body makes of it is not passed on: an optional
  /// of any type, made at run time, would cost more than the lookup.
  func withRecord<T: Table>(
    _ table: T.Type, key: RawSpan, in transaction: borrowing some Readable & ~Copyable,
    _ body: (RawSpan) throws(RecordFault) -> Void
  ) throws(StoreError) {
    try transaction.withValue(file.trees(of: T.number).records, key: key) { (value) throws(StoreError) in
      if let value { try StoredRecord.read(value, T.name, key: key, body) }
    }
  }

  /// The primary key under an entry of a unique index.
  func primaryKey<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, in transaction: borrowing some Readable & ~Copyable
  ) throws(StoreError) -> [UInt8]? {
    let tree = file.trees(of: I.Base.number).indexes[I.position]
    return try key.withEncoded { (span) throws(StoreError) in
      try transaction.withValue(tree, key: span) { (value) throws(StoreError) in
        if let value { [UInt8](copying: value) } else { nil }
      }
    }
  }

  /// Keys of a tree in order.
  func keys<Key: TableKey>(
    _ tree: Database, _ type: Key.Type, in range: KeyRange, descending: Bool, limit: Int,
    of transaction: borrowing some Readable & ~Copyable
  ) throws(StoreError) -> [Key] {
    var keys: [Key] = []
    guard limit > 0 else { return keys }
    try transaction.scan(tree, from: range.lower, below: range.upper, descending: descending) {
      (key, _) throws(StoreError) in
      keys.append(try decode(key, of: tree))
      return keys.count < limit
    }
    return keys
  }

  /// The first key of a tree in the range; descending: the last. No array is made for it.
  func firstKey<Key: TableKey>(
    _ tree: Database, _ type: Key.Type, in range: KeyRange, descending: Bool,
    of transaction: borrowing some Readable & ~Copyable
  ) throws(StoreError) -> Key? {
    var first: Key?
    try transaction.scan(tree, from: range.lower, below: range.upper, descending: descending) {
      (key, _) throws(StoreError) in
      first = try decode(key, of: tree)
      return false
    }
    return first
  }

  private func decode<Key: TableKey>(_ key: RawSpan, of tree: Database) throws(StoreError) -> Key {
    do throws(RecordFault) { return try Key(decoding: key) } catch {
      throw .damaged(table: tree.name, key: [UInt8](copying: key), reason: error.description)
    }
  }
}

extension TableKey {
  func withEncoded<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
    var writer = ByteWriter(capacity: 64)
    encodeKey(into: &writer)
    return try writer.withSpan(body)
  }
}
