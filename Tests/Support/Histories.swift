import Domain
package import Example
package import Records
import Scalars

/// Random acts about a small set of cases: mostly what the workflow allows next, by somebody who may, and sometimes
/// anything by anybody.
package enum Histories {
  package static func act(_ random: inout SplitMix64, _ hazards: [Hazard]) -> (command: Command, person: String) {
    if random.chance(0.1) { return ledgerAct(&random) }
    if random.chance(0.03) { return officeAct(&random) }
    let people = World.people.map(\.id)
    if random.chance(0.06) { return gridAct(&random, hazards) }
    if random.chance(0.1) { return dutyAct(&random, hazards) }
    guard let hazard = hazards.isEmpty || random.chance(0.2) ? nil : random.pick(hazards) else {
      var report = World.report(
        severity: random.chance(0.2) ? .major : .general, source: random.pick(HazardSource.allKnown),
        grid: place(&random, hazards),
        enterprise: random.chance(0.8) ? 1 : nil, photos: random.chance(0.2) ? Int(random.next() % 2) : 2,
        urgency: random.pick(HazardUrgency.allKnown))
      report.class = random.pick(["消防", "粉尘涉爆"])
      report.domain = random.pick(SafetyDomain.allKnown)
      report.isAnother = random.chance(0.9)
      report.toCounty = random.chance(0.05)
      if report.enterpriseId == nil, random.chance(0.5) {
        report.point = Point(longitude: 113.81 + Double(random.next() % 4) * 0.0003, latitude: 29.24)
      }
      if random.chance(0.25) {
        report.illegalAct = ReportedAct(
          by: random.pick(Violation.allKnown), act: random.pick(World.illegalActs),
          identityHash: random.chance(0.3) ? [UInt8](repeating: UInt8(random.next() % 2), count: 32) : nil)
      }
      let person = random.pick(["gm", "gm", "vs", "en", "desk"])
      return (
        random.pick([
          .hazardSubmit(report), .hazardSubmit(report), .hazardDirectReport(report), .hazardResolveOnSpot(report),
        ]),
        person
      )
    }
    if random.chance(0.03) {
      let numbers = (0..<(1 + random.next() % 3)).map { _ in random.pick(hazards).number }
      let root = random.pick([World.village, World.township])
      let commands: [Command] = [
        .hazardForwardMany(ForwardHazards(grid: root, numbers: numbers)),
        .hazardReassignMany(ReassignHazards(grid: root, numbers: numbers, assignee: random.pick(["en", "gm", "vs"]))),
      ]
      return (random.pick(commands), random.pick(["vs", "to"]))
    }
    if hazard.severity == .major, random.chance(0.35) { return listingAct(&random, hazard) }
    if random.chance(0.06) { return reportAct(&random, hazards) }
    if random.chance(0.05) { return dishonestyAct(&random, on: hazard.submittedAt.localDate) }
    if random.chance(0.05) {
      return (creditCommand(&random, on: hazard.submittedAt.localDate), random.pick(["em", "em", "cd"]))
    }
    // A case of which the numbers are random anyway, and an event that the table has for its state.
    let events = HazardWorkflow.table.filter {
      $0.from.contains(hazard.state) && $0.who != .clock && ![.extendListed, .rezone, .propose].contains($0.event)
    }
    let isSensible = random.chance(0.8) && !events.isEmpty
    let row = random.pick(isSensible ? events : HazardWorkflow.table)
    let command = command(row.event, hazard, other: random.pick(hazards).number, &random)
    guard isSensible else { return (command, random.pick(people)) }
    let person =
      switch row.who {
      case .assignee: hazard.assignee ?? "en"
      case .reporter: hazard.reporter
      default: random.pick(["vs", "to", "cd", "fd", "em", "cmd", "co", "co2"])
      }
    return (command, person)
  }

  /// Where something is found: mostly where another case is open, since that cell counts; the villages always do.
  private static func place(_ random: inout SplitMix64, _ hazards: [Hazard]) -> GridCode {
    let known = hazards.filter { $0.dueAt != nil }.map(\.grid)
    return random.chance(0.1)
      ? random.pick(cells)
      : random.pick(known.isEmpty ? [World.cell, World.cell, World.village, World.otherVillage] : known)
  }

  /// Codes of two villages that cells have, will have, or had.
  private static let cells = (1...8).flatMap { number in
    [World.village, World.otherVillage].map { GridCode(unchecked: $0.rawValue + UInt64(number)) }
  }

  /// Cells come and go, and are drawn: as strips of the village that often overlap.
  private static func gridAct(_ random: inout SplitMix64, _ hazards: [Hazard]) -> (command: Command, person: String) {
    let cell = place(&random, hazards)
    let version = random.chance(0.1) ? random.next() % 3 : nil
    func new(_ village: GridCode) -> NewCell {
      let code = random.pick(cells.filter(village.contains))
      return NewCell(code: code, name: "网格", rings: random.chance(0.3) ? strip(&random) : [])
    }
    let village = cell.ancestor(atDepth: 3)
    let commands: [Command] = [
      .gridPutCells(PutCells(village: village, cells: [CellRow(code: new(village).code, name: "网格")])),
      .gridSplitCell(SplitCell(cell: cell, expectedVersion: version, parts: [new(village), new(village)])),
      .gridMergeCells(
        MergeCells(
          village: village,
          cells: [CellVersion(code: cell, expectedVersion: version), CellVersion(code: new(village).code)],
          into: new(village))),
      .gridMergeCells(MergeCells(village: village, cells: [CellVersion(code: cell)], into: new(village))),
      .gridMoveCell(
        MoveCell(cell: cell, to: new(village == World.village ? World.otherVillage : World.village), note: "调整")),
      .gridRetire(RetireGrid(code: cell, successor: random.pick(cells))),
      .gridPutBoundary(PutBoundary(code: cell, expectedVersion: version, rings: strip(&random))),
      .gridPutBoundary(PutBoundary(code: cell, rings: [])),
      .gridPutFile(PutGridFile(code: cell, expectedVersion: version, kind: .rural, duties: ["信息员"])),
      .gridPutPost(PutPost(grid: cell, post: "网格员", person: "gm", from: Date("2026-03-02")!)),
      .gridPutPost(PutPost(grid: cell, post: "联系干部", person: "cd", from: Date("2026-03-02")!)),
      World.powers(from: Date("2026-03-01")!.adding(days: Int(random.next() % 30))), notice(&random, at: cell),
      notice(&random, at: cell), notice(&random, at: cell),
      World.powers(of: World.township, lent: true, from: Date("2026-03-01")!.adding(days: Int(random.next() % 30))),
    ]
    return (random.pick(commands), random.pick(["to", "to", "co", "vs"]))
  }

  /// Something that goes down the grid, or becomes of it.
  private static func notice(_ random: inout SplitMix64, at cell: GridCode) -> Command {
    let id = 1 + random.next() % 4
    let (kind, enterprise): (NoticeKind, UInt64?) = random.pick([(.task, nil), (.document, 1), (.document, nil)])
    return random.pick([
      .noticeIssue(
        IssueNotice(
          grid: World.township, kind: kind, title: "排查", to: enterprise == nil && random.chance(0.5) ? [cell] : [],
          level: enterprise == nil ? .cell : nil, enterpriseId: enterprise)),
      .noticeIssue(IssueNotice(grid: World.township, kind: .guidance, title: "指导", to: [cell])),
      .noticeReceive(ReceiveNotice(id: id, grid: cell)),
      .noticeComplete(CompleteNotice(id: id, grid: cell, result: "已办")),
      .noticeWithdraw(WithdrawNotice(id: id, note: "有误")),
    ])
  }

  private static func strip(_ random: inout SplitMix64) -> [Ring] {
    let (west, width) = (Int32(random.next() % 12), Int32(1 + random.next() % 2))
    let corners: [(Int32, Int32)] = [
      (west, 0), (west + width, 0), (west + width, 9), (west, 9), (west, 0),
    ]
    return [
      Ring(
        vertices: corners.map { Vertex(longitude: 1_138_000_000 + $0 * 100_000, latitude: 292_000_000 + $1 * 100_000) })
    ]
  }

  /// Something that happens to the listing of a major hazard, mostly by somebody who may.
  private static func listingAct(_ random: inout SplitMix64, _ hazard: Hazard) -> (command: Command, person: String) {
    let number = hazard.number
    let note = ListingNote(number: number, note: random.chance(0.8) ? "说明" : "")
    let until = (hazard.dueAt ?? hazard.submittedAt).localDate.adding(days: Int(random.next() % 90))
    let approval = ApproveListing(number: number, until: until, document: "安委〔2026〕3号", measures: [.stopPart])
    let decision = DecideListingExtension(number: number, granted: random.chance(0.5))
    let commands: [Command] = [
      .listingPropose(ProposeListing(number: number, item: "重大隐患", responsible: "甲厂")), .listingApprove(approval),
      .listingApprove(approval), .listingRefuse(note),
      .listingLift(LiftListing(number: number, level: random.pick([.city, .province]), note: "提级")),
      .listingRequestExtension(ExtendListing(number: number, until: until, note: "工期")),
      .listingDecideExtension(decision), .listingRequestReview(note), .listingPassReview(note),
      .listingFailReview(FailListingReview(number: number, note: "未消除")), .listingRelist(approval),
      .listingPublish(note),
    ]
    let command = random.pick(commands)
    let person =
      switch command {
      case .listingRequestExtension, .listingRequestReview: random.pick(["en", "cd"])
      default: random.pick(["co", "co", "co2", "cd"])
      }
    return (command, person)
  }

  /// The credit code of whoever has one.
  private static let code = "91421222MA40006370"
  private static let otherCode = "914403001922038216"

  /// Something that the county's own office does: people and their departments, tokens, another edition of profile or divisions.
  private static func officeAct(_ random: inout SplitMix64) -> (command: Command, person: String) {
    var person = random.pick(World.people)
    let department = random.pick([nil, "应急管理局", "消防救援大队"] as [String?])
    for index in person.grants.indices where person.grants[index].role == .departmentOfficer {
      person.grants[index].department = department
    }
    if random.chance(0.2) { person.grants[0].to = Date("2026-03-02")!.adding(days: Int(random.next() % 60)) }
    var profile = World.profile
    profile.edition = "\(random.next() % 1000)"
    profile.hazard.warnPercent = UInt32(10 + random.next() % 30)
    profile.dishonesty?.restartOnRestore = random.chance(0.5)
    profile.dishonesty?.measures = [StandingMeasure(measure: .moreInspections, department: "应急管理局")]
    let edition = UInt32(2 + random.next() % 3)
    let village = DivisionRow(code: "42122210000\(3 + random.next() % 3)", name: "新社区", level: 5)
    let rows = (World.divisions + [village]).sorted { $0.code < $1.code }
    let token = UInt8(random.next() % 4)
    let tokenID = String(repeating: "0\(token)", count: 8)
    return random.pick([
      (.personPut(PutPersons(persons: [person])), "admin"),
      (.personPut(PutPersons(persons: [person], keepUnsaid: true)), "admin"),
      (.tokenCreate(CreateToken(hash: [UInt8](repeating: token, count: 32), person: person.id, days: 30)), "admin"),
      (.tokenRevoke(RevokeToken(id: tokenID)), "admin"),
      (.adminActivateProfile(ActivateProfile(profile: profile)), "admin"),
      (.gridOpenEdition(OpenEdition(name: "新版")), "admin"),
      (.gridStageDivisions(StageDivisions(edition: edition, rows: rows)), "admin"),
      (.gridActivateEdition(ActivateEdition(edition: edition, rowCount: UInt64(rows.count))), "admin"),
    ])
  }

  /// Something that happens to an object of the ledger, mostly by somebody who may. Not to the first one, of which the
  /// reports are.
  private static func ledgerAct(_ random: inout SplitMix64) -> (command: Command, person: String) {
    let id = 2 + random.next() % 6
    let note = EnterpriseNote(id: id, note: random.chance(0.8) ? "说明" : "")
    let grid = random.pick([World.cell, World.village, World.otherVillage])
    let (uscc, siteOf): (String?, String?) = random.pick([(nil, nil), (Self.code, nil), (nil, Self.code)])
    let row = EnterpriseRow(
      uscc: uscc, name: random.pick(["丁厂", "戊厂", "百货店"]), type: .smallShop, grid: grid,
      riskLevel: random.pick(RiskLevel.allKnown),
      responsibleDepartment: random.chance(0.7) ? "商务局" : "",
      registered: random.pick([nil, World.otherTownship, World.county]), siteOf: siteOf)
    var told = row
    if random.chance(0.3) { told.member = random.pick(["gm", "gm2"]) }
    if random.chance(0.3) { (told.supervision, told.directGround) = (.direct, .highRisk) }
    if random.chance(0.2) { told.supervision = .grid }
    let newCode = random.chance(0.3) ? random.pick([Self.code, Self.otherCode]) : nil
    let decision = DecideRelocation(id: id, grid: grid, note: "说明")
    let flags = EnterpriseFlags(flags: [random.pick(EnterpriseFlag.allKnown)])
    let dossier = PutEnterpriseDossier(
      id: id, size: random.chance(0.5) ? .small : nil, facilities: random.chance(0.5) ? "消火栓2个" : "",
      disposalPlan: random.chance(0.5) ? "疏散、断电" : "")
    let commands: [(Command, String)] = [
      (.enterprisePutDossier(dossier), random.pick(["vs", "en2"])),
      (.enterpriseCollect(CollectEnterprise(grid: grid, object: row)), "vs"), (.enterpriseConfirm(note), "to"),
      (.enterpriseConfirm(note), "vs"), (.enterpriseReject(note), "vs"),
      (.enterpriseMerge(MergeEnterprise(id: id, into: 1 + random.next() % 7)), "to"),
      (
        .enterpriseUpdate(
          UpdateEnterprise(
            id: id, name: row.name, standardization: random.pick([nil] + Standardization.allKnown), flags: flags,
            uscc: newCode)), "cd"
      ),
      (
        .enterpriseProposeUpdate(UpdateEnterprise(id: id, name: row.name, riskLevel: row.riskLevel, uscc: newCode)),
        "gm"
      ),
      (.enterpriseConfirmUpdate(note), "vs"), (.enterpriseRefuseUpdate(note), "vs"),
      (.enterpriseAssign(AssignEnterprise(id: id, member: "gm", department: "商务局")), "vs"),
      (.enterpriseImport(ImportEnterprises(rows: [told])), "admin"),
      (
        .organizationPut(
          PutOrganization(
            grid: random.pick([World.county, World.township]), name: random.pick(["应急管理局", "商务局", "消防救援大队"]),
            kind: random.chance(0.8) ? .department : .station, to: random.chance(0.3) ? Date("2026-03-20")! : nil)),
        "co"
      ),
      (.enterpriseSuspend(note), random.pick(["eo", "en2"])), (.enterpriseResume(note), "eo"),
      (.enterpriseRelocate(RelocateEnterprise(id: id, to: grid)), "vs"),
      (.enterpriseAcceptRelocation(decision), random.pick(["vs", "vs2", "to"])),
      (.enterpriseRefuseRelocation(decision), "vs2"),
      (.enterprisePutContact(PutEnterpriseContact(id: id, phone: random.chance(0.5) ? "13812345678" : nil)), "vs"),
      (.enterpriseSetDirect(SetDirect(id: id, ground: .highRisk, department: "应急管理局", note: "说明")), "em"),
      (.enterpriseUnsetDirect(UnsetDirect(id: id, member: "gm")), "cd"), (.enterpriseClose(note), "eo"),
    ]
    let (command, person) = random.pick(commands)
    return (command, random.chance(0.9) ? person : random.pick(World.people).id)
  }

  /// Something that has to be done again and again, or from which such a thing follows, mostly by somebody who may.
  private static func dutyAct(_ random: inout SplitMix64, _ hazards: [Hazard]) -> (command: Command, person: String) {
    let id = 1 + random.next() % 24
    let enterprise = 1 + random.next() % 3
    let number =
      hazards.isEmpty
      ? HazardNumber(grid: World.cell, date: Date("2026-03-02")!, sequence: 1) : random.pick(hazards).number
    let problem = PatrolProblem(severity: .general, urgency: .normal, description: "堵塞", photos: World.photos())
    let findings = ["1", "2", "3"].map { item in
      let isBad = random.chance(0.3)
      return PatrolFinding(
        item: item, result: isBad ? .problem : random.pick([.ok, .notApplicable]), note: random.chance(0.9) ? "已看" : "",
        problem: isBad ? problem : nil)
    }
    let patrol = RecordPatrol(
      id: id, findings: findings, outsideReason: random.chance(0.8) ? "无信号" : "", households: 3)
    let unplanned = RecordUnplanned(
      grid: place(&random, hazards), enterpriseId: random.chance(0.5) ? enterprise : nil, findings: findings,
      outsideReason: "无信号")
    func deed(_ deed: CadenceDeed) -> Command { .cadenceRecord(RecordCadence(enterpriseId: enterprise, deed: deed)) }
    let commands: [(Command, String)] = [
      (.gridPutFile(PutGridFile(code: place(&random, hazards), kind: .urbanCommunity)), "to"),
      (.enterpriseUpdate(UpdateEnterprise(id: enterprise, flags: EnterpriseFlags(flags: [.keyUnit]))), "cd"),
      (.cadenceRegister(RegisterCadence(enterpriseId: enterprise, account: "tc")), "vs"),
      (.patrolRecord(patrol), "vs"), (.patrolRecord(patrol), "vs"), (.patrolRecord(patrol), "gm"),
      (.patrolRecordUnplanned(unplanned), "vs"),
      (.patrolWaive(DutyNote(id: id, note: "停产")), random.pick(["vs", "to"])), (deed(.login(Empty())), "en"),
      (deed(.selfCheck(SelfCheck(zeroReport: true))), "en"), (deed(.selfCheck(SelfCheck(hazards: [number]))), "en"),
      (deed(.uploadFix(UploadFix(number: number))), "en"),
    ]
    let (command, person) = random.pick(commands)
    return (command, random.chance(0.9) ? person : random.pick(World.people).id)
  }

  /// Something that happens to the credit of the enterprise.
  private static func creditCommand(_ random: inout SplitMix64, on date: Date) -> Command {
    let end = EndCreditRecord(enterpriseId: 1, ordinal: UInt32(random.next() % 6), basis: "决定书")
    let ofPerson = EndPersonCredit(id: random.next() % 6, basis: "决定书")
    return random.pick([
      .creditRecordPerson(
        RecordPersonCredit(
          enterpriseId: 1 + random.next() % 2, identityHash: [UInt8](repeating: UInt8(random.next() % 2), count: 32),
          name: "张三", kind: random.pick(CreditKind.allKnown), occurredOn: date, basis: "文号")),
      .creditRepairPerson(ofPerson), .creditRevokePerson(ofPerson),
      .creditRecord(
        RecordCredit(enterpriseId: 1, kind: random.pick(CreditKind.allKnown), occurredOn: date, basis: "文号")),
      .creditRepair(end), .creditRevoke(end),
    ])
  }

  /// Something that happens to one of the first cases for the dishonesty list, mostly by somebody who may.
  private static func dishonestyAct(
    _ random: inout SplitMix64, on date: Date
  ) -> (command: Command, person: String) {
    let id = random.next() % 4
    let note = DishonestyNote(id: id, note: random.chance(0.8) ? "说明" : "")
    let decision = DecideDishonesty(id: id, document: "通应急失信〔2026〕\(random.next() % 9)号")
    let isUnit = random.chance(0.3)
    let open = OpenDishonesty(
      enterpriseId: 1, subject: isUnit ? .unit : .person, name: isUnit ? "" : "张三",
      identityHash: isUnit ? [] : [UInt8](repeating: UInt8(random.next() % 2), count: 32),
      ground: random.pick(DishonestyGround.allKnown), penalty: "罚", penaltyOn: date, reason: "事由")
    let commands: [Command] = [
      .dishonestyOpen(open), .dishonestyNotify(note), .dishonestyNotify(note), .dishonestyDefend(note),
      .dishonestyEnter(decision), .dishonestyEnter(decision), .dishonestyDrop(note),
      .dishonestyApplyRemoval(ApplyRemoval(id: id, penaltiesDone: true, harmRemoved: true, note: "申请")),
      .dishonestyAcceptRemoval(note), .dishonestyGrantRemoval(decision), .dishonestyRefuseRemoval(note),
      .dishonestyRestore(decision), .dishonestyRevoke(decision), .dishonestyContest(note),
      .dishonestyOrderMeasure(
        OrderDishonestyMeasure(id: id, measure: random.pick(DishonestyMeasure.allKnown), department: "住建局")),
      .dishonestyFeedBackMeasure(FeedBackDishonestyMeasure(id: id, order: 1, feedback: "已落实")),
      .dishonestyRegister(note), .dishonestyPublish(note),
      .dishonestyRecordLegacy(
        RecordLegacyListing(
          enterpriseId: 1, subject: open.subject, name: open.name, identityHash: open.identityHash,
          conduct: random.pick(LegacyConduct.allKnown), document: "文号",
          publishedOn: date.adding(months: -Int(random.next() % 24)))),
    ]
    return (random.pick(commands), random.pick(["em", "em", "em", "en", "cd"]))
  }

  /// Something that happens to a report of the public, mostly by somebody who may.
  ///
  /// - Parameter reports: those that there are; mostly what the workflow allows next then happens to one of them. When it
  ///   is not known, anything to one of the first.
  package static func reportAct(
    _ random: inout SplitMix64, _ hazards: [Hazard], _ reports: [PublicReport] = []
  ) -> (command: Command, person: String) {
    let known = reports.isEmpty || random.chance(0.1) ? nil : random.pick(reports)
    let rows = ReportWorkflow.table.filter { ![.daemon, .clock].contains($0.who) }
    // A report that is over can only be revealed.
    let next = rows.filter { row in known.map { row.from.contains($0.state) && row.event != .reveal } ?? true }
    let event = random.pick(next.isEmpty ? rows : next).event
    let command = reportCommand(event, known, known?.id ?? 1 + random.next() % 4, &random, hazards)
    let person: [String] =
      switch event {
      case .extend, .verify, .dismiss: ["cd", "cd", "co"]
      case .approveReward, .declineReward: ["em", "co2"]
      default: ["desk", "desk", "em"]
      }
    return (command, random.chance(0.9) ? random.pick(person) : random.pick(World.people).id)
  }

  private static func reportCommand(
    _ event: ReportEvent, _ known: PublicReport?, _ id: UInt64, _ random: inout SplitMix64, _ hazards: [Hazard]
  ) -> Command {
    let note = ReportNote(id: id, note: random.chance(0.9) ? "说明" : "")
    let assign = AssignReport(id: id, department: "应急管理局")
    let code = [UInt8](repeating: 3, count: 32)
    switch event {
    case .accept: return .reportAccept(assign)
    case .refuse: return .reportRefuse(note)
    case .transfer: return .reportTransfer(assign)
    case .extend: return .reportExtend(note)
    case .verify:
      let other = random.chance(0.4) ? 1 + random.next() % 6 : nil
      let opens = other == nil && (known?.hazard == nil || random.chance(0.2))
      let opened = World.report(source: .publicReport, grid: place(&random, hazards))
      let joins = !opens && random.chance(0.4) && !hazards.isEmpty ? random.pick(hazards).number : nil
      return .reportVerify(
        VerifyReport(id: id, sameAs: other, case: opens ? opened : nil, note: "属实", joins: joins))
    case .dismiss: return .reportDismiss(note)
    case .answer: return .reportAnswer(note)
    case .object: return .reportObject(note)
    case .proposeReward:
      let isByDeaths = known.map { $0.kind == .concealedAccident } ?? random.chance(0.3)
      return .reportProposeReward(
        isByDeaths
          ? ProposeReward(
            id: id, concealedDeaths: UInt32(1 + random.next() % 30), grade: random.pick(AccidentGrade.allKnown),
            basis: "文号")
          : ProposeReward(id: id, fine: Fen(Int64(random.next() % 1_000_000_000)), basis: "文号"))
    case .approveReward:
      return .reportApproveReward(ApproveReward(id: id, secondPerson: random.pick(["co", "em"]), document: "文号"))
    case .declineReward: return .reportDeclineReward(note)
    case .claim: return .reportClaim(ClaimReward(id: id, codeHash: code))
    case .reveal: return .reportReveal(note)
    default:
      return .reportReceive(
        ReceiveReport(
          kind: random.pick(ReportKind.allKnown), channel: random.pick(ReportChannel.allKnown),
          grid: place(&random, hazards), description: "举报", deaths: random.chance(0.1) ? 1 : 0, codeHash: code,
          sealedReporter: random.chance(0.8) ? [1, 2, 3] : []))
    }
  }

  private static func command(
    _ event: HazardEvent, _ hazard: Hazard, other: HazardNumber, _ random: inout SplitMix64
  ) -> Command {
    let number = hazard.number
    let version = random.chance(0.1) ? hazard.version - random.next() % 2 : nil
    let note = HazardNote(number: number, expectedVersion: version, note: random.chance(0.8) ? "说明" : "")
    let person = random.pick(["en", "en", "gm", "vs", "nobody"])
    let severity: HazardSeverity = random.chance(0.5) ? .major : .general
    switch event {
    case .file: return .hazardFile(FileHazard(number: number, severity: random.chance(0.2) ? severity : nil))
    case .decline: return .hazardDecline(note)
    case .progress: return .hazardProgress(note)
    case .urge: return .hazardUrge(note)
    case .attend: return .hazardAttend(note)
    case .handOver:
      return .hazardHandOver(
        HandOverTasks(
          grid: random.pick([World.county, World.township]), from: random.pick([hazard.assignee ?? "en", "gm"]),
          to: person,
          note: "离职", leaves: random.chance(0.5)))
    case .merge: return .hazardMerge(MergeHazard(number: number, into: other))
    case .dispatch: return .hazardDispatch(DispatchHazard(number: number, assignee: person))
    case .claim: return .hazardClaim(note)
    case .returnTask:
      return .hazardReturnTask(
        ReturnHazard(
          number: number, expectedVersion: version, note: note.note, department: random.chance(0.3) ? "应急管理局" : nil))
    case .arbitrate:
      return .hazardArbitrate(
        ArbitrateHazard(
          number: number, expectedVersion: version, assignee: person,
          department: random.chance(0.5) ? random.pick(["应急管理局", "消防救援大队"]) : nil, note: "职责"))
    case .entrust: return .hazardEntrust(note)
    case .reassign: return .hazardReassign(DispatchHazard(number: number, assignee: person))
    case .regrade:
      return .hazardRegrade(RegradeHazard(number: number, severity: severity, note: "x"))
    case .requestExtension:
      let until = (hazard.dueAt ?? hazard.submittedAt).adding(milliseconds: Int64(random.next() % 8) * 86_400_000)
      return .hazardRequestExtension(RequestExtension(number: number, until: until, note: "x"))
    case .decideExtension: return .hazardDecideExtension(DecideExtension(number: number, granted: random.chance(0.5)))
    case .transferEnforcement: return .hazardTransferEnforcement(note)
    case .feedback:
      return .hazardFeedback(
        HazardFeedback(
          number: number, result: "好", evidence: World.photos(Int(random.next() % 3)),
          assessment: random.chance(0.7) ? "已评估" : nil))
    case .verifyPass:
      return .hazardVerifyPass(
        VerifyHazard(number: number, expectedVersion: version, note: note.note, onSite: random.chance(0.8)))
    case .verifyFail: return .hazardVerifyFail(note)
    case .park: return .hazardPark(note)
    case .unpark: return .hazardUnpark(note)
    case .object: return .hazardObject(note)
    case .confirm: return .hazardConfirm(note)
    case .reject: return .hazardReject(note)
    case .escalate: return .hazardEscalate(note)
    case .terminate: return .hazardTerminate(note)
    case .reopen: return .hazardReopen(note)
    case .void: return .hazardVoid(VoidHazard(number: number, note: "x"))
    case .plan:
      let plan = RectificationPlan(
        target: "a", method: "b", responsible: "c", timeLimit: Date("2026-12-31")!, safetyMeasures: "d")
      return .hazardPlan(PlanHazard(number: number, plan: plan))
    default: return .hazardForwardUp(note)
    }
  }
}
