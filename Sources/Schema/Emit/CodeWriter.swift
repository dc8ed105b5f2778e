/// Collects lines of generated code, indented by two blanks a level.
struct CodeWriter {
  private(set) var text = ""
  private var level = 0

  mutating func line(_ content: String = "") {
    if !content.isEmpty { text += String(repeating: "  ", count: level) + content }
    text += "\n"
  }

  /// Writes `opening`, then what `body` writes one level deeper, then `closing`.
  mutating func block(_ opening: String, closing: String = "}", _ body: (inout CodeWriter) -> Void) {
    line(opening)
    level += 1
    body(&self)
    level -= 1
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

/// A file that an emitter produces.
package struct GeneratedFile: Sendable {
  package let name: String
  package let text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}
