import Schema
import Testing

/// What is written of the rules.
@Suite struct RulesPageTests {
  @Test func `IDL/RULES.md is what the tables say`() {
    #expect(
      OurIDL.text(of: "RULES.md") == RulesPage.text, "write it again with idlc lint --rules and idlc breaking --rules")
  }

  @Test func `each rule says why, and gives an example`() {
    for rule in LintRule.all {
      #expect(!rule.summary.isEmpty && !rule.reason.isEmpty && rule.example.contains("→"), "\(rule.id)")
    }
    for row in BreakingTable.rows {
      #expect(!row.reason.isEmpty && row.example.isEmpty == row.breaksNothing, "\(row.rule)")
    }
    #expect(Set(BreakingTable.rows.map(\.rule)).count == BreakingTable.rows.count)
    #expect(Set(LintRule.all.map(\.id)).count == LintRule.all.count)
  }
}
