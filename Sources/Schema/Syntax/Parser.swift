/// Reads the tokens of one file into a schema. After a fault it goes on behind the declaration or member at fault, so
/// that one run names as many faults as it can.
struct Parser {
  /// What a name stands for, gathered from all files before any is parsed.
  enum NamedType { case record, enumeration }

  private let tokens: [Token]
  /// Absent: every name counts as one, for those who only want the grammar.
  private let types: [String: NamedType]?
  private var index = 0
  private(set) var faults: [Diagnostic] = []

  init(tokens: [Token], types: [String: NamedType]?) {
    self.tokens = tokens
    self.types = types
  }

  /// The names that a file declares as types.
  static func typeNames(in tokens: [Token]) -> [(name: String, type: NamedType)] {
    zip(tokens, tokens.dropFirst()).compactMap { keyword, name in
      guard case .identifier(let name) = name.kind, name.first?.isUppercase == true else { return nil }
      switch keyword.kind {
      case .identifier("record"), .identifier("union"), .identifier("error"): return (name, .record)
      case .identifier("enum"): return (name, .enumeration)
      default: return nil
      }
    }
  }

  /// Adds the file's declarations to `schema`.
  mutating func parse(into schema: inout Schema) {
    attempt { parser throws(Diagnostic) in try parser.preamble(into: &schema) }
    while token.kind != .end {
      let start = index
      attempt { parser throws(Diagnostic) in try parser.declaration(into: &schema) }
      if index == start { index += 1 }
    }
  }

  // MARK: Declarations

  private mutating func preamble(into schema: inout Schema) throws(Diagnostic) {
    try expect(keyword: "edition")
    let edition = try integer("the edition")
    guard edition == 1 else { throw fault("edition \(edition) is not known; this compiler reads edition 1") }
    schema.edition = edition
    try expect(";")
    try expect(keyword: "package")
    let name = try identifier("the package")
    guard schema.package.isEmpty || schema.package == name else {
      throw fault("the other files belong to package \(schema.package), this one to \(name)")
    }
    schema.package = name
    try expect(";")
  }

  private mutating func declaration(into schema: inout Schema) throws(Diagnostic) {
    let documentation = documentation()
    let traits = try self.traits()
    guard case .identifier(let keyword) = token.kind else { throw unexpected("a declaration") }
    let keywordLocation = token.location
    index += 1
    if keyword != "record", keyword != "union" { try traits.refuseAll() }
    switch keyword {
    case "record", "union":
      let heading = try heading(documentation, traits.life, "the \(keyword)", capital: true)
      let isUnion = keyword == "union"
      schema.records.append(
        RecordDeclaration(
          heading: heading, fields: try fields(areArms: isUnion), isUnion: isUnion, isStored: try traits.isStored()))
    case "enum":
      let heading = try heading(documentation, traits.life, "the enum", capital: true)
      schema.enums.append(EnumDeclaration(heading: heading, values: try enumValues()))
    case "error":
      schema.errors.append(try error(documentation, traits.life))
    case "service":
      let heading = try heading(documentation, traits.life, "the service", capital: true)
      let number = try smallNumber("the service's number", 1...0xff_ffff)
      schema.services.append(ServiceDeclaration(heading: heading, number: number, methods: try methods()))
    case "table":
      schema.tables.append(try table(documentation, traits.life))
    default:
      throw Diagnostic(
        location: keywordLocation,
        message: "\"\(keyword)\" begins no declaration; expected record, union, enum, error, service or table")
    }
  }

  private mutating func fields(areArms: Bool = false) throws(Diagnostic) -> [Field] {
    try members { parser, documentation, traits throws(Diagnostic) in
      let number = try parser.smallNumber("a field number", 1...536_870_911)
      try parser.expect(":")
      let heading = try parser.heading(documentation, traits.life, "the field", capital: false)
      let (type, shape) = try parser.typeAndShape()
      if areArms, shape != .single {
        throw Diagnostic(location: heading.location, message: "an arm is one value; put more into a record of its own")
      }
      try parser.expect(";")
      let limits = try traits.fieldLimits()
      return Field(
        heading: heading, number: number, type: type, shape: areArms ? .optional : shape, limits: limits,
        examples: try traits.examples())
    }
  }

