/// What a change of the interface breaks.
package enum BreakingLevel: String, Sendable, CaseIterable {
  /// A program written against the old interface does not compile against the new one.
  case source = "SOURCE"
  /// A program that runs already is refused by a daemon of the new interface, or misunderstands it; so is a script
  /// that sends JSON or calls by name.
  case wire = "WIRE"
  /// A daemon of the new interface misreads what an older one has put into its files; it needs a migration.
  case storage = "STORAGE"
}

/// What can happen to a declaration.
package enum Change: String, Sendable {
  case removed, added, reused, renamed
  case renamedRemembered = "renamed_remembered"
  case formerForgotten = "former_forgotten"
  case requiredAdded = "required_added"
  case typeChanged = "type_changed"
  case typeWidened = "type_widened"
  case shapeChanged = "shape_changed"
  case limitTightened = "limit_tightened"
  case limitLoosened = "limit_loosened"
  case sensitivityChanged = "sensitivity_changed"
  case unionChanged = "union_changed"
  case unstored, stored
  case relabelled
  case textChanged = "text_changed"
  case codeChanged = "code_changed"
  case kindChanged = "kind_changed"
  case requestChanged = "request_changed"
  case responseChanged = "response_changed"
  case streamChanged = "stream_changed"
  case errorsChanged = "errors_changed"
  case narrowed, widened
  case deadlineLowered = "deadline_lowered"
  case deadlineRaised = "deadline_raised"
  case schedulingChanged = "scheduling_changed"
  case recordChanged = "record_changed"
  case keyChanged = "key_changed"
}

/// A line of the table below.
package struct BreakingRow: Sendable {
  /// Where a change breaks a level: everywhere, or only for a type (or method) that is used so.
  package enum Extent: String, Sendable {
    case always = "yes"
    case inRequests = "in requests"
    case inReplies = "in replies"
    case onWire = "in requests and replies"
    case inFiles = "in tables, stored records and commands' replies"
    case inCommands = "of commands"
  }

  package let kind: Fact.Kind
  package let change: Change
  package let source: Extent?
  package let wire: Extent?
  package let storage: Extent?
  /// Why, or for a change that breaks nothing, why not.
  package let reason: String
  /// A change of this kind; empty where nothing breaks.
  package let example: String

  /// `FIELD_REMOVED`; only a row that breaks something is a rule.
  package var rule: String { "\(kind.rawValue)_\(change.rawValue)".uppercased() }
  package var breaksNothing: Bool { source == nil && wire == nil && storage == nil }

  init(
    _ kind: Fact.Kind, _ change: Change, source: Extent? = nil, wire: Extent? = nil, storage: Extent? = nil,
    _ reason: String, example: String = ""
  ) {
    self.kind = kind
    self.change = change
    self.source = source
    self.wire = wire
    self.storage = storage
    self.reason = reason
    self.example = example
  }
}

