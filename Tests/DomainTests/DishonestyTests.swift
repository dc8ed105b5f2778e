import Domain
import Records
import Scalars
import Support
import Testing

/// The list of seriously dishonest subjects 严重失信主体名单: its table, its terms, and what it does to the credit.
@Suite struct DishonestyTests {
  private static let identity = [UInt8](repeating: 7, count: 32)

  private func refusal(_ body: () throws(Refusal) -> Void) -> String? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error.message.english
    }
  }

  private static func opening(
    enterprise: UInt64 = 1, _ subject: DishonestySubject = .person, identity: [UInt8] = identity
  ) -> OpenDishonesty {
    OpenDishonesty(
      enterpriseId: enterprise, subject: subject, name: subject == .person ? "张三" : "",
      identityHash: subject == .person ? identity : [], position: subject == .person ? "主要负责人" : "",
      ground: .concealment, penalty: "通应急罚〔2026〕1号", penaltyOn: Date("2026-02-27")!, reason: "瞒报事故")
  }

  private static func note(_ text: String = "说明", _ id: UInt64 = 1) -> DishonestyNote {
    DishonestyNote(id: id, note: text)
  }

  private static func decision(_ id: UInt64 = 1) -> DecideDishonesty {
    DecideDishonesty(id: id, document: "通应急失信〔2026〕1号")
  }

  private static let application = ApplyRemoval(id: 1, penaltiesDone: true, harmRemoved: true, note: "已整改")

  /// A case about the principal of the first enterprise, which has come to a state by the shortest way. A day passes
  /// before each step.
  private static func world(
    in state: DishonestyState, restarts: Bool = false
  ) throws(Refusal) -> World {
    var profile = World.profile
    profile.dishonesty?.restartOnRestore = restarts
    var world = try World(profile: profile)
    let toListed: [Command] = [
      .dishonestyOpen(opening()), .dishonestyNotify(note()), .dishonestyDefend(note()), .dishonestyEnter(decision()),
    ]
    let way: [Command] =
      switch state {
      case .draft: Array(toListed.prefix(1))
      case .notified: Array(toListed.prefix(2))
      case .deciding: Array(toListed.prefix(3))
      case .dropped: toListed.prefix(3) + [.dishonestyDrop(note())]
      case .repairReview: toListed + [.dishonestyApplyRemoval(application)]
      case .removed:
        toListed + [
          .dishonestyApplyRemoval(application), .dishonestyAcceptRemoval(note()), .dishonestyGrantRemoval(decision()),
        ]
      case .revoked: toListed + [.dishonestyRevoke(decision())]
      default: toListed
      }
    for command in way {
      world.advance(days: 1)
      if case .dishonestyApplyRemoval = command { world.time = Instant("2027-03-08T09:00:00+08:00")! }
      try world.act(command, by: "em")
    }
    world.advance(days: 1)
    return world
  }

  // MARK: The table

  private static func command(_ event: DishonestyEvent) -> Command? {
    switch event {
    case .open, .recordLegacy, .expire, .unspecified, .unrecognized: nil
    case .notify: .dishonestyNotify(note())
    case .defend: .dishonestyDefend(note())
    case .enter: .dishonestyEnter(decision())
    case .drop: .dishonestyDrop(note())
    case .applyRemoval: .dishonestyApplyRemoval(application)
    case .acceptRemoval: .dishonestyAcceptRemoval(note())
    case .grantRemoval: .dishonestyGrantRemoval(decision())
    case .refuseRemoval: .dishonestyRefuseRemoval(note())
    case .restore: .dishonestyRestore(decision())
    case .revoke: .dishonestyRevoke(decision())
    case .contest: .dishonestyContest(note())
    case .uphold: .dishonestyUphold(note())
    case .orderMeasure:
      .dishonestyOrderMeasure(OrderDishonestyMeasure(id: 1, measure: .noAwards, department: "住建局"))
    case .feedBackMeasure: .dishonestyFeedBackMeasure(FeedBackDishonestyMeasure(id: 1, order: 1, feedback: "已落实"))
    case .register: .dishonestyRegister(note())
    case .publish: .dishonestyPublish(note())
    }
  }

  @Test func `every state with every event and every role gives what the golden table says`() throws {
    var lines: [String] = []
    for state in DishonestyState.allKnown {
      lines.append("\(state.name) \(state.label.chinese)")
      let start = try Self.world(in: state)
      #expect(try start.dishonesty(1)?.state == state)
      for event in DishonestyEvent.allKnown {
        guard let command = Self.command(event) else { continue }
        lines += try start.outcomes(of: event.name) { (world, person) in
          do throws(Refusal) { try world.act(command, by: person) } catch {
            if case .dishonestyNotAllowed(let error) = error {
              return "refused, DishonestyNotAllowed (\(error.reason))"
            }
            return "refused, \(error.name)"
          }
          let after = try world.dishonesty(1)!
          var line = after.state.name
          if let due = after.dueAt { line += ", due \(due.localDescription)" }
          if let end = after.expiresOn { line += ", last day \(end)" }
          if let by = after.registerBy { line += ", registered by \(by.localDate)" }
          if let by = after.publishBy { line += ", published by \(by.localDate)" }
          return line
        }
      }
    }
    lines += World.cast()
    try expectGolden("dishonesty-workflow.txt", lines.joined(separator: "\n") + "\n")
  }

  @Test func `the roles of every event of the list`() throws {
    let lines = Method.allCases.filter { $0.name.hasPrefix("Dishonesty.") && $0.isCommand }.map { method in
      "\(method.name): \(method.roles.map(\.name).joined(separator: " "))"
    }
    try expectGolden("dishonesty-roles.txt", lines.joined(separator: "\n") + "\n")
  }

  // MARK: Who

  @Test func `a unit needs its credit code, a person name and identity`() throws {
    var world = try World()
    #expect(
      refusal { () throws(Refusal) in try world.act(.dishonestyOpen(Self.opening(identity: [1])), by: "em") }?
        .contains("identity_hash (32 bytes)") == true)
    var mixed = Self.opening(.unit)
    mixed.name = "张三"
    #expect(
      refusal { () throws(Refusal) in try world.act(.dishonestyOpen(mixed), by: "em") }?.contains("leave name") == true)
    // The enterprise has no code: its case is opened, so that it can be found out, and goes no further.
    try world.act(.dishonestyOpen(Self.opening(.unit)), by: "em")
    #expect(try world.dishonesty(1)?.name == "甲厂")
    #expect(
      refusal { () throws(Refusal) in try world.act(.dishonestyNotify(Self.note()), by: "em") }?
        .contains("credit code") == true)
  }

  @Test func `an enterprise acts on its own cases only`() throws {
    var world = try Self.world(in: .notified)
    #expect(
      refusal { () throws(Refusal) in try world.act(.dishonestyDefend(Self.note()), by: "en2") }?
        .contains("its own cases only") == true)
    try world.act(.dishonestyDefend(Self.note()), by: "en")
    #expect(try world.dishonesty(1)?.state == .deciding)
  }

  @Test func `a case against a person is one against them with whatever enterprise`() throws {
    var world = try Self.world(in: .listed)
    world.time = Instant("2027-03-08T09:00:00+08:00")!
    try world.act(.dishonestyOpen(Self.opening(enterprise: 2)), by: "em")
    try world.act(.dishonestyNotify(Self.note("说明", 2)), by: "em")
    #expect(
      refusal { () throws(Refusal) in try world.act(.dishonestyApplyRemoval(Self.application), by: "en") }?.contains(
        "case 2 runs against") == true)
    let cases = try dishonestyCases(ofPerson: Self.identity, in: world.model)
    #expect(cases.map(\.id) == [2, 1] && cases.map(\.enterpriseId) == [2, 1])
    #expect(try dishonestyCases(ofPerson: [UInt8](repeating: 8, count: 32), in: world.model).isEmpty)
  }

  @Test func `the rules are for the trades that the profile names, by flag or by industry`() throws {
    var profile = World.profile
    profile.dishonesty?.scopeFlags = [.mine]
    profile.dishonesty?.scopeIndustries = ["B", "C26"]
    var world = try World(profile: profile)
    func isOpened() -> Bool {
      var trial = world
      do throws(Refusal) { try trial.act(.dishonestyOpen(Self.opening()), by: "em") } catch { return false }
      return true
    }
    #expect(!isOpened(), "it has neither flag nor industry")
    for (industry, isOf) in [("C2671", true), ("C2711", false), ("B06", true), ("A01", false)] {
      try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, industry: industry)), by: "cd")
      #expect(isOpened() == isOf, "\(industry)")
    }
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, flags: EnterpriseFlags(flags: [.mine]))), by: "cd")
    #expect(isOpened())
  }

  // MARK: The rules before these

  @Test func `an old listing lasted a year, is over, and counts on its days alone`() throws {
    var world = try World()
    func record(_ from: String, until removed: String? = nil) -> String? {
      let request = RecordLegacyListing(
        enterpriseId: 1, subject: .unit, conduct: .concealment, document: "安监〔2018〕1号", publishedOn: Date(from)!,
        removedOn: removed.map { Date($0)! })
      return refusal { () throws(Refusal) in try world.act(.dishonestyRecordLegacy(request), by: "em") }
    }
    #expect(record("2025-03-03")?.contains("ends on 2026-03-02 only") == true, "its last day is today")
    #expect(record("2018-05-01", until: "2018-05-01")?.contains("removed_on") == true)
    #expect(record("2018-05-01", until: "2019-05-02")?.contains("removed_on") == true)
    #expect(record("2018-05-01") == nil && record("2021-05-01", until: "2021-11-01") == nil)
    let (whole, cut) = (try #require(try world.dishonesty(1)), try #require(try world.dishonesty(2)))
    #expect(whole.state == .removed && whole.legacy == .concealment && whole.outstandingIn == nil)
    #expect(
      ["2018-04-30", "2018-05-01", "2019-04-30", "2019-05-01"].map { whole.isListed(on: Date($0)!) } == [
        false, true, true, false,
      ])
    #expect(["2021-10-31", "2021-11-01"].map { cut.isListed(on: Date($0)!) } == [true, false])
    // Nobody comes back on a list that is no more.
    #expect(refusal { () throws(Refusal) in try world.act(.dishonestyRestore(Self.decision()), by: "em") } != nil)
    var profile = World.profile
    profile.dishonesty?.legacyTerm = nil
    var unset = try World(profile: profile)
    let request = RecordLegacyListing(
      enterpriseId: 1, subject: .unit, conduct: .concealment, document: "x", publishedOn: Date("2018-05-01")!)
    #expect(
      refusal { () throws(Refusal) in try unset.act(.dishonestyRecordLegacy(request), by: "em") }?.contains(
        "dishonesty.legacyTerm") == true)
  }

  // MARK: Terms

  @Test func `who says nothing in time is decided about, and the clock does it`() throws {
    var world = try Self.world(in: .notified)
    let due = try #require(try world.dishonesty(1)?.dueAt)
    world.time = due.adding(milliseconds: -1)
    try world.expire()
    #expect(try world.dishonesty(1)?.state == .notified)
    world.time = due
    try world.expire()
    #expect(try world.dishonesty(1)?.state == .deciding)
  }

  @Test func `the time on the list is three years, its last day included`() throws {
    var world = try Self.world(in: .listed)
    let listed = try #require(try world.dishonesty(1))
    let first = try #require(listed.listedOn)
    #expect(first == Date("2026-03-06") && listed.expiresOn == Date("2029-03-05"))
    world.time = Instant(endOf: Date("2029-03-04")!)
    try world.expire()
    #expect(try world.dishonesty(1)?.state == .listed)
    // The clock comes late, as after a week without the daemon.
    world.time = Instant("2029-03-13T00:00:00+08:00")!
    #expect(try world.dishonesty(1)?.isListed(on: Date("2029-03-06")!) == false)
    try world.expire()
    let removed = try #require(try world.dishonesty(1))
    #expect(removed.removedOn == Date("2029-03-06"))
    #expect(removed.state == .removed && !removed.removedEarly && removed.dueAt == nil)
    #expect(removed.registerBy != nil && removed.publishBy != nil, "the end is to be announced")
    #expect(
      [first.adding(days: -1), first, Date("2029-03-05")!, Date("2029-03-06")!].map(removed.isListed) == [
        false, true, true, false,
      ])
  }

  @Test func `early removal takes twelve months, carried-out penalties, no harm and no other case`() throws {
    var world = try Self.world(in: .listed)
    func apply(_ change: (inout ApplyRemoval) -> Void = { _ in }) -> String? {
      var request = Self.application
      change(&request)
      return refusal { () throws(Refusal) in try world.act(.dishonestyApplyRemoval(request), by: "en") }
    }
    world.time = Instant("2027-03-05T23:00:00+08:00")!
    #expect(apply()?.contains("from 2027-03-06 on") == true)
    world.time = Instant("2027-03-06T00:00:00+08:00")!
    #expect(apply { $0.penaltiesDone = false }?.contains("penalty is not carried out") == true)
    #expect(apply { $0.harmRemoved = false }?.contains("harm is not removed") == true)
    // Another case against the same person; one against another is no hindrance.
    try world.act(.dishonestyOpen(Self.opening(identity: [UInt8](repeating: 8, count: 32))), by: "em")
    try world.act(.dishonestyNotify(Self.note("说明", 2)), by: "em")
    try world.act(.dishonestyOpen(Self.opening()), by: "em")
    try world.act(.dishonestyNotify(Self.note("说明", 3)), by: "em")
    #expect(apply()?.contains("case 3 runs against") == true)
    try world.act(.dishonestyDrop(Self.note("说明", 3)), by: "em")
    #expect(apply() == nil)
    #expect(try world.dishonesty(1)?.state == .repairReview)
    #expect(
      refusal { () throws(Refusal) in try world.act(.dishonestyGrantRemoval(Self.decision()), by: "em") }?.contains(
        "accept the application first") == true)
  }

  @Test func `a review that is late is so, and does not keep anybody on the list beyond their time`() throws {
    var world = try Self.world(in: .repairReview)
    let due = try #require(try world.dishonesty(1)?.dueAt)
    world.time = due
    try world.expire()
    let late = try #require(try world.dishonesty(1))
    #expect(late.state == .repairReview && late.overdueSince == due)
    try world.act(.dishonestyAcceptRemoval(Self.note()), by: "em")
    #expect(try world.dishonesty(1)?.overdueSince == nil)
    world.time = Instant("2029-03-06T00:00:00+08:00")!
    try world.expire()
    #expect(try world.dishonesty(1)?.state == .removed)
  }

  @Test(arguments: [(false, "2029-03-05"), (true, "2030-03-09")])
  func `fraud brings a subject back, for the rest of the time or for all of it`(restarts: Bool, end: String) throws {
    var world = try Self.world(in: .removed, restarts: restarts)
    let removedOn = try #require(try world.dishonesty(1)?.removedOn)
    world.time = world.time.adding(milliseconds: 10 * Instant.millisecondsPerDay)
    try world.act(.dishonestyRestore(Self.decision()), by: "em")
    let restored = try #require(try world.dishonesty(1))
    #expect(restored.state == .listed && restored.removedOn == nil && !restored.removedEarly)
    #expect([-1, 0, 10, 11].map { restored.isListed(on: removedOn.adding(days: $0)) } == [true, false, false, true])
    #expect(restored.expiresOn == (restarts ? world.time.localDate.adding(months: 36).adding(days: -1) : Date(end)))
  }

  @Test func `nobody comes back whose time is over`() throws {
    var early = try Self.world(in: .removed)
    early.time = Instant("2029-03-06T00:00:00+08:00")!
    #expect(
      refusal { () throws(Refusal) in try early.act(.dishonestyRestore(Self.decision()), by: "em") }?.contains(
        "is over") == true)
    var whole = try Self.world(in: .listed)
    whole.time = Instant("2029-03-06T00:00:00+08:00")!
    try whole.expire()
    #expect(
      refusal { () throws(Refusal) in try whole.act(.dishonestyRestore(Self.decision()), by: "em") }?.contains(
        "its time was over") == true)
  }

  // MARK: What follows

  @Test func `who is revoked never stood on the list`() throws {
    var world = try Self.world(in: .listed)
    let day = try #require(try world.dishonesty(1)?.listedOn)
    #expect(try world.dishonesty(1)?.isListed(on: day) == true)
    world.advance(days: 100)
    try world.act(.dishonestyRevoke(Self.decision()), by: "em")
    let revoked = try #require(try world.dishonesty(1))
    #expect(!revoked.isListed(on: day) && revoked.timerAt == nil)
    #expect(revoked.registerBy == world.time && revoked.publishBy == world.time, "at once")
  }

  @Test func `measures are sent once to each department, and fed back`() throws {
    var world = try Self.world(in: .listed)
    func order(_ measure: DishonestyMeasure, _ department: String) throws(Refusal) {
      try world.act(
        .dishonestyOrderMeasure(OrderDishonestyMeasure(id: 1, measure: measure, department: department)), by: "em")
    }
    try order(.noAwards, "住建局")
    try order(.noAwards, "工信局")
    #expect(refusal { () throws(Refusal) in try order(.noAwards, "住建局") }?.contains("before") == true)
    try world.act(
      .dishonestyFeedBackMeasure(FeedBackDishonestyMeasure(id: 1, order: 2, feedback: "已落实")), by: "cd")
    let orders = try #require(try world.dishonesty(1)).orders
    #expect(orders.map(\.department) == ["住建局", "工信局"] && orders.map { $0.fedBackAt != nil } == [false, true])
    let missing = FeedBackDishonestyMeasure(id: 1, order: 3, feedback: "x")
    #expect(
      refusal { () throws(Refusal) in try world.act(.dishonestyFeedBackMeasure(missing), by: "cd") }?.contains(
        "2 orders") == true)
    for index in 0..<48 { try order(.moreInspections, "部门\(index)") }
    #expect(refusal { () throws(Refusal) in try order(.moreInspections, "x") }?.contains("at most 50") == true)
  }

  @Test func `what the profile says follows by itself, ends with the listing, and comes back with it`() throws {
    var profile = World.profile
    profile.dishonesty?.measures = [
      StandingMeasure(measure: .moreInspections, department: "应急管理局"),
      StandingMeasure(measure: .industryBan, department: "市场监管局", subject: .person),
      StandingMeasure(measure: .suspendApproval, department: "发改局", subject: .unit),
    ]
    var world = try World(profile: profile)
    func orders() throws -> [String] {
      try #require(try world.dishonesty(1)).orders.filter { $0.endedAt == nil }.map(\.department)
    }
    for command in [
      .dishonestyOpen(Self.opening()), .dishonestyNotify(Self.note()), .dishonestyDefend(Self.note()),
    ] as [Command] { try world.act(command, by: "em") }
    #expect(try orders().isEmpty && world.dishonesty(1)?.outstandingIn == nil)
    try world.act(.dishonestyEnter(Self.decision()), by: "em")
    #expect(try orders() == ["应急管理局", "市场监管局"])
    world.time = Instant("2027-03-08T09:00:00+08:00")!
    for command in [
      .dishonestyApplyRemoval(Self.application), .dishonestyAcceptRemoval(Self.note()),
      .dishonestyGrantRemoval(Self.decision()),
    ] as [Command] { try world.act(command, by: "em") }
    #expect(try orders().isEmpty)
    try world.act(.dishonestyRestore(Self.decision()), by: "em")
    #expect(try orders() == ["应急管理局", "市场监管局"] && world.dishonesty(1)?.orders.count == 4)
  }

  @Test func `a case is outstanding until it is registered, published, and all departments have fed back`() throws {
    var world = try Self.world(in: .listed)
    func waits() throws -> Bool { try world.dishonesty(1)?.outstandingIn == World.cell }
    try world.act(
      .dishonestyOrderMeasure(OrderDishonestyMeasure(id: 1, measure: .noAwards, department: "住建局")), by: "em")
    let feedback = FeedBackDishonestyMeasure(id: 1, order: 1, feedback: "已落实")
    for command in [
      .dishonestyRegister(Self.note()), .dishonestyPublish(Self.note()), .dishonestyFeedBackMeasure(feedback),
    ] as [Command] {
      #expect(try waits())
      try world.act(command, by: "em")
    }
    #expect(try world.dishonesty(1)?.outstandingIn == nil && world.dishonesty(1)?.isPublished == true)
  }

  @Test func `a department says what it has done itself, not another one for it`() throws {
    var world = try Self.world(in: .listed)
    try world.act(
      .dishonestyOrderMeasure(OrderDishonestyMeasure(id: 1, measure: .noAwards, department: "住建局")), by: "em")
    let feedback = Command.dishonestyFeedBackMeasure(FeedBackDishonestyMeasure(id: 1, order: 1, feedback: "已落实"))
    #expect(
      refusal { () throws(Refusal) in try world.act(feedback, by: "fd") }?.contains("for another department") == true)
    try world.act(feedback, by: "cd")
  }

  @Test func `an enterprise on the list has the last grade, whatever its points`() throws {
    let enterprise = Enterprise(id: 1, standardization: .level1)
    let date = Date("2026-03-02")!
    let free = try creditReport(enterprise, records: [], on: date, World.profile.credit)
    let listed = try creditReport(enterprise, records: [], on: date, World.profile.credit, listedBy: 9)
    #expect(free.grade == .a && free.dishonestyCase == nil)
    #expect(listed.grade == .d && listed.scoreTenths == 900 && listed.stepByPoints == "A" && listed.dishonestyCase == 9)
  }

  @Test func `a deployment without rules for the list opens nothing, and lets go whom it holds`() throws {
    var world = try Self.world(in: .listed)
    var profile = World.profile
    profile.edition = "2"
    profile.dishonesty = nil
    try world.act(.adminActivateProfile(ActivateProfile(profile: profile)))
    #expect(
      refusal { () throws(Refusal) in try world.act(.dishonestyOpen(Self.opening()), by: "em") }?.contains("dishonesty")
        == true)
    world.time = Instant("2029-03-06T00:00:00+08:00")!
    try world.expire()
    #expect(try world.dishonesty(1)?.state == .removed)
  }

  @Test func `a ban that the law sets outlives the listing, and the profile says whether it hinders early removal`()
    throws
  {
    func world(_ early: Bool?) throws(Refusal) -> World {
      var profile = World.profile
      profile.dishonesty?.earlyDuringBan = early
      var world = try Self.world(in: .listed)
      try world.act(.adminActivateProfile(ActivateProfile(profile: profile)))
      return world
    }
    func order(
      _ measure: DishonestyMeasure, until: String?, _ world: inout World, department: String = "住建局"
    ) -> String? {
      let request = OrderDishonestyMeasure(
        id: 1, measure: measure, department: department, until: until.map { Date($0)! })
      return refusal { () throws(Refusal) in try world.act(.dishonestyOrderMeasure(request), by: "em") }
    }
    func apply(_ world: inout World) -> String? {
      refusal { () throws(Refusal) in try world.act(.dishonestyApplyRemoval(Self.application), by: "en") }
    }
    let (end, after) = ("2027-06-30", Instant("2027-07-01T00:00:00+08:00")!)
    for early in [nil, false, true] {
      var world = try world(early)
      #expect(order(.noAwards, until: end, &world)?.contains("only a ban") == true)
      #expect(order(.industryBan, until: "2026-03-01", &world)?.contains("is over") == true)
      #expect(order(.industryBan, until: end, &world) == nil)
      #expect(order(.industryBan, until: nil, &world, department: "人社局") == nil)
      world.time = Instant("2027-06-30T23:00:00+08:00")!
      switch early {
      case nil: #expect(apply(&world)?.contains("dishonesty.earlyDuringBan") == true)
      case false: #expect(apply(&world)?.contains("a ban that the law sets still runs, until 2027-06-30") == true)
      default: #expect(apply(&world) == nil)
      }
      if early == true {
        try world.act(.dishonestyAcceptRemoval(Self.note()), by: "em")
        try world.act(.dishonestyGrantRemoval(Self.decision()), by: "em")
        let orders = try #require(try world.dishonesty(1)).orders
        #expect(orders.map { $0.endedAt == nil } == [true, false])
        // What rested on the penalty falls with it.
        try world.act(.dishonestyRevoke(Self.decision()), by: "em")
        #expect(try world.dishonesty(1)?.orders.allSatisfy { $0.endedAt != nil } == true)
      } else {
        world.time = after
        #expect(apply(&world) == nil)
      }
    }
  }

  @Test func `a department of a county decides, and goes on to when the enterprise has left the county`() throws {
    var world = try Self.world(in: .listed)
    let rows =
      World.divisions + [
        DivisionRow(code: "421223", name: "崇阳县", level: 3), DivisionRow(code: "421223100", name: "天城镇", level: 4),
        DivisionRow(code: "421223100001", name: "东门社区", level: 5),
      ]
    let (county, village) = (GridCode("421223000000000")!, GridCode("421223100001000")!)
    let people = [
      Person(id: "tb", name: "tb", grants: [Grant(role: .emergencyBureau, grid: World.township)]),
      Person(id: "em9", name: "em9", grants: [Grant(role: .emergencyBureau, grid: county)]),
      Person(id: "vs9", name: "vs9", grants: [Grant(role: .villageOfficer, grid: village)]),
    ]
    for command: Command in [
      .gridOpenEdition(OpenEdition(name: "两县")), .gridStageDivisions(StageDivisions(edition: 2, rows: rows)),
      .gridActivateEdition(ActivateEdition(edition: 2, rowCount: UInt64(rows.count))),
      .personPut(PutPersons(persons: people)),
    ] { try world.act(command, by: "admin") }
    let words = "an emergency department of a county or above decides"
    for command in [Command.dishonestyOpen(Self.opening()), .dishonestyRevoke(Self.decision())] {
      #expect(refusal { () throws(Refusal) in try world.act(command, by: "tb") }?.contains(words) == true)
    }
    try world.act(.enterpriseRelocate(RelocateEnterprise(id: 1, to: village)), by: "vs")
    try world.act(
      .enterpriseAcceptRelocation(DecideRelocation(id: 1, grid: village, note: "说明")), by: "vs9")
    #expect(try world.model.record(EnterprisesTable.self, .init(id: 1))?.grid == village)
    #expect(try world.dishonesty(1)?.grid == World.cell)
    #expect(refusal { () throws(Refusal) in try world.act(.dishonestyRevoke(Self.decision()), by: "em9") } != nil)
    try world.act(.dishonestyRevoke(Self.decision()), by: "em")
  }

  @Test func `an open case goes where its enterprise goes, and one that is over stays`() throws {
    for (state, goes) in [(DishonestyState.listed, true), (.draft, true), (.removed, false)] {
      var world = try Self.world(in: state)
      let row = EnterpriseRow(
        uscc: "91421222MA40006370", name: "丁厂", type: .enterprise, grid: World.cell, riskLevel: .yellow,
        responsibleDepartment: "应急管理局", source: "test")
      try world.act(.enterpriseImport(ImportEnterprises(rows: [row])), by: "admin")
      try world.act(.dishonestyOpen(Self.opening(enterprise: 4, .unit)), by: "em")
      var moved = row
      moved.grid = World.otherCell
      try world.act(.enterpriseImport(ImportEnterprises(rows: [moved])), by: "admin")
      #expect(try world.dishonesty(2)?.grid == World.otherCell)
      // Divided: the first enterprise and all that runs about it go to the first part.
      let parts = [2, 3].map { NewCell(code: GridCode("42122210000100\($0)")!, name: "第\($0)网格") }
      try world.act(.gridSplitCell(SplitCell(cell: World.cell, parts: parts, note: "分格")), by: "admin")
      #expect(try world.dishonesty(1)?.grid == (goes ? parts[0].code : World.cell), "\(state)")
    }
  }

  @Test func `a contested listing goes on until it is upheld or overturned`() throws {
    var world = try Self.world(in: .listed)
    let uphold = Command.dishonestyUphold(Self.note("复议决定维持"))
    let idle = refusal { () throws(Refusal) in try world.act(uphold, by: "em") }
    #expect(idle?.contains("nothing contests it") == true, "\(idle ?? "accepted")")
    try world.act(.dishonestyContest(Self.note("已提起行政复议")), by: "em")
    let due = try world.dishonesty(1)?.dueAt
    #expect(try world.dishonesty(1)?.contested == true)
    let silent = refusal { () throws(Refusal) in try world.act(.dishonestyUphold(Self.note("")), by: "em") }
    #expect(silent != nil, "it says how it ended")
    var overturned = world
    try overturned.act(.dishonestyRevoke(Self.decision()), by: "em")
    #expect(try overturned.dishonesty(1)?.contested == false)
    try world.act(uphold, by: "em")
    let after = try #require(try world.dishonesty(1))
    #expect(!after.contested && after.state == .listed && after.dueAt == due)
  }
}
