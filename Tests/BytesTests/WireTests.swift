import Bytes
import Example
import Support
import Testing

/// The pieces of the wire format, at the edges of their ranges.
@Suite struct WireTests {
  private func roundTrip<Value: WireValue & Equatable>(_ value: Value) throws -> Bool {
    var writer = ByteWriter()
    value.encode(into: &writer)
    return try writer.bytes().withRawSpan { span in
      var reader = WireReader(span)
      let read = try Value(decoding: &reader)
      return read == value && reader.isAtEnd
    }
  }

  @Test func `integers survive at every bit width`() throws {
    for width in 0...64 {
      let top = width == 0 ? 0 : UInt64.max >> (64 - UInt64(width))
      for value in [top, top &+ 1, top / 2] {
        #expect(try roundTrip(value))
        #expect(try roundTrip(UInt32(truncatingIfNeeded: value)))
        #expect(try roundTrip(Int64(bitPattern: value)))
        #expect(try roundTrip(-Int64(truncatingIfNeeded: value >> 1)))
        #expect(try roundTrip(Int32(truncatingIfNeeded: value)))
      }
    }
    #expect(try roundTrip(Int64.min))
    #expect(try roundTrip(Int32.min))
  }

  @Test(
    arguments: [
      (0, [0x00]), (1, [0x01]), (127, [0x7f]), (128, [0x80, 0x01]), (300, [0xac, 0x02]),
      (.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
    ] as [(UInt64, [UInt8])])
  func `varints are minimal, as protobuf writes them`(value: UInt64, bytes: [UInt8]) {
    var writer = ByteWriter()
    writer.appendVarint(value)
    #expect(writer.bytes() == bytes)
  }

  @Test func `zigzag as protobuf's sint`() {
    func bytes(_ value: Int32) -> [UInt8] {
      var writer = ByteWriter()
      value.encode(into: &writer)
      return writer.bytes()
    }
    #expect(
      [bytes(-1), bytes(1), bytes(-2), bytes(.max), bytes(.min)] == [
        [1], [2], [3], [0xfe, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0x0f],
      ])
  }

  @Test func `a varint of more than 64 bits is refused`() {
    let bytes = [UInt8](repeating: 0xff, count: 9) + [0x02]
    #expect(throws: RecordFault.self) {
      try bytes.withRawSpan { span in
        var reader = WireReader(span)
        _ = try reader.readVarint()
      }
    }
  }

  @Test func `a length that claims more than there is allocates nothing and is refused`() {
    let bytes: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2]
    #expect(throws: RecordFault.self) {
      try bytes.withRawSpan { span in
        var reader = WireReader(span)
        _ = try reader.readDelimited()
      }
    }
  }

  @Test(arguments: [0, 1, 127, 128, 129, 16_383, 16_384, 100_000])
  func `lengths before nested bytes are minimal`(size: Int) throws {
    var writer = ByteWriter()
    writer.append(7)
    writer.delimited { $0.append([UInt8](repeating: 9, count: size)) }
    var expected = ByteWriter()
    expected.append(7)
    expected.appendVarint(UInt64(size))
    expected.append([UInt8](repeating: 9, count: size))
    #expect(writer.bytes() == expected.bytes())
  }

  @Test func `records nested deeper than the limit are refused`() throws {
    var bytes: [UInt8] = []
    for _ in 0...WireReader.depthMax {
      var writer = ByteWriter()
      writer.append([0x0a])
      bytes.encode(into: &writer)
      bytes = writer.bytes()
    }
    /// Enters nested records as generated code does; answers how many it could.
    func enter(_ reader: inout WireReader) throws(RecordFault) -> Int {
      guard try reader.nextTag() != nil else { return 0 }
      var nested = try reader.readNested()
      return 1 + (try enter(&nested))
    }
    func depth(_ bytes: [UInt8]) throws(RecordFault) -> Int {
      try bytes.withRawSpan { (span) throws(RecordFault) in
        var reader = WireReader(span)
        return try enter(&reader)
      }
    }
    #expect(throws: RecordFault("records nested more than 64 deep", "记录嵌套超过64层")) { try depth(bytes) }
    // The innermost field's own tag and length take two bytes a level.
    #expect(try depth(Array(bytes.dropFirst(bytes.count > 128 ? 3 : 2))) == WireReader.depthMax)
  }

  @Test func `text that is not UTF-8 is refused`() {
    #expect(throws: RecordFault("the text is not UTF-8", "文本不是UTF-8编码")) {
      try [2, 0xc3, 0x28].withRawSpan { span in
        var reader = WireReader(span)
        _ = try String(decoding: &reader)
      }
    }
  }
}

@Suite struct ChecksumTests {
  @Test func `CRC-32C of the published vectors`() {
    // RFC 3720 appendix B.4, and the check value of the catalogue of CRCs.
    let ascending = (0..<32).map { UInt8($0) }
    let vectors: [([UInt8], UInt32)] = [
      (Array("123456789".utf8), 0xe306_9283), ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
      ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43), (ascending, 0x46dd_794e), (ascending.reversed(), 0x113f_db5c),
      ([], 0),
    ]
    for (bytes, expected) in vectors { #expect(bytes.withRawSpan { Checksum.of($0) } == expected) }
  }