/// The whole of it: every kind of change of every kind of declaration.
package enum BreakingTable {
  package static let rows: [BreakingRow] = [
    .init(
      .package, .removed, source: .always, wire: .always, storage: .always,
      "nothing of it is declared any more",
      example: "gridwire.idl deleted"),

    .init(.record, .added, "nobody knows it yet"),
    .init(
      .record, .removed, source: .always, storage: .inFiles,
      "programs name it, and files may hold it",
      example: "record CopyManifest deleted"),
    .init(
      .record, .renamed, source: .always,
      "only programs name it; its bytes are the same",
      example: "record Grid → record GridNode, everywhere"),
    .init(
      .record, .unionChanged, source: .always, wire: .onWire, storage: .inFiles,
      "of a union one field counts, of a record all; bytes with several are misread",
      example: "record HazardCursor → union HazardCursor"),
    .init(
      .record, .unstored, storage: .always,
      "files hold it, and changes of it would no longer be seen",
      example: "@stored record CopyManifest → record CopyManifest"),
    .init(.record, .stored, "from now on changes of it are seen"),

    .init(.field, .added, "an older reader keeps it unread, an older writer leaves it at its default"),
    .init(
      .field, .requiredAdded, wire: .inRequests,
      "older clients leave it out, and are refused",
      example: "SubmitHazard: 11: reported_at Instant; added"),
    .init(
      .field, .removed, source: .always, wire: .onWire,
      "a command that carries it is refused, and a reply lacks what it said",
      example: "Enterprise: 16: source text; deleted"),
    .init(
      .field, .reused, wire: .onWire, storage: .inFiles,
      "its number had another meaning, which old bytes still have; take a new number",
      example: "16: operator text; where 16: source text; was"),
    .init(
      .field, .renamed, source: .always, wire: .inRequests,
      "code names it, and JSON with the old name is refused; its bytes are the same",
      example: "16: source text; → 16: origin text;"),
    .init(
      .field, .renamedRemembered, source: .always,
      "code names it; JSON with the old name is still understood",
      example: "16: source text; → @renamed(source) 16: origin text;"),
    .init(
      .field, .formerForgotten, wire: .inRequests,
      "JSON with the former name is refused",
      example: "@renamed(source) 16: origin text; → 16: origin text;"),
    .init(
      .field, .typeChanged, source: .always, wire: .onWire, storage: .inFiles,
      "old bytes have the old form; add a field of the new type and keep this one",
      example: "9: employees u32?; → 9: employees text?;"),
    .init(
      .field, .typeWidened, source: .always, wire: .inReplies,
      "old bytes are read as before, but an older client cannot hold the new values",
      example: "20: credit_count u32; → 20: credit_count u64;"),
    .init(
      .field, .shapeChanged, source: .always, wire: .onWire, storage: .inFiles,
      "what is absent, default or one of several is no longer told apart as it was",
      example: "9: employees u32?; → 9: employees u32;"),
    .init(
      .field, .limitTightened, wire: .inRequests,
      "values that clients send today are refused",
      example: "@length(1..2000) → @length(1..1000)"),
    .init(.field, .limitLoosened, "all that was allowed still is"),
    .init(.field, .sensitivityChanged, "neither bytes nor code depend on it"),

    .init(.enum, .added, "nobody knows it yet"),
    .init(.enum, .removed, "the fields that had it change with it, and are named"),
    .init(
      .enum, .renamed, source: .always,
      "only programs name it; its bytes are the same",
      example: "enum RiskLevel → enum Risk, everywhere"),
    .init(.value, .added, "enums are open: who does not know the value keeps its number"),
    .init(
      .value, .removed, source: .always, wire: .onWire, storage: .inFiles,
      "requests that name it are refused, and stored records have a state without a meaning",
      example: "11: media … deleted"),
    .init(
      .value, .reused, wire: .onWire, storage: .inFiles,
      "its number had another meaning, which old bytes still have; take a new number",
      example: "11: drone … where 11: media … was"),
    .init(
      .value, .renamed, source: .always, wire: .inRequests,
      "code names it, and JSON with the old name is refused; its number is the same",
      example: "11: media → 11: press"),
    .init(
      .value, .renamedRemembered, source: .always,
      "code names it; JSON with the old name is still understood",
      example: "11: media → @renamed(media) 11: press"),
    .init(
      .value, .formerForgotten, wire: .inRequests,
      "JSON with the former name is refused",
      example: "@renamed(media) 11: press → 11: press"),
    .init(
      .value, .relabelled, source: .always,
      "JSON may name a value by its Chinese label",
      example: "\"媒体曝光\" → \"媒体报道\""),
    .init(.value, .textChanged, "the English label is only shown"),

    .init(.error, .added, "a program shows the text of a refusal that it does not know"),
    .init(
      .error, .removed, source: .always,
      "programs that wait for it do not compile",
      example: "error PlanMissing deleted"),
    .init(
      .error, .reused, wire: .always,
      "an older client takes it for what the number meant; take a new number",
      example: "error RouteMissing 45 where error PlanMissing 45 was"),
    .init(
      .error, .renamed, source: .always,
      "code names it; its number is the same",
      example: "error PlanMissing 45 → error NoPlan 45"),
    .init(
      .error, .codeChanged, wire: .always,
      "programs and gateways decide by the code whether to try again",
      example: "error PlanMissing 45 failed_precondition → aborted"),
    .init(.error, .textChanged, "texts are for people"),

    .init(.service, .added, "nobody calls it yet"),
    .init(
      .service, .removed, source: .always, wire: .always,
      "its callers are refused",
      example: "service Credit deleted"),
    .init(
      .service, .reused, wire: .always, storage: .always,
      "its number named other methods, in older clients and in the journal; take a new number",
      example: "service Weather 4 where service Credit 4 was"),
    .init(
      .service, .renamed, source: .always, wire: .always,
      "code names it, and `safegrid call` by the old name is refused; its number is the same",
      example: "service Credit 4 → service Standing 4"),
    .init(
      .service, .renamedRemembered, source: .always,
      "code names it; `safegrid call` by the old name is still understood",
      example: "service Credit 4 → @renamed(Credit) service Standing 4"),
    .init(
      .service, .formerForgotten, wire: .always,
      "`safegrid call` by the former name is refused",
      example: "@renamed(Credit) service Standing 4 → service Standing 4"),

    .init(.method, .added, "nobody calls it yet"),
    .init(
      .method, .removed, source: .always, wire: .always,
      "its callers are refused; keep it, or answer by the new one",
      example: "query 46: of_enterprise deleted"),
    .init(
      .method, .reused, wire: .always, storage: .always,
      "its number named another method, in older clients and in the journal; take a new number",
      example: "query 46: of_person where query 46: of_enterprise was"),
    .init(
      .method, .renamed, source: .always, wire: .always,
      "code names it, and `safegrid call` by the old name is refused; its number is the same",
      example: "query 46: of_enterprise → query 46: at_enterprise"),
    .init(
      .method, .renamedRemembered, source: .always,
      "code names it; `safegrid call` by the old name is still understood",
      example: "query 46: of_enterprise → @renamed(of_enterprise) query 46: at_enterprise"),
    .init(
      .method, .formerForgotten, wire: .always,
      "`safegrid call` by the former name is refused",
      example: "@renamed(of_enterprise) query 46: at_enterprise → query 46: at_enterprise"),
    .init(
      .method, .kindChanged, wire: .always,
      "a command needs a request key, and a query takes none",
      example: "query 1: check_import → command 1: check_import"),
    .init(
      .method, .requestChanged, source: .always, wire: .always,
      "callers send the old record; add a method",
      example: "show(ShowHazard) → show(TraceHazard)"),
    .init(
      .method, .responseChanged, source: .always, wire: .always, storage: .inCommands,
      "callers expect the old record, and a repeated command gets its old reply from the journal; add a method",
      example: "open_edition(…) -> Edition → -> Empty"),
    .init(
      .method, .streamChanged, source: .always, wire: .always,
      "one message and many are not sent and read alike",
      example: "-> stream JournalEntry → -> JournalEntry"),
    .init(.method, .errorsChanged, "any method may refuse with any error"),
    .init(
      .method, .narrowed, wire: .always,
      "a role or scope that was enough is so no longer",
      example: "@role(administrator, auditor) → @role(auditor)"),
    .init(.method, .widened, "whoever could call it still can"),
    .init(
      .method, .deadlineLowered, wire: .always,
      "calls that took longer are given up",
      example: "@deadline(3600) → @deadline(60)"),
    .init(.method, .deadlineRaised, "calls that were answered still are"),
    .init(.method, .schedulingChanged, "where the daemon does the work, nobody sees"),

    .init(.table, .added, "it begins empty"),
    .init(
      .table, .removed, storage: .always,
      "its rows stay in the file, and nothing checks them",
      example: "table credit_records deleted"),
    .init(
      .table, .reused, storage: .always,
      "rows of the old table may have been left; take a new number",
      example: "table weather 30 where table credit_records 30 was"),
    .init(.table, .renamed, "files know its number only"),
    .init(
      .table, .recordChanged, storage: .always,
      "its rows hold the old record",
      example: "table editions 3 of Edition → of SchemaVersion"),
    .init(
      .table, .keyChanged, storage: .always,
      "its rows lie under the old keys",
      example: "key (code, edition) → key (edition, code)"),

    .init(
      .index, .added, storage: .always,
      "the rows that are there have no entries in it",
      example: "index 8: by_state (state) added"),
    .init(
      .index, .removed, storage: .always,
      "its entries stay in the file, and nothing checks them",
      example: "index 4: timers deleted"),
    .init(
      .index, .keyChanged, storage: .always,
      "its entries lie under the old keys",
      example: "index 2: open (grid, due_at) → (grid, submitted_at)"),
    .init(.index, .renamed, "files know its number only"),

    .init(
      .aggregate, .added, storage: .always,
      "the rows that are there were not counted in it",
      example: "aggregate 2: by_class added"),
    .init(
      .aggregate, .removed, storage: .always,
      "its counts stay in the file, and nothing checks them",
      example: "aggregate 1: count_by_state deleted"),
    .init(
      .aggregate, .keyChanged, storage: .always,
      "its counts lie under the old keys",
      example: "count (subtree(grid), state, severity) → (subtree(grid), state)"),
    .init(.aggregate, .renamed, "files know its number only"),
  ]

  package static var rules: [BreakingRow] { rows.filter { !$0.breaksNothing } }

  static func row(_ kind: Fact.Kind, _ change: Change) -> BreakingRow {
    guard let row = rows.first(where: { $0.kind == kind && $0.change == change }) else {
      preconditionFailure("the table says nothing of a \(kind.rawValue) that is \(change.rawValue)")
    }
    return row
  }
}
