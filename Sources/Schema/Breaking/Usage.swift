/// Where the records, errors and enums of an interface are used, directly or inside others.
struct Usage {
  private(set) var requests: Set<String> = []
  /// Errors among them.
  private(set) var replies: Set<String> = []
  /// In rows of tables, in other files of the daemon, and in the journal, which keeps the replies of commands.
  private(set) var files: Set<String> = []

  init(facts: [Fact]) {
    var parts: [String: [String]] = [:]
    for field in facts where field.kind == .field {
      parts[field.parent ?? "", default: []].append(field.attributes[.type] ?? "")
    }
    let methods = facts.filter { $0.kind == .method }
    let tables = facts.filter { $0.kind == .table }
    let stored = facts.filter { $0.attributes[.stored] != nil }.map(\.id)
    let commands = methods.filter { $0.attributes[.kind] == MethodDeclaration.Kind.command.rawValue }
    func names(_ facts: [Fact], _ attribute: Fact.Attribute) -> [String] {
      facts.compactMap { $0.attributes[attribute] }
    }
    let errors = names(facts.filter { $0.kind == .error }, .name)
    requests = Self.reached(from: names(methods, .request), parts)
    replies = Self.reached(from: names(methods, .response) + errors, parts)
    files = Self.reached(from: names(tables, .record) + stored + names(commands, .response), parts)
    if methods.isEmpty {
      // A package without services declares the envelopes that others are called with.
      requests = Set(facts.filter { $0.kind == .record || $0.kind == .enum }.map(\.id))
      replies.formUnion(requests)
    }
  }

  private static func reached(from roots: [String], _ parts: [String: [String]]) -> Set<String> {
    var reached: Set<String> = []
    var open = roots
    while let name = open.popLast() {
      if reached.insert(name).inserted { open += parts[name] ?? [] }
    }
    return reached
  }
}
