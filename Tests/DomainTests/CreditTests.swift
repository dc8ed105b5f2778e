import Domain
import Example
import Records
import Scalars
import Support
import Testing

/// Credit 安全生产信用: the score as a function of records, ruleset and date, and the life of a record.
@Suite struct CreditTests {
  private static let today = Date("2026-03-02")!

  private static func record(
    _ kind: CreditKind, _ occurredOn: String = "2026-01-05", ordinal: UInt32 = 1, _ status: CreditStatus = .active
  ) -> CreditRecord {
    CreditRecord(
      enterpriseId: 1, ordinal: ordinal, kind: kind, occurredOn: Date(occurredOn)!, status: status, basis: "文号")
  }

  /// Under ``ruleset``, of an enterprise that has 90 points to begin with.
  private static func stepped(
    _ records: [CreditRecord], on date: Date = today, _ ruleset: CreditRuleset = ruleset
  ) throws(Refusal) -> CreditReport {
    try creditReport(Enterprise(id: 1, standardization: .level1), records: records, on: date, ruleset)
  }

  private func report(
    _ records: [CreditRecord], on date: String = "2026-03-02", level: Standardization = .unrated,
    _ ruleset: CreditRuleset = World.profile.credit
  ) throws(Refusal) -> CreditReport {
    try creditReport(Enterprise(id: 1, standardization: level), records: records, on: Date(date)!, ruleset)
  }

  private func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  /// Six steps, and an override of each kind.
  private static let ruleset: CreditRuleset = {
    var ruleset = World.profile.credit
    ruleset.steps = [("A", 900, .a), ("A-", 850, .a), ("B", 800, .b), ("B-", 700, .b), ("C", 600, .c), ("D", 0, .d)]
      .map { (step: (String, Int32, CreditGrade)) in CreditStep(name: step.0, leastTenths: step.1, grade: step.2) }
    ruleset.overrides = [
      CreditOverride(
        name: "事故", kinds: [.generalAccident], count: 1, within: Term(12, .month), effect: .down(2)),
      CreditOverride(
        name: "两起事故", kinds: [.generalAccident], count: 2, within: Term(24, .month), effect: .atBest(.d)),
      CreditOverride(
        name: "处罚", kinds: [.warning, .fine], count: 2, within: Term(12, .month), effect: .down(1)),
      CreditOverride(
        name: "约谈", kinds: [.interviewIgnored], count: 1, within: Term(12, .month), effect: .atBest(.b)),
    ]
    return ruleset
  }()

  // MARK: The score

