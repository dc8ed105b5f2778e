/// The smallest pieces of an IDL file.
struct Token: Equatable {
  enum Kind: Equatable {
    case identifier(String)
    case integer(Int64)
    case string(String)
    /// One of `{ } ( ) [ ] ; : , . ? @ .. ->`.
    case symbol(String)
    /// The text behind `///`.
    case documentation(String)
    /// A whole `//` comment; only a lexer that keeps comments answers it.
    case comment(String)
    case end
  }

  let kind: Kind
  let location: Location

  /// How a message names the token.
  var name: String {
    switch kind {
    case .identifier(let text), .symbol(let text): "\"\(text)\""
    case .integer(let value): "\"\(value)\""
    case .string: "a string"
    case .documentation: "a documentation comment"
    case .comment: "a comment"
    case .end: "the end of the file"
    }
  }
}

/// Turns the text of an IDL file into tokens. Documentation (`///`) is kept; comments (`//`) are for the formatter.
struct Lexer {
  private let file: String
  private let keepsComments: Bool
  private let characters: [Character]
  private var index = 0
  private var line = 1
  private var column = 1

  init(file: String, text: String, keepsComments: Bool = false) {
    self.file = file
    self.keepsComments = keepsComments
    characters = Array(text)
  }

  /// All tokens, the last one being `end`; faults are collected and the character is skipped.
  mutating func tokens(faults: inout [Diagnostic]) -> [Token] {
    var result: [Token] = []
    while true {
      do throws(Diagnostic) {
        let token = try next()
        result.append(token)
        if token.kind == .end { return result }
      } catch {
        faults.append(error)
      }
    }
  }

  private var here: Location { Location(file: file, line: line, column: column) }

  private func peek(_ ahead: Int = 0) -> Character? {
    index + ahead < characters.count ? characters[index + ahead] : nil
  }

  private mutating func advance() {
    if characters[index].isNewline {
      line += 1
      column = 1
    } else {
      column += 1
    }
    index += 1
  }

  private mutating func take(while condition: (Character) -> Bool) -> String {
    var text = ""
    while let character = peek(), condition(character) {
      text.append(character)
      advance()
    }
    return text
  }

  private mutating func next() throws(Diagnostic) -> Token {
    while let character = peek() {
      if character.isWhitespace {
        advance()
      } else if character == "/", peek(1) == "/" {
        if let token = comment() { return token }
      } else {
        break
      }
    }
    let location = here
    guard let character = peek() else { return Token(kind: .end, location: location) }
    if character == "_" || character.isASCII && character.isLetter {
      let text = take { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
      return Token(kind: .identifier(text), location: location)
    }
    if character.isASCII, character.isNumber || character == "-" && peek(1)?.isNumber == true {
      advance()
      let text = String(character) + take { $0.isASCII && $0.isNumber }
      guard let value = Int64(text) else {
        throw Diagnostic(location: location, message: "\(text) does not fit into 64 bits; write a smaller number")
      }
      return Token(kind: .integer(value), location: location)
    }
    if character == "\"" { return try string(at: location) }
    for symbol in ["->", ".."] where peek() == symbol.first && peek(1) == symbol.last {
      advance()
      advance()
      return Token(kind: .symbol(symbol), location: location)
    }
    advance()
    guard "{}()[];:,.?@".contains(character) else {
      throw Diagnostic(location: location, message: "\"\(character)\" has no meaning here; remove it")
    }
    return Token(kind: .symbol(String(character)), location: location)
  }

  private mutating func comment() -> Token? {
    let location = here
    let text = take { !$0.isNewline }
    guard text.hasPrefix("///"), !text.hasPrefix("////") else {
      return keepsComments ? Token(kind: .comment(text), location: location) : nil
    }
    let content = text.dropFirst(3)
    return Token(kind: .documentation(String(content.first == " " ? content.dropFirst() : content)), location: location)
  }

  private mutating func string(at location: Location) throws(Diagnostic) -> Token {
    advance()
    var text = ""
    while let character = peek(), character != "\"" {
      if character.isNewline { break }
      advance()
      if character == "\\" {
        guard let escaped = peek(), escaped == "\"" || escaped == "\\" else {
          throw Diagnostic(
            location: here, message: "only \\\" and \\\\ can be escaped in a string; write \\\\ for a backslash")
        }
        advance()
        text.append(escaped)
      } else {
        text.append(character)
      }
    }
    guard peek() == "\"" else {
      throw Diagnostic(location: location, message: "the string does not end on its line; close it with \"")
    }
    advance()
    return Token(kind: .string(text), location: location)
  }
}
