import API
import ArgumentParser
import Client
import RPC
import Records

struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Says whether the daemon is ready: by its exit status, too.",
    discussion: """
      Prints ready, no_room (only administration may write), read_only (nothing is written before a restart) or draining \
      (it is going down). Exit status: 0 ready, 1 any other state or a refusal, 3 cannot connect.
      """)
  @Argument(help: "A service, for example Hazard, which is ready when its own methods are. Default: the whole daemon.")
  var service: String?
  @Flag(help: "Go on printing each change, until the daemon goes down.") var watch = false
  @Option(help: "With --watch: end after so many lines.") var count: Int?
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard count == nil || watch else { throw ValidationError("--count goes with --watch") }
    guard count ?? 1 >= 1 else { throw ValidationError("--count is at least 1") }
  }

  func run() async throws {
    let session = try await options.open()
    let client = HealthClient(session.connection)
    let request = CheckHealth(service: service)
    var state = HealthState.unspecified
    func show(_ report: HealthReport) throws {
      state = report.state
      try session.show(report) { "\($0.state.name) \($0.state.text)" }
    }
    if watch {
      var shown = 0
      for try await report in try await client.watch(request, session.options) {
        try show(report)
        shown += 1
        if shown == count { break }
      }
    } else {
      try show(try await client.check(request, session.options))
    }
    guard state == .ready else { throw ExitCode(ExitStatus.refused) }
  }
}
