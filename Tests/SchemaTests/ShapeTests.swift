import Bytes
import Example
import Foundation
import ProtoJSON
import Records
import Scalars
import Schema
import ShapeRecords
import Support
import Testing

/// Unions and maps, in every language that is generated: `IDL/conformance/shapes.idl` has them of everything.
@Suite struct ShapeTests {
  private let schema = OurIDL.shapes.schema

  @Test func `the file is laid out, clean, and survives the lock`() throws {
    let file = OurIDL.shapes.files[0]
    #expect(try Formatter.format(file: file.name, text: file.text) == file.text)
    let lock = LockComparison(Lock(), [schema]).accepted
    #expect(try Lock(file: "api.lock", text: lock.text).text == lock.text)
    #expect(lock.text.contains("\nrecord Target union=yes\n"))
    #expect(lock.text.contains("shape=map(text) length=0..9 each=0..40 keys=1..20\n"))
  }

  private func rewritten(_ bytes: [UInt8], as record: String) throws -> [UInt8] {
    try #require(shapeTypes[record]).init(encoded: bytes).encoded()
  }

  @Test func `generated Swift writes the bytes that it read`() throws {
    for vector in Vectors(schema).all {
      #expect(try rewritten(vector.bytes, as: vector.record) == vector.bytes, "\(vector.name)")
    }
    var random = SplitMix64(seed: testSeed())
    let records = RandomRecords(schema)
    for record in schema.records {
      for _ in 0..<200 {
        let bytes = records.encoding(of: record.name, &random)
        #expect(try rewritten(bytes, as: record.name) == bytes, "\(record.name)")
        // And so does the codec that works by the schema alone.
        let json = try JSONNode(parsing: JSONDecoding(schema).json(bytes, as: record.name))
        #expect(try JSONEncoding(schema).encode(json, as: record.name) == bytes, "\(record.name)")
      }
    }
  }

  // MARK: Unions

  @Test func `of a union the last arm counts, known or not`() throws {
    let person = Target.person("a").encoded()
    let count = Target.count(0).encoded()
    #expect(count == [0x28, 0])
    #expect(try Target(encoded: person + count) == .count(0))
    let newer: [UInt8] = [0xf2, 0x01, 1, 7]
    let unknown = try Target(encoded: person + newer)
    #expect(unknown.encoded() == newer)
    #expect(unknown.hasUnknownFields)
    #expect(try Target(encoded: newer + person) == .person("a"))
    #expect(try JSONDecoding(schema).json(person + newer, as: "Target") == "{}")
  }

  @Test func `a union that says nothing is refused, and so is what its arm refuses`() throws {
    func fault(_ target: Target) -> String? {
      var shapes = Shapes(target: target, colours: [USCC("91421222MA40006370")!: .red])
      shapes.maybe = nil
      do { try shapes.check() } catch { return "\(error)" }
      return nil
    }
    #expect(fault(.unset) == "target: is missing")
    #expect(fault(.person("A")) == "target.person: \"A\" is not of the form [a-z]+")
    #expect(fault(.leaf(Leaf())) == "target.leaf.size_mm: 0 is less than 1")
    #expect(fault(.inner(.leaf(Leaf(sizeMm: 0)))) == "target.inner.leaf.size_mm: 0 is less than 1")
    #expect(fault(.east(200.5)) == "target.east: 200.5 is more than 200")
    #expect(fault(.colour(.unspecified)) == "target.colour: is missing")
    for target in [Target.count(0), .flag(false), .person("wangmin"), .inner(.in(Fen(0))), .holder(try grid())] {
      #expect(fault(target) == nil)
    }
    #expect(Target() == .unset && Target.unset.encoded() == [])
  }

  private func grid() throws -> GridCode { try GridCode(parsing: "421222100001001") }

