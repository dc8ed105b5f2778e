/// The reference of a package for people: what may be called, by whom, with what, and what is kept. One content, which
/// `markdown` and `html` print.
package struct Reference {
  let schema: Schema
  private(set) var blocks: [ReferenceBlock] = []

  /// - Parameter workflows: what `Domain` interprets, and the IDL does not say.
  package init(_ schema: Schema, workflows: [WorkflowTable] = []) {
    self.schema = schema
    addOverview()
    for service in schema.services.sorted(by: { $0.number < $1.number }) { add(service) }
    addRoles()
    addSection("Workflows", workflows) { $0.add($1) }
    addSection("Records", schema.records.sorted { $0.name < $1.name }) { $0.add($1) }
    addSection("Enums", schema.enums.sorted { $0.name < $1.name }) { $0.add($1) }
    addSection("Errors", schema.errors.sorted { $0.number < $1.number }) { $0.add($1) }
    addSection("Tables", schema.tables.sorted { $0.number < $1.number }) { $0.add($1) }
  }

  // MARK: Sections

  private mutating func addOverview() {
    heading(1, schema.package)
    let counts = [
      (schema.services.count, "services"), (schema.records.count, "records"), (schema.enums.count, "enums"),
      (schema.errors.count, "errors"), (schema.tables.count, "tables"),
    ]
    let text = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    blocks.append(.paragraph([.text("The interface as its IDL declares it: \(text).")]))
    guard !schema.services.isEmpty else { return }
    let rows = schema.services.sorted { $0.number < $1.number }.map { service in
      [[.link(service.name, Self.anchor(service))], documentation(service.heading)]
    }
    blocks.append(.table(["service", ""], rows))
  }

  private mutating func add(_ service: ServiceDeclaration) {
    heading(2, "\(service.name), service \(service.number)", Self.anchor(service))
    paragraph(service.heading)
    for method in service.methods.sorted(by: { $0.number < $1.number }) { add(method, of: service) }
  }

  private mutating func add(_ method: MethodDeclaration, of service: ServiceDeclaration) {
    heading(3, "\(service.name).\(method.name)", Self.anchor(service, method))
    paragraph(method.heading)
    var facts: [(String, [ReferenceInline])] = [
      ("kind", [.text("\(method.kind.rawValue) \(method.number), \(service.number << 8 | method.number) on the wire")]),
      ("takes", (method.takesStream ? [.text("a stream of ")] : []) + [type(method.request)]),
      ("answers", (method.isStreaming ? [.text("a stream of ")] : []) + [type(method.response)]),
      (
        "roles", method.roles.isEmpty ? [.text("anyone with a role")] : commaSeparated(method.roles.map { .code($0) })
      ),
    ]
    if let scope = method.scope { facts.append(("in the grid of", [.code(text(of: scope))])) }
    if !method.errors.isEmpty { facts.append(("refuses with", commaSeparated(method.errors.map { type($0) }))) }
    facts.append(("time limit", [.text("\(method.deadlineSeconds) s")]))
    if method.isPaginated { facts.append(("reads", [.text("many rows, away from the event loops")])) }
    if method.isDetached { facts.append(("works", [.text("on the daemon's folder, one at a time")])) }
    blocks.append(.table(["", ""], facts.map { [[.text($0.0)], $0.1] }))
    if let example = schema.record(named: method.request).flatMap({ schema.example(of: $0) }) {
      blocks.append(.paragraph([.text("A request in JSON:")]))
      blocks.append(.code(example.text))
    }
  }

  /// Who may call what, the other way round.
  private mutating func addRoles() {
    guard let roles = schema.enumeration(named: "Role"), !schema.services.isEmpty else { return }
    heading(2, "Roles")
    let methods = schema.services.flatMap { service in service.methods.map { (service, $0) } }
    let rows = roles.values.sorted { $0.number < $1.number }.map { role -> [[ReferenceInline]] in
      let allowed = methods.filter { $0.1.roles.contains(role.name) }.map { service, method in
        ReferenceInline.link("\(service.name).\(method.name)", Self.anchor(service, method))
      }
      return [[.code(role.name)], [.text("\(role.label.english) \(role.label.chinese)")], commaSeparated(allowed)]
    }
    let open = methods.filter { $0.1.roles.isEmpty }.map { service, method in
      ReferenceInline.link("\(service.name).\(method.name)", Self.anchor(service, method))
    }
    blocks.append(
      .table(["role", "", "may call"], rows + [[[.text("anyone with a role")], [], commaSeparated(open)]]))
    for service in schema.services.sorted(by: { $0.number < $1.number }) { addRoles(of: service, roles) }
  }

  /// Methods by roles, drawn: a dot where the role may call.
  private mutating func addRoles(of service: ServiceDeclaration, _ roles: EnumDeclaration) {
    let named = roles.values.filter { role in service.methods.contains { $0.roles.contains(role.name) } }
    guard !named.isEmpty else { return }
    heading(3, "Who may call \(service.name)", "roles-\(Self.anchor(service.name))")
    let rows = service.methods.sorted { $0.number < $1.number }.map { method -> [[ReferenceInline]] in
      [[.link(method.name, Self.anchor(service, method))]]
        + named.map { method.roles.isEmpty || method.roles.contains($0.name) ? [.text("●")] : [] }
    }
    blocks.append(.table([""] + named.map(\.name), rows))
  }

  private mutating func add(_ workflow: WorkflowTable) {
    heading(3, "\(workflow.title.english) \(workflow.title.chinese)", "workflow-\(workflow.title.name)")
    blocks.append(.drawing(workflow))
    let rows = workflow.rows.map { row -> [[ReferenceInline]] in
      [
        [.code(row.event.name)] + (row.event.chinese.isEmpty ? [] : [.text(" \(row.event.chinese)")]),
        commaSeparated(row.from.map { .code($0) }),
        row.next.map { [.code($0)] } ?? [.text("as it is")], [.text(row.who.english)],
        commaSeparated(row.roles.map { .code($0) }), [.text(row.guards.map(\.english).joined(separator: ", "))],
        [.text(row.deadline.english)], [.text(row.effects.map(\.english).joined(separator: ", "))],
      ]
    }
    blocks.append(.table(["event", "from", "to", "by", "roles", "if", "deadline", "then"], rows))
  }

  private mutating func addSection<Item>(_ title: String, _ items: [Item], _ add: (inout Reference, Item) -> Void) {
    guard !items.isEmpty else { return }
    heading(2, title)
    for item in items { add(&self, item) }
  }

  private mutating func add(_ record: RecordDeclaration) {
    heading(3, record.name)
    paragraph(record.heading)
    addFields(record)
  }

  private mutating func addFields(_ record: RecordDeclaration) {
    if record.isUnion { blocks.append(.paragraph([.text("A union: exactly one of these.")])) }
    guard !record.fields.isEmpty else { return blocks.append(.paragraph([.text("It has no fields.")])) }
    let rows = record.fields.sorted { $0.number < $1.number }.map { field -> [[ReferenceInline]] in
      let single: ReferenceInline =
        if case .scalar(let scalar) = field.type { .code(scalar.rawValue) } else { type(field.type.idlName) }
      let whole: [ReferenceInline] =
        switch field.shape {
        case .single: [single]
        case .optional: record.isUnion ? [single] : [single, .text(", optional")]
        case .list: [.text("list of "), single]
        case .map(let key): [.text("map from "), .code(key.rawValue), .text(" to "), single]
        }
      let limits = field.limits.idlTraits.map { ReferenceInline.code($0) }
      return [
        [.text("\(field.number)")], [.code(field.name)], whole, spaced(limits), inlines(field.explanation),
      ]
    }
    blocks.append(.table(["", "field", "type", "limits", ""], rows))
  }

  private mutating func add(_ enumeration: EnumDeclaration) {
    heading(3, enumeration.name)
    paragraph(enumeration.heading)
    let rows = enumeration.values.sorted { $0.number < $1.number }.map { value -> [[ReferenceInline]] in
      [
        [.text("\(value.number)")], [.code(value.name)], [.text(value.label.english)], [.text(value.label.chinese)],
        documentation(value.heading),
      ]
    }
    blocks.append(.table(["", "value", "English", "中文", ""], rows))
  }

  private mutating func add(_ error: ErrorDeclaration) {
    heading(3, error.name)
    paragraph(error.record.heading)
    blocks.append(.paragraph([.text("Error \(error.number), "), .code(error.code.idlName), .text(".")]))
    blocks.append(.table(["English", "中文"], [[[.text(error.message.english)], [.text(error.message.chinese)]]]))
    if !error.record.fields.isEmpty { addFields(error.record) }
    let throwers = schema.services.flatMap { service in
      service.methods.filter { $0.errors.contains(error.name) }.map { method in
        ReferenceInline.link("\(service.name).\(method.name)", Self.anchor(service, method))
      }
    }
    let who: [ReferenceInline] = throwers.isEmpty ? [.text("any method")] : commaSeparated(throwers)
    blocks.append(.paragraph([.text("Answered by ")] + who + [.text(".")]))
  }

  private mutating func add(_ table: TableDeclaration) {
    heading(3, "\(table.name), table \(table.number)", "table-\(table.name)")
    paragraph(table.heading)
    func text(_ parts: [KeyPart]) -> String {
      parts.map { $0.text(of: $0.field) }.joined(separator: ", ")
    }
    var rows: [[[ReferenceInline]]] = [
      [[.text("of")], [type(table.record)], []], [[.text("key")], [.code(text(table.key))], []],
    ]
    for index in table.indexes {
      let kind = index.isUnique ? "unique index" : "index"
      rows.append([
        [.text("\(kind) \(index.number) \(index.name)")], [.code(text(index.parts))], documentation(index.heading),
      ])
    }
    for aggregate in table.aggregates {
      rows.append([
        [.text("count \(aggregate.number) \(aggregate.name)")], [.code(text(aggregate.parts))],
        documentation(aggregate.heading),
      ])
    }
    blocks.append(.table(["", "", ""], rows))
  }

  // MARK: Pieces

  private mutating func heading(_ level: Int, _ text: String, _ anchor: String? = nil) {
    blocks.append(.heading(level, text, anchor: anchor ?? Self.anchor(text)))
  }

  private mutating func paragraph(_ heading: Heading) {
    if !heading.explanation.isEmpty { blocks.append(.paragraph(documentation(heading))) }
  }

  /// The documentation's words; what stands in backticks is code.
  private func documentation(_ heading: Heading) -> [ReferenceInline] { inlines(heading.explanation) }

  private func inlines(_ lines: [String]) -> [ReferenceInline] {
    let parts = lines.joined(separator: " ").split(separator: "`", omittingEmptySubsequences: false)
    return parts.enumerated().compactMap { index, part in
      part.isEmpty ? nil : index % 2 == 0 ? .text(String(part)) : .code(String(part))
    }
  }

  private func type(_ name: String) -> ReferenceInline { .link(name, Self.anchor(name)) }

  private func text(of scope: Scope) -> String {
    guard let path = scope.path else { return scope.field }
    return "\(scope.field) -> " + [path.table, path.index, path.field].compactMap { $0 }.joined(separator: ".")
  }

  private func commaSeparated(_ items: [ReferenceInline]) -> [ReferenceInline] { joined(items, ", ") }
  private func spaced(_ items: [ReferenceInline]) -> [ReferenceInline] { joined(items, " ") }

  private func joined(_ items: [ReferenceInline], _ separator: String) -> [ReferenceInline] {
    Array(items.flatMap { [.text(separator), $0] }.dropFirst())
  }

  private static func anchor(_ name: String) -> String { name.lowercased() }
  /// A record may have the name of a service.
  private static func anchor(_ service: ServiceDeclaration) -> String { "service-\(anchor(service.name))" }
  private static func anchor(_ service: ServiceDeclaration, _ method: MethodDeclaration) -> String {
    "\(anchor(service))-\(method.name)"
  }
}

/// A piece of a page.
enum ReferenceBlock {
  case heading(Int, String, anchor: String)
  case paragraph([ReferenceInline])
  case table([String], [[[ReferenceInline]]])
  /// States and what leads from one to the other.
  case drawing(WorkflowTable)
  /// Lines to be shown as they stand.
  case code(String)
}

enum ReferenceInline {
  case text(String)
  case code(String)
  /// To an anchor of the same page.
  case link(String, String)
}
