internal import Bytes
internal import LMDB
internal import Records
internal import Scalars

/// How a record lies in its table: checksum, then encoding.
enum StoredRecord {
  static let checksumBytes = 4

  static func encode(_ record: RawSpan, into writer: inout ByteWriter) {
    writer.appendLittleEndian(Checksum.of(record))
    writer.append(record)
  }

  /// What is wrong with a stored value; `nil` when its checksum is right.
  static func fault(_ value: RawSpan) -> String? {
    guard value.byteCount >= checksumBytes else { return "it is too short" }
    let record = value.extracting(checksumBytes..<value.byteCount)
    return Checksum.of(record) == value.littleEndian(at: 0, as: UInt32.self) ? nil : "its checksum is wrong"
  }

  /// Lends the encoding in a stored value to `body`, once its checksum is known to be right.
  static func read<Result>(
    _ value: RawSpan, _ table: String, key: RawSpan, _ body: (RawSpan) throws(RecordFault) -> Result
  ) throws(StoreError) -> Result {
    if let reason = fault(value) { throw damaged(table, key, reason) }
    do throws(RecordFault) { return try body(value.extracting(checksumBytes..<value.byteCount)) } catch {
      throw damaged(table, key, error.description)
    }
  }

  static func decode<T: Table>(_ value: RawSpan, _ table: T.Type, key: RawSpan) throws(StoreError) -> T.Record {
    try read(value, T.name, key: key) { (record) throws(RecordFault) in try T.Record(encoded: record) }
  }

  static func damaged(_ table: String, _ key: RawSpan, _ reason: String) -> StoreError {
    .damaged(table: table, key: [UInt8](copying: key), reason: reason)
  }
}

extension GridCode {
  /// What stands in this field of a record's encoding; the other fields are not decoded.
  init(field: UInt32, of record: RawSpan) throws(RecordFault) {
    var reader = WireReader(record)
    self.init(unchecked: try reader.findFixed64(field))
  }
}

extension Refusal: FromLMDB {
  init(_ error: LMDBError) { self.init(StoreError.lmdb(error)) }
}
