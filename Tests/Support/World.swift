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
    let rows: [DivisionRow] = [
      DivisionRow(code: "42", name: "湖北省", level: 1), DivisionRow(code: "421222", name: "通城县", level: 3),
      DivisionRow(code: "421222100", name: "隽水镇", level: 4), DivisionRow(code: "421222101", name: "麦市镇", level: 4),
      DivisionRow(code: "421222100001", name: "雁塔社区", level: 5),
      DivisionRow(code: "421222100002", name: "银城社区", level: 5),
      DivisionRow(code: "421222101001", name: "麦市社区", level: 5),
    ]
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
        .gridOpenEdition(OpenEdition(name: "test")), .gridStageDivisions(StageDivisions(edition: 1, rows: rows)),
        .gridActivateEdition(ActivateEdition(edition: 1, rowCount: UInt64(rows.count))),
      ] + cells + [
        .enterpriseImport(ImportEnterprises(rows: enterprises)), .personPut(PutPersons(persons: people)),
      ]
    return [(.adminActivateProfile(ActivateProfile(profile: profile)), nil)] + byAdministrator.map { ($0, "admin") }
  }

  package static let people: [Person] = [
    person("gm", .gridMember, cell), person("gm2", .gridMember, otherCell), person("vs", .villageOfficer, village),
    person("vs2", .villageOfficer, otherVillage), person("to", .townshipOfficer, township),
    person("cd", .departmentOfficer, county), person("em", .emergencyBureau, county),
    person("co", .committeeOffice, county), person("co2", .committeeOffice, county),
    person("cmd", .commandCentre, county), person("eo", .enforcementOfficer, county),
    person("desk", .publicDesk, county), person("auditor", .auditor, nil),
    person("en", .enterprise, cell, enterprise: 1), person("en2", .enterprise, cell, enterprise: 2),
  ]

  private static func person(_ id: String, _ role: Role, _ grid: GridCode?, enterprise: UInt64? = nil) -> Person {
    Person(id: id, name: id, grants: [Grant(role: role, grid: grid)], enterpriseId: enterprise)
  }

  /// Who may act for everybody, as the local administrator may.
  package static let gateway = Principal(
    name: "uid:0", grants: [Grant(role: .administrator), Grant(role: .delegate), Grant(role: .auditor)])

  /// Decides one command; nothing of a refused one remains. Without a person the daemon itself acts; "admin" is the
  /// gateway as itself.
  @discardableResult
  package mutating func act(_ command: Command, by person: String? = nil) throws(Refusal) -> Outcome {
    do throws(Refusal) {
      do throws(RecordFault) { try command.request.check() } catch {
        throw .invalidArgument(InvalidArgument(field: error.path, reason: error.reason))
      }
      let principal = person == nil ? Principal.system : Self.gateway
      let caller = try resolveCaller(principal, actingFor: person == "admin" ? nil : person, in: model)
      try caller.authorize(command.method, in: try command.scope(in: model))
      let act = Act(time: time, caller: caller, method: command.method, sequence: sequence + 1)
      let outcome = try apply(command, act, to: &model)
      model.accept()
      sequence += 1
      return outcome
    } catch {
      model.discard()
      throw error
    }
  }

  package mutating func advance(days: Int = 0, hours: Int = 0) {
    time = time.adding(milliseconds: (Int64(days) * 24 + Int64(hours)) * 3_600_000)
  }

  /// Lets the clock look at everything that has fallen due.
  package mutating func expire() throws(Refusal) {
    while let due = try nextHazardTimer(in: model), due <= time {
      try act(.hazardExpire(ExpireHazards(limit: 100)))
    }
  }

  package func hazard(_ number: HazardNumber) throws(Refusal) -> Hazard {
    guard let hazard = try model.record(HazardsByNumberIndex.self, .init(number: number)) else {
      throw .notFound(NotFound(what: "hazard", id: "\(number)"))
    }
    return hazard
  }

  package static func photos(_ count: Int = 1) -> [Attachment] {
    (0..<count).map { Attachment(sha256: [UInt8](repeating: UInt8($0 + 1), count: 32)) }
  }

  /// A report at the first enterprise.
  package static func report(
    severity: HazardSeverity = .general, source: HazardSource = .memberPatrol, grid: GridCode = cell,
    enterprise: UInt64? = 1, photos: Int = 2, urgency: HazardUrgency = .normal
  ) -> SubmitHazard {
    SubmitHazard(
      source: source, enterpriseId: enterprise, grid: grid, class: "消防", domain: .fire, severity: severity,
      urgency: urgency, description: "消防通道堵塞", photos: Self.photos(photos))
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
    hazard.reworksMax = 2
    hazard.reopenWindow = Term(90, .day)
    hazard.parkReview = Term(30, .day)
    hazard.escalateEvery = Term(1, .workingDay)
    hazard.photosMin = 1
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
      calendar: Calendar(years: [year], unlistedYears: .weekends))
  }
}
