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

  /// The canonical encoding of the record `name` that `node` describes; throws the first fault.
  package func encode(_ node: JSONNode, as name: String) throws(JSONFault) -> [UInt8] {
    let (bytes, faults) = read(node, as: name)
    if let fault = faults.first { throw fault }
    return bytes
  }

  /// The encoding of what can be taken of a node, and what is wrong with the rest, in the order of the text.
  package func read(_ node: JSONNode, as name: String) -> (bytes: [UInt8], faults: [JSONFault]) {
    var writer = ByteWriter(capacity: 256)
    var faults: [JSONFault] = []
    encode(node, as: name, path: "", into: &writer, &faults)
    return (writer.bytes(), faults.sorted { $0.place < $1.place })
  }

  private func fault(_ node: JSONNode, _ path: String, _ reason: String, _ chinese: String) -> JSONFault {
    JSONFault(place: node.place, path: path, reason, chinese)
  }

  private func encode(
    _ node: JSONNode, as name: String, path: String, into writer: inout ByteWriter, _ faults: inout [JSONFault]
  ) {
    guard let record = schema.record(named: name) else { preconditionFailure("the schema has no record \(name)") }
    guard case .object(let members) = node.value else {
      return faults.append(fault(node, path, "an object is needed here", "此处须为对象"))
    }
    var values: [UInt32: (field: Field, node: JSONNode)] = [:]
    for member in members {
      func refuse(_ reason: String, _ chinese: String) {
        faults.append(JSONFault(place: member.place, path: path, reason, chinese))
      }
      guard let field = record.field(keyed: member.key) else {
        let advice = record.advice(insteadOf: member.key)
        refuse(
          "\(name) has no field \"\(member.key)\"\(advice.english)", "\(name)没有字段“\(member.key)”\(advice.chinese)")
        continue
      }
      guard values[field.number] == nil else {
        refuse("the field \"\(member.key)\" stands twice", "字段“\(member.key)”重复")
        continue
      }
      if case .null = member.node.value { continue }
      values[field.number] = (field, member.node)
    }
    if record.isUnion, values.count > 1 {
      let names = values.values.map(\.field.name.camelCased).sorted()
      return faults.append(
        fault(
          node, path, "\(name) takes one of \(names.joined(separator: " and ")), not both",
          "\(name)只能有\(names.joined(separator: "、"))之一"))
    }
    for (_, entry) in values.sorted(by: { $0.key < $1.key }) {
      let inner = path.isEmpty ? entry.field.name : "\(path).\(entry.field.name)"
      encode(entry.node, entry.field, path: inner, into: &writer, &faults)
    }
  }

  private func encode(
    _ node: JSONNode, _ field: Field, path: String, into writer: inout ByteWriter, _ faults: inout [JSONFault]
  ) {
    if let key = field.mapKey { return encode(node, mapFrom: key, field, path: path, into: &writer, &faults) }
    guard field.isList else {
      var value = ByteWriter()
      // A field without presence is left out when it has its default.
      if let isDefault = encode(node, field.type, path: path, into: &value, &faults), field.isOptional || !isDefault {
        append(value, field, to: &writer)
      }
      return
    }
    guard case .array(let elements) = node.value else {
      return faults.append(fault(node, path, "a list is needed here", "此处须为列表"))
    }
    var packed = ByteWriter()
    for (index, element) in elements.enumerated() {
      var value = ByteWriter()
      guard encode(element, field.type, path: "\(path)[\(index)]", into: &value, &faults) != nil else { continue }
      if isPacked(field.type) { value.withSpan { packed.append($0) } } else { append(value, field, to: &writer) }
    }
    guard packed.count > 0 else { return }
    writer.appendVarint(UInt64(WireTag(field.number, .delimited).rawValue))
    writer.delimited { writer in packed.withSpan { writer.append($0) } }
  }

  /// Keys of objects are strings, whatever the map's keys are.
  private func encode(
    _ node: JSONNode, mapFrom key: Scalar, _ field: Field, path: String, into writer: inout ByteWriter,
    _ faults: inout [JSONFault]
  ) {
    guard case .object(let members) = node.value else {
      return faults.append(fault(node, path, "an object is needed here", "此处须为对象"))
    }
    var entries: [(order: [UInt8], bytes: [UInt8])] = []
    for member in members {
      let inner = "\(path).\(member.key)"
      let name = JSONNode(.string(member.key), member.place)
      var entry = ByteWriter()
      entry.appendVarint(UInt64(WireTag(1, wireType(.scalar(key))).rawValue))
      let start = entry.count
      guard let isDefault = encode(name, .scalar(key), path: inner, into: &entry, &faults) else { continue }
      guard !isDefault || !Scalar.domain.contains(key) else {
        faults.append(fault(name, path, "a key is missing", "缺少键"))
        continue
      }
      let order = keyOrder(key, entry.bytes(from: start))
      guard !entries.contains(where: { $0.order == order }) else {
        faults.append(fault(name, path, "the key \(member.key) stands twice", "键\(member.key)重复"))
        continue
      }
      entry.appendVarint(UInt64(WireTag(2, wireType(field.type)).rawValue))
      guard encode(member.node, field.type, path: inner, into: &entry, &faults) != nil else { continue }
      entries.append((order, entry.bytes()))
    }
    for entry in entries.sorted(by: { $0.order.lexicographicallyPrecedes($1.order) }) {
      writer.appendVarint(UInt64(WireTag(field.number, .delimited).rawValue))
      writer.delimited { $0.append(entry.bytes) }
    }
  }

  private func append(_ value: borrowing ByteWriter, _ field: Field, to writer: inout ByteWriter) {
    writer.appendVarint(UInt64(WireTag(field.number, wireType(field.type)).rawValue))
    value.withSpan { writer.append($0) }
  }

  /// Writes the value without its tag; answers whether it is the type's default, or nothing when it cannot be taken.
  private func encode(
    _ node: JSONNode, _ type: ValueType, path: String, into writer: inout ByteWriter, _ faults: inout [JSONFault]
  ) -> Bool? {
    do throws(JSONFault) {
      switch type {
      case .record(let name):
        var nested = ByteWriter()
        encode(node, as: name, path: path, into: &nested, &faults)
        writer.delimited { writer in nested.withSpan { writer.append($0) } }
        return nested.count == 0
      case .enumeration(let name):
        let number = try enumNumber(node, name, path)
        writer.appendVarint(UInt64(bitPattern: Int64(number)))
        return number == 0
      case .scalar(let scalar):
        return try encode(node, scalar, path: path, into: &writer)
      }
    } catch {
      faults.append(error)
      return nil
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
      if let value = enumeration.values.first(where: { $0.heading.answers(to: wanted) || $0.label.chinese == text }) {
        return value.number
      }
    default: break
    }
    let known = enumeration.values.map { $0.name.uppercased() }
    let advice: (english: String, chinese: String) =
      if case .string(let text) = node.value { advice(instead: text, known) } else { ("", "") }
    throw fault(
      node, path, "one of \(known.joined(separator: ", ")) is needed here\(advice.english)",
      "此处须为\(known.joined(separator: "、"))之一\(advice.chinese)")
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
        if let float = decimal(text), let value = Number(exactly: float), float.magnitude < 9e15 { return value }
        throw fault(
          node, path, "\(text) is no whole number from \(Number.min) to \(Number.max)",
          "\(text)不是\(Number.min)至\(Number.max)的整数")
      default: throw fault(node, path, "a whole number is needed here", "此处须为整数")
      }
    }
    // What Swift reads besides (hexadecimal digits, "inf") is no JSON.
    func decimal(_ text: String) -> Double? {
      text.utf8.allSatisfy("0123456789+-.eE".utf8.contains) ? Double(text) : nil
    }
    func text() throws(JSONFault) -> String {
      guard case .string(let text) = node.value else { throw fault(node, path, "a string is needed here", "此处须为字符串") }
      return text
    }
    func parsed<Value: WireValue>(_ parse: (String) throws(RecordFault) -> Value) throws(JSONFault) -> Bool {
      let text = try text()
      if text.isEmpty { return put(Value.absent) }
      do throws(RecordFault) { return put(try parse(text)) } catch {
        throw fault(node, path, error.reason, error.chinese)
      }
    }
    switch scalar {
    case .bool:
      guard case .bool(let value) = node.value else {
        throw fault(node, path, "true or false is needed here", "此处须为true或false")
      }
      return put(value)
    case .i32: return put(try integer(Int32.self))
    case .i64: return put(try integer(Int64.self))
    case .u32: return put(try integer(UInt32.self))
    case .u64: return put(try integer(UInt64.self))
    case .fen: return put(Fen(try integer(Int64.self)))
    case .f64:
      switch node.value {
      case .number(let text), .string(let text):
        let named = ["NaN": Double.nan, "Infinity": .infinity, "-Infinity": -.infinity]
        if let value = decimal(text) ?? named[text] { return put(value) }
        throw fault(node, path, "\(text) is no number", "\(text)不是数字")
      default: throw fault(node, path, "a number is needed here", "此处须为数字")
      }
    case .text: return put(try text())
    case .bytes:
      let standard = String(try text().map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
      let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
      guard let data = Data(base64Encoded: padded) else {
        throw fault(node, path, "base64 is needed here", "此处须为base64")
      }
      return put([UInt8](data))
    case .gridCode:
      func code(_ text: String) throws(RecordFault) -> GridCode { text == "0" ? .unset : try GridCode(parsing: text) }
      guard case .number(let text) = node.value else { return try parsed(code) }
      do throws(RecordFault) { return put(try code(text)) } catch {
        throw fault(node, path, error.reason, error.chinese)
      }
    case .uscc: return try parsed { (text) throws(RecordFault) in try USCC(parsing: text) }
    case .hazardNumber: return try parsed { (text) throws(RecordFault) in try HazardNumber(parsing: text) }
    case .instant: return try parsed { (text) throws(RecordFault) in try Instant(parsing: text) }
    case .date: return try parsed { (text) throws(RecordFault) in try Date(parsing: text) }
    case .term: return try parsed { (text) throws(RecordFault) in try Term(parsing: text) }
    }
  }
}

