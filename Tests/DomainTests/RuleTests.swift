import Domain
import Records
import Scalars
import Support
import Testing

@Suite struct CalendarTests {
  /// National Day 2025 with its make-up workdays, as announced.
  private static let autumn2025 = WorkingCalendar(
    Calendar(
      years: [
        CalendarYear(
          year: 2025, holidays: (1...8).map { Date("2025-10-0\($0)")! },
          workdays: [Date("2025-09-28")!, Date("2025-10-11")!])
      ], unlistedYears: .refuse))

  @Test(arguments: [
    // The autumn holidays of 2025: 28 September is worked, 1 to 8 October are not.
    ("2025-09-26T10:00:00+08:00", "5wd", "2025-10-10"), ("2025-09-26T10:00:00+08:00", "1wd", "2025-09-28"),
    ("2025-09-30T23:59:59+08:00", "1wd", "2025-10-09"), ("2025-10-10T00:00:00+08:00", "1wd", "2025-10-11"),
    ("2025-10-10T00:00:00+08:00", "2wd", "2025-10-13"),
    // A term in natural days that would end on a rest day ends on the next working day (Civil Code 203).
    ("2025-09-26T10:00:00+08:00", "5d", "2025-10-09"), ("2025-09-26T10:00:00+08:00", "2d", "2025-09-28"),
    ("2025-09-05T10:00:00+08:00", "1m", "2025-10-09"), ("2025-09-22T10:00:00+08:00", "0d", "2025-09-22"),
    // The day counts in China, not in UTC.
    ("2025-09-21T16:30:00Z", "1d", "2025-09-23"),
  ])
  func `terms end at the end of their last day in China`(start: String, term: String, end: String) throws {
    let due = try Self.autumn2025.due(Term(term)!, from: Instant(start)!)
    #expect(due == Instant(endOf: Date(end)!))
  }

  @Test func `hours are clock hours`() throws {
    let due = try Self.autumn2025.due(Term("2h")!, from: Instant("2025-10-01T23:00:00+08:00")!)
    #expect(due == Instant("2025-10-02T01:00:00+08:00"))
  }

  @Test(arguments: [
    // 8:30 to 12:00 and 14:30 to 17:30 on working days; 28 September is one, 1 to 8 October are not.
    ("2025-09-26T09:00:00+08:00", "1wh", "2025-09-26T10:00:00+08:00"),
    ("2025-09-26T09:00:00+08:00", "3wh", "2025-09-26T12:00:00+08:00"),
    ("2025-09-26T11:30:00+08:00", "1wh", "2025-09-26T15:00:00+08:00"),
    ("2025-09-26T05:00:00+08:00", "1wh", "2025-09-26T09:30:00+08:00"),
    ("2025-09-26T17:00:00+08:00", "5wh", "2025-09-28T15:30:00+08:00"),
    ("2025-09-30T23:00:00+08:00", "1wh", "2025-10-09T09:30:00+08:00"),
    ("2025-10-04T10:00:00+08:00", "13wh", "2025-10-10T17:30:00+08:00"),
    ("2025-10-04T10:00:00+08:00", "0wh", "2025-10-04T10:00:00+08:00"),
  ])
  func `working hours are those of working days`(start: String, term: String, end: String) throws {
    let hours = [WorkedHours(from: "08:30", to: "12:00"), WorkedHours(from: "14:30", to: "17:30")]
    let calendar = WorkingCalendar(
      Calendar(
        years: [
          CalendarYear(
            year: 2025, holidays: (1...8).map { Date("2025-10-0\($0)")! },
            workdays: [Date("2025-09-28")!, Date("2025-10-11")!])
        ], unlistedYears: .refuse, hours: hours))
    #expect(try calendar.due(Term(term)!, from: Instant(start)!) == Instant(end))
    #expect(throws: Refusal.self) { try Self.autumn2025.due(Term("1wh")!, from: Instant(start)!) }
  }

