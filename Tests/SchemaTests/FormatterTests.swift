import Example
import Schema
import Support
import Testing

@testable import struct Schema.Lexer
@testable import struct Schema.Token

/// The one layout of IDL files.
@Suite struct FormatterTests {
  @Test(arguments: OurIDL.files.map(\.name))
  func `our IDL is laid out`(name: String) throws {
    let text = OurIDL.text(of: name)
    #expect(try Formatter.format(file: name, text: text) == text, "run idlc format IDL/*.idl")
  }

  private func words(_ text: String) -> [Token.Kind] {
    var faults: [Diagnostic] = []
    var lexer = Lexer(file: "a.idl", text: text)
    return lexer.tokens(faults: &faults).map(\.kind)
  }

  private func comments(_ text: String) -> [String] {
    var faults: [Diagnostic] = []
    var lexer = Lexer(file: "a.idl", text: text, keepsComments: true)
    return lexer.tokens(faults: &faults).compactMap { token in
      if case .comment(let text) = token.kind { text.replacing(#/\s+$/#, with: "") } else { nil }
    }
  }

  /// The tokens of a text with other white space, and comments, between them.
  private func scattered(_ text: String, _ random: inout SplitMix64) -> String {
    var faults: [Diagnostic] = []
    var lexer = Lexer(file: "a.idl", text: text, keepsComments: true)
    var result = ""
    var count = 0
    for token in lexer.tokens(faults: &faults) {
      switch token.kind {
      case .identifier(let text), .symbol(let text): result += text
      case .integer(let value): result += "\(value)"
      case .string(let text):
        result += "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
      case .documentation(let text): result += "/// \(text)\n"
      case .comment(let text): result += "\(text)\n"
      case .end: break
      }
      for _ in 0...random.next() % 3 {
        count += 1
        result += random.pick([
          " ", "\n", "\n\n", "\t", "\n\n\n   ", " // c\(count)  \n", "\n//c\(count)\n", "////\(count) //\n",
        ])
      }
    }
    return result
  }

  @Test(arguments: OurIDL.files.map(\.name))
  func `layout loses nothing, and a second one changes nothing`(name: String) throws {
    var random = SplitMix64(seed: testSeed(UInt64(name.utf8.count)))
    let original = OurIDL.text(of: name)
    for _ in 0..<8 {
      let text = scattered(original, &random)
      let once = try Formatter.format(file: name, text: text)
      #expect(words(once) == words(original))
      #expect(comments(once) == comments(text))
      #expect(try Formatter.format(file: name, text: once) == once)
      #expect(!once.contains(#/[ \t]\n/#))
      #expect(!once.contains("\n\n\n"))
    }
  }

  @Test func `a file with faults of grammar is left alone`() {
    #expect(throws: SchemaFaults.self) { try Formatter.format(file: "a.idl", text: "edition 1; package p; record {") }
  }

  @Test func `the layout of each kind of line`() throws {
    let text = """
      // Top.
      edition 1;package p; /// A.
      record A{ // Behind the brace.
      @length( 1 .. 5 )@pattern("[a-z]+") 1 :a text?;// Behind the field.

      2: b [u32 ] ;
      // At the end.
      }
      table t 1 of A{key(b,a);index 1:i unique(subtree(b));}
      service S 1{/// Does.
      @role(a)query // why
      1:x(A)->stream A throws E,F;}
      """
    let expected = """
      // Top.
      edition 1;
      package p;

      /// A.
      record A { // Behind the brace.
        @length(1..5) @pattern("[a-z]+")
        1: a text?; // Behind the field.

        2: b [u32];
        // At the end.
      }

      table t 1 of A {
        key (b, a);
        index 1: i unique (subtree(b));
      }

      service S 1 {
        /// Does.
        // why
        @role(a)
        query 1: x(A) -> stream A throws E, F;
      }

      """
    #expect(try Formatter.format(file: "a.idl", text: text) == expected)
  }
}
