package import Bytes

/// Where a query puts its answer: a record made for it, or stored bytes as they are. What is `@sensitive` in it reaches
/// only a caller who may see it; the others' answers are decoded and masked.
package struct Reply<Record: CheckedRecord>: ~Copyable {
  fileprivate var writer: ByteWriter
  /// Absent: the caller may see all that there is.
  fileprivate let sight: Sight?

  package mutating func send(_ record: Record) {
    guard let sight else { return record.encodeFields(into: &writer) }
    var record = record
    record.mask(for: sight)
    record.encodeFields(into: &writer)
  }

  /// Sends a record as it is stored; answers whether there is one.
  package mutating func sendStored<T: Table>(
    _ table: T.Type, _ key: T.Key, from snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool where T.Record == Record {
    guard sight != nil else { return try snapshot.appendStored(table, key, to: &writer) }
    return try sendMasked(table, key, from: snapshot)
  }

  package mutating func sendStored<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, from snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool where I.Base.Record == Record {
    guard sight != nil else { return try snapshot.appendStored(index, key, to: &writer) }
    return try sendMasked(index, key, from: snapshot)
  }

  // Apart from the above, which would look up the type of a decoded record at each call, and most need none.

  @inline(never)
  private mutating func sendMasked<T: Table>(
    _ table: T.Type, _ key: T.Key, from snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool where T.Record == Record {
    guard let record = try snapshot.record(table, key) else { return false }
    send(record)
    return true
  }

  @inline(never)
  private mutating func sendMasked<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, from snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool where I.Base.Record == Record {
    guard let record = try snapshot.record(index, key) else { return false }
    send(record)
    return true
  }

  fileprivate consuming func finish() -> ByteWriter { writer }
}

extension ByteWriter {
  /// Lends the writer to `body` as the place of a `Record` for one of this sight.
  /// - Parameter sight: left out where nothing is `@sensitive`.
  package mutating func reply<Record: CheckedRecord, Failure: Error>(
    with _: Record.Type, for sight: Sight? = nil, _ body: (inout Reply<Record>) throws(Failure) -> Void
  ) throws(Failure) {
    var reply = Reply<Record>(writer: take(), sight: sight.flatMap { $0.isWhole ? nil : $0 })
    do throws(Failure) {
      try body(&reply)
    } catch {
      self = reply.finish()
      throw error
    }
    self = reply.finish()
  }
}
