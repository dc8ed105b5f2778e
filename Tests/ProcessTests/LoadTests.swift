import Bytes
import Client
import Example
import Histogram
import Records
import Scalars
import Testing
import Transport

@testable import safegrid

/// The load tester's judgement: the audit finds each kind of difference, schedules and choices have the shape they say,
/// and what is taken down is what happened.
@Suite struct LoadTests {
  private static let grids = (1...100).map { GridCode("421222100001\(String(1000 + $0).dropFirst())")! }

  private func number(_ sequence: UInt32, _ cell: Int = 0) -> HazardNumber {
    HazardNumber(grid: Self.grids[cell], date: Date("2026-03-02")!, sequence: sequence)
  }

  // MARK: Audit

  private func sent(_ key: UInt128, _ sequence: UInt32, _ method: Method = .hazardSubmit, version: UInt64 = 1)
    -> SentCommand
  {
    SentCommand(index: 0, method: method, requestKey: key, rank: 0, number: number(sequence), version: version)
  }

  private func journaled(_ key: UInt128, _ sequence: UInt32, _ method: Method = .hazardSubmit, version: UInt64 = 1)
    -> LoadAudit.Journaled
  {
    LoadAudit.Journaled(method: method, requestKey: key, number: number(sequence), version: version)
  }

  private func audit(
    _ told: [SentCommand], _ journal: [LoadAudit.Journaled], doubt: [SentCommand] = []
  ) -> LoadAudit { LoadAudit(acknowledged: told, inDoubt: doubt, journal) }

  @Test func `what agrees is clean, also what was in doubt`() {
    let audit = audit(
      [sent(1, 1), sent(2, 2), sent(5, 1, .hazardFile, version: 2)],
      [journaled(1, 1), journaled(2, 2), journaled(3, 3), journaled(5, 1, .hazardFile, version: 2)],
      doubt: [sent(3, 0), sent(4, 0)])
    #expect(audit.clean && audit.journaled == 3 && audit.journaledSteps == 1)
    #expect(audit.auditedReports == 2 && audit.auditedSteps == 1)
    #expect(audit.doubtful == 2 && audit.doubtfulExecuted == 1 && audit.foreign == 0)
  }

  @Test func `what nobody was told of is a difference only when nobody else was there`() {
    let (told, journal) = ([sent(1, 1)], [journaled(1, 1), journaled(2, 2)])
    let among = LoadAudit(acknowledged: told, inDoubt: [], journal)
    let alone = LoadAudit(acknowledged: told, inDoubt: [], journal, isAlone: true)
    #expect(among.foreign == 1 && among.clean && alone.foreign == 1 && !alone.clean)
  }

  @Test func `each difference is found, and it alone`() {
    let cases: [(KeyPath<LoadAudit, Int>, LoadAudit)] = [
      (\.missing, audit([sent(1, 1), sent(2, 2)], [journaled(1, 1)])),
      (\.missing, audit([sent(2, 1, .hazardClaim, version: 4)], [journaled(1, 1)])),
      (\.doubled, audit([], [journaled(1, 1), journaled(1, 2)])),
      (\.renumbered, audit([sent(1, 1)], [journaled(1, 2), journaled(2, 1)])),
      (\.renumbered, audit([sent(1, 1, .hazardFile, version: 2)], [journaled(1, 1, .hazardFile, version: 3)])),
      (\.renumbered, audit([sent(1, 1, .hazardFile, version: 2)], [journaled(1, 1, .hazardClaim, version: 2)])),
      (\.repeatedNumbers, audit([], [journaled(1, 1), journaled(2, 1)])),
      (
        \.repeatedVersions,
        audit([], [journaled(1, 1, .hazardFile, version: 2), journaled(2, 1, .hazardClaim, version: 2)])
      ),
      (\.gaps, audit([], [journaled(1, 1), journaled(2, 3)])),
    ]
    let differences: [KeyPath<LoadAudit, Int>] = [
      \.missing, \.doubled, \.renumbered, \.repeatedNumbers, \.repeatedVersions, \.gaps, \.answeredOtherwise,
    ]
    for (place, (found, audit)) in cases.enumerated() {
      #expect(differences.map { audit[keyPath: $0] } == differences.map { $0 == found ? 1 : 0 }, "case \(place)")
      #expect(!audit.clean, "case \(place)")
    }
  }

