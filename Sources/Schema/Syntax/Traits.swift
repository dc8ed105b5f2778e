/// The `@` words before a member, as written; each kind of member takes those that it knows.
struct Traits {
  struct Trait {
    let name: String
    let arguments: [Token]
    let location: Location

    func fault(_ message: String) -> Diagnostic { Diagnostic(location: location, message: "@\(name): \(message)") }

    func noArguments() throws(Diagnostic) {
      guard arguments.isEmpty else { throw fault("takes no arguments; remove the parentheses") }
    }

    /// `least..most`
    func range() throws(Diagnostic) -> ClosedRange<Int64> {
      guard arguments.count == 3, case .integer(let low) = arguments[0].kind, arguments[1].kind == .symbol(".."),
        case .integer(let high) = arguments[2].kind, 0 <= low, low <= high
      else { throw fault("takes a range such as 1..200") }
      return low...high
    }

    func text() throws(Diagnostic) -> String {
      guard arguments.count == 1, case .string(let text) = arguments[0].kind else { throw fault("takes one string") }
      return text
    }

    /// `a, b`, each once.
    func names(of what: String) throws(Diagnostic) -> [String] {
      var names: [String] = []
      for (index, token) in arguments.enumerated() {
        switch token.kind {
        case .identifier(let name) where index % 2 == 0: names.append(name)
        case .symbol(",") where index % 2 == 1: continue
        default: throw fault("takes \(what), separated by commas")
        }
      }
      guard !names.isEmpty, names.count * 2 == arguments.count + 1 else {
        throw fault("takes \(what), separated by commas")
      }
      for (index, name) in names.enumerated() where names[..<index].contains(name) {
        throw fault("names \(name) twice; remove one")
      }
      return names
    }

    func integer() throws(Diagnostic) -> Int64 {
      guard arguments.count == 1, case .integer(let value) = arguments[0].kind else {
        throw fault("takes one whole number")
      }
      return value
    }
  }

  let location: Location
  /// Those that no kind of member knows alone.
  private(set) var list: [Trait] = []
  /// What @since, @deprecated and @renamed say, which belong to anything that has a name.
  private(set) var life = Life()

