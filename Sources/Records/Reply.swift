package import Bytes

/// Where a query puts its answer: a record made for it, or stored bytes as they are.
package struct Reply<Record: WireRecord>: ~Copyable {
  fileprivate var writer: ByteWriter

  package mutating func send(_ record: Record) { record.encodeFields(into: &writer) }

  /// Sends the encoding of a record without decoding it. Only for callers who may see every field.
  package mutating func send(stored span: RawSpan) { writer.append(span) }

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
