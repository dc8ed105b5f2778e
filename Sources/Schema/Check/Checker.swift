/// What must hold of a schema as a whole, beyond its grammar.
struct Checker {
  let schema: Schema
  private(set) var faults: [Diagnostic] = []

  /// The most bytes or elements that a limit may name.
  static let lengthMax = 1 << 24
  /// LMDB's limit for a key.
  static let keyBytesMax = 511

  init(_ schema: Schema) { self.schema = schema }

  mutating func check() {
    unique(schema.records.map(\.heading) + schema.enums.map(\.heading) + schema.errors.map(\.record.heading), "type")
    unique(schema.services.map(\.heading), "service")
    unique(schema.tables.map(\.heading), "table")
    unique(schema.services.map { ($0.heading, $0.number) }, "service number")
    unique(schema.tables.map { ($0.heading, $0.number) }, "table number")
    unique(schema.errors.map { ($0.record.heading, $0.number) }, "error number")
    for record in schema.records { check(record) }
    for error in schema.errors { check(error) }
    for enumeration in schema.enums {
      unique(enumeration.values.map(\.heading), "value")
      unique(enumeration.values.map { ($0.heading, UInt32($0.number)) }, "value number")
      if enumeration.values.isEmpty {
        fail(enumeration.heading, "an enum needs a value; write one such as 1: name \"English\" \"中文\";")
      }
      for value in enumeration.values where value.name == "unspecified" {
        fail(value.heading, "unspecified is what 0 means in every enum; choose another name")
      }
      for value in enumeration.values where Self.takenValueNames.contains(value.name) {
        fail(value.heading, "the generated code has a \(value.name) of its own; choose another name")
      }
    }
    checkNesting()
    checkFormerNames()
    for service in schema.services {
      unique(service.methods.map(\.heading), "method")
      unique(service.methods.map { ($0.heading, $0.number) }, "method number")
      for method in service.methods { check(method) }
    }
    for table in schema.tables { check(table) }
  }

  mutating func fail(_ heading: Heading, _ message: String) { fail(heading.location, message) }

  mutating func fail(_ location: Location, _ message: String) {
    faults.append(Diagnostic(location: location, message: message))
  }

  mutating func unique(_ headings: [Heading], _ what: String) {
    var seen: [String: Location] = [:]
    for heading in headings {
      if let first = seen[heading.name] {
        fail(
          heading,
          "\(what) \(heading.name) stands already in line \(first.line) of \(first.file); rename one of the two")
      } else {
        seen[heading.name] = heading.location
      }
    }
  }

  mutating func unique(_ numbered: [(Heading, UInt32)], _ what: String) {
    var seen: [UInt32: Heading] = [:]
    for (heading, number) in numbered {
      if let first = seen[number] {
        let free = (1...UInt32.max).first { candidate in !numbered.contains { $0.1 == candidate } }!
        fail(heading, "\(what) \(number) belongs to \(first.name) already; numbers are for ever: take \(free)")
      } else {
        seen[number] = heading
      }
    }
  }

  /// Names that generated enums and records use themselves.
  private static let takenValueNames: Set<String> = [
    "unrecognized", "all_known", "init", "self", "name", "label", "raw_value",
  ]
  private static let takenFieldNames: Set<String> = [
    "unknown_fields", "writer", "reader", "tag", "start", "self", "init",
  ]

  /// The cases that a union has besides its arms, what every case has, and what protobuf calls the arms together.
  private static let takenArmNames: Set<String> = ["unset", "unrecognized", "arm"]

  // MARK: Records

  /// Refuses an error where a record is meant.
  mutating func requireRecord(_ name: String, at heading: Heading) {
    if schema.record(named: name) == nil { fail(heading, "\(name) is an error, not a record; declare a record") }
  }

  private mutating func check(_ record: RecordDeclaration) {
    unique(record.fields.map(\.heading), "field")
    unique(record.fields.map { ($0.heading, $0.number) }, "field number")
    for field in record.fields { check(field) }
    if record.isUnion { checkUnion(record) }
    var seen: [String: String] = [:]
    for field in record.fields {
      if let other = seen[field.name.camelCased], other != field.name {
        fail(field.heading, "\(field.name) and \(other) are one name in the generated code; rename one")
      }
      seen[field.name.camelCased] = field.name
      if Self.takenFieldNames.contains(field.name) {
        fail(field.heading, "the generated code has a \(field.name) of its own; choose another name")
      }
    }
  }

