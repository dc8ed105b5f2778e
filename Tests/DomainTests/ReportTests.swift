import Domain
import Example
import Records
import Scalars
import Support
import Testing

/// Reports of the public to 12350: the table, the case that follows, what keeps a reward honest, and the clock.
@Suite struct ReportTests {
  private static let code = [UInt8](repeating: 3, count: 32)

  private func refusal(_ body: () throws(Refusal) -> Void) -> String? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error.message.english
    }
  }

  private static func receipt(
    _ kind: ReportKind = .hazard, isNamed: Bool = true, deaths: UInt32 = 0
  ) -> Command {
    .reportReceive(
      ReceiveReport(
        kind: kind, channel: .phone, grid: World.cell, subject: "甲厂", description: "仓库堆放烟花", deaths: deaths,
        codeHash: code, sealedReporter: isNamed ? [1, 2, 3] : []))
  }

  private static func note(_ id: UInt64 = 1, _ text: String = "说明") -> ReportNote { ReportNote(id: id, note: text) }

  private static func verification(_ id: UInt64 = 1, sameAs: UInt64? = nil, opens: Bool = true) -> Command {
    .reportVerify(
      VerifyReport(
        id: id, sameAs: sameAs, case: opens ? World.report(source: .publicReport) : nil, note: "现场属实"))
  }

  private static let proposal = ProposeReward(id: 1, fine: Fen(10_000_00), basis: "通应急罚〔2026〕1号")

  private static func acceptance(_ id: UInt64 = 1) -> AssignReport {
    AssignReport(id: id, department: "应急管理局", note: "属本部门职责")
  }

  /// Who does an event in the table: somebody with the right role.
  private static func actor(of event: ReportEvent) -> String {
    switch event {
    case .extend, .verify, .dismiss, .answer: "cd"
    case .approveReward, .declineReward: "em"
    default: "desk"
    }
  }

  private static func command(_ event: ReportEvent) -> Command? {
    switch event {
    case .receive, .expire, .openCase, .endCase, .reopenCase, .mergeCase, .rezone, .unspecified, .unrecognized: nil
    case .accept: .reportAccept(acceptance())
    case .refuse: .reportRefuse(note())
    case .transfer: .reportTransfer(AssignReport(id: 1, department: "住建局"))
    case .extend: .reportExtend(note())
    case .verify: verification()
    case .dismiss: .reportDismiss(note())
    case .answer: .reportAnswer(note())
    case .object: .reportObject(note())
    case .proposeReward: .reportProposeReward(proposal)
    case .approveReward:
      .reportApproveReward(ApproveReward(id: 1, secondPerson: "co", document: "通应急奖〔2026〕1号"))
    case .declineReward: .reportDeclineReward(note())
    case .claim: .reportClaim(ClaimReward(id: 1, codeHash: code))
    case .reveal: .reportReveal(note())
    }
  }

  /// A report that has come to a state by the shortest way. A day passes before each step.
  private static func world(in state: ReportState, isNamed: Bool = true) throws(Refusal) -> World {
    var world = try World()
    try world.act(receipt(state == .verified ? .concealedAccident : .hazard, isNamed: isNamed), by: "desk")
    func take(_ events: ReportEvent...) throws(Refusal) {
      for event in events {
        world.advance(days: 1)
        try world.act(command(event)!, by: actor(of: event))
      }
    }
    switch state {
    case .accepted: try take(.accept)
    case .refused: try take(.refuse)
    case .transferred: try take(.transfer)
    case .verified:
      try take(.accept)
      world.advance(days: 1)
      try world.act(verification(opens: false), by: "cd")
    case .unfounded: try take(.accept, .dismiss)
    case .handling: try take(.accept, .verify)
    case .answered, .rewardPending, .notified, .paid, .lapsed:
      try take(.accept, .verify)
      try close(&world)
      try take(.answer)
      if state != .answered { try take(.proposeReward) }
      if [.notified, .paid, .lapsed].contains(state) { try take(.approveReward) }
      if state == .paid { try take(.claim) }
      if state == .lapsed {
        world.advance(days: 70)
        try world.expire()
      }
    default: break
    }
    world.advance(days: 1)
    return world
  }

  /// Ends the case of a report.
  private static func close(_ world: inout World, _ id: UInt64 = 1) throws(Refusal) {
    guard let number = try world.publicReport(id)?.hazard else { return }
    try world.act(.hazardDecline(HazardNote(number: number, note: "已由相关单位消除")), by: "cd")
  }

  // MARK: Being late

  @Test func `what is late goes up level by level, up to the county, and begins no term anew`() throws {
    var profile = World.profile
    for term in [Term(1, .workingDay), nil] {
      profile.report?.escalateEvery = term
      var world = try World(profile: profile)
      let desk = Person(id: "desk1", name: "x", grants: [Grant(role: .publicDesk, grid: World.village)])
      try world.act(.personPut(PutPersons(persons: [desk])), by: "admin")
      try world.act(Self.receipt(), by: "desk1")
      func look() throws -> String {
        let report = try #require(try world.publicReport(1))
        return "\(report.holder.depth) \(report.escalations) \(report.overdueSince == nil ? "in time" : "late")"
      }
      #expect(try look() == "3 0 in time")
      let due = try #require(try world.publicReport(1)?.dueAt)
      world.time = due
      try world.expire()
      #expect(try look() == (term == nil ? "3 0 late" : "2 1 late"))
      world.advance(days: 1)
      try world.expire()
      #expect(try look() == (term == nil ? "3 0 late" : "1 2 late"))
      world.advance(days: 9)
      try world.expire()
      // Nobody stands above the county, and what was due stays so.
      #expect(try look() == (term == nil ? "3 0 late" : "1 2 late"))
      let late = try #require(try world.publicReport(1))
      #expect(late.timerAt == nil && late.dueAt == due && late.overdueSince == due && late.state == .received)
      // Who took it up has it, also in the next term; when that ends, too.
      try world.act(.reportAccept(Self.acceptance()), by: "desk")
      #expect(try look() == (term == nil ? "3 0 in time" : "1 2 in time"))
      #expect(try world.publicReport(1)?.lateDecision == true)
      let entries = world.model.all(ReportEntriesTable.self).sorted { $0.ordinal < $1.ordinal }
      #expect(entries.map(\.holder.depth) == (term == nil ? [3, 3, 3] : [3, 2, 1, 1]))
    }
  }

  @Test func `a report of the county's desk is the county's, and late it stays there`() throws {
    var world = try World()
    try world.act(Self.receipt(), by: "desk")
    #expect(try world.publicReport(1)?.holder == World.county)
    world.advance(days: 30)
    try world.expire()
    let late = try #require(try world.publicReport(1))
    #expect(late.holder == World.county && late.escalations == 0 && late.overdueSince != nil && late.timerAt == nil)
  }

  // MARK: The table

  @Test func `every state with every event and every role gives what the golden table says`() throws {
    var lines: [String] = []
    for state in ReportState.allKnown {
      lines.append("\(state.name) \(state.label.chinese)")
      let start = try Self.world(in: state)
      #expect(try start.publicReport(1)?.state == state)
      for event in ReportEvent.allKnown {
        guard let command = Self.command(event) else { continue }
        lines += try start.outcomes(of: event.name) { (world, person) in
          do throws(Refusal) { try world.act(command, by: person) } catch {
            if case .reportNotAllowed(let error) = error { return "refused, ReportNotAllowed (\(error.reason))" }
            return "refused, \(error.name)"
          }
          let after = try world.publicReport(1)!
          var line = after.state.name
          if let due = after.dueAt { line += ", due \(due.localDescription)" }
          if let number = after.hazard, event == .verify { line += ", case \(number)" }
          if let reward = after.reward { line += ", reward \(reward.amount)" }
          return line
        }
      }
    }
    lines += World.cast()
    try expectGolden("report-workflow.txt", lines.joined(separator: "\n") + "\n")
  }

  @Test func `the roles of every event of a report`() throws {
    let lines = Method.allCases.filter { $0.name.hasPrefix("Report.") }.map { method in
      "\(method.name): \(method.roles.map(\.name).joined(separator: " "))"
    }
    try expectGolden("report-roles.txt", lines.joined(separator: "\n") + "\n")
  }

  // MARK: Who

  @Test func `who reports never comes into the state in the clear`() throws {
    var world = try World()
    let open = ReceiveReport(
      kind: .hazard, channel: .web, grid: World.cell, description: "x", reporter: Reporter(name: "钱七"),
      codeHash: Self.code)
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportReceive(open), by: "desk") }?.contains("sealed") == true)
  }

  @Test func `of deaths the committee's office organises the investigation`() throws {
    var world = try World()
    try world.act(Self.receipt(.concealedAccident, deaths: 1), by: "desk")
    try world.act(.reportAccept(Self.acceptance()), by: "desk")
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportDismiss(Self.note()), by: "cd") }?.contains(
        "committee's office organises") == true)
    try world.act(.reportDismiss(Self.note()), by: "co")
    try world.act(.reportAnswer(Self.note()), by: "cd")
    #expect(try world.publicReport(1)?.state == .answered)
  }

  @Test func `nobody who may be reported acts on a report or opens a case where they have no power`() throws {
    var world = try Self.world(in: .accepted)
    for person in ["en", "gm", "vs", "to", "gm2", "auditor"] {
      #expect(refusal { () throws(Refusal) in try world.act(.reportReveal(Self.note()), by: person) } != nil)
    }
    var elsewhere = World.report(source: .publicReport)
    elsewhere.grid = GridCode("430105000000000")!
    let request = VerifyReport(id: 1, case: elsewhere, note: "属实")
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportVerify(request), by: "cd") }?.contains("is not yours")
        == true)
  }

  @Test func `revealing needs a reason and somebody to reveal, and is a line of the history`() throws {
    var world = try Self.world(in: .accepted)
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportReveal(Self.note(1, "")), by: "desk") }?.contains("say why")
        == true)
    guard case .reportReveal(let shown) = try world.act(.reportReveal(Self.note(1, "回访核实")), by: "desk") else { return }
    #expect(shown.sealed == [1, 2, 3] && shown.name.isEmpty && shown.codeHash == Self.code)
    let last = try #require(world.model.all(ReportEntriesTable.self).max { $0.ordinal < $1.ordinal })
    #expect(last.event == .reveal && last.actor == "desk" && last.note == "回访核实" && last.from == last.to)
    var anonymous = try Self.world(in: .accepted, isNamed: false)
    #expect(
      refusal { () throws(Refusal) in try anonymous.act(.reportReveal(Self.note()), by: "desk") }?.contains(
        "nobody knows") == true)
  }

  // MARK: The case

  @Test func `verifying opens a case in the same act, and its end starts the term to answer`() throws {
    var world = try Self.world(in: .accepted)
    let before = world.sequence
    try world.act(Self.verification(), by: "cd")
    #expect(world.sequence == before + 1)
    let handled = try #require(try world.publicReport(1))
    let hazard = try world.hazard(#require(handled.hazard))
    #expect(handled.state == .handling && handled.dueAt == nil && hazard.source == .publicReport)
    #expect(hazard.reporter == "cd", "the case names whoever investigated, not whoever reported")
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportAnswer(Self.note()), by: "cd") }?.contains("goes on") == true
    )
    try Self.close(&world)
    #expect(try world.publicReport(1)?.dueAt == Instant("2026-03-14T23:59:59.999+08:00"))
    try world.act(.reportAnswer(Self.note(1, "已消除")), by: "cd")
    #expect(try world.publicReport(1)?.answer == "已消除")
    let events = world.model.all(ReportEntriesTable.self).sorted { $0.ordinal < $1.ordinal }.map(\.event)
    #expect(events == [.receive, .accept, .verify, .openCase, .endCase, .answer])
  }

  @Test func `what is reported of an open case joins it, whoever opened it, and is answered with it`() throws {
    var world = try Self.world(in: .accepted)
    let patrolled = Command.hazardSubmit(World.report())
    let again = World.report(source: .publicReport, isAnother: false)
    func verify(_ joins: HazardNumber?, _ report: SubmitHazard?, _ world: inout World) -> String? {
      let command = Command.reportVerify(VerifyReport(id: 1, case: report, note: "属实", joins: joins))
      return refusal { () throws(Refusal) in try world.act(command, by: "cd") }
    }
    guard case .hazardSubmit(let open) = try world.act(patrolled, by: "gm") else { return }
    // Another case about the same is refused, with the number of the one to join.
    #expect(verify(nil, again, &world)?.contains("\(open.number)") == true)
    #expect(verify(open.number, again, &world)?.contains("joins") == true)
    #expect(verify(open.number, nil, &world) == nil)
    #expect(try world.publicReport(1)?.state == .handling && world.publicReport(1)?.hazard == open.number)
    try world.act(.hazardVoid(VoidHazard(number: open.number, note: "误报")), by: "co")
    try world.act(.hazardConfirm(HazardNote(number: open.number)), by: "co2")
    #expect(try world.publicReport(1)?.dueAt != nil, "its end starts the term to answer")
    var over = try Self.world(in: .accepted)
    guard case .hazardSubmit(let gone) = try over.act(patrolled, by: "gm") else { return }
    try over.act(.hazardVoid(VoidHazard(number: gone.number, note: "误报")), by: "co")
    try over.act(.hazardConfirm(HazardNote(number: gone.number)), by: "co2")
    let refused = verify(gone.number, nil, &over)
    #expect(refused?.contains("is over") == true, "\(refused ?? "accepted")")
  }

  @Test func `a case that goes on in another takes its reports along`() throws {
    var world = try Self.world(in: .handling)
    guard case .hazardSubmit(let other) = try world.act(.hazardSubmit(World.report()), by: "gm") else { return }
    let number = try #require(try world.publicReport(1)?.hazard)
    try world.act(.hazardMerge(MergeHazard(number: number, into: other.number)), by: "cd")
    #expect(try world.publicReport(1)?.hazard == other.number)
    #expect(try world.publicReport(1)?.dueAt == nil)
    try world.act(.hazardVoid(VoidHazard(number: other.number, note: "误报")), by: "co")
    try world.act(.hazardConfirm(HazardNote(number: other.number)), by: "co2")
    #expect(try world.publicReport(1)?.dueAt != nil)
  }

  @Test func `a case that comes back keeps its report from being answered`() throws {
    var world = try Self.world(in: .handling)
    let number = try #require(try world.publicReport(1)?.hazard)
    let note = HazardNote(number: number, note: "说明")
    let steps: [(Command, String)] = [
      (.hazardFile(FileHazard(number: number)), "cd"),
      (.hazardDispatch(DispatchHazard(number: number, assignee: "gm")), "cd"), (.hazardClaim(note), "gm"),
      (.hazardFeedback(HazardFeedback(number: number, result: "已整改", evidence: World.photos())), "gm"),
      (.hazardVerifyPass(VerifyHazard(number: note.number, onSite: true)), "cd"),
    ]
    for (command, person) in steps { try world.act(command, by: person) }
    #expect(try world.publicReport(1)?.dueAt != nil)
    try world.act(.hazardReopen(note), by: "cmd")
    let report = try #require(try world.publicReport(1))
    #expect(report.state == .handling && report.dueAt == nil && report.timerAt == nil)
  }

  @Test func `an objection is looked into once, and upholding the finding opens no second case`() throws {
    var world = try Self.world(in: .answered)
    let number = try world.publicReport(1)?.hazard
    try world.act(.reportObject(Self.note(1, "未整改")), by: "desk")
    #expect(try world.publicReport(1)?.state == .accepted)
    try world.act(Self.verification(opens: false), by: "cd")
    #expect(try world.publicReport(1)?.hazard == number && world.publicReport(1)?.state == .verified)
    try world.act(.reportAnswer(Self.note()), by: "cd")
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportObject(Self.note()), by: "desk") }?.contains("before")
        == true)
  }

  @Test func `a hazard needs a case of the right source, and a concealed accident does not`() throws {
    var world = try Self.world(in: .accepted)
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.verification(opens: false), by: "cd") }?.contains(
        "needs a case")
        == true)
    let wrong = VerifyReport(id: 1, case: World.report(source: .media), note: "属实")
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportVerify(wrong), by: "cd") }?.contains("public_report") == true
    )
    #expect(try Self.world(in: .verified).publicReport(1)?.hazard == nil)
  }

  // MARK: Rewards

  /// 安监总财〔2018〕19号: 15 % of the fine, from 3,000 to 300,000 yuan; so much for each concealed death, 300,000 at most.
  @Test(arguments: [
    (0, 3_000), (10_000, 3_000), (20_000, 3_000), (100_000, 15_000), (1_999_999, 299_999), (2_000_000, 300_000),
    (3_000_000, 300_000), (92_233_720_368_547_758, 300_000),
  ])
  func `a reward follows from the fine`(fine: Int64, reward: Int64) {
    let rules = World.profile.report!.reward!
    #expect(rules.amount(ofFine: Fen(fine * 100)).rawValue / 100 == reward)
  }

  @Test func `less than a fen is left out`() {
    var rules = World.profile.report!.reward!
    rules.least = Fen(1)
    #expect(rules.amount(ofFine: Fen(113)) == Fen(16) && rules.amount(ofFine: Fen(7)) == Fen(1))
  }

  @Test(arguments: [
    (AccidentGrade.general, 1, 30_000), (.larger, 4, 160_000), (.serious, 10, 300_000), (.extraSerious, 30, 300_000),
    (.extraSerious, 4, 240_000),
  ])
  func `a reward follows from concealed deaths`(grade: AccidentGrade, deaths: UInt32, reward: Int64) {
    #expect(World.profile.report!.reward!.amount(ofDeaths: deaths, grade) == Fen(reward * 100))
  }

  @Test func `only the first who is named is rewarded`() throws {
    var world = try Self.world(in: .accepted, isNamed: false)
    try world.act(Self.verification(), by: "cd")
    for id in 2...3 as ClosedRange<UInt64> {
      try world.act(Self.receipt(), by: "desk")
      try world.act(.reportAccept(Self.acceptance(id)), by: "desk")
    }
    // The later of the two is verified first.
    for id in [3, 2] as [UInt64] { try world.act(Self.verification(id, sameAs: 1, opens: false), by: "cd") }
    #expect(try world.publicReport(2)?.hazard == world.publicReport(1)?.hazard)
    try Self.close(&world)
    for id in [2, 3] as [UInt64] { try world.act(.reportAnswer(Self.note(id)), by: "cd") }
    var proposal = Self.proposal
    proposal.id = 3
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportProposeReward(proposal), by: "desk") }?.contains(
        "report 2 was the first") == true)
    proposal.id = 2
    try world.act(.reportProposeReward(proposal), by: "desk")
    #expect(try world.publicReport(2)?.reward?.amount == Fen(300_000))
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.verification(1, sameAs: 2), by: "cd") } != nil,
      "the anonymous one is not verified again")
  }

  @Test func `a matter is rewarded once, also when an earlier report is verified later`() throws {
    var world = try Self.world(in: .received)
    try world.act(Self.receipt(), by: "desk")
    for id in [2, 1] as [UInt64] {
      try world.act(.reportAccept(Self.acceptance(id)), by: "desk")
      try world.act(Self.verification(id, sameAs: id == 1 ? 2 : nil, opens: id == 2), by: "cd")
      if id == 2 { try Self.close(&world, 2) }
      try world.act(.reportAnswer(Self.note(id)), by: "cd")
      guard id == 2 else { continue }
      var proposal = Self.proposal
      proposal.id = 2
      try world.act(.reportProposeReward(proposal), by: "desk")
    }
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportProposeReward(Self.proposal), by: "desk") }?.contains(
        "report 2 about the same matter is rewarded") == true)
  }

  @Test func `a reward takes two people, neither of whom has proposed it`() throws {
    var world = try Self.world(in: .answered)
    try world.act(.reportProposeReward(Self.proposal), by: "em")
    func approve(_ second: String, by person: String) -> String? {
      let request = ApproveReward(id: 1, secondPerson: second, document: "文号")
      return refusal { () throws(Refusal) in try world.act(.reportApproveReward(request), by: person) }
    }
    #expect(approve("co", by: "em")?.contains("proposed themselves") == true)
    #expect(approve("em", by: "co")?.contains("proposed themselves") == true)
    #expect(approve("co", by: "co")?.contains("second person") == true)
    #expect(approve("gm", by: "co")?.contains("no role") == true)
    #expect(approve("co2", by: "co") == nil)
    let reward = try #require(try world.publicReport(1)?.reward)
    #expect(reward.approvedBy == "co" && reward.agreedBy == "co2")
  }

  @Test func `a case that is taken up again takes the report along`() throws {
    var world = try Self.world(in: .handling)
    try Self.close(&world)
    #expect(try world.publicReport(1)?.dueAt != nil)
    let number = try #require(try world.publicReport(1)?.hazard)
    try world.act(.hazardObject(HazardNote(number: number, note: "隐患仍在")), by: "cd")
    #expect(try world.publicReport(1)?.state == .handling && world.publicReport(1)?.dueAt == nil)
  }

  @Test func `what was declined may be proposed again, and what was dismissed may not`() throws {
    var world = try Self.world(in: .rewardPending)
    try world.act(.reportDeclineReward(Self.note()), by: "em")
    #expect(try world.publicReport(1)?.reward == nil)
    try world.act(.reportProposeReward(Self.proposal), by: "desk")
    var unfounded = try Self.world(in: .unfounded)
    try unfounded.act(.reportAnswer(Self.note()), by: "cd")
    #expect(
      refusal { () throws(Refusal) in try unfounded.act(.reportProposeReward(Self.proposal), by: "desk") }?.contains(
        "was not verified") == true)
  }

  @Test func `whoever has the code is paid, once, and in time`() throws {
    var world = try Self.world(in: .notified)
    let wrong = ClaimReward(id: 1, codeHash: [UInt8](repeating: 4, count: 32))
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportClaim(wrong), by: "desk") }?.contains("not the code") == true
    )
    let due = try #require(try world.publicReport(1)?.dueAt)
    var late = world
    late.time = due
    try late.expire()
    #expect(try late.publicReport(1)?.state == .lapsed)
    world.time = due.adding(milliseconds: -1)
    try world.expire()
    try world.act(.reportClaim(ClaimReward(id: 1, codeHash: Self.code)), by: "desk")
    #expect(try world.publicReport(1)?.reward?.paidAt == world.time && world.publicReport(1)?.dueAt == nil)
  }

  // MARK: Histories

  /// A report waits for an office, for its case or for nobody, and one at most of a matter is rewarded.
  static func checkBooks(of world: World) throws {
    let reports = world.model.all(PublicReportsTable.self)
    for report in reports {
      let entries = world.model.all(ReportEntriesTable.self).filter { $0.reportId == report.id }.sorted {
        $0.ordinal < $1.ordinal
      }
      #expect(entries.map(\.ordinal) == Array(1...report.entryCount) && entries.last?.to == report.state)
      for (earlier, later) in zip(entries, entries.dropFirst()) { #expect(later.from == earlier.to) }
      let caseGoesOn = try report.hazard.map { try world.hazard($0).dueAt != nil } ?? false
      let isDue: Bool =
        switch report.state {
        case .received, .accepted, .notified: true
        case .verified, .unfounded: !report.anonymous
        case .handling: !caseGoesOn && !report.anonymous
        default: false
        }
      #expect((report.dueAt != nil) == isDue, "\(report)")
      if let timer = report.timerAt, let due = report.dueAt {
        // Late, it waits to go up once more.
        #expect(report.overdueSince == nil ? timer == due : timer > due && report.holder.parent != nil, "\(report)")
      }
      #expect(report.holder.contains(report.grid) && entries.last?.holder == report.holder)
      let levels = entries.map(\.holder.depth)
      #expect(levels == levels.sorted(by: >) && Int(report.escalations) == levels[0] - levels[levels.count - 1])
      let isRewarded = [.rewardPending, .notified, .paid, .lapsed].contains(report.state)
      #expect((report.reward != nil) == isRewarded && (!isRewarded || !report.anonymous))
    }
    for together in Dictionary(grouping: reports.filter { $0.reward != nil }, by: \.matter).values {
      #expect(together.count == 1)
    }
  }

  /// Random people do random things to a handful of reports and their cases; whatever happens, the books are right.
  @Test func `in every history a report waits for one office, its case or nobody`() throws {
    var seen: Set<ReportEvent> = []
    for history in 0..<24 as Range<UInt64> {
      var random = SplitMix64(seed: testSeed(900 + history))
      var world = try World()
      if history % 2 == 0 {
        // Whoever takes reports here does so for a township.
        let desk = Person(id: "desk", name: "x", grants: [Grant(role: .publicDesk, grid: World.township)])
        try world.act(.personPut(PutPersons(persons: [desk])), by: "admin")
      }
      for _ in 0..<400 {
        let hazards = world.model.all(HazardsTable.self).sorted { $0.id < $1.id }
        let reports = world.model.all(PublicReportsTable.self).sorted { $0.id < $1.id }
        let isNew = reports.count < 6 && random.chance(0.1)
        let (command, person) =
          random.chance(0.6)
          ? Histories.reportAct(&random, hazards, isNew ? [] : reports) : Histories.act(&random, hazards)
        if random.chance(0.1) {
          world.advance(hours: Int(random.next() % (random.chance(0.1) ? 2000 : 200)))
          try world.expire()
        }
        _ = try? world.act(command, by: person)
        // Most cases of the others never end.
        if let ending = reports.randomElement(using: &random), random.chance(0.1) { try? Self.close(&world, ending.id) }
        if random.chance(0.05) { try Self.checkBooks(of: world) }
      }
      try Self.checkBooks(of: world)
      seen.formUnion(world.model.all(ReportEntriesTable.self).map(\.event))

    }
    let unseen = Set(ReportWorkflow.table.map(\.event)).subtracting(seen)
    // These take a case that others have brought far, or the end of a node.
    #expect(unseen.isSubset(of: [.mergeCase, .reopenCase, .rezone]), "the histories are too quiet: \(unseen)")
  }

  // MARK: Terms

  @Test func `what is late is marked by the clock, and remembered of the step`() throws {
    var world = try World()
    try world.act(Self.receipt(), by: "desk")
    let due = try #require(try world.publicReport(1)?.dueAt)
    #expect(due == Instant("2026-03-04T23:59:59.999+08:00"))
    world.time = due
    try world.expire()
    #expect(try world.publicReport(1)?.overdueSince == due)
    world.advance(hours: 1)
    try world.act(.reportAccept(Self.acceptance()), by: "desk")
    let accepted = try #require(try world.publicReport(1))
    #expect(accepted.lateDecision && accepted.overdueSince == nil)
    // Lengthened from its end, not from today, and once.
    let end = try #require(accepted.dueAt)
    world.advance(days: 3)
    try world.act(.reportExtend(Self.note()), by: "cd")
    #expect(try world.publicReport(1)!.dueAt! >= Instant(endOf: end.localDate.adding(days: 30)))
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportExtend(Self.note()), by: "cd") }?.contains("before") == true)
  }

  @Test func `nobody waits for the answer to an anonymous report`() throws {
    let dismissed = try Self.world(in: .unfounded, isNamed: false)
    #expect(try dismissed.publicReport(1)?.dueAt == nil)
    var handled = try Self.world(in: .handling, isNamed: false)
    try Self.close(&handled)
    #expect(try handled.publicReport(1)?.dueAt == nil)
    #expect(
      refusal { () throws(Refusal) in try handled.act(.reportAnswer(Self.note()), by: "cd") }?.contains("nobody knows")
        == true)
  }

  @Test func `a rule that is left out says so where it is needed, and holds no hazard up`() throws {
    var world = try Self.world(in: .handling)
    var profile = World.profile
    profile.edition = "2"
    profile.report = nil
    try world.act(.adminActivateProfile(ActivateProfile(profile: profile)))
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.receipt(), by: "desk") }?.contains("report.accept") == true)
    try Self.close(&world)
    try world.act(.reportAnswer(Self.note()), by: "cd")
    #expect(
      refusal { () throws(Refusal) in try world.act(.reportProposeReward(Self.proposal), by: "desk") }?.contains(
        "report.reward") == true)
  }
}
