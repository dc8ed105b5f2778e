import API
import Foundation
import Schema
import Testing

/// What `idlc generate --language python` writes, and whether the client has it.
@Suite struct PythonTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
  private static let folder = root.appending(path: "Clients/python/src/safegrid/generated")

  private static func language() throws -> Language { try #require(Language.all.first { $0.name == "python" }) }

  private func generated() throws -> [GeneratedFile] {
    let envelopes = try String(contentsOf: Self.root.appending(path: "IDL/gridwire.idl"), encoding: .utf8)
    return try [InterfaceText.files, [("gridwire.idl", envelopes)]].flatMap {
      try Self.language().files(try Schema(files: $0))
    }
  }

  @Test func `the committed Python is what the IDL gives`() throws {
    let files = try generated()
    #expect(files == (try generated()))
    for file in files {
      let committed = try String(contentsOf: Self.folder.appending(path: file.name), encoding: .utf8)
      #expect(committed == file.text, "\(file.name) is stale: idlc generate --help says how it is written anew")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".py") }
    #expect(Set(names) == Set(files.map(\.name)))
    // The conformance vectors have records of their own.
    let shapes = try String(
      contentsOf: Self.root.appending(path: "Clients/python/tests/generated/shapes.py"), encoding: .utf8)
    #expect([shapes] == (try Self.language().files(OurIDL.shapes.schema).map(\.text)), "shapes.py is stale")
  }

  @Test func `no line is longer than Python's formatters leave it, but for texts`() throws {
    for file in try generated() {
      for line in file.text.split(separator: "\n") where line.count > 120 {
        #expect(line.contains("\""), "\(file.name): \(line)")
      }
      #expect(!file.text.contains(" \n") && file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"))
    }
  }

  private func python(_ text: String) throws -> [String: String] {
    let service =
      "\nenum Role { 1: king \"King\" \"王\"; }\nrecord Nothing {}\n"
      + "service Things 1 { @role(anyone) query 1: look(Nothing) -> Nothing; }\n"
    let sources = [("things.idl", "edition 1;\npackage p;\n" + text + service)]
    let files = try Self.language().files(try Schema(files: sources))
    return Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.text) })
  }

  @Test func `names that Python keeps for itself, documentation and limits`() throws {
    let records = try #require(
      try python(
        #"""
        /// A thing 物, with a \ in it and "quotes".
        record Thing {
          /// Its name.
          @length(1..5) @pattern("[a-z]+")
          1: class text;
          @length(0..9)
          3: bytes [u32];
          @min(2)
          2: in i64?;
          4: other Other?;
        }
        record Other {
        }
        """#)["records.py"])
    for line in [
      #"    """A thing 物, with a \\ in it and "quotes".""""#,
      #"        Field(1, "class_", TEXT),"#, #"        Field(2, "in_", I64, OPTIONAL),"#,
      #"        Field(3, "bytes_", U32, LIST),"#, #"        Field(4, "other", message(lambda: Other), OPTIONAL),"#,
      #"    class_: str = """#, #"    """Its name. 1 to 5 characters. Of the form `[a-z]+`.""""#,
      "    in_: int | None = None", #"    """At least 2.""""#,
      "    bytes_: list[int] = dataclasses.field(default_factory=list)", "    other: Other | None = None",
      "class Other(Record):\n    pass",
    ] {
      #expect(records.contains("\n\(line)\n"), "\(line) in\n\(records)")
    }
  }

  @Test func `a refusal's own fields give way to what every refusal has`() throws {
    let errors = try #require(
      try python(
        #"""
        error Wrong 7 not_found "No {status}: \"{what}\"." "没有{status}。" {
          1: status u32;
          @length(0..5) 2: what text;
        }
        """#)["errors.py"])
    for line in [
      "class Wrong(Refusal):", "    NUMBER: ClassVar[int] = 7", "    status = StatusCode.NOT_FOUND",
      #"        'No {status}: "{what}".',"#, #"        Field(1, "status_", U32),"#, "    status_: int = 0",
      "    7: Wrong,",
    ] {
      #expect(errors.contains("\n\(line)\n"), "\(line) in\n\(errors)")
    }
  }
}
