import Bytes
package import Domain
package import Records
package import Scalars

/// A small county over the model, in which people act: what the engine does around the rules, without disk or threads.
package struct World {
  package var model = Model()
  package var time = Instant("2026-03-02T08:30:00+08:00")!
  package private(set) var sequence: UInt64 = 0

  package static let county = GridCode("421222000000000")!
  package static let township = GridCode("421222100000000")!
  package static let otherTownship = GridCode("421222101000000")!
  package static let village = GridCode("421222100001000")!
  package static let otherVillage = GridCode("421222100002000")!
  package static let cell = GridCode("421222100001001")!
  package static let otherCell = GridCode("421222101001001")!

  /// One county, two townships, three villages, cells, people of every role, three enterprises.
  package init(profile: Profile = World.profile) throws(Refusal) {
    for (command, person) in Self.founding(profile) { _ = try act(command, by: person) }
  }

  /// The commands that make it, and who gives them; without a person the daemon does.
  package static func founding(_ profile: Profile = World.profile) -> [(command: Command, person: String?)] {
    let cells = [(village, cell), (otherCell.parent!, otherCell)].map { village, cell in
      Command.gridPutCells(PutCells(village: village, cells: [CellRow(code: cell, name: "第一网格")]))
    }
    let enterprises = ["甲", "乙", "丙"].map { name in
      EnterpriseRow(
        name: "\(name)厂", type: .enterprise, grid: cell, riskLevel: .yellow, responsibleDepartment: "应急管理局",
        source: "test")
    }
    let byAdministrator =
      [
        .gridOpenEdition(OpenEdition(name: "test")), .gridStageDivisions(StageDivisions(edition: 1, rows: divisions)),
        .gridActivateEdition(ActivateEdition(edition: 1, rowCount: UInt64(divisions.count))),
      ] + cells + [
        .enterpriseImport(ImportEnterprises(rows: enterprises)), .personPut(PutPersons(persons: people)),
      ]
    return [(.adminActivateProfile(ActivateProfile(profile: profile)), nil)] + byAdministrator.map { ($0, "admin") }
  }

  package static let divisions: [DivisionRow] = [
    DivisionRow(code: "42", name: "湖北省", level: 1), DivisionRow(code: "421222", name: "通城县", level: 3),
    DivisionRow(code: "421222100", name: "隽水镇", level: 4), DivisionRow(code: "421222101", name: "麦市镇", level: 4),
    DivisionRow(code: "421222100001", name: "雁塔社区", level: 5),
    DivisionRow(code: "421222100002", name: "银城社区", level: 5),
    DivisionRow(code: "421222101001", name: "麦市社区", level: 5),
  ]

  package static let people: [Person] = [
    person("gm", .gridMember, cell), person("gm2", .gridMember, otherCell), person("vs", .villageOfficer, village),
    person("vs2", .villageOfficer, otherVillage), person("to", .townshipOfficer, township),
    person("cd", .departmentOfficer, county), person("fd", .departmentOfficer, county, department: "消防救援大队"),
    person("em", .emergencyBureau, county),
    person("co", .committeeOffice, county), person("co2", .committeeOffice, county),
    person("cmd", .commandCentre, county), person("eo", .enforcementOfficer, county),
    person("desk", .publicDesk, county), person("auditor", .auditor, nil),
    person("en", .enterprise, cell, enterprise: 1), person("en2", .enterprise, cell, enterprise: 2),
  ]

  private static func person(
    _ id: String, _ role: Role, _ grid: GridCode?, enterprise: UInt64? = nil, department: String? = nil
  ) -> Person {
    Person(id: id, name: id, grants: [Grant(role: role, grid: grid, department: department)], enterpriseId: enterprise)
  }

  /// Who may act for everybody, as the local administrator may.
  package static let gateway = Principal(
    name: "uid:0", grants: [Grant(role: .administrator), Grant(role: .delegate), Grant(role: .auditor)])

  /// Decides one command; nothing of a refused one remains. Without a person the daemon itself acts; "admin" is the
  /// gateway as itself.
  @discardableResult
  package mutating func act(_ command: Command, by person: String? = nil) throws(Refusal) -> Outcome {
    do throws(Refusal) {
      do throws(RecordFault) { try command.request.check() } catch { throw Refusal(error) }
      let principal = person == nil ? Principal.system : Self.gateway
      let caller = try resolveCaller(principal, actingFor: person == "admin" ? nil : person, at: time, in: model)
      try caller.authorize(command, in: model)
      let act = Act(time: time, caller: caller, method: command.method, sequence: sequence + 1)
      let outcome = try apply(command, act, to: &model)
      model.accept()
      sequence += 1
      return outcome
    } catch {
      model.discard()
      requireChinese(of: error, to: command, by: person)
      throw error
    }
  }

  /// Stops where a refusal's Chinese text says something in English. What its caller has said, and who is registered, it may
  /// name as they are.
  private func requireChinese(of refusal: Refusal, to command: Command, by person: String?) {
    let request = String(decoding: command.request.encoded(), as: UTF8.self)
    let foreign = refusal.englishInChinese.filter { word in
      !request.contains(word) && word != person
        && ((try? model.record(PersonsTable.self, .init(id: word))) ?? nil) == nil
    }
    precondition(foreign.isEmpty, "\(refusal.name) says \(foreign) in Chinese: \(refusal.message.chinese)")
  }

  package mutating func advance(days: Int = 0, hours: Int = 0) {
    time = time.adding(milliseconds: (Int64(days) * 24 + Int64(hours)) * 3_600_000)
  }

  /// Lets the clock look at everything that has fallen due.
  package mutating func expire() throws(Refusal) {
    while let due = try nextDue(limit: 100, in: model), due.at <= time { try act(due.command) }
  }

  package func hazard(_ number: HazardNumber) throws(Refusal) -> Hazard {
    guard let hazard = try model.record(HazardsByNumberIndex.self, .init(number: number)) else {
      throw .notFound(NotFound("hazard", "\(number)"))
    }
    return hazard
  }

  package func listing(_ number: HazardNumber) throws(Refusal) -> Listing? {
    try model.record(ListingsByNumberIndex.self, .init(number: number))
  }

  package func dishonesty(_ id: UInt64) throws(Refusal) -> DishonestyCase? {
    try model.record(DishonestyCasesTable.self, .init(id: id))
  }

  package func duty(_ id: UInt64) throws(Refusal) -> Duty? { try model.record(DutiesTable.self, .init(id: id)) }

  package func publicReport(_ id: UInt64) throws(Refusal) -> PublicReport? {
    try model.record(PublicReportsTable.self, .init(id: id))
  }

  package static func photos(_ count: Int = 1) -> [Attachment] {
    (0..<count).map { Attachment(sha256: [UInt8](repeating: UInt8($0 + 1), count: 32)) }
  }

  /// A report at the first enterprise.
  package static func report(
    severity: HazardSeverity = .general, source: HazardSource = .memberPatrol, grid: GridCode = cell,
    enterprise: UInt64? = 1, photos: Int = 2, urgency: HazardUrgency = .normal, isAnother: Bool = true
  ) -> SubmitHazard {
    SubmitHazard(
      source: source, enterpriseId: enterprise, grid: grid, class: "消防", domain: .fire, severity: severity,
      urgency: urgency, description: "消防通道堵塞", photos: Self.photos(photos), isAnother: isAnother)
  }

  private static var listing: ListingRules {
    ListingRules(
      decide: Term(5, .workingDay), termMax: Term(60, .day), extensionBefore: Term(3, .workingDay),
      extensionDecide: Term(2, .workingDay), review: Term(10, .day), publish: Term(6, .workingDay),
      levels: [
        ListingLevel(majorGrade: 4, level: .county), ListingLevel(majorGrade: 3, level: .city),
        ListingLevel(majorGrade: 2, level: .province),
      ])
  }

  private static var fiveFixed: GridRules {
    GridRules(
      posts: [
        GridPost(name: "网格员", role: .gridMember, levels: [.cell]), GridPost(name: "联系干部", levels: [.cell]),
        GridPost(name: "挂点领导"),
      ], duties: [GridTerm(key: "信息员")], tasks: [GridTerm(key: "巡查")], rewards: [GridTerm(key: "考核")],
      deviceLevels: [.cell])
  }

  private static var workload: WorkloadRules {
    WorkloadRules(
      object: 10, risks: [RiskPoints(level: .red, points: 40), RiskPoints(level: .yellow, points: 7)],
      sizes: [SizePoints(employeesMin: 50, points: 5), SizePoints(employeesMin: 300, points: 16)],
      flags: [FlagPoints(flag: .keyUnit, points: 20), FlagPoints(flag: .threeInOne, points: 13)], openCase: 9, patrol: 4
    )
  }

  private static var dishonesty: DishonestyRules {
    DishonestyRules(
      listTerm: Term(3, .year), earlyAfter: Term(12, .month), defence: Term(10, .workingDay),
      accept: Term(5, .workingDay), decide: Term(20, .workingDay), enter: Term(3, .workingDay),
      publish: Term(19, .workingDay), removeSystem: Term(4, .workingDay), removePublic: Term(9, .workingDay),
      legacyTerm: Term(1, .year))
  }

  /// Cells are walked through every twenty days, key units every six.
  private static var patrol: PatrolRules {
    let items = [
      ChecklistItem(code: "1", text: "消防通道", class: "消防", domain: .fire, required: true),
      ChecklistItem(code: "2", text: "粉尘清扫", class: "粉尘涉爆", domain: .production, required: true, evidence: true),
      ChecklistItem(code: "3", text: "其他", class: "消防", domain: .publicSafety),
    ]
    return PatrolRules(
      periodCell: Term(20, .day), periodUnit: Term(6, .day), grace: Term(2, .day),
      checklists: [
        Checklist(name: "城镇", edition: "1", uses: [.cell], kinds: [.urbanCommunity], items: items),
        Checklist(name: "农村", edition: "0", uses: [.cell], kinds: [.rural], items: []),
        Checklist(name: "重点", edition: "1", uses: [.keyUnit], kinds: [], items: items),
      ], warnPercent: 25)
  }

  /// The rewards are those that the field's documents give.
  private static var report: ReportRules {
    let perDeath: [(AccidentGrade, Int64)] = [
      (.general, 30_000), (.larger, 40_000), (.serious, 50_000), (.extraSerious, 60_000),
    ]
    return ReportRules(
      accept: Term(2, .workingDay), investigate: Term(60, .day), extension: Term(30, .day), answer: Term(10, .day),
      claim: Term(61, .day),
      reward: RewardRules(
        percent: 15, least: Fen(300_000), most: Fen(30_000_000),
        perDeath: perDeath.map { DeathReward(grade: $0.0, amount: Fen($0.1 * 100)) }, mostForDeaths: Fen(30_000_000)),
      escalateEvery: Term(1, .workingDay))
  }

  package static let illegalActs = ["占用堵塞消防通道", "违章作业"]

  /// What is reported is an illegal act.
  package static func violation(by: Violation = .unit, identity: UInt8? = nil) -> SubmitHazard {
    var report = report()
    report.illegalAct = ReportedAct(
      by: by, act: illegalActs[0], identityHash: identity.map { [UInt8](repeating: $0, count: 32) })
    return report
  }

  /// A list of powers by which the county's bureau has power over fires of its own; of the township what it is lent.
  package static func powers(of grid: GridCode = county, lent: Bool = false, from: Date = Date("2026-03-01")!)
    -> Command
  {
    let delegation = Delegation(
      grid: county, office: "县应急管理局", document: "委托书1号", from: Date("2026-03-01")!, to: Date("2026-03-31")!)
    let item = PowerItem(
      code: "XF-1", kind: .power, name: "消防违法行为处理", classes: ["消防"], basis: "消防法",
      delegation: lent ? delegation : nil)
    let duty = PowerItem(code: "ZR-1", kind: .duty, name: "日常巡查", basis: "安全生产法")
    return .gridPublishPowers(
      PublishPowers(
        grid: grid, office: lent ? "隽水镇人民政府" : "县应急管理局", from: from, document: "公布1号", items: [item, duty]))
  }

  /// Every rule set, with numbers that differ from each other.
  package static var profile: Profile {
    var hazard = HazardRules()
    hazard.accept = Term(1, .workingDay)
    hazard.dispatch = Term(2, .workingDay)
    hazard.claim = Term(3, .workingDay)
    hazard.direct = Term(1, .hour)
    hazard.fixGeneral = Term(15, .day)
    hazard.fixUrgent = Term(1, .workingDay)
    hazard.fixEmergency = Term(2, .hour)
    hazard.plan = Term(5, .workingDay)
    hazard.planTermMax = Term(365, .day)
    hazard.verifyGeneral = Term(4, .workingDay)
    hazard.verifyMajor = Term(10, .day)
    hazard.reworkPercent = 50
    hazard.reworkTermMin = Term(1, .workingDay)
    hazard.extensionBefore = Term(1, .workingDay)
    hazard.extensionsMax = 1
    hazard.returnsMax = 2
    hazard.duplicates = DuplicateRules(metres: 50, within: Term(24, .hour))
    hazard.reworksMax = 2
    hazard.reopenWindow = Term(90, .day)
    hazard.parkReview = Term(30, .day)
    hazard.escalateEvery = Term(1, .workingDay)
    hazard.photosMin = 1
    hazard.warnPercent = 20
    hazard.warnLeast = Term(4, .hour)
    hazard.extensionDecide = Term(2, .workingDay)
    hazard.object = Term(5, .workingDay)
    hazard.confirm = Term(3, .workingDay)
    hazard.classes = [HazardClass(name: "消防"), HazardClass(name: "粉尘涉爆", fix: Term(5, .workingDay))]
    var credit = CreditRuleset(name: "CR-T", window: Term(12, .month))
    credit.baseUnratedTenths = 600
    credit.baseLevel3Tenths = 700
    credit.baseLevel2Tenths = 800
    credit.baseLevel1Tenths = 900
    credit.points = CreditKind.allKnown.map { CreditPoints(kind: $0, pointsTenths: -10) }
    credit.points[0] = CreditPoints(kind: .hazardOverdue, pointsTenths: -20, capTenths: -50)
    credit.points[10] = CreditPoints(kind: .selfReported, pointsTenths: 5, capTenths: 10)
    (credit.gradeATenths, credit.gradeBTenths, credit.gradeCTenths) = (900, 750, 600)
    let year = CalendarYear(
      year: 2026, holidays: [Date("2026-04-04")!, Date("2026-04-05")!, Date("2026-04-06")!],
      workdays: [Date("2026-03-14")!])
    return Profile(
      name: "test", edition: "1", hazard: hazard, credit: credit,
      calendar: Calendar(years: [year], unlistedYears: .weekends), listing: listing, dishonesty: dishonesty,
      fiveFixed: fiveFixed,
      ledger: LedgerRules(accept: Term(5, .workingDay), keyUnitDossier: [.facilities, .disposalPlan]),
      patrol: patrol,
      cadence: CadenceRules(
        login: Term(7, .day), selfCheck: Term(15, .day), uploadFix: Term(30, .day), grace: Term(1, .workingDay),
        warnPercent: 50),
      report: report, workload: workload, illegalActs: illegalActs)
  }
}
