extension SwiftEmitter {
  /// A method with its service.
  struct ServiceMethod {
    let service: ServiceDeclaration
    let method: MethodDeclaration

    var caseName: String {
      let serviceName = service.name.prefix(1).lowercased() + service.name.dropFirst()
      return serviceName + method.name.capitalCased
    }
    /// service × 256 + method
    var number: UInt32 { service.number << 8 | method.number }
    var idlName: String { "\(service.name).\(method.name)" }
  }

  func methods() -> [ServiceMethod] {
    schema.services.flatMap { service in service.methods.map { ServiceMethod(service: service, method: $0) } }
  }

  var queries: [ServiceMethod] { methods().filter { $0.method.kind == .query } }
  /// Those that take one request; of those that take a stream, each message stands for one of these.
  var commands: [ServiceMethod] { methods().filter { $0.method.kind == .command && !$0.method.takesStream } }
  /// Those that take a stream of commands.
  var commandStreams: [ServiceMethod] { methods().filter(\.method.takesStream) }

  /// The method table, and the unions of commands, queries and outcomes.
  func requests() -> String {
    file(imports: ["package import Bytes"]) { code in
      code.line()
      emitMethodTable(into: &code)
      emitUnion(
        "Command", commands, "A request that changes something, with its method.", isChecked: false, into: &code)
      emitUnion("Query", queries, "A request that only reads, with its method.", isChecked: true, into: &code)
      code.line()
      code.line("/// What a command answers.")
      code.block("package enum Outcome: Sendable {") { code in
        for entry in commands { code.line("case \(entry.caseName)(\(entry.method.response))") }
        code.line()
        code.line("/// The reply's body.")
        code.block("package func encode(into writer: inout ByteWriter) {") { code in
          code.cases("switch self {") { code in
            for entry in commands {
              code.line("case .\(entry.caseName)(let reply): reply.encodeFields(into: &writer)")
            }
          }
        }
      }
    }
  }

  private func emitMethodTable(into code: inout CodeWriter) {
    code.line("/// Every method of every service. The number is service × 256 + method.")
    code.block("package enum Method: UInt32, Sendable, CaseIterable {") { code in
      for entry in methods() { code.line("case \(entry.caseName) = \(entry.number)") }
      code.line()
      emitMethodSwitch("The name in the IDL.", "name: String", into: &code) { "\"\($0.idlName)\"" }
      emitMethodSwitch("Whether it changes something.", "isCommand: Bool", into: &code) {
        "\($0.method.kind == .command)"
      }
      emitMethodSwitch("Whether it takes a stream of requests, each a command.", "takesStream: Bool", into: &code) {
        "\($0.method.takesStream)"
      }
      emitMethodSwitch("Whether it answers with a stream.", "isStreaming: Bool", into: &code) {
        "\($0.method.isStreaming)"
      }
      emitMethodSwitch("Whether it may take long enough to leave the event loop.", "isPaginated: Bool", into: &code) {
        "\($0.method.isPaginated)"
      }
      emitMethodSwitch(
        "Whether it works on the daemon's folder, and not on a snapshot.", "isDetached: Bool", into: &code
      ) {
        "\($0.method.isDetached)"
      }
      emitMethodSwitch("The longest that the server works on a call.", "deadlineSeconds: Int64", into: &code) {
        "\($0.method.deadlineSeconds)"
      }
      emitMethodSwitch("The roles that may call it; empty: any.", "roles: [Role]", into: &code) { entry in
        "[\(entry.method.roles.map { "." + $0.camelCased }.joined(separator: ", "))]"
      }
    }
  }

  private func emitMethodSwitch(
    _ documentation: String, _ property: String, into code: inout CodeWriter, _ value: (ServiceMethod) -> String
  ) {
    code.line("/// \(documentation)")
    code.block("package var \(property) {") { code in
      // The value that most have stands last, as the default.
      let groups = Dictionary(grouping: methods(), by: value).sorted {
        ($0.value.count, $0.key) < ($1.value.count, $1.key)
      }
      if groups.count == 1 { return code.line(groups[0].key) }
      let isDistinct = groups.count == methods().count
      code.cases("switch self {") { code in
        if isDistinct {
          for entry in methods() { code.line("case .\(entry.caseName): \(value(entry))") }
        } else {
          for group in groups.dropLast() {
            code.line("case \(group.value.map { ".\($0.caseName)" }.joined(separator: ", ")): \(group.key)")
          }
          code.line("default: \(groups.last!.key)")
        }
      }
    }
    code.line()
  }

