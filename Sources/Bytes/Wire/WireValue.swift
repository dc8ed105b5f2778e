/// A value that can stand in a field of a record.
package protocol WireValue: Sendable {
  static var wireType: WireType { get }
  /// What a field without presence means when it is not there.
  static var absent: Self { get }
  /// Whether the value equals ``absent`` and is therefore left out.
  var isAbsent: Bool { get }
  /// Reads the value behind a tag.
  init(decoding reader: inout WireReader) throws(RecordFault)
  /// Writes the value without its tag.
  func encode(into writer: inout ByteWriter)
}

extension ByteWriter {
  package mutating func appendVarint(_ value: UInt64) {
    guard value >= 0x80 else { return append(UInt8(truncatingIfNeeded: value)) }
    guard value >= 0x4000 else {
      return appendLittleEndian(UInt16(truncatingIfNeeded: value & 0x7f | 0x80 | value << 1 & 0x7f00))
    }
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// A field without presence: left out when it has its default.
  @inlinable
  package mutating func field<Value: WireValue>(_ number: UInt32, _ value: Value) {
    if !value.isAbsent { presentField(number, value) }
  }

  /// The same for the numbers that heads of frames and most keys are made of; not generic, which costs less.
  package mutating func field(_ number: UInt32, _ value: UInt32) { field(number, UInt64(value)) }

  package mutating func field(_ number: UInt32, _ value: UInt64) {
    guard value != 0 else { return }
    appendVarint(UInt64(WireTag(number, .varint).rawValue))
    appendVarint(value)
  }

  package mutating func field(_ number: UInt32, _ value: UInt32?) { field(number, value.map(UInt64.init)) }

  package mutating func field(_ number: UInt32, _ value: UInt64?) {
    guard let value else { return }
    appendVarint(UInt64(WireTag(number, .varint).rawValue))
    appendVarint(value)
  }

  /// A field with presence.
  @inlinable
  package mutating func field<Value: WireValue>(_ number: UInt32, _ value: Value?) {
    if let value { presentField(number, value) }
  }

  @inlinable
  package mutating func field<Value: WireValue>(_ number: UInt32, _ values: [Value]) {
    guard !values.isEmpty else { return }
    if Value.wireType == .delimited {
      for value in values { presentField(number, value) }
    } else {
      appendVarint(UInt64(WireTag(number, .delimited).rawValue))
      delimited { writer in
        for value in values { value.encode(into: &writer) }
      }
    }
  }

  /// A value that is there, even if it is the default.
  @inlinable
  package mutating func presentField<Value: WireValue>(_ number: UInt32, _ value: Value) {
    appendVarint(UInt64(WireTag(number, Value.wireType).rawValue))
    value.encode(into: &self)
  }

  /// Writes what `body` writes behind its length, as a minimal varint.
  @inlinable
  package mutating func delimited(_ body: (inout ByteWriter) -> Void) {
    let start = count
    append(0)
    body(&self)
    let size = count - start - 1
    guard size >= 0x80 else {
      overwriteLittleEndian(at: start, UInt8(size))
      return
    }
    // The length needs more than the one byte that was kept for it.
    var (rest, last) = (size, start)
    while rest >= 0x80 { (rest, last) = (rest >> 7, last + 1) }
    openGap(at: start + 1, size: last - start)
    rest = size
    for offset in start..<last {
      overwriteLittleEndian(at: offset, UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    overwriteLittleEndian(at: last, UInt8(truncatingIfNeeded: rest))
  }
}

extension WireReader {
  @inlinable
  package mutating func value<Value: WireValue>(
    _ field: StaticString, as type: Value.Type = Value.self
  ) throws(RecordFault) -> Value {
    do throws(RecordFault) { return try Value(decoding: &self) } catch { throw error.inside(field) }
  }

  /// One element of a repeated field.
  @inlinable
  package mutating func element<Value: WireValue>(
    _ field: StaticString, into list: inout [Value]
  ) throws(RecordFault) {
    list.append(try value(field))
  }

  /// All elements of a packed repeated field.
  package mutating func packed<Value: WireValue>(
    _ field: StaticString, into list: inout [Value]
  ) throws(RecordFault) {
    do throws(RecordFault) {
      var elements = WireReader(try readDelimited(), depth: depth)
      while !elements.isAtEnd { list.append(try Value(decoding: &elements)) }
    } catch {
      throw error.inside(field)
    }
  }
}

extension Bool: WireValue {
  package static var wireType: WireType { .varint }
  package static var absent: Bool { false }
  package var isAbsent: Bool { !self }
  package init(decoding reader: inout WireReader) throws(RecordFault) { self = try reader.readVarint() != 0 }
  package func encode(into writer: inout ByteWriter) { writer.append(self ? 1 : 0) }
}

extension UInt32: WireValue {
  package static var wireType: WireType { .varint }
  package static var absent: UInt32 { 0 }
  package var isAbsent: Bool { self == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    // As protobuf does: the low 32 bits count.
    self = UInt32(truncatingIfNeeded: try reader.readVarint())
  }
  package func encode(into writer: inout ByteWriter) { writer.appendVarint(UInt64(self)) }
}

extension UInt64: WireValue {
  package static var wireType: WireType { .varint }
  package static var absent: UInt64 { 0 }
  package var isAbsent: Bool { self == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) { self = try reader.readVarint() }
  package func encode(into writer: inout ByteWriter) { writer.appendVarint(self) }
}

/// `sint32`: zigzag, so that small negative numbers are short.
extension Int32: WireValue {
  package static var wireType: WireType { .varint }
  package static var absent: Int32 { 0 }
  package var isAbsent: Bool { self == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let raw = UInt32(truncatingIfNeeded: try reader.readVarint())
    self = Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1)
  }
  package func encode(into writer: inout ByteWriter) {
    writer.appendVarint(UInt64(UInt32(bitPattern: self << 1 ^ self >> 31)))
  }
}

/// `sint64`: zigzag.
extension Int64: WireValue {
  package static var wireType: WireType { .varint }
  package static var absent: Int64 { 0 }
  package var isAbsent: Bool { self == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    let raw = try reader.readVarint()
    self = Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
  }
  package func encode(into writer: inout ByteWriter) {
    writer.appendVarint(UInt64(bitPattern: self << 1 ^ self >> 63))
  }
}

extension Double: WireValue {
  package static var wireType: WireType { .fixed64 }
  package static var absent: Double { 0 }
  /// Minus zero is a value of its own.
  package var isAbsent: Bool { bitPattern == 0 }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    self = Double(bitPattern: try reader.readFixed64())
  }
  package func encode(into writer: inout ByteWriter) { writer.appendLittleEndian(bitPattern) }
}

extension String: WireValue {
  package static var wireType: WireType { .delimited }
  package static var absent: String { "" }
  package var isAbsent: Bool { isEmpty }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    guard let text = try reader.readDelimited().text() else {
      throw RecordFault("the text is not UTF-8", "文本不是UTF-8编码")
    }
    self = text
  }
  package func encode(into writer: inout ByteWriter) {
    // Safe: the span lives for the call, and the text with it.
    let bytes = unsafe utf8.span.bytes
    writer.appendVarint(UInt64(bytes.byteCount))
    writer.append(bytes)
  }
}

extension Array: WireValue where Element == UInt8 {
  package static var wireType: WireType { .delimited }
  package static var absent: [UInt8] { [] }
  package var isAbsent: Bool { isEmpty }
  package init(decoding reader: inout WireReader) throws(RecordFault) {
    self = [UInt8](copying: try reader.readDelimited())
  }
  package func encode(into writer: inout ByteWriter) {
    writer.appendVarint(UInt64(count))
    writer.append(self)
  }
}