  @Test func `a year without a calendar is refused, or taken by weekends if the profile says so`() throws {
    #expect(throws: Refusal.self) { try Self.autumn2025.due(Term("1wd")!, from: Instant("2025-12-31T10:00:00+08:00")!) }
    let lenient = WorkingCalendar(Calendar(unlistedYears: .weekends))
    #expect(
      try lenient.due(Term("1wd")!, from: Instant("2027-01-01T10:00:00+08:00")!) == Instant(endOf: Date("2027-01-04")!))
  }
}

@Suite struct GridTests {
  private func refusal(_ body: () throws(Refusal) -> Void) -> String? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error.message.english
    }
  }

  private func stage(_ rows: [DivisionRow]) throws -> String? {
    var world = try World()
    try world.act(.gridOpenEdition(OpenEdition(name: "next")), by: "admin")
    return refusal { () throws(Refusal) in
      try world.act(.gridStageDivisions(StageDivisions(edition: 2, rows: rows)), by: "admin")
    }
  }

  @Test func `rows that are no divisions are refused with their place`() throws {
    let good = DivisionRow(code: "421222102", name: "塘湖镇", level: 4)
    #expect(try stage([good]) == nil)
    #expect(
      try stage([good, DivisionRow(code: "421222103001", name: "x", level: 5)])
        == "Row 1: code 421222103001 has no parent: grid 421222103000000 is unknown")
    #expect(
      try stage([DivisionRow(code: "421222102", name: "x", level: 5)])
        == "Row 0: code 421222102 has 9 digits; level 5 has 12")
    #expect(try stage([DivisionRow(code: "421222000", name: "x", level: 4)]) == "Row 0: code 421222000 ends in 000")
    #expect(try stage([good, good]) == "Row 1: code 421222102 stands twice in this edition")
    #expect(try stage([DivisionRow(code: "991222", name: "x", level: 3)])?.contains("province") == true)
    // A parent may stand in the same edition.
    #expect(try stage([good, DivisionRow(code: "421222102001", name: "x", level: 5)]) == nil)
  }

  @Test func `an edition shows nothing before it is active, and renames when it is`() throws {
    var world = try World()
    try world.act(.gridOpenEdition(OpenEdition(name: "next")), by: "admin")
    let rows = [
      DivisionRow(code: "421222", name: "新通城县", level: 3), DivisionRow(code: "421222102", name: "塘湖镇", level: 4),
    ]
    try world.act(.gridStageDivisions(StageDivisions(edition: 2, rows: rows)), by: "admin")
    let added = GridCode("421222102000000")!
    #expect(try currentGrid(World.county, in: world.model)?.name == "通城县")
    #expect(try currentGrid(added, in: world.model) == nil)
    #expect(
      refusal { () throws(Refusal) in
        try world.act(.gridActivateEdition(ActivateEdition(edition: 2, rowCount: 3)), by: "admin")
      } == "Edition 2: it has 2 rows, not 3.")
    try world.act(.gridActivateEdition(ActivateEdition(edition: 2, rowCount: 2)), by: "admin")
    #expect(try currentGrid(World.county, in: world.model)?.name == "新通城县")
    #expect(try currentGrid(added, in: world.model)?.level == .township)
    // What the new edition does not mention stays.
    #expect(try currentGrid(World.village, in: world.model)?.edition == 1)
    #expect(
      refusal { () throws(Refusal) in
        try world.act(.gridStageDivisions(StageDivisions(edition: 2, rows: rows)), by: "admin")
      } == "Edition 2: it is active already.")
  }

  @Test func `children are listed level by level, page by page`() throws {
    let world = try World()
    func codes(_ parent: GridCode?, after: GridCode? = nil, limit: Int = 10) throws(Refusal) -> [GridCode] {
      try childGrids(of: parent, after: after, retired: false, limit: limit, in: world.model).map(\.code)
    }
    #expect(try codes(nil) == [World.county])
    #expect(try codes(World.county) == [World.township, World.otherTownship])
    #expect(try codes(World.county, limit: 1) == [World.township])
    #expect(try codes(World.county, after: World.township) == [World.otherTownship])
    #expect(try codes(World.township) == [World.village, World.otherVillage])
    #expect(try codes(World.village) == [World.cell])
    #expect(try codes(World.cell) == [])
  }

  @Test func `cells belong to their village`() throws {
    var world = try World()
    func put(_ village: GridCode, _ codes: [GridCode]) -> String? {
      refusal { () throws(Refusal) in
        try world.act(
          .gridPutCells(PutCells(village: village, cells: codes.map { CellRow(code: $0, name: "x") })), by: "admin")
      }
    }
    #expect(put(World.village, [World.otherCell]) == "Row 0: 421222101001001 is no cell of village 421222100001000")
    #expect(
      put(World.village, [GridCode("421222100001002")!, GridCode("421222100001002")!])
        == "Row 1: 421222100001002 stands twice in the request")
    #expect(put(World.township, [World.cell]) == "village: 421222100000000 is a township")
    #expect(
      put(GridCode("421222100009000")!, [GridCode("421222100009001")!]) == "There is no active grid 421222100009000.")
    #expect(put(World.village, [World.cell, GridCode("421222100001002")!]) == nil)
  }

  @Test func `what counts over a country: counties without townships, and codes that end in 00`() throws {
    var world = try World()
    try world.act(.gridOpenEdition(OpenEdition(name: "odd")), by: "admin")
    let rows = [
      DivisionRow(code: "441900", name: "东莞市", level: 3), DivisionRow(code: "441900003", name: "东城街道", level: 4),
      DivisionRow(code: "130101", name: "市辖区", level: 3),
    ]
    try world.act(.gridStageDivisions(StageDivisions(edition: 2, rows: rows)), by: "admin")
    try world.act(.gridActivateEdition(ActivateEdition(edition: 2, rowCount: 3)), by: "admin")
    #expect(
      try childGrids(of: nil, after: nil, retired: false, limit: 9, in: world.model).map(\.name) == [
        "市辖区", "通城县", "东莞市",
      ])
    #expect(
      try childGrids(of: GridCode("441900000000000")!, after: nil, retired: false, limit: 9, in: world.model).map(
        \.name) == ["东城街道"])
    #expect(
      try childGrids(of: GridCode("130101000000000")!, after: nil, retired: false, limit: 9, in: world.model).isEmpty)
  }
}

