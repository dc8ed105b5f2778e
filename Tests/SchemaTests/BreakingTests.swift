import Schema
import Testing

/// What a change of our own IDL breaks. The lock in the tree is up to date, and each rule finds a change that no other
/// rule finds.
@Suite struct BreakingTests {
  typealias Edit = OurIDL.Edit

  private func compare(_ lock: Lock, _ files: [OurIDL.File]) throws -> LockComparison {
    LockComparison(lock, try OurIDL.packages(of: files).map(\.schema))
  }

  private func ours() -> Lock { LockComparison(Lock(), OurIDL.packages.map(\.schema)).accepted }

  @Test func `the lock in the tree remembers our IDL as it is`() throws {
    let text = OurIDL.text(of: "api.lock")
    let comparison = LockComparison(try Lock(file: "api.lock", text: text), OurIDL.packages.map(\.schema))
    #expect(comparison.findings.map(\.description) == [], "see idlc breaking --rules")
    #expect(comparison.accepted.text == text, "run idlc breaking --update IDL/*.idl")
  }

  static let mutants: [(rule: String, levels: String, edits: [Edit])] = [
    ("PACKAGE_REMOVED", "SOURCE WIRE STORAGE", [.remove(file: "gridwire.idl")]),
    ("RECORD_REMOVED", "SOURCE STORAGE", [.delete("journal", declaration: "@stored\nrecord CopyManifest")]),
    ("RECORD_RENAMED", "SOURCE", [.rename("EnterpriseCursor", to: "EnterprisePlace")]),
    (
      "RECORD_UNION_CHANGED", "SOURCE WIRE",
      [
        .replace("hazard", "record HazardCursor {", with: "union HazardCursor {"),
        .replace("hazard", "1: grid GridCode?;\n  2: at Instant?;", with: "1: grid GridCode;\n  2: at Instant;"),
        .replace("hazard", "3: id u64?;\n  4: number HazardNumber?;", with: "3: id u64;\n  4: number HazardNumber;"),
        .replace("hazard", "5: violation Violation?;", with: "5: violation Violation;"),
      ]
    ),
    (
      "RECORD_UNSTORED", "STORAGE",
      [.replace("journal", "@stored\nrecord CopyManifest", with: "record CopyManifest")]
    ),
    (
      "FIELD_REQUIRED_ADDED", "WIRE",
      [
        .replace(
          "hazard", "record TraceHazard {\n  1: number HazardNumber;",
          with: "record TraceHazard {\n  1: number HazardNumber;\n  2: asked_at Instant;")
      ]
    ),
    ("FIELD_REMOVED", "SOURCE WIRE", [.replace("enterprise", "  @length(0..100)\n  16: source text;\n", with: "")]),
    ("FIELD_RENAMED", "SOURCE WIRE", [.replace("hazard", "3: granted bool;", with: "3: agreed bool;")]),
    (
      "FIELD_RENAMED_REMEMBERED", "SOURCE",
      [.replace("hazard", "3: granted bool;", with: "@renamed(granted)\n  3: agreed bool;")]
    ),
    ("FIELD_TYPE_CHANGED", "SOURCE WIRE", [.replace("admin", "7: test_store bool;", with: "7: test_store u32;")]),
    (
      "FIELD_TYPE_WIDENED", "SOURCE WIRE",
      [.replace("enterprise", "20: credit_count u32;", with: "20: credit_count u64;")]
    ),
    (
      "FIELD_SHAPE_CHANGED", "SOURCE WIRE STORAGE",
      [.replace("enterprise", "11: employees u32?;", with: "11: employees u32;")]
    ),
    (
      "FIELD_LIMIT_TIGHTENED", "WIRE",
      [.replace("person", "@length(1..64) @example", with: "@length(1..32) @example")]
    ),
    ("ENUM_RENAMED", "SOURCE", [.rename("RiskLevel", to: "Risk")]),
    (
      "VALUE_REMOVED", "SOURCE WIRE STORAGE",
      [.replace("hazard", "  11: media \"Media\" \"媒体曝光\";\n", with: "")]
    ),
    ("VALUE_RENAMED", "SOURCE WIRE", [.replace("hazard", "11: media ", with: "11: press ")]),
    (
      "VALUE_RENAMED_REMEMBERED", "SOURCE",
      [.replace("hazard", "11: media ", with: "@renamed(media)\n  11: press ")]
    ),
    ("VALUE_RELABELLED", "SOURCE", [.replace("hazard", "媒体曝光", with: "媒体报道")]),
    (
      "ERROR_REMOVED", "SOURCE",
      [.delete("errors", declaration: "error PlanMissing"), .replace("hazard", "PlanMissing, ", with: "")]
    ),
    ("ERROR_RENAMED", "SOURCE", [.rename("PlanMissing", to: "NoPlan")]),
    (
      "ERROR_CODE_CHANGED", "WIRE",
      [.replace("errors", "PlanMissing 45 failed_precondition", with: "PlanMissing 45 aborted")]
    ),
    ("SERVICE_REMOVED", "SOURCE WIRE", [.delete("credit", declaration: "service Credit 4")]),
    ("SERVICE_RENAMED", "SOURCE WIRE", [.replace("credit", "service Credit 4", with: "service Standing 4")]),
    (
      "SERVICE_RENAMED_REMEMBERED", "SOURCE",
      [.replace("credit", "service Credit 4", with: "@renamed(Credit)\nservice Standing 4")]
    ),
    (
      "METHOD_REMOVED", "SOURCE WIRE",
      [
        .replace(
          "hazard",
          "  @role(anyone) @scope(enterprise_id -> enterprises.grid) @paginated\n"
            + "  query 46: of_enterprise(EnterpriseHazards) -> HazardPage throws NotFound;\n", with: "")
      ]
    ),
    ("METHOD_RENAMED", "SOURCE WIRE", [.replace("hazard", "46: of_enterprise(", with: "46: at_enterprise(")]),
    (
      "METHOD_RENAMED_REMEMBERED", "SOURCE",
      [.replace("hazard", "query 46: of_enterprise(", with: "@renamed(of_enterprise)\n  query 46: at_enterprise(")]
    ),
    (
      "METHOD_KIND_CHANGED", "WIRE",
      [.replace("enterprise", "@role(administrator) @paginated\n  query 1", with: "@role(administrator)\n  command 1")]
    ),
    (
      "METHOD_REQUEST_CHANGED", "SOURCE WIRE",
      [.replace("hazard", "40: show(ShowHazard)", with: "40: show(TraceHazard)")]
    ),
    (
      "METHOD_RESPONSE_CHANGED", "SOURCE WIRE STORAGE",
      [.replace("grid", "open_edition(OpenEdition) -> Edition", with: "open_edition(OpenEdition) -> Empty")]
    ),
    ("METHOD_STREAM_CHANGED", "SOURCE WIRE", [.replace("admin", "-> stream JournalEntry", with: "-> JournalEntry")]),
    (
      "METHOD_STREAM_CHANGED", "SOURCE WIRE",
      [
        .replace("hazard", "relay(stream Relayed", with: "relay(Relayed"),
        .replace("hazard", "-> stream RelayedReceipt", with: "-> RelayedReceipt"),
      ]
    ),
    (
      "METHOD_STREAM_CHANGED", "SOURCE WIRE",
      [.replace("enterprise", "-> ImportSummary", with: "-> stream ImportSummary")]
    ),
    (
      "METHOD_NARROWED", "WIRE",
      [.replace("person", "@role(administrator, auditor)\n  query 2", with: "@role(auditor)\n  query 2")]
    ),
    (
      "METHOD_DEADLINE_LOWERED", "WIRE",
      [.replace("admin", "@deadline(600)\n  query 10", with: "@deadline(60)\n  query 10")]
    ),
    ("TABLE_REMOVED", "STORAGE", [.delete("credit", declaration: "table credit_records")]),
    (
      "TABLE_RECORD_CHANGED", "STORAGE",
      [.replace("grid", "table editions 3 of Edition", with: "table editions 3 of SchemaVersion")]
    ),
    (
      "TABLE_KEY_CHANGED", "STORAGE",
      [.replace("grid", "of Grid {\n  key (code, edition);", with: "of Grid {\n  key (edition, code);")]
    ),
    (
      "INDEX_ADDED", "STORAGE",
      [.replace("hazard", "index 4: timers (timer_at);", with: "index 4: timers (timer_at);\n  index 11: x (state);")]
    ),
    ("INDEX_REMOVED", "STORAGE", [.replace("hazard", "  index 4: timers (timer_at);\n", with: "")]),
    (
      "INDEX_KEY_CHANGED", "STORAGE",
      [.replace("hazard", "2: open (grid, due_at)", with: "2: open (grid, submitted_at)")]
    ),
    (
      "AGGREGATE_ADDED", "STORAGE",
      [
        .replace(
          "hazard", "  aggregate 1: count_by_state",
          with: "  aggregate 4: count_by_class count (class);\n  aggregate 1: count_by_state")
      ]
    ),
    (
      "AGGREGATE_REMOVED", "STORAGE",
      [.replace("enterprise", "  aggregate 1: count_by_risk count (subtree(grid), state, risk_level);\n", with: "")]
    ),
    (
      "AGGREGATE_KEY_CHANGED", "STORAGE",
      [.replace("enterprise", "count (subtree(grid), state, risk_level)", with: "count (subtree(grid), state)")]
    ),
  ]

