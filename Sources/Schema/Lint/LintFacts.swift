/// A schema with what several rules ask of it.
struct LintFacts {
  let schema: Schema
  /// Types that a method, a table, a stored record or an error leads to. In a package without services or tables,
  /// which only declares envelopes: all.
  let reached: Set<String>

  /// Refusals that any method may answer, so that no `throws` names them.
  static let general: Set<String> = [
    "InvalidArgument", "UnknownField", "PermissionDenied", "DelegationDenied", "TokenEnded", "RulesChanged",
    "KeyReused", "KeyExpired",
    "StorageFault", "StorageFull",
  ]

  init(_ schema: Schema) {
    self.schema = schema
    var open = schema.services.flatMap { $0.methods.flatMap { [$0.request, $0.response] } }
    open += schema.tables.map(\.record) + schema.records.filter(\.isStored).map(\.name) + schema.errors.map(\.name)
    // What the compiler itself asks for.
    open.append("Role")
    if schema.services.isEmpty, schema.tables.isEmpty { open += schema.records.map(\.name) }
    var reached: Set<String> = []
    while let name = open.popLast() {
      guard reached.insert(name).inserted else { continue }
      let record = schema.record(named: name) ?? schema.errors.first { $0.name == name }?.record
      for field in record?.fields ?? [] {
        switch field.type {
        case .record(let inner), .enumeration(let inner): open.append(inner)
        case .scalar: continue
        }
      }
    }
    self.reached = reached
  }

  var methods: [MethodDeclaration] { schema.services.flatMap(\.methods) }

  /// Fields of records and of errors.
  var fields: [(record: RecordDeclaration, field: Field)] {
    (schema.records + schema.errors.map(\.record)).flatMap { record in record.fields.map { (record, $0) } }
  }

  /// Every label: of values, and the texts of errors.
  var labels: [(heading: Heading, label: Label)] {
    schema.enums.flatMap { $0.values.map { ($0.heading, $0.label) } }
      + schema.errors.map { ($0.record.heading, $0.message) }
  }

  var deprecatedTypes: Set<String> {
    let headings = (schema.records + schema.errors.map(\.record)).map(\.heading) + schema.enums.map(\.heading)
    return Set(headings.filter(\.isDeprecated).map(\.name))
  }

  func request(of method: MethodDeclaration) -> RecordDeclaration? { schema.record(named: method.request) }
  func response(of method: MethodDeclaration) -> RecordDeclaration? { schema.record(named: method.response) }

  /// What a word in backticks may name.
  var names: Set<String> {
    var names = Set(schema.headings.map(\.name))
    names.formUnion(Scalar.allCases.map(\.rawValue))
    return names
  }
}

extension RecordDeclaration {
  func field(_ name: String) -> Field? { fields.first { $0.name == name } }
}

extension StringProtocol {
  /// Whether a Chinese character stands in it.
  var hasHan: Bool {
    unicodeScalars.contains { (0x3400...0x9fff).contains($0.value) || (0x20000...0x3ffff).contains($0.value) }
  }

  /// The parts in backticks.
  var quotedWords: [String] {
    split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map {
      String($0.element)
    }
  }
}