  /// `T`, `T?`, `[T]` or `[K: T]`.
  private mutating func typeAndShape() throws(Diagnostic) -> (ValueType, Field.Shape) {
    guard take("[") else {
      let type = try valueType()
      return (type, take("?") ? .optional : .single)
    }
    let location = token.location
    var type = try valueType()
    var shape = Field.Shape.list
    if take(":") {
      guard case .scalar(let key) = type, Scalar.mapKeys.contains(key) else {
        let known = Scalar.mapKeys.map(\.rawValue).joined(separator: ", ")
        throw Diagnostic(location: location, message: "\(type.idlName) is no key of a map; use \(known)")
      }
      shape = .map(key)
      type = try valueType()
    }
    try expect("]")
    if token.kind == .symbol("?") {
      let what = shape == .list ? "list" : "map"
      throw fault("a \(what) is never optional: it can be empty; remove the ?")
    }
    return (type, shape)
  }

  private mutating func valueType() throws(Diagnostic) -> ValueType {
    let location = token.location
    let name = try identifier("a type")
    if let scalar = Scalar(rawValue: name) { return .scalar(scalar) }
    guard let types else { return .record(name) }
    switch types[name] {
    case .record: return .record(name)
    case .enumeration: return .enumeration(name)
    case nil:
      let known = Scalar.allCases.map(\.rawValue).joined(separator: ", ")
      throw Diagnostic(
        location: location,
        message: "there is no type \(name); use \(known), or a record or enum of this package"
          + didYouMean(name, Scalar.allCases.map(\.rawValue) + types.keys))
    }
  }

  private mutating func enumValues() throws(Diagnostic) -> [EnumValue] {
    try members { parser, documentation, traits throws(Diagnostic) in
      try traits.refuseAll()
      // In an ordered key an enum takes two bytes.
      let number = try parser.smallNumber("a value's number", 1...65535)
      try parser.expect(":")
      let heading = try parser.heading(documentation, traits.life, "the value", capital: false)
      let label = try parser.label()
      try parser.expect(";")
      return EnumValue(heading: heading, number: Int32(number), label: label)
    }
  }

  private mutating func label() throws(Diagnostic) -> Label {
    Label(english: try string("the English label"), chinese: try string("the Chinese label"))
  }

  private mutating func error(_ documentation: [String], _ life: Life) throws(Diagnostic) -> ErrorDeclaration {
    let heading = try heading(documentation, life, "the error", capital: true)
    let number = try smallNumber("the error's number", 1...0xffff)
    let location = token.location
    let codeName = try identifier("the status code")
    guard let code = StatusCode.allCases.first(where: { $0.idlName == codeName && $0 != .ok }) else {
      let known = StatusCode.allCases.dropFirst().map(\.idlName).joined(separator: ", ")
      throw Diagnostic(location: location, message: "\"\(codeName)\" is no status code; use \(known)")
    }
    let message = try label()
    let record = RecordDeclaration(heading: heading, fields: try fields(), isUnion: false, isStored: false)
    return ErrorDeclaration(number: number, code: code, message: message, record: record)
  }

