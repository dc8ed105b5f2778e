import Bytes
import ProtoJSON
import RPC
import Records
import Schema
import ShapeRecords
import Support
import Testing

/// `messages.json`: records as bytes and as JSON, and what is none.
@Suite struct MessageTests {
  private static let cases = Vector.file("messages.json")

  /// The records of the protocol itself, which have no checks.
  private static let envelopes: [String: any WireRecord.Type] = [
    "Hello": Hello.self, "HelloOk": HelloOk.self, "Open": Open.self, "Status": Status.self, "Cancel": Cancel.self,
    "Credit": Credit.self, "GoAway": GoAway.self,
  ]
  private static let types = ["gridwire": envelopes, "safegrid": AllRecords.types, "shapes": shapeTypes]

  /// A record that is declared in the IDL, and how it is read.
  private struct Subject {
    let schema: Schema
    let name: String
    let type: any WireRecord.Type

    init(_ vector: Vector) throws {
      let parts = try #require(vector.text("record")).split(separator: ".").map(String.init)
      schema = try #require(IDLFolder.schemas[parts[0]])
      name = parts[1]
      type = try #require(MessageTests.types[parts[0]]?[name])
    }
  }

  @Test(arguments: cases.filter { $0.bytes("hex") != nil && $0.text("refused") == nil })
  func `bytes that are a record`(vector: Vector) throws {
    let subject = try Subject(vector)
    let bytes = vector.bytes("hex")!
    let canonical = vector.bytes("canonical") ?? bytes
    let record = try subject.type.init(encoded: bytes)
    #expect(record.encoded().hexadecimal == canonical.hexadecimal)
    #expect(try subject.type.init(encoded: canonical).encoded() == canonical, "the canonical form is its own")
    if let json = vector.node("json") {
      let text = try JSONDecoding(subject.schema).json(bytes, as: subject.name)
      let said = try JSONNode(parsing: text)
      #expect(said.canonicalText == json.canonicalText)
      let back = vector.bytes("fromJSON") ?? canonical
      #expect(try JSONEncoding(subject.schema).encode(json, as: subject.name).hexadecimal == back.hexadecimal)
      #expect(try JSONEncoding(subject.schema).encode(said, as: subject.name).hexadecimal == back.hexadecimal)
    }
    guard let checked = record as? any CheckedRecord else { return }
    if vector.truth("valid") == true { try checked.check() }
    if let path = vector.text("invalid") {
      let fault = #expect(throws: RecordFault.self) { try checked.check() }
      #expect(fault?.path == path)
    }
  }

  @Test(arguments: cases.filter { $0.bytes("hex") != nil && $0.text("refused") != nil })
  func `bytes that are none`(vector: Vector) throws {
    let subject = try Subject(vector)
    let fault = #expect(throws: RecordFault.self) { try subject.type.init(encoded: vector.bytes("hex")!) }
    #expect(fault?.path == vector.text("refused"))
    #expect(throws: RecordFault.self) { try JSONDecoding(subject.schema).json(vector.bytes("hex")!, as: subject.name) }
  }

  @Test(arguments: cases.filter { $0.text("jsonText") != nil })
  func `JSON that people and programs write`(vector: Vector) throws {
    let subject = try Subject(vector)
    func encode() throws -> [UInt8] {
      try JSONEncoding(subject.schema).encode(JSONNode(parsing: vector.text("jsonText")!), as: subject.name)
    }
    if let canonical = vector.bytes("canonical") {
      #expect(try encode().hexadecimal == canonical.hexadecimal)
    } else {
      #expect(throws: JSONFault.self) { _ = try encode() }
    }
  }

  @Test func `as many are refused as accepted, or nearly so, in all packages`() {
    let refused = Self.cases.count { $0.text("refused") != nil || $0.text("invalid") != nil }
    #expect(refused * 3 > Self.cases.count && refused * 3 < Self.cases.count * 2)
    #expect(
      Set(Self.cases.compactMap { $0.text("record")?.prefix { $0 != "." } }.map(String.init)) == Set(Self.types.keys))
  }
}

extension JSONNode {
  /// On one line, with sorted keys; numbers by their value, so that 1.0 is 1 and -0.0 is not 0.
  var canonicalText: String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let text): Double(text).map { "\($0)" } ?? text
    case .string(let text): JSONValue.quoted(text)
    case .array(let elements): "[" + elements.map(\.canonicalText).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.sorted { $0.key < $1.key }.map { "\(JSONValue.quoted($0.key)):\($0.node.canonicalText)" }
        .joined(separator: ",") + "}"
    }
  }
}
