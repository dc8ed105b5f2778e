/// A cursor over the encoding of one record. It never allocates by what the bytes claim, only by what they hold.
package struct WireReader: ~Escapable {
  /// Records nested deeper than this are refused, so that hostile bytes cannot exhaust the stack.
  package static var depthMax: Int { 64 }

  let span: RawSpan
  var offset: Int
  let depth: Int

  @_lifetime(copy span)
  package init(_ span: RawSpan) {
    self.span = span
    self.offset = 0
    self.depth = 0
  }

  @_lifetime(copy span)
  init(_ span: RawSpan, depth: Int) {
    self.span = span
    self.offset = 0
    self.depth = depth
  }

  package var isAtEnd: Bool { offset == span.byteCount }

  /// The tag of the next field; `nil` at the end of the record.
  package mutating func nextTag() throws(RecordFault) -> WireTag? {
    guard offset < span.byteCount else { return nil }
    let raw = try readVarint()
    guard raw >> 3 >= 1, raw <= UInt64(UInt32.max) else { throw RecordFault("field number out of range", "字段编号超出范围") }
    return WireTag(rawValue: UInt32(raw))
  }

  package mutating func readVarint() throws(RecordFault) -> UInt64 {
    guard offset < span.byteCount else { throw RecordFault.truncated }
    // Safe: checked above.
    let first = unsafe span.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    if first < 0x80 {
      offset += 1
      return UInt64(first)
    }
    // Tags and lengths of two bytes are as frequent as those of one.
    if offset + 1 < span.byteCount {
      // Safe: checked above.
      let second = unsafe span.unsafeLoad(fromUncheckedByteOffset: offset + 1, as: UInt8.self)
      if second < 0x80 {
        offset += 2
        return UInt64(second) << 7 | UInt64(first & 0x7f)
      }
    }
    return try readLongVarint()
  }

  mutating func readLongVarint() throws(RecordFault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < span.byteCount {
      // Safe: checked by the loop.
      let byte = unsafe span.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
      offset += 1
      if shift == 63, byte > 1 { throw RecordFault("varint of more than 64 bits", "变长整数超过64位") }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw RecordFault.truncated
  }

  package mutating func readFixed64() throws(RecordFault) -> UInt64 {
    guard span.byteCount - offset >= 8 else { throw RecordFault.truncated }
    let value: UInt64 = span.littleEndian(at: offset)
    offset += 8
    return value
  }

  /// The bytes of a length-delimited value.
  @_lifetime(copy self)
  package mutating func readDelimited() throws(RecordFault) -> RawSpan {
    let size = try readVarint()
    guard size <= UInt64(span.byteCount - offset) else { throw RecordFault.truncated }
    let start = offset
    offset += Int(size)
    return span.extracting(start..<offset)
  }

  /// A reader over a nested record.
  @_lifetime(copy self)
  package mutating func readNested() throws(RecordFault) -> WireReader {
    guard depth < WireReader.depthMax else {
      throw RecordFault("records nested more than \(WireReader.depthMax) deep", "记录嵌套超过\(WireReader.depthMax)层")
    }
    return WireReader(try readDelimited(), depth: depth + 1)
  }

  /// Steps over a field that is not known here, and keeps it byte for byte.
  package mutating func skip(_ tag: WireTag, into unknown: inout UnknownFields) throws(RecordFault) {
    let start = offset
    try skip(tag)
    unknown.append(tag, value: span.extracting(start..<offset))
  }

  private mutating func skip(_ tag: WireTag) throws(RecordFault) {
    switch WireType(rawValue: tag.rawValue & 7) {
    case .varint: _ = try readVarint()
    case .fixed64: _ = try readFixed64()
    case .delimited: _ = try readDelimited()
    case .fixed32:
      guard span.byteCount - offset >= 4 else { throw RecordFault.truncated }
      offset += 4
    case nil:
      throw RecordFault(
        "wire type \(tag.rawValue & 7) of field \(tag.number) is not used", "字段\(tag.number)的编码类型\(tag.rawValue & 7)未使用"
      )
    }
  }

  /// The value of a field of eight bytes, found without decoding the others; 0 when the record does not have it. The
  /// encoding must be canonical, as what is stored is.
  package mutating func findFixed64(_ field: UInt32) throws(RecordFault) -> UInt64 {
    let wanted = field << 3 | WireType.fixed64.rawValue
    while offset < span.byteCount {
      // A scope is looked for at every read: small fields are stepped over here, without reading what they hold.
      let first = byte(at: offset)
      guard first < 0x80, UInt32(first) != wanted, let next = endOfSmallField(first) else {
        guard let tag = try nextTag() else { break }
        if tag.rawValue == wanted { return try readFixed64() }
        try skip(tag)
        continue
      }
      offset = next
    }
    return 0
  }

  /// The value of a field that is a varint, found in the same way.
  package mutating func findVarint(_ field: UInt32) throws(RecordFault) -> UInt64 {
    try find(WireTag(field, .varint)) ? try readVarint() : 0
  }

  /// The value of a text field, found in the same way; empty when the record does not have it.
  package mutating func findText(_ field: UInt32) throws(RecordFault) -> String {
    guard try find(WireTag(field, .delimited)) else { return "" }
    guard let text = try readDelimited().text() else { throw RecordFault("the text is not UTF-8", "文本不是UTF-8编码") }
    return text
  }

  /// Stands behind the tag when the record has the field, and else before the one that comes after it: a later field can be looked
  /// for then.
  private mutating func find(_ wanted: WireTag) throws(RecordFault) -> Bool {
    while true {
      let begin = offset
      guard let tag = try nextTag() else { return false }
      if tag == wanted { return true }
      if tag.number > wanted.number {
        offset = begin
        return false
      }
      try skip(tag)
    }
  }

  /// Where the field that begins at the offset ends; `nil` when it takes a closer look.
  private func endOfSmallField(_ tag: UInt8) -> Int? {
    let value = offset + 1
    guard value < span.byteCount else { return nil }
    let end: Int
    switch tag & 7 {
    case 0:
      var last = value
      while byte(at: last) >= 0x80 {
        last += 1
        guard last < span.byteCount else { return nil }
      }
      end = last + 1
    case 1: end = value + 8
    case 2:
      let size = byte(at: value)
      guard size < 0x80 else { return nil }
      end = value + 1 + Int(size)
    case 5: end = value + 4
    default: return nil
    }
    return end <= span.byteCount ? end : nil
  }

  /// - Precondition: `position` lies within the span, which callers have checked.
  private func byte(at position: Int) -> UInt8 {
    // Safe: see the precondition.
    unsafe span.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
  }
}

extension RecordFault {
  static var truncated: RecordFault { RecordFault("the bytes end in the middle of a field", "数据在字段中间中断") }
}
