import API
import Client
import Example
import Glibc
import Histogram
import RPC
import Records
import Scalars
import Transport

/// The demonstration: one process that acts for many people, against a daemon of its own.
struct Demo {
  private let folder: String
  private let county: ExampleCounty
  private let hazardCount: Int
  private let start = ContinuousClock.now
  private var daemon: DaemonProcess
  private var connection: Connection
  private var chapter = 0

  private var endpoint: Endpoint { .unix(path: "\(folder)/safegrid.sock") }

  init(folder: String, enterpriseCount: Int, hazardCount: Int) async throws {
    self.folder = folder
    self.hazardCount = hazardCount
    county = ExampleCounty(enterpriseCount: enterpriseCount)
    daemon = try Self.startDaemon(folder)
    connection = try await Connection.connect(to: .unix(path: "\(folder)/safegrid.sock"), name: "safegrid demo")
  }

  private static func startDaemon(_ folder: String) throws -> DaemonProcess {
    try DaemonProcess(
      arguments: [
        "--data", "\(folder)/data", "--listen", "unix:\(folder)/safegrid.sock", "--manual-clock", "--clock-start",
        "2026-03-02T08:30:00+08:00", "--log-level", "warning",
      ], log: "\(folder)/daemon.log")
  }

  mutating func tell() async throws {
    let greeting = connection.greeting
    open("A daemon of its own")
    say("\(greeting.server), process \(daemon.identifier), on \(endpoint)")
    say(
      "It takes us for \(greeting.principal) with \(greeting.roles.joined(separator: ", ")): the kernel says who we are."
    )
    say("Its test clock stands at Monday 2026-03-02 08:30, China time.")

    try await importCounty()
    let cast = try await Cast(county, connection)
    let story = Stories(cast: cast, connection: connection)
    open("The six-step closed loop 六步闭环, with one rework 返工")
    let loop = try await story.loopWithRework()
    open("A deadline passes 逾期")
    try await story.overdue()
    open("A major hazard goes straight to the township 重大直报")
    let major = try await story.directReport()
    open("The safety committee supervises it 挂牌督办")
    try await story.listing(of: major)
    open("What is refused")
    try await story.refusals()
    open("What was done weighs: credit 信用 and the list of serious dishonesty 严重失信主体名单")
    try await story.conduct()
    open("A grid member leaves 人员离岗")
    try await story.handOver()
    open("Somebody calls 12350 群众举报, and what only two people may do")
    try await story.publicReport()
    open("A patrol by the checklist 巡查")
    try await story.patrol()
    open("Who has the power 权责清单, and may lend it")
    try await story.powers()

    try await storm()
    open("What people look at")
    try await story.views(of: loop)
    try await verifyJournal()
    try await killAndRecover()

    await connection.close()
    let status = daemon.end(by: SIGTERM)
    open("The end")
    say("SIGTERM: the daemon left in order with exit status \(status). The whole story took \(seconds(.now - start)).")
  }

  // MARK: Chapters

  private mutating func importCounty() async throws {
    open("A real county: Tongcheng 通城县 (421222), Hubei")
    let importer = ExampleImport(connection)
    var clock = ContinuousClock.now
    let edition = try await importer.divisions()
    say(
      "\(edition.rowCount) divisions: 1 county 县, \(county.townships.count) townships 乡镇, \(county.villages.count) villages and communities 村(社区), active at once  (\(seconds(.now - clock)))"
    )
    clock = .now
    try await importer.cells(of: county)
    try await importer.people(of: county)
    let cells = county.villages.reduce(0) { $0 + $1.cells.count }
    say("\(cells) cells 网格 below them, and \(county.people.count) people with roles  (\(seconds(.now - clock)))")
    clock = .now
    let enterprises = try await importer.enterprises(of: county)
    say("\(enterprises) enterprises 监管对象, generated in the shape of a real registry  (\(seconds(.now - clock)))")
  }

  private mutating func storm() async throws {
    open("A storm of reports: \(hazardCount) hazards 隐患 from 128 clients on 8 connections")
    let outcome = try await makeStorm(seed: 1).run(inFlight: 16, count: hazardCount)
    let total = outcome.total
    guard total.errors.isEmpty else { throw InputFault("the storm met failures: \(total.errors)") }
    say(
      "\(outcome.acknowledged.count) acknowledged in \(seconds(.seconds(outcome.durationSeconds))): \(Int(outcome.perSecond)) per second, each durable before its reply."
    )
    say(
      "Latency p50 \(milliseconds(total.responses.valueAtPercentile(50))), p99 \(milliseconds(total.responses.valueAtPercentile(99))), max \(milliseconds(total.responses.max))."
    )
    let numbers = Set(outcome.acknowledged.map(\.number))
    guard numbers.count == outcome.acknowledged.count else { throw InputFault("a hazard number was given twice") }
    say("\(numbers.count) different numbers; the first: \(outcome.acknowledged.map(\.number).min()!)")
  }

