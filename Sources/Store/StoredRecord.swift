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

  /// Lends the encoding, after its checksum was found right.
  static func open<Result, Failure: Error>(
    _ value: RawSpan, table: String, key: RawSpan, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result where Failure: FromStore {
    guard value.byteCount >= checksumBytes else { throw Failure(damaged(table, key, "it is too short")) }
    let record = value.extracting(checksumBytes..<value.byteCount)
    guard Checksum.of(record) == value.littleEndian(at: 0, as: UInt32.self) else {
      throw Failure(damaged(table, key, "its checksum is wrong"))
    }
    return try body(record)
  }

  static func decode<T: Table>(_ value: RawSpan, _ table: T.Type, key: RawSpan) throws(StoreError) -> T.Record {
    try open(value, table: T.name, key: key) { (span) throws(StoreError) in
      do throws(RecordFault) { return try T.Record(encoded: span) } catch {
        throw damaged(T.name, key, error.description)
      }
    }
  }

  private static func damaged(_ table: String, _ key: RawSpan, _ reason: String) -> StoreError {
    .damaged(table: table, key: [UInt8](copying: key), reason: reason)
  }
}

/// An error that can say what the store said.
protocol FromStore: FromLMDB {
  init(_ error: StoreError)
}

extension StoreError: FromStore {
  init(_ error: StoreError) { self = error }
}

extension Refusal: FromStore {
  init(_ error: LMDBError) { self.init(StoreError.lmdb(error)) }
}
