import ArgumentParser
import FoundationEssentials
import Schema

struct BreakingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "breaking", abstract: "Compares an interface with what was published of it.",
    discussion: """
      Each finding ends with its rule and the levels that it breaks: SOURCE (programs do not compile, or name what is \
      gone), WIRE (running programs are refused or misunderstood), STORAGE (files are misread; a migration is needed). \
      --rules explains them all. Give the files of all packages. With --json: SARIF 2.1.0.

      --update writes the lock anew when nothing is found, or only what --allow names. What is gone stays in it as \
      retired, so that its number is never used again.
      """)
  @Option(help: "The lock, which remembers what was published.", completion: .file(extensions: ["lock"]))
  var against = "IDL/api.lock"
  @Flag(help: "Write the lock anew.")
  var update = false
  @Option(help: "A rule that may be broken this once; can be given again.")
  var allow: [String] = []
  @Flag(help: "Print the rules, in Markdown, and compare nothing.")
  var rules = false
  @OptionGroup var options: JSONOption
  @OptionGroup var source: SourceFiles

  func validate() throws {
    let known = Set(BreakingTable.rules.map(\.rule))
    if let unknown = allow.first(where: { !known.contains($0) }) {
      throw ValidationError("--allow \(unknown): there is no such rule; idlc breaking --rules names them")
    }
  }

  func run() throws {
    if rules { return print(RulesPage.breaking, terminator: "") }
    let packages = try source.packages(asJSON: options.json)
    var comparison = LockComparison(try lock(), packages.map(\.schema))
    comparison.findings.removeAll { allow.contains($0.rule) }
    if update, comparison.findings.isEmpty { try writeText(comparison.accepted.text, to: against) }
    let rules = BreakingTable.rules.map { ($0.rule, $0.reason) }
    try finish(comparison.findings, rules: rules, asJSON: options.json)
  }

  /// An empty one, if it is about to be made.
  private func lock() throws -> Lock {
    if update, !FileManager.default.fileExists(atPath: against) { return Lock() }
    let text = try readText(against)
    do throws(Diagnostic) { return try Lock(file: against, text: text) } catch {
      complain(error.description)
      throw ExitCode.usage
    }
  }
}
