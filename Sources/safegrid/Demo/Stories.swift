import API
import Client
import Example
import RPC
import Records
import Scalars

/// Who appears in the stories.
struct Cast {
  let county: ExampleCounty
  /// Three enterprises of one town, with their cells.
  let enterprises: [Enterprise]
  let village: ExampleCounty.Village
  let township: GridCode

  /// Chooses the village with the most enterprises outside the county seat, and gives three of them safety officers.
  init(_ county: ExampleCounty, _ connection: Connection) async throws {
    self.county = county
    let seat = county.townships[0].code
    let counts = Dictionary(grouping: county.enterprises, by: { $0.grid.ancestor(atDepth: 3) })
    village = county.villages.filter { !seat.contains($0.code) && !ExampleCounty.isQuasiTownship($0.code) }
      .max { (counts[$0.code]?.count ?? 0, $1.code) < (counts[$1.code]?.count ?? 0, $0.code) }!
    township = village.code.ancestor(atDepth: 2)
    enterprises = Array(
      try await EnterpriseClient(connection).list(ListEnterprises(grid: village.code, limit: 3)).enterprises)
    guard enterprises.count == 3 else {
      throw InputFault("the stories need three enterprises in one village; make more")
    }
    let officers = enterprises.map { enterprise in
      Person(
        id: Self.safetyOfficer(of: enterprise), name: "安全员", grants: [Grant(role: .enterprise, grid: enterprise.grid)],
        enterpriseId: enterprise.id)
    }
    _ = try await PersonClient(connection).put(PutPersons(persons: officers))
  }

  static func safetyOfficer(of enterprise: Enterprise) -> String { "en-\(enterprise.id)" }
  func member(of enterprise: Enterprise) -> String { ExampleCounty.gridMember(of: enterprise.grid) }
  var villageOfficer: String { ExampleCounty.villageOfficer(of: village.code) }
  var townshipOfficer: String { ExampleCounty.townshipOfficer(of: township) }
}

/// The acts of the demonstration, each by a person with the right role.
struct Stories {
  let cast: Cast
  let connection: Connection
  var hazards: HazardClient { HazardClient(connection) }

  init(cast: Cast, connection: Connection) {
    self.cast = cast
    self.connection = connection
  }

  func by(_ person: String) -> CallOptions { CallOptions(actingFor: person) }
  func say(_ text: String) { Demo.say(text) }

  func photo(_ number: UInt8) -> Attachment { Attachment(sha256: [UInt8](repeating: number, count: 32)) }

  func report(
    _ text: String, _ class: String, at enterprise: Enterprise, severity: HazardSeverity = .general, photo number: UInt8
  ) -> SubmitHazard {
    SubmitHazard(
      source: .memberPatrol, enterpriseId: enterprise.id, grid: enterprise.grid, class: `class`, domain: .production,
      severity: severity, urgency: .normal, description: text, photos: [photo(number)])
  }

  /// From the report to the task in the enterprise's hands.
  ///
  /// - Parameter grade: of a major hazard.
  private func bringToRectification(
    _ number: HazardNumber, _ enterprise: Enterprise, by officer: String, grade: UInt32? = nil
  ) async throws -> HazardReceipt {
    let note = HazardNote(number: number)
    _ = try await hazards.file(FileHazard(number: number, majorGrade: grade), by(officer))
    let assignee = Cast.safetyOfficer(of: enterprise)
    _ = try await hazards.dispatch(DispatchHazard(number: number, assignee: assignee), by(officer))
    return try await hazards.claim(note, by(assignee))
  }

