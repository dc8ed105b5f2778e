/// Tables: every component of a key has an order, and no key is longer than LMDB takes.
extension Checker {
  mutating func check(_ table: TableDeclaration) {
    unique(table.indexes.map(\.heading), "index")
    unique(table.indexes.map { ($0.heading, $0.number) }, "index number")
    unique(table.aggregates.map(\.heading), "aggregate")
    unique(table.aggregates.map { ($0.heading, $0.number) }, "aggregate number")
    requireRecord(table.record, at: table.heading)
    guard let record = schema.record(named: table.record) else { return }
    let keyBytes = check(table.key, of: record, at: table.heading, isPrimary: true)
    for index in table.indexes {
      let own = check(index.parts, of: record, at: index.heading, isPrimary: false)
      limit(own + (index.isUnique ? 0 : keyBytes), at: index.heading)
    }
    for aggregate in table.aggregates {
      limit(check(aggregate.parts, of: record, at: aggregate.heading, isPrimary: false), at: aggregate.heading)
    }
    limit(keyBytes, at: table.heading)
  }

  private mutating func limit(_ bytes: Int, at heading: Heading) {
    if bytes > Self.keyBytesMax {
      fail(
        heading,
        "a key of \(heading.name) can take \(bytes) bytes; LMDB allows \(Self.keyBytesMax): "
          + "take out a field, or lower its @length")
    }
  }

  /// Checks the components and answers the most bytes that they can take.
  private mutating func check(
    _ parts: [KeyPart], of record: RecordDeclaration, at heading: Heading, isPrimary: Bool
  ) -> Int {
    var bytes = 0
    if parts.count(where: { $0.form?.isMany ?? false }) > 1 {
      fail(heading, "one component of a key at most stands for several entries; remove one of \(Self.forms)")
    }
    if Set(parts.map(\.field)).count < parts.count { fail(heading, "a field stands twice in the key; remove one") }
    for part in parts {
      guard let field = record.fields.first(where: { $0.name == part.field }) else {
        fail(
          heading,
          "\(record.name) has no field \(part.field); declare it\(didYouMean(part.field, record.fields.map(\.name)))")
        continue
      }
      if field.isMany, part.form != .each {
        let advice = field.isList ? "write each(\(part.field))" : "remove \(part.field)"
        fail(heading, "a \(field.isList ? "list" : "map") cannot stand in a key: \(advice)")
      }
      if isPrimary, field.isOptional {
        fail(heading, "a field of the primary key cannot be optional: remove the ? of \(part.field)")
      }
      if let form = part.form, isPrimary || !Self.fits(form, field) {
        fail(heading, "\(form)(…) takes \(Self.what(form)) of an index or aggregate; write \(part.field) alone")
      }
      if part.form == .pairs {
        bytes += Self.pairBytes
      } else if part.form == .has {
        bytes += 1
      } else if let size = Self.keyBytes(of: field) {
        bytes += size
      } else {
        fail(
          heading,
          "\(part.field) cannot stand in a key: its type has no order, or no fixed length; choose another field")
      }
    }
    return bytes
  }

  private static let forms = KeyPart.Form.allCases.filter(\.isMany).map { "\($0)(…)" }.joined(separator: ", ")

  private static func fits(_ form: KeyPart.Form, _ field: Field) -> Bool {
    switch form {
    case .subtree: field.type == .scalar(.gridCode)
    case .each: field.isList
    case .pairs: field.type == .scalar(.text) && !field.isMany
    case .has: field.isOptional || field.isWholeNumber
    }
  }

  private static func what(_ form: KeyPart.Form) -> String {
    switch form {
    case .subtree: "one GridCode"
    case .each: "a list"
    case .pairs: "a text"
    case .has: "an optional field or a whole number"
    }
  }

  /// Two characters, three bytes each.
  private static let pairBytes = 6

  private static func keyBytes(of field: Field) -> Int? {
    switch field.type {
    case .record: return nil
    case .enumeration: return 2
    case .scalar(let scalar):
      switch scalar {
      case .bool: return 1
      case .i32, .u32, .date: return 4
      case .i64, .u64, .gridCode, .instant: return 8
      case .hazardNumber: return 16
      case .uscc: return 18
      // UTF-8 takes up to four bytes a character; a zero byte ends it.
      case .text: return field.limits.length.map { Int($0.upperBound) * 4 + 1 }
      case .bytes:
        guard let length = field.limits.length, length.lowerBound == length.upperBound else { return nil }
        return Int(length.upperBound)
      case .f64, .fen, .term: return nil
      }
    }
  }
}

extension Field {
  fileprivate var isWholeNumber: Bool {
    guard case .scalar(let scalar) = type else { return false }
    return scalar.isInteger && !isMany
  }
}