  private mutating func methods() throws(Diagnostic) -> [MethodDeclaration] {
    try members { parser, documentation, traits throws(Diagnostic) in
      let kindLocation = parser.token.location
      guard let kind = MethodDeclaration.Kind(rawValue: try parser.identifier("query or command")) else {
        throw Diagnostic(
          location: kindLocation, message: "a method begins with query (it reads) or command (it writes)")
      }
      let number = try parser.smallNumber("a method number", 1...255)
      try parser.expect(":")
      let heading = try parser.heading(documentation, traits.life, "the method", capital: false)
      try parser.expect("(")
      let takesStream = parser.take(keyword: "stream")
      let request = try parser.recordName("the request")
      try parser.expect(")")
      try parser.expect("->")
      let isStreaming = parser.take(keyword: "stream")
      let response = try parser.recordName("the response")
      var errors: [String] = []
      if parser.take(keyword: "throws") {
        repeat { errors.append(try parser.identifier("an error")) } while parser.take(",")
      }
      try parser.expect(";")
      if takesStream && kind == .query {
        throw Diagnostic(
          location: kindLocation,
          message:
            "a query runs on one snapshot, which cannot wait for requests; take one request, or make it a command")
      }
      if isStreaming && !takesStream && kind == .command {
        throw Diagnostic(
          location: kindLocation,
          message: "a command answers each request once; let its requests stream as well, or make it a query")
      }
      return try traits.method(
        heading: heading, number: number, kind: kind, request: request, response: response, takesStream: takesStream,
        isStreaming: isStreaming, errors: errors)
    }
  }

  private mutating func recordName(_ what: String) throws(Diagnostic) -> String {
    let location = token.location
    let name = try identifier(what)
    if let types, types[name] != .record {
      let records = types.filter { $0.value == .record }.map(\.key)
      throw Diagnostic(
        location: location, message: "there is no record \(name); declare it\(didYouMean(name, records))")
    }
    return name
  }

  private mutating func table(_ documentation: [String], _ life: Life) throws(Diagnostic) -> TableDeclaration {
    let heading = try heading(documentation, life, "the table", capital: false)
    let number = try smallNumber("the table's number", 1...0xffff)
    try expect(keyword: "of")
    let record = try recordName("the record")
    try expect("{")
    try expect(keyword: "key")
    let key = try keyParts()
    try expect(";")
    var indexes: [IndexDeclaration] = []
    var aggregates: [AggregateDeclaration] = []
    while !take("}") {
      let documentation = self.documentation()
      let location = token.location
      let keyword = try identifier("index, aggregate or }")
      guard keyword == "index" || keyword == "aggregate" else {
        throw Diagnostic(location: location, message: "expected index, aggregate or }, found \"\(keyword)\"")
      }
      let number = try smallNumber("its number", 1...255)
      try expect(":")
      let heading = try self.heading(documentation, Life(), "the \(keyword)", capital: false)
      let isUnique = keyword == "index" && take(keyword: "unique")
      if keyword == "aggregate" { try expect(keyword: "count") }
      let parts = try keyParts()
      try expect(";")
      if keyword == "index" {
        indexes.append(IndexDeclaration(heading: heading, number: number, isUnique: isUnique, parts: parts))
      } else {
        aggregates.append(AggregateDeclaration(heading: heading, number: number, parts: parts))
      }
    }
    return TableDeclaration(
      heading: heading, number: number, record: record, key: key, indexes: indexes, aggregates: aggregates)
  }

  private mutating func keyParts() throws(Diagnostic) -> [KeyPart] {
    try expect("(")
    var parts: [KeyPart] = []
    repeat {
      let word = try identifier("a field")
      if let form = KeyPart.Form(rawValue: word), take("(") {
        parts.append(KeyPart(field: try identifier("a field"), form: form))
        try expect(")")
      } else {
        parts.append(KeyPart(field: word, form: nil))
      }
    } while take(",")
    try expect(")")
    return parts
  }

  /// `{ member member … }`; a faulty member is skipped and the others are read.
  private mutating func members<Member>(
    _ member: (inout Parser, [String], Traits) throws(Diagnostic) -> Member
  ) throws(Diagnostic) -> [Member] {
    try expect("{")
    var result: [Member] = []
    while !take("}") {
      if token.kind == .end { throw unexpected("}") }
      do throws(Diagnostic) {
        let documentation = documentation()
        let traits = try self.traits()
        result.append(try member(&self, documentation, traits))
      } catch {
        faults.append(error)
        skipMember()
      }
    }
    return result
  }

