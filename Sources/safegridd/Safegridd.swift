import ArgumentParser
import Engine
import Glibc
import Logging
import Records
import Scalars
import Server
import Transport

/// The daemon.
@main
struct Safegridd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "safegridd",
    abstract: "Serves a region's workplace-safety grid: cells, enterprises, hazards and their six-step loop.",
    discussion: """
      Without options it keeps its data in \(Defaults.dataFolder) and listens on \(Defaults.endpoint).
      It is ready when it prints "safegridd is ready" and where it listens. SIGTERM or SIGINT ends it in order.
      """, version: SafeGridServer.version)

  @Option(help: "The folder that holds the journal and the state.", completion: .directory)
  var data = Defaults.dataFolder
  @Option(help: "Where to listen: unix:PATH or tcp://127.0.0.1:PORT. May be given several times.")
  var listen: [String] = []
  @Option(
    help: """
      The rules of the deployment. Default: Tongcheng's, Sources/Server/Profiles/tongcheng.json5, which is the template \
      for others; IDL/profile.idl says what each rule means.
      """, completion: .file())
  var profile: String?
  @Option(
    help: """
      Who is who: which accounts of this machine hold which roles; IDL/policy.idl says how. Default: only the account that \
      runs the daemon, and root, may do anything.
      """, completion: .file())
  var policy: String?
  @Flag(help: "Run a test store, whose clock only Admin.advance_clock moves.")
  var manualClock = false
  @Option(help: "Where the clock of a new test store begins, for example 2026-03-02T08:30:00+08:00. Default: now.")
  var clockStart: String?
  @Option(help: "The most that the store's file may grow to, in GiB.")
  var mapSize = 16
  @Option(help: "Copy the state after so many journal entries: what a start after a power cut may have to redo.")
  var copyEvery: UInt64 = 200_000
  @Option(
    help: "Forget journal entries that are older, in days; at least \(RetentionPolicy.leastDays). Default: keep all.")
  var keepJournalDays: Int?
  @Option(help: "Forget the oldest journal entries when all together take more, in MiB. Default: keep all.")
  var keepJournalSize: Int?
  @Option(
    help: """
      The key that signs where the journal begins once entries were forgotten: a file outside of the data folder, which \
      is made when it is not there.
      """, completion: .file())
  var signingKey: String?
  @Option(help: "Where to serve metrics for Prometheus over HTTP, at /metrics: tcp://127.0.0.1:PORT. Default: nowhere.")
  var metrics: String?
  @Option(help: "Log calls that take so long or longer, in milliseconds; 0 logs every call.")
  var slowCall = 200
  @Option(help: "What to log: trace, debug, info, notice, warning, error.")
  var logLevel = "notice"

  func validate() throws {
    guard (1...16384).contains(mapSize) else { throw ValidationError("--map-size lies between 1 and 16384 GiB") }
    guard copyEvery >= 1 else { throw ValidationError("--copy-every is at least 1") }
    guard Logger.Level(rawValue: logLevel) != nil else { throw ValidationError("there is no log level \(logLevel)") }
    guard clockStart == nil || manualClock else { throw ValidationError("--clock-start goes with --manual-clock") }
    guard clockStart.map({ Instant($0) != nil }) ?? true else {
      throw ValidationError("--clock-start takes a time such as 2026-03-02T08:30:00+08:00")
    }
    guard keepJournalDays.map({ $0 >= RetentionPolicy.leastDays }) ?? true else {
      throw ValidationError(
        "--keep-journal-days is at least \(RetentionPolicy.leastDays): for so long a repeated command gets its reply")
    }
    guard keepJournalSize.map({ $0 >= 1 }) ?? true else {
      throw ValidationError("--keep-journal-size is at least 1 MiB")
    }
    guard signingKey != nil || keepJournalDays == nil && keepJournalSize == nil else {
      throw ValidationError("what is forgotten needs a signed checkpoint: name a --signing-key outside of --data")
    }
    guard slowCall >= 0 else { throw ValidationError("--slow-call is at least 0 ms") }
    if let metrics {
      guard case .tcp? = Endpoint(metrics) else { throw ValidationError("\(metrics) is not tcp://HOST:PORT") }
    }
    for text in listen where Endpoint(text) == nil {
      throw ValidationError("\(text) is neither unix:PATH nor tcp://HOST:PORT")
    }
  }

  func run() async throws {
    // A client that goes away while it is answered is no reason to die.
    signal(SIGPIPE, SIG_IGN)
    var log = Logger(label: "safegridd") { StreamLogHandler.standardError(label: $0) }
    log.logLevel = Logger.Level(rawValue: logLevel)!
    do {
      let endpoints = listen.isEmpty ? [Defaults.endpoint] : listen.compactMap(Endpoint.init)
      var configuration = SafeGridServer.Configuration(
        dataFolder: data, endpoints: endpoints,
        profile: try profile.map(ProfileFile.read) ?? ProfileFile.builtIn())
      if let policy { configuration.policy = try AccessPolicy.read(path: policy) }
      configuration.mapBytes = mapSize << 30
      configuration.entriesBetweenCopies = copyEvery
      if let signingKey, keepJournalDays != nil || keepJournalSize != nil {
        configuration.retention = RetentionPolicy(
          age: keepJournalDays.map { .seconds($0 * 86_400) }, byteCountMax: keepJournalSize.map { $0 << 20 },
          key: try SigningKeyFile.read(signingKey, notIn: data))
      }
      configuration.slowCallMilliseconds = slowCall
      configuration.metricsEndpoint = metrics.flatMap(Endpoint.init)
      if manualClock { configuration.testClockStart = clockStart.flatMap(Instant.init) ?? SafeGridServer.wallTime() }
      let stop = Signals([SIGTERM, SIGINT])
      let server = try await SafeGridServer.start(configuration, log: log)
      let metricsPlace = server.metricsEndpoint.map { ", metrics on \($0)" } ?? ""
      print("safegridd is ready on \(server.endpoints.map(\.description).joined(separator: " "))\(metricsPlace)")
      fflush(nil)
      _ = await stop.first()
      try await server.stop()
    } catch {
      log.critical("\(error)")
      throw ExitCode(1)
    }
  }
}

/// Where a daemon without options keeps its data and listens.
enum Defaults {
  private static var home: String { unsafe getenv("HOME").map { unsafe String(cString: $0) } ?? "/tmp" }
  private static var runtime: String { unsafe getenv("XDG_RUNTIME_DIR").map { unsafe String(cString: $0) } ?? home }

  static var dataFolder: String { geteuid() == 0 ? "/var/lib/safegrid" : "\(home)/.local/share/safegrid" }
  static var endpoint: Endpoint {
    .unix(path: geteuid() == 0 ? "/run/safegrid.sock" : "\(runtime)/safegrid.sock")
  }
}
