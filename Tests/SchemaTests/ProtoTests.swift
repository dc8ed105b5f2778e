import Example
import ProtoJSON
import Schema
import Support
import Testing

/// The `.proto` files, held against Debian's protoc: it compiles them, reads what we wrote, and writes the same bytes.
@Suite(.enabled(if: Programs.hasProtoc, "needs protobuf-compiler")) struct ProtoTests {
  private static let recordsPerType = 20

  private func folder() throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    var lists = "syntax = \"proto3\";\npackage lists;\n"
    let proto = try #require(Language.all.first { $0.name == "proto" })
    for package in OurIDL.packages + [OurIDL.shapes] {
      for file in proto.files(package.schema) {
        try Programs.write(file.text, to: "\(folder.path)/\(file.name)")
        lists += "import \"\(file.name)\";\n"
      }
      for record in package.schema.records {
        let name = "\(package.schema.package).\(record.name)"
        lists += "message \(Self.list(package.schema, record)) { repeated \(name) items = 1; }\n"
      }
    }
    try Programs.write(lists, to: "\(folder.path)/lists.proto")
    return folder
  }

  private static func list(_ schema: Schema, _ record: RecordDeclaration) -> String {
    "\(schema.package)_\(record.name)"
  }

  @Test func `protoc reads every record of the IDL with random contents, and makes the same bytes of the same values`()
    throws
  {
    let folder = try folder()
    var random = SplitMix64(seed: testSeed())
    for package in OurIDL.packages + [OurIDL.shapes] {
      let records = RandomRecords(package.schema)
      for record in package.schema.records {
        var bytes: [UInt8] = []
        var texts = ""
        for _ in 0..<Self.recordsPerType {
          let item = records.encoding(of: record.name, &random)
          bytes += [0x0a] + varint(item.count) + item
          let json = try JSONNode(parsing: JSONDecoding(package.schema).json(item, as: record.name))
          texts += "items { \(try TextFormat(schema: package.schema).text(of: json, as: record.name)) }\n"
        }
        let type = "lists.\(Self.list(package.schema, record))"
        let decoded = try Programs.run(
          Programs.protoc, ["--decode=\(type)", "lists.proto"], input: bytes, in: folder.path)
        try #require(decoded.status == 0, "\(type): \(decoded.errors)")
        // protoc shows the number of a field that it does not know.
        let unknown = decoded.text.split(separator: "\n").first { $0.drop { $0 == " " }.first?.isNumber == true }
        #expect(unknown == nil, "\(type)")
        // It has one NaN for all.
        if texts.contains(": nan") { continue }
        let encoded = try Programs.run(
          Programs.protoc, ["--deterministic_output", "--encode=\(type)", "lists.proto"], input: Array(texts.utf8),
          in: folder.path)
        #expect(encoded.output.elementsEqual(bytes), "\(type): \(encoded.errors)")
      }
    }
  }

  @Test func `protoc reads each vector alike`() throws {
    let folder = try folder()
    for package in OurIDL.packages + [OurIDL.shapes] {
      // Errors stand in no list.
      for vector in Vectors(package.schema).all where vector.name.hasSuffix("full") {
        let type = "\(package.schema.package).\(vector.record)"
        let file = "\(package.schema.package).proto"
        let decoded = try Programs.run(
          Programs.protoc, ["--decode=\(type)", file], input: vector.bytes, in: folder.path)
        let encoded = try Programs.run(
          Programs.protoc, ["--deterministic_output", "--encode=\(type)", file], input: decoded.output, in: folder.path)
        #expect(encoded.output == vector.bytes, "\(vector.name): \(encoded.errors)")
      }
    }
  }

  @Test func `protoc finds nothing to say about the files`() throws {
    let folder = try folder()
    let result = try Programs.run(
      Programs.protoc, ["--descriptor_set_out=all.bin", "safegrid.proto", "gridwire.proto", "shapes.proto"],
      in: folder.path)
    #expect(result.status == 0)
    #expect(result.errors == "")
  }

  private func varint(_ count: Int) -> [UInt8] {
    count < 128 ? [UInt8(count)] : [UInt8(truncatingIfNeeded: count) | 128] + varint(count >> 7)
  }
}
