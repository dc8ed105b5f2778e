import Schema

// How an interface is shown to people.

extension Schema {
  /// Everything that has this name: a service and a record may share one.
  func descriptions(of name: String) -> [String] {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    if parts.count == 2 { return method(parts[0], parts[1]).map { [text(of: $0.method, in: $0.service)] } ?? [] }
    return services.filter { $0.name == name }.map { text(of: $0) }
      + records.filter { $0.name == name }.map { text(of: $0, kind: "record") }
      + enums.filter { $0.name == name }.map(\.text)
      + errors.filter { $0.name == name }.map { text(of: $0) }
      + tables.filter { $0.name == name }.map(\.text)
      + (enumeration(named: "Role")?.values ?? []).filter { $0.name == name }.map { text(ofRole: $0) }
  }

  func method(_ service: String, _ name: String) -> (service: ServiceDeclaration, method: MethodDeclaration)? {
    guard let service = services.first(where: { $0.heading.answers(to: service) }),
      let method = service.methods.first(where: { $0.heading.answers(to: name) || $0.name.camelCased == name })
    else { return nil }
    return (service, method)
  }

  /// Names that somebody may have meant.
  func names(near name: String) -> [String] {
    let wanted = name.lowercased()
    let all =
      services.flatMap { service in [service.name] + service.methods.map { "\(service.name).\($0.name)" } }
      + records.map(\.name) + enums.map(\.name) + errors.map(\.name) + tables.map(\.name)
    return Array(all.filter { $0.lowercased().contains(wanted) || wanted.contains($0.lowercased()) }.prefix(8))
  }

  private func text(of service: ServiceDeclaration) -> String {
    ([service.overview] + service.methods.map { text(of: $0, in: service) }).joined(separator: "\n\n")
  }

  private func text(of method: MethodDeclaration, in service: ServiceDeclaration) -> String {
    var facts = [(localized("request", "请求"), method.request), (localized("reply", "答复"), method.reply)]
    facts.append(
      (localized("roles", "角色"), method.roles.isEmpty ? localized("any", "任何") : labels(ofRoles: method.roles)))
    if let scope = method.scope { facts.append((localized("grid", "网格范围"), scope.text)) }
    facts.append((localized("at most", "最长"), "\(method.deadlineSeconds) s"))
    let refusals = errors.filter { method.errors.contains($0.name) }
    return ([method.signature(in: service)] + method.heading.indentedDocumentation)
      .joined(separator: "\n") + "\n" + details(facts.map { ($0.0, $0.1) }, indent: "  ")
      + refusals.map { "\n  " + localized("refusal", "拒绝") + "  \($0.name): \($0.message.text)" }.joined()
      + (record(named: method.request).map { "\n\n" + text(of: $0, kind: localized("request", "请求")) } ?? "")
  }

  /// What a role is, and what it may call.
  private func text(ofRole role: EnumValue) -> String {
    var table = TextTable([localized("method", "方法"), "", localized("grid", "网格范围")])
    for service in services {
      for method in service.methods where method.roles.isEmpty || method.roles.contains(role.name) {
        table.add(["\(service.name).\(method.name)", method.kind.rawValue, method.scope?.text ?? ""])
      }
    }
    return (["role \(role.name)  \(role.label.text)"] + role.heading.indentedDocumentation).joined(separator: "\n")
      + "\n" + table.text(indent: "  ")
  }

  private func labels(ofRoles names: [String]) -> String {
    let values = enumeration(named: "Role")?.values ?? []
    return names.map { name in values.first { $0.name == name }.map { "\(name) \($0.label.text)" } ?? name }
      .joined(separator: ", ")
  }

  private func text(of record: RecordDeclaration, kind: String) -> String {
    var table = TextTable(["#", localized("field", "字段"), localized("type", "类型"), localized("limits", "限制"), ""])
    for field in record.fields {
      table.add([
        "\(field.number)", field.name, field.typeText, field.limits.text,
        TextTable.cut(field.heading.documentation.joined(separator: " "), to: 60),
      ])
    }
    return (["\(kind) \(record.name)"] + record.heading.indentedDocumentation).joined(separator: "\n")
      + (record.fields.isEmpty ? "" : "\n" + table.text(indent: "  "))
  }

  private func text(of error: ErrorDeclaration) -> String {
    "\(text(of: error.record, kind: "error \(error.number)"))\n  \(error.code.idlName)\n  \(error.message.english)\n"
      + "  \(error.message.chinese)"
  }
}

extension ServiceDeclaration {
  var overview: String {
    var table = TextTable([localized("method", "方法"), "", ""])
    for method in methods {
      table.add([
        "\(name).\(method.name)", method.kind.rawValue, TextTable.cut(method.heading.documentation.first ?? "", to: 70),
      ])
    }
    return (["service \(name) \(number)"] + heading.indentedDocumentation).joined(separator: "\n") + "\n"
      + table.text(indent: "  ")
  }
}

extension MethodDeclaration {
  fileprivate var requests: String { takesStream ? "stream \(request)" : request }
  fileprivate var reply: String { isStreaming ? "stream \(response)" : response }

  fileprivate func signature(in service: ServiceDeclaration) -> String {
    "\(kind.rawValue) \(service.name).\(name)(\(requests)) -> \(reply)"
  }
}

extension EnumDeclaration {
  fileprivate var text: String {
    var table = TextTable(["#", localized("value", "值"), "", ""])
    for value in values {
      table.add([
        "\(value.number)", value.name, value.label.text,
        TextTable.cut(value.heading.documentation.joined(separator: " "), to: 60),
      ])
    }
    return (["enum \(name)"] + heading.indentedDocumentation).joined(separator: "\n") + "\n" + table.text(indent: "  ")
  }
}

extension TableDeclaration {
  fileprivate var text: String {
    func names(_ parts: [KeyPart]) -> String { parts.map(\.field).joined(separator: ", ") }
    return
      ([
        "table \(name) \(number) of \(record)", "  \(localized("key", "主键")) (\(names(key)))",
      ]
      + indexes.map { "  \($0.isUnique ? "unique index" : "index") \($0.name) (\(names($0.parts)))" }
      + aggregates.map { "  aggregate \($0.name) (\(names($0.parts)))" }).joined(separator: "\n")
  }
}

extension Heading {
  fileprivate var indentedDocumentation: [String] { documentation.map { "  \($0)" } }
}

extension Field {
  fileprivate var typeText: String {
    switch shape {
    case .single: type.idlName
    case .optional: "\(type.idlName)?"
    case .list: "[\(type.idlName)]"
    case .map(let key): "[\(key.rawValue): \(type.idlName)]"
    }
  }
}

extension FieldLimits {
  fileprivate var text: String {
    [
      length.map { localized("length ", "长度 ") + "\($0.lowerBound)–\($0.upperBound)" }, min.map { "≥ \($0)" },
      max.map { "≤ \($0)" }, pattern?.source, isSensitive ? localized("sensitive", "敏感") : nil,
      shownTo.isEmpty ? nil : localized("shown to ", "全显") + shownTo.joined(separator: " "),
      partlyShownTo.isEmpty ? nil : localized("partly to ", "部分显示") + partlyShownTo.joined(separator: " "),
    ].compactMap { $0 }.joined(separator: ", ")
  }
}

extension Scope {
  fileprivate var text: String {
    guard let path else { return field }
    return "\(field) -> \(path.table)\(path.index.map { ".\($0)" } ?? "").\(path.field)"
  }
}

extension Label {
  fileprivate var text: String {
    switch Language.current {
    case .english: english
    case .chinese: chinese
    case .both: "\(english) \(chinese)"
    }
  }
}
