import Bytes
import ProtoJSON
import Schema
import Testing

/// The test vectors that clients are held against, first held against ourselves.
@Suite struct VectorTests {
  @Test(arguments: (OurIDL.packages + [OurIDL.shapes]).map(\.schema.package))
  func `each vector's bytes give its JSON, and its JSON its bytes`(name: String) throws {
    let schema = try #require((OurIDL.packages + [OurIDL.shapes]).first { $0.schema.package == name }).schema
    let errors = Set(schema.errors.map(\.name))
    // Errors have no JSON form of their own.
    for vector in Vectors(schema).all where !errors.contains(vector.record) {
      let json = try JSONNode(parsing: vector.json.text)
      #expect(try JSONEncoding(schema).encode(json, as: vector.record) == vector.bytes, "\(vector.name)")
      let text = try JSONDecoding(schema).json(vector.bytes, as: vector.record)
      #expect(flat(try JSONNode(parsing: text)) == flat(json), "\(vector.name)")
    }
  }

  private func flat(_ node: JSONNode) -> String {
    switch node.value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let text): text
    case .string(let text): JSONValue.quoted(text)
    case .array(let elements): "[" + elements.map { flat($0) }.joined(separator: ",") + "]"
    case .object(let members): "{" + members.map { "\($0.key):\(flat($0.node))" }.joined(separator: ",") + "}"
    }
  }

  @Test func `every field of every record has a vector of its own`() throws {
    let schema = OurIDL.safegrid
    let names = Set(Vectors(schema).all.map(\.name))
    #expect(names.count == Vectors(schema).all.count)
    for record in schema.records {
      for field in record.fields {
        var isEmptyRecord = false
        if case .record(let inner) = field.type { isEmptyRecord = schema.record(named: inner)!.fields.isEmpty }
        #expect(names.contains("\(record.name).\(field.name) 1") || isEmptyRecord, "\(record.name).\(field.name)")
      }
    }
  }
}
