extension SwiftEmitter {
  static func tableName(_ table: TableDeclaration) -> String { table.name.capitalCased + "Table" }

  static func indexName(_ table: TableDeclaration, _ index: IndexDeclaration) -> String {
    table.name.capitalCased + index.name.capitalCased + "Index"
  }

  static func aggregateName(_ table: TableDeclaration, _ aggregate: AggregateDeclaration) -> String {
    table.name.capitalCased + aggregate.name.capitalCased
  }

  /// Key codecs, and what follows from a record: its entries in indexes and its groups in aggregates.
  func tables() -> String {
    file(imports: ["package import Bytes", "package import Scalars"]) { code in
      for table in schema.tables { emit(table, into: &code) }
      code.line()
      code.line("/// Every table of the store.")
      code.block("package enum AllTables {") { code in
        let names = schema.tables.map { Self.tableName($0) + ".self" }
        code.block("package static let types: [any Table.Type] = [", closing: "]") { code in
          for name in names { code.line("\(name),") }
        }
        code.line("package static let byNumber: [UInt32: any Table.Type] = .init(")
        code.line("  uniqueKeysWithValues: types.map { ($0.number, $0) })")
      }
      code.line()
      code.line("/// Every record, by its name.")
      code.block("package enum AllRecords {") { code in
        code.block("package static let types: [String: any CheckedRecord.Type] = [", closing: "]") { code in
          for record in schema.records + schema.errors.map(\.record) {
            code.line("\"\(record.name)\": \(record.name).self,")
          }
        }
      }
    }
  }

  private func emitDescription(
    _ number: UInt32, _ name: String, _ parts: [KeyPart], isUnique: Bool, into code: inout CodeWriter
  ) {
    let text = parts.map { part in part.field + (part.form.map { " \($0)" } ?? "") }.joined(separator: ", ")
    code.line(
      ".init(number: \(number), name: \"\(name)\", isUnique: \(isUnique), definition: \"\(isUnique ? "unique " : "")\(text)\"),"
    )
  }

  private func emit(_ table: TableDeclaration, into code: inout CodeWriter) {
    let record = schema.record(named: table.record)!
    let name = Self.tableName(table)
    code.line()
    code.documentation(table.heading.explanation)
    code.block("package enum \(name): Table {") { code in
      code.line("package typealias Record = \(record.name)")
      emitKey("Key", table.key, of: record, tail: nil, into: &code)
      emitPrefixes(table.key, of: record, into: &code)
      code.line()
      code.line("package static let number: UInt32 = \(table.number)")
      code.line("package static let name = \"\(table.name)\"")
      emitGridFields(of: record, into: &code)
      code.block("package static let indexes: [DerivedDescription] = [", closing: "]") { code in
        for index in table.indexes {
          emitDescription(index.number, index.name, index.parts, isUnique: index.isUnique, into: &code)
        }
      }
      code.block("package static let aggregates: [DerivedDescription] = [", closing: "]") { code in
        for aggregate in table.aggregates {
          emitDescription(aggregate.number, aggregate.name, aggregate.parts, isUnique: true, into: &code)
        }
      }
      code.line()
      let arguments = table.key.map { "\($0.field.camelCased): record.\($0.field.camelCased)" }.joined(separator: ", ")
      code.line("package static func key(of record: \(record.name)) -> Key { Key(\(arguments)) }")
      code.line()
      emitDerived(
        "deriveIndexKeys", table.indexes.map { ($0.parts, $0.isUnique ? [] : table.key) }, record, into: &code)
      code.line()
      emitDerived("deriveAggregateKeys", table.aggregates.map { ($0.parts, []) }, record, into: &code)
    }
    for (position, index) in table.indexes.enumerated() {
      code.line()
      code.documentation(index.heading.explanation)
      code.block("package enum \(Self.indexName(table, index)): \(index.isUnique ? "UniqueIndex" : "OrderedIndex") {") {
        code in
        code.line("package typealias Base = \(name)")
        code.line("package static let position = \(position)")
        emitKey("Key", index.parts, of: record, tail: index.isUnique ? nil : name, into: &code)
        emitPrefixes(index.parts, of: record, into: &code)
      }
    }
    for (position, aggregate) in table.aggregates.enumerated() {
      code.line()
      code.documentation(aggregate.heading.explanation)
      code.block("package enum \(Self.aggregateName(table, aggregate)): Aggregate {") { code in
        code.line("package typealias Base = \(name)")
        code.line("package static let position = \(position)")
        emitKey("Key", aggregate.parts, of: record, tail: nil, into: &code)
        emitPrefixes(aggregate.parts, of: record, into: &code)
      }
    }
  }

  static func gridFieldName(_ field: Field) -> String { field.name.camelCased + "Field" }

  /// Numbers of the fields in which a grid always stands: such a field is found without decoding the record.
  private func emitGridFields(of record: RecordDeclaration, into code: inout CodeWriter) {
    for field in record.fields where field.type == .scalar(.gridCode) && !field.isOptional && !field.isList {
      code.line("package static let \(Self.gridFieldName(field)): UInt32 = \(field.number)")
    }
  }

  private func field(_ part: KeyPart, of record: RecordDeclaration) -> Field {
    record.fields.first { $0.name == part.field }!
  }

