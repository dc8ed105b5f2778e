import ArgumentParser
import Schema

struct DocCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doc", abstract: "Writes the reference of packages.",
    discussion: """
      One page for a package: methods with roles, scopes and errors, records, enums, errors, tables. \
      With --json: {"files": [path], "written": [path]}.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable { case markdown, html }

  @Option(help: "The form: \(Form.allCases.map(\.rawValue).joined(separator: ", ")).")
  var form = Form.markdown
  @OptionGroup var output: OutputFolder
  @OptionGroup var options: JSONOption
  @OptionGroup var source: SourceFiles

  func run() throws {
    let files = try source.packages().map { package in
      let reference = Reference(package.schema)
      return switch form {
      case .markdown: GeneratedFile(name: "\(package.schema.package).md", text: reference.markdown)
      case .html: GeneratedFile(name: "\(package.schema.package).html", text: reference.html)
      }
    }
    try output.finish(files, options)
  }
}