  private mutating func checkUnion(_ union: RecordDeclaration) {
    if union.fields.isEmpty { fail(union.heading, "a union needs an arm; write one such as 1: name text;") }
    for arm in union.fields where Self.takenArmNames.contains(arm.name) {
      fail(arm.heading, "the generated code has a \(arm.name) of its own; choose another name")
    }
  }

  private mutating func check(_ field: Field) {
    requireRoles(field.limits.shownTo + field.limits.partlyShownTo, at: field.heading)
    if !field.limits.partlyShownTo.isEmpty, field.type != .scalar(.text) || field.isList {
      fail(field.heading, "only a single text is shown in part; take @partly_shown_to from \(field.name)")
    }
    checkExamples(of: field)
    if case .record(let name) = field.type { requireRecord(name, at: field.heading) }
    let isText = field.type == .scalar(.text)
    let isBytes = field.type == .scalar(.bytes)
    if field.isMany || isText || isBytes {
      if field.limits.length == nil {
        fail(field.heading, "\(field.name) needs @length(least..most): everything has a limit")
      }
      if field.isMany, isText || isBytes, field.limits.each == nil {
        fail(field.heading, "\(field.name) needs @each(least..most) for its elements: everything has a limit")
      }
    } else if field.limits.length != nil {
      fail(
        field.heading,
        "@length belongs to text, bytes, lists and maps; remove it, or bound the number with @min and @max")
    }
    if field.limits.each != nil, !field.isMany || !isText && !isBytes {
      fail(field.heading, "@each belongs to lists and maps of text or bytes; @length limits a single one and the count")
    }
    if field.mapKey == .text {
      if field.limits.keys == nil {
        fail(field.heading, "\(field.name) needs @keys(least..most) for its keys: everything has a limit")
      }
    } else if field.limits.keys != nil {
      fail(field.heading, "@keys belongs to maps by text; remove it")
    }
    for (trait, range) in [("length", field.limits.length), ("each", field.limits.each), ("keys", field.limits.keys)] {
      if let range, range.upperBound > Self.lengthMax {
        fail(field.heading, "@\(trait): more than \(Self.lengthMax) fits into no message; lower it")
      }
    }
    if field.limits.pattern != nil, !isText || field.isMany {
      fail(field.heading, "@pattern belongs to a single text; remove it")
    }
    if isText, !field.isMany, let pattern = field.limits.pattern, let length = field.limits.length {
      let least = pattern.parts.reduce(0) { $0 + Int64($1.min) }
      let most = pattern.parts.reduce(Int64?.some(0)) { sum, part in
        part.max.flatMap { max in sum.map { $0 + Int64(max) } }
      }
      if least > length.upperBound || most ?? .max < length.lowerBound {
        fail(
          field.heading,
          "no text has the length \(length.lowerBound)..\(length.upperBound) and the form "
            + "\(pattern.source); change one of them")
      }
    }
    if field.limits.min != nil || field.limits.max != nil {
      if case .scalar(let scalar) = field.type, scalar.isNumber, !field.isMany {
      } else {
        fail(field.heading, "@min and @max belong to single numbers; remove them")
      }
    }
    if field.type == .scalar(.f64), field.isMany || field.limits.min == nil || field.limits.max == nil {
      fail(field.heading, "an f64 stands alone and needs @min and @max: they keep out what is no number")
    }
    if let min = field.limits.min, let max = field.limits.max, min > max {
      fail(field.heading, "@min is greater than @max; exchange them")
    }
    if case .scalar(let scalar) = field.type, let range = scalar.range {
      for bound in [field.limits.min, field.limits.max] {
        if let bound, !range.contains(bound) {
          fail(field.heading, "\(bound) is no \(scalar.rawValue); choose a bound inside the type")
        }
      }
    }
  }

  private mutating func check(_ error: ErrorDeclaration) {
    check(error.record)
    let named = Set(Self.placeholders(in: error.message.english) + Self.placeholders(in: error.message.chinese))
    for name in named.sorted() where !error.record.fields.contains(where: { $0.name == name }) {
      fail(
        error.record.heading,
        "the message names {\(name)}, which is no field of \(error.name)"
          + didYouMean(name, error.record.fields.map(\.name)))
    }
  }

  /// The names in braces.
  package static func placeholders(in text: String) -> [String] {
    text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().compactMap { part in
      part.firstIndex(of: "}").map { String(part[..<$0]) }
    }
  }