@Suite struct EnterpriseTests {
  private func row(_ uscc: String?, name: String = "某厂", grid: GridCode = World.cell, acceptLegacy: Bool = false)
    -> EnterpriseRow
  {
    EnterpriseRow(
      uscc: uscc, name: name, type: .enterprise, grid: grid, riskLevel: .blue, acceptLegacy: acceptLegacy)
  }

  @Test func `an import tells what it will refuse, and refuses it`() throws {
    var world = try World()
    let rows = [
      row("91421222MA40006370"), row("91421222ma40006370"), row("914403001922038217"),
      row("914403001922038217", acceptLegacy: true), row("91421222MA4000047Y", grid: GridCode("421222100001009")!),
      row("91421222MA4000047X", grid: World.township), row(nil, name: "无证店"), row(nil, name: "无证店"),
    ]
    let faults = try importFaults(ImportEnterprises(rows: rows), on: world.time.localDate, in: world.model)
    #expect(faults.map(\.row) == [1, 2, 3, 4, 5, 7])
    #expect(faults[1].reason.contains("check character"))
    // All or nothing: the first fault refuses the call.
    let before = world.model.all(EnterprisesTable.self).count
    #expect(throws: Refusal.self) { try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin") }
    #expect(world.model.all(EnterprisesTable.self).count == before)
  }

