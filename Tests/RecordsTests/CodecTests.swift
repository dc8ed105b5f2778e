import API
import Bytes
import Example
import ProtoJSON
import Records
import Scalars
import Schema
import Support
import Testing

/// Every record of the interface, with random contents.
@Suite struct CodecTests {
  private static let names = AllRecords.types.keys.sorted()
  private let random = RandomRecords(Interface.schema)

  @Test func `the generated types are those of the IDL`() {
    let declared = Interface.schema.records.map(\.name) + Interface.schema.errors.map(\.name)
    #expect(Set(declared) == Set(Self.names))
  }

  @Test func `what an older daemon says in English only stands so in the Chinese text`() throws {
    #expect(Refusal.notFound(NotFound("hazard", "5")).message.chinese == "不存在案卷 5。")
    let older = try NotFound(encoded: NotFound(what: "hazard", id: "5").encoded())
    #expect(Refusal.notFound(older).message.chinese == "不存在hazard 5。")
  }

  @Test(arguments: names)
  func `decoding and encoding is the identity on canonical bytes`(name: String) throws {
    var generator = SplitMix64(seed: testSeed(2) ^ UInt64(name.utf8.count))
    let type = try #require(AllRecords.types[name])
    guard Interface.schema.record(named: name) != nil else { return }
    for _ in 0..<50 {
      let bytes = random.encoding(of: name, &generator)
      #expect(try type.init(encoded: bytes).encoded() == bytes)
    }
  }

  /// The names in JSON of what is sensitive in a record and those inside it.
  private static func sensitiveFields(in declaration: RecordDeclaration) -> Set<String> {
    var (open, seen, found) = ([declaration], Set([declaration.name]), Set<String>())
    while let next = open.popLast() {
      found.formUnion(next.fields.filter(\.limits.isSensitive).map(\.name.camelCased))
      for case .record(let inner) in next.fields.map(\.type) where seen.insert(inner).inserted {
        if let record = Interface.schema.record(named: inner) { open.append(record) }
      }
    }
    return found
  }

