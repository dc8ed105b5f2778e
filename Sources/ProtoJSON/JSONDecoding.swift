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
      guard let field = record.fields.first(where: { $0.number == tag.number }) else {
        try reader.skip(tag, into: &unknown)
        continue
      }
      let own = WireTag(field.number, wireType(field.type))
      if tag == own {
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
      let text = field.isList ? list(texts, "[", "]", indent: indent + 1) : texts[0]
      return "\(JSONValue.quoted(field.name.camelCased)):\(isPretty ? " " : "")\(text)"
    }
    return list(members, "{", "}", indent: indent)
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
      return value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
    case .text: return JSONValue.quoted(try String(decoding: &reader))
    case .bytes: return "\"\(Data(try [UInt8](decoding: &reader)).base64EncodedString())\""
    case .gridCode: return "\"\(try GridCode(decoding: &reader).rawValue)\""
    case .uscc: return JSONValue.quoted("\(try USCC(decoding: &reader))")
    case .hazardNumber: return JSONValue.quoted("\(try HazardNumber(decoding: &reader))")
    case .instant: return JSONValue.quoted("\(try Instant(decoding: &reader))")
    case .date: return JSONValue.quoted("\(try Date(decoding: &reader))")
    case .term: return JSONValue.quoted("\(try Term(decoding: &reader))")
    }
  }
}
