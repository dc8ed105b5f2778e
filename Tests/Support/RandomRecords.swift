import Bytes
package import Example
import ProtoJSON
package import Scalars
package import Schema

/// Random encodings of any record of a schema, in canonical form; values lie near the edges of their ranges.
package struct RandomRecords {
  private let schema: Schema

  package init(_ schema: Schema) { self.schema = schema }

  package func encoding(of name: String, _ random: inout SplitMix64, depth: Int = 0) -> [UInt8] {
    var writer = ByteWriter()
    write(name, &random, depth, into: &writer)
    return writer.bytes()
  }

  private func write(_ name: String, _ random: inout SplitMix64, _ depth: Int, into writer: inout ByteWriter) {
    let record = schema.record(named: name)!
    let fields = record.isUnion ? [random.pick(record.fields)] : record.fields.sorted { $0.number < $1.number }
    for field in fields {
      guard random.chance(depth > 3 ? 0.2 : 0.6) else { continue }
      if let key = field.mapKey {
        write(mapFrom: key, field, &random, depth, into: &writer)
        continue
      }
      let count = field.isList ? 1 + Int(random.next() % 3) : 1
      if field.isList, isPacked(field.type) {
        writer.appendVarint(UInt64(WireTag(field.number, .delimited).rawValue))
        writer.delimited { writer in for _ in 0..<count { write(field.type, &random, depth, into: &writer) } }
        continue
      }
      for _ in 0..<count {
        var value = ByteWriter()
        let isDefault = write(field.type, &random, depth, into: &value)
        if isDefault, !field.isOptional, !field.isList { continue }
        writer.appendVarint(UInt64(WireTag(field.number, wireType(field.type)).rawValue))
        value.withSpan { writer.append($0) }
      }
    }
  }

  /// Up to three entries, in the order of their keys.
  private func write(
    mapFrom key: Scalar, _ field: Field, _ random: inout SplitMix64, _ depth: Int, into writer: inout ByteWriter
  ) {
    var entries: [[UInt8]: [UInt8]] = [:]
    for _ in 0...random.next() % 3 {
      var entry = ByteWriter()
      entry.appendVarint(UInt64(WireTag(1, wireType(.scalar(key))).rawValue))
      let start = entry.count
      _ = write(key, &random, into: &entry)
      let order = keyOrder(key, entry.bytes(from: start))
      entry.appendVarint(UInt64(WireTag(2, wireType(field.type)).rawValue))
      write(field.type, &random, depth, into: &entry)
      entries[order] = entry.bytes()
    }
    for (_, entry) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      writer.appendVarint(UInt64(WireTag(field.number, .delimited).rawValue))
      writer.delimited { $0.append(entry) }
    }
  }

  private func wireType(_ type: ValueType) -> WireType {
    switch type {
    case .record: .delimited
    case .enumeration: .varint
    case .scalar(let scalar):
      switch scalar {
      case .bool, .i32, .i64, .u32, .u64, .fen: .varint
      case .f64, .gridCode: .fixed64
      default: .delimited
      }
    }
  }

  private func isPacked(_ type: ValueType) -> Bool { wireType(type) != .delimited }

  /// Writes a value; answers whether it is the type's default.
  @discardableResult
  private func write(_ type: ValueType, _ random: inout SplitMix64, _ depth: Int, into writer: inout ByteWriter) -> Bool
  {
    switch type {
    case .record(let name):
      let nested = encoding(of: name, &random, depth: depth + 1)
      writer.appendVarint(UInt64(nested.count))
      writer.append(nested)
      return nested.isEmpty
    case .enumeration(let name):
      let values = schema.enumeration(named: name)!.values.map(\.number)
      // Now and then a number that only a newer version knows.
      let number = random.chance(0.1) ? Int32(random.next() % 65_535) + 1 : random.pick(values)
      writer.appendVarint(UInt64(number))
      return false
    case .scalar(let scalar): return write(scalar, &random, into: &writer)
    }
  }

  /// An integer whose bit width is drawn first: small, large and extreme ones are all likely.
  private func edge(_ random: inout SplitMix64) -> UInt64 {
    let width = random.next() % 65
    if width == 0 { return 0 }
    let value = random.next() >> (64 - width)
    return random.chance(0.2) ? UInt64.max >> (64 - width) : value
  }

  private func write(_ scalar: Scalar, _ random: inout SplitMix64, into writer: inout ByteWriter) -> Bool {
    func put(_ value: some WireValue) -> Bool {
      value.encode(into: &writer)
      return value.isAbsent
    }
    switch scalar {
    case .bool: return put(random.chance(0.5))
    case .i32: return put(Int32(truncatingIfNeeded: edge(&random)))
    case .i64: return put(Int64(bitPattern: edge(&random)))
    case .u32: return put(UInt32(truncatingIfNeeded: edge(&random)))
    case .u64: return put(edge(&random))
    case .f64:
      return put(random.chance(0.5) ? random.normal(mean: 0, deviation: 1e3) : Double(bitPattern: edge(&random)))
    case .text: return put(text(&random))
    case .bytes: return put((0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    case .gridCode: return put(gridCode(&random))
    case .uscc: return put(USCC("91\(421_222)MA\(1_000_000 + random.next() % 8_999_999)\(random.next() % 10)")!)
    case .hazardNumber:
      return put(
        HazardNumber(
          grid: gridCode(&random), date: Date(day: Int32(random.next() % 40_000)),
          sequence: 1 + UInt32(random.next() % 99_999)))
    case .instant:
      return put(Instant(millisecondsSince1970: Int64(random.next() % 253_000_000_000_000) - 60_000_000_000_000))
    case .date: return put(Date(day: Int32(random.next() % 2_000_000) - 700_000))
    case .fen: return put(Fen(Int64(bitPattern: edge(&random))))
    case .term:
      let unit = random.pick(Term.Unit.allCases)
      return put(Term(1 + UInt32(random.next() % UInt64(Term.countMax(unit))), unit))
    }
  }

  private func text(_ random: inout SplitMix64) -> String {
    let pool = Array("abcXYZ 0129_-.,\"\\\n\t{}网格隐患安全生产𡐓é\u{1f525}\u{e000}")
    return String((0..<Int(random.next() % 12)).map { _ in random.pick(pool) })
  }

  package func gridCode(_ random: inout SplitMix64) -> GridCode {
    let county = 110_000 + random.next() % 710_000
    let depth = random.next() % 4
    let township = depth > 0 ? 1 + random.next() % 999 : 0
    let village = depth > 1 ? 1 + random.next() % 999 : 0
    let cell = depth > 2 ? 1 + random.next() % 999 : 0
    return GridCode(unchecked: ((county * 1000 + township) * 1000 + village) * 1000 + cell)
  }
}
