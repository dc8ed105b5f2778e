import ArgumentParser
import Schema

struct DocCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doc", abstract: "Writes the reference of packages.",
    discussion: """
      One page for a package: methods with roles, scopes and errors, records, enums, errors, tables. The workflows, \
      which no IDL declares, are drawn from what a daemon says of them:

        safegrid call Reflection.workflows > workflows.json

      With --json: {"files": [path], "written": [path]}.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable { case markdown, html }

  @Option(help: "The form: \(Form.allCases.map(\.rawValue).joined(separator: ", ")).")
  var form = Form.markdown
  @Option(help: "A file of workflows, as safegrid call Reflection.workflows prints them.")
  var workflows: String?
  @OptionGroup var output: OutputFolder
  @OptionGroup var options: JSONOption
  @OptionGroup var source: SourceFiles

  func run() throws {
    let workflows = try self.workflows.map { try WorkflowFile.workflows(in: $0) } ?? []
    let files = try source.packages().map { package in
      // The protocol's own package has no roles, and so nobody who works by a table.
      let reference = Reference(package.schema, workflows: package.schema.services.isEmpty ? [] : workflows)
      return switch form {
      case .markdown: GeneratedFile(name: "\(package.schema.package).md", text: reference.markdown)
      case .html: GeneratedFile(name: "\(package.schema.package).html", text: reference.html)
      }
    }
    try output.finish(files, options)
  }
}
