/// One thing that has been published, with all that anybody may rely on: a line of `api.lock`.
package struct Fact: Sendable {
  package enum Kind: String, Sendable, CaseIterable {
    case package, record, field, `enum`, value, error, service, method, table, index, aggregate
  }

  /// What a line says of its thing; written in this order.
  package enum Attribute: String, Sendable, CaseIterable {
    case name, former, code, type, shape, length, each, keys, min, max, pattern, sensitive, union, stored, english,
      chinese
    case kind, request, response, stream, `throws`, roles, scope, paginated, detached, deadline
    case record, key, unique, parts
  }

  package let kind: Kind
  /// What never changes: a number, behind that of what contains it; for types their name.
  package internal(set) var id: String
  package internal(set) var attributes: [Attribute: String]
  /// No longer in the IDL, and never to be used for anything else.
  package internal(set) var isRetired = false
  package let location: Location

  var key: Key { Key(kind: kind, id: id) }
  struct Key: Hashable {
    let kind: Kind
    let id: String
  }

  /// `Hazard` of `Hazard.7`.
  var parent: String? { id.lastIndex(of: ".").map { String(id[..<$0]) } }

  /// What JSON and calls may still call it.
  var formerNames: Set<Substring> { Set((attributes[.former] ?? "").split(separator: ",")) }

  /// How a message names it: `field class (Hazard.7)`.
  var title: String {
    attributes[.name].map { "\(kind.rawValue) \($0) (\(id))" } ?? "\(kind.rawValue) \(id)"
  }
}

extension Schema {
  /// Everything that the package publishes, in an order that does not depend on the files.
  package func facts() -> [Fact] {
    var facts: [Fact] = []
    func add(_ kind: Fact.Kind, _ id: String, _ heading: Heading, _ attributes: [Fact.Attribute: String?] = [:]) {
      var attributes = attributes.compactMapValues { $0 }
      if !heading.life.formerNames.isEmpty { attributes[.former] = heading.life.formerNames.joined(separator: ",") }
      facts.append(Fact(kind: kind, id: id, attributes: attributes, location: heading.location))
    }
    func add(_ fields: [Field], of record: RecordDeclaration) {
      for field in fields.sorted(by: { $0.number < $1.number }) {
        add(.field, "\(record.name).\(field.number)", field.heading, attributes(of: field))
      }
    }
    for record in records.sorted(by: { $0.name < $1.name }) {
      add(
        .record, record.name, record.heading,
        [.union: record.isUnion ? "yes" : nil, .stored: record.isStored ? "yes" : nil])
      add(record.fields, of: record)
    }
    for enumeration in enums.sorted(by: { $0.name < $1.name }) {
      add(.enum, enumeration.name, enumeration.heading)
      for value in enumeration.values.sorted(by: { $0.number < $1.number }) {
        let attributes: [Fact.Attribute: String?] = [
          .name: value.name, .english: value.label.english, .chinese: value.label.chinese,
        ]
        add(.value, "\(enumeration.name).\(value.number)", value.heading, attributes)
      }
    }
    for error in errors.sorted(by: { $0.number < $1.number }) {
      let attributes: [Fact.Attribute: String?] = [
        .name: error.name, .code: error.code.idlName, .english: error.message.english, .chinese: error.message.chinese,
      ]
      add(.error, "\(error.number)", error.record.heading, attributes)
      add(error.record.fields, of: error.record)
    }
    for service in services.sorted(by: { $0.number < $1.number }) {
      add(.service, "\(service.number)", service.heading, [.name: service.name])
      for method in service.methods.sorted(by: { $0.number < $1.number }) {
        add(.method, "\(service.number).\(method.number)", method.heading, attributes(of: method))
      }
    }
    for table in tables.sorted(by: { $0.number < $1.number }) {
      let attributes: [Fact.Attribute: String?] = [
        .name: table.name, .record: table.record, .key: text(of: table.key, table),
      ]
      add(.table, "\(table.number)", table.heading, attributes)
      for index in table.indexes.sorted(by: { $0.number < $1.number }) {
        let attributes: [Fact.Attribute: String?] = [
          .name: index.name, .unique: index.isUnique ? "yes" : nil, .parts: text(of: index.parts, table),
        ]
        add(.index, "\(table.number).\(index.number)", index.heading, attributes)
      }
      for aggregate in table.aggregates.sorted(by: { $0.number < $1.number }) {
        let attributes: [Fact.Attribute: String?] = [.name: aggregate.name, .parts: text(of: aggregate.parts, table)]
        add(.aggregate, "\(table.number).\(aggregate.number)", aggregate.heading, attributes)
      }
    }
    return facts
  }

