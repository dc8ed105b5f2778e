internal import Bytes
internal import LMDB
internal import Records

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

  static func decode<T: Table>(_ value: RawSpan, _ table: T.Type, key: RawSpan) throws(StoreError) -> T.Record {
    if let reason = fault(value) { throw damaged(T.name, key, reason) }
    do throws(RecordFault) {
      return try T.Record(encoded: value.extracting(checksumBytes..<value.byteCount))
    } catch {
      throw damaged(T.name, key, error.description)
    }
  }

  static func damaged(_ table: String, _ key: RawSpan, _ reason: String) -> StoreError {
    .damaged(table: table, key: [UInt8](copying: key), reason: reason)
  }
}

extension Refusal: FromLMDB {
  init(_ error: LMDBError) { self.init(StoreError.lmdb(error)) }
}
