package import Bytes
internal import FoundationEssentials
internal import Scalars
package import Schema

/// Turns the encoding of a record into JSON (ProtoJSON), by the schema alone. Fields that the schema does not know are
/// left out, and so are fields without presence that have their default.
package struct JSONDecoding {
  private let schema: Schema
  /// One key to a line, or everything on one.
  private let isPretty: Bool

  package init(_ schema: Schema, isPretty: Bool = false) {
    self.schema = schema
    self.isPretty = isPretty
  }

  package func json(_ bytes: [UInt8], as name: String) throws(RecordFault) -> String {
    try bytes.withRawSpan { (span) throws(RecordFault) in
      var reader = WireReader(span)
      return try object(&reader, name, indent: 0)
    }
  }

  private func object(_ reader: inout WireReader, _ name: String, indent: Int) throws(RecordFault) -> String {
    guard let record = schema.record(named: name) else { preconditionFailure("the schema has no record \(name)") }
    var values: [UInt32: [String]] = [:]
    var unknown = UnknownFields()
    while let tag = try reader.nextTag() {
      // Of a union the last arm counts, known or not.
      if record.isUnion { values = [:] }
      guard let field = record.fields.first(where: { $0.number == tag.number }) else {
        try reader.skip(tag, into: &unknown)
        continue
      }
      let own = WireTag(field.number, wireType(field.type))
      if let key = field.mapKey, tag == WireTag(field.number, .delimited) {
        var entry = try reader.readNested()
        let (name, text) = try member(&entry, key, field.type, indent: indent + 2)
        guard values[field.number]?.contains(where: { $0.hasPrefix("\(name):") }) != true else {
          throw RecordFault(path: field.name, "the key \(name) stands twice", "键\(name)重复")
        }
        values[field.number, default: []].append("\(name):\(isPretty ? " " : "")\(text)")
      } else if tag == own, field.mapKey == nil {
        let depth = indent + (field.isList ? 2 : 1)
        let text = try value(&reader, field.type, indent: depth)
        if field.isList { values[field.number, default: []].append(text) } else { values[field.number] = [text] }
      } else if field.isList, isPacked(field.type), tag == WireTag(field.number, .delimited) {
        var elements = try reader.readNested()
        while !elements.isAtEnd {
          values[field.number, default: []].append(try value(&elements, field.type, indent: indent + 2))
        }
      } else {
        try reader.skip(tag, into: &unknown)
      }
    }
    let members = record.fields.sorted { $0.number < $1.number }.compactMap { field -> String? in
      guard let texts = values[field.number] else { return nil }
      if field.shape == .single, texts[0] == Self.defaultText(field.type) { return nil }
      let text =
        switch field.shape {
        case .single, .optional: texts[0]
        case .list: list(texts, "[", "]", indent: indent + 1)
        case .map: list(texts, "{", "}", indent: indent + 1)
        }
      return "\(JSONValue.quoted(field.name.camelCased)):\(isPretty ? " " : "")\(text)"
    }
    return list(members, "{", "}", indent: indent)
  }

  /// An entry of a map; what its bytes leave out is the default.
  private func member(
    _ entry: inout WireReader, _ key: Scalar, _ type: ValueType, indent: Int
  ) throws(RecordFault) -> (name: String, text: String) {
    var name: String?
    var text: String?
    while let tag = try entry.nextTag() {
      switch tag {
      case WireTag(1, wireType(.scalar(key))): name = try value(&entry, key)
      case WireTag(2, wireType(type)): text = try value(&entry, type, indent: indent)
      default:
        throw RecordFault(
          "an entry of a map has a key and a value, and no field \(tag.number)", "映射项仅有键和值，没有字段\(tag.number)")
      }
    }
    let absent = Self.defaultText(.scalar(key))
    guard !Scalar.domain.contains(key) || (name ?? absent) != absent else {
      throw RecordFault("a key is missing", "缺少键")
    }
    let quoted = name ?? absent
    return (quoted.hasPrefix("\"") ? quoted : "\"\(quoted)\"", text ?? Self.defaultText(type))
  }

  /// What the default of a type says.
  private static func defaultText(_ type: ValueType) -> String {
    switch type {
    case .record: return "{}"
    case .enumeration: return "\"UNSPECIFIED\""
    case .scalar(let scalar):
      switch scalar {
      case .bool: return "false"
      case .i32, .u32, .f64: return "0"
      case .i64, .u64, .fen, .gridCode: return "\"0\""
      case .instant: return "\"\(Instant.unset)\""
      case .text, .bytes, .uscc, .hazardNumber, .date, .term: return "\"\""
      }
    }
  }

  private func list(_ items: [String], _ open: String, _ close: String, indent: Int) -> String {
    guard isPretty, !items.isEmpty else { return open + items.joined(separator: ",") + close }
    let inner = "\n" + String(repeating: "  ", count: indent + 1)
    return open + inner + items.joined(separator: ",\(inner)") + "\n" + String(repeating: "  ", count: indent) + close
  }

  private func value(_ reader: inout WireReader, _ type: ValueType, indent: Int) throws(RecordFault) -> String {
    switch type {
    case .record(let name):
      var nested = try reader.readNested()
      return try object(&nested, name, indent: indent)
    case .enumeration(let name):
      let number = Int32(truncatingIfNeeded: try reader.readVarint())
      if number == 0 { return "\"UNSPECIFIED\"" }
      guard let value = schema.enumeration(named: name)?.value(numbered: number) else { return "\(number)" }
      return JSONValue.quoted(value.name.uppercased())
    case .scalar(let scalar): return try value(&reader, scalar)
    }
  }

  private func value(_ reader: inout WireReader, _ scalar: Scalar) throws(RecordFault) -> String {
    switch scalar {
    case .bool: return "\(try Bool(decoding: &reader))"
    case .i32: return "\(try Int32(decoding: &reader))"
    case .u32: return "\(try UInt32(decoding: &reader))"
    case .i64: return "\"\(try Int64(decoding: &reader))\""
    case .u64: return "\"\(try UInt64(decoding: &reader))\""
    case .fen: return "\"\(try Int64(decoding: &reader))\""
    case .f64:
      let value = try Double(decoding: &reader)
      if value.isNaN { return "\"NaN\"" }
      if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
      let isPlain = value == value.rounded() && value.magnitude < 1e15 && !(value == 0 && value.sign == .minus)
      return isPlain ? "\(Int64(value))" : "\(value)"
    case .text: return JSONValue.quoted(try String(decoding: &reader))
    case .bytes: return "\"\(Data(try [UInt8](decoding: &reader)).base64EncodedString())\""
    case .gridCode: return "\"\(try GridCode(decoding: &reader).rawValue)\""
    case .uscc: return JSONValue.quoted("\(try USCC(decoding: &reader))")
    case .hazardNumber: return JSONValue.quoted("\(try HazardNumber(decoding: &reader))")
    case .instant: return JSONValue.quoted("\(try Instant(decoding: &reader))")
    case .date: return JSONValue.quoted("\(try Date(decoding: &reader))")
    case .term:
      let term = try Term(decoding: &reader)
      return term == .unset ? "\"\"" : JSONValue.quoted("\(term)")
    }
  }
}