  @Test func `JSON of a union has one key`() throws {
    let both = try JSONNode(parsing: #"{"person": "a", "count": 1}"#)
    do throws(JSONFault) {
      _ = try JSONEncoding(schema).encode(both, as: "Target")
      Issue.record("two arms were taken")
    } catch {
      #expect(error.reason == "Target takes one of count and person, not both")
    }
    // A default is something that is said.
    let node = try JSONNode(parsing: #"{"target": {"person": ""}, "maybe": {}}"#)
    let bytes = try JSONEncoding(schema).encode(node, as: "Shapes")
    #expect(bytes == [0x0a, 2, 0x1a, 0, 0x12, 0])
    #expect(try Shapes(encoded: bytes).target == .person(""))
    #expect(try Shapes(encoded: bytes).maybe == .unset)
  }

  // MARK: Maps

  @Test func `entries of a map stand in the order of their keys`() throws {
    let shapes = Shapes(names: ["𡐓": "4", "b": "2", "": "0", "堵": "3", "a": "1"], counts: [5: 0, -7: 1, 0: 2])
    let again = try Shapes(encoded: shapes.encoded())
    #expect(again == shapes)
    #expect(again.names.inKeyOrder.map(\.value) == ["0", "1", "2", "3", "4"])
    #expect(again.counts.inKeyOrder.map(\.key) == [-7, 0, 5])
    // Key and value are both written, defaults or not, as protobuf does.
    #expect(Shapes(counts: [0: 0]).encoded() == [0x2a, 4, 0x08, 0, 0x10, 0])
    #expect(try Shapes(encoded: [0x2a, 0]).counts == [0: 0])
  }

  @Test func `a key that stands twice, and what is neither key nor value, is refused`() throws {
    let entry: [UInt8] = [0x2a, 2, 0x08, 2]
    for (bytes, reason) in [
      (entry + entry, "counts: the key 1 stands twice"),
      ([0x4a, 2, 0x10, 1], "colours: a key is missing"),
      ([0x4a, 4, 0x0a, 0, 0x10, 1], "colours: a key is missing"),
      ([0x42, 0], "leaves: a key is missing"),
      ([0x3a, 0], "grids: a key is missing"),
      ([0x52, 0], "cases: a key is missing"),
      ([0x2a, 2, 0x18, 1], "counts: an entry of a map has a key and a value, and no field 3"),
    ] as [([UInt8], String)] {
      do throws(RecordFault) {
        _ = try Shapes(encoded: bytes)
        Issue.record("\(reason)")
      } catch {
        #expect("\(error)" == reason)
      }
      do throws(RecordFault) {
        _ = try JSONDecoding(schema).json(bytes, as: "Shapes")
        Issue.record("\(reason)")
      } catch {
        #expect("\(error)".hasSuffix(error.reason) && reason.hasSuffix(error.reason.replacing("\"1\"", with: "1")))
      }
    }
    for text in [#"{"counts": {"1": 1, "1.0": 2}}"#, #"{"colours": {"": "RED"}}"#, #"{"leaves": {"": {}}}"#] {
      let node = try JSONNode(parsing: text)
      #expect(throws: JSONFault.self) { try JSONEncoding(schema).encode(node, as: "Shapes") }
    }
  }

  @Test func `a map's limits are those of its count, its keys and its values`() throws {
    let uscc = USCC("91421222MA40006370")!
    func fault(_ change: (inout Shapes) -> Void) -> String? {
      var shapes = Shapes(target: .count(1), colours: [uscc: .red])
      change(&shapes)
      do { try shapes.check() } catch { return "\(error)" }
      return nil
    }
    #expect(fault { _ in } == nil)
    #expect(fault { $0.colours = [:] } == "colours: is missing")
    #expect(fault { $0.colours = [uscc: .unspecified] } == "colours: is missing")
    #expect(fault { $0.names = ["": "a"] } == "names: is missing")
    #expect(
      fault { $0.names = ["a": String(repeating: "b", count: 41)] } == "names: has 41 characters; 0 to 40 are allowed")
    #expect(fault { for key: Int32 in 0..<10 { $0.counts[key] = 1 } } == "counts: has 10 elements; 0 to 9 are allowed")
    #expect(fault { $0.leaves[Date(day: 1)] = Leaf() } == "leaves.size_mm: 0 is less than 1")
    #expect(fault { $0.grids[GridCode(unchecked: 421_222_000_000_000)] = .unset } == "grids: is missing")
    var newer = Shapes()
    newer.leaves[Date(day: 1)] = try Leaf(encoded: [0x98, 0x06, 1])
    #expect(newer.hasUnknownFields)
  }

  // MARK: Other languages

  @Test func `Python writes the bytes that it read, and takes one arm and each key once`() throws {
    let folder = TemporaryFolder()
    let package = OurIDL.folder.deletingLastPathComponent().appending(path: "Clients/python/src/safegrid")
    try FileManager.default.copyItem(atPath: package.path, toPath: "\(folder.path)/safegrid")
    try FileManager.default.createDirectory(atPath: "\(folder.path)/safegrid/shapes", withIntermediateDirectories: true)
    let python = try #require(Language.all.first { $0.name == "python" })
    for file in python.files(schema) {
      try Programs.write(file.text, to: "\(folder.path)/safegrid/shapes/\(file.name)")
    }
    try Programs.write("", to: "\(folder.path)/safegrid/shapes/__init__.py")
    try Programs.write(Vectors(schema).json.text, to: "\(folder.path)/vectors.json")
    try Programs.write(Self.pythonTest, to: "\(folder.path)/test.py")
    let result = try Programs.run("/usr/bin/env", ["python3", "test.py"], in: folder.path)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    #expect(result.text == "\(Vectors(schema).all.count) vectors\n")
  }

  private static let pythonTest = """
    import json
    from safegrid import DecodingError, EncodingError
    from safegrid.shapes import shapes

    vectors = json.load(open("vectors.json"))["vectors"]
    for vector in vectors:
        data = bytes.fromhex(vector["hex"])
        record = getattr(shapes, vector["record"]).decode(data)
        assert record.encode() == data, vector["name"]

    target = shapes.Target.decode(shapes.Target(person="a").encode() + shapes.Target(count=0).encode())
    assert target == shapes.Target(count=0) and target.arm() == "count"
    newer = bytes.fromhex("f2010107")
    assert shapes.Target.decode(shapes.Target(person="a").encode() + newer).encode() == newer
    assert shapes.Target().arm() is None
    try:
        shapes.Target(person="a", count=1).encode()
        raise AssertionError("two arms were taken")
    except EncodingError as error:
        assert "one of person, count" in str(error), error
    assert shapes.Shapes(counts={5: 1, -7: 2}).encode().hex() == "2a04080d10022a04080a1001"
    assert shapes.Shapes.decode(bytes.fromhex("2a00")).counts == {0: 0}
    for bad in ["2a0208022a020802", "2a021801", "4a021001", "4200", "3a00", "5200"]:
        try:
            shapes.Shapes.decode(bytes.fromhex(bad))
            raise AssertionError(bad)
        except DecodingError:
            pass
    print(len(vectors), "vectors")
    """

  @Test func `protobuf, JSON Schema and the reference have them`() throws {
    func generated(_ name: String) -> String { Language.all.first { $0.name == name }!.files(schema)[0].text }
    let proto = generated("proto")
    for line in [
      "message Target {\n  oneof arm {\n    // A case by its number.\n    string number = 1;",
      "  map<string, string> names = 4;  // @length(0..9) @each(0..40) @keys(1..20)",
      "  map<fixed64, Target> grids = 7;", "  map<sint32, uint32> counts = 5;",
    ] {
      #expect(proto.contains(line), "\(line)\n\(proto)")
    }
    let json = generated("json-schema")
    for line in ["\"minProperties\": 1,\n      \"maxProperties\": 1,", "\"propertyNames\": {"] {
      #expect(json.contains(line), "\(line)")
    }
    let page = Reference(schema).markdown
    #expect(page.contains("A union: exactly one of these."))
    #expect(page.contains("map from `text` to `text`"))
  }
}
