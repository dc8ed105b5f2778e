import ArgumentParser
import Schema

struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "format", abstract: "Lays files out in the one way.",
    discussion: """
      Changes files in place, loses no comment, and leaves a file alone whose grammar is at fault. With --json: \
      {"changed": [file]}.
      """)
  @Flag(help: "Change nothing; name the files that would change, and end with status 1 when there are some.")
  var check = false
  @OptionGroup var options: JSONOption
  @OptionGroup var source: SourceFiles

  func run() throws {
    var changed: [String] = []
    var faults: [Diagnostic] = []
    for file in try source.texts() {
      let text: String
      do throws(SchemaFaults) { text = try Formatter.format(file: file.name, text: file.text) } catch {
        faults += error.diagnostics
        continue
      }
      guard text != file.text else { continue }
      changed.append(file.name)
      if !check { try writeText(text, to: file.name) }
    }
    if options.json {
      show(
        .members(("changed", .array(changed.map { .string($0) })), ("faults", SchemaFaults(diagnostics: faults).list)))
    } else {
      for name in changed { print(check ? "\(name) is not laid out; run idlc format" : name) }
      for fault in faults { complain(fault.description) }
    }
    if !faults.isEmpty || check && !changed.isEmpty { throw ExitCode.findings }
  }
}
