/// The report that code hosts and editors read: SARIF 2.1.0, one run.
package enum SARIF {
  /// - Parameter rules: every rule that the run knows, with its meaning.
  package static func report(rules: [(id: String, summary: String)], findings: [Finding]) -> JSONValue {
    .members(
      ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")),
      ("version", .string("2.1.0")),
      (
        "runs",
        .array([
          .members(
            ("tool", .members(("driver", driver(rules)))),
            ("columnKind", .string("unicodeCodePoints")),
            ("results", .array(findings.map(result))))
        ])
      ))
  }

  private static func driver(_ rules: [(id: String, summary: String)]) -> JSONValue {
    .members(
      ("name", .string("idlc")),
      (
        "rules",
        .array(
          rules.map { rule in
            .members(("id", .string(rule.id)), ("shortDescription", .members(("text", .string(rule.summary)))))
          })
      ))
  }

  private static func result(_ finding: Finding) -> JSONValue {
    let place = finding.location
    return .members(
      ("ruleId", .string(finding.rule)),
      ("level", .string(finding.levels.isEmpty ? "warning" : "error")),
      ("message", .members(("text", .string(finding.message)))),
      (
        "locations",
        .array([
          .members(
            (
              "physicalLocation",
              .members(
                ("artifactLocation", .members(("uri", .string(place.file)))),
                (
                  "region",
                  .members(
                    ("startLine", .integer(Int64(place.line))), ("startColumn", .integer(Int64(place.column))))
                ))
            ))
        ])
      ),
      (
        "properties",
        finding.levels.isEmpty
          ? nil : .members(("levels", .array(finding.levels.map { .string($0.rawValue) })))
      ))
  }
}
