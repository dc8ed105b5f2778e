internal import Bytes
internal import FoundationEssentials
internal import Scalars
package import Schema

/// Turns JSON into the encoding of a record, by the schema alone: it works for any interface whose IDL is at hand.
///
/// The JSON is ProtoJSON: keys in lowerCamelCase (or as in the IDL), 64-bit numbers as strings or numbers, bytes in
/// base64, enums by name (as in the IDL or in capitals) or number, domain scalars in their canonical text.
package struct JSONEncoding {
  private let schema: Schema

  package init(_ schema: Schema) { self.schema = schema }

  /// The canonical encoding of the record `name` that `node` describes.
  package func encode(_ node: JSONNode, as name: String) throws(JSONFault) -> [UInt8] {
    var writer = ByteWriter(capacity: 256)
    try encode(node, as: name, path: "", into: &writer)
    return writer.bytes()
  }

  private func fault(_ node: JSONNode, _ path: String, _ reason: String) -> JSONFault {
    JSONFault(place: node.place, path: path, reason: reason)
  }

  private func encode(
    _ node: JSONNode, as name: String, path: String, into writer: inout ByteWriter
  ) throws(JSONFault) {
    guard let record = schema.record(named: name) else { preconditionFailure("the schema has no record \(name)") }
    guard case .object(let members) = node.value else { throw fault(node, path, "an object is needed here") }
    var values: [UInt32: (field: Field, node: JSONNode)] = [:]
    for (key, value) in members {
      guard let field = record.fields.first(where: { $0.name == key || $0.name.camelCased == key }) else {
        let known = record.fields.map(\.name.camelCased).joined(separator: ", ")
        throw fault(value, path, "\(name) has no field \"\(key)\"; it has \(known.isEmpty ? "none" : known)")
      }
      guard values[field.number] == nil else { throw fault(value, path, "the field \"\(key)\" stands twice") }
      if case .null = value.value { continue }
      values[field.number] = (field, value)
    }
    for (_, entry) in values.sorted(by: { $0.key < $1.key }) {
      let inner = path.isEmpty ? entry.field.name : "\(path).\(entry.field.name)"
      try encode(entry.node, entry.field, path: inner, into: &writer)
    }
  }

  private func encode(
    _ node: JSONNode, _ field: Field, path: String, into writer: inout ByteWriter
  ) throws(JSONFault) {
    guard field.isList else {
      var value = ByteWriter()
      let isDefault = try encode(node, field.type, path: path, into: &value)
      // A field without presence is left out when it has its default.
      if field.isOptional || !isDefault { append(value, field, to: &writer) }
      return
    }
    guard case .array(let elements) = node.value else { throw fault(node, path, "a list is needed here") }
    guard !elements.isEmpty else { return }
    if isPacked(field.type) {
      var packed = ByteWriter()
      for (index, element) in elements.enumerated() {
        _ = try encode(element, field.type, path: "\(path)[\(index)]", into: &packed)
      }
      writer.appendVarint(UInt64(WireTag(field.number, .delimited).rawValue))
      writer.delimited { writer in packed.withSpan { writer.append($0) } }
    } else {
      for (index, element) in elements.enumerated() {
        var value = ByteWriter()
        _ = try encode(element, field.type, path: "\(path)[\(index)]", into: &value)
        append(value, field, to: &writer)
      }
    }
  }

  private func append(_ value: borrowing ByteWriter, _ field: Field, to writer: inout ByteWriter) {
    writer.appendVarint(UInt64(WireTag(field.number, wireType(field.type)).rawValue))
    value.withSpan { writer.append($0) }
  }

  /// Writes the value without its tag; answers whether it is the type's default.
  private func encode(
    _ node: JSONNode, _ type: ValueType, path: String, into writer: inout ByteWriter
  ) throws(JSONFault) -> Bool {
    switch type {
    case .record(let name):
      var nested = ByteWriter()
      try encode(node, as: name, path: path, into: &nested)
      writer.delimited { writer in nested.withSpan { writer.append($0) } }
      return nested.count == 0
    case .enumeration(let name):
      let number = try enumNumber(node, name, path)
      writer.appendVarint(UInt64(bitPattern: Int64(number)))
      return number == 0
    case .scalar(let scalar):
      return try encode(node, scalar, path: path, into: &writer)
    }
  }

  private func enumNumber(_ node: JSONNode, _ name: String, _ path: String) throws(JSONFault) -> Int32 {
    guard let enumeration = schema.enumeration(named: name) else { preconditionFailure("no enum \(name)") }
    switch node.value {
    case .number(let text):
      if let number = Int32(text) { return number }
    case .string(let text):
      let wanted = text.lowercased()
      if wanted == "unspecified" { return 0 }
      if let value = enumeration.values.first(where: { $0.name == wanted || $0.label.chinese == text }) {
        return value.number
      }
    default: break
    }
    let known = enumeration.values.map { $0.name.uppercased() }.joined(separator: ", ")
    throw fault(node, path, "one of \(known) is needed here")
  }

  private func encode(
    _ node: JSONNode, _ scalar: Scalar, path: String, into writer: inout ByteWriter
  ) throws(JSONFault) -> Bool {
    func put(_ value: some WireValue) -> Bool {
      value.encode(into: &writer)
      return value.isAbsent
    }
    func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws(JSONFault) -> Number {
      switch node.value {
      case .number(let text), .string(let text):
        if let value = Number(text) { return value }
        // ProtoJSON allows 1.0 and 1e3 for whole numbers.
        if let float = Double(text), let value = Number(exactly: float), float.magnitude < 9e15 { return value }
        throw fault(node, path, "\(text) is no whole number from \(Number.min) to \(Number.max)")
      default: throw fault(node, path, "a whole number is needed here")
      }
    }
    func text() throws(JSONFault) -> String {
      guard case .string(let text) = node.value else { throw fault(node, path, "a string is needed here") }
      return text
    }
    func parsed<Value: WireValue>(_ parse: (String) throws(RecordFault) -> Value) throws(JSONFault) -> Bool {
      let text = try text()
      if text.isEmpty { return put(Value.absent) }
      do throws(RecordFault) { return put(try parse(text)) } catch { throw fault(node, path, error.reason) }
    }
    switch scalar {
    case .bool:
      guard case .bool(let value) = node.value else { throw fault(node, path, "true or false is needed here") }
      return put(value)
    case .i32: return put(try integer(Int32.self))
    case .i64: return put(try integer(Int64.self))
    case .u32: return put(try integer(UInt32.self))
    case .u64: return put(try integer(UInt64.self))
    case .fen: return put(Fen(try integer(Int64.self)))
    case .f64:
      switch node.value {
      case .number(let text), .string(let text):
        if let value = Double(text) { return put(value) }
        throw fault(node, path, "\(text) is no number")
      default: throw fault(node, path, "a number is needed here")
      }
    case .text: return put(try text())
    case .bytes:
      let standard = String(try text().map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
      let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
      guard let data = Data(base64Encoded: padded) else { throw fault(node, path, "base64 is needed here") }
      return put([UInt8](data))
    case .gridCode:
      if case .number(let text) = node.value, text == "0" { return put(GridCode.unset) }
      if case .number(let text) = node.value {
        do throws(RecordFault) { return put(try GridCode(parsing: text)) } catch {
          throw fault(node, path, error.reason)
        }
      }
      return try parsed { (text) throws(RecordFault) in try GridCode(parsing: text) }
    case .uscc: return try parsed { (text) throws(RecordFault) in try USCC(parsing: text) }
    case .hazardNumber: return try parsed { (text) throws(RecordFault) in try HazardNumber(parsing: text) }
    case .instant: return try parsed { (text) throws(RecordFault) in try Instant(parsing: text) }
    case .date: return try parsed { (text) throws(RecordFault) in try Date(parsing: text) }
    case .term: return try parsed { (text) throws(RecordFault) in try Term(parsing: text) }
    }
  }
}

/// How values of the type are delimited on the wire.
func wireType(_ type: ValueType) -> WireType {
  switch type {
  case .record: .delimited
  case .enumeration: .varint
  case .scalar(let scalar):
    switch scalar {
    case .bool, .i32, .i64, .u32, .u64, .fen: .varint
    case .f64, .gridCode: .fixed64
    case .text, .bytes, .uscc, .hazardNumber, .instant, .date, .term: .delimited
    }
  }
}

func isPacked(_ type: ValueType) -> Bool { wireType(type) != .delimited }
