package import Bytes
internal import LMDB
package import Records
package import Scalars

/// The reads that a daemon is asked for most: by key, without decoding what nobody looks at. Each generic function only
/// encodes its key; the work behind it is not generic, because generic code is not specialised across modules.
extension Snapshot {
  package borrowing func appendStored<T: Table>(
    _ table: T.Type, _ key: T.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    directReads.begin(key)
    return try appendStored(T.number, T.name, to: &writer)
  }

  package borrowing func appendStored<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    directReads.begin(key)
    guard try followIndex(I.Base.number, I.position) else { return false }
    return try appendStored(I.Base.number, I.Base.name, to: &writer)
  }

  package borrowing func grid<T: Table>(
    _ table: T.Type, _ key: T.Key, field: UInt32, _: (T.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    directReads.begin(key)
    return try grid(T.number, T.name, field)
  }

  package borrowing func grid<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, field: UInt32, _: (I.Base.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    directReads.begin(key)
    guard try followIndex(I.Base.number, I.position) else { return nil }
    return try grid(I.Base.number, I.Base.name, field)
  }

  private borrowing func appendStored(
    _ table: UInt32, _ name: String, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    guard let record = try record(table, name) else { return false }
    writer.append(record)
    return true
  }

  private borrowing func grid(_ table: UInt32, _ name: String, _ field: UInt32) throws(Refusal) -> GridCode? {
    guard let record = try record(table, name) else { return nil }
    var reader = WireReader(record)
    do throws(RecordFault) { return GridCode(unchecked: try reader.findFixed64(field)) } catch {
      throw Refusal(StoredRecord.damaged(name, directReads.key, error.description))
    }
  }

  /// Puts the primary key that an index has under the key in hand in its place; answers whether there is one.
  private borrowing func followIndex(_ table: UInt32, _ position: Int) throws(Refusal) -> Bool {
    guard let primary = try value(file.trees(of: table).indexes[position]) else { return false }
    directReads.begin(primary)
    return true
  }

  /// The encoded record under the key in hand, its checksum verified.
  @_lifetime(borrow self)
  private borrowing func record(_ table: UInt32, _ name: String) throws(Refusal) -> RawSpan? {
    if let last = directReads.last(of: table) {
      // Safe: it was read in this snapshot, whose end makes it forgotten.
      return unsafe _overrideLifetime(last, borrowing: self)
    }
    guard let value = try value(file.trees(of: table).records) else { return nil }
    if let reason = StoredRecord.fault(value) {
      throw Refusal(StoredRecord.damaged(name, directReads.key, reason))
    }
    let record = value.extracting(StoredRecord.checksumBytes..<value.byteCount)
    directReads.keep(record, of: table)
    return record
  }

  @_lifetime(borrow self)
  private borrowing func value(_ tree: Database) throws(Refusal) -> RawSpan? {
    do throws(LMDBError) { return try transaction.value(tree, key: directReads.key) } catch {
      throw Refusal(StoreError.lmdb(error))
    }
  }
}

/// What the direct reads of one snapshot have in hand: the encoded key, in room that is used again, and the record that
/// was read last, because a query's scope and then its answer ask for the same one.
///
/// It belongs to its snapshot, which is used by one thread at a time, and forgets when that one is released.
@safe
final class DirectReads {
  private var wanted = ByteWriter(capacity: 64)
  private var found = ByteWriter(capacity: 64)
  /// The table of the record under `found`; no table has the number 0.
  private var table: UInt32 = 0
  private var record = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

  /// The key in hand.
  var key: RawSpan {
    @_lifetime(borrow self)
    get {
      // Safe: nobody takes another key in hand while this one is looked up or named.
      unsafe _overrideLifetime(wanted.span, borrowing: self)
    }
  }

  /// Takes a key in hand.
  func begin(_ key: some TableKey) {
    wanted.removeAll()
    key.encodeKey(into: &wanted)
  }

  func begin(_ encoded: RawSpan) {
    wanted.removeAll()
    wanted.append(encoded)
  }

  /// The record of `table` under the key in hand, if it is the one read last.
  @_lifetime(borrow self)
  func last(of table: UInt32) -> RawSpan? {
    guard self.table == table, wanted.span.hasSameBytes(as: found.span) else { return nil }
    // Safe: the snapshot is not released, or `table` were 0.
    let span = unsafe RawSpan(_unsafeBytes: record)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Keeps the record that the key in hand led to.
  func keep(_ record: RawSpan, of table: UInt32) {
    swap(&wanted, &found)
    self.table = table
    // Safe: it lies in the map until the snapshot is released, which calls `forget`.
    unsafe record.withUnsafeBytes { unsafe self.record = $0 }
  }

  /// The snapshot is released: what it saw may be overwritten.
  func forget() { table = 0 }
}
