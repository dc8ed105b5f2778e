import ArgumentParser
import Schema

/// The compiler of the IDL.
@main
struct Idlc: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "idlc",
    abstract: "Checks, lays out, compares and documents IDL files, and generates code from them.",
    discussion: """
      Give all files of a package; files of several packages are sorted by the package that they name. A subcommand's \
      --help says what it answers with --json.

      Exit status: 0 nothing was found, or everything was written; 1 faults or findings; 2 usage, or a file that \
      cannot be read or written.
      """,
    subcommands: [
      CheckCommand.self, FormatCommand.self, LintCommand.self, BreakingCommand.self, GenerateCommand.self,
      DocCommand.self, VectorsCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let status as ExitCode {
      exit(withError: status)
    } catch {
      let text = fullMessage(for: error)
      if exitCode(for: error) == .success {
        print(text)
        exit(withError: ExitCode.success)
      }
      complain(text)
      exit(withError: ExitCode.usage)
    }
  }
}

extension ExitCode {
  static let findings = ExitCode(1)
  static let usage = ExitCode(2)
}
