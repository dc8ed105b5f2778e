/// A record of the IDL: its encoding is the protobuf wire format in canonical form.
package protocol WireRecord: WireValue {
  /// Every field at its default.
  init()
  /// Reads fields until the end of the reader; later occurrences of a field win, unknown ones are kept.
  mutating func merge(_ reader: inout WireReader) throws(RecordFault)
  /// Writes the fields in ascending order, without a length.
  func encodeFields(into writer: inout ByteWriter)
}

extension WireRecord {
  package static var wireType: WireType { .delimited }
  package static var absent: Self { Self() }
  package var isAbsent: Bool {
    var writer = ByteWriter(capacity: 256)
    encodeFields(into: &writer)
    return writer.count == 0
  }

  package init(decoding reader: inout WireReader) throws(RecordFault) {
    self.init()
    var nested = try reader.readNested()
    try merge(&nested)
  }

  package func encode(into writer: inout ByteWriter) {
    writer.delimited { encodeFields(into: &$0) }
  }

  /// The record whose encoding is the whole span.
  package init(encoded span: RawSpan) throws(RecordFault) {
    self.init()
    var reader = WireReader(span)
    try merge(&reader)
  }

  package init(encoded bytes: [UInt8]) throws(RecordFault) {
    self = try bytes.withRawSpan { (span) throws(RecordFault) in try Self(encoded: span) }
  }

  /// The canonical encoding.
  package func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: 256)
    encodeFields(into: &writer)
    return writer.bytes()
  }
}
