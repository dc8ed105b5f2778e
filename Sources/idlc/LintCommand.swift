import ArgumentParser
import Schema

struct LintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", abstract: "Looks for what the compiler accepts and a reader would not.",
    discussion: """
      Each finding ends with the rule that it breaks; --rules explains them all. A comment
      // lint: allow RULE: the reason
      before a declaration lets it be. With --json: SARIF 2.1.0.
      """)
  @Flag(help: "Print the rules, in Markdown, and look at nothing.")
  var rules = false
  @OptionGroup var options: JSONOption
  @OptionGroup var source: SourceFiles

  func run() throws {
    if rules { return print(RulesPage.lint, terminator: "") }
    let packages = try source.packages(asJSON: options.json)
    let findings = packages.flatMap { Lint($0.schema, files: $0.files).findings }
    try finish(findings.inOrder, rules: LintRule.all.map { ($0.id, $0.summary) }, asJSON: options.json)
  }
}