  @Test func `in pieces it is the same as at once`() {
    var random = SplitMix64(seed: testSeed())
    let bytes = (0..<257).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let whole = bytes.withRawSpan { Checksum.of($0) }
    for cut in 0...bytes.count {
      var checksum = Checksum()
      bytes.withRawSpan { span in
        checksum.update(span.extracting(0..<cut))
        checksum.update(span.extracting(cut..<span.byteCount))
      }
      #expect(checksum.value == whole)
    }
  }
}

@Suite struct KeyTests {
  /// `memcmp` of keys orders as the values do.
  private func ordersAlike<Value: KeyComponent & Comparable>(_ values: [Value]) -> Bool {
    func key(_ value: Value) -> [UInt8] {
      var writer = ByteWriter()
      value.encodeKey(into: &writer)
      return writer.bytes()
    }
    return values.allSatisfy { left in
      values.allSatisfy { right in key(left).lexicographicallyPrecedes(key(right)) == (left < right) }
    }
  }

  @Test func `numbers and texts keep their order as keys`() {
    var random = SplitMix64(seed: testSeed(1))
    #expect(ordersAlike([0, 1, 255, 256, .max] + (0..<30).map { _ in random.next() >> (random.next() % 64) }))
    #expect(
      ordersAlike(
        [Int64.min, -1, 0, 1, .max]
          + (0..<30).map { _ in Int64(bitPattern: random.next()) >> Int64(random.next() % 63) }))
    #expect(ordersAlike([Int32.min, -1, 0, 1, .max]))
    // Byte order of UTF-8 is the order of code points, which Swift's `<` is not for all texts; these agree.
    #expect(ordersAlike(["", "a", "aa", "ab", "b", "网格", "网格员"]))
  }

  /// A field of a random record, with the bytes that it takes.
  private func field(_ number: UInt32, using random: inout SplitMix64) -> (UInt64?, [UInt8]) {
    var writer = ByteWriter()
    let type = [WireType.varint, .fixed64, .delimited, .fixed32].randomElement(using: &random)!
    writer.appendVarint(UInt64(number << 3 | type.rawValue))
    var found: UInt64?
    switch type {
    case .varint:
      writer.appendVarint(UInt64.random(in: 0 ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random))
    case .fixed64:
      found = .random(in: 1 ... .max, using: &random)
      writer.appendLittleEndian(found!)
    case .delimited:
      let count = [0, 1, 127, 128, 300].randomElement(using: &random)!
      writer.appendVarint(UInt64(count))
      // Bytes that look like tags and like the middle of a varint.
      writer.append((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    case .fixed32: writer.appendLittleEndian(UInt32.random(in: 0 ... .max, using: &random))
    }
    return (found, writer.bytes())
  }

  @Test(arguments: 0..<40)
  func `a field of eight bytes is found among all others, and never beyond the end`(offset: UInt64) throws {
    var random = SplitMix64(seed: testSeed(2_000 + offset))
    var (record, ends): ([UInt8], [Int]) = ([], [])
    var values: [UInt32: UInt64] = [:]
    for number in UInt32(1)...20 where Bool.random(using: &random) {
      let (value, bytes) = field(number, using: &random)
      values[number] = value
      record += bytes
      ends.append(record.count)
    }
    func find(_ number: UInt32, before end: Int) throws -> UInt64 {
      try Array(record[..<end]).withRawSpan { span in
        var reader = WireReader(span)
        return try reader.findFixed64(number)
      }
    }
    for number in UInt32(1)...21 { #expect(try find(number, before: record.count) == values[number] ?? 0) }
    for end in 0..<record.count {
      if ends.contains(end) || end == 0 {
        #expect(try find(21, before: end) == 0)
      } else {
        #expect(throws: RecordFault.self) { try find(21, before: end) }
      }
    }
  }

  @Test(arguments: 0..<40)
  func `fields that are looked for one after the other are found, whichever of them are not there`(offset: UInt64)
    throws
  {
    var random = SplitMix64(seed: testSeed(3_000 + offset))
    var writer = ByteWriter()
    var (numbers, texts): ([UInt32: UInt64], [UInt32: String]) = ([:], [:])
    for number in UInt32(1)...20 where Bool.random(using: &random) {
      if number.isMultiple(of: 2) {
        numbers[number] = UInt64.random(in: 1 ... .max, using: &random)
        writer.field(number, numbers[number]!)
      } else {
        texts[number] = "文本\(number)"
        writer.field(number, texts[number]!)
      }
    }
    try writer.bytes().withRawSpan { (span) throws(RecordFault) in
      var reader = WireReader(span)
      for number in UInt32(1)...21 where number.isMultiple(of: 2) || Bool.random(using: &random) {
        if number.isMultiple(of: 2) {
          let found = try reader.findVarint(number)
          #expect(found == numbers[number] ?? 0)
        } else {
          let found = try reader.findText(number)
          #expect(found == texts[number] ?? "")
        }
      }
    }
  }
}
