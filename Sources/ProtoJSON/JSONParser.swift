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
    case object([Member])
  }

  /// With the place of its key.
  package typealias Member = (key: String, place: Place, node: JSONNode)

  package let value: Value
  package let place: Place

  /// Line and column, from 1.
  package struct Place: Sendable, Equatable, Comparable, CustomStringConvertible {
    package let line: Int
    package let column: Int
    package var description: String { "\(line):\(column)" }
    package static func < (left: Place, right: Place) -> Bool {
      (left.line, left.column) < (right.line, right.column)
    }
  }

  /// Parses a whole text, or throws the first fault.
  package init(parsing text: String) throws(JSONFault) {
    let (node, faults) = Self.parse(text)
    guard let node, faults.isEmpty else { throw faults[0] }
    self = node
  }

  /// Parses what can be understood of a text, and explains the rest, in the order of the text: behind a fault it goes on
  /// with the next member or element. Absent when nothing is left.
  package static func parse(_ text: String) -> (node: JSONNode?, faults: [JSONFault]) {
    var parser = JSONParser(text)
    do throws(JSONFault) {
      let node = try parser.document()
      return (node, parser.faults)
    } catch {
      return (nil, parser.faults + [error])
    }
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
  /// The reason in Chinese.
  package let chinese: String

  package init(place: JSONNode.Place, path: String, _ reason: String, _ chinese: String) {
    self.place = place
    self.path = path
    self.reason = reason
    self.chinese = chinese
  }

  package var description: String { "\(place): \(path.isEmpty ? "" : "\(path): ")\(reason)" }
  /// The same in Chinese.
  package var chineseDescription: String { "\(place)：\(path.isEmpty ? "" : "\(path)：")\(chinese)" }
}

/// Goes by scalars: in a string a combining mark may stand behind the quotation mark, and is no part of it.
private struct JSONParser {
  /// Those behind which it went on.
  private(set) var faults: [JSONFault] = []
  private let characters: [Unicode.Scalar]
  private var index = 0
  private var line = 1
  private var column = 1
  private static let depthMax = 64
  /// Nobody reads more of them; a text that is something else altogether has one for each line.
  private static let faultsMax = 50

  init(_ text: String) { characters = Array(text.unicodeScalars) }

  mutating func document() throws(JSONFault) -> JSONNode {
    let node = try value(depth: 0)
    try skipBlanks()
    guard peek() == nil else { throw fault("something follows the value", "值之后还有内容") }
    return node
  }

