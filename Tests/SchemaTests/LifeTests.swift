import API
import Bytes
import ProtoJSON
import Schema
import Testing

/// `@since`, `@deprecated`, `@renamed` and `@example`, in everything that is generated.
@Suite struct LifeTests {
  private static let text = """
    edition 1;
    package p;

    @since("1.2") @deprecated("use Other")
    record Thing {
      @renamed(own_title, label) @length(0..9) @example("物") @deprecated("it says nothing")
      1: name text?;
      @example(red, blue) @length(0..3)
      2: colours [Colour];
      @example("113.8") @min(0) @max(200)
      3: east f64;
      @example(-7)
      4: sum Fen;
      5: inner Inner;
    }

    record Inner {
      @example(true)
      1: yes bool;
    }

    enum Colour {
      @renamed(rot)
      1: red "Red" "红";
      @deprecated("use red")
      2: blue "Blue" "蓝";
    }

    enum Role {
      1: king "King" "王";
    }

    service Things 1 {
      @deprecated("use \\"look\\"") @role(king)
      query 1: see(Thing) -> Thing;
    }

    """

  private func schema() throws -> Schema { try Schema(files: [("things.idl", Self.text)]) }

  private func generated(_ language: String) throws -> String {
    let language = try #require(Language.all.first { $0.name == language })
    return language.files(try schema()).map(\.text).joined()
  }

  @Test func `format keeps them`() throws {
    #expect(try Formatter.format(file: "things.idl", text: Self.text) == Self.text)
  }

  @Test func `the examples of the fields make that of the record`() throws {
    let schema = try schema()
    let thing = try #require(schema.record(named: "Thing"))
    let example = try #require(schema.example(of: thing))
    #expect(
      example.line
        == #"{"name": "物", "colours": ["RED", "BLUE"], "east": 113.8, "sum": "-7", "inner": {"yes": true}}"#)
    // Which is what its bytes give back.
    let bytes = try JSONEncoding(schema).encode(try JSONNode(parsing: example.line), as: "Thing")
    #expect(try JSONDecoding(schema).json(bytes, as: "Thing") == example.line.filter { $0 != " " })
  }

  @Test func `JSON with a former name is understood, and the present one is written`() throws {
    let schema = try schema()
    for name in ["name", "own_title", "ownTitle", "label"] {
      let node = try JSONNode(parsing: "{\"\(name)\": \"a\", \"colours\": [\"ROT\", \"red\"]}")
      let bytes = try JSONEncoding(schema).encode(node, as: "Thing")
      #expect(try JSONDecoding(schema).json(bytes, as: "Thing") == #"{"name":"a","colours":["RED","RED"]}"#)
    }
    let twice = try JSONNode(parsing: #"{"name": "a", "label": "b"}"#)
    #expect(throws: JSONFault.self) { try JSONEncoding(schema).encode(twice, as: "Thing") }
  }

  @Test func `Swift says them, and warns who calls what is deprecated`() throws {
    let emitter = SwiftEmitter(try schema(), isPublic: true)
    let types = emitter.records(idlFiles: ["things.idl"], withMethods: false)[0].text
    for line in [
      "/// Deprecated: use Other.", "/// Since 1.2.", "  /// Formerly `own_title`, `label`.",
      "  /// For example `\"物\"`.",
      "  /// For example `[\"RED\", \"BLUE\"]`.",
    ] {
      #expect(types.contains("\n\(line)\n"), "\(line)")
    }
    let clients = emitter.services(idlFiles: []).first { $0.name == "Clients.swift" }!.text
    #expect(clients.contains("  @available(*, deprecated, message: \"use \\\"look\\\"\")\n  public func see("))
  }

  @Test func `protobuf, JSON Schema, Python and the reference say them`() throws {
    let proto = try generated("proto")
    for line in [
      "message Thing {\n  option deprecated = true;", "optional string name = 1 [deprecated = true];",
      "    BLUE = 2 [deprecated = true];  // Blue 蓝", "returns (.p.Thing) { option deprecated = true; }",
    ] {
      #expect(proto.contains(line), "\(line)")
    }
    let json = try generated("json-schema")
    #expect(json.matches(of: #/"deprecated": true/#).count == 2)
    #expect(json.matches(of: #/"examples": \[/#).count == 7)
    let python = try generated("python")
    #expect(python.contains("Deprecated: it says nothing. Formerly `own_title`, `label`. For example `\"物\"`."))
    let page = Reference(try schema()).markdown
    #expect(page.contains("A request in JSON:\n\n```\n{\n  \"name\": \"物\",\n"))
    #expect(page.contains("Deprecated: use Other. Since 1.2."))
  }
}