  @Test func `the base of a day is that of the level that the enterprise had then`() throws {
    var world = try World()
    func base(_ date: String) throws -> Int32 {
      let enterprise = try #require(try world.model.record(EnterprisesTable.self, .init(id: 1)))
      return try creditReport(enterprise, records: [], on: Date(date)!, World.profile.credit).baseTenths
    }
    func rate(_ level: Standardization?, since date: String? = nil) throws(Refusal) {
      let update = UpdateEnterprise(id: 1, standardization: level, standardizedOn: date.map { Date($0)! })
      try world.act(.enterpriseUpdate(update), by: "cd")
    }
    #expect(try base("2020-01-01") == 600)
    try rate(.level3, since: "2024-05-01")
    world.advance(days: 10)
    try rate(.level1)
    #expect(
      try ["2024-04-30", "2024-05-01", "2026-03-11", "2026-03-12", "2026-03-13"].map(base) == [
        600, 700, 700, 900, 900,
      ])
    // The day alone is put right, and an import that says nothing of the level leaves it.
    try rate(nil, since: "2026-02-01")
    let row = EnterpriseRow(
      name: "甲厂", type: .enterprise, grid: World.cell, address: "新址", riskLevel: .yellow,
      responsibleDepartment: "应急管理局",
      source: "test")
    try world.act(.enterpriseImport(ImportEnterprises(rows: [row])), by: "admin")
    #expect(try ["2026-01-31", "2026-02-01", "2026-03-12"].map(base) == [700, 900, 900])
    #expect(throws: Refusal.self) { try rate(.level2, since: "2027-01-01") }
  }

  @Test func `the base follows the level of standardisation`() throws {
    let scores = try [Standardization.unrated, .level3, .level2, .level1].map { try report([], level: $0) }
    #expect(scores.map(\.scoreTenths) == [600, 700, 800, 900])
    #expect(scores.map(\.grade) == [.c, .c, .b, .a])
  }

  @Test func `each kind counts up to its cap, in either direction`() throws {
    let late = (1...4).map { Self.record(.hazardOverdue, "2026-02-0\($0)", ordinal: UInt32($0)) }
    let good = (5...8).map { Self.record(.selfReported, "2026-02-0\($0)", ordinal: UInt32($0)) }
    let result = try report(late + good)
    #expect(
      result.lines == [
        CreditLine(kind: .hazardOverdue, count: 4, pointsTenths: -50, capped: true),
        CreditLine(kind: .selfReported, count: 4, pointsTenths: 10, capped: true),
      ])
    #expect(result.scoreTenths == 560 && result.grade == .d)
  }

  @Test func `records count for the window, and only while they are active`() throws {
    let records = [
      Self.record(.fine, "2025-03-02", ordinal: 1), Self.record(.fine, "2025-03-03", ordinal: 2),
      Self.record(.fine, "2026-03-02", ordinal: 3),
      Self.record(.fine, "2026-03-03", ordinal: 4), Self.record(.fine, "2026-01-01", ordinal: 5, .repaired),
      Self.record(.fine, "2026-01-01", ordinal: 6, .revoked),
    ]
    // Twelve months back from 2 March 2026, the future left out.
    #expect(try report(records).lines.map(\.count) == [2])
  }

  @Test func `a score stays between 0 and 100`() throws {
    let records = (0..<90).map { Self.record(.fine, "2026-02-01", ordinal: $0) }
    #expect(try report(records).scoreTenths == 0)
    var generous = World.profile.credit
    generous.points = [CreditPoints(kind: .insurance, pointsTenths: 900)]
    #expect(try report([Self.record(.insurance, "2026-02-01", ordinal: 1)], generous).scoreTenths == 1000)
  }

  @Test func `what the ruleset leaves unset is named`() {
    var ruleset = World.profile.credit
    ruleset.points = []
    #expect {
      _ = try report([Self.record(.fine, "2026-02-01", ordinal: 1)], ruleset)
    } throws: { error in
      (error as? Refusal)?.message.english.contains("credit.points[Fine]") == true
    }
  }

  @Test(arguments: [nil, "enterprise", "village"])
  func `a good self-report earns credit, a late one does not, whatever the office does`(late: String?) throws {
    var world = try World()
    guard
      case .hazardSubmit(let receipt) = try world.act(
        .hazardSubmit(World.report(source: .selfReport)), by: "en")
    else { return }
    let number = receipt.number
    var office = "vs"
    if late == "village" {
      world.advance(days: 20)
      try world.expire()
      #expect(try world.hazard(number).overdueCount == 1)
      office = "to"
    }
    try world.act(.hazardFile(FileHazard(number: number)), by: office)
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: office)
    try world.act(.hazardClaim(HazardNote(number: number)), by: "en")
    if late == "enterprise" {
      world.advance(days: 20)
      try world.expire()
    }
    try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "en")
    try world.act(.hazardVerifyPass(VerifyHazard(number: number, onSite: true)), by: "cmd")
    let kinds = try creditRecords(of: 1, in: world.model).map(\.kind)
    #expect(kinds == (late == "enterprise" ? [.hazardOverdue] : [.selfReported]))
  }

  /// Records with random lives over four years.
  private static func random(_ random: inout SplitMix64) -> [CreditRecord] {
    (0..<random.next() % 12).map { index in
      var record = record(random.pick(CreditKind.allKnown), ordinal: UInt32(index + 1))
      record.occurredOn = today.adding(days: Int(random.next() % 1400) - 1200)
      record.status = random.pick([.active, .active, .repaired, .revoked])
      if record.status != .active { record.endedOn = record.occurredOn.adding(days: Int(random.next() % 500)) }
      return record
    }
  }

  private static func asItCounts(_ report: CreditReport) -> [String] {
    ["\(report.scoreTenths) \(report.step) \(report.stepByPoints)"] + report.lines.map { "\($0.kind) \($0.count)" }
      + report.overrides.map { "\($0.name) \($0.count) \($0.step)" }
  }

  @Test func `facts about a person follow them from one enterprise to the next, and weigh on neither`() throws {
    var world = try World()
    let (one, other) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
    func record(_ identity: [UInt8], _ enterprise: UInt64, _ kind: CreditKind = .fine) -> Refusal? {
      let request = RecordPersonCredit(
        enterpriseId: enterprise, identityHash: identity, name: "张三", position: "主要负责人", kind: kind,
        occurredOn: Self.today, basis: "通应急罚〔2026〕12号")
      return refusal { () throws(Refusal) in try world.act(.creditRecordPerson(request), by: "em") }
    }
    #expect(record(one, 1) == nil && record(other, 1) == nil && record(one, 2, .obstruction) == nil)
    #expect(record(one, 2, .hazardOverdue)?.name == "CreditKindDerived")
    func known() throws -> [PersonCredit] { try personCredit(of: one, in: world.model) }
    #expect(try known().map(\.record.enterpriseId) == [2, 1] && known().map(\.record.ordinal) == [2, 1])
    for id in [1, 2] as [UInt64] { #expect(try creditRecords(of: id, in: world.model).isEmpty) }
    let end = EndPersonCredit(id: 1, basis: "已修复")
    try world.act(.creditRepairPerson(end), by: "em")
    #expect(
      refusal { () throws(Refusal) in try world.act(.creditRepairPerson(end), by: "em") }?.name == "CreditRecordEnded")
    #expect(try known().map(\.record.status) == [.active, .repaired])
    try world.act(.creditRevokePerson(end), by: "em")
    #expect(
      refusal { () throws(Refusal) in try world.act(.creditRepairPerson(end), by: "em") }?.name == "CreditRecordEnded")
    #expect(try known().map(\.record.status) == [.active, .revoked])
  }

  @Test func `a record counts from its day to its end, and a revoked one never did`() throws {
    var random = SplitMix64(seed: 2026)
    for _ in 0..<400 {
      let records = Self.random(&random)
      let date = Self.today.adding(days: Int(random.next() % 800) - 600)
      let whole = Self.asItCounts(try Self.stepped(records, on: date))
      // Only what stands on the day, told without its later life.
      let standing = records.filter { record in
        record.occurredOn <= date && record.status != .revoked
          && !(record.status == .repaired && record.endedOn! <= date)
      }
      .map { record in
        var record = record
        (record.status, record.endedOn) = (.active, nil)
        return record
      }
      #expect(try Self.asItCounts(Self.stepped(standing, on: date)) == whole)
      #expect(try Self.asItCounts(Self.stepped(records.reversed(), on: date)) == whole)
      // Overrides reach at most 24 months back, the window 12.
      let recent = standing.filter { date < $0.occurredOn.adding(months: 24) }
      #expect(try Self.asItCounts(Self.stepped(recent, on: date)) == whole)
    }
  }

  @Test func `the report shows each record as it stood on the day`() throws {
    var repaired = Self.record(.fine, "2025-06-01", ordinal: 2)
    (repaired.status, repaired.endedOn) = (.repaired, Date("2026-01-01")!)
    var revoked = Self.record(.fine, "2025-06-01", ordinal: 3)
    (revoked.status, revoked.endedOn) = (.revoked, Date("2026-06-01")!)
    let records = [Self.record(.fine, "2025-03-02"), repaired, revoked, Self.record(.fine, "2026-03-03", ordinal: 4)]
    func statuses(_ date: String) throws -> [CreditStatus] {
      try Self.stepped(records, on: Date(date)!).records.reversed().map(\.status)
    }
    #expect(try statuses("2025-12-31") == [.active, .active, .revoked])
    #expect(try statuses("2026-01-01") == [.active, .repaired, .revoked])
    #expect(try statuses("2026-03-01") == [.active, .repaired, .revoked])
    #expect(try statuses("2026-03-02") == [.expired, .repaired, .revoked])
    #expect(try statuses("2026-03-03") == [.expired, .repaired, .revoked, .active])
  }

  // MARK: Overrides

  @Test(
    arguments: [
      ([], "A", "A", [:]),
      ([.generalAccident], "A-", "B-", ["事故": "B-"]),
      ([.generalAccident, .generalAccident], "A-", "D", ["事故": "B-", "两起事故": "D"]),
      ([.warning, .fine], "A-", "B", ["处罚": "B"]),
      ([.fine], "A-", "A-", [:]),
      ([.interviewIgnored], "A-", "B", ["约谈": "B"]),
      // Each is taken from the step of the points; the worst counts, they are not added.
      ([.generalAccident, .warning, .fine], "A-", "B-", ["事故": "B-", "处罚": "B"]),
    ] as [([CreditKind], String, String, [String: String])])
  func `the worst of points and overrides counts`(
    kinds: [CreditKind], byPoints: String, step: String, met: [String: String]
  ) throws {
    let records = kinds.enumerated().map { Self.record($0.element, ordinal: UInt32($0.offset + 1)) }
    let report = try Self.stepped(records)
    #expect(report.stepByPoints == byPoints && report.step == step)
    #expect(Dictionary(uniqueKeysWithValues: report.overrides.map { ($0.name, $0.step) }) == met)
  }

  @Test func `an override has a time of its own, and never makes a grade better`() throws {
    let accidents = [
      Self.record(.generalAccident, "2024-04-01"), Self.record(.generalAccident, "2026-01-05", ordinal: 2),
    ]
    #expect(try Self.stepped(accidents).step == "D")
    #expect(try Self.stepped(accidents, on: Date("2026-04-01")!).step == "B-")
    // From C, at best B stays C; two steps down from D is D.
    let poor = (1...40).map { Self.record(.stopOrder, ordinal: $0) }
    #expect(try Self.stepped(Array(poor.prefix(30)) + [Self.record(.interviewIgnored, ordinal: 99)]).step == "D")
    #expect(try Self.stepped(poor + [Self.record(.generalAccident, ordinal: 99)]).step == "D")
  }

  @Test func `without steps each grade is one, and a grade that has none is unconfigured`() throws {
    let report = try Self.stepped([Self.record(.fine)], World.profile.credit)
    #expect(report.step == "B" && report.grade == .b && report.stepByPoints == "B")
    var ruleset = World.profile.credit
    ruleset.gradeBTenths = nil
    let refused = refusal { () throws(Refusal) in _ = try Self.stepped([], ruleset) }
    #expect(refused?.message.english.contains("credit.gradeBTenths") == true)
  }

  @Test func `another ruleset gives another score from the same records, and says its name`() throws {
    var world = try World()
    try world.act(
      .creditRecord(RecordCredit(enterpriseId: 1, kind: .fine, occurredOn: Self.today, basis: "罚")), by: "em")
    let records = try creditRecords(of: 1, in: world.model)
    let enterprise = try #require(try world.model.record(EnterprisesTable.self, .init(id: 1)))
    var profile = World.profile
    profile.edition = "2"
    profile.credit.name = "CR-2"
    profile.credit.points = CreditKind.allKnown.map { CreditPoints(kind: $0, pointsTenths: -200) }
    let before = try creditReport(
      enterprise, records: records, on: Self.today, try #require(try world.model.activeRules()).profile.credit)
    try world.act(.adminActivateProfile(ActivateProfile(profile: profile)))
    let after = try creditReport(
      enterprise, records: records, on: Self.today, try #require(try world.model.activeRules()).profile.credit)
    #expect(before.ruleset == "CR-T" && before.scoreTenths == 590)
    #expect(after.ruleset == "CR-2" && after.scoreTenths == 400)
  }

  @Test func `a new ruleset counts from its day, and changes no score of the days before it`() throws {
    var world = try World()
    let first = world.time.localDate
    var profile = World.profile
    func activate(_ edition: String, base: Int32, after days: Int) throws -> Date {
      world.advance(days: days)
      (profile.edition, profile.credit.baseUnratedTenths) = (edition, base)
      try world.act(.adminActivateProfile(ActivateProfile(profile: profile)))
      return world.time.localDate
    }
    func known(_ date: Date) throws -> String {
      let dated = try creditRuleset(on: date, in: world.model)
      return "\(dated.profile) \(dated.ruleset.baseUnratedTenths ?? 0)"
    }
    let second = try activate("2", base: 500, after: 10)
    let third = try activate("3", base: 400, after: 10)
    // Twice on one day: the last one is that of the day.
    #expect(try activate("4", base: 300, after: 0) == third)
    for (date, wanted) in [
      (first.adding(days: -1000), "test 1 600"), (first, "test 1 600"), (second.adding(days: -1), "test 1 600"),
      (second, "test 2 500"), (third.adding(days: -1), "test 2 500"), (third, "test 4 300"),
      (third.adding(days: 1000), "test 4 300"),
    ] {
      #expect(try known(date) == wanted, "\(date)")
    }
    // A store of an older version knows the profile that counts now, and keeps it when the next one comes.
    world.model = Model()
    profile.edition = "5"
    world.model.put(
      ProfilesTable.self, ActiveProfile(id: 1, profile: profile, activatedAt: Instant(startOf: first)))
    world.model.accept()
    #expect(try known(first.adding(days: -1000)) == "test 5 300" && known(third) == "test 5 300")
    let sixth = try activate("6", base: 200, after: 10)
    #expect(try known(sixth.adding(days: -1)) == "test 5 300" && known(sixth) == "test 6 200")
  }

  @Test func `a scale that leaves scores without a step, or runs backwards, is refused`() {
    func faults(_ change: (inout [CreditStep]) -> Void) -> [String] {
      var profile = World.profile
      profile.credit = Self.ruleset
      change(&profile.credit.steps)
      return profileFaults(profile).map(\.description)
    }
    #expect(faults { _ in } == [])
    #expect(faults { $0[1].leastTenths = 900 } == ["credit.steps[1]: A- stands below A, but takes no fewer points"])
    #expect(faults { $0[4].grade = .a } == ["credit.steps[4]: C stands below B-, but has a better grade"])
    #expect(
      faults { $0[5].leastTenths = 1 } == [
        "credit.steps[5]: the last step, D, must begin at 0, or some scores have no step"
      ])
    #expect(faults { $0[1].name = "A" } == ["credit.steps[1]: A stands twice"])
  }

  // MARK: The life of a record

  private static func end(_ ordinal: UInt32 = 1) -> EndCreditRecord {
    EndCreditRecord(enterpriseId: 1, ordinal: ordinal, basis: "修复决定书")
  }

  private static func charged() throws(Refusal) -> World {
    var world = try World()
    try world.act(
      .creditRecord(RecordCredit(enterpriseId: 1, kind: .fine, occurredOn: today, basis: "罚")), by: "em")
    world.advance(days: 30)
    return world
  }

  /// What refuses it: the status that the record has already, and since when.
  private func end(_ command: Command, _ world: inout World) -> (CreditStatus, Date)? {
    do throws(Refusal) { try world.act(command, by: "em") } catch {
      if case .creditRecordEnded(let ended) = error { return (ended.status, ended.since) }
    }
    return nil
  }

  @Test func `a record is repaired once, may be revoked after it, and says who decided`() throws {
    var world = try Self.charged()
    try world.act(.creditRepair(Self.end()), by: "em")
    let repaired = try creditRecords(of: 1, in: world.model)[0]
    #expect(repaired.status == .repaired && repaired.endedOn == world.time.localDate && repaired.endedBy == "em")
    #expect(try #require(end(.creditRepair(Self.end()), &world)) == (.repaired, world.time.localDate))
    world.advance(days: 1)
    try world.act(.creditRevoke(Self.end()), by: "em")
    #expect(try creditRecords(of: 1, in: world.model)[0].status == .revoked)
    #expect(try #require(end(.creditRevoke(Self.end()), &world)) == (.revoked, world.time.localDate))
    #expect(try #require(end(.creditRepair(Self.end()), &world)) == (.revoked, world.time.localDate))
  }

  @Test func `a record that is not there is not ended, and who imposes no penalties ends none`() throws {
    var world = try Self.charged()
    let refused = refusal { () throws(Refusal) in try world.act(.creditRepair(Self.end(2)), by: "em") }
    #expect(refused?.message.english.contains("credit record 1/2") == true)
    for person in ["gm", "vs", "to", "cd", "en", "co"] {
      #expect(throws: Refusal.self) { try world.act(.creditRevoke(Self.end()), by: person) }
    }
    #expect(try creditRecords(of: 1, in: world.model)[0].status == .active)
  }

  @Test func `what a workflow enters nobody enters by hand`() throws {
    var world = try World()
    for kind in CreditKind.allKnown {
      let command = Command.creditRecord(RecordCredit(enterpriseId: 1, kind: kind, occurredOn: Self.today, basis: "x"))
      let byWorkflow: [CreditKind: String] = [
        .hazardOverdue: "hazard", .verifyFailed: "hazard", .majorFoundByOthers: "hazard", .majorOverdue: "hazard",
        .selfReported: "hazard", .listingFailed: "listing", .cadenceMissed: "duty",
      ]
      do throws(Refusal) {
        try world.act(command, by: "em")
        #expect(byWorkflow[kind] == nil)
      } catch {
        guard case .creditKindDerived(let derived) = error else { throw error }
        #expect(derived.kind == kind && derived.workflow == byWorkflow[kind])
      }
    }
  }
}
