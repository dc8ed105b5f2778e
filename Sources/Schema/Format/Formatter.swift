/// The one layout of an IDL file: `format(format(x)) == format(x)`, and every token and comment of `x` is still there.
///
/// A member stands on a line of its own, its documentation, comments and traits on lines before it. Declarations are
/// separated by one empty line; inside them an empty line that the author left stays. What passes 120 columns is broken
/// between traits, before `throws`, before the texts of an error, and otherwise behind a comma.
package struct Formatter {
  private static let columns = 120

  private let tokens: [Token]
  private var index = 0
  private var lines: [String] = []
  private var level = 0
  /// The word that began the declaration we are in.
  private var keyword = ""
  /// Nothing may separate the next line from the one before.
  private var isFirst = true

  /// - Throws: the faults of grammar; a file that cannot be read is not laid out.
  package static func format(file: String, text: String) throws(SchemaFaults) -> String {
    var faults: [Diagnostic] = []
    var lexer = Lexer(file: file, text: text)
    let words = lexer.tokens(faults: &faults)
    if faults.isEmpty {
      var parser = Parser(tokens: words, types: nil)
      var schema = Schema()
      parser.parse(into: &schema)
      faults += parser.faults
    }
    guard faults.isEmpty else { throw SchemaFaults(diagnostics: faults) }
    var all = Lexer(file: file, text: text, keepsComments: true)
    var formatter = Formatter(tokens: all.tokens(faults: &faults))
    return formatter.text()
  }

  private init(tokens: [Token]) { self.tokens = tokens }

  private var token: Token { tokens[index] }

  private mutating func text() -> String {
    while true {
      leading()
      if token.kind == .end { break }
      if token.kind == .symbol("}") {
        closeDeclaration()
      } else {
        statement()
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: Lines

  private mutating func add(_ text: String) {
    lines.append(text.isEmpty ? "" : String(repeating: "  ", count: level) + text)
    isFirst = false
  }

  /// An empty line, unless one is there or a block begins.
  private mutating func separate() {
    if !isFirst, lines.last?.isEmpty == false { lines.append("") }
  }

  private func isComment(_ token: Token) -> Bool {
    switch token.kind {
    case .comment, .documentation: true
    default: false
    }
  }

  /// Whether the author left an empty line before the token.
  private func hasGap(before index: Int) -> Bool {
    index > 0 && tokens[index].location.line > tokens[index - 1].location.line + 1
  }

  /// Documentation and comments before a statement, or before the end of a block or file.
  private mutating func leading() {
    let start = index
    var end = index
    while isComment(tokens[end]) { end += 1 }
    let isEnd = [.end, .symbol("}")].contains(tokens[end].kind)
    // A new declaration stands apart; so does what the author set apart, but not the end of a block.
    let isBare = isEnd && start == end
    if !isBare, level == 0 ? !isPackageLine(end) : hasGap(before: start) { separate() }
    while index < end {
      if index > start, hasGap(before: index) {
        // Documentation belongs to what follows it.
        if case .comment = tokens[index - 1].kind { separate() }
      }
      add(Self.text(of: token))
      index += 1
    }
    if end > start, case .comment = tokens[end - 1].kind, hasGap(before: end), !isEnd { separate() }
  }

  /// `package` follows `edition` without an empty line.
  private func isPackageLine(_ index: Int) -> Bool {
    tokens[index].kind == .identifier("package") || tokens[index].kind == .identifier("edition")
  }

  // MARK: Statements

  /// A member, the head of a declaration, or a line of the preamble.
  private mutating func statement() {
    var words: [Token] = []
    var comments: [Token] = []
    while true {
      let token = token
      index += 1
      if isComment(token) {
        comments.append(token)
        continue
      }
      words.append(token)
      if [.symbol(";"), .symbol("{"), .end].contains(token.kind) { break }
    }
    // Comments between the words of a statement go before it.
    for comment in comments { add(Self.text(of: comment)) }
    let traits = Self.traits(at: &words)
    if !traits.isEmpty { add(traits: traits) }
    let opens = words.last?.kind == .symbol("{")
    if level == 0, case .identifier(let word)? = words.first?.kind { keyword = word }
    add(statement: words)
    trailing()
    if opens {
      level += 1
      isFirst = true
    }
  }

  private mutating func closeDeclaration() {
    level = max(0, level - 1)
    index += 1
    add("}")
    trailing()
  }

  /// A comment on the line of the token before it stays there.
  private mutating func trailing() {
    guard index > 0, case .comment(let text) = token.kind, token.location.line == tokens[index - 1].location.line else {
      return
    }
    index += 1
    lines[lines.count - 1] += " " + Self.trimmed(text)
  }

  /// Takes the traits off the front of a statement.
  private static func traits(at words: inout [Token]) -> [[Token]] {
    var traits: [[Token]] = []
    while words.first?.kind == .symbol("@") {
      var end = 2
      if end < words.count, words[end].kind == .symbol("(") {
        while end < words.count, words[end].kind != .symbol(")") { end += 1 }
        end += 1
      }
      traits.append(Array(words[..<min(end, words.count)]))
      words.removeFirst(min(end, words.count))
    }
    return traits
  }

  private func fits(_ text: String) -> Bool { level * 2 + text.count <= Self.columns }

  private mutating func add(traits: [[Token]]) {
    let whole = traits.map { joined($0) }.joined(separator: " ")
    if fits(whole) { return add(whole) }
    for trait in traits { add(wrapping: trait) }
  }

  private mutating func add(statement words: [Token]) {
    let whole = joined(words)
    if fits(whole) { return add(whole) }
    if let cut = words.firstIndex(where: { $0.kind == .identifier("throws") }), keyword == "service" {
      add(wrapping: Array(words[..<cut]))
      return add(wrapping: Array(words[cut...]), indent: "  ")
    }
    let strings = words.indices.filter { if case .string = words[$0].kind { true } else { false } }
    if keyword == "error", level == 0, strings.count == 2 {
      add(joined(Array(words[..<strings[0]])))
      add("  " + joined(Array(words[strings[0]..<strings[1]])))
      return add("  " + joined(Array(words[strings[1]...])))
    }
    add(wrapping: words)
  }

  /// Breaks behind commas; further lines are indented by one more level.
  private mutating func add(wrapping words: [Token], indent: String = "") {
    var line = ""
    var isContinued = false
    for piece in words.split(after: { $0.kind == .symbol(",") }) {
      let text = joined(piece)
      if !line.isEmpty, !fits(indent + (isContinued ? "  " : "") + line + " " + text) {
        add(indent + (isContinued ? "  " : "") + line)
        isContinued = true
        line = ""
      }
      line += line.isEmpty ? text : " " + text
    }
    add(indent + (isContinued ? "  " : "") + line)
  }

  // MARK: Tokens

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  private static func text(of token: Token) -> String {
    switch token.kind {
    case .identifier(let text), .symbol(let text): text
    case .integer(let value): "\(value)"
    case .string(let text): "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    case .documentation(let text): trimmed("/// " + text)
    case .comment(let text): trimmed(text)
    case .end: ""
    }
  }

  private func joined(_ words: [Token]) -> String {
    var text = ""
    for (index, word) in words.enumerated() {
      if index > 0, needsBlank(between: words[index - 1], word) { text += " " }
      text += Self.text(of: word)
    }
    return text
  }

  private func needsBlank(between left: Token, _ right: Token) -> Bool {
    switch (left.kind, right.kind) {
    case (_, .symbol(";")), (_, .symbol(",")), (_, .symbol(":")), (_, .symbol(")")), (_, .symbol("]")),
      (_, .symbol("?")), (_, .symbol(".")), (.symbol("."), _), (_, .symbol("..")), (.symbol(".."), _),
      (.symbol("("), _), (.symbol("["), _), (.symbol("@"), _):
      return false
    // `key (a)` and `index 1: by (a)`, but `subtree(a)`, `name(Request)` and `@role(a)`.
    case (.identifier(let word), .symbol("(")) where KeyPart.Form(rawValue: word) != nil: return false
    case (_, .symbol("(")): return keyword == "table" && level == 1
    default: return true
    }
  }
}

extension [Token] {
  /// The parts that end behind an element of which the condition holds.
  fileprivate func split(after isEnd: (Token) -> Bool) -> [[Token]] {
    var parts: [[Token]] = [[]]
    for token in self {
      parts[parts.count - 1].append(token)
      if isEnd(token) { parts.append([]) }
    }
    return parts.filter { !$0.isEmpty }
  }
}
