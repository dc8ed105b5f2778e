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
      It is ready when it prints "safegridd is ready" and where it listens. SIGTERM or SIGINT ends it in order. SIGHUP \
      makes it read policy, certificate and key again.
      Under systemd it serves the sockets that it is handed (the one with FileDescriptorName=metrics for Prometheus), and \
      says when it is ready and when it ends.
      """, version: SafeGridServer.version)

  @Option(help: "The folder that holds the journal and the state.", completion: .directory)
  var data = Defaults.dataFolder
  @Option(help: "Where to listen: unix:PATH, tcp://127.0.0.1:PORT or tls://HOST:PORT. May be given several times.")
  var listen: [String] = []
  @Option(help: "What tls:// shows: the certificate, and those behind it, in PEM.", completion: .file())
  var tlsCertificate: String?
  @Option(help: "The key of that certificate, in PEM.", completion: .file())
  var tlsKey: String?
  @Option(
    help: """
      The authorities whose certificates clients may show, in PEM; the policy says who they are. Who shows none must show \
      a token.
      """, completion: .file())
  var tlsClientCa: String?
  @Option(
    help: """
      The rules of the deployment. Default: Tongcheng's, Sources/Server/Profiles/tongcheng.json5, which is the template \
      for others; IDL/profile.idl says what each rule means.
      """, completion: .file())
  var profile: String?
  @Option(
    help: """
      Who is who: which accounts of this machine, and which certificates, hold which roles; IDL/policy.idl says how. Default: only the account that \
      runs the daemon, and root, may do anything.
      """, completion: .file())
  var policy: String?
  @Flag(help: "Run a test store, whose clock only Admin.advance_clock moves.")
  var manualClock = false
  @Option(help: "Where the clock of a new test store begins, for example 2026-03-02T08:30:00+08:00. Default: now.")
  var clockStart: String?
  @Option(help: "The most that the store's file may grow to, in GiB.")
  var mapSize = 16
  @Option(
    help: """
      Copy the state after so many journal entries, which a start after a power cut has to redo; later while more than \
      2,000 a second are written, or copying would take more than a quarter of the time, but not later than 3,000,000.
      """)
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
  @Option(
    help: """
      The key that seals who made a report to 12350: a file, which is made when it is not there. Default: identity.key in \
      the data folder. Backups do not hold it; without it nobody can tell any more who the reporters were.
      """, completion: .file())
  var identityKey: String?
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
      throw ValidationError("\(text) is none of \(Endpoint.forms)")
    }
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-certificate and --tls-key go together")
    }
    guard tlsClientCa == nil || tlsCertificate != nil else {
      throw ValidationError("--tls-client-ca goes with --tls-certificate and --tls-key")
    }
  }

  func run() async throws {
    // A client that goes away while it is answered is no reason to die.
    signal(SIGPIPE, SIG_IGN)
    var log = Logger(label: "safegridd") { StreamLogHandler.standardError(label: $0) }
    log.logLevel = Logger.Level(rawValue: logLevel)!
    do {
      let (manager, inherited) = (ServiceManager(), try InheritedSocket.takeAll())
      let isServed = !listen.isEmpty || inherited.contains { !$0.isForMetrics }
      let endpoints = isServed ? listen.compactMap(Endpoint.init) : [Defaults.endpoint]
      var configuration = SafeGridServer.Configuration(
        dataFolder: data, endpoints: endpoints,
        profile: try profile.map(ProfileFile.read) ?? ProfileFile.builtIn())
      configuration.inherited = inherited
      configuration.identities = try Identities(policyPath: policy, tls: try serverTLS())
      configuration.mapBytes = mapSize << 30
      configuration.entriesBetweenCopies = copyEvery
      if let signingKey, keepJournalDays != nil || keepJournalSize != nil {
        configuration.retention = RetentionPolicy(
          age: keepJournalDays.map { .seconds($0 * 86_400) }, byteCountMax: keepJournalSize.map { $0 << 20 },
          key: try SigningKeyFile.read(signingKey, notIn: data))
      }
      configuration.identityKey = identityKey
      configuration.slowCallMilliseconds = slowCall
      configuration.metricsEndpoint = metrics.flatMap(Endpoint.init)
      if manualClock { configuration.testClockStart = clockStart.flatMap(Instant.init) ?? SafeGridServer.wallTime() }
      let signals = Signals([SIGTERM, SIGINT, SIGHUP])
      let server = try await SafeGridServer.start(configuration, log: log)
      let metricsPlace = server.metricsEndpoint.map { ", metrics on \($0)" } ?? ""
      print("safegridd is ready on \(server.endpoints.map(\.description).joined(separator: " "))\(metricsPlace)")
      fflush(nil)
      manager.ready("Serves on \(server.endpoints.map(\.description).joined(separator: " "))")
      while await signals.next() == SIGHUP { await server.reload() }
      manager.stopping()
      try await server.stop()
    } catch {
      log.critical("\(error)")
      throw ExitCode(1)
    }
  }
}

extension Safegridd {
  fileprivate func serverTLS() throws -> ServerTLS? {
    guard let tlsCertificate, let tlsKey else { return nil }
    return try ServerTLS(
      TLSCertificateFiles(certificate: tlsCertificate, key: tlsKey), clientAuthority: tlsClientCa)
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
