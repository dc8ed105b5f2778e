internal import API
internal import Bytes
internal import Domain
package import Engine
internal import FaultPoints
internal import Glibc
internal import Journal
package import Logging
internal import Metrics
internal import NIOCore
internal import NIOPosix
internal import RPC
package import Records
package import Scalars
internal import Service
internal import Store
internal import Synchronization
package import Transport

/// A running daemon: composes the rooms, brings its data folder into order, listens, and takes everything down again.
package final class SafeGridServer: Sendable {
  package struct Configuration: Sendable {
    package var dataFolder: String
    package var endpoints: [Endpoint]
    package var profile: Profile
    /// Who is who, and what the daemon shows of itself on TLS.
    package var identities = Identities.builtIn()
    /// Runs on a clock that tests move. A folder that does not exist yet becomes a test store whose clock begins here.
    package var testClockStart: Instant?
    /// Address space of the store, and its upper limit.
    package var mapBytes = 16 << 30
    package var eventLoops = System.coreCount
    /// Threads for lists, feeds and other reads that take longer than a loop may wait.
    package var scanThreads = 2
    /// Calls that take longer are logged: long enough that people notice.
    package var slowCallMilliseconds = 200
    /// The file with the key that seals who made a report; in the data folder when absent.
    package var identityKey: String?
    /// When journal entries are forgotten; never when absent.
    package var retention: RetentionPolicy?
    /// Sockets that listen already: calls are served there as well, or metrics on the one that is called `metrics`.
    package var inherited: [InheritedSocket] = []
    /// Where metrics are served over HTTP; nowhere when absent.
    package var metricsEndpoint: Endpoint?
    /// Journal entries from one copy of the state to the next: what is redone after a power cut, a few seconds' work.
    package var entriesBetweenCopies: UInt64 = 200_000

    package init(dataFolder: String, endpoints: [Endpoint], profile: Profile) {
      self.dataFolder = dataFolder
      self.endpoints = endpoints
      self.profile = profile
    }
  }

  package static let version = "0.1.0"

  private let log: Logger
  private let folder: DataFolder
  private let store: StateStore
  private let queue: CommandQueue
  private let health: DaemonHealth
  private let threads: Threads
  private let listeners: [Listener]
  private let metricsListener: MetricsListener?

  /// Where it listens, as bound.
  package var endpoints: [Endpoint] { listeners.map(\.endpoint) }
  /// Where it serves its metrics, as bound.
  package var metricsEndpoint: Endpoint? { metricsListener?.endpoint }

  /// The threads of a daemon, and what lives on them.
  private struct Threads: Sendable {
    let group: MultiThreadedEventLoopGroup
    let scans: NIOThreadPool
    let maintenance: NIOThreadPool
    let keeper: StateKeeper
    let writer: NIOThreadPool
    /// Why the writer has stopped writing; `nil` when all went well.
    let writerDone: EventLoopFuture<String?>
    /// One for each event loop.
    let dispatchers: [(loop: any EventLoop, dispatcher: LoopDispatcher)]
  }

  /// Starts a daemon; when this returns it serves.
  package static func start(_ configuration: Configuration, log: Logger) async throws -> SafeGridServer {
    let inherited = configuration.inherited.map(\.endpoint)
    for endpoint in configuration.endpoints + inherited + [configuration.metricsEndpoint].compactMap(\.self)
    where !endpoint.isProtected {
      throw ConfigurationFault(
        "\(endpoint) can be reached from outside; TCP without TLS stays on the loopback: listen on tls://…")
    }
    for endpoint in configuration.endpoints where endpoint.isTLS && configuration.identities.tls == nil {
      throw ConfigurationFault("\(endpoint) needs --tls-certificate and --tls-key")
    }
    let folder = try DataFolder(path: configuration.dataFolder)
    let recovered = try recover(folder, configuration, log)
    let (store, reader) = (recovered.store, recovered.journal.reader)
    let (history, isTestStore) = (recovered.journal.history, recovered.journal.isTestStore)
    // Until its clock is started, a new test store is at that clock's beginning.
    let start = configuration.testClockStart
    let writerCounts = WriterCounts()
    var engine = try recovered.engine(counts: writerCounts) { isTestStore ? start ?? wallTime() : wallTime() }
    try Preparation(configuration, isTestStore: isTestStore).run(&engine, store)
    let seal = try IdentityKeyFile.read(configuration.identityKey ?? folder.identityKeyPath, for: store)

    let queue = CommandQueue()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
    let scans = NIOThreadPool(numberOfThreads: configuration.scanThreads)
    scans.start()
    let maintenance = NIOThreadPool(numberOfThreads: 1)
    maintenance.start()
    // Of this thread alone, on Linux: to walk a copy of the state takes a core for seconds, which those who wait for a
    // reply need more.
    maintenance.submit { _ in _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }
    let keeper = try StateKeeper(
      folder, store, reader, queue, history: history, retention: configuration.retention)
    MaintenanceRoutine(keeper, store, reader, entriesBetweenCopies: configuration.entriesBetweenCopies, log: log)
      .start(on: group.any(), in: maintenance)
    let facts = ServerFacts(
      version: version, historyIdentifier: history.hexadecimal, isTestStore: isTestStore, startedAt: wallTime())
    let admission = Admission()
    let methodsEnd = Int(Method.allCases.map(\.rawValue).max()!) + 1
    let metrics = MetricsSource(
      loops: (0..<configuration.eventLoops).map { _ in LoopCounts(methodsEnd: methodsEnd) }, writer: writerCounts,
      queue: queue, connections: { admission.connections })
    let (live, health) = (LiveActivity(), DaemonHealth())
    let services = QueryServices(
      store: store, journal: reader, keeper: keeper, metrics: metrics, live: live, health: health, facts: facts
    ) { $0 ?? wallTime() }
    let parts = ServerParts(
      store: store, services: services, queue: queue, scans: scans, maintenance: maintenance, admission: admission,
      identities: configuration.identities, seal: seal, slowMilliseconds: configuration.slowCallMilliseconds,
      history: history,
      greeting: { session, principal in
        Greeting(
          server: "safegridd/\(version)", session: session, historyIdentifier: history, schemaHash: interfaceHash,
          principal: principal.name, roles: principal.grants.map(\.text),
          serverTimeMilliseconds: (testTime(of: store) ?? wallTime()).millisecondsSince1970)
      }, log: log)
    let dispatchers = zip(group.makeIterator(), metrics.loops).map { loop, counts in
      (loop: loop, LoopDispatcher(loop: loop, parts: parts, counts: counts))
    }
    for (_, dispatcher) in dispatchers { live.add { dispatcher.activity(limit: $0) } }
    let writerDone = group.any().makePromise(of: String?.self)
    let writerThread = NIOThreadPool(numberOfThreads: 1)
    writerThread.start()
    let writer = Writer(engine, queue, reader, dispatchers.map(\.1), health, log)
    writerThread.submit { _ in writerDone.succeed(writer.run()) }
    let threads = Threads(
      group: group, scans: scans, maintenance: maintenance, keeper: keeper, writer: writerThread,
      writerDone: writerDone.futureResult,
      dispatchers: dispatchers)
    do {
      let places =
        configuration.inherited.filter { !$0.isForMetrics }.map { ($0.endpoint, $0) }
        + configuration.endpoints.map { ($0, nil) }
      let listeners = try await listen(places, configuration.identities.tls, threads)
      let metrics = configuration.inherited.first(where: \.isForMetrics)
      let metricsListener = try await listen(
        metrics?.endpoint ?? configuration.metricsEndpoint, metrics, threads, services, listeners)
      return SafeGridServer(log, folder, store, queue, health, threads, listeners, metricsListener)
    } catch {
      try? await SafeGridServer(log, folder, store, queue, health, threads, [], nil).stop()
      throw error
    }
  }

  private init(
    _ log: Logger, _ folder: DataFolder, _ store: StateStore, _ queue: CommandQueue, _ health: DaemonHealth,
    _ threads: Threads, _ listeners: [Listener], _ metricsListener: MetricsListener?
  ) {
    self.log = log
    self.folder = folder
    self.store = store
    self.queue = queue
    self.health = health
    self.threads = threads
    self.listeners = listeners
    self.metricsListener = metricsListener
  }

  // MARK: Starting

  private static func recover(
    _ folder: DataFolder, _ configuration: Configuration, _ log: Logger
  ) throws -> RecoveredStore {
    var options = JournalWriter<PosixDisk>.Options(
      history: (0..<historyIdentifierBytes).map { _ in UInt8.random(in: .min ... .max) },
      createdMilliseconds: wallTime().millisecondsSince1970)
    options.isTestStore = configuration.testClockStart != nil
    let recovered = try RecoveredStore(folder, mapBytes: configuration.mapBytes, journal: options)
    log.info(
      "store open",
      metadata: [
        "folder": "\(folder.path)", "condition": "\(recovered.condition)",
        "sequence": "\(recovered.journal.lastSequence)", "redone": "\(recovered.redoneEntries)",
        "copy": "\(recovered.copiedSequence.map { "\($0)" } ?? "none")",
      ])
    if configuration.testClockStart != nil, !recovered.journal.isTestStore {
      throw ConfigurationFault("the store in \(folder.path) was not created for tests and has no test clock")
    }
    return recovered
  }

  private static func listen(
    _ places: [(Endpoint, InheritedSocket?)], _ tls: ServerTLS?, _ threads: Threads
  ) async throws -> [Listener] {
    let numbers = ConnectionNumbers()
    var byLoop: [ObjectIdentifier: LoopDispatcher] = [:]
    for (loop, dispatcher) in threads.dispatchers { byLoop[ObjectIdentifier(loop)] = dispatcher }
    var listeners: [Listener] = []
    for (endpoint, inherited) in places {
      do {
        listeners.append(
          try await Listener.bind(endpoint, inherited: inherited, on: threads.group, tls: tls) { [byLoop] loop, peer in
            byLoop[ObjectIdentifier(loop)]!.accept(numbers.next(), peer)
          })
      } catch {
        for listener in listeners { await listener.close() }
        throw ConfigurationFault("cannot listen on \(endpoint): \(error)")
      }
    }
    return listeners
  }

  private static func listen(
    _ endpoint: Endpoint?, _ inherited: InheritedSocket?, _ threads: Threads, _ services: QueryServices,
    _ listeners: [Listener]
  ) async throws -> MetricsListener? {
    guard let endpoint else { return nil }
    do {
      return try await MetricsListener.bind(endpoint, inherited: inherited, on: threads.group, in: threads.scans) {
        try? services.serverMetrics().prometheusText
      }
    } catch {
      for listener in listeners { await listener.close() }
      throw ConfigurationFault("cannot serve metrics on \(endpoint): \(error)")
    }
  }

  /// The system's clock.
  package static func wallTime() -> Instant {
    Instant(millisecondsSince1970: WallClock.now)
  }

  static func testTime(of store: StateStore) -> Instant? {
    // Only the greeting and the start ask; a store that cannot be read will say so in the calls that follow.
    try? Snapshot(store).record(TestClockTable.self, .init(id: 1))?.now
  }

  // MARK: Reading its files again

  /// Reads policy, certificate and keys again. New connections see the new ones. Of the open ones, those go that are
  /// somebody else now, or may do something else; a certificate that has changed ends none.
  package func reload() async {
    let faults = threads.dispatchers[0].dispatcher.parts.identities.reload()
    for fault in faults { log.error("not read again: what was, stays", metadata: ["reason": "\(fault)"]) }
    for (loop, dispatcher) in threads.dispatchers { try? await loop.submit { dispatcher.rulesChanged() }.get() }
    if faults.isEmpty { log.notice("policy and certificates were read again") }
  }

  // MARK: Stopping

  /// Answers what it has accepted, says goodbye, and leaves the folder in order.
  package func stop() async throws {
    for listener in listeners { await listener.close() }
    await metricsListener?.close()
    health.update { $0.isDraining = true }
    let announcements = threads.dispatchers.map { loop, dispatcher in loop.flatSubmit { dispatcher.announceEnd() } }
    for announcement in announcements { try await announcement.get() }
    queue.close()
    let failure = try await threads.writerDone.get()
    // The last replies were handed to the loops before this; their turn comes before ours.
    let farewells = threads.dispatchers.map { loop, dispatcher in loop.flatSubmit { dispatcher.connectionsClosed() } }
    for farewell in farewells { try await farewell.get() }
    try await threads.scans.shutdownGracefully()
    threads.keeper.stop()
    try await threads.maintenance.shutdownGracefully()
    try await threads.group.shutdownGracefully()
    try await threads.writer.shutdownGracefully()
    if let failure {
      // What the journal's end holds is not known: the next start must look, as after a crash.
      log.warning("stopped, to be recovered at the next start", metadata: ["reason": "\(failure)"])
      return
    }
    reach(.stateSyncs)
    try store.synchronize()
    reach(.stateSynced)
    reach(.markCloses)
    try folder.markClosed()
    reach(.markClosed)
    log.info("stopped in order")
  }
}

extension InheritedSocket {
  package var isForMetrics: Bool { name == "metrics" }
}

/// A configuration that cannot be served.
package struct ConfigurationFault: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// Numbers for connections, never used twice.
private final class ConnectionNumbers: Sendable {
  private let last = Atomic<UInt64>(0)
  func next() -> UInt64 { last.add(1, ordering: .relaxed).newValue }
}