  @Test func `a repetition that is answered otherwise is found, though the journal agrees`() async throws {
    let daemon = try Daemon()
    let endpoint = Endpoint(daemon.endpoint)!
    let connection = try await Connection.connect(to: endpoint)
    let places = Places(try await LoadTarget.prepare(connection), exponent: 0, seed: 1)
    let workload = Workload.realWordings(mix: .submitOnly, places: places, seed: 1)
    var outcome = try await Storm(address: DaemonAddress(endpoint: endpoint), connections: 1, workload: workload).run(
      inFlight: 1, count: 5)
    let clean = try await LoadAudit.run(outcome, of: workload, after: 0, isAlone: true, connection)
    #expect(clean.clean && clean.auditedReports == 5 && clean.sentAgain == 5)
    // Another report under the third one's request key.
    let told = outcome.acknowledged[2]
    outcome.acknowledged[2] = SentCommand(
      index: told.index + 100, method: told.method, requestKey: told.requestKey, rank: told.rank, number: told.number,
      version: told.version)
    let audit = try await LoadAudit.run(outcome, of: workload, after: 0, isAlone: true, connection)
    #expect(audit.answeredOtherwise == 1 && audit.missing + audit.renumbered + audit.foreign == 0 && !audit.clean)
    await connection.close()
  }

  // MARK: Judgement

  /// Ten seconds behind a warm-up of two, in which 100 calls a second took 20 ms each and began 5 ms late, with a pause
  /// of a quarter of a second.
  private var outcome: LoadOutcome {
    var outcome = LoadOutcome(start: 0, startTime: 0, warmUpSeconds: 2)
    outcome.durationSeconds = 12
    var tally = KindTally()
    for _ in 0..<1000 {
      tally.responses.record(20_000)
      tally.services.record(15_000)
      outcome.delays.record(5000)
    }
    outcome.kinds[.submit] = tally
    outcome.pauses = [LoadGap(begin: 3, end: 3.25), LoadGap(begin: 7, end: 7.125)]
    return outcome
  }

  private func report(
    _ outcome: LoadOutcome, _ audit: LoadAudit? = nil, isOpen: Bool = true, within limits: LoadRun.Limits
  ) -> LoadReport {
    let schedule = isOpen ? Schedule(profile: .constant, rate: 100, seconds: 10, warmUpSeconds: 2) : nil
    let plan = LoadReport.Plan(
      loop: "open", connections: 1, inFlight: nil, profile: nil, rate: nil, mix: "", skew: 0, seed: 1, warmUpSeconds: 2,
      killEverySeconds: nil)
    let run = LoadRun(
      plan: plan, mix: .submitOnly, schedule: schedule, seconds: 12, limits: limits, isAudited: true,
      timeout: .seconds(1), log: nil)
    return run.report(outcome, audit, LoadEnvironment(daemon: "", dataFolder: nil), grids: 1)
  }