  /// The type of what stands in the key.
  private func keyType(_ part: KeyPart, of record: RecordDeclaration) -> String {
    switch part.form {
    case .pairs: "CharacterPair"
    case .has: "Bool"
    case .subtree, .each, nil: swiftType(field(part, of: record).type)
    }
  }

  private func encode(_ value: String, _ part: KeyPart, _ field: Field) -> String {
    part.form == nil && field.type == .scalar(.bytes)
      ? "writer.append(\(value))" : "\(value).encodeKey(into: &writer)"
  }

  /// A struct of the components; with `tail`, the primary key follows them.
  private func emitKey(
    _ name: String, _ parts: [KeyPart], of record: RecordDeclaration, tail: String?, into code: inout CodeWriter
  ) {
    let fields = parts.map { field($0, of: record) }
    let names = parts.map { Self.escaped($0.field.camelCased) }
    code.block("package struct \(name): TableKey {") { code in
      for (part, name) in zip(parts, names) { code.line("package var \(name): \(keyType(part, of: record))") }
      if let tail { code.line("package var key: \(tail).Key") }
      code.line()
      var parameters = parts.map { "\($0.field.camelCased): \(keyType($0, of: record))" }
      if let tail { parameters.append("key: \(tail).Key") }
      code.block("package init(\(parameters.joined(separator: ", "))) {") { code in
        for name in names { code.line("self.\(name) = \(name)") }
        if tail != nil { code.line("self.key = key") }
      }
      code.line()
      code.block("package init(decodingKey reader: inout KeyReader) throws(RecordFault) {") { code in
        for ((part, name), field) in zip(zip(parts, names), fields) {
          if part.form == nil, field.type == .scalar(.bytes) {
            code.line("\(name) = try reader.bytes(\(field.limits.length!.upperBound))")
          } else {
            code.line("\(name) = try \(keyType(part, of: record))(decodingKey: &reader)")
          }
        }
        if let tail { code.line("key = try \(tail).Key(decodingKey: &reader)") }
      }
      code.line()
      code.block("package func encodeKey(into writer: inout ByteWriter) {") { code in
        for (part, field) in zip(parts, fields) { code.line(encode(Self.escaped(field.name.camelCased), part, field)) }
        if tail != nil { code.line("key.encodeKey(into: &writer)") }
      }
    }
  }

  /// `prefix(grid)`, `prefix(grid, state)` …: all entries that begin with these values.
  private func emitPrefixes(_ parts: [KeyPart], of record: RecordDeclaration, into code: inout CodeWriter) {
    for count in 1...parts.count {
      let fields = parts.prefix(count).map { field($0, of: record) }
      let parameters = parts.prefix(count).map { "_ \($0.field.camelCased): \(keyType($0, of: record))" }
        .joined(separator: ", ")
      code.line()
      code.block("package static func prefix(\(parameters)) -> [UInt8] {") { code in
        code.line("var writer = ByteWriter()")
        for (part, field) in zip(parts, fields) { code.line(encode(Self.escaped(field.name.camelCased), part, field)) }
        code.line("return writer.bytes()")
      }
    }
  }

  private func emitDerived(
    _ function: String, _ entries: [(parts: [KeyPart], tail: [KeyPart])], _ record: RecordDeclaration,
    into code: inout CodeWriter
  ) {
    code.block("package static func \(function)(of record: \(record.name), into keys: inout DerivedKeys) {") { code in
      if !entries.isEmpty { code.line("var writer = ByteWriter(capacity: DerivedKeys.usualBytes)") }
      for (position, entry) in entries.enumerated() {
        let parts = entry.parts + entry.tail
        let optionals = parts.filter { $0.form != .has }.map { field($0, of: record) }.filter(\.isOptional)
        let conditions = optionals.map { "let \(Self.escaped($0.name.camelCased)) = record.\($0.name.camelCased)" }
        func body(_ code: inout CodeWriter) {
          if let many = parts.first(where: { $0.form?.isMany ?? false }), let form = many.form {
            let name = many.field.camelCased
            let source = field(many, of: record).isOptional ? name : "record.\(name)"
            code.block("for \(name) in \(Self.components(form, of: source)) {") { code in add(&code) }
          } else {
            add(&code)
          }
        }
        func add(_ code: inout CodeWriter) {
          code.block("keys.add(\(position), in: &writer) { writer in") { code in
            for part in parts {
              let field = field(part, of: record)
              let name = Self.escaped(field.name.camelCased)
              let value =
                if part.form == .has {
                  "(record.\(name) != \(field.isOptional ? "nil" : "0"))"
                } else {
                  part.form != nil || field.isOptional ? name : "record.\(name)"
                }
              code.line(encode(value, part, field))
            }
          }
        }
        if conditions.isEmpty {
          body(&code)
        } else {
          code.block("if \(conditions.joined(separator: ", ")) {") { code in body(&code) }
        }
      }
    }
  }

  /// What an entry stands for each of.
  private static func components(_ form: KeyPart.Form, of value: String) -> String {
    switch form {
    case .subtree: "\(value).ancestorsAndSelf"
    case .each: value
    case .pairs: "SearchText(\(value)).indexedPairs"
    case .has: preconditionFailure("has(…) yields one thing")
    }
  }
}
