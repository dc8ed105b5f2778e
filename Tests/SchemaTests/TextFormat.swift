import Foundation
import ProtoJSON
import Scalars
import Schema

/// Protobuf's text form of a record, made from its JSON: protoc then encodes values, not bytes that it was given.
struct TextFormat {
  let schema: Schema

  func text(of node: JSONNode, as name: String) throws -> String {
    guard case .object(let members) = node.value else { throw NotThis() }
    let record = schema.record(named: name)!
    return try members.map { key, _, node -> String in
      let field = record.fields.first { $0.name.camelCased == key }!
      if let key = field.mapKey, case .object(let members) = node.value {
        return try members.map { name, _, value in
          let quotes: [Scalar] = [.text, .uscc, .hazardNumber, .date]
          let key =
            try quotes.contains(key) ? self.value(JSONNode(parsing: JSONValue.quoted(name)), .scalar(key)) : name
          let text = try text(of: value, field).dropFirst(field.name.count)
          return "\(field.name) { key: \(key) value\(text) }\n"
        }.joined()
      }
      guard case .array(let elements) = node.value else { return try text(of: node, field) }
      return try elements.map { try text(of: $0, field) }.joined()
    }.joined()
  }

  private func text(of node: JSONNode, _ field: Field) throws -> String {
    if case .record(let name) = field.type { return "\(field.name) { \(try text(of: node, as: name)) }\n" }
    return "\(field.name): \(try value(node, field.type))\n"
  }

  private func value(_ node: JSONNode, _ type: ValueType) throws -> String {
    switch (node.value, type) {
    case (.bool(let value), _): return "\(value)"
    case (.number(let text), _): return text
    case (.string(let text), .enumeration): return text
    case (.string(let text), .scalar(.f64)): return text == "NaN" ? "nan" : text == "Infinity" ? "inf" : "-inf"
    case (.string(let text), .scalar(.i64)), (.string(let text), .scalar(.u64)), (.string(let text), .scalar(.fen)),
      (.string(let text), .scalar(.gridCode)):
      return text
    case (.string(let text), .scalar(.instant)):
      let milliseconds = try Instant(parsing: text).millisecondsSince1970
      let rest = (milliseconds % 1000 + 1000) % 1000
      return "{ seconds: \((milliseconds - rest) / 1000) nanos: \(rest * 1_000_000) }"
    case (.string(let text), .scalar(.bytes)):
      guard let data = Data(base64Encoded: text) else { throw NotThis() }
      return "\"" + data.map { "\\" + String(format: "%03o", $0) }.joined() + "\""
    case (.string(let text), _):
      return "\"" + Array(text.utf8).map { "\\" + String(format: "%03o", $0) }.joined() + "\""
    default: throw NotThis()
    }
  }

  private struct NotThis: Error {}
}