  @Test func `an object is known again by its code, or by grid and name`() throws {
    var world = try World()
    func bring(_ rows: [EnterpriseRow]) throws(Refusal) -> ImportReceipt {
      guard
        case .enterpriseImport(let receipt) = try world.act(
          .enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
      else { preconditionFailure("no receipt") }
      return receipt
    }
    let rows = [row("91421222MA40006370"), row(nil, name: "小店"), row("91350211M0000XUF46", acceptLegacy: true)]
    #expect(try bring(rows) == ImportReceipt(created: 3))
    #expect(try bring(rows) == ImportReceipt(unchanged: 3))
    #expect(try bring([row("91421222ma40006370", name: "新名")]) == ImportReceipt(updated: 1))
    let found = try world.model.record(EnterprisesByUsccIndex.self, .init(uscc: USCC("91421222MA40006370")!))
    #expect(found?.name == "新名" && found?.usccStatus == .verified && found?.version == 2)
    let legacy = try world.model.record(EnterprisesByUsccIndex.self, .init(uscc: USCC("91350211M0000XUF46")!))
    #expect(legacy?.usccStatus == .legacyUnverified)
  }
}

@Suite struct AuthorityTests {
  @Test func `a delegate speaks only for people inside its own reach`() throws {
    let world = try World()
    func reason(_ principal: Principal, _ person: String) -> String? {
      do throws(Refusal) {
        _ = try resolveCaller(principal, actingFor: person, at: world.time, in: world.model)
        return nil
      } catch {
        return error.name
      }
    }
    let village = Principal(name: "app", grants: [Grant(role: .delegate, grid: World.village)])
    #expect(reason(village, "gm") == nil && reason(village, "vs") == nil)
    #expect(reason(village, "to") == "DelegationDenied" && reason(village, "auditor") == "DelegationDenied")
    #expect(reason(village, "nobody") == "DelegationDenied")
    #expect(reason(Principal(name: "plain", grants: [Grant(role: .administrator)]), "gm") == "DelegationDenied")
  }

  /// Every method against every role: inside its grid, above, beside.
  @Test func `no role reaches beyond its methods and its grid`() throws {
    for method in Method.allCases {
      for role in Role.allKnown {
        func allows(_ root: GridCode?, _ scope: GridScope) -> Bool {
          let caller = Caller(principal: "x", person: nil, grants: [Grant(role: role, grid: root)])
          do throws(Refusal) {
            try caller.authorize(method, in: scope)
            return true
          } catch {
            return false
          }
        }
        let isNamed = method.roles.isEmpty || method.roles.contains(role)
        #expect(allows(World.township, .grid(World.cell)) == isNamed, "\(method.name) \(role) inside")
        #expect(allows(World.cell, .grid(World.cell)) == isNamed)
        #expect(allows(nil, .grid(World.cell)) == isNamed)
        #expect(allows(nil, .region) == isNamed)
        #expect(!allows(World.cell, .grid(World.village)), "\(method.name) \(role) above")
        #expect(!allows(World.otherTownship, .grid(World.cell)), "\(method.name) \(role) beside")
        #expect(allows(World.county, .region) == method.roles.isEmpty, "\(method.name) \(role) region")
      }
      #expect(throws: Refusal.self, "\(method.name) without any grant") {
        try Caller(principal: "x", person: nil, grants: []).authorize(method, in: .grid(World.cell))
      }
    }
  }

  @Test func `nobody can be given the daemon's own role`() throws {
    var world = try World()
    let person = Person(id: "evil", name: "x", grants: [Grant(role: .system)])
    #expect(throws: Refusal.self) { try world.act(.personPut(PutPersons(persons: [person])), by: "admin") }
  }
}

@Suite struct MigrationTests {
  @Test func `each migration is made once, in its turn, and by the daemon alone`() throws {
    var world = try World()
    #expect(throws: Refusal.self) { try world.act(.adminMigrate(Migrate(number: 1)), by: "admin") }
    for number in 1...Migration.newest {
      for wrong in [number - 1, number + 1] {
        #expect(throws: Refusal.self, "\(wrong)") { try world.act(.adminMigrate(Migrate(number: wrong))) }
      }
      while case .adminMigrate(let progress) = try world.act(.adminMigrate(Migrate(number: number))), !progress.done {}
      #expect(throws: Refusal.self, "\(number) again") { try world.act(.adminMigrate(Migrate(number: number))) }
      #expect(try world.model.record(SchemaVersionTable.self, .init(id: 1))?.number == number)
    }
  }
}