/// Bytes that order as keys of maps do, from the key's encoding.
package func keyOrder(_ scalar: Scalar, _ bytes: [UInt8]) -> [UInt8] {
  func order<Key: MapKey>(_ type: Key.Type) -> [UInt8] {
    bytes.withRawSpan { span in
      var reader = WireReader(span)
      var writer = ByteWriter()
      guard let key = try? Key(decoding: &reader) else { preconditionFailure("a key that was written does not parse") }
      key.encodeKey(into: &writer)
      return writer.bytes()
    }
  }
  return switch scalar {
  case .i32: order(Int32.self)
  case .i64: order(Int64.self)
  case .u32: order(UInt32.self)
  case .u64: order(UInt64.self)
  case .text: order(String.self)
  case .gridCode: order(GridCode.self)
  case .uscc: order(USCC.self)
  case .hazardNumber: order(HazardNumber.self)
  case .date: order(Date.self)
  case .bool, .f64, .bytes, .instant, .fen, .term: preconditionFailure("\(scalar.rawValue) is no key of a map")
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

extension RecordDeclaration {
  /// The field that somebody may have meant, or all that there are.
  fileprivate func advice(insteadOf key: String) -> (english: String, chinese: String) {
    let known = fields.map(\.name.camelCased)
    let near = ProtoJSON.advice(instead: key, known)
    guard near.english.isEmpty else { return near }
    return known.isEmpty
      ? ("; it has none", "；没有任何字段")
      : ("; it has \(known.joined(separator: ", "))", "；字段有\(known.joined(separator: "、"))")
  }
}

/// The known name that somebody may have meant; empty when none is near.
private func advice(instead name: String, _ known: [String]) -> (english: String, chinese: String) {
  nearest(to: name, known).map { ("; did you mean \($0)?", "；是否应为\($0)？") } ?? ("", "")
}
