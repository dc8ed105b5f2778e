/// Records as bytes and as JSON, so that a client in any language can be held against them.
///
/// Of each record: empty; each field alone, at values near the edges of its type; and all fields at once. The limits of
/// the IDL are left aside: they are for requests, and these are about form.
package struct Vectors {
  private let schema: Schema

  package init(_ schema: Schema) { self.schema = schema }

  package struct Vector: Sendable {
    package let name: String
    package let record: String
    package let bytes: [UInt8]
    package let json: JSONValue
  }

  package var all: [Vector] {
    (schema.records + schema.errors.map(\.record)).flatMap { record in
      let fields = record.fields.sorted { $0.number < $1.number }
      let single = fields.flatMap { field in
        samples(of: field, depth: 0).enumerated().map { index, sample in
          Vector(
            name: "\(record.name).\(field.name) \(index + 1)", record: record.name, bytes: sample.bytes,
            json: .object([.init(key: field.name.camelCased, value: sample.json)]))
        }
      }
      let whole = full(record, depth: 0)
      return [Vector(name: "\(record.name) empty", record: record.name, bytes: [], json: .object([]))] + single
        + (fields.isEmpty
          ? [] : [Vector(name: "\(record.name) full", record: record.name, bytes: whole.bytes, json: whole.json)])
    }
  }

  package var json: JSONValue {
    let vectors = all.map { vector in
      JSONValue.members(
        ("name", .string(vector.name)), ("record", .string(vector.record)), ("hex", .string(Self.hex(vector.bytes))),
        ("json", vector.json))
    }
    return .members(("package", .string(schema.package)), ("vectors", .array(vectors)))
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  // MARK: Samples

  private struct Sample {
    let bytes: [UInt8]
    let json: JSONValue
  }

  /// Records inside records are cut off here.
  private static let depthMax = 3

  private func full(_ record: RecordDeclaration, depth: Int) -> Sample {
    var bytes: [UInt8] = []
    var members: [JSONValue.Member] = []
    for field in record.fields.sorted(by: { $0.number < $1.number }) {
      guard let sample = samples(of: field, depth: depth).first else { continue }
      bytes += sample.bytes
      members.append(.init(key: field.name.camelCased, value: sample.json))
      if record.isUnion { break }
    }
    return Sample(bytes: bytes, json: .object(members))
  }

  /// The field with its tag.
  private func samples(of field: Field, depth: Int) -> [Sample] {
    let wireType = field.type.wireType
    let values = values(of: field.type, depth: depth)
    let defaults = field.isOptional || field.isList ? self.defaults(of: field.type) : []
    if let key = field.mapKey { return map(field, key, values + self.defaults(of: field.type)) }
    if field.isList {
      let all = values + defaults
      guard !all.isEmpty else { return [] }
      let json = JSONValue.array(all.map(\.json))
      let own = tag(field.number, wireType)
      if wireType == 2 { return [Sample(bytes: all.flatMap { own + $0.bytes }, json: json)] }
      return [Sample(bytes: tag(field.number, 2) + delimited(all.flatMap(\.bytes)), json: json)]
    }
    return (values + defaults).map { Sample(bytes: tag(field.number, wireType) + $0.bytes, json: $0.json) }
  }

  /// As many entries as there are keys to try, in their order.
  private func map(_ field: Field, _ key: Scalar, _ values: [Sample]) -> [Sample] {
    guard !values.isEmpty else { return [] }
    let entries = keys(key).enumerated().map { index, key in (key: key, value: values[index % values.count]) }
    let bytes = entries.flatMap { entry in
      tag(field.number, 2)
        + delimited(
          tag(1, ValueType.scalar(key).wireType) + entry.key.bytes + tag(2, field.type.wireType) + entry.value.bytes)
    }
    let members = entries.map { entry -> JSONValue.Member in
      if case .string(let text) = entry.key.json { return .init(key: text, value: entry.value.json) }
      return .init(key: entry.key.json.line, value: entry.value.json)
    }
    return [Sample(bytes: bytes, json: .object(members))]
  }

  /// Samples of the type, ascending.
  private func keys(_ scalar: Scalar) -> [Sample] {
    func texts(_ texts: String...) -> [Sample] {
      texts.map { Sample(bytes: delimited(Array($0.utf8)), json: .string($0)) }
    }
    func numbers(_ values: [Int64], _ bytes: (Int64) -> [UInt8]) -> [Sample] {
      values.map { Sample(bytes: bytes($0), json: .integer($0)) }
    }
    switch scalar {
    case .i32, .i64: return numbers([-64, -1, 0, 1, 300]) { varint(UInt64(bitPattern: $0 << 1 ^ $0 >> 63)) }
    case .u32, .u64: return numbers([0, 1, 127, 300]) { varint(UInt64($0)) }
    case .text: return texts("", "a", "ab", "b", "堵", "𡐓")
    case .gridCode:
      return [110_000_000_000_000, 421_222_100_001_001].map { Sample(bytes: fixed($0), json: .string("\($0)")) }
    case .uscc: return texts("91421222MA40006370", "91421222MA40006371")
    case .hazardNumber: return texts("4212221000010012026030200001", "4212221000010012026030200002")
    case .date: return texts("0001-01-01", "1969-12-31", "2026-03-02")
    case .bool, .f64, .bytes, .instant, .fen, .term: preconditionFailure("\(scalar.rawValue) is no key of a map")
    }
  }

  private func tag(_ number: UInt32, _ wireType: UInt32) -> [UInt8] { varint(UInt64(number << 3 | wireType)) }

  /// None of them the default of the type.
  private func values(of type: ValueType, depth: Int) -> [Sample] {
    switch type {
    case .record(let name):
      guard depth < Self.depthMax, let record = schema.record(named: name), !record.fields.isEmpty else { return [] }
      let inner = full(record, depth: depth + 1)
      return inner.bytes.isEmpty ? [] : [Sample(bytes: delimited(inner.bytes), json: inner.json)]
    case .enumeration(let name):
      let values = schema.enumeration(named: name)?.values ?? []
      let known = values.map { Sample(bytes: varint(UInt64($0.number)), json: .string($0.name.uppercased())) }
      let unknown = (1...65_535).last { number in !values.contains { Int($0.number) == number } } ?? 65_535
      return known + [Sample(bytes: varint(UInt64(unknown)), json: .integer(Int64(unknown)))]
    case .scalar(let scalar): return values(of: scalar)
    }
  }

  private func values(of scalar: Scalar) -> [Sample] {
    func texts(_ texts: String...) -> [Sample] {
      texts.map { Sample(bytes: delimited(Array($0.utf8)), json: .string($0)) }
    }
    func signed(_ values: [Int64], _ json: (Int64) -> JSONValue) -> [Sample] {
      values.map { Sample(bytes: varint(UInt64(bitPattern: $0 << 1 ^ $0 >> 63)), json: json($0)) }
    }
    func unsigned(_ values: [UInt64], _ json: (UInt64) -> JSONValue) -> [Sample] {
      values.map { Sample(bytes: varint($0), json: json($0)) }
    }
    switch scalar {
    case .bool: return [Sample(bytes: [1], json: .bool(true))]
    case .i32: return signed([1, -1, 63, -64, 64, Int64(Int32.max), Int64(Int32.min)]) { .integer($0) }
    case .i64, .fen: return signed([1, -1, 64, Int64(Int32.min), .max, .min]) { .string("\($0)") }
    case .u32: return unsigned([1, 127, 128, 300, UInt64(UInt32.max)]) { .integer(Int64($0)) }
    case .u64: return unsigned([1, 127, 128, 1 << 32, 1 << 53 + 1, .max]) { .string("\($0)") }
    case .f64:
      return [1, -180, 90].map { Sample(bytes: fixed(Double($0).bitPattern), json: .integer($0)) }
    case .text: return texts("堵塞", "a", "\"\\\n\t", "𡐓 é 🔥", String(repeating: "长", count: 50))
    case .bytes:
      return [
        Sample(bytes: delimited([0xfb, 0xff, 0x00]), json: .string("+/8A")),
        Sample(bytes: delimited([0x01]), json: .string("AQ==")),
      ]
    case .gridCode:
      return [421_222_100_001_001, 110_000_000_000_000].map {
        Sample(bytes: fixed($0), json: .string("\($0)"))
      }
    case .uscc: return texts("91421222MA40006370")
    case .hazardNumber: return texts("4212221000010012026030200001")
    case .instant:
      return [
        Sample(bytes: delimited([8] + varint(1_772_411_400)), json: .string("2026-03-02T00:30:00Z")),
        Sample(
          bytes: delimited([8] + varint(UInt64(bitPattern: -1)) + [16] + varint(999_000_000)),
          json: .string("1969-12-31T23:59:59.999Z")),
      ]
    case .date: return texts("2026-03-02", "0001-01-01", "9999-12-31")
    case .term: return texts("5wd", "24h", "1y")
    }
  }

  /// What only a field with presence, or a list, can hold.
  private func defaults(of type: ValueType) -> [Sample] {
    switch type {
    case .record: return [Sample(bytes: [0], json: .object([]))]
    case .enumeration: return []
    case .scalar(let scalar):
      switch scalar {
      case .bool: return [Sample(bytes: [0], json: .bool(false))]
      case .i32, .u32: return [Sample(bytes: [0], json: .integer(0))]
      case .i64, .u64, .fen: return [Sample(bytes: [0], json: .string("0"))]
      case .f64: return [Sample(bytes: fixed(0), json: .integer(0))]
      case .text, .bytes: return [Sample(bytes: [0], json: .string(""))]
      case .gridCode, .uscc, .hazardNumber, .instant, .date, .term: return []
      }
    }
  }

  // MARK: Bytes

  private func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest > 127 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private func delimited(_ bytes: [UInt8]) -> [UInt8] { varint(UInt64(bytes.count)) + bytes }

  private func fixed(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}

extension ValueType {
  /// Protobuf's number for how values are delimited.
  var wireType: UInt32 {
    switch self {
    case .record: 2
    case .enumeration: 0
    case .scalar(let scalar):
      switch scalar {
      case .bool, .i32, .i64, .u32, .u64, .fen: 0
      case .f64, .gridCode: 1
      case .text, .bytes, .uscc, .hazardNumber, .instant, .date, .term: 2
      }
    }
  }
}
