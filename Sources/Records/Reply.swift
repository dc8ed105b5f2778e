package import Bytes

/// Where a query puts its answer: a record made for it, or stored bytes as they are.
package struct Reply<Record: WireRecord>: ~Copyable {
  fileprivate var writer: ByteWriter

  package mutating func send(_ record: Record) { record.encodeFields(into: &writer) }

  /// Sends a record as it is stored; answers whether there is one. Only for callers who may see every field.
  package mutating func sendStored<T: Table>(
    _ table: T.Type, _ key: T.Key, from snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool where T.Record == Record {
    try snapshot.appendStored(table, key, to: &writer)
  }

  package mutating func sendStored<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, from snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool where I.Base.Record == Record {
    try snapshot.appendStored(index, key, to: &writer)
  }

  fileprivate consuming func finish() -> ByteWriter { writer }
}

extension ByteWriter {
  /// Lends the writer to `body` as the place of a `Record`.
  package mutating func reply<Record: WireRecord, Failure: Error>(
    with _: Record.Type, _ body: (inout Reply<Record>) throws(Failure) -> Void
  ) throws(Failure) {
    var reply = Reply<Record>(writer: take())
    do throws(Failure) {
      try body(&reply)
    } catch {
      self = reply.finish()
      throw error
    }
    self = reply.finish()
  }
}