  @Test func `a limit fails the run when it is passed, and not when it is just kept`() throws {
    // Histograms have three digits.
    let cases: [(kept: LoadRun.Limits, passed: LoadRun.Limits)] = [
      (.init(p99Milliseconds: 20.1, delayMilliseconds: 6), .init(p99Milliseconds: 19.9, delayMilliseconds: 6)),
      (.init(perSecond: 100, delayMilliseconds: 6), .init(perSecond: 100.1, delayMilliseconds: 6)),
      (.init(pauseMilliseconds: 250, delayMilliseconds: 6), .init(pauseMilliseconds: 249, delayMilliseconds: 6)),
      (.init(delayMilliseconds: 5.1), .init(delayMilliseconds: 4.9)),
    ]
    for (kept, passed) in cases {
      #expect(report(outcome, within: kept).faults == [])
      let failed = report(outcome, within: passed)
      #expect(failed.faults.count == 1 && failed.thresholds?.count { !$0.passed } == 1, "\(failed.faults)")
    }
    #expect(
      report(outcome, isOpen: false, within: .init(delayMilliseconds: 0)).faults == [], "a closed loop is never late")
    #expect(report(outcome, within: .init(delayMilliseconds: 6)).perSecond == 100, "without the warm-up")
  }

  @Test func `whatever was not as it should be fails the run`() {
    let limits = LoadRun.Limits(delayMilliseconds: 6)
    var failing = outcome
    failing.kinds[.show, default: KindTally()].errors = ["NOT_FOUND": 3]
    #expect(report(failing, within: limits).faults == ["3 calls failed: NOT_FOUND"])
    var lagging = outcome
    lagging.dropped = 1
    #expect(report(lagging, within: limits).faults.count == 1)
    #expect(report(outcome, audit([sent(1, 1)], [journaled(1, 1)]), within: limits).faults == [])
    let faults = report(outcome, audit([sent(1, 1)], []), within: limits).faults
    #expect(faults == ["the audit found differences between journal and replies"])
  }

  // MARK: Schedule and choices

  @Test(arguments: [(Schedule.Profile.constant, 1000), (.ramp, 500), (.step, 625), (.spike, 325)])
  func `a profile makes as many calls as its shape says, and never goes back`(profile: Schedule.Profile, total: Int) {
    let schedule = Schedule(profile: profile, rate: 100, seconds: 10)
    #expect(abs(schedule.total - total) <= 1)
    var last = 0.0
    for tick in 0...1000 {
      let arrivals = schedule.arrivals(by: Double(tick) / 100)
      #expect(arrivals >= last && arrivals - last <= 1.001)
      last = arrivals
    }
    #expect(schedule.arrivals(by: 99) == schedule.arrivals(by: 10) && schedule.arrivals(by: -1) == 0)
    for index in stride(from: 0, to: schedule.total, by: 50) {
      #expect(abs(schedule.arrivals(by: schedule.time(of: index)) - Double(index)) < 1e-3)
    }
  }

  @Test func `the warm-up runs at the full rate, and the profile begins behind it`() {
    let schedule = Schedule(profile: .ramp, rate: 100, seconds: 10, warmUpSeconds: 3)
    #expect(schedule.total == 800 && abs(schedule.arrivals(by: 3) - 300) < 1e-9)
    #expect(abs(schedule.arrivals(by: 8) - 425) < 1e-9 && abs(schedule.time(of: 150) - 1.5) < 1e-6)
  }

  @Test func `a mix is drawn in proportion, and what is not one is refused`() throws {
    let mix = try Mix(parsing: "submit=70,transition=10,read=15,statistics=5,watch=0")
    #expect(mix.description == "submit=70,transition=10,show=15,count=5")
    var random = SplitMix64(seed: 1)
    var drawn: [LoadKind: Int] = [:]
    for _ in 0..<10_000 { drawn[mix.pick(&random), default: 0] += 1 }
    for (kind, weight) in mix.weights { #expect(abs(drawn[kind, default: 0] - weight * 100) < 200, "\(kind)") }
    for text in [
      "", "submit", "submit=", "submit=-1", "submit=x", "drink=1", "submit=1,submit=2", "read=1,show=1", "list=0",
    ] {
      #expect(throws: (any Error).self, "\(text)") { try Mix(parsing: text) }
    }
  }

  private func shares(_ places: Places, seed: UInt64 = 2) -> [Double] {
    var random = SplitMix64(seed: seed)
    var counts = [Int](repeating: 0, count: places.grids.count)
    for _ in 0..<100_000 { counts[places.pick(&random)] += 1 }
    return counts.map { Double($0) / 100_000 }
  }

  @Test func `grids are chosen evenly with exponent 0, and by Zipf's law above`() {
    let even = shares(Places(Self.grids, exponent: 0, seed: 1))
    #expect(even.allSatisfy { abs($0 - 0.01) < 0.002 })
    let zipf = shares(Places(Self.grids, exponent: 1, seed: 1))
    // The hundredth harmonic number is 5.187.
    #expect(
      abs(zipf[0] - 1 / 5.187) < 0.005 && abs(zipf[1] - 0.5 / 5.187) < 0.005 && abs(zipf[9] - 0.1 / 5.187) < 0.003)
    let (one, same, other) = (
      Places(Self.grids, exponent: 1, seed: 1), Places(Self.grids, exponent: 1, seed: 1),
      Places(Self.grids, exponent: 1, seed: 2)
    )
    #expect(one.grids == same.grids && one.grids != other.grids && Set(other.grids) == Set(Self.grids))
  }

  @Test func `a grid that nears its numbers of the day is left out`() {
    let places = Places(Self.grids, exponent: 1, seed: 1)
    places.took(number(79_999), at: 0)
    #expect(shares(places)[0] > 0.1)
    places.took(number(80_000), at: 0)
    #expect(shares(places)[0] == 0 && shares(places)[1] > 0.25)
    for rank in Self.grids.indices { places.close(rank) }
    #expect(shares(places)[0] > 0.1, "when all are full the daemon may say so")
  }

  @Test func `a case goes round the loop, in one hand at a time`() {
    let book = CaseBook()
    var random = SplitMix64(seed: 3)
    #expect(book.take(&random) == nil && book.anyNumber(&random) == nil)
    book.add(number(1))
    var steps: [LoadStep] = []
    while let taken = book.take(&random) {
      #expect(taken.number == number(1) && book.take(&random) == nil)
      steps.append(taken.step)
      book.putBack(taken)
    }
    #expect(steps == LoadStep.allCases && book.anyNumber(&random) == number(1))
  }

  @Test func `the same seed makes the same report, byte for byte`() {
    func workload(_ seed: UInt64) -> Workload {
      .realWordings(mix: .submitOnly, places: Places(Self.grids, exponent: 1, seed: 1), seed: seed)
    }
    let (one, same, other) = (workload(7), workload(7), workload(8))
    #expect(one.report(5, at: 3).request.encoded() == same.report(5, at: 3).request.encoded())
    #expect(one.report(5, at: 3).request.photos[0].sha256 != one.report(6, at: 3).request.photos[0].sha256)
    #expect(one.report(5, at: 3).request.encoded() != other.report(5, at: 3).request.encoded())
  }

  // MARK: Recorder

  @Test func `what was due in the warm-up counts in the timeline and the audit, and nowhere else`() {
    let recorder = Recorder(measuredFrom: 10_000_000, rememberedMax: 2)
    for due: UInt64 in [9_999_000, 10_000_000, 11_000_000] {
      recorder.begin(due: due, at: due + 2000)
      recorder.succeed(.submit, due: due, sent: due + 2000, at: due + 5000, repeats: 1, sent(UInt128(due), 1))
    }
    let interval = recorder.take()
    #expect(interval.responses.totalCount == 3 && interval.kinds[.submit]?.responses.totalCount == 2)
    #expect(interval.kinds[.submit]?.responses.max == 5 && interval.kinds[.submit]?.services.max == 3)
    #expect(interval.delays.totalCount == 2 && interval.delays.max == 2 && interval.repeated == 3)
    #expect(interval.acknowledged.map(\.requestKey) == [9_999_000, 10_000_000], "the third is beyond the memory")
    #expect(recorder.take().responses.totalCount == 0)
  }

  @Test func `a pause is where nothing is acknowledged while calls are open`() {
    let recorder = Recorder(measuredFrom: 0, rememberedMax: 0)
    let second: UInt64 = 1_000_000_000
    recorder.begin(due: 1 * second, at: 1 * second)
    recorder.succeed(.submit, due: second, sent: second, at: second + 1)
    // Nobody asks for nine seconds: no pause.
    recorder.begin(due: 10 * second, at: 10 * second)
    recorder.begin(due: 10 * second, at: 10 * second + 7)
    recorder.succeed(.submit, due: 10 * second, sent: 10 * second, at: 10 * second + 99_000_000)
    recorder.fail(.submit, "X")
    recorder.begin(due: 20 * second, at: 20 * second)
    recorder.begin(due: 21 * second, at: 21 * second)
    recorder.succeed(.show, due: 21 * second, sent: 21 * second, at: 22 * second)
    recorder.succeed(.submit, due: 20 * second, sent: 20 * second, at: 23 * second)
    let interval = recorder.take()
    #expect(interval.pauses.map { [$0.begin, $0.end] } == [[20 * second, 22 * second], [22 * second, 23 * second]])
    #expect(interval.failed == 1 && interval.kinds[.submit]?.errors == ["X": 1] && recorder.open == 0)
  }

  @Test(arguments: [
    ([3.0, 1, 2], 2.0, 1.0, 3.0, 75.0), ([1, 2, 3, 4, 5], 3, 1, 5, 93.75), ([4, 1, 3, 2], 2.5, 1, 4, 87.5),
    ([1, 2, 3, 4, 5, 6, 7, 8, 9], 5, 2, 8, 96.09), ([7], 7, 7, 7, 0),
  ])
  func `repeated runs have a median, and say between which of them the true one lies`(
    values: [Double], median: Double, low: Double, high: Double, confidence: Double
  ) {
    let figure = LoadRepetition.Figure("x", values)
    #expect(figure.median == median && figure.low == low && figure.high == high)
    #expect(figure.confidencePercent == confidence)
  }
}