  @Test(arguments: mutants)
  func `a mutant of our IDL is found by its rule alone`(rule: String, levels: String, edits: [Edit]) throws {
    let findings = try compare(ours(), OurIDL.files(after: edits)).findings
    #expect(Set(findings.map(\.rule)) == [rule], "\(findings)")
    #expect(findings.first?.levels.map(\.rawValue).joined(separator: " ") == levels)
  }

  /// First the thing goes, and the lock remembers it as retired; then another takes its number.
  static let reuses: [(rule: String, levels: String, gone: [Edit], back: [Edit])] = [
    (
      "FIELD_REUSED", "WIRE STORAGE", [.replace("enterprise", "  @length(0..100)\n  16: source text;\n", with: "")],
      [.replace("enterprise", "16: source text;", with: "16: operator text;")]
    ),
    (
      "VALUE_REUSED", "WIRE STORAGE", [.replace("hazard", "  11: media \"Media\" \"媒体曝光\";\n", with: "")],
      [.replace("hazard", "11: media \"Media\" \"媒体曝光\"", with: "11: drone \"Drone\" \"无人机\"")]
    ),
    (
      "ERROR_REUSED", "WIRE",
      [.delete("errors", declaration: "error PlanMissing"), .replace("hazard", "PlanMissing, ", with: "")],
      [.rename("PlanMissing", to: "RouteMissing")]
    ),
    (
      "SERVICE_REUSED", "WIRE STORAGE", [.delete("credit", declaration: "service Credit 4")],
      [.replace("credit", "service Credit 4", with: "service Weather 4")]
    ),
    (
      "METHOD_REUSED", "WIRE STORAGE",
      [
        .replace(
          "hazard",
          "  @role(anyone) @scope(enterprise_id -> enterprises.grid) @paginated\n"
            + "  query 46: of_enterprise(EnterpriseHazards) -> HazardPage throws NotFound;\n", with: "")
      ],
      [.replace("hazard", "46: of_enterprise(", with: "46: at_person(")]
    ),
    (
      "TABLE_REUSED", "STORAGE", [.delete("credit", declaration: "table credit_records")],
      [.replace("credit", "table credit_records 30", with: "table weather 30")]
    ),
  ]

