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
    try appendStored(T.number, T.name, Self.encoded(key), to: &writer)
  }

  package borrowing func appendStored<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    guard let primary = try primaryKey(I.Base.number, I.position, Self.encoded(key)) else { return false }
    return try appendStored(I.Base.number, I.Base.name, primary, to: &writer)
  }

  package borrowing func grid<T: Table>(
    _ table: T.Type, _ key: T.Key, field: UInt32, _: (T.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    try grid(T.number, T.name, Self.encoded(key), field)
  }

  package borrowing func grid<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, field: UInt32, _: (I.Base.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    guard let primary = try primaryKey(I.Base.number, I.position, Self.encoded(key)) else { return nil }
    return try grid(I.Base.number, I.Base.name, primary, field)
  }

  private static func encoded(_ key: some TableKey) -> ByteWriter {
    var writer = ByteWriter(capacity: 64)
    key.encodeKey(into: &writer)
    return writer
  }

  private borrowing func appendStored(
    _ table: UInt32, _ name: String, _ key: borrowing ByteWriter, to writer: inout ByteWriter
  ) throws(Refusal) -> Bool {
    guard let value = try value(file.trees(of: table).records, key) else { return false }
    if let reason = StoredRecord.fault(value) { throw Refusal(StoredRecord.damaged(name, key.span, reason)) }
    writer.append(value.extracting(StoredRecord.checksumBytes..<value.byteCount))
    return true
  }

  private borrowing func grid(
    _ table: UInt32, _ name: String, _ key: borrowing ByteWriter, _ field: UInt32
  ) throws(Refusal) -> GridCode? {
    guard let value = try value(file.trees(of: table).records, key) else { return nil }
    if let reason = StoredRecord.fault(value) { throw Refusal(StoredRecord.damaged(name, key.span, reason)) }
    var reader = WireReader(value.extracting(StoredRecord.checksumBytes..<value.byteCount))
    do throws(RecordFault) { return GridCode(unchecked: try reader.findFixed64(field)) } catch {
      throw Refusal(StoredRecord.damaged(name, key.span, error.description))
    }
  }

  private borrowing func primaryKey(
    _ table: UInt32, _ position: Int, _ key: borrowing ByteWriter
  ) throws(Refusal) -> ByteWriter? {
    guard let value = try value(file.trees(of: table).indexes[position], key) else { return nil }
    var writer = ByteWriter(capacity: 64)
    writer.append(value)
    return writer
  }

  @_lifetime(borrow self)
  private borrowing func value(_ tree: Database, _ key: borrowing ByteWriter) throws(Refusal) -> RawSpan? {
    do throws(LMDBError) { return try transaction.value(tree, key: key.span) } catch {
      throw Refusal(StoreError.lmdb(error))
    }
  }
}
