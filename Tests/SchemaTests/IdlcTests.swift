import Foundation
import Support
import Testing

/// The program as a user runs it: what it prints, and its exit status.
@Suite struct IdlcTests {
  private func idlc(_ arguments: String..., in folder: String = OurIDL.folder.path) throws -> Programs.Result {
    try Programs.run(Programs.idlc, arguments, in: folder)
  }

  private func folder(_ files: [OurIDL.File]) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    for file in files { try Programs.write(file.text, to: "\(folder.path)/\(file.name)") }
    return folder
  }

  private static let good = "edition 1;\npackage p;\n\nrecord A {\n  1: a u32;\n}\n\ntable t 1 of A {\n  key (a);\n}\n"
  private static let commands = ["check", "format", "lint", "breaking", "generate", "doc", "vectors"]

  @Test(arguments: commands)
  func `each command explains itself, and ends with 2 for what it does not know`(command: String) throws {
    let help = try idlc(command, "--help")
    #expect(help.status == 0)
    #expect(help.text.contains("OVERVIEW:") && help.text.contains("--json"))
    #expect(try idlc(command, "--no-such-option").status == 2)
    #expect(try idlc(command, "/nonexistent.idl").status == 2)
  }

  @Test(arguments: [["check"], ["format", "--check"], ["lint"], ["breaking", "--against", "api.lock"]])
  func `our own files end with 0`(command: [String]) throws {
    let names = OurIDL.files.map(\.name)
    let result = try Programs.run(Programs.idlc, command + names, in: OurIDL.folder.path)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }

  @Test func `faults end with 1, on standard error or as JSON`() throws {
    let folder = try folder([("a.idl", "edition 1;\npackage p;\nrecord A { 1: a Foo; 2: b Bar; }\n")])
    let result = try idlc("check", "a.idl", in: folder.path)
    #expect(result.status == 1)
    #expect(result.errors.split(separator: "\n").count == 2)
    let json = try idlc("check", "--json", "a.idl", in: folder.path)
    #expect(json.status == 1)
    #expect(json.text.contains("\"line\": 3") && json.text.contains("\"column\": 17"))
  }

  @Test func `format changes files, and --check does not`() throws {
    let folder = try folder([("a.idl", Self.good.replacingOccurrences(of: "  1:", with: "1 :"))])
    #expect(try idlc("format", "--check", "a.idl", in: folder.path).status == 1)
    #expect(try idlc("format", "a.idl", in: folder.path).status == 0)
    #expect(try String(contentsOfFile: "\(folder.path)/a.idl", encoding: .utf8) == Self.good)
    #expect(try idlc("format", "--check", "a.idl", in: folder.path).status == 0)
  }

  @Test func `the lock is made, kept, and changed only by who says so`() throws {
    let folder = try folder([("a.idl", Self.good)])
    func breaking(_ more: String...) throws -> Programs.Result {
      try Programs.run(Programs.idlc, ["breaking", "--against", "api.lock"] + more + ["a.idl"], in: folder.path)
    }
    #expect(try breaking().status == 2)
    #expect(try breaking("--update").status == 0)
    #expect(try breaking().status == 0)
    try Programs.write(Self.good.replacingOccurrences(of: "a u32", with: "a u64"), to: "\(folder.path)/a.idl")
    #expect(try breaking().status == 1)
    #expect(try breaking("--update").status == 1)
    let report = try breaking("--json")
    #expect(report.status == 1)
    #expect(report.text.contains("\"ruleId\": \"TABLE_KEY_CHANGED\"") && report.text.contains("\"STORAGE\""))
    #expect(try breaking("--update", "--allow", "FIELD_TYPE_WIDENED").status == 1)
    #expect(try breaking("--update", "--allow", "FIELD_TYPE_WIDENED", "--allow", "TABLE_KEY_CHANGED").status == 0)
    #expect(try breaking().status == 0)
    #expect(try breaking("--allow", "NO_SUCH_RULE").status == 2)
  }

  @Test func `doc draws the workflows of a file, and says what is wrong with it`() throws {
    let good =
      Self.good
      + "enum Role {\n  1: king \"King\" \"王\";\n}\n\nservice S 1 {\n  @role(king)\n  query 1: a(A) -> A;\n}\n"
    let folder = try folder([("a.idl", good)])
    let term = #"{"name": "x", "english": "X", "chinese": "甲"}"#
    let row = #"{"event": \#(term), "from": [], "who": \#(term), "next": "x", "deadline": \#(term)}"#
    let one = #"{"title": \#(term), "states": [\#(term)], "rows": [\#(row)]}"#
    for text in [one, "[\(one)]", #"{"workflows": [\#(one)]}"#] {
      try Programs.write(text, to: "\(folder.path)/w.json")
      #expect(try idlc("doc", "--workflows", "w.json", "--output", "out", "a.idl", in: folder.path).status == 0)
      let page = try String(contentsOfFile: "\(folder.path)/out/p.md", encoding: .utf8)
      #expect(page.contains("[*] --> x: x"))
    }
    try Programs.write(#"{"workflows": [{"states": []}]}"#, to: "\(folder.path)/w.json")
    let result = try idlc("doc", "--workflows", "w.json", "--output", "out", "a.idl", in: folder.path)
    #expect(result.status == 2)
    #expect(result.errors.contains("w.json:1:16: title: is missing"))
  }

  @Test(arguments: [
    ["generate", "--language", "proto"], ["generate", "--language", "json-schema"], ["doc"], ["doc", "--form", "html"],
    ["vectors"],
  ])
  func `what is generated is written once, and compared with --check`(command: [String]) throws {
    let folder = try folder([("a.idl", Self.good)])
    let arguments = command + ["--output", "out", "a.idl"]
    #expect(try Programs.run(Programs.idlc, arguments + ["--check"], in: folder.path).status == 1)
    let first = try Programs.run(Programs.idlc, arguments + ["--json"], in: folder.path)
    #expect(first.status == 0 && first.text.contains("\"written\": [\n    \"out/p."))
    let second = try Programs.run(Programs.idlc, arguments + ["--json"], in: folder.path)
    #expect(second.status == 0 && second.text.contains("\"written\": []"))
    #expect(try Programs.run(Programs.idlc, arguments + ["--check"], in: folder.path).status == 0)
  }
}