  @Test(arguments: reuses)
  func `a number that was published once is never another's`(
    rule: String, levels: String, gone: [Edit], back: [Edit]
  ) throws {
    let without = try compare(ours(), OurIDL.files(after: gone)).accepted
    // Through its text, as it lies in the tree.
    let lock = try Lock(file: "api.lock", text: without.text)
    let findings = try compare(lock, OurIDL.files(after: back)).findings
    #expect(findings.map(\.rule) == [rule], "\(findings)")
    #expect(findings.first?.levels.map(\.rawValue).joined(separator: " ") == levels)
    // What comes back as it was is welcome.
    #expect(try compare(lock, OurIDL.files).findings.map(\.description) == [])
  }

  /// First the thing gets another name, and remembers its own; then it forgets it.
  static let forgotten: [(rule: String, levels: String, renamed: Edit, forgotten: Edit)] = [
    (
      "FIELD_FORMER_FORGOTTEN", "WIRE",
      .replace("hazard", "3: granted bool;", with: "@renamed(granted)\n  3: agreed bool;"),
      .replace("hazard", "3: granted bool;", with: "3: agreed bool;")
    ),
    (
      "VALUE_FORMER_FORGOTTEN", "WIRE", .replace("hazard", "11: media ", with: "@renamed(media)\n  11: press "),
      .replace("hazard", "11: media ", with: "11: press ")
    ),
    (
      "SERVICE_FORMER_FORGOTTEN", "WIRE",
      .replace("credit", "service Credit 4", with: "@renamed(Credit)\nservice Standing 4"),
      .replace("credit", "service Credit 4", with: "service Standing 4")
    ),
    (
      "METHOD_FORMER_FORGOTTEN", "WIRE",
      .replace("hazard", "query 46: of_enterprise(", with: "@renamed(of_enterprise)\n  query 46: at_enterprise("),
      .replace("hazard", "query 46: of_enterprise(", with: "query 46: at_enterprise(")
    ),
  ]

  @Test(arguments: forgotten)
  func `a former name is kept, unless it becomes the present one again`(
    rule: String, levels: String, renamed: Edit, forgotten: Edit
  ) throws {
    let lock = try Lock(file: "api.lock", text: try compare(ours(), OurIDL.files(after: [renamed])).accepted.text)
    let findings = try compare(lock, OurIDL.files(after: [forgotten])).findings
    #expect(findings.map(\.rule) == [rule], "\(findings)")
    #expect(findings.first?.levels.map(\.rawValue).joined(separator: " ") == levels)
    let back = try compare(lock, OurIDL.files).findings.map(\.rule)
    #expect(back.allSatisfy { $0.hasSuffix("_RENAMED") } && back.count == 1, "\(back)")
  }