  @Test(arguments: names)
  func `a masked record shows nothing that is sensitive, and nothing that this version does not know`(
    name: String
  ) throws {
    var generator = SplitMix64(seed: testSeed(3) ^ UInt64(name.utf8.count))
    let type = try #require(AllRecords.types[name])
    let schema = Interface.schema
    guard let declaration = schema.record(named: name) else { return }
    let sensitive = Self.sensitiveFields(in: declaration)
    #expect(sensitive.isEmpty == !type.hasSensitiveFields)
    for _ in 0..<50 {
      // Field 999, a text: what a newer version may have put there.
      let newer: [UInt8] = [0xba, 0x3e, 1, 65]
      let known = random.encoding(of: name, &generator)
      var record = try type.init(encoded: known + newer)
      record.mask(for: .none)
      guard type.hasSensitiveFields else {
        // Of several arms of a union the last counts, which is the newer one.
        #expect(record.encoded() == (declaration.isUnion ? newer : known + newer))
        continue
      }
      let json = try JSONDecoding(schema).json(record.encoded(), as: name)
      for field in sensitive { #expect(!json.contains("\"\(field)\":"), "\(json)") }
      #expect(!record.hasUnknownFields)
    }
  }

  @Test(arguments: names)
  func `bytes cut at any place never trap, and give a record or a fault`(name: String) throws {
    var generator = SplitMix64(seed: testSeed(3) ^ UInt64(name.utf8.count))
    let type = try #require(AllRecords.types[name])
    guard Interface.schema.record(named: name) != nil else { return }
    let bytes = random.encoding(of: name, &generator)
    for cut in 0..<bytes.count {
      let part = Array(bytes[..<cut])
      // A cut between two fields gives a shorter record, whose bytes are then canonical too.
      if let record = try? type.init(encoded: part) { #expect(record.encoded() == part) }
    }
  }

  @Test(arguments: names)
  func `corrupted bytes never trap`(name: String) throws {
    var generator = SplitMix64(seed: testSeed(4) ^ UInt64(name.utf8.count))
    let type = try #require(AllRecords.types[name])
    guard Interface.schema.record(named: name) != nil else { return }
    for _ in 0..<100 {
      var bytes = random.encoding(of: name, &generator)
      guard !bytes.isEmpty else { continue }
      for _ in 0..<(1 + generator.next() % 3) {
        bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
      }
      // What reads can be written, and the second reading agrees with the first.
      if let record = try? type.init(encoded: bytes) {
        let written = record.encoded()
        #expect(try type.init(encoded: written).encoded() == written)
      }
    }
  }

  @Test func `what a newer version wrote survives a rewrite byte for byte, in ascending order`() throws {
    // Field 999 is unknown; field 2 (name) changes hands.
    var writer = ByteWriter()
    writer.field(1, "gm-1")
    writer.field(2, "张三")
    writer.field(6, UInt64(7))
    writer.field(999, "future")
    var grant = ByteWriter()
    grant.field(1, UInt32(1))
    grant.field(50, UInt64(5))
    var person = try Person(encoded: writer.bytes())
    person.grants = [try Grant(encoded: grant.bytes())]
    person.name = "李四"
    let rewritten = person.encoded()
    var expected = ByteWriter()
    expected.field(1, "gm-1")
    expected.field(2, "李四")
    expected.field(3, [grant.bytes()])
    expected.field(6, UInt64(7))
    expected.field(999, "future")
    #expect(rewritten == expected.bytes())
    #expect(person.hasUnknownFields)
    #expect(!Person(id: "a", name: "b").hasUnknownFields)
  }

  @Test func `an enum value of a newer version keeps its number`() throws {
    var writer = ByteWriter()
    writer.field(1, UInt32(200))
    let grant = try Grant(encoded: writer.bytes())
    #expect(grant.role == .unrecognized(200) && grant.encoded() == writer.bytes())
    #expect(throws: RecordFault("200 is no value that this version knows", "本版本没有取值200").inside("role")) {
      try grant.check()
    }
  }

  @Test(arguments: names)
  func `to JSON and back is the identity`(name: String) throws {
    guard Interface.schema.record(named: name) != nil else { return }
    var generator = SplitMix64(seed: testSeed(5) ^ UInt64(name.utf8.count))
    for isPretty in [false, true] {
      for _ in 0..<30 {
        let bytes = random.encoding(of: name, &generator)
        let json = try JSONDecoding(Interface.schema, isPretty: isPretty).json(bytes, as: name)
        // Three values have no number in JSON: they are written as strings, which read back as the same kind.
        if json.contains("\"NaN\"") || json.contains("Infinity\"") { continue }
        #expect(try JSONEncoding(Interface.schema).encode(JSONNode(parsing: json), as: name) == bytes)
      }
    }
  }
}

@Suite struct CheckTests {
  private func fault(_ record: any CheckedRecord) -> String? {
    do throws(RecordFault) {
      try record.check()
      return nil
    } catch {
      return error.description
    }
  }

  @Test func `limits of fields`() {
    let good = SubmitHazard(
      source: .memberPatrol, grid: GridCode("421222100001001")!, class: "消防", domain: .fire, severity: .general,
      urgency: .normal, description: "通道堵塞", photos: [Attachment(sha256: [UInt8](repeating: 1, count: 32))])
    #expect(fault(good) == nil)
    func bad(_ change: (inout SubmitHazard) -> Void) -> String? {
      var record = good
      change(&record)
      return fault(record)
    }
    #expect(bad { $0.source = .unspecified } == "source: is missing")
    #expect(bad { $0.grid = .unset } == "grid: is missing")
    #expect(bad { $0.class = "" } == "class: is missing")
    #expect(
      bad { $0.description = String(repeating: "隐", count: 2001) }
        == "description: has 2001 characters; 1 to 2000 are allowed")
    #expect(bad { $0.description = String(repeating: "隐", count: 2000) } == nil)
    #expect(bad { $0.description = "a\u{0}b" } == "description: holds the character U+0000")
    #expect(bad { $0.photos[0].sha256 = [1] } == "photos.sha256: has 1 bytes; 32 are allowed")
    #expect(
      bad { $0.photos = .init(repeating: $0.photos[0], count: 21) } == "photos: has 21 elements; 0 to 20 are allowed")
    #expect(bad { $0.point = Point(longitude: 181, latitude: 0) } == "point.longitude: 181.0 is more than 180")
    #expect(bad { $0.point = Point(longitude: .nan, latitude: 0) } == "point.longitude: nan is not a number")
    #expect(bad { $0.severity = .unrecognized(9) } == "severity: 9 is no value that this version knows")
  }

  @Test(arguments: [
    ("gm-1", true), ("GM.1_a:b", true), ("", false), ("-gm", false), ("gm 1", false), ("网格员", false), ("a\n", false),
  ])
  func `patterns match from end to end`(id: String, isGood: Bool) {
    #expect((fault(Person(id: id, name: "x")) == nil) == isGood)
  }
}