  func loopWithRework() async throws -> HazardNumber {
    let enterprise = cast.enterprises[0]
    let officer = Cast.safetyOfficer(of: enterprise)
    let receipt = try await hazards.submit(
      report("仓库安全出口被货物堵塞，疏散指示标志损坏", "消防", at: enterprise, photo: 1), by(cast.member(of: enterprise)))
    let number = receipt.number
    let watch = try await hazards.watch(WatchHazards(number: number))
    say("Grid member \(cast.member(of: enterprise)) reports a blocked exit at \(enterprise.name):")
    say("  \(number), held by village \(receipt.holder) until \(receipt.dueAt?.localDescription ?? "")")
    let claimed = try await bringToRectification(number, enterprise, by: cast.villageOfficer)
    say(
      "Village officer \(cast.villageOfficer) files and dispatches it; \(officer) claims it, to be fixed by \(claimed.dueAt?.localDescription ?? "")"
    )
    try await advance(days: 2)
    _ = try await hazards.feedback(
      HazardFeedback(number: number, result: "已清理安全出口", evidence: [photo(2)]), by(officer))
    let sentBack = try await hazards.verifyFail(
      HazardNote(number: number, note: "疏散指示标志仍未更换"), by(cast.villageOfficer))
    say(
      "Two days later the work is not accepted: back to \(sentBack.state.text), by \(sentBack.dueAt?.localDescription ?? "")"
    )
    try await advance(days: 1)
    _ = try await hazards.feedback(
      HazardFeedback(number: number, result: "已更换疏散指示标志", evidence: [photo(3)]), by(officer))
    let closed = try await hazards.verifyPass(
      VerifyHazard(number: number, note: "现场核查合格", onSite: true), by(cast.villageOfficer))
    say("The second attempt passes: \(closed.state.text).")
    var steps: [String] = []
    for try await change in watch {
      if let event = change.event { steps.append(event.event.label.chinese) }
      if change.hazard.state == .closed { break }
    }
    watch.cancel()
    say("A watch on the case saw each step as it happened: \(steps.joined(separator: " → "))")
    let credit = try await CreditClient(connection).show(ShowCredit(enterpriseId: enterprise.id))
    say(
      "The rework cost the enterprise a point of credit 信用: \(points(credit.baseTenths)) → \(points(credit.scoreTenths)), grade \(credit.grade.label.english)"
    )
    return number
  }

  func overdue() async throws {
    let enterprise = cast.enterprises[1]
    let receipt = try await hazards.submit(
      report("配电房线路老化、私拉乱接", "燃气用电", at: enterprise, photo: 4), by(cast.member(of: enterprise)))
    let claimed = try await bringToRectification(receipt.number, enterprise, by: cast.villageOfficer)
    say("\(receipt.number) at \(enterprise.name), to be fixed by \(claimed.dueAt?.localDescription ?? "")")
    try await advance(days: 6)
    let page = try await hazards.overdue(OverdueHazards(grid: cast.county.county))
    say("Six days pass, nobody acts. The overdue list 逾期清单 of the county, with holders:")
    print(page.hazards.table(indent: "     "))
    let credit = try await CreditClient(connection).show(ShowCredit(enterpriseId: enterprise.id))
    say(
      "The clock has handed the case up from the village to \(page.hazards[0].holder), and charged the enterprise: \(points(credit.baseTenths)) → \(points(credit.scoreTenths))"
    )
  }

  func directReport() async throws -> HazardNumber {
    let enterprise = cast.enterprises[2]
    let receipt = try await hazards.directReport(
      report("储罐区可燃气体泄漏报警装置失效，存在重大事故隐患", "危险化学品", at: enterprise, severity: .major, photo: 5),
      by(cast.member(of: enterprise)))
    say(
      "\(receipt.number) at \(enterprise.name) skips the village: held by township \(receipt.holder), to react by \(receipt.dueAt?.localDescription ?? "")"
    )
    let claimed = try await bringToRectification(receipt.number, enterprise, by: cast.townshipOfficer, grade: 4)
    say(
      "Township officer \(cast.townshipOfficer) files and dispatches it; a treatment plan 治理方案 is due by \(claimed.dueAt?.localDescription ?? "")"
    )
    let plan = RectificationPlan(
      target: "恢复报警装置功能", method: "更换探测器并联动切断阀", funds: Fen(4_800_000), responsible: "主要负责人",
      timeLimit: Date("2026-04-15")!, safetyMeasures: "停止进料，专人值守，应急预案已备案")
    let planned = try await hazards.plan(
      PlanHazard(number: receipt.number, plan: plan), by(Cast.safetyOfficer(of: enterprise)))
    let credit = try await CreditClient(connection).show(ShowCredit(enterpriseId: enterprise.id))
    say(
      "The plan sets the deadline: \(planned.dueAt?.localDescription ?? ""). Credit: \(points(credit.baseTenths)) → \(points(credit.scoreTenths)), grade \(credit.grade.label.english)"
    )
    return receipt.number
  }

