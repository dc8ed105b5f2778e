import API
import Client
import Histogram
import RPC
import Records
import Transport

/// One run: prepares the daemon, makes the calls, reads the journal, and judges.
struct LoadRun: Sendable {
  let plan: LoadReport.Plan
  let mix: Mix
  /// Absent: a closed loop.
  let schedule: Schedule?
  /// How long it lasts, with the warm-up.
  let seconds: Double
  let limits: Limits
  let isAudited: Bool
  let timeout: Duration
  let log: HistogramLogWriter?

  /// What fails a run when it is passed; absent: nothing.
  struct Limits: Sendable {
    var p99Milliseconds: Double?
    var perSecond: Double?
    var pauseMilliseconds: Double?
    /// By how much one call in a hundred may begin late before the schedule counts as lost.
    var delayMilliseconds: Double
  }

  /// Commands that are remembered for the audit: with what the journal says of them, about a gibibyte.
  static let rememberedMax = 4_000_000
  /// A restart takes far less; a daemon that does not come back must not keep a run for ever.
  private static let patienceSeconds = 30
  /// So long a daemon that is not ours may take to come back before the run goes without its audit.
  private static let farewellSeconds = 5
  /// What there is to read and to take further before the first call.
  private static let seedCount = 64

  /// - Parameter daemon: one of our own, to be killed now and then.
  func run(at address: DaemonAddress, _ daemon: LoadDaemon?) async throws -> LoadReport {
    let control = try await Line(to: address)
    let places = Places(
      try await LoadTarget.prepare(control.connection), exponent: plan.skew, seed: plan.seed)
    let workload = Workload.realWordings(mix: mix, places: places, seed: plan.seed)
    if workload.book != nil { try await makeCases(of: workload, control.connection) }
    let sequence = try await AdminClient(control.connection).status(Empty()).sequence
    var storm = Storm(address: address, connections: plan.connections, workload: workload)
    storm.timeout = timeout
    storm.warmUpSeconds = plan.warmUpSeconds
    storm.rememberedMax = isAudited ? Self.rememberedMax : 0
    storm.log = log
    let environment = LoadEnvironment(
      daemon: control.connection.greeting.server, dataFolder: daemon?.dataFolder)

    if daemon != nil { storm.patienceSeconds = Self.patienceSeconds }
    let observer = await DaemonObserver(control)
    let (outcome, kills) = try await ask(storm, daemon, observer)
    let isThere = await control.renewed(within: daemon == nil ? Self.farewellSeconds : Self.patienceSeconds)
    let isAlone = daemon != nil && outcome.acknowledged.count < Self.rememberedMax
    let audit =
      isAudited && isThere
      ? try await LoadAudit.run(outcome, of: workload, after: sequence, isAlone: isAlone, control.connection) : nil
    await control.close()
    var report = report(outcome, audit, environment, grids: places.grids.count)
    report.kills = kills
    report.daemon = observer?.counts
    if !isThere { report.faults.append("the daemon is gone; nothing could be audited") }
    return report
  }

  /// Makes the calls, while the daemon is read out and, if it is our own, killed.
  private func ask(
    _ storm: Storm, _ daemon: LoadDaemon?, _ observer: DaemonObserver?
  ) async throws -> (LoadOutcome, [LoadReport.Kill]?) {
    let start = LoadClock.now
    let reader = observer.map { observer in Task { await observer.run(since: start) } }
    defer { reader?.cancel() }
    let killer: Task<[LoadReport.Kill], any Error>? =
      if let daemon, let every = plan.killEverySeconds {
        Task { try await daemon.kill(every: every, since: start) }
      } else { nil }
    let outcome =
      if let schedule { try await storm.run(on: schedule) } else {
        try await storm.run(inFlight: plan.inFlight ?? 1, seconds: seconds)
      }
    killer?.cancel()
    let kills = try await killer?.value
    reader?.cancel()
    await reader?.value
    await observer?.read(since: start)
    return (outcome, kills)
  }

