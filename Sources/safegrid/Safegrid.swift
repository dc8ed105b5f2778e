import API
import ArgumentParser
import Bytes
import Client
import Glibc
import RPC
import Records
import Server

/// The command line.
struct Safegrid: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "safegrid",
    abstract: "Operates, queries, watches and load-tests a SafeGrid daemon. 安全生产网格化监管",
    discussion: """
      Exit codes: 0 done; 1 refused by the server, whose status is on standard error, or a file that cannot be taken; \
      2 usage; 3 cannot connect.
      """, version: SafeGridServer.version,
    subcommands: [
      PingCommand.self, HealthCommand.self, StatusCommand.self, DescribeCommand.self, CallCommand.self,
      WatchCommand.self, CodeCommand.self, ImportCommand.self, ExportCommand.self, GridCommand.self,
      OrganizationCommand.self, PersonCommand.self, NoticeCommand.self,
      EnterpriseCommand.self, CreditCommand.self, DishonestyCommand.self, HazardCommand.self, ListingCommand.self,
      PatrolCommand.self, CadenceCommand.self,
      ReportCommand.self,
      StatisticsCommand.self,
      AuditCommand.self,
      VerifyCommand.self,
      BackupCommand.self, RestoreCommand.self, CompactCommand.self, DoctorCommand.self, TopCommand.self,
      AdminCommand.self, ProfileCommand.self,
      LoadCommand.self,
      DemoCommand.self,
    ])

  @OptionGroup var connection: ConnectionOptions
}

/// What scripts can rely on.
enum ExitStatus {
  static let done: Int32 = 0
  static let refused: Int32 = 1
  static let usage: Int32 = 2
  static let cannotConnect: Int32 = 3
}

@main
enum Main {
  static func main() async {
    // A reader of our output that goes away ends us quietly.
    signal(SIGPIPE, SIG_DFL)
    do {
      var command = try Safegrid.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      exit(report(error))
    }
  }

  /// Says what went wrong, where it belongs, and answers the exit status.
  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case let failure as CallFailure:
      complain(failure.report)
      return ExitStatus.refused
    case let failure as ConnectFailure:
      complain("safegrid: \(failure)")
      complain("Is the daemon running? Name its address with --connect or SAFEGRID_CONNECT.")
      return ExitStatus.cannotConnect
    case let exit as ExitCode:
      return exit.rawValue
    case let fault as InputFault:
      complain("safegrid: \(fault)")
      return ExitStatus.refused
    default:
      let message = Safegrid.fullMessage(for: error)
      if Safegrid.exitCode(for: error) == .success {
        print(message)
        return ExitStatus.done
      }
      complain(message)
      return ExitStatus.usage
    }
  }
}

/// The user's file or value cannot be taken; nothing was done.
struct InputFault: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension CallFailure {
  /// Code, outcome, reason, advice.
  var report: String {
    let effect =
      switch outcome {
      case .query: ""
      case .notExecuted: " (not executed)"
      case .executed: " (executed)"
      case .unknown: " (it is not known whether it was executed)"
      }
    let advice = retryAfterMilliseconds.map { " Try again after \($0) ms." } ?? ""
    let repetition = requestKey.map { " Repeat it with --request-key \($0.hexadecimal) to find out." } ?? ""
    let text = Language.current == .chinese ? refusal?.message.chinese ?? message : message
    let stop = text.last.map { ".。!?".contains($0) } ?? true ? "" : "."
    // Where the trouble is the daemon's, its log knows more.
    let place =
      code == .internal || code == .dataLoss ? callIdentifier.map { " The daemon's log has it as call \($0)." } : nil
    return "safegrid: \(code.name)\(effect): \(text)\(stop)\(advice)\(repetition)\(place ?? "")"
  }
}

/// Prints a line on standard error.
func complain(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  // Safe: the buffer is valid for the call. A failed write to standard error has nowhere to be reported.
  _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}