  /// A record that holds itself, directly or through others, has no finite default.
  private mutating func checkNesting() {
    for record in schema.records {
      var reached: Set<String> = []
      var open = [record.name]
      while let name = open.popLast() {
        for field in schema.record(named: name)?.fields ?? [] {
          guard case .record(let inner) = field.type else { continue }
          if inner == record.name {
            fail(
              record.heading,
              "record \(record.name) contains itself through \(name).\(field.name); hold the other's key there")
            reached.insert(inner)
            open.removeAll()
            break
          }
          if reached.insert(inner).inserted { open.append(inner) }
        }
      }
    }
  }

  private mutating func requireRoles(_ names: [String], at heading: Heading) {
    let roles = schema.enumeration(named: "Role")
    for role in names where roles?.values.contains(where: { $0.name == role }) != true {
      let known = roles?.values.map(\.name) ?? []
      fail(heading, "\"\(role)\" is no value of the enum Role; add it there\(didYouMean(role, known))")
    }
  }

  // MARK: Services

  private mutating func check(_ method: MethodDeclaration) {
    requireRecord(method.request, at: method.heading)
    requireRecord(method.response, at: method.heading)
    requireRoles(method.roles, at: method.heading)
    for error in method.errors where !schema.errors.contains(where: { $0.name == error }) {
      fail(
        method.heading, "there is no error \(error); declare it\(didYouMean(error, schema.errors.map(\.name)))")
    }
    // The reply of a command is stored, and given again as it is; a stream's messages are made before anybody looks at
    // them. Only the reply of a unary query is masked.
    if method.kind == .command || method.isStreaming, let response = schema.record(named: method.response),
      schema.hasSensitiveFields(response)
    {
      fail(
        method.heading,
        "\(response.name) has @sensitive fields, which are masked in the reply of a unary query only; answer with less")
    }
    guard let request = schema.record(named: method.request) else { return }
    if method.takesStream { checkStream(of: method, request) }
    if let scope = method.scope, !method.takesStream { check(scope, of: method, request) }
  }

  /// Each message is a command of its own, which brings what OPEN brings for a call.
  private mutating func checkStream(of method: MethodDeclaration, _ request: RecordDeclaration) {
    let key = request.fields.first { $0.name == "request_key" }
    if key?.type != .scalar(.bytes) || key?.isList == true || key?.isOptional == true || key?.limits.length != 16...16 {
      fail(
        method.heading,
        "each request of \(method.name) is a command of its own, which needs a key; write "
          + "@length(16..16) 1: request_key bytes; in \(request.name)")
    }
    if method.scope != nil {
      fail(
        method.heading,
        "@scope: the requests of \(method.name) stream, and each is authorised as the command that it stands for; "
          + "remove it")
    }
  }

  private mutating func check(_ scope: Scope, of method: MethodDeclaration, _ request: RecordDeclaration) {
    guard let field = request.fields.first(where: { $0.name == scope.field && !$0.isMany }) else {
      return fail(
        method.heading,
        "@scope: \(request.name) has no single field \(scope.field); name the one that leads to the grid"
          + didYouMean(scope.field, request.fields.map(\.name)))
    }
    guard let path = scope.path else {
      if field.type != .scalar(.gridCode) {
        fail(method.heading, "@scope: \(request.name).\(field.name) is no GridCode; name the table that holds the grid")
      }
      return
    }
    guard let table = schema.table(named: path.table), let record = schema.record(named: table.record) else {
      return fail(
        method.heading,
        "@scope: there is no table \(path.table); declare it"
          + didYouMean(path.table, schema.tables.map(\.name)))
    }
    var key = table.key
    if let name = path.index {
      guard let index = table.indexes.first(where: { $0.name == name && $0.isUnique }) else {
        return fail(
          method.heading,
          "@scope: table \(table.name) has no unique index \(name); declare it"
            + didYouMean(name, table.indexes.filter(\.isUnique).map(\.name)))
      }
      key = index.parts
    }
    let keyField = key.count == 1 ? record.fields.first { $0.name == key[0].field } : nil
    if keyField?.type != field.type || field.isOptional {
      fail(
        method.heading,
        "@scope: \(request.name).\(field.name) is not the whole key of \(path.index ?? table.name); take a field "
          + "of the type of that key, not optional")
    }
    let target = record.fields.first { $0.name == path.field && !$0.isMany && !$0.isOptional }
    if target?.type != .scalar(.gridCode) {
      fail(
        method.heading, "@scope: \(record.name) has no GridCode \(path.field) that is always there; name one that is")
    }
  }
}
