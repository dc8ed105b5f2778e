/// An enum of the IDL: a number on the wire, and any number at all, so that newer values survive a rewrite.
package protocol WireEnum: WireValue, KeyComponent, Hashable {
  init(number: Int32)
  /// 0: nothing was said.
  var number: Int32 { get }
  /// The name in the IDL.
  var name: String { get }
  /// Every value that this version knows.
  static var allKnown: [Self] { get }
  /// Whether this version has a name for the number.
  var isKnown: Bool { get }
}

extension WireEnum {
  package static var wireType: WireType { .varint }
  package static var absent: Self { Self(number: 0) }
  package var isAbsent: Bool { number == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    self.init(number: Int32(truncatingIfNeeded: try reader.readVarint()))
  }
  package func encode(into writer: inout ByteWriter) {
    // As protobuf does: a negative number takes ten bytes.
    writer.appendVarint(UInt64(bitPattern: Int64(number)))
  }

  /// Two bytes: the compiler of the IDL admits numbers up to 65,535.
  package func encodeKey(into writer: inout ByteWriter) { writer.appendBigEndian(UInt16(truncatingIfNeeded: number)) }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    self.init(number: Int32(try reader.bigEndian(UInt16.self)))
  }
}