  /// Adds a trait; answers a fault when it stands here already.
  mutating func add(_ trait: Trait, isFirst: Bool) throws(Diagnostic) {
    guard isFirst else { throw trait.fault("stands here already; remove one of the two") }
    switch trait.name {
    case "since":
      let text = try trait.text()
      guard text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ UInt32($0) != nil }) else {
        throw trait.fault("takes a version such as \"1.2\"")
      }
      life.since = text
    case "deprecated":
      let text = try trait.text()
      guard !text.isEmpty else { throw trait.fault("says nothing; write what takes its place, or why nothing does") }
      life.deprecation = text
    case "renamed": life.formerNames = try trait.names(of: "former names")
    default: list.append(trait)
    }
  }

  private static let lifeTraits = "since, deprecated and renamed"

  func refuseAll() throws(Diagnostic) {
    if let first = list.first { throw first.fault("has no meaning here; remove it") }
  }

  /// The only trait of a record.
  func isStored() throws(Diagnostic) -> Bool {
    for trait in list {
      guard trait.name == "stored" else {
        throw trait.fault("is no trait of a record; known are stored, \(Self.lifeTraits)")
      }
      try trait.noArguments()
    }
    return !list.isEmpty
  }

  func fieldLimits() throws(Diagnostic) -> FieldLimits {
    var limits = FieldLimits()
    for trait in list {
      switch trait.name {
      case "length": limits.length = try trait.range()
      case "each": limits.each = try trait.range()
      case "keys": limits.keys = try trait.range()
      case "min": limits.min = try trait.integer()
      case "max": limits.max = try trait.integer()
      case "pattern":
        let text = try trait.text()
        do throws(PatternFault) { limits.pattern = try Pattern(text) } catch { throw trait.fault(error.message) }
      case "sensitive":
        try trait.noArguments()
        limits.isSensitive = true
      case "shown_to": limits.shownTo = try trait.names(of: "names of roles")
      case "partly_shown_to": limits.partlyShownTo = try trait.names(of: "names of roles")
      // It sets no limit.
      case "example": continue
      default:
        throw trait.fault(
          "is no trait of a field; known are length, each, keys, min, max, pattern, sensitive, "
            + "shown_to, partly_shown_to, example, \(Self.lifeTraits)"
        )
      }
    }
    if let shown = list.first(where: { $0.name.hasSuffix("shown_to") }), !limits.isSensitive {
      throw shown.fault("everybody is shown what is not @sensitive; add that, or remove this")
    }
    if let twice = list.first(where: { $0.name == "partly_shown_to" }),
      let role = limits.partlyShownTo.first(where: limits.shownTo.contains)
    {
      throw twice.fault("\(role) is shown all of it already; remove it from one of the two")
    }
    return limits
  }

  /// The values of `@example(a, b)`.
  func examples() throws(Diagnostic) -> [ExampleValue] {
    guard let trait = list.first(where: { $0.name == "example" }) else { return [] }
    var values: [ExampleValue] = []
    for (index, token) in trait.arguments.enumerated() {
      let literal: ExampleValue.Literal
      switch token.kind {
      case .string(let text) where index % 2 == 0: literal = .text(text)
      case .integer(let value) where index % 2 == 0: literal = .integer(value)
      case .identifier(let word) where index % 2 == 0: literal = .word(word)
      case .symbol(",") where index % 2 == 1: continue
      default: throw trait.fault("takes values, separated by commas")
      }
      values.append(ExampleValue(literal: literal, location: token.location))
    }
    guard !values.isEmpty, values.count * 2 == trait.arguments.count + 1 else {
      throw trait.fault("takes values, separated by commas")
    }
    return values
  }

  func method(
    heading: Heading, number: UInt32, kind: MethodDeclaration.Kind, request: String, response: String,
    takesStream: Bool, isStreaming: Bool, errors: [String]
  ) throws(Diagnostic) -> MethodDeclaration {
    var roles: [String]?
    var scope: Scope?
    var isPaginated = false
    var isDetached = false
    var deadlineSeconds: Int64 = 30
    for trait in list {
      switch trait.name {
      case "role": roles = try Self.roles(trait)
      case "scope": scope = try Self.scope(trait)
      case "paginated":
        try trait.noArguments()
        guard kind == .query else { throw trait.fault("only a query can be paginated") }
        isPaginated = true
      case "detached":
        try trait.noArguments()
        guard kind == .query else { throw trait.fault("only a query can be detached") }
        isDetached = true
      case "deadline":
        deadlineSeconds = try trait.integer()
        guard (1...3600).contains(deadlineSeconds) else { throw trait.fault("lies between 1 and 3600 seconds") }
      default:
        throw trait.fault(
          "is no trait of a method; known are role, scope, paginated, detached, deadline, \(Self.lifeTraits)")
      }
    }
    if isPaginated && isDetached {
      throw Diagnostic(
        location: location,
        message: "@paginated reads a snapshot and @detached has none; remove one of the two from \(heading.name)")
    }
    for (index, error) in errors.enumerated() where errors[..<index].contains(error) {
      throw Diagnostic(location: heading.location, message: "\(heading.name) throws \(error) twice; remove one")
    }
    // Deny by default: a method that says nothing would be open or shut by accident.
    guard let roles else {
      throw Diagnostic(
        location: heading.location, message: "method \(heading.name) names no @role; write @role(anyone) to open it")
    }
    return MethodDeclaration(
      heading: heading, number: number, kind: kind, request: request, response: response, takesStream: takesStream,
      isStreaming: isStreaming, errors: errors, roles: roles == ["anyone"] ? [] : roles, scope: scope,
      isPaginated: isPaginated,
      isDetached: isDetached,
      deadlineSeconds: deadlineSeconds)
  }

  private static func roles(_ trait: Trait) throws(Diagnostic) -> [String] {
    let roles = try trait.names(of: "names of roles")
    guard roles.count == 1 || !roles.contains("anyone") else {
      throw trait.fault("anyone stands alone; remove it, or the other roles")
    }
    return roles
  }

  /// `field`, `field -> table.field` or `field -> table.index.field`.
  private static func scope(_ trait: Trait) throws(Diagnostic) -> Scope {
    var words: [String] = []
    var symbols: [String] = []
    for token in trait.arguments {
      switch token.kind {
      case .identifier(let word): words.append(word)
      case .symbol(let symbol): symbols.append(symbol)
      default: throw trait.fault("takes a field, or field -> table.index.field")
      }
    }
    switch (words.count, symbols) {
    case (1, []): return Scope(field: words[0], path: nil)
    case (3, ["->", "."]):
      return Scope(field: words[0], path: Scope.Path(table: words[1], index: nil, field: words[2]))
    case (4, ["->", ".", "."]):
      return Scope(field: words[0], path: Scope.Path(table: words[1], index: words[2], field: words[3]))
    default: throw trait.fault("takes a field, or field -> table.field, or field -> table.index.field")
    }
  }
}