  private func fault(_ reason: String, _ chinese: String) -> JSONFault {
    JSONFault(place: place, path: "", reason, chinese)
  }
  private var place: JSONNode.Place { JSONNode.Place(line: line, column: column) }
  private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    index + ahead < characters.count ? characters[index + ahead] : nil
  }

  @discardableResult
  private mutating func next() -> Unicode.Scalar {
    let character = characters[index]
    index += 1
    if character == "\n" || character == "\r" && peek() != "\n" {
      line += 1
      column = 1
    } else {
      column += 1
    }
    return character
  }

  private static func endsLine(_ character: Unicode.Scalar) -> Bool { character == "\n" || character == "\r" }

  private mutating func skipBlanks() throws(JSONFault) {
    while let character = peek() {
      if character.properties.isWhitespace {
        next()
      } else if character == "/", peek(1) == "/" {
        while let character = peek(), !Self.endsLine(character) { next() }
      } else if character == "/", peek(1) == "*" {
        let start = place
        while peek() != nil, !(peek() == "*" && peek(1) == "/") { next() }
        guard peek() != nil else { throw JSONFault(place: start, path: "", "the comment does not end", "注释没有结束") }
        next()
        next()
      } else {
        return
      }
    }
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONNode {
    try skipBlanks()
    guard depth < Self.depthMax else { throw fault("nested more than \(Self.depthMax) deep", "嵌套超过\(Self.depthMax)层") }
    let place = place
    guard let first = peek() else { throw fault("a value is missing at the end", "末尾缺少值") }
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
      default: throw JSONFault(place: place, path: "", "\"\(first)\" begins no value", "“\(first)”不是值的开头")
      }
    }
  }

  private mutating func word() -> String {
    var text = ""
    while let character = peek(), character == "_" || character.properties.isIDContinue {
      text.unicodeScalars.append(next())
    }
    return text
  }

  private mutating func members(_ depth: Int) throws(JSONFault) -> [JSONNode.Member] {
    var members: [JSONNode.Member] = []
    next()
    while true {
      try skipBlanks()
      if peek() == "}" { break }
      do throws(JSONFault) {
        let member = try member(depth)
        guard !members.contains(where: { $0.key == member.key }) else {
          throw JSONFault(place: member.place, path: "", "the key \"\(member.key)\" stands twice", "键“\(member.key)”重复")
        }
        try skipBlanks()
        if peek() == "," { next() } else if peek() != "}" { throw fault("a comma or } is missing", "缺少逗号或 }") }
        members.append(member)
      } catch {
        try goOn(behind: error, until: "}")
      }
    }
    next()
    return members
  }

  private mutating func member(_ depth: Int) throws(JSONFault) -> JSONNode.Member {
    let place = place
    let isQuoted = peek() == "\""
    let key = isQuoted ? try string() : word()
    guard isQuoted || !key.isEmpty else { throw fault("a key or } is missing", "缺少键或 }") }
    try skipBlanks()
    guard peek() == ":" else { throw fault("a colon is missing behind \"\(key)\"", "“\(key)”之后缺少冒号") }
    next()
    return (key, place, try value(depth: depth + 1))
  }

  private mutating func elements(_ depth: Int) throws(JSONFault) -> [JSONNode] {
    var elements: [JSONNode] = []
    next()
    while true {
      try skipBlanks()
      if peek() == "]" { break }
      do throws(JSONFault) {
        let element = try value(depth: depth + 1)
        try skipBlanks()
        if peek() == "," { next() } else if peek() != "]" { throw fault("a comma or ] is missing", "缺少逗号或 ]") }
        elements.append(element)
      } catch {
        try goOn(behind: error, until: "]")
      }
    }
    next()
    return elements
  }

  /// Goes to where something can begin again: behind the next comma of this object or list, or to the bracket that ends
  /// it. Throws the fault where neither follows, and it is for what stands around this to go on.
  private mutating func goOn(behind fault: JSONFault, until end: Unicode.Scalar) throws(JSONFault) {
    // The same fault comes by again where an inner object could not go on.
    if faults.count >= Self.faultsMax { index = characters.count }
    var depth = 0
    while let character = peek() {
      switch character {
      case "," where depth == 0:
        next()
        return faults.append(fault)
      case "{", "[": depth += 1
      case "}", "]":
        if depth == 0 {
          guard character == end else { throw fault }
          return faults.append(fault)
        }
        depth -= 1
      case "\"":
        next()
        while let character = peek(), character != "\"", !Self.endsLine(character) {
          next()
          if character == "\\", peek().map({ !Self.endsLine($0) }) ?? false { next() }
        }
      case "/" where peek(1) == "/" || peek(1) == "*":
        try skipBlanks()
        continue
      default: break
      }
      if peek() != nil { next() }
    }
    throw fault
  }

  private mutating func number() throws(JSONFault) -> String {
    let place = place
    var text = ""
    while let character = peek(), "0123456789+-.eE".unicodeScalars.contains(character) {
      text.unicodeScalars.append(next())
    }
    let digits = text.drop { $0 == "-" }
    let isWellFormed =
      Double(text) != nil && digits.first?.isNumber == true && text.last?.isNumber == true
      && !(digits.first == "0" && digits.dropFirst().first?.isNumber == true)
    guard isWellFormed else { throw JSONFault(place: place, path: "", "\(text) is not a number", "\(text)不是数字") }
    return text
  }

  private mutating func string() throws(JSONFault) -> String {
    let start = place
    next()
    var text = ""
    while let character = peek(), character != "\"" {
      if Self.endsLine(character) { break }
      if character == "\\" {
        text.unicodeScalars.append(try escape())
      } else {
        guard character.value >= 0x20 else { throw fault("a control character must be escaped", "控制字符须转义") }
        text.unicodeScalars.append(next())
      }
    }
    guard peek() == "\"" else {
      throw JSONFault(place: start, path: "", "the string does not end on its line", "字符串未在本行结束")
    }
    next()
    return text
  }

  private mutating func escape() throws(JSONFault) -> UnicodeScalar {
    next()
    guard peek() != nil else { throw fault("the text ends in an escape", "文本在转义符处结束") }
    let character = next()
    switch character {
    case "\"", "\\", "/": return character
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      let unit = try hexadecimal()
      if let scalar = UnicodeScalar(unit) { return scalar }
      // A pair of surrogates.
      guard unit < 0xdc00, peek() == "\\", peek(1) == "u" else { throw fault("half of a surrogate pair", "代理对不完整") }
      next()
      next()
      let low = try hexadecimal()
      guard (0xdc00..<0xe000).contains(low),
        let scalar = UnicodeScalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
      else { throw fault("half of a surrogate pair", "代理对不完整") }
      return scalar
    default: throw fault("\\\(character) is no escape", "\\\(character)不是转义符")
    }
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var digits = ""
    while digits.count < 4, let character = peek(), character.properties.isASCIIHexDigit {
      digits.unicodeScalars.append(next())
    }
    guard digits.count == 4, let value = UInt32(digits, radix: 16) else {
      throw fault("\\u needs four digits", "\\u之后须有四位数字")
    }
    return value
  }
}
