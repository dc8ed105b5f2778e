/// What stands in `@example(…)`: one value, or those of a list.
package struct ExampleValue: Sendable, Equatable {
  enum Literal: Sendable, Equatable {
    /// As JSON has it: texts, domain scalars, bytes in base64, an f64 such as `"113.8"`.
    case text(String)
    case integer(Int64)
    /// `true`, `false`, or the name of an enum's value.
    case word(String)
  }

  let literal: Literal
  let location: Location

  /// The value in the JSON form of a field of this type, for which it was checked.
  func json(_ type: ValueType) -> JSONValue {
    switch (literal, type) {
    case (.text(let text), .scalar(.f64)): .number(text)
    case (.text(let text), _): .string(text)
    case (.integer(let value), .scalar(.i64)), (.integer(let value), .scalar(.u64)),
      (.integer(let value), .scalar(.fen)):
      .string("\(value)")
    case (.integer(let value), _): .integer(value)
    case (.word(let word), .enumeration): .string(word.uppercased())
    case (.word(let word), _): .bool(word == "true")
    }
  }
}

extension Field {
  /// The JSON form that the field's own examples give; absent without one.
  var example: JSONValue? {
    guard let first = examples.first else { return nil }
    return isList ? .array(examples.map { $0.json(type) }) : first.json(type)
  }

  /// The documentation, what its traits say of it, and an example.
  var explanation: [String] {
    heading.explanation + (example.map { ["For example `\($0.line)`."] } ?? [])
  }

  /// Whether a request without it is refused.
  package var isRequired: Bool {
    if isOptional { return false }
    if let length = limits.length { return length.lowerBound > 0 }
    switch type {
    // An empty record may be enough; `Schema.mustStand` asks.
    case .record: return false
    case .enumeration: return true
    case .scalar(let scalar):
      if scalar.isNumber { return (limits.min ?? 0) > 0 || (limits.max ?? 0) < 0 }
      return Scalar.domain.contains(scalar) && scalar != .fen
    }
  }
}

extension Schema {
  /// The record that the examples of its fields, and of the records in them, make. Absent where no field has one, and
  /// where one that must be there has none.
  package func example(of record: RecordDeclaration) -> JSONValue? {
    var members: [JSONValue.Member] = []
    for field in record.fields.sorted(by: { $0.number < $1.number }) {
      if let value = example(of: field) {
        members.append(.init(key: field.name.camelCased, value: value))
        if record.isUnion { break }
      } else if mustStand(field) {
        return nil
      }
    }
    return members.isEmpty ? nil : .object(members)
  }

  /// The first field without which the other examples make no request.
  func fieldWithoutExample(in record: RecordDeclaration) -> Field? {
    guard record.fields.contains(where: { !$0.examples.isEmpty }) else { return nil }
    return record.fields.first { mustStand($0) && example(of: $0) == nil }
  }

  /// No record holds itself, so this ends.
  private func example(of field: Field) -> JSONValue? {
    guard case .record(let name) = field.type else { return field.example }
    if field.mapKey != nil { return nil }
    let inner = record(named: name).flatMap { example(of: $0) }
    return field.isList ? inner.map { .array([$0]) } : inner
  }

  /// Whether a request without the field, or with an empty record there, is refused.
  func mustStand(_ field: Field) -> Bool {
    guard case .record(let name) = field.type, field.shape == .single else { return field.isRequired }
    guard let record = record(named: name) else { return false }
    return record.isUnion || record.fields.contains(where: mustStand)
  }
}
