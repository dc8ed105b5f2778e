/// The rules of lint and breaking, in Markdown, from the tables that decide.
package enum RulesPage {
  /// `IDL/RULES.md`
  package static var text: String {
    "# Rules of the IDL\n\nWritten by `idlc lint --rules` and `idlc breaking --rules`.\n\n\(lint)\n\(breaking)"
  }

  package static var lint: String {
    var lines = [
      "## Lint", "",
      "What the compiler accepts and a reader would not. `// lint: allow RULE: the reason` before a declaration lets it",
      "be.", "", "| rule | demands | why | example |", "|---|---|---|---|",
    ]
    lines += LintRule.all.map { row(["`\($0.id)`", $0.summary, $0.reason, "`\($0.example)`"]) }
    return lines.joined(separator: "\n") + "\n"
  }

  package static var breaking: String {
    var lines = [
      "## Breaking changes", "",
      "Every kind of change of every kind of declaration. SOURCE: programs do not compile, or name what is gone. WIRE:",
      "running programs are refused or misunderstood. STORAGE: files are misread; a migration is needed. A change without",
      "a rule breaks nothing.", "", "| change | SOURCE | WIRE | STORAGE | because | rule | example |",
      "|---|---|---|---|---|---|---|",
    ]
    lines += BreakingTable.rows.map { item in
      row([
        "\(item.kind.rawValue) \(item.change.rawValue.replacing("_", with: " "))", item.source?.rawValue ?? "",
        item.wire?.rawValue ?? "", item.storage?.rawValue ?? "", item.reason,
        item.breaksNothing ? "" : "`\(item.rule)`", item.example.isEmpty ? "" : "`\(item.example)`",
      ])
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func row(_ cells: [String]) -> String {
    "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
  }
}
