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
    let text = parts.map { $0.field + ($0.isSubtree ? " subtree" : "") }.joined(separator: ", ")
    code.line(
      ".init(number: \(number), name: \"\(name)\", isUnique: \(isUnique), definition: \"\(isUnique ? "unique " : "")\(text)\"),"
    )
  }

  private func emit(_ table: TableDeclaration, into code: inout CodeWriter) {
    let record = schema.record(named: table.record)!
    let name = Self.tableName(table)
    code.line()
    code.documentation(table.heading.documentation)
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
      code.documentation(index.heading.documentation)
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
      code.documentation(aggregate.heading.documentation)
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

  private func encode(_ value: String, _ field: Field) -> String {
    field.type == .scalar(.bytes)
      ? "writer.append(\(value))" : "\(value).encodeKey(into: &writer)"
  }

  /// A struct of the components; with `tail`, the primary key follows them.
  private func emitKey(
    _ name: String, _ parts: [KeyPart], of record: RecordDeclaration, tail: String?, into code: inout CodeWriter
  ) {
    let fields = parts.map { field($0, of: record) }
    code.block("package struct \(name): TableKey {") { code in
      for field in fields { code.line("package var \(field.name.camelCased): \(swiftType(field.type))") }
      if let tail { code.line("package var key: \(tail).Key") }
      code.line()
      var parameters = fields.map { "\($0.name.camelCased): \(swiftType($0.type))" }
      if let tail { parameters.append("key: \(tail).Key") }
      code.block("package init(\(parameters.joined(separator: ", "))) {") { code in
        for field in fields { code.line("self.\(field.name.camelCased) = \(field.name.camelCased)") }
        if tail != nil { code.line("self.key = key") }
      }
      code.line()
      code.block("package init(decodingKey reader: inout KeyReader) throws(RecordFault) {") { code in
        for field in fields {
          if field.type == .scalar(.bytes) {
            code.line("\(field.name.camelCased) = try reader.bytes(\(field.limits.length!.upperBound))")
          } else {
            code.line("\(field.name.camelCased) = try \(swiftType(field.type))(decodingKey: &reader)")
          }
        }
        if let tail { code.line("key = try \(tail).Key(decodingKey: &reader)") }
      }
      code.line()
      code.block("package func encodeKey(into writer: inout ByteWriter) {") { code in
        for field in fields { code.line(encode(field.name.camelCased, field)) }
        if tail != nil { code.line("key.encodeKey(into: &writer)") }
      }
    }
  }

  /// `prefix(grid)`, `prefix(grid, state)` …: all entries that begin with these values.
  private func emitPrefixes(_ parts: [KeyPart], of record: RecordDeclaration, into code: inout CodeWriter) {
    for count in 1...parts.count {
      let fields = parts.prefix(count).map { field($0, of: record) }
      let parameters = fields.map { "_ \($0.name.camelCased): \(swiftType($0.type))" }.joined(separator: ", ")
      code.line()
      code.block("package static func prefix(\(parameters)) -> [UInt8] {") { code in
        code.line("var writer = ByteWriter()")
        for field in fields { code.line(encode(field.name.camelCased, field)) }
        code.line("return writer.bytes()")
      }
    }
  }

  private func emitDerived(
    _ function: String, _ entries: [(parts: [KeyPart], tail: [KeyPart])], _ record: RecordDeclaration,
    into code: inout CodeWriter
  ) {
    code.block("package static func \(function)(of record: \(record.name), into keys: inout DerivedKeys) {") { code in
      for (position, entry) in entries.enumerated() {
        let parts = entry.parts + entry.tail
        let optionals = parts.map { field($0, of: record) }.filter(\.isOptional)
        let conditions = optionals.map { "let \($0.name.camelCased) = record.\($0.name.camelCased)" }
        func body(_ code: inout CodeWriter) {
          if let subtree = parts.first(where: \.isSubtree) {
            let grid = subtree.field.camelCased
            let source = field(subtree, of: record).isOptional ? grid : "record.\(grid)"
            code.block("for \(grid) in \(source).ancestorsAndSelf {") { code in add(&code) }
          } else {
            add(&code)
          }
        }
        func add(_ code: inout CodeWriter) {
          code.block("keys.add(\(position)) { writer in") { code in
            for part in parts {
              let field = field(part, of: record)
              let isLocal = part.isSubtree || field.isOptional
              code.line(encode((isLocal ? "" : "record.") + field.name.camelCased, field))
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
}
