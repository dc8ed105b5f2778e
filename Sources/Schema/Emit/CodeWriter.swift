/// Collects lines of generated code, indented by some blanks a level.
struct CodeWriter {
  private(set) var text = ""
  private var level = 0
  private let indentation: Int

  init(indentation: Int = 2) { self.indentation = indentation }

  /// How many characters stand before what the next line holds.
  var column: Int { level * indentation }

  mutating func line(_ content: String = "") {
    if !content.isEmpty { text += String(repeating: " ", count: column) + content }
    text += "\n"
  }

  /// Writes `opening`, then what `body` writes one level deeper, as languages without braces do.
  mutating func indented(_ opening: String, _ body: (inout CodeWriter) -> Void) {
    line(opening)
    indentedBehind(body)
  }

  /// Writes what `body` writes one level deeper.
  mutating func indentedBehind(_ body: (inout CodeWriter) -> Void) {
    level += 1
    body(&self)
    level -= 1
  }

  /// Writes `opening`, then what `body` writes one level deeper, then `closing`.
  mutating func block(_ opening: String, closing: String = "}", _ body: (inout CodeWriter) -> Void) {
    indented(opening, body)
    line(closing)
  }

  /// Writes a `switch`, whose cases stand at its own level.
  mutating func cases(_ opening: String, _ body: (inout CodeWriter) -> Void) {
    line(opening)
    body(&self)
    line("}")
  }

  mutating func documentation(_ lines: [String]) {
    for content in lines { line(content.isEmpty ? "///" : "/// \(content)") }
  }
}
