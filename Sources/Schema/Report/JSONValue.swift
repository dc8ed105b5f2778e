/// A JSON text under construction. Members keep their order, so that the same input gives the same bytes.
package indirect enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// As written, for a number with a fraction.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Sendable, Equatable {
    package let key: String
    package let value: JSONValue
  }

  /// An object of those members that are there.
  package static func members(after first: [Member] = [], _ members: (String, JSONValue?)...) -> JSONValue {
    .object(first + members.compactMap { key, value in value.map { Member(key: key, value: $0) } })
  }

  /// The text, indented by two blanks a level, with a line end.
  package var text: String {
    var result = ""
    write(into: &result, indent: "")
    return result + "\n"
  }

  /// The text on one line.
  package var line: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): value
    case .string(let value): Self.quoted(value)
    case .array(let elements): "[" + elements.map(\.line).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.key)): \($0.value.line)" }.joined(separator: ", ") + "}"
    }
  }

  private func write(into text: inout String, indent: String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .number(let value): text += value
    case .string(let value): text += Self.quoted(value)
    case .array(let elements):
      Self.write(elements, "[", "]", into: &text, indent: indent) { $0.write(into: &$1, indent: $2) }
    case .object(let members):
      Self.write(members, "{", "}", into: &text, indent: indent) { member, text, indent in
        text += Self.quoted(member.key) + ": "
        member.value.write(into: &text, indent: indent)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], _ open: String, _ close: String, into text: inout String, indent: String,
    _ item: (Item, inout String, String) -> Void
  ) {
    text += open
    let inner = indent + "  "
    for (index, element) in items.enumerated() {
      text += (index == 0 ? "\n" : ",\n") + inner
      item(element, &text, inner)
    }
    text += items.isEmpty ? close : "\n\(indent)\(close)"
  }

  /// A JSON string: control characters, quotes and backslashes are escaped, all else stands as it is.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
