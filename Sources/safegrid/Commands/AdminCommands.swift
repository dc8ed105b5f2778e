import API
import ArgumentParser
import Client
import Records
import Scalars

struct AdminCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "admin", abstract: "Running the daemon.",
    subcommands: [
      AdminStatusCommand.self, AdminProfileCommand.self, AdminTokenCommand.self, AdminAdvanceClockCommand.self,
    ])
}

struct AdminStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "status", abstract: "Says how the daemon stands.")
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    try session.show(try await AdminClient(session.connection).status(Empty(), session.options)) { status in
      details([
        (localized("version", "版本"), status.version), (localized("history", "历史标识"), status.historyId),
        (localized("sequence", "日志序号"), "\(status.sequence)"),
        (
          localized("time", "时间"),
          status.now.localDescription + (status.testStore ? localized(" (test clock)", "（测试时钟）") : "")
        ),
        (localized("profile", "配置方案"), "\(status.profile) \(status.profileEdition)"),
        (localized("started", "启动"), status.startedAt.localDescription),
      ])
    }
  }
}

struct AdminProfileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Prints the active profile, as JSON: the rules that count now.")
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let profile = try await AdminClient(session.connection).profile(Empty(), session.options)
    try session.show(profile) { $0.prettyJSON }
  }
}

struct AdminAdvanceClockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "advance-clock", abstract: "Moves the clock of a test store forward; what falls due happens.")
  @Argument(help: "How far: 90s, 30min, 12h, 5d …") var by: ClockStep
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let reading = try await AdminClient(session.connection)
      .advanceClock(AdvanceClock(milliseconds: by.milliseconds), session.options)
    try session.show(reading) { localized("it is ", "当前时间 ") + $0.now.localDescription }
  }
}

/// A plain length of time, for the test clock.
struct ClockStep: ExpressibleByArgument {
  let milliseconds: UInt64

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let units: [String: UInt64] = ["s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]
    guard let count = UInt64(digits), count <= 34_560_000, let unit = units[String(argument.dropFirst(digits.count))]
    else { return nil }
    milliseconds = count * unit
  }
}
