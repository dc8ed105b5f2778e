extension SwiftEmitter {
  func types(declaredIn idlFile: String, withChecks: Bool) -> String {
    let records = (schema.records + schema.errors.map(\.record)).filter { $0.heading.location.file == idlFile }
    return file(imports: imports(for: records)) { code in
      for enumeration in schema.enums where enumeration.heading.location.file == idlFile {
        emit(enumeration, into: &code)
      }
      for record in records {
        if record.isUnion {
          emit(union: record, withChecks: withChecks, into: &code)
        } else {
          emit(record, withChecks: withChecks, into: &code)
        }
      }
    }
  }

  /// Files that mention no domain scalar must not import them.
  private func imports(for records: [RecordDeclaration]) -> [String] {
    let usesScalars = records.contains { record in
      record.fields.contains { field in
        if let key = field.mapKey, Scalar.domain.contains(key) { return true }
        return if case .scalar(let scalar) = field.type { Scalar.domain.contains(scalar) } else { false }
      }
    }
    // What a union says in an arm of a newer version is a value of `Bytes`, for whoever sees the union.
    let bytes = records.contains(where: \.isUnion) ? access : "package"
    return ["\(bytes) import Bytes"] + (checkModule.map { ["package import \($0)"] } ?? [])
      + (usesScalars ? ["\(access) import Scalars"] : [])
  }

  // MARK: Enums

  private func emit(_ enumeration: EnumDeclaration, into code: inout CodeWriter) {
    code.line()
    code.documentation(enumeration.heading.explanation)
    code.block("\(access) enum \(enumeration.name): Sendable, Hashable {") { code in
      code.line("/// Nothing was said.")
      code.line("case unspecified")
      for value in enumeration.values {
        code.documentation(value.heading.explanation)
        code.line("case \(Self.escaped(value.name.camelCased))")
      }
      code.line("/// A value that a newer version knows.")
      code.line("case unrecognized(Int32)")
      code.line()
      code.line("/// Every value that this version knows.")
      let all = enumeration.values.map { "." + $0.name.camelCased }.joined(separator: ", ")
      code.line("\(access) static let allKnown: [\(enumeration.name)] = [\(all)]")
    }
    code.line()
    code.block("extension \(enumeration.name): WireEnum {") { code in
      code.block("package init(number: Int32) {") { code in
        code.cases("self = switch number {") { code in
          code.line("case 0: .unspecified")
          for value in enumeration.values { code.line("case \(value.number): .\(value.name.camelCased)") }
          code.line("default: .unrecognized(number)")
        }
      }
      code.line()
      code.block("package var number: Int32 {") { code in
        code.cases("switch self {") { code in
          code.line("case .unspecified: 0")
          for value in enumeration.values { code.line("case .\(value.name.camelCased): \(value.number)") }
          code.line("case .unrecognized(let number): number")
        }
      }
    }
    code.line()
    code.block("extension \(enumeration.name) {") { code in
      code.line("package var isKnown: Bool { if case .unrecognized = self { false } else { true } }")
      code.line()
      code.line("/// The name in the IDL.")
      code.block("\(access) var name: String {") { code in
        code.cases("switch self {") { code in
          code.line("case .unspecified: \"unspecified\"")
          for value in enumeration.values { code.line("case .\(value.name.camelCased): \"\(value.name)\"") }
          code.line("case .unrecognized(let number): \"\\(number)\"")
        }
      }
    }
    code.line()
    code.block("extension \(enumeration.name): Labelled {") { code in
      code.block("\(access) var label: Label {") { code in
        code.cases("switch self {") { code in
          code.line("case .unspecified: Label(english: \"(not set)\", chinese: \"（未填）\")")
          for value in enumeration.values {
            let texts = "english: \(Self.literal(value.label.english)), chinese: \(Self.literal(value.label.chinese))"
            code.line("case .\(value.name.camelCased): Label(\(texts))")
          }
          code.line("case .unrecognized(let number): Label(english: \"(\\(number))\", chinese: \"（\\(number)）\")")
        }
      }
    }
  }

  // MARK: Records

  private func emit(_ record: RecordDeclaration, withChecks: Bool, into code: inout CodeWriter) {
    let fields = record.fields.sorted { $0.number < $1.number }
    code.line()
    code.documentation(record.heading.explanation)
    code.block("\(access) struct \(record.name): Sendable {") { code in
      for field in fields {
        code.documentation(field.explanation)
        code.line("\(access) var \(Self.escaped(field.name.camelCased)): \(swiftType(field))")
      }
      code.line("/// What a newer version wrote into the record.")
      code.line("package var unknownFields = UnknownFields()")
      code.line()
      emitInitializer(fields, into: &code)
      if let first = fields.first {
        code.line()
        code.line("/// Every field at its default.")
        code.line("\(access) init() { self.init(\(first.name.camelCased): \(defaultValue(first))) }")
      }
      if let error = schema.errors.first(where: { $0.name == record.name }), !error.twoLanguages.isEmpty {
        emitLabelInitializer(error, fields, into: &code)
      }
    }
    code.line()
    code.block("extension \(record.name): WireRecord {") { code in
      emitMerge(fields, into: &code)
      code.line()
      emitEncode(fields, into: &code)
    }
    emitEquality(record, into: &code)
    if withChecks { emitChecks(of: record, fields, into: &code) }
  }

  func emitEquality(_ record: RecordDeclaration, into code: inout CodeWriter) {
    code.line()
    code.block("extension \(record.name): Equatable {") { code in
      code.line("/// Whether both have the same encoding.")
      code.block("\(access) static func == (left: \(record.name), right: \(record.name)) -> Bool {") { code in
        code.line("left.encoded() == right.encoded()")
      }
    }
  }

  private func emitInitializer(_ fields: [Field], into code: inout CodeWriter) {
    guard !fields.isEmpty else { return code.line("\(access) init() {}") }
    code.line("\(access) init(")
    for (index, field) in fields.enumerated() {
      let comma = index == fields.count - 1 ? "" : ","
      code.line("  \(field.name.camelCased): \(swiftType(field)) = \(defaultValue(field))\(comma)")
    }
    code.block(") {") { code in
      for field in fields { code.line("self.\(field.name.camelCased) = \(Self.escaped(field.name.camelCased))") }
    }
  }

  /// One label for each pair of texts, so that neither is forgotten.
  private func emitLabelInitializer(
    _ error: ErrorDeclaration, _ fields: [Field], into code: inout CodeWriter
  ) {
    let labels = Set(error.twoLanguages.map(\.name))
    let twins = Set(labels.map { $0 + ErrorDeclaration.chineseEnding })
    let parameters = fields.filter { !twins.contains($0.name) }
    code.line()
    code.line("/// What it says in words, in both languages.")
    code.line("package init(")
    for (index, field) in parameters.enumerated() {
      let comma = index == parameters.count - 1 ? "" : ","
      let type = labels.contains(field.name) ? "Label" : "\(swiftType(field)) = \(defaultValue(field))"
      code.line("  \(field.name.camelCased): \(type)\(comma)")
    }
    code.block(") {") { code in
      for field in parameters {
        let name = (own: field.name.camelCased, given: Self.escaped(field.name.camelCased))
        guard labels.contains(field.name) else {
          code.line("self.\(name.own) = \(name.given)")
          continue
        }
        let twin = (field.name + ErrorDeclaration.chineseEnding).camelCased
        code.line("(self.\(name.own), self.\(twin)) = (\(name.given).english, \(name.given).chinese)")
      }
    }
  }

  private func emitMerge(_ fields: [Field], into code: inout CodeWriter) {
    code.block("package mutating func merge(_ reader: inout WireReader) throws(RecordFault) {") { code in
      code.block("while let tag = try reader.nextTag() {") { code in
        code.cases("switch tag.rawValue {") { code in
          for field in fields {
            let name = field.name.camelCased
            let own = field.type.wireType
            let tag = field.number << 3 | own
            if field.mapKey != nil {
              code.line("case \(field.number << 3 | 2): try reader.entry(\"\(field.name)\", into: &\(name))")
            } else if field.isList {
              code.line("case \(tag): try reader.element(\"\(field.name)\", into: &\(name))")
              if own != 2 {
                code.line("case \(field.number << 3 | 2): try reader.packed(\"\(field.name)\", into: &\(name))")
              }
            } else {
              code.line("case \(tag): \(Self.escaped(name)) = try reader.value(\"\(field.name)\")")
            }
          }
          code.line("default: try reader.skip(tag, into: &unknownFields)")
        }
      }
    }
  }

  private func emitEncode(_ fields: [Field], into code: inout CodeWriter) {
    code.block("package func encodeFields(into writer: inout ByteWriter) {") { code in
      code.line("let start = writer.count")
      for field in fields {
        let name = Self.escaped(field.name.camelCased)
        let line = "writer.field(\(field.number), \(name))"
        // Most lists are empty: that is seen here, where the type is known.
        code.line(field.isMany ? "if !\(name).isEmpty { \(line) }" : line)
      }
      code.line("writer.merge(unknownFields, since: start)")
    }
  }

  // MARK: Checks

  private func emitChecks(of record: RecordDeclaration, _ fields: [Field], into code: inout CodeWriter) {
    code.line()
    code.block("extension \(record.name): CheckedRecord {") { code in
      code.block("package func check() throws(RecordFault) {") { code in
        for field in fields { emitCheck(field, into: &code) }
      }
      code.line()
      let nested = fields.filter { if case .record = $0.type { true } else { false } }
      code.block("package var hasUnknownFields: Bool {") { code in
        var terms = ["!unknownFields.isEmpty"]
        for field in nested {
          let name = Self.escaped(field.name.camelCased)
          switch field.shape {
          case .single: terms.append("\(name).hasUnknownFields")
          case .optional: terms.append("\(name)?.hasUnknownFields == true")
          case .list: terms.append("\(name).contains(where: \\.hasUnknownFields)")
          case .map: terms.append("\(name).values.contains(where: \\.hasUnknownFields)")
          }
        }
        code.line(terms.joined(separator: " || "))
      }
      if schema.hasSensitiveFields(record) { emitMask(fields, into: &code) }
    }
  }

  private func emitMask(_ fields: [Field], into code: inout CodeWriter) {
    code.line()
    code.line("package static var hasSensitiveFields: Bool { true }")
    code.line()
    code.block("package mutating func mask(for sight: Sight) {") { code in
      for field in fields {
        let name = Self.escaped(field.name.camelCased)
        if field.limits.isSensitive {
          emitMask(of: name, field, into: &code)
        } else if case .record(let inner) = field.type,
          schema.record(named: inner).map(schema.hasSensitiveFields) == true
        {
          if field.isList {
            code.line("for index in \(name).indices { \(name)[index].mask(for: sight) }")
          } else {
            code.line("\(name)\(field.isOptional ? "?" : "").mask(for: sight)")
          }
        }
      }
      code.line("unknownFields = UnknownFields()")
    }
  }

  private func emitMask(of name: String, _ field: Field, into code: inout CodeWriter) {
    func has(_ roles: [String]) -> String {
      "sight.has([" + roles.map { ".\(Self.escaped($0.camelCased))" }.joined(separator: ", ") + "])"
    }
    var masked = defaultValue(field)
    if !field.limits.partlyShownTo.isEmpty {
      masked = "\(has(field.limits.partlyShownTo)) ? \(name)\(field.isOptional ? "?" : "").partlyShown : \(masked)"
    }
    let assignment = "\(name) = \(masked)"
    code.line(field.limits.shownTo.isEmpty ? assignment : "if !\(has(field.limits.shownTo)) { \(assignment) }")
  }

  private func emitCheck(_ field: Field, into code: inout CodeWriter) {
    let name = Self.escaped(field.name.camelCased)
    guard field.mapKey != nil, let length = field.limits.length else {
      return emitCheck(of: name, field, into: &code)
    }
    code.line(
      "try FieldCheck.check(\"\(field.name)\", count: \(name).count, \(length.lowerBound)...\(length.upperBound))")
    var entry = CodeWriter()
    // That a domain scalar is there was seen when it was read.
    if let keys = field.limits.keys {
      entry.line("try FieldCheck.check(\"\(field.name)\", key, length: \(keys.lowerBound)...\(keys.upperBound))")
    }
    if !Self.isFree(field.type) {
      let each = field.limits.each.map { ", length: \($0.lowerBound)...\($0.upperBound)" } ?? ""
      entry.line("try FieldCheck.check(\"\(field.name)\", value\(each))")
    }
    let parts = [entry.text.contains(", key") ? "key" : "_", entry.text.contains(", value") ? "value" : "_"]
    guard !entry.text.isEmpty else { return }
    code.block("for (\(parts.joined(separator: ", "))) in \(name).inKeyOrder {") { code in
      for line in entry.text.split(separator: "\n") { code.line(String(line)) }
    }
  }

  /// A number or a truth without limits cannot be wrong.
  private static func isFree(_ type: ValueType) -> Bool {
    if case .scalar(let scalar) = type { scalar.isInteger || scalar == .bool } else { false }
  }

  /// Checks what `name` stands for, a value of the field.
  func emitCheck(of name: String, _ field: Field, into code: inout CodeWriter) {
    var arguments = ["\"\(field.name)\"", name]
    if let length = field.limits.length {
      arguments.append("length: \(length.lowerBound)...\(length.upperBound)")
    }
    if let each = field.limits.each { arguments.append("each: \(each.lowerBound)...\(each.upperBound)") }
    if field.limits.min != nil || field.limits.max != nil {
      arguments.append("from: \(field.limits.min.map(String.init) ?? "nil")")
      arguments.append("to: \(field.limits.max.map(String.init) ?? "nil")")
    }
    if let pattern = field.limits.pattern { arguments.append("pattern: \(Self.literal(pattern))") }
    let isFreeNumber = Self.isFree(field.type)
    if field.isList, isFreeNumber || field.type == .scalar(.fen), let length = field.limits.length {
      return code.line(
        "try FieldCheck.check(\"\(field.name)\", count: \(name).count, \(length.lowerBound)...\(length.upperBound))")
    }
    if isFreeNumber, arguments.count == 2 { return }
    code.line("try FieldCheck.check(\(arguments.joined(separator: ", ")))")
  }

  private static func literal(_ pattern: Pattern) -> String {
    let parts = pattern.parts.map { part in
      let ranges = part.ranges.map { "\($0.lowerBound)...\($0.upperBound)" }.joined(separator: ", ")
      return ".init([\(ranges)], min: \(part.min), max: \(part.max.map(String.init) ?? "nil"))"
    }
    return "TextPattern(\(literal(pattern.source)), [\(parts.joined(separator: ", "))])"
  }
}