  private mutating func traits() throws(Diagnostic) -> Traits {
    var traits = Traits(location: token.location)
    var names: Set<String> = []
    while take("@") {
      let location = token.location
      let name = try identifier("a trait")
      var arguments: [Token] = []
      if take("(") {
        while token.kind != .symbol(")") {
          if token.kind == .end { throw unexpected(")") }
          arguments.append(token)
          index += 1
        }
        try expect(")")
      }
      let trait = Traits.Trait(name: name, arguments: arguments, location: location)
      do throws(Diagnostic) { try traits.add(trait, isFirst: names.insert(name).inserted) } catch {
        faults.append(error)
      }
    }
    return traits
  }

  // MARK: Tokens

  private var token: Token { tokens[index] }

  private func unexpected(_ wanted: String) -> Diagnostic { fault("expected \(wanted), found \(token.name)") }

  private func fault(_ message: String) -> Diagnostic { Diagnostic(location: token.location, message: message) }

  private mutating func attempt(_ body: (inout Parser) throws(Diagnostic) -> Void) {
    do throws(Diagnostic) { try body(&self) } catch {
      faults.append(error)
      skipDeclaration()
    }
  }

  private mutating func documentation() -> [String] {
    var lines: [String] = []
    while case .documentation(let line) = token.kind {
      lines.append(line)
      index += 1
    }
    return lines
  }

  private mutating func heading(
    _ documentation: [String], _ life: Life, _ what: String, capital: Bool
  ) throws(Diagnostic) -> Heading {
    let location = token.location
    let name = try identifier("\(what)'s name")
    let rule = capital ? "begins with a capital letter and has no underscore" : "is written in lower_snake_case"
    let isRight =
      capital
      ? name.first!.isUppercase && !name.contains("_")
      : name.allSatisfy { !$0.isUppercase } && !name.contains("__") && name.first != "_" && name.last != "_"
    guard isRight else { throw Diagnostic(location: location, message: "\(what)'s name \(rule): \(name)") }
    return Heading(name: name, documentation: documentation, life: life, location: location)
  }

  private mutating func identifier(_ what: String) throws(Diagnostic) -> String {
    guard case .identifier(let name) = token.kind else { throw unexpected(what) }
    index += 1
    return name
  }

  private mutating func integer(_ what: String) throws(Diagnostic) -> Int64 {
    guard case .integer(let value) = token.kind else { throw unexpected(what) }
    index += 1
    return value
  }

  private mutating func smallNumber(_ what: String, _ range: ClosedRange<Int64>) throws(Diagnostic) -> UInt32 {
    let location = token.location
    let value = try integer(what)
    guard range.contains(value) else {
      throw Diagnostic(
        location: location, message: "\(what) lies between \(range.lowerBound) and \(range.upperBound), not at \(value)"
      )
    }
    return UInt32(value)
  }

  private mutating func string(_ what: String) throws(Diagnostic) -> String {
    guard case .string(let text) = token.kind else { throw unexpected("\(what) in quotes") }
    index += 1
    return text
  }

  private mutating func take(_ symbol: String) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    index += 1
    return true
  }

  private mutating func take(keyword: String) -> Bool {
    guard token.kind == .identifier(keyword) else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ symbol: String) throws(Diagnostic) {
    guard take(symbol) else { throw unexpected("\"\(symbol)\"") }
  }

  private mutating func expect(keyword: String) throws(Diagnostic) {
    guard take(keyword: keyword) else { throw unexpected("\"\(keyword)\"") }
  }

  /// Goes behind the `;` that ends the member, but not past the `}` of the declaration.
  private mutating func skipMember() {
    while token.kind != .end, token.kind != .symbol("}") {
      index += 1
      if tokens[index - 1].kind == .symbol(";") { return }
    }
  }

  /// Goes to the next token that begins a declaration at the margin.
  private mutating func skipDeclaration() {
    while token.kind != .end {
      if case .identifier(let word) = token.kind, token.location.column == 1,
        ["record", "union", "enum", "error", "service", "table"].contains(word)
      {
        return
      }
      index += 1
    }
  }
}