@Suite struct ProfileTests {
  private func faults(_ change: (inout Profile) -> Void) -> [String] {
    var profile = World.profile
    change(&profile)
    return profileFaults(profile).map(\.description)
  }

  @Test func `contradictions in a profile are named`() {
    #expect(faults { _ in } == [])
    #expect(faults { $0.hazard.classes.append(HazardClass(name: "消防")) } == ["hazard.classes[2]: 消防 stands twice"])
    #expect(
      faults { $0.calendar.years[0].workdays = [Date("2026-03-16")!] }
        == ["calendar.years[0].workdays[0]: 2026-03-16 is no weekend, so it cannot be a make-up workday"])
    #expect(
      faults { $0.calendar.years[0].holidays.append(Date("2025-01-01")!) }
        == ["calendar.years[0].holidays[3]: 2025-01-01 does not lie in 2026"])
    #expect(
      faults { $0.calendar.years[0].workdays.append(Date("2026-04-05")!) }
        == ["calendar.years[0].workdays[1]: 2026-04-05 is a make-up workday and a holiday as well"])
    #expect(
      faults {
        $0.calendar.hours = [WorkedHours(from: "08:30", to: "12:00"), WorkedHours(from: "11:00", to: "17:00")]
      } == ["calendar.hours[1]: 11:00 to 17:00 are no hours behind those before"])
    #expect(
      faults { $0.ledger?.required = [.address, .phone, .address] } == ["ledger.required[2]: address stands twice"])
    #expect(
      faults {
        $0.names = LocalNames(steps: [
          LoopStep(chinese: "上报", states: [.reported, .filed, .dispatched, .rectifying, .fedBack]),
          LoopStep(chinese: "核查", states: [.closed, .filed]),
        ])
      } == ["names.steps[1].states[1]: filed belongs to 上报 already", "names.steps: no step has the state parked"])
    #expect(
      faults { $0.workload?.flags.append(FlagPoints(flag: .keyUnit, points: 1)) }.first?.hasSuffix(
        "key_unit stands twice") == true)
    #expect(faults { $0.credit.gradeATenths = 500 } == ["credit: the least scores of grades A, B and C do not descend"])
    #expect(
      faults { $0.credit.points[0].capTenths = 5 }
        == ["credit.points[0].capTenths: the cap of General hazard overdue has the other sign than its points"])
  }
}

@Suite struct VisibilityTests {
  @Test(arguments: ["a\0", "", String(repeating: "x", count: 65), String(repeating: "隐", count: 3000)])
  func `a person's name that nobody can have is refused, not looked up`(name: String) throws {
    let world = try World()
    #expect {
      _ = try resolveCaller(World.gateway, actingFor: name, at: world.time, in: world.model)
    } throws: { error in
      if case .delegationDenied? = error as? Refusal { true } else { false }
    }
  }

  @Test func `a cursor never widens a range`() {
    let range = KeyRange(from: [5, 0], through: [5, 9])
    #expect(range.after([1]) == range)
    #expect(range.after([5, 3]) == KeyRange(lower: [5, 3, 0], upper: [5, 10]))
    #expect(range.after([7]).lower == [7, 0] && range.after([7]).upper == [5, 10])
  }

  @Test func `an enterprise sees itself and its own cases only`() throws {
    let world = try World()
    let caller = try resolveCaller(World.gateway, actingFor: "en", at: world.time, in: world.model)
    let objects = world.model.all(EnterprisesTable.self).sorted { $0.id < $1.id }
    #expect(objects.map(caller.maySee) == [true, false, false])
    let officer = try resolveCaller(World.gateway, actingFor: "vs", at: world.time, in: world.model)
    #expect(objects.allSatisfy(officer.maySee))
  }
}
