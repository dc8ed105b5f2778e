extension PythonEmitter {
  /// Enums, then records; those of one IDL file stand together.
  func records() -> String {
    let fields = schema.records.flatMap(\.fields)
    return module(
      "Records and enums of package \(schema.package).",
      imports: standardImports(fields)
        + runtimeImports(fields, besides: ["Record"] + (schema.records.contains(where: \.isUnion) ? ["Union"] : []))
    ) { code in
      emitAll(schema.enums.map(\.name) + schema.records.map(\.name), into: &code)
      for enumeration in schema.enums { emit(enumeration, into: &code) }
      for record in schema.records { emit(record, into: &code) }
    }
  }

  /// The names that the package above gives on.
  func emitAll(_ names: [String], into code: inout CodeWriter) {
    code.line()
    code.block("__all__ = [", closing: "]") { code in
      for name in names.sorted() { code.line("\"\(name)\",") }
    }
  }

  private func standardImports(_ fields: [Field]) -> [String] {
    let usesTime = fields.contains { annotation($0.type).hasPrefix("datetime.") }
    return ["import dataclasses"] + (usesTime ? ["import datetime"] : []) + ["from typing import ClassVar", ""]
  }

  /// What fields need of the hand-written modules.
  func runtimeImports(_ fields: [Field], besides others: [String]) -> [String] {
    var scalars: Set<String> = []
    var wire = Set(others).union(fields.isEmpty ? [] : ["Field"])
    for field in fields {
      if let key = field.mapKey {
        wire.insert(kind(.scalar(key)))
        if [.gridCode, .uscc, .hazardNumber].contains(key) { scalars.insert(key.rawValue) }
      }
      switch field.type {
      case .record: wire.insert("message")
      case .enumeration: wire.insert("enumeration")
      case .scalar(let scalar):
        wire.insert(kind(field.type))
        let isPlain = field.shape == .single
        switch scalar {
        case .instant: if isPlain { scalars.insert("EPOCH") }
        case .date: if isPlain { scalars.insert("UNSET_DATE") }
        case .gridCode, .uscc, .hazardNumber, .fen, .term: scalars.insert(scalar.rawValue)
        default: break
        }
      }
      if let presence = presence(field) { wire.insert(presence) }
    }
    let enums = schema.enums.isEmpty || !others.contains("Record") ? [] : ["OpenEnum"]
    return Self.importing(enums, from: "..labels") + Self.importing(scalars, from: "..scalars")
      + Self.importing(wire, from: "..wire")
  }

  private func presence(_ field: Field) -> String? {
    switch field.shape {
    case .single: nil
    case .optional: "OPTIONAL"
    case .list: "LIST"
    case .map: "MAP"
    }
  }

  // MARK: Enums

  private func emit(_ enumeration: EnumDeclaration, into code: inout CodeWriter) {
    code.line()
    code.line()
    code.indented("class \(enumeration.name)(OpenEnum):") { code in
      Self.document(enumeration.heading.explanation, into: &code)
      if !enumeration.heading.explanation.isEmpty { code.line() }
      code.line("UNSPECIFIED = 0, \"(not set)\", \"（未填）\"")
      for value in enumeration.values {
        let texts = "\(Self.literal(value.label.english)), \(Self.literal(value.label.chinese))"
        code.line("\(value.name.uppercased()) = \(value.number), \(texts)")
        Self.document(value.heading.explanation, into: &code)
      }
    }
  }

  // MARK: Records

  private func emit(_ record: RecordDeclaration, into code: inout CodeWriter) {
    code.line()
    code.line()
    code.line("@dataclasses.dataclass(slots=True, kw_only=True)")
    code.indented("class \(record.name)(\(record.isUnion ? "Union" : "Record")):") { code in
      Self.document(record.heading.explanation, into: &code)
      if record.fields.isEmpty {
        if record.heading.explanation.isEmpty { code.line("pass") }
        return
      }
      if !record.heading.explanation.isEmpty { code.line() }
      emitFields(record, inError: false, into: &code)
    }
  }

  /// The declarations for the codec, then the attributes.
  func emitFields(_ record: RecordDeclaration, inError: Bool, into code: inout CodeWriter) {
    let fields = record.fields.sorted { $0.number < $1.number }
    let declarations = fields.map { field in
      let name = Self.literal(Self.attribute(field.name, inError: inError))
      let key = field.mapKey.map { kind(.scalar($0)) }
      let parts = ["\(field.number)", name, kind(field.type)] + [presence(field), key].compactMap { $0 }
      return "Field(\(parts.joined(separator: ", "))),"
    }
    let opening = "FIELDS: ClassVar[tuple[Field, ...]] = ("
    if let only = declarations.first, declarations.count == 1,
      code.column + opening.count + only.count < Self.lineLength
    {
      code.line("\(opening)\(only))")
    } else {
      code.block(opening, closing: ")") { code in
        for declaration in declarations { code.line(declaration) }
      }
    }
    code.line()
    for field in fields {
      let name = Self.attribute(field.name, inError: inError)
      code.line("\(name): \(annotation(field)) = \(defaultValue(field))")
      Self.document(field.explanation + limits(field), into: &code)
    }
  }

  /// The limits that the IDL sets, in words.
  private func limits(_ field: Field) -> [String] {
    var sentences: [String] = []
    if let length = field.limits.length {
      let unit =
        switch field.type {
        case _ where field.isList: "elements"
        case _ where field.mapKey != nil: "entries"
        case .scalar(.bytes): "bytes"
        default: "characters"
        }
      let range =
        length.lowerBound == length.upperBound
        ? "\(length.lowerBound)"
        : length.lowerBound == 0 ? "At most \(length.upperBound)" : "\(length.lowerBound) to \(length.upperBound)"
      sentences.append("\(range) \(unit).")
    }
    switch (field.limits.min, field.limits.max) {
    case (let min?, let max?): sentences.append("\(min) to \(max).")
    case (let min?, nil): sentences.append("At least \(min).")
    case (nil, let max?): sentences.append("At most \(max).")
    case (nil, nil): break
    }
    if let pattern = field.limits.pattern { sentences.append("Of the form `\(pattern.source)`.") }
    return sentences.isEmpty ? [] : [sentences.joined(separator: " ")]
  }
}