  @Test func `a type that says what it was called may change together with its name`() throws {
    let renaming: [Edit] = [
      .rename("EnterpriseCursor", to: "EnterprisePlace"),
      .replace(
        "enterprise", "  1: grid GridCode;\n  2: id u64;\n}",
        with: "  1: grid GridCode;\n  2: id u64;\n  3: to u64?;\n}"),
    ]
    #expect(try compare(ours(), OurIDL.files(after: renaming)).findings.contains { $0.rule == "RECORD_REMOVED" })
    let remembered =
      renaming + [
        .replace("enterprise", "record EnterprisePlace", with: "@renamed(EnterpriseCursor)\nrecord EnterprisePlace")
      ]
    #expect(try compare(ours(), OurIDL.files(after: remembered)).findings.map(\.rule) == ["RECORD_RENAMED"])
  }

  @Test func `every rule has its mutant`() {
    let covered = Self.mutants.map(\.rule) + Self.reuses.map(\.rule) + Self.forgotten.map(\.rule)
    #expect(Set(covered).sorted() == BreakingTable.rules.map(\.rule).sorted())
  }

  @Test(
    arguments: [
      .replace("admin", "8: started_at Instant;", with: "8: started_at Instant;\n  9: load u32;"),
      .replace("hazard", "@length(0..20)\n  4: evidence", with: "@length(0..40)\n  4: evidence"),
      .replace("person", " @sensitive\n  5:", with: "\n  5:"),
      .replace("hazard", "11: media \"Media\"", with: "12: drone \"Drone\" \"无人机\";\n  11: media \"Press\""),
      .replace(
        "errors", "error EditionNotOpen 43",
        with: "error Late 90 aborted \"Late\" \"迟\" {\n}\n\nerror EditionNotOpen 43"),
      .replace("errors", "There is no enterprise {id}.", with: "No enterprise has the number {id}."),
      .replace("person", "@role(administrator, auditor)", with: "@role(administrator, auditor, platform)"),
      .replace("person", "@role(administrator, auditor)", with: "@role(anyone)"),
      .replace("admin", "@deadline(600)\n  query 10", with: "@deadline(601)\n  query 10"),
      .replace("hazard", "PlanMissing, PhotosMissing", with: "PhotosMissing, PlanMissing"),
      .replace("credit", "table credit_records 30", with: "table standings 30"),
      .replace("hazard", "index 4: timers", with: "index 4: alarms"),
      .replace("enterprise", "aggregate 1: count_by_risk", with: "aggregate 1: by_risk"),
      .replace("person", "record ShowPerson", with: "@stored\nrecord ShowPerson"),
      .replace(
        "common", "record Empty {\n}", with: "record Empty {\n}\nrecord New {\n}\nenum Newer {\n  1: a \"A\" \"甲\";\n}"),
      .replace(
        "person", "  /// A person and what",
        with: "  @role(auditor)\n  query 9: seek(ShowPerson) -> Person;\n\n  /// A person and what"),
      .replace(
        "person", "table persons 10", with: "table more_persons 19 of Person {\n  key (id);\n}\n\ntable persons 10"),
      .replace("person", "/// People and what", with: "service More 90 {\n}\n\n/// People and what"),
    ] as [Edit])
  func `what breaks nothing is not found`(edit: Edit) throws {
    #expect(try compare(ours(), OurIDL.files(after: [edit])).findings.map(\.description) == [])
  }

  @Test func `the lock survives its own text`() throws {
    let lock = ours()
    #expect(try Lock(file: "api.lock", text: lock.text).text == lock.text)
    #expect(throws: Diagnostic.self) { try Lock(file: "api.lock", text: "package p\nfield A.1 colour=red\n") }
    #expect(throws: Diagnostic.self) { try Lock(file: "api.lock", text: "package p\nfield A.1 name=\"red\n") }
  }

  @Test func `what is gone is named where the lock has it, what changed where the IDL has it`() throws {
    let lock = try Lock(file: "api.lock", text: ours().text)
    func edits(_ rule: String) throws -> [Edit] { try #require(Self.mutants.first { $0.rule == rule }).edits }
    let gone = try compare(lock, OurIDL.files(after: edits("FIELD_REMOVED"))).findings
    #expect(gone.first?.location.file == "api.lock")
    let changed = try compare(lock, OurIDL.files(after: edits("FIELD_RENAMED"))).findings
    #expect(changed.first?.location.file == "hazard.idl")
  }
}
