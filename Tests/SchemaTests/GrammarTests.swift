import Foundation
import Schema
import Testing

/// What IDL/README.md says of the language is what the compiler knows.
@Suite struct GrammarTests {
  private let page = OurIDL.text(of: "README.md")

  private var grammar: Substring {
    let parts = page.components(separatedBy: "```")
    return Substring(parts.first { $0.hasPrefix("ebnf\n") } ?? "")
  }

  /// The words in quotes.
  private var words: Set<String> { Set(grammar.matches(of: #/"([^" ]+)"/#).map { String($0.output.1) }) }

  @Test func `every scalar, status code and trait stands in the grammar, and no other`() {
    #expect(words.isSuperset(of: Scalar.allCases.map(\.rawValue)))
    #expect(words.isSuperset(of: StatusCode.allCases.dropFirst().map(\.idlName)))
    let keywords: Set = [
      "edition", "package", "record", "union", "enum", "error", "service", "table", "query", "command", "stream",
      "throws", "of",
      "key", "index", "unique", "aggregate", "count", "subtree", "pairs", "has",
    ]
    // The compiler names those that it knows when it meets another.
    let traits = Set(
      ["record A { @x 1: a u32; }", "record A { } service S 1 { @x query 1: a(A) -> A; }", "@x record A { }"]
        .flatMap(knownTraits))
    #expect(traits.count == 19)
    let symbols = words.filter { !$0.contains { $0.isLetter } }
    let others = words.subtracting(Scalar.allCases.map(\.rawValue)).subtracting(StatusCode.allCases.map(\.idlName))
    #expect(others.subtracting(symbols) == keywords.union(traits))
    #expect(
      symbols == [
        "{", "}", "(", ")", "[", "]", ";", ":", ",", ".", "?", "@", "..", "->", "///", "//", "-", "_", "__",
      ])
  }

  private func knownTraits(_ declarations: String) -> [String] {
    do throws(SchemaFaults) {
      _ = try Schema(files: [("a.idl", "edition 1; package p; \(declarations)")])
      return []
    } catch {
      let message = error.diagnostics.first?.message ?? ""
      return message.components(separatedBy: "known are ").last!.components(separatedBy: "known is ").last!
        .replacingOccurrences(of: " and ", with: ", ").components(separatedBy: ", ")
    }
  }

  @Test func `what idlc check prints is what the page shows`() {
    for schema in OurIDL.packages.map(\.schema) {
      let line =
        "\(schema.package): \(schema.records.count) records, \(schema.enums.count) enums, \(schema.errors.count) errors, "
        + "\(schema.tables.count) tables, \(schema.services.count) services"
      #expect(page.contains("\n\(line)\n"), "\(line)")
    }
  }
}