  /// The committee supervises the case of the direct report, until it is delisted and closed.
  func listing(of number: HazardNumber) async throws {
    let listings = ListingClient(connection)
    let (enterprise, committee) = (cast.enterprises[2], ExampleCounty.committeeOfficer)
    let proposal = try await listings.show(ShowListing(number: number))
    say(
      "Filed with grade 4 it is proposed to the committee of the level \(proposal.level?.text ?? ""): \(proposal.state.text)"
    )
    let listed = try await listings.approve(
      ApproveListing(
        number: number, until: Date("2026-04-30")!, document: "通安委〔2026〕7号", measures: [.stopPart, .suspendPermit]),
      by(committee))
    say(
      "The committee office lists it: \(listed.summary), to be made public by \(listed.publishBy?.localDescription ?? "")"
    )
    _ = try await listings.publish(ListingNote(number: number, note: "县政府网站公告"), by(committee))
    try await advance(days: 10)
    _ = try await hazards.feedback(
      HazardFeedback(
        number: number, result: "已更换探测器并联动切断阀", evidence: [photo(8)],
        assessment: "经注册安全工程师评估，隐患已消除"),
      by(Cast.safetyOfficer(of: enterprise)))
    try await refused("Ten days later the work is done, and the township wants to close the case") {
      _ = try await hazards.verifyPass(VerifyHazard(number: number, onSite: true), by(cast.townshipOfficer))
    }
    _ = try await listings.requestReview(
      ListingNote(number: number, note: "治理情况评估报告"), by(Cast.safetyOfficer(of: enterprise)))
    let delisted = try await listings.passReview(ListingNote(number: number, note: "现场复查合格"), by(committee))
    let closed = try await hazards.verifyPass(
      VerifyHazard(number: number, note: "已核销", onSite: true), by(cast.townshipOfficer))
    say("The review passes: \(delisted.state.text); now the case can be closed: \(closed.state.text)")
    print(try await listings.trace(TraceListing(number: number)).entries.table(indent: "     "))
  }

  func refusals() async throws {
    let enterprise = cast.enterprises[0]
    let elsewhere = cast.county.villages.first { !cast.township.contains($0.code) }!.cells[0].code
    try await refused("A grid member reports from another town's cell") {
      _ = try await hazards.submit(
        report("消防通道堵塞", "消防", at: enterprise, photo: 6), by(ExampleCounty.gridMember(of: elsewhere)))
    }
    let receipt = try await hazards.submit(
      report("消防通道堵塞", "消防", at: enterprise, photo: 7), by(cast.member(of: enterprise)))
    try await refused("The same is reported once more") {
      _ = try await hazards.submit(
        report("消防通道堵塞", "消防", at: enterprise, photo: 7), by(cast.villageOfficer))
    }
    try await refused("A grid member files a case, which is the officer's work") {
      _ = try await hazards.file(FileHazard(number: receipt.number), by(cast.member(of: enterprise)))
    }
    try await refused("An officer verifies what nobody has rectified") {
      _ = try await hazards.verifyPass(VerifyHazard(number: receipt.number, onSite: true), by(cast.villageOfficer))
    }
  }

  func conduct() async throws {
    // The list is for some trades (应急管理部令第11号 Art. 2), and farmers are none of them.
    let ledger = try await EnterpriseClient(connection).list(ListEnterprises(grid: cast.township, limit: 1000))
    let known = Set(cast.enterprises.map(\.id))
    let listable = ledger.enterprises.filter { other in
      other.uscc != nil && !known.contains(other.id) && ["B", "C", "F", "H"].contains(other.industry?.prefix(1))
    }
    guard let enterprise = listable.max(by: { $0.standardization.number < $1.standardization.number }) else {
      throw InputFault("the stories need an enterprise with a credit code in a trade that the list is for")
    }
    let (credits, bureau) = (CreditClient(connection), by(ExampleCounty.emergencyOfficer))
    let today = try await credits.show(ShowCredit(enterpriseId: enterprise.id)).asOf
    func explain(_ what: String) async throws {
      let report = try await credits.show(ShowCredit(enterpriseId: enterprise.id))
      let met = report.overrides.map(\.name) + (report.dishonestyCase == nil ? [] : ["严重失信主体名单"])
      say(
        "\(what): \(points(report.scoreTenths)), grade \(gradeText(report.grade, report.step))\(met.isEmpty ? "" : ", for \(met.joined(separator: "、"))")"
      )
    }
    try await explain("\(enterprise.name)")
    for document in ["通应急罚〔2026〕21号", "通应急罚〔2026〕22号"] {
      _ = try await credits.record(
        RecordCredit(enterpriseId: enterprise.id, kind: .fine, occurredOn: today, basis: document), bureau)
    }
    try await explain("Fined twice 罚款")
    let records = try await credits.show(ShowCredit(enterpriseId: enterprise.id)).records
    _ = try await credits.revoke(
      EndCreditRecord(enterpriseId: enterprise.id, ordinal: records[0].ordinal, basis: "行政复议决定撤销"), bureau)
    try await explain("One of them is overturned 撤销")
    let list = DishonestyClient(connection)
    let opened = try await list.open(
      OpenDishonesty(
        enterpriseId: enterprise.id, subject: .unit, ground: .noPermit, penalty: "通应急罚〔2026〕21号", penaltyOn: today,
        reason: "许可证暂扣期间仍从事生产"), bureau)
    _ = try await list.notify(DishonestyNote(id: opened.id, note: "告知书已送达"), bureau)
    _ = try await list.defend(DishonestyNote(id: opened.id, note: "无异议"), bureau)
    let listed = try await list.enter(
      DecideDishonesty(id: opened.id, document: "通应急失信〔2026〕1号"), bureau)
    try await explain("\(listed.state.text) until \(listed.expiresOn.map { "\($0)" } ?? "")")
  }