  private func makeStorm(seed: UInt64) -> Storm {
    let maker = HazardMaker()
    let cells = county.villages.flatMap { $0.cells.map(\.code) }
    // Enterprises got their numbers in the order of the import.
    let enterprises = county.enterprises.map(\.grid)
    let workload = Workload(
      places: Places([county.county], exponent: 0, seed: seed), seed: seed,
      makeReport: { index, _, random in
        let token = random.token()
        // Most hazards belong to an enterprise, some to a place.
        let enterprise = random.chance(0.9) ? Int(random.next() % UInt64(enterprises.count)) : nil
        let cell = enterprise.map { enterprises[$0] } ?? cells[index % cells.count]
        let isPublic = random.chance(0.05)
        let request = maker.hazard(
          in: cell, enterprise: enterprise.map { UInt64($0 + 1) }, source: isPublic ? .publicReport : .memberPatrol,
          token: token, &random)
        return (request, isPublic ? ExampleCounty.publicDesk : ExampleCounty.gridMember(of: cell))
      })
    return Storm(address: DaemonAddress(endpoint: endpoint), connections: 8, workload: workload)
  }

  private mutating func verifyJournal() async throws {
    open("The journal 日志")
    let report = try await AuditClient(connection).verify(VerifyJournal(), CallOptions(timeout: .seconds(60)))
    guard report.intact else { throw InputFault("the journal is damaged: \(report.fault ?? "")") }
    say(
      "\(report.entries) entries in \(report.batches) batches are intact: every checksum, every link of the chain, no gap."
    )
    say(
      "One sync of the disk made \(Double(report.entries * 10 / max(1, report.batches)) / 10) commands durable on average."
    )
    say("Chain head \(report.chainHead)")
  }

  private mutating func killAndRecover() async throws {
    let count = hazardCount / 2
    open("SIGKILL in the middle of a second storm")
    let before = try await countAll()
    let storm = makeStorm(seed: 2)
    async let running = storm.run(inFlight: 16, count: count)
    // The blow falls when a third of the reports are in.
    while try await countAll() < before + UInt64(count / 3) { await Task.yield() }
    let status = daemon.end(by: SIGKILL)
    let outcome = try await running
    say(
      "The daemon is dead (signal \(-status)): \(outcome.acknowledged.count) reports were acknowledged, of \(outcome.inDoubt.count) nobody knows."
    )

    let clock = ContinuousClock.now
    daemon = try Self.startDaemon(folder)
    connection = try await Connection.connect(to: endpoint, name: "safegrid demo")
    say("A new daemon, process \(daemon.identifier), serves again after \(seconds(.now - clock)).")
    let survived = try await tokens()
    let token = { (command: SentCommand) in storm.workload.report(command.index, at: 0).request.photos[0].sha256 }
    let executed = outcome.inDoubt.count { survived[token($0)] != nil }
    var acknowledged = outcome.acknowledged.map { (token: token($0), number: $0.number) }
    for command in outcome.inDoubt {
      let receipt = try await storm.workload.repeated(command, HazardClient(connection))
      acknowledged.append((token(command), receipt.number))
    }
    say(
      "The \(outcome.inDoubt.count) doubtful ones are sent again with their request keys: \(executed) had been applied before the kill and get their old numbers, \(outcome.inDoubt.count - executed) are applied now."
    )

    let stored = try await tokens()
    var missing = 0
    var doubled = 0
    for (token, number) in acknowledged {
      let found = stored[token] ?? []
      if found.count > 1 { doubled += 1 }
      if !found.contains(number) { missing += 1 }
    }
    guard missing == 0, doubled == 0 else { throw InputFault("\(missing) reports are missing, \(doubled) doubled") }
    say("All \(acknowledged.count) are there, each once, under the number it was given: 0 missing, 0 doubled.")
    let report = try await AuditClient(connection).verify(VerifyJournal(), CallOptions(timeout: .seconds(60)))
    guard report.intact else { throw InputFault("the journal is damaged: \(report.fault ?? "")") }
    say("The journal is intact up to entry \(report.lastSequence).")
  }

  private func countAll() async throws -> UInt64 {
    try await HazardClient(connection).count(CountHazards(grid: county.county)).counts.reduce(0) { $0 + $1.count }
  }

  /// Every report in the store, by its token.
  private func tokens() async throws -> [[UInt8]: [HazardNumber]] {
    var result: [[UInt8]: [HazardNumber]] = [:]
    var cursor: HazardCursor?
    repeat {
      let page = try await HazardClient(connection)
        .list(ListHazards(grid: county.county, states: HazardState.allKnown, after: cursor, limit: 1000))
      for hazard in page.hazards { result[hazard.photos[0].sha256, default: []].append(hazard.number) }
      cursor = page.next
    } while cursor != nil
    return result
  }

  // MARK: Telling

  private mutating func open(_ title: String) {
    chapter += 1
    print("\(chapter == 1 ? "" : "\n")\(chapter). \(title)")
    fflush(nil)
  }

  private func say(_ text: String) { Demo.say(text) }

  static func say(_ text: String) {
    print("   \(text)")
    fflush(nil)
  }
}

/// A duration as people say it.
func seconds(_ duration: Duration) -> String {
  let milliseconds = Int(duration / .milliseconds(1))
  return milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
}
