/// A value that can stand in a key: its bytes order under `memcmp` as the values do, and no value's bytes are the
/// beginning of another's.
package protocol KeyComponent {
  func encodeKey(into writer: inout ByteWriter)
  init(decodingKey reader: inout KeyReader) throws(RecordFault)
}

/// A cursor over the bytes of a key.
package struct KeyReader: ~Escapable {
  private let span: RawSpan
  private var offset = 0

  @_lifetime(copy span)
  package init(_ span: RawSpan) { self.span = span }

  package mutating func bigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type = Integer.self
  ) throws(RecordFault) -> Integer {
    guard span.byteCount - offset >= MemoryLayout<Integer>.size else {
      throw RecordFault("the key is too short", "键过短")
    }
    defer { offset += MemoryLayout<Integer>.size }
    return span.bigEndian(at: offset)
  }

  package mutating func bytes(_ count: Int) throws(RecordFault) -> [UInt8] {
    guard span.byteCount - offset >= count else { throw RecordFault("the key is too short", "键过短") }
    defer { offset += count }
    return [UInt8](copying: span.extracting(offset..<offset + count))
  }

  /// Text up to its terminator, a zero byte.
  package mutating func terminatedText() throws(RecordFault) -> String {
    var end = offset
    while end < span.byteCount, span.littleEndian(at: end, as: UInt8.self) != 0 { end += 1 }
    guard end < span.byteCount, let text = span.extracting(offset..<end).text() else {
      throw RecordFault("the key's text is damaged", "键中文本损坏")
    }
    offset = end + 1
    return text
  }

  /// Whether all of the key has been read.
  package var isAtEnd: Bool { offset == span.byteCount }
}

extension UInt64: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) { writer.appendBigEndian(self) }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) { self = try reader.bigEndian() }
}

extension UInt32: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) { writer.appendBigEndian(self) }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) { self = try reader.bigEndian() }
}

/// The sign bit is flipped, so that negative numbers come first.
extension Int64: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) {
    writer.appendBigEndian(UInt64(bitPattern: self) ^ 1 << 63)
  }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    self = Int64(bitPattern: try reader.bigEndian(UInt64.self) ^ 1 << 63)
  }
}

extension Int32: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) {
    writer.appendBigEndian(UInt32(bitPattern: self) ^ 1 << 31)
  }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    self = Int32(bitPattern: try reader.bigEndian(UInt32.self) ^ 1 << 31)
  }
}

extension Bool: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) { writer.append(self ? 1 : 0) }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) {
    self = try reader.bigEndian(UInt8.self) != 0
  }
}

/// UTF-8 behind which a zero byte stands: byte order is code point order. Text that is validated for a record never
/// contains U+0000.
extension String: KeyComponent {
  package func encodeKey(into writer: inout ByteWriter) {
    precondition(!holdsNull, "text in a key contains U+0000")
    writer.append(utf8)
    writer.append(0)
  }
  package init(decodingKey reader: inout KeyReader) throws(RecordFault) { self = try reader.terminatedText() }
}