  /// Bytes that a request may take in place. A larger one lies on the heap: each step of a call copies the union, whatever its
  /// case, and nearly all calls are of the small ones.
  private static let roomInPlace = 48

  /// About what a record takes as a Swift value.
  private func roughSize(of record: String) -> Int {
    let fields = schema.record(named: record)?.fields ?? []
    // What every record has: its unknown fields.
    return fields.reduce(8) { size, field in
      if field.isMany { return size + 8 }
      let own: Int
      switch field.type {
      case .scalar(.text): own = 16
      case .record(let name): own = roughSize(of: name)
      default: own = 8
      }
      return size + own + (field.isOptional ? 8 : 0)
    }
  }

  private func emitUnion(
    _ name: String, _ entries: [ServiceMethod], _ documentation: String, isChecked: Bool, into code: inout CodeWriter
  ) {
    code.line()
    code.line("/// \(documentation)")
    code.block("package enum \(name): Sendable {") { code in
      for entry in entries {
        code.documentation(entry.method.heading.explanation)
        let isLarge = roughSize(of: entry.method.request) > Self.roomInPlace
        code.line("\(isLarge ? "indirect " : "")case \(entry.caseName)(\(entry.method.request))")
      }
    }
    code.line()
    code.block("extension \(name) {") { code in
      code.block("package var method: Method {") { code in
        code.cases("switch self {") { code in
          for entry in entries { code.line("case .\(entry.caseName): .\(entry.caseName)") }
        }
      }
      code.line()
      let reads = isChecked ? "Reads the request and checks it" : "Reads the request"
      code.line("/// \(reads); `nil` when the method is of the other kind.")
      code.block("package init?(_ method: Method, body: RawSpan) throws(RecordFault) {") { code in
        code.cases("switch method {") { code in
          for entry in entries {
            let request = isChecked ? "(checking: body)" : "(encoded: body)"
            code.line("case .\(entry.caseName): self = .\(entry.caseName)(try \(entry.method.request)\(request))")
          }
          code.line("default: return nil")
        }
      }
      code.line()
      code.line("/// The request as a record that knows its limits.")
      code.block("package var request: any CheckedRecord {") { code in
        code.cases("switch self {") { code in
          for entry in entries { code.line("case .\(entry.caseName)(let request): request") }
        }
      }
      code.line()
      code.line("/// The grid in whose subtree the caller needs a role.")
      code.block(
        "package func scope(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> GridScope {"
      ) {
        code in
        code.cases("switch self {") { code in
          for entry in entries where entry.method.scope != nil { emitScope(entry, into: &code) }
          if entries.contains(where: { $0.method.scope == nil }) { code.line("default: return .region") }
        }
      }
    }
  }

  private func emitScope(_ entry: ServiceMethod, into code: inout CodeWriter) {
    let scope = entry.method.scope!
    let request = schema.record(named: entry.method.request)!
    let field = request.fields.first { $0.name == scope.field }!
    let value = "request.\(field.name.camelCased)"
    code.line("case .\(entry.caseName)(let request):")
    guard let path = scope.path else {
      return code.line("  return \(field.isOptional ? "\(value).map(GridScope.grid) ?? .region" : ".grid(\(value))")")
    }
    let table = schema.table(named: path.table)!
    let index = path.index.flatMap { name in table.indexes.first { $0.name == name } }
    let key = (index?.parts ?? table.key)[0].field.camelCased
    let place = index.map { Self.indexName(table, $0) } ?? Self.tableName(table)
    let grid = schema.record(named: table.record)!.fields.first { $0.name == path.field }!
    code.line(
      "  guard let grid = try reader.grid(\(place).self, .init(\(key): \(value)), "
        + "field: \(Self.tableName(table)).\(Self.gridFieldName(grid)), { $0.\(path.field.camelCased) })")
    code.line("  else { throw .notFound(NotFound(\"\(table.record.snakeCased)\", \"\\(\(value))\")) }")
    code.line("  return .grid(grid)")
  }
}