  private func attributes(of field: Field) -> [Fact.Attribute: String?] {
    func text(_ range: ClosedRange<Int64>?) -> String? { range.map { "\($0.lowerBound)..\($0.upperBound)" } }
    return [
      .name: field.name, .type: field.type.idlName,
      .shape: shapeText(field.shape),
      .length: text(field.limits.length), .each: text(field.limits.each), .keys: text(field.limits.keys),
      .min: field.limits.min.map(String.init), .max: field.limits.max.map(String.init),
      .pattern: field.limits.pattern?.source, .sensitive: field.limits.sensitivity,
    ]
  }

  private func shapeText(_ shape: Field.Shape) -> String? {
    switch shape {
    case .single: nil
    case .optional: "optional"
    case .list: "list"
    case .map(let key): "map(\(key.rawValue))"
    }
  }

  private func attributes(of method: MethodDeclaration) -> [Fact.Attribute: String?] {
    let thrown = method.errors.compactMap { name in errors.first { $0.name == name }.map { "\($0.number)" } }
    return [
      .name: method.name, .kind: method.kind.rawValue, .request: method.request, .response: method.response,
      .stream: streams(of: method), .throws: thrown.isEmpty ? nil : thrown.joined(separator: ","),
      .roles: method.roles.isEmpty ? "anyone" : method.roles.sorted().joined(separator: ","),
      .scope: method.scope.map { text(of: $0, method) }, .paginated: method.isPaginated ? "yes" : nil,
      .detached: method.isDetached ? "yes" : nil, .deadline: "\(method.deadlineSeconds)",
    ]
  }

  private func streams(of method: MethodDeclaration) -> String? {
    switch (method.takesStream, method.isStreaming) {
    case (false, false): nil
    case (true, false): "requests"
    case (false, true): "replies"
    case (true, true): "both"
    }
  }

  /// By numbers, because names may change: `1` or `1->40.1.5`.
  private func text(of scope: Scope, _ method: MethodDeclaration) -> String {
    func number(_ field: String, of name: String) -> String {
      record(named: name)?.fields.first { $0.name == field }.map { "\($0.number)" } ?? "?"
    }
    let own = number(scope.field, of: method.request)
    guard let path = scope.path, let table = table(named: path.table) else { return own }
    let index = table.indexes.first { $0.name == path.index }.map { "\($0.number)." } ?? ""
    return "\(own)->\(table.number).\(index)\(number(path.field, of: table.record))"
  }

  /// The components of a key by their numbers, each with what its bytes depend on: `subtree(5:GridCode),19:Instant?`.
  private func text(of parts: [KeyPart], _ table: TableDeclaration) -> String {
    parts.map { part in
      guard let field = record(named: table.record)?.fields.first(where: { $0.name == part.field }) else { return "?" }
      var type = field.type.idlName
      if field.type == .scalar(.bytes), let length = field.limits.length { type += "[\(length.lowerBound)]" }
      // The enums' names are no part of a key's bytes.
      if case .enumeration = field.type { type = "enum" }
      let text = "\(field.number):\(type)\(field.isOptional ? "?" : "")"
      return part.text(of: text)
    }.joined(separator: ",")
  }
}

extension ValueType {
  /// As the IDL writes it.
  package var idlName: String {
    switch self {
    case .scalar(let scalar): scalar.rawValue
    case .record(let name), .enumeration(let name): name
    }
  }
}

extension FieldLimits {
  /// Who is shown the field; `nil`: everybody.
  fileprivate var sensitivity: String? {
    guard isSensitive else { return nil }
    let lists = [("shown to", shownTo), ("partly", partlyShownTo)].filter { !$0.1.isEmpty }
    return (["yes"] + lists.map { "\($0.0) \($0.1.sorted().joined(separator: " "))" }).joined(separator: ", ")
  }
}