  func handOver() async throws {
    let enterprise = cast.enterprises[0]
    let stays = cast.member(of: enterprise)
    // A second grid member of the cell, with a terminal and a task.
    let leaves = Person(
      id: "gm-leaves", name: "方芳", grants: [Grant(role: .gridMember, grid: enterprise.grid)], terminals: ["PDA-07"])
    _ = try await PersonClient(connection).put(PutPersons(persons: [leaves]))
    var found = report("灭火器压力不足", "消防", at: enterprise, photo: 9)
    found.isAnother = true
    let receipt = try await hazards.submit(found, by(cast.villageOfficer))
    _ = try await hazards.file(FileHazard(number: receipt.number), by(cast.townshipOfficer))
    let task = try await hazards.dispatch(
      DispatchHazard(number: receipt.number, assignee: leaves.id), by(cast.townshipOfficer))
    let done = try await hazards.handOver(
      HandOverTasks(grid: cast.village.code, from: leaves.id, to: stays, note: "网格员离职", leaves: true),
      by(cast.townshipOfficer))
    let after = try await hazards.show(ShowHazard(number: receipt.number))
    say("\(leaves.id) has a terminal, and a task until \(task.dueAt?.localDescription ?? "")")
    say("One command hands all over to \(after.assignee ?? ""): \(done.cases) case, \(done.terminals) terminal.")
    say(
      "The case stays due \(after.dueAt?.localDescription ?? ""); the leaver's role \(done.roles == 1 ? "has ended" : "goes on")."
    )
  }

  func refused(_ what: String, _ act: () async throws -> Void) async throws {
    do {
      try await act()
    } catch let failure as CallFailure {
      say("\(what):")
      return say("  \(failure.code.name): \(failure.message)")
    }
    throw InputFault("\(what): this was not refused")
  }

  func views(of loop: HazardNumber) async throws {
    let cell = cast.enterprises[0].grid
    let open = try await hazards.list(ListHazards(grid: cell, limit: 5))
    say("The open hazards of cell \(cell), the first \(open.hazards.count):")
    print(open.hazards.table(indent: "     "))
    let counts = try await hazards.count(CountHazards(grid: cast.township))
    say("Township \(cast.township) and all below it, by state:")
    print(counts.table(indent: "     "))
    let enterprise = try await EnterpriseClient(connection).show(ShowEnterprise(id: cast.enterprises[0].id))
    say("An enterprise and its credit:")
    print(
      details(
        [
          ("name", enterprise.name), ("credit code", enterprise.uscc.map { "\($0)" }),
          ("risk", enterprise.riskLevel.text),
        ], indent: "     "))
    let credit = try await CreditClient(connection).show(ShowCredit(enterpriseId: enterprise.id))
    print(credit.summary(indent: "     "))
    let trace = try await hazards.trace(TraceHazard(number: loop))
    say("The whole trace 痕迹 of the case of chapter 3:")
    print(trace.events.table(indent: "     "))
  }

  private func advance(days: UInt64) async throws {
    _ = try await AdminClient(connection).advanceClock(AdvanceClock(milliseconds: days * 86_400_000))
  }
}
