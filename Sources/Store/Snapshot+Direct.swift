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
    memory.begin(key)
    return try appendStored(T.number, to: &writer)
  }

  package borrowing func appendStored<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    memory.begin(key)
    guard try followIndex(I.Base.number, I.position) else { return false }
    return try appendStored(I.Base.number, to: &writer)
  }

  package borrowing func grid<T: Table>(
    _ table: T.Type, _ key: T.Key, field: UInt32, _: (T.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    memory.begin(key)
    return try grid(T.number, field)
  }

  package borrowing func grid<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, field: UInt32, _: (I.Base.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    memory.begin(key)
    guard try followIndex(I.Base.number, I.position) else { return nil }
    return try grid(I.Base.number, field)
  }

  private borrowing func appendStored(_ table: UInt32, to writer: inout ByteWriter) throws(Refusal) -> Bool {
    guard let record = try record(table) else { return false }
    writer.append(record)
    return true
  }

  private borrowing func grid(_ table: UInt32, _ field: UInt32) throws(Refusal) -> GridCode? {
    guard let record = try record(table) else { return nil }
    do throws(RecordFault) { return try GridCode(field: field, of: record) } catch {
      throw damaged(table, error.description)
    }
  }

  /// The fault of the record under the key in hand.
  private borrowing func damaged(_ table: UInt32, _ reason: String) -> Refusal {
    Refusal(StoredRecord.damaged(file.trees(of: table).records.name, memory.key, reason))
  }

  /// Puts the primary key that an index has under the key in hand in its place; answers whether there is one.
  private borrowing func followIndex(_ table: UInt32, _ position: Int) throws(Refusal) -> Bool {
    guard let primary = try value(file.trees(of: table).indexes[position]) else { return false }
    memory.begin(primary)
    return true
  }

  /// The encoded record under the key in hand, its checksum verified.
  @_lifetime(borrow self)
  private borrowing func record(_ table: UInt32) throws(Refusal) -> RawSpan? {
    if let last = memory.last(of: table) {
      // Safe: it was read in this snapshot, whose end makes it forgotten.
      return unsafe _overrideLifetime(last, borrowing: self)
    }
    guard let value = try value(file.trees(of: table).records) else { return nil }
    if let reason = StoredRecord.fault(value) { throw damaged(table, reason) }
    let record = value.extracting(StoredRecord.checksumBytes..<value.byteCount)
    memory.keep(record, of: table)
    return record
  }

  @_lifetime(borrow self)
  private borrowing func value(_ tree: Database) throws(Refusal) -> RawSpan? {
    do throws(LMDBError) { return try transaction.value(tree, key: memory.key) } catch {
      throw Refusal(StoreError.lmdb(error))
    }
  }
}
