/// A JSON text with the place of every value, so that a fault can be shown to its author.
///
/// Reads RFC 8259, and besides what people write by hand in JSON5: comments, trailing commas, and keys without quotes.
/// (Foundation's decoder reads JSON5 too, but says of a fault only that there is one.)
package struct JSONNode: Sendable {
  package enum Value: Sendable {
    case null
    case bool(Bool)
    /// As written: 64-bit numbers do not pass through a floating-point number.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([(key: String, node: JSONNode)])
  }

  package let value: Value
  package let place: Place

  /// Line and column, from 1.
  package struct Place: Sendable, Equatable, CustomStringConvertible {
    package let line: Int
    package let column: Int
    package var description: String { "\(line):\(column)" }
  }

  /// Parses a whole text.
  package init(parsing text: String) throws(JSONFault) {
    var parser = JSONParser(text)
    self = try parser.document()
  }

  init(_ value: Value, _ place: Place) {
    self.value = value
    self.place = place
  }
}

/// What is wrong with a JSON text, and where.
package struct JSONFault: Error, CustomStringConvertible {
  package let place: JSONNode.Place
  /// Keys from the outermost record inwards; empty for a fault of the text itself.
  package let path: String
  package let reason: String

  package var description: String { "\(place): \(path.isEmpty ? "" : "\(path): ")\(reason)" }
}

private struct JSONParser {
  private let characters: [Character]
  private var index = 0
  private var line = 1
  private var column = 1
  private static let depthMax = 64

  init(_ text: String) { characters = Array(text) }

  mutating func document() throws(JSONFault) -> JSONNode {
    let node = try value(depth: 0)
    try skipBlanks()
    guard peek() == nil else { throw fault("something follows the value") }
    return node
  }

  private func fault(_ reason: String) -> JSONFault { JSONFault(place: place, path: "", reason: reason) }
  private var place: JSONNode.Place { JSONNode.Place(line: line, column: column) }
  private func peek(_ ahead: Int = 0) -> Character? {
    index + ahead < characters.count ? characters[index + ahead] : nil
  }

  @discardableResult
  private mutating func next() -> Character {
    let character = characters[index]
    index += 1
    if character.isNewline {
      line += 1
      column = 1
    } else {
      column += 1
    }
    return character
  }

  private mutating func skipBlanks() throws(JSONFault) {
    while let character = peek() {
      if character.isWhitespace {
        next()
      } else if character == "/", peek(1) == "/" {
        while let character = peek(), !character.isNewline { next() }
      } else if character == "/", peek(1) == "*" {
        let start = place
        while peek() != nil, !(peek() == "*" && peek(1) == "/") { next() }
        guard peek() != nil else { throw JSONFault(place: start, path: "", reason: "the comment does not end") }
        next()
        next()
      } else {
        return
      }
    }
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONNode {
    try skipBlanks()
    guard depth < Self.depthMax else { throw fault("nested more than \(Self.depthMax) deep") }
    let place = place
    guard let first = peek() else { throw fault("a value is missing at the end") }
    switch first {
    case "{": return JSONNode(.object(try members(depth)), place)
    case "[": return JSONNode(.array(try elements(depth)), place)
    case "\"": return JSONNode(.string(try string()), place)
    case "-", "0"..."9": return JSONNode(.number(try number()), place)
    default:
      switch word() {
      case "true": return JSONNode(.bool(true), place)
      case "false": return JSONNode(.bool(false), place)
      case "null": return JSONNode(.null, place)
      default: throw JSONFault(place: place, path: "", reason: "\"\(first)\" begins no value")
      }
    }
  }

  private mutating func word() -> String {
    var text = ""
    while let character = peek(), character == "_" || character.isLetter || character.isNumber { text.append(next()) }
    return text
  }

  private mutating func members(_ depth: Int) throws(JSONFault) -> [(key: String, node: JSONNode)] {
    var members: [(key: String, node: JSONNode)] = []
    next()
    while true {
      try skipBlanks()
      if peek() == "}" { break }
      let keyPlace = place
      let key = peek() == "\"" ? try string() : word()
      guard !key.isEmpty else { throw fault("a key or } is missing") }
      guard !members.contains(where: { $0.key == key }) else {
        throw JSONFault(place: keyPlace, path: "", reason: "the key \"\(key)\" stands twice")
      }
      try skipBlanks()
      guard peek() == ":" else { throw fault("a colon is missing behind \"\(key)\"") }
      next()
      members.append((key, try value(depth: depth + 1)))
      try skipBlanks()
      if peek() == "," { next() } else if peek() != "}" { throw fault("a comma or } is missing") }
    }
    next()
    return members
  }

  private mutating func elements(_ depth: Int) throws(JSONFault) -> [JSONNode] {
    var elements: [JSONNode] = []
    next()
    while true {
      try skipBlanks()
      if peek() == "]" { break }
      elements.append(try value(depth: depth + 1))
      try skipBlanks()
      if peek() == "," { next() } else if peek() != "]" { throw fault("a comma or ] is missing") }
    }
    next()
    return elements
  }

  private mutating func number() throws(JSONFault) -> String {
    let place = place
    var text = ""
    while let character = peek(), character.isASCII, character.isNumber || "+-.eE".contains(character) {
      text.append(next())
    }
    let digits = text.drop { $0 == "-" }
    let isWellFormed =
      Double(text) != nil && digits.first?.isNumber == true && text.last?.isNumber == true
      && !(digits.first == "0" && digits.dropFirst().first?.isNumber == true)
    guard isWellFormed else { throw JSONFault(place: place, path: "", reason: "\(text) is not a number") }
    return text
  }

  private mutating func string() throws(JSONFault) -> String {
    let start = place
    next()
    var text = ""
    while let character = peek(), character != "\"" {
      if character.isNewline { break }
      if character == "\\" {
        text.unicodeScalars.append(try escape())
      } else {
        guard character.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
          throw fault("a control character must be escaped")
        }
        text.append(next())
      }
    }
    guard peek() == "\"" else { throw JSONFault(place: start, path: "", reason: "the string does not end on its line") }
    next()
    return text
  }

  private mutating func escape() throws(JSONFault) -> UnicodeScalar {
    next()
    guard peek() != nil else { throw fault("the text ends in an escape") }
    let character = next()
    switch character {
    case "\"", "\\", "/": return character.unicodeScalars.first!
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      let unit = try hexadecimal()
      if let scalar = UnicodeScalar(unit) { return scalar }
      // A pair of surrogates.
      guard unit < 0xdc00, peek() == "\\", peek(1) == "u" else { throw fault("half of a surrogate pair") }
      next()
      next()
      let low = try hexadecimal()
      guard (0xdc00..<0xe000).contains(low),
        let scalar = UnicodeScalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
      else { throw fault("half of a surrogate pair") }
      return scalar
    default: throw fault("\\\(character) is no escape")
    }
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var digits = ""
    while digits.count < 4, let character = peek(), character.isHexDigit, character.isASCII { digits.append(next()) }
    guard digits.count == 4, let value = UInt32(digits, radix: 16) else { throw fault("\\u needs four digits") }
    return value
  }
}