  /// Some cases to begin with.
  private func makeCases(of workload: Workload, _ connection: Connection) async throws {
    for index in 0..<Self.seedCount {
      // From the other end of the numbers, so that no call of the run is the same.
      let (request, reporter) = workload.report(.max - index, at: index % workload.places.grids.count)
      let receipt = try await HazardClient(connection).submit(request, CallOptions(actingFor: reporter))
      workload.book?.add(receipt.number)
    }
  }

  // MARK: Judgement

  func report(
    _ outcome: LoadOutcome, _ audit: LoadAudit?, _ environment: LoadEnvironment, grids: Int
  ) -> LoadReport {
    let total = outcome.total
    var plan = plan
    plan.grids = grids
    var report = LoadReport(
      plan: plan, durationSeconds: outcome.durationSeconds, acknowledged: outcome.count,
      perSecond: Int(outcome.perSecond), latencyMicroseconds: LatencyCurve(total.responses),
      serviceMicroseconds: LatencyCurve(total.services),
      kinds: Dictionary(
        uniqueKeysWithValues: outcome.kinds.map { kind, tally in
          (
            kind.rawValue,
            LoadReport.Kind(
              acknowledged: Int(tally.responses.totalCount), latencyMicroseconds: LatencyCurve(tally.responses),
              serviceMicroseconds: LatencyCurve(tally.services), errors: tally.errors)
          )
        }), errors: total.errors, faults: [])
    if schedule != nil {
      report.delayMicroseconds = LatencyCurve(outcome.delays)
      report.due = schedule?.total
      report.late = Int(outcome.delays.totalCount - outcome.delays.count(within: 0...1000))
      report.dropped = outcome.dropped
    }
    report.repeated = outcome.repeated
    report.watchedChanges = outcome.changes
    report.timeline = outcome.seconds
    report.pauses = outcome.pauses
    report.audit = audit
    report.environment = environment
    report.thresholds = thresholds(outcome, total)
    report.faults = faults(outcome, report)
    return report
  }

  private func thresholds(_ outcome: LoadOutcome, _ total: KindTally) -> [LoadReport.Threshold] {
    let p99 = Double(total.responses.valueAtPercentile(99)) / 1000
    let pause = (outcome.pauses.map { $0.end - $0.begin }.max() ?? 0) * 1000
    let delay = Double(outcome.delays.valueAtPercentile(99)) / 1000
    return [
      limits.p99Milliseconds.map { .init("p99 of the latency, ms", at: p99, most: $0) },
      limits.perSecond.map { .init("acknowledged per second", at: outcome.perSecond, least: $0) },
      limits.pauseMilliseconds.map { .init("longest pause, ms", at: pause, most: $0) },
      schedule.map { _ in .init("p99 of late beginnings, ms", at: delay, most: limits.delayMilliseconds) },
    ].compactMap { $0 }
  }

  /// Why the run failed; empty when it did not.
  private func faults(_ outcome: LoadOutcome, _ report: LoadReport) -> [String] {
    var faults = report.errors.sorted { $0.key < $1.key }.map { "\($0.value) calls failed: \($0.key)" }
    if let audit = report.audit, !audit.clean {
      faults.append("the audit found differences between journal and replies")
    }
    if outcome.dropped > 0 {
      faults.append("\(outcome.dropped) calls were due and never made: too many were open, the daemon did not follow")
    }
    for threshold in report.thresholds ?? [] where !threshold.passed {
      faults.append("\(threshold.name): \(threshold.actual), the limit is \(threshold.limit)")
    }
    return faults
  }
}

extension LoadReport.Threshold {
  fileprivate init(_ name: String, at actual: Double, most limit: Double) {
    self.init(name: name, limit: limit, actual: actual, passed: actual <= limit)
  }

  fileprivate init(_ name: String, at actual: Double, least limit: Double) {
    self.init(name: name, limit: limit, actual: actual, passed: actual >= limit)
  }
}
