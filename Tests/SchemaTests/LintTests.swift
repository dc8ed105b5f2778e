import Schema
import Testing

/// Lint over our own IDL: it is clean, and each rule finds a change of it that no other rule finds.
@Suite struct LintTests {
  private func rules(_ files: [OurIDL.File]) throws -> [String] {
    try OurIDL.packages(of: files).flatMap { Lint($0.schema, files: $0.files).findings.map(\.rule) }
  }

  @Test func `our own IDL is clean`() throws {
    for package in OurIDL.packages {
      #expect(Lint(package.schema, files: package.files).findings.map(\.description) == [])
    }
  }

  static let mutants: [(rule: String, edit: OurIDL.Edit)] = [
    (
      "TYPE_UNUSED",
      .replace("common", "record Empty {\n}", with: "record Empty {\n}\n\nrecord Leftover {\n  1: number u32;\n}")
    ),
    ("FIELD_ORDER", .replace("person", "  6: version u64;", with: "  8: other u64;\n  6: version u64;")),
    ("FIELD_TYPE_OF_NAME", .replace("hazard", "33: closed_at Instant?;", with: "33: closed_at u64?;")),
    ("FIELD_UNIT_MISSING", .replace("admin", "4: pause_microseconds u64;", with: "4: pause u64;")),
    ("FIELD_PERSONAL", .replace("person", " @sensitive\n  5:", with: "\n  5:")),
    (
      "DEPRECATED_REQUIRED",
      .replace("hazard", "@example(fire)\n  6: domain", with: "@example(fire) @deprecated(\"use class\")\n  6: domain")
    ),
    (
      "DEPRECATED_USED",
      .replace("hazard", "record HazardCount {", with: "@deprecated(\"read a list\")\nrecord HazardCount {")
    ),
    ("EXAMPLE_INCOMPLETE", .replace("hazard", "  @example(fire)\n", with: "")),
    ("PATTERN_UNCLEAR", .replace("enterprise", " @example(\"C2671\")\n  9:", with: "\n  9:")),
    ("LABEL_AMBIGUOUS", .replace("hazard", "\"公共安全\"", with: "\"生产安全\"")),
    ("LABEL_LANGUAGE", .replace("hazard", "\"媒体曝光\"", with: "\"Media\"")),
    ("ERROR_TEXTS_DIFFER", .replace("errors", "不存在监管对象{id}。", with: "不存在监管对象。")),
    ("ERROR_FIELD_UNSAID", .replace("errors", "  2: given u32;\n", with: "  2: given u32;\n  3: left u32;\n")),
    ("ERROR_UNTHROWN", .replace("hazard", "PlanMissing, ", with: "")),
    (
      "THROWS_GENERAL",
      .replace("grid", "show(ShowGrid) -> Grid throws", with: "show(ShowGrid) -> Grid throws InvalidArgument,")
    ),
    (
      "METHOD_OPEN",
      .replace(
        "admin", "@role(administrator, auditor) @detached @deadline(3600)",
        with: "@role(anyone) @detached @deadline(3600)")
    ),
    (
      "SCOPE_ERROR_MISSING",
      .replace(
        "credit", "CreditRecord throws NotFound, CreditKindDerived", with: "CreditRecord throws CreditKindDerived")
    ),
    (
      "ROLE_SYSTEM_SHARED",
      .replace("hazard", "@role(system)\n  command 26", with: "@role(system, administrator)\n  command 26")
    ),
    (
      "VERSION_UNCHECKED",
      .replace(
        "hazard", "VersionConflict, InvalidTransition, NotAllowedHere, PlanMissing, PhotosMissing, Unconfigured;",
        with: "InvalidTransition, NotAllowedHere, PlanMissing, PhotosMissing, Unconfigured;")
    ),
    ("STREAM_WITHOUT_RESUME", .replace("admin", " throws HistoryGone, HistoryChanged", with: "")),
    ("REPLY_LONG", .replace("grid", "@scope(parent) @paginated", with: "@scope(parent)")),
    ("PAGE_INCOMPLETE", .replace("listing", "2: next ListingCursor?;", with: "2: rest ListingCursor?;")),
    ("PAGE_UNLIMITED", .replace("enterprise", "@min(1) @max(1000)\n  3: limit", with: "@min(1)\n  3: limit")),
    (
      "DETACHED_WITHOUT_DEADLINE",
      .replace(
        "admin", "@role(auditor, administrator) @detached @deadline(600)",
        with: "@role(auditor, administrator) @detached")
    ),
    (
      "INDEX_REDUNDANT",
      .replace(
        "enterprise", "index 2: by_grid (grid);", with: "index 2: by_grid (grid);\n  index 11: by_state (grid, state);")
    ),
    ("DOC_MISSING", .replace("person", "  /// A person and what they may do.\n", with: "")),
    ("DOC_NAME_UNKNOWN", .replace("profile", "13: rework_term_min Term?;", with: "13: rework_least Term?;")),
    (
      "ALLOWANCE_USELESS",
      .replace("admin", "@role(anyone)\n  query 4", with: "@role(administrator)\n  query 4")
    ),
  ]

  @Test(arguments: mutants)
  func `a mutant of our IDL is found by its rule alone`(rule: String, edit: OurIDL.Edit) throws {
    #expect(try rules(OurIDL.files(after: [edit])) == [rule])
  }

  @Test func `every rule has its mutant`() {
    #expect(Self.mutants.map(\.rule) == LintRule.all.map(\.id))
  }

  @Test func `an allowance needs a reason, and something to allow`() throws {
    let edit = OurIDL.Edit.replace("admin", "METHOD_OPEN: says nothing of any grid", with: "METHOD_OPEN")
    #expect(try rules(OurIDL.files(after: [edit])).sorted() == ["ALLOWANCE_USELESS", "METHOD_OPEN"])
  }

  @Test func `a finding has its place, and SARIF carries it`() throws {
    let files = try OurIDL.files(after: [.replace("person", " @sensitive\n  5:", with: "\n  5:")])
    let package = try OurIDL.packages(of: files).first { $0.schema.package == "safegrid" }!
    let finding = try #require(Lint(package.schema, files: package.files).findings.first)
    #expect(finding.description.hasPrefix("person.idl:"))
    #expect(finding.description.hasSuffix("warning: phone is about a person; mark it @sensitive [FIELD_PERSONAL]"))
    let text = SARIF.report(rules: LintRule.all.map { ($0.id, $0.summary) }, findings: [finding]).text
    for part in ["\"version\": \"2.1.0\"", "\"ruleId\": \"FIELD_PERSONAL\"", "\"uri\": \"person.idl\""] {
      #expect(text.contains(part))
    }
  }
}
