import ArgumentParser
import Client
import Example
import RPC
import Records
import Scalars
import Transport

struct LoadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Load-tests a daemon: many clients at once, their latency, and an audit of every reply.",
    usage: """
      safegrid load [--rate RATE [--profile PROFILE] | --in-flight CALLS] [options]
      safegrid load merge LOG …
      """,
    discussion: """
      Two ways to ask. With --in-flight a closed loop: each of CONNECTIONS × IN-FLIGHT clients makes its next call when \
      the one before is answered; so a slow daemon is asked less, which shows what it can take. Otherwise an open loop: \
      calls are due at --rate a second, whatever the daemon does, and a call's latency counts from the moment when it \
      was due; so waiting is not left out, which shows what users would feel.
      Every command is durable before it is acknowledged. At the end the journal is read: every acknowledged report and \
      step must be there once, as it was acknowledged, numbers without holes, and a repetition must get its first answer.
      A mix such as submit=70,transition=10,show=15,list=3,count=1,watch=1 makes other calls as well: transition takes a \
      reported case one step along the loop, show reads one case, list a page of a village's open cases, count the \
      statistics of a township, and watch follows a case.
      The reports are spread over up to 1000 villages and cells, some of them more often than others; a grid that nears \
      its 99,999 of the day is left out. The load tester acts as "load-tester-…" and "load-officer-…" of each county, \
      whom it creates; into an empty daemon it first imports the example county. It needs the roles administrator, \
      auditor and delegate.
      The reports stay where they are: use a data folder that may be thrown away, or let --kill-every start a daemon of \
      its own, which is killed (SIGKILL) and started again while the clients repeat what is in doubt.
      Exit code 1 when a call failed, the audit found something, a threshold was passed, or the load tester could not \
      keep its own schedule.
      """, subcommands: [LoadMergeCommand.self])
  @Option(help: "How many connections.") var connections = 4
  @Option(help: "Closed loop: calls open at once on each connection.") var inFlight: Int?
  @Option(help: "Open loop: calls a second. Default: 1000.") var rate: Double?
  @Option(help: "Open loop: how the rate goes: \(Schedule.Profile.allCases.map(\.rawValue).joined(separator: ", ")).")
  var profile: Schedule.Profile = .constant
  @Option(help: "For how many seconds, without the warm-up.") var duration = 10
  @Option(help: "Seconds at the full rate before, which only the timeline and the audit count.") var warmUp = 0
  @Option(
    help:
      "Kinds of calls and their weights: \(LoadKind.allCases.map(\.rawValue).joined(separator: ", ")). Default: reports only.",
    transform: Mix.init(parsing:))
  var mix = Mix.submitOnly
  @Option(help: "How uneven the grids are (exponent of Zipf's law); 0: all alike.") var skew = 0.8
  @Option(help: "What texts, grids and kinds are drawn from: the same seed asks for the same.")
  var seed = ExampleCounty.defaultSeed
  @Option(help: "Start a daemon, and kill it every so many seconds.") var killEvery: Int?
  @Option(
    help: "With --kill-every: the daemon's data folder, which is kept. Default: a temporary one.",
    completion: .directory)
  var data: String?
  @Option(name: .customLong("repeat"), help: "So many runs, one after the other; reports the median.") var repetitions =
    1
  @Flag(help: "Do not read the journal at the end.") var noAudit = false
  @Option(help: "Write the latencies of each second as an HdrHistogram interval log.", completion: .file()) var hlog:
    String?
  @OptionGroup var page: PageOptions
  @Option(help: "Fail when the 99th percentile of the latency is longer, in milliseconds.") var maxP99: Double?
  @Option(help: "Fail when fewer are acknowledged, a second.") var minRate: Double?
  @Option(help: "Fail when nothing is acknowledged for longer, in milliseconds, while calls are open.") var maxPause:
    Double?
  @Option(help: "Open loop: fail when one call in a hundred begins later, in milliseconds.") var maxDelay = 20.0
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (1...512).contains(connections) else { throw ValidationError("--connections lies between 1 and 512") }
    guard (1...1024).contains(inFlight ?? 1) else { throw ValidationError("--in-flight lies between 1 and 1024") }
    guard (1...3600).contains(duration) else { throw ValidationError("--duration lies between 1 and 3600 seconds") }
    guard (0...600).contains(warmUp) else { throw ValidationError("--warm-up lies between 0 and 600 seconds") }
    guard (1...1_000_000).contains(rate ?? 1) else { throw ValidationError("--rate lies between 1 and 1000000") }
    guard (0...3).contains(skew) else { throw ValidationError("--skew lies between 0 and 3") }
    guard (1...3600).contains(killEvery ?? 1) else {
      throw ValidationError("--kill-every lies between 1 and 3600 seconds")
    }
    guard (1...100).contains(repetitions) else { throw ValidationError("--repeat lies between 1 and 100") }
    if inFlight != nil, rate != nil || profile != .constant {
      throw ValidationError("--in-flight asks in a closed loop, --rate and --profile in an open one")
    }
    if data != nil, killEvery == nil { throw ValidationError("--data goes with --kill-every") }
    if killEvery != nil, options.connect != nil {
      throw ValidationError("--kill-every starts a daemon of its own, --connect names another")
    }
  }

  func run() async throws {
    guard options.requestKey == nil else {
      throw ValidationError("--request-key repeats one command; this is many, and may simply be run again")
    }
    let log = try hlog.map { try HistogramLogWriter(path: $0, startTime: wallTimeSeconds()) }
    let reports = killEvery == nil ? try await runs(at: try options.address(), nil, log) : try await runWithKills(log)
    try log?.close()
    let repetition = LoadRepetition(reports)
    if let html = page.html { try repetition.writePage(to: html) }
    try put(options.json ? try repetition.json() : repetition.text())
    if reports.contains(where: { !$0.faults.isEmpty }) { throw ExitCode(ExitStatus.refused) }
  }

  private func runWithKills(_ log: HistogramLogWriter?) async throws -> [LoadReport] {
    let folder = try OwnFolder(name: "safegrid-load")
    folder.leaveWhenInterrupted()
    do {
      let daemon = try await LoadDaemon(folder: folder.path, dataFolder: data)
      let reports = try await runs(at: DaemonAddress(endpoint: daemon.endpoint), daemon, log)
      try await daemon.end()
      folder.leave()
      return reports
    } catch {
      DaemonProcess.killRunning()
      complain("safegrid: the daemon's folder \(folder.path) is kept, with its log")
      throw error
    }
  }

  private func runs(at address: DaemonAddress, _ daemon: LoadDaemon?, _ log: HistogramLogWriter?) async throws
    -> [LoadReport]
  {
    var reports: [LoadReport] = []
    for number in 0..<repetitions {
      reports.append(try await plan(seed: seed &+ UInt64(number), log).run(at: address, daemon))
    }
    return reports
  }

  private func plan(seed: UInt64, _ log: HistogramLogWriter?) -> LoadRun {
    let seconds = Double(duration + warmUp)
    let schedule =
      inFlight == nil
      ? Schedule(profile: profile, rate: rate ?? 1000, seconds: Double(duration), warmUpSeconds: Double(warmUp)) : nil
    return LoadRun(
      plan: LoadReport.Plan(
        loop: schedule == nil ? "closed" : "open", connections: connections, inFlight: inFlight,
        profile: schedule?.profile.rawValue, rate: schedule?.rate, mix: mix.description, skew: skew, seed: seed,
        warmUpSeconds: Double(warmUp), killEverySeconds: killEvery),
      mix: mix, schedule: schedule, seconds: seconds,
      limits: LoadRun.Limits(
        p99Milliseconds: maxP99, perSecond: minRate, pauseMilliseconds: maxPause, delayMilliseconds: maxDelay),
      isAudited: !noAudit, timeout: .seconds(options.timeout), log: log)
  }
}