@Suite struct JSONTests {
  private func encode(_ json: String, as name: String) throws -> [UInt8] {
    try JSONEncoding(Interface.schema).encode(JSONNode(parsing: json), as: name)
  }

  @Test func `keys, enums, numbers and codes in every form that ProtoJSON allows`() throws {
    let canonical = try encode(
      #"{"number":"4212221000010012026030200001","expectedVersion":"3","severity":"MAJOR","majorGrade":4}"#,
      as: "FileHazard")
    for json in [
      #"{"number":"4212221000010012026030200001","expected_version":3,"severity":"major","major_grade":"4"}"#,
      #"{"majorGrade":4.0,"severity":2,"expectedVersion":3,"number":"4212221000010012026030200001","note":""}"#,
      "{number: '4212221000010012026030200001'}".replacing("'", with: "\"")
        .replacing("}", with: ", // grade\n severity: \"重大隐患\", majorGrade: 4, expectedVersion: 3,}"),
    ] {
      #expect(try encode(json, as: "FileHazard") == canonical)
    }
    #expect(
      try encode(#"{"code":421222100001001}"#, as: "ShowGrid") == encode(#"{"code":"421222100001001"}"#, as: "ShowGrid")
    )
  }

  @Test(arguments: [
    ("", "1:1: a value is missing at the end"), ("[]", "1:1: an object is needed here"),
    (#"{"nummer":1}"#, #"1:2: ShowHazard has no field "nummer"; did you mean number?"#),
    (#"{"grid":1}"#, #"1:2: ShowHazard has no field "grid"; it has number"#),
    (#"{"number":"12"}"#, "1:11: number: a hazard number has 28 digits, 12 has 2"),
    (#"{"number":12}"#, "1:11: number: a string is needed here"),
    ("{\n  \"number\": \"x\",\n  \"number\": \"y\"\n}", #"3:3: the key "number" stands twice"#),
    (#"{"number":"a}"#, "1:11: the string does not end on its line"), ("{", "1:2: a key or } is missing"),
    (#"{"number":nul}"#, #"1:11: "n" begins no value"#), ("{} x", "1:4: something follows the value"),
    (#"{"number":"\ud800x"}"#, "1:18: half of a surrogate pair"), ("{\"number\":01}", "1:11: 01 is not a number"),
  ])
  func `faults of JSON have their place`(json: String, message: String) {
    #expect {
      _ = try encode(json, as: "ShowHazard")
    } throws: { error in
      "\(error)" == message
    }
  }

  @Test func `64-bit numbers pass unharmed, and others are refused`() throws {
    let record = try RowFault(encoded: encode(#"{"row":4294967295}"#, as: "RowFault"))
    #expect(record.row == .max)
    let big = try HazardCount(encoded: encode(#"{"count":"18446744073709551615"}"#, as: "HazardCount"))
    #expect(big.count == .max)
    #expect(throws: JSONFault.self) { try encode(#"{"row":4294967296}"#, as: "RowFault") }
    #expect(throws: JSONFault.self) { try encode(#"{"row":-1}"#, as: "RowFault") }
    #expect(throws: JSONFault.self) { try encode(#"{"row":1.5}"#, as: "RowFault") }
  }

  @Test func `bytes are base64 of either alphabet, with or without padding`() throws {
    for text in ["-_-_AA", "+/+/AA==", "-_-_AA=="] {
      #expect(
        try Attachment(encoded: encode("{\"sha256\":\"\(text)\"}", as: "Attachment")).sha256 == [0xfb, 0xff, 0xbf, 0])
    }
    #expect(throws: JSONFault.self) { try encode(#"{"sha256":"!!"}"#, as: "Attachment") }
  }
}
