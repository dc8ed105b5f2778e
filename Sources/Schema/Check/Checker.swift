/// What must hold of a schema as a whole, beyond its grammar.
struct Checker {
  private let schema: Schema
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
    for service in schema.services {
      unique(service.methods.map(\.heading), "method")
      unique(service.methods.map { ($0.heading, $0.number) }, "method number")
      for method in service.methods { check(method) }
    }
    for table in schema.tables { check(table) }
  }

  private mutating func fail(_ heading: Heading, _ message: String) {
    faults.append(Diagnostic(location: heading.location, message: message))
  }

  private mutating func unique(_ headings: [Heading], _ what: String) {
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

  private mutating func unique(_ numbered: [(Heading, UInt32)], _ what: String) {
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

  // MARK: Records

  /// Refuses an error where a record is meant.
  private mutating func requireRecord(_ name: String, at heading: Heading) {
    if schema.record(named: name) == nil { fail(heading, "\(name) is an error, not a record; declare a record") }
  }

  private mutating func check(_ record: RecordDeclaration) {
    unique(record.fields.map(\.heading), "field")
    unique(record.fields.map { ($0.heading, $0.number) }, "field number")
    for field in record.fields { check(field) }
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

  private mutating func check(_ field: Field) {
    if case .record(let name) = field.type { requireRecord(name, at: field.heading) }
    let isText = field.type == .scalar(.text)
    let isBytes = field.type == .scalar(.bytes)
    if field.isList || isText || isBytes {
      if field.limits.length == nil {
        fail(field.heading, "\(field.name) needs @length(least..most): everything has a limit")
      }
      let isListOfLong = field.isList && (isText || isBytes)
      if isListOfLong, field.limits.each == nil {
        fail(field.heading, "\(field.name) needs @each(least..most) for its elements: everything has a limit")
      }
    } else if field.limits.length != nil {
      fail(field.heading, "@length belongs to text, bytes and lists; remove it, or bound the number with @min and @max")
    }
    if field.limits.each != nil, !field.isList || !isText && !isBytes {
      fail(field.heading, "@each belongs to lists of text or bytes; @length limits a single one and the count")
    }
    for (trait, range) in [("length", field.limits.length), ("each", field.limits.each)] {
      if let range, range.upperBound > Self.lengthMax {
        fail(field.heading, "@\(trait): more than \(Self.lengthMax) fits into no message; lower it")
      }
    }
    if field.limits.pattern != nil, !isText || field.isList {
      fail(field.heading, "@pattern belongs to a single text; remove it")
    }
    if isText, !field.isList, let pattern = field.limits.pattern, let length = field.limits.length {
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
      if case .scalar(let scalar) = field.type, scalar.isNumber, !field.isList {
      } else {
        fail(field.heading, "@min and @max belong to single numbers; remove them")
      }
    }
    if field.type == .scalar(.f64), field.isList || field.limits.min == nil || field.limits.max == nil {
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

  // MARK: Services

  private mutating func check(_ method: MethodDeclaration) {
    requireRecord(method.request, at: method.heading)
    requireRecord(method.response, at: method.heading)
    let roles = schema.enumeration(named: "Role")
    for role in method.roles where roles?.values.contains(where: { $0.name == role }) != true {
      let known = roles?.values.map(\.name) ?? []
      fail(method.heading, "\"\(role)\" is no value of the enum Role; add it there\(didYouMean(role, known))")
    }
    for error in method.errors where !schema.errors.contains(where: { $0.name == error }) {
      fail(
        method.heading, "there is no error \(error); declare it\(didYouMean(error, schema.errors.map(\.name)))")
    }
    if let scope = method.scope, let request = schema.record(named: method.request) {
      check(scope, of: method, request)
    }
  }

  private mutating func check(_ scope: Scope, of method: MethodDeclaration, _ request: RecordDeclaration) {
    guard let field = request.fields.first(where: { $0.name == scope.field && !$0.isList }) else {
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
    let target = record.fields.first { $0.name == path.field && !$0.isList && !$0.isOptional }
    if target?.type != .scalar(.gridCode) {
      fail(
        method.heading, "@scope: \(record.name) has no GridCode \(path.field) that is always there; name one that is")
    }
  }

  // MARK: Tables

  private mutating func check(_ table: TableDeclaration) {
    unique(table.indexes.map(\.heading), "index")
    unique(table.indexes.map { ($0.heading, $0.number) }, "index number")
    unique(table.aggregates.map(\.heading), "aggregate")
    unique(table.aggregates.map { ($0.heading, $0.number) }, "aggregate number")
    requireRecord(table.record, at: table.heading)
    guard let record = schema.record(named: table.record) else { return }
    let keyBytes = check(table.key, of: record, at: table.heading, isPrimary: true)
    for index in table.indexes {
      let own = check(index.parts, of: record, at: index.heading, isPrimary: false)
      limit(own + (index.isUnique ? 0 : keyBytes), at: index.heading)
    }
    for aggregate in table.aggregates {
      limit(check(aggregate.parts, of: record, at: aggregate.heading, isPrimary: false), at: aggregate.heading)
    }
    limit(keyBytes, at: table.heading)
  }

  private mutating func limit(_ bytes: Int, at heading: Heading) {
    if bytes > Self.keyBytesMax {
      fail(
        heading,
        "a key of \(heading.name) can take \(bytes) bytes; LMDB allows \(Self.keyBytesMax): "
          + "take out a field, or lower its @length")
    }
  }

  /// Checks the components and answers the most bytes that they can take.
  private mutating func check(
    _ parts: [KeyPart], of record: RecordDeclaration, at heading: Heading, isPrimary: Bool
  ) -> Int {
    var bytes = 0
    var subtrees = 0
    if Set(parts.map(\.field)).count < parts.count { fail(heading, "a field stands twice in the key; remove one") }
    for part in parts {
      guard let field = record.fields.first(where: { $0.name == part.field }) else {
        fail(
          heading,
          "\(record.name) has no field \(part.field); declare it\(didYouMean(part.field, record.fields.map(\.name)))")
        continue
      }
      if field.isList { fail(heading, "a list cannot stand in a key: remove \(part.field)") }
      if isPrimary, field.isOptional {
        fail(heading, "a field of the primary key cannot be optional: remove the ? of \(part.field)")
      }
      if part.isSubtree {
        subtrees += 1
        if isPrimary || field.type != .scalar(.gridCode) || subtrees > 1 {
          fail(heading, "subtree(…) takes one GridCode of an index or aggregate; write \(part.field) alone")
        }
      }
      if let size = Self.keyBytes(of: field) {
        bytes += size
      } else {
        fail(
          heading,
          "\(part.field) cannot stand in a key: its type has no order, or no fixed length; choose another field")
      }
    }
    return bytes
  }

  private static func keyBytes(of field: Field) -> Int? {
    switch field.type {
    case .record: return nil
    case .enumeration: return 2
    case .scalar(let scalar):
      switch scalar {
      case .bool: return 1
      case .i32, .u32, .date: return 4
      case .i64, .u64, .gridCode, .instant: return 8
      case .hazardNumber: return 16
      case .uscc: return 18
      // UTF-8 takes up to four bytes a character; a zero byte ends it.
      case .text: return field.limits.length.map { Int($0.upperBound) * 4 + 1 }
      case .bytes:
        guard let length = field.limits.length, length.lowerBound == length.upperBound else { return nil }
        return Int(length.upperBound)
      case .f64, .fen, .term: return nil
      }
    }
  }
}
