import Domain
import Example
import Records
import Scalars
import Support
import Testing

/// Every view against a count of its own, made from nothing but the records.
@Suite struct StatisticsTests {
  /// A world in which much has happened.
  private static func world(_ history: Int, acts: Int = 300) throws -> World {
    var random = SplitMix64(seed: testSeed(UInt64(700 + history)))
    var world = try World()
    for _ in 0..<acts {
      let (command, person) = Histories.act(&random, world.model.all(HazardsTable.self).sorted { $0.id < $1.id })
      if random.chance(0.1) {
        world.advance(hours: Int(random.next() % 60))
        try world.expire()
      }
      _ = try? world.act(command, by: person)
    }
    return world
  }

  /// Every node, retired ones included.
  /// Those of an active edition.
  private static func nodes(_ world: World) -> [GridCode] {
    let active = world.model.all(EditionsTable.self).filter { $0.state == .active }.map(\.id)
    return Set(world.model.all(GridsTable.self).filter { active.contains($0.edition) }.map(\.code)).sorted()
  }

  private static func isLiving(_ code: GridCode, _ world: World) -> Bool {
    !world.model.all(RetirementsTable.self).contains { $0.code == code }
  }

  private static func ledger(_ world: World, in grid: GridCode) -> [Enterprise] {
    world.model.all(EnterprisesTable.self).filter {
      grid.contains($0.grid) && ($0.state == .active || $0.state == .suspended)
    }
  }

  private static func share(_ part: Int, _ whole: Int) -> Share {
    Share(
      numerator: UInt64(part), denominator: UInt64(whole), hundredths: whole == 0 ? nil : UInt32(part * 10_000 / whole))
  }

  // MARK: Cases

  private static let dimensions: [[HazardDimension]] = [
    [], [.severity], [.severity, .state], [.eventClass], [.source, .state], [.domain, .eventClass],
    [.state, .severity, .eventClass, .source, .domain],
  ]

  @Test func `a county's counts by state are one range of groups, however many cases there are`() throws {
    for cases in [1, 40] {
      var world = try World()
      for index in 0..<cases {
        let (grid, person) = index.isMultiple(of: 2) ? (World.cell, "gm") : (World.otherCell, "gm2")
        try world.act(.hazardSubmit(World.report(grid: grid, enterprise: nil)), by: person)
      }
      let reader = ObservedReader(world.model)
      let counts = try hazardStatistics(HazardBreakdown(grid: World.county), at: world.time, in: reader)
      #expect(counts.total == UInt64(cases))
      // The profile and the county's own row besides; not a single case.
      #expect(reader.reads.filter { $0.contains("ount") } == ["counts of HazardsCountByState: 1"])
      #expect(!reader.reads.contains { $0.contains("HazardsTable") }, "\(reader.reads)")
    }
  }

  @Test(arguments: 0..<4)
  func `counts of cases are those of a recount`(history: Int) throws {
    let world = try Self.world(history)
    for grid in Self.nodes(world) {
      let cases = world.model.all(HazardsTable.self).filter { grid.contains($0.grid) }
      for by in Self.dimensions {
        for open in [false, true] {
          let counted = cases.filter { !open || $0.dueAt != nil }
          let wanted = Dictionary(grouping: counted) { hazard in
            (by.isEmpty ? [.state, .severity] : by).map { Self.text(hazard, $0) }
          }.mapValues(\.count)
          let found = try hazardStatistics(
            HazardBreakdown(grid: grid, by: by, open: open), at: world.time, in: world.model)
          var groups: [[String]: Int] = [:]
          for group in found.groups {
            let place = (by.isEmpty ? [.state, .severity] : by).map { Self.text(group, $0) }
            #expect(groups.updateValue(Int(group.count), forKey: place) == nil, "a group stands twice")
          }
          #expect(groups == wanted, "\(grid) by \(by)")
          #expect(found.total == UInt64(counted.count) && found.asOf == world.time)
        }
      }
    }
  }

  private static func text(_ hazard: Hazard, _ dimension: HazardDimension) -> String {
    switch dimension {
    case .state: hazard.state.name
    case .severity: hazard.severity.name
    case .source: hazard.source.name
    case .domain: hazard.domain.name
    default: hazard.class
    }
  }

  private static func text(_ group: HazardGroup, _ dimension: HazardDimension) -> String {
    switch dimension {
    case .state: group.state?.name ?? "?"
    case .severity: group.severity?.name ?? "?"
    case .source: group.source?.name ?? "?"
    case .domain: group.domain?.name ?? "?"
    default: group.class ?? "?"
    }
  }

  @Test(arguments: 0..<4)
  func `illegal acts are counted as a recount counts them`(history: Int) throws {
    let world = try Self.world(history)
    for grid in Self.nodes(world) {
      let acts = world.model.all(HazardsTable.self).filter { grid.contains($0.grid) && $0.violation != nil }
      let wanted = Dictionary(grouping: acts) { [$0.violation!.name, $0.class, $0.state.name] }.mapValues(\.count)
      let found = try violationStatistics(of: grid, at: world.time, in: world.model)
      let groups = found.groups.map { ([$0.by.name, $0.class, $0.state.name], Int($0.count)) }
      #expect(Dictionary(uniqueKeysWithValues: groups) == wanted, "\(grid)")
      #expect(found.total == UInt64(acts.count) && (grid != World.county || found.total > 0))
    }
  }

  @Test func `groups stand in the order of what was asked for`() throws {
    let world = try Self.world(0, acts: 600)
    let by: [HazardDimension] = [.domain, .eventClass, .state]
    let groups = try hazardStatistics(HazardBreakdown(grid: World.county, by: by), at: world.time, in: world.model)
      .groups
    let places = groups.map { group in
      [group.domain!.number.formatted2, group.class!, group.state!.number.formatted2].joined(separator: " ")
    }
    #expect(
      places.count > 5 && zip(places, places.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  @Test(arguments: 0..<4)
  func `rates are those of a recount`(history: Int) throws {
    let world = try Self.world(history)
    for grid in Self.nodes(world) {
      let filed = world.model.all(HazardsTable.self).filter {
        grid.contains($0.grid) && ![.reported, .notFiled, .merged, .voided].contains($0.state)
      }
      let closed = filed.filter { $0.state == .closed }
      let rates = try hazardRates(of: grid, at: world.time, in: world.model)
      #expect(rates.rates.map(\.kind) == HazardRateKind.allKnown && rates.ruleset == "test 1")
      let notYetDue = filed.count { $0.dueAt != nil && $0.overdueSince == nil }
      #expect(
        rates.rates.map(\.share) == [
          Self.share(closed.count, filed.count - notYetDue),
          Self.share(closed.count { $0.overdueCount == 0 }, closed.count),
          Self.share(filed.count { $0.returns > 0 }, filed.count),
          Self.share(filed.count { $0.reworks > 0 }, filed.count),
          Self.share(filed.count { $0.round > 1 }, filed.count),
        ], "\(grid)")
    }
  }

  @Test func `an enterprise's cases of a quarter and a year are those of a recount, in pages of any length`() throws {
    var found = 0
    for history in 0..<4 { found += try recountLines(Self.world(history)) }
    #expect(found > 0, "the histories are too quiet")
  }

  /// - Returns: how many lines there were to compare.
  private func recountLines(_ world: World) throws -> Int {
    let today = world.time.localDate
    var count = 0
    for (day, year) in [(nil, false), (nil, true), (Date("2026-03-31"), false), (Date("2025-12-31"), true)] {
      let period = try #require(Self.period(of: day ?? today, year: year))
      for grid in [World.county, World.township, World.cell] {
        let wanted = Self.lines(in: grid, period, world)
        #expect(day == nil || period.upperBound.components.year == 2026 || wanted.isEmpty)
        count += wanted.count
        for limit in [1, 2, 1000] {
          var found: [EnterpriseHazardLine] = []
          var request = MeasureEnterprises(grid: grid, on: day, year: year)
          repeat {
            let page = try enterpriseHazards(request, limit: limit, at: world.time, in: world.model)
            #expect(page.lines.count <= limit && page.from...page.to == period && page.asOf == world.time)
            found += page.lines
            request.after = page.next
          } while request.after != nil
          #expect(found == wanted, "\(grid) \(period) in pages of \(limit)")
        }
      }
    }
    return count
  }

  @Test func `of an enterprise counts what was filed, what it reported itself, what is closed and what is late`() throws
  {
    var world = try World()
    func report(_ report: SubmitHazard, by person: String = "gm") throws -> HazardNumber {
      guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(report), by: person) else {
        preconditionFailure("no receipt")
      }
      return receipt.number
    }
    func line() throws -> EnterpriseHazardLine? {
      let request = MeasureEnterprises(grid: World.cell)
      return try enterpriseHazards(request, limit: 10, at: world.time, in: world.model).lines.first
    }
    let (joined, declined) = (try report(World.report()), try report(World.report()))
    let (void, own) = (try report(World.report()), try report(World.report(source: .selfReport), by: "en"))
    #expect(try line() == nil, "nothing is filed yet")
    try world.act(.hazardFile(FileHazard(number: own)), by: "vs")
    try world.act(.hazardMerge(MergeHazard(number: joined, into: own)), by: "vs")
    try world.act(.hazardDecline(HazardNote(number: declined, note: "不属实")), by: "vs")
    try world.act(.hazardFile(FileHazard(number: void)), by: "vs")
    #expect(try line()?.general == 2)
    try world.act(.hazardVoid(VoidHazard(number: void, note: "误报")), by: "co")
    try world.act(.hazardConfirm(HazardNote(number: void)), by: "co2")
    let expected = EnterpriseHazardLine(
      enterpriseId: 1, name: "甲厂", grid: World.cell, general: 1, selfReported: 1)
    #expect(try line() == expected)
    let major = try report(World.report(severity: .major))
    try world.act(.hazardFile(FileHazard(number: major)), by: "to")
    #expect(try line()?.major == 1 && line()?.overdue == 0)
    world.advance(days: 90)
    try world.expire()
    let request = MeasureEnterprises(grid: World.cell, on: Date("2026-03-02"))
    let late = try enterpriseHazards(request, limit: 10, at: world.time, in: world.model).lines.first
    #expect(late?.overdue == 2 && late?.generalClosed == 0 && late?.majorClosed == 0)
  }

  @Test func `what is reported on the last day of a quarter is of that quarter, what comes on the next day is not`()
    throws
  {
    var world = try World()
    func report() throws {
      guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report()), by: "gm") else { return }
      try world.act(.hazardFile(FileHazard(number: receipt.number)), by: "vs")
    }
    func count(_ day: String, year: Bool = false) throws -> UInt32? {
      let request = MeasureEnterprises(grid: World.county, on: Date(day), year: year)
      return try enterpriseHazards(request, limit: 10, at: world.time, in: world.model).lines.first?.general
    }
    while world.time.localDate < Date("2026-03-31")! { world.advance(days: 1) }
    try report()
    world.advance(days: 1)
    try report()
    world.advance(days: 1)
    try report()
    #expect(try count("2026-03-01") == 1 && count("2026-06-30") == 2 && count("2026-07-01") == nil)
    #expect(try count("2026-12-31", year: true) == 3 && count("2025-12-31", year: true) == nil)
  }

  /// Of the calendar, by hand.
  private static func period(of day: Date, year: Bool) -> ClosedRange<Date>? {
    let (number, month) = (day.components.year, day.components.month)
    let ends =
      year
      ? ["01-01", "12-31"]
      : [
        ["01-01", "03-31"], ["04-01", "06-30"], ["07-01", "09-30"], ["10-01", "12-31"],
      ][(month - 1) / 3]
    guard let first = Date("\(number)-\(ends[0])"), let last = Date("\(number)-\(ends[1])") else { return nil }
    return first...last
  }

  private static func lines(in grid: GridCode, _ period: ClosedRange<Date>, _ world: World) -> [EnterpriseHazardLine] {
    let objects = world.model.all(EnterprisesTable.self).filter { grid.contains($0.grid) }
    return objects.sorted { ($0.grid, $0.id) < ($1.grid, $1.id) }.compactMap { object in
      let cases = world.model.all(HazardsTable.self).filter {
        $0.enterpriseId == object.id && period.contains($0.submittedAt.localDate)
          && ![.reported, .notFiled, .merged, .voided].contains($0.state)
      }
      let (major, general) = (cases.filter { $0.severity == .major }, cases.filter { $0.severity != .major })
      guard !cases.isEmpty else { return nil }
      return EnterpriseHazardLine(
        enterpriseId: object.id, name: object.name, grid: object.grid, general: UInt32(general.count),
        major: UInt32(major.count), selfReported: UInt32(cases.count { $0.source == .selfReport }),
        generalClosed: UInt32(general.count { $0.state == .closed }),
        majorClosed: UInt32(major.count { $0.state == .closed }),
        overdue: UInt32(cases.count { $0.overdueSince != nil && $0.dueAt != nil }))
    }
  }

  @Test func `the report of a quarter is due so long behind its last day, that of a year behind the year's`() throws {
    var profile = World.profile
    (profile.hazard.quarterReport, profile.hazard.yearReport) = (Term(15, .day), Term(31, .day))
    let world = try World(profile: profile)
    func due(_ day: String, year: Bool = false) throws -> Date? {
      let request = MeasureEnterprises(grid: World.county, on: Date(day), year: year)
      return try enterpriseHazards(request, limit: 1, at: world.time, in: world.model).reportBy
    }
    #expect(try due("2026-03-31") == Date("2026-04-15") && due("2026-04-01") == Date("2026-07-15"))
    #expect(try due("2026-12-31") == Date("2027-01-15") && due("2026-01-01", year: true) == Date("2027-01-31"))
    let unset = try World()
    let request = MeasureEnterprises(grid: World.county)
    #expect(try enterpriseHazards(request, limit: 1, at: unset.time, in: unset.model).reportBy == nil)
  }

  @Test func `of nothing there is no rate`() throws {
    let world = try World()
    for rate in try hazardRates(of: World.county, at: world.time, in: world.model).rates {
      #expect(rate.share == Share(numerator: 0, denominator: 0, hundredths: nil))
    }
  }

  // MARK: Coverage and the four clear things

  @Test(arguments: 0..<4)
  func `coverage is that of a recount`(history: Int) throws {
    let world = try Self.world(history)
    let living = Self.nodes(world).filter { Self.isLiving($0, world) }
    for grid in Self.nodes(world) {
      let objects = Self.ledger(world, in: grid)
      let good = objects.filter {
        !$0.responsibleDepartment.isEmpty && Self.isAnsweredFor($0, world)
      }
      func below(_ depth: Int, _ root: GridCode) -> [GridCode] {
        living.filter { $0.depth == depth && root.contains($0) }
      }
      func isServed(_ cell: GridCode) -> Bool {
        world.model.all(PersonsTable.self).contains { person in
          person.grants.valid(on: world.time.localDate)
            .contains { $0.role == .gridMember && $0.grid?.contains(cell) ?? false }
        }
      }
      func isCovered(_ node: GridCode) -> Bool {
        let children = below(node.depth + 1, node)
        return !children.isEmpty && children.allSatisfy(node.depth == 3 ? isServed : isCovered)
      }
      let found = try coverage(of: grid, at: world.time, in: world.model)
      #expect(found.objects == Self.share(good.count, objects.count), "\(grid)")
      let shares = [
        (4, found.cells, isServed), (3, found.villages, isCovered), (2, found.townships, isCovered),
      ]
      for (depth, share, isGood) in shares {
        let nodes = below(depth, grid)
        #expect(share == Self.share(nodes.count(where: isGood), nodes.count), "\(grid) at \(depth)")
      }
    }
  }

  /// What is missing is what coverage lacks.
  @Test func `so many days are left until coverage is full, or it is late`() throws {
    var profile = World.profile
    let unset = try World(profile: profile)
    #expect(throws: Refusal.self) { try coverageTarget(of: World.county, at: unset.time, in: unset.model) }
    profile.coverageTarget = Date("2026-03-31")
    var world = try World(profile: profile)
    func target(_ grid: GridCode = World.county) throws -> CoverageTarget {
      try coverageTarget(of: grid, at: world.time, in: world.model)
    }
    // The second village of the first township has no cells.
    let before = try target()
    #expect(before.daysLeft == 29 && !before.full && before.objectsMissing == 0 && before.cellsMissing == 0)
    #expect(before.villagesMissing == 1 && before.townshipsMissing == 1)
    #expect(try target(World.otherTownship).full && !target(World.otherVillage).full)
    let cells = [CellRow(code: GridCode("421222100002001")!, name: "第一网格")]
    try world.act(.gridPutCells(PutCells(village: World.otherVillage, cells: cells)), by: "to")
    #expect(try target().cellsMissing == 1 && target().villagesMissing == 1)
    let member = Person(id: "gm3", name: "x", grants: [Grant(role: .gridMember, grid: World.otherVillage)])
    try world.act(.personPut(PutPersons(persons: [member])), by: "admin")
    world.advance(days: 31)
    let after = try target()
    #expect(after.full && after.daysLeft == -2 && after.target == profile.coverageTarget)
  }

  @Test func `who serves no longer, or not yet, covers no cell and carries no work`() throws {
    func cells(of grants: [Grant]) throws -> (covered: UInt64, vacant: Int, members: [String]) {
      var world = try World()
      try world.act(.personPut(PutPersons(persons: [Person(id: "gm", name: "x", grants: grants)])), by: "admin")
      var spots = BlindSpotWalk(
        ListBlindSpots(grid: World.township, kinds: [.vacancy]), for: Self.administrator, limit: 10, at: world.time)
      try spots.run(in: world.model)
      let work = try workload(WeighWork(grid: World.township), at: world.time, in: world.model)
      let found = try coverage(of: World.township, at: world.time, in: world.model)
      return (found.cells.numerator, spots.page.spots.count, work.members.map(\.person))
    }
    let today = try World().time.localDate
    let grant = Grant(role: .gridMember, grid: World.cell)
    var (ended, ending, coming) = (grant, grant, grant)
    (ended.to, ending.to, coming.from) = (Date(day: today.day - 1), today, Date(day: today.day + 1))
    #expect(try cells(of: [grant]) == (1, 0, ["gm"]) && cells(of: [ending]) == (1, 0, ["gm"]))
    #expect(try cells(of: [ended]) == (0, 1, []) && cells(of: [coming]) == (0, 1, []))
    #expect(try cells(of: [ended, coming]) == (0, 1, []))
  }

  @Test func `what stands where nobody serves is supervised by nobody, in every view`() throws {
    var world = try World()
    func covered() throws -> (coverage: UInt64, base: UInt64, named: Int) {
      let request = ListFourClear(grid: World.county, level: .county)
      let node = try #require(try fourClear(request, limit: 10, at: world.time, in: world.model).nodes.first)
      var walk = UnsupervisedWalk(
        ListEnterprises(grid: World.county), for: Self.administrator, limit: 10, on: world.time.localDate)
      try walk.run(in: world.model)
      let objects = try coverage(of: World.county, at: world.time, in: world.model).objects
      #expect(objects.denominator == 3)
      return (objects.numerator, node.base.numerator, walk.page.enterprises.count)
    }
    // Name and department of three objects; the cell has its member.
    #expect(try covered() == (3, 9, 0))
    let yesterday = Date(day: world.time.localDate.day - 1)
    func serve(_ id: String, _ grid: GridCode, until: Date? = nil) throws {
      let person = Person(id: id, name: id, grants: [Grant(role: .gridMember, grid: grid, to: until)])
      try world.act(.personPut(PutPersons(persons: [person])), by: "admin")
    }
    try serve("gm", World.cell, until: yesterday)
    #expect(try covered() == (0, 6, 3))
    // A department supervises one of them itself.
    try world.act(
      .enterpriseSetDirect(SetDirect(id: 1, ground: .highRisk, department: "应急管理局", note: "说明")), by: "em")
    #expect(try covered() == (1, 7, 2))
    // Two go to the village and have a member of their own there, who then serves it no more.
    try serve("gm3", World.otherVillage)
    for id in UInt64(2)...3 {
      let decision = DecideRelocation(id: id, grid: World.otherVillage, note: "说明")
      try world.act(.enterpriseRelocate(RelocateEnterprise(id: id, to: World.otherVillage)), by: "vs")
      try world.act(.enterpriseAcceptRelocation(decision), by: "vs2")
      try world.act(.enterpriseAssign(AssignEnterprise(id: id, member: "gm3")), by: "vs2")
    }
    #expect(try covered() == (3, 9, 0))
    try serve("gm3", World.otherVillage, until: yesterday)
    #expect(try covered() == (1, 7, 2))
    // Another member does not answer for what names one of its own… until the cell is theirs.
    try serve("gm4", World.village)
    #expect(try covered() == (1, 7, 2))
  }

  // MARK: Staff

  @Test func `who serves part-time, without a certificate, or with one that has ended is counted`() throws {
    var world = try World()
    let today = world.time.localDate
    let person = {
      (id: String, grants: [Grant], employment: Employment?, certificate: Certificate?, terminals: [String]) in
      Person(
        id: id, name: id, grants: grants, terminals: terminals, employment: employment, certificate: certificate)
    }
    let inTown = Grant(role: .townshipOfficer, grid: World.otherTownship)
    let people = [
      person("a", [inTown], .partTime, nil, []),
      person(
        "b", [inTown, Grant(role: .gridMember, grid: World.otherCell)], .partTime,
        Certificate(number: "1", validTo: today), ["t"]),
      person("c", [inTown], .fullTime, Certificate(number: "2", validTo: today.adding(days: -1)), []),
      person("d", [inTown], nil, Certificate(number: "3"), []),
      // Neither who has left, nor who only looks, nor an enterprise.
      person(
        "e", [Grant(role: .townshipOfficer, grid: World.otherTownship, to: today.adding(days: -1))], .partTime, nil, []),
      person("f", [Grant(role: .auditor, grid: World.otherTownship)], .partTime, nil, []),
    ]
    try world.act(.personPut(PutPersons(persons: people)), by: "admin")
    let found = try staffStatistics(of: World.otherTownship, at: world.time, in: world.model)
    #expect(found.asOf == world.time && found.roles.map(\.role) == [.gridMember, .townshipOfficer])
    // The world's own grid member there is one of them.
    #expect(found.total.persons == 5 && found.roles.map(\.persons) == [2, 4])
    #expect(found.total.partTime == Self.share(2, 3) && found.roles[1].partTime == Self.share(2, 3))
    #expect(found.roles[0].partTime == Self.share(1, 1) && found.roles[0].uncertified == Self.share(1, 2))
    #expect(found.total.uncertified == Self.share(2, 5) && found.total.ended == Self.share(1, 5))
    #expect(found.total.terminals == Self.share(1, 5) && found.objects == 0)
    let above = try staffStatistics(of: World.county, at: world.time, in: world.model)
    #expect(above.objects == 3 && above.total.partTime == Self.share(2, 3) && above.total.persons > 5)
    world.advance(days: 1)
    #expect(
      try staffStatistics(of: World.otherTownship, at: world.time, in: world.model).total.ended == Self.share(2, 5))
    #expect(above.target == nil)
    let nobody = try staffStatistics(of: World.otherVillage, at: world.time, in: world.model)
    #expect(nobody.roles.map(\.persons) == [1] && nobody.total.partTime == Self.share(0, 0))
  }

  @Test func `professionals are counted of those in post, certificates of those on the establishment`() throws {
    var profile = World.profile
    profile.staff = StaffRules(professionalPercent: 75, certificatePercent: 80)
    var world = try World(profile: profile)
    let today = world.time.localDate
    let certificates = [
      nil, Certificate(number: "1", validTo: today), Certificate(number: "2", validTo: today.adding(days: -1)),
    ]
    let people: [(Staffing?, Certificate?)] = [
      (nil, certificates[1]), (Staffing(), certificates[1]),
      (Staffing(onEstablishment: true, professional: true), certificates[0]),
      (Staffing(onEstablishment: true, professional: false), certificates[1]),
      (Staffing(onEstablishment: true, left: today), certificates[2]),
      (Staffing(onEstablishment: false, professional: true), certificates[1]),
      // Who has left is counted as neither, whatever roles are still there.
      (Staffing(onEstablishment: true, professional: true, left: today.adding(days: -1)), certificates[1]),
    ]
    let persons = people.enumerated().map { index, person in
      Person(
        id: "p\(index)", name: "p", grants: [Grant(role: .townshipOfficer, grid: World.otherTownship)],
        certificate: person.1, staffing: person.0)
    }
    try world.act(.personPut(PutPersons(persons: persons)), by: "admin")
    let found = try staffStatistics(of: World.otherTownship, at: world.time, in: world.model)
    #expect(found.total.professional == Self.share(2, 3) && found.total.certified == Self.share(1, 3))
    #expect(found.roles.map(\.professional) == [Self.share(0, 0), Self.share(2, 3)])
    #expect(found.target == profile.staff)
    world.advance(days: 1)
    let next = try staffStatistics(of: World.otherTownship, at: world.time, in: world.model)
    #expect(next.total.professional == Self.share(2, 3) && next.total.certified == Self.share(0, 2))
  }

  @Test(arguments: 0..<4)
  func `the four clear things are those of a recount`(history: Int) throws {
    let world = try Self.world(history)
    let today = world.time.localDate
    for level in GridLevel.allKnown {
      var wanted: [FourClear] = []
      for code in Self.nodes(world) where code.depth == Int(level.number) && Self.isLiving(code, world) {
        wanted.append(try Self.recount(code, world, on: today))
      }
      for limit in [1, 1000] {
        var found: [FourClear] = []
        var request = ListFourClear(grid: World.county, level: level)
        repeat {
          let page = try fourClear(request, limit: limit, at: world.time, in: world.model)
          #expect(page.nodes.count <= limit)
          found += page.nodes
          request.after = page.next
        } while request.after != nil
        #expect(found == wanted, "\(level) in pages of \(limit)")
      }
    }
  }

  /// Somebody supervises the object who is there: a department, the people of its cell, or the member whom it names.
  private static func isAnsweredFor(_ object: Enterprise, _ world: World) -> Bool {
    object.supervision == .direct
      || world.model.all(PersonsTable.self).contains { person in
        (person.id == object.member || object.grid.depth == 4)
          && person.grants.valid(on: world.time.localDate)
            .contains { $0.role == .gridMember && $0.grid?.contains(object.grid) ?? false }
      }
  }

  private static func recount(_ root: GridCode, _ world: World, on today: Date) throws -> FourClear {
    var (area, persons, duties, base, fresh) = ((0, 0), (0, 0), (0, 0), (0, 0), (0, 0))
    func count(_ counter: inout (Int, Int), _ isThere: Bool) {
      counter = (counter.0 + (isThere ? 1 : 0), counter.1 + 1)
    }
    let people = world.model.all(PersonsTable.self)
    for code in nodes(world) where root.contains(code) && isLiving(code, world) {
      let hasArea = try world.model.record(BoundariesTable.self, .init(code: code))?.rings.isEmpty == false
      count(&area, hasArea)
      var isStaffed = true
      // The posts that World's profile asks for: both of a cell, the first for grid members only.
      for (post, role) in code.depth == 4 ? [("网格员", Role.gridMember), ("联系干部", nil)] : [] {
        let isHeld = world.model.all(PostsTable.self).contains { held in
          held.grid == code && held.post == post && held.from <= today && held.to.map { today <= $0 } ?? true
            && (role == nil
              || people.contains {
                $0.id == held.person && $0.grants.contains { $0.role == role && $0.grid!.contains(code) }
              })
        }
        count(&persons, isHeld)
        isStaffed = isStaffed && isHeld
      }
      let file = try world.model.record(GridFilesTable.self, .init(code: code))
      for isThere in [
        hasArea, isStaffed, file?.duties.isEmpty == false, file?.tasks.isEmpty == false, file?.rewards.isEmpty == false,
      ] { count(&duties, isThere) }
    }
    for object in ledger(world, in: root) {
      for isThere in [
        !object.name.isEmpty, !object.address.isEmpty, !object.responsibleDepartment.isEmpty,
        isAnsweredFor(object, world),
      ] { count(&base, isThere) }
      // What World's profile wants the file of a dangerous key unit to hold.
      let isDangerous =
        object.riskLevel == .red || !Set(object.flags).isDisjoint(with: [.mine, .hazardousChemicals, .fireworks])
      if object.flags.contains(.keyUnit), isDangerous {
        let dossier = world.model.all(EnterpriseDossiersTable.self).first { $0.enterpriseId == object.id }
        for text in [dossier?.facilities, dossier?.disposalPlan] { count(&base, !(text ?? "").isEmpty) }
      }
      count(&fresh, object.verifiedOn.map { $0 >= today.adding(months: -12) } ?? false)
    }
    let node = try #require(try currentGrid(root, in: world.model))
    return FourClear(
      code: root, name: node.name, area: share(area.0, area.1), persons: share(persons.0, persons.1),
      duties: share(duties.0, duties.1), base: share(base.0, base.1), fresh: share(fresh.0, fresh.1),
      clear: [area, persons, duties, base].allSatisfy { $0.1 > 0 && $0.0 == $0.1 })
  }

  @Test func `what the profile asks of an object belongs to a clear base`() throws {
    var profile = World.profile
    profile.ledger?.required = [.address, .industry, .phone]
    var world = try World(profile: profile)
    func base() throws -> Share {
      let request = ListFourClear(grid: World.cell, level: .cell)
      return try #require(try fourClear(request, limit: 10, at: world.time, in: world.model).nodes.first).base
    }
    // Three objects with name, department and cell; none has an address, an industry or a phone.
    #expect(try base() == Self.share(9, 18))
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, industry: "C2671")), by: "cd")
    try world.act(.enterprisePutContact(PutEnterpriseContact(id: 1, phone: "138")), by: "vs")
    #expect(try base() == Self.share(11, 18))
  }

  @Test func `the base of a dangerous key unit is clear once its file is complete`() throws {
    var world = try World()
    func base() throws -> Share {
      let request = ListFourClear(grid: World.cell, level: .cell)
      return try #require(try fourClear(request, limit: 10, at: world.time, in: world.model).nodes.first).base
    }
    #expect(try base() == Self.share(9, 12))
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 2, flags: EnterpriseFlags(flags: [.keyUnit]))), by: "cd")
    #expect(try base() == Self.share(9, 12), "of yellow risk, in no high-risk trade")
    for flags in [[EnterpriseFlag.keyUnit, .mine], [.fireworks, .keyUnit], [.hazardousChemicals, .keyUnit]] {
      try world.act(.enterpriseUpdate(UpdateEnterprise(id: 2, flags: EnterpriseFlags(flags: flags))), by: "cd")
      #expect(try base() == Self.share(9, 14))
    }
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 2, flags: EnterpriseFlags(flags: [.mine]))), by: "cd")
    #expect(try base() == Self.share(9, 12), "dangerous, and no key unit")
    try world.act(
      .enterpriseUpdate(UpdateEnterprise(id: 2, riskLevel: .red, flags: EnterpriseFlags(flags: [.keyUnit]))), by: "cd")
    #expect(try base() == Self.share(9, 14))
    try world.act(.enterprisePutDossier(PutEnterpriseDossier(id: 2, facilities: "消火栓2个")), by: "en2")
    #expect(try base() == Self.share(10, 14))
    try world.act(
      .enterprisePutDossier(PutEnterpriseDossier(id: 2, facilities: "消火栓2个", disposalPlan: "疏散")), by: "en2")
    #expect(try base() == Self.share(11, 14))
  }

  @Test func `a cell becomes clear when the last of the four is there`() throws {
    var world = try World()
    func cell() throws -> FourClear {
      let request = ListFourClear(grid: World.cell, level: .cell)
      return try #require(try fourClear(request, limit: 10, at: world.time, in: world.model).nodes.first)
    }
    let corners: [(Int32, Int32)] = [(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)]
    let ring = Ring(vertices: corners.map { Vertex(longitude: 1_138_000_000 + $0, latitude: 292_000_000 + $1) })
    let day = Date("2026-03-02")!
    var commands: [Command] = [
      .gridPutBoundary(PutBoundary(code: World.cell, rings: [ring])),
      .gridPutPost(PutPost(grid: World.cell, post: "网格员", person: "gm", from: day)),
      .gridPutPost(PutPost(grid: World.cell, post: "联系干部", person: "cd", from: day)),
      .gridPutFile(PutGridFile(code: World.cell, duties: ["信息员"], tasks: ["巡查"], rewards: ["考核"])),
    ]
    // The county's cadre updates the objects, who have no address yet.
    commands += (1...3).map { .enterpriseUpdate(UpdateEnterprise(id: $0, address: "隽水镇")) }
    for command in commands {
      #expect(try !cell().clear)
      var person = "to"
      if case .enterpriseUpdate = command { person = "cd" }
      try world.act(command, by: person)
    }
    let clear = try cell()
    #expect(clear.clear && clear.duties == Self.share(5, 5) && clear.base == Self.share(12, 12))
    #expect(clear.fresh == Self.share(3, 3))
    world.advance(days: 366)
    #expect(try cell().clear && cell().fresh == Self.share(0, 3))
  }

  // MARK: Blind spots

  @Test(arguments: 0..<4)
  func `blind spots are those of a recount, in pages of any length`(history: Int) throws {
    var world = try Self.world(history)
    // Somebody is registered where soon nobody is any more.
    _ = try? world.act(
      .enterpriseUpdate(UpdateEnterprise(id: 1, registered: World.otherCell)), by: "cd")
    _ = try? world.act(
      .gridRetire(RetireGrid(code: World.otherCell, successor: Self.successor(world))), by: "co")
    for grid in Self.nodes(world) {
      let wanted = try Self.blindSpots(world, in: grid)
      for limit in [1, 3, 1000] {
        var found: [BlindSpot] = []
        var request = ListBlindSpots(grid: grid)
        repeat {
          var walk = BlindSpotWalk(request, for: Self.administrator, limit: limit, at: world.time)
          try walk.run(in: world.model)
          #expect(walk.page.spots.count <= limit)
          found += walk.page.spots
          request.after = walk.page.next
        } while request.after != nil
        #expect(found == wanted, "\(grid) in pages of \(limit)")
      }
    }
  }

  private static let administrator = Caller(principal: "x", person: nil, grants: [Grant(role: .administrator)])

  private static func successor(_ world: World) -> GridCode {
    nodes(world).first { $0.depth == 4 && $0 != World.otherCell && isLiving($0, world) } ?? World.cell
  }

  /// Why nobody supervises an object today: nobody is meant to, or nobody who is meant to has the role today.
  private static func gaps(of object: Enterprise, _ world: World) -> [SupervisionGap] {
    let isInLedger = object.state == .active || object.state == .suspended
    guard isInLedger, object.supervision != .direct, !object.gaps.contains(.noMember) else { return object.gaps }
    let isServed = world.model.all(PersonsTable.self).contains { person in
      (person.id == object.member || object.grid.depth == 4)
        && person.grants.contains { grant in
          grant.role == .gridMember && grant.isValid(on: world.time.localDate)
            && (grant.grid.map { $0.contains(object.grid) } ?? false)
        }
    }
    return object.gaps + (isServed ? [] : [.memberGone])
  }

  private static func blindSpots(_ world: World, in grid: GridCode) throws -> [BlindSpot] {
    let objects = world.model.all(EnterprisesTable.self).sorted { $0.id < $1.id }
    var (spots, undivided): ([BlindSpot], [BlindSpot]) = ([], [])
    for object in objects.filter({ grid.contains($0.grid) }).sorted(by: { $0.grid < $1.grid }) {
      let gaps = gaps(of: object, world)
      guard !gaps.isEmpty else { continue }
      spots.append(
        BlindSpot(kind: .unsupervised, grid: object.grid, enterpriseId: object.id, name: object.name, gaps: gaps))
    }
    let away = objects.compactMap { object in object.awayFrom.map { (from: $0, object: object) } }
    for (from, object) in away.sorted(by: { ($0.from, $0.object.id) < ($1.from, $1.object.id) })
    where grid.contains(from) && !grid.contains(object.grid) {
      spots.append(
        BlindSpot(
          kind: .crossDistrict, grid: from, enterpriseId: object.id, name: object.name, gaps: object.gaps,
          elsewhere: object.grid))
    }
    for code in nodes(world) where code.depth == 4 && grid.contains(code) && isLiving(code, world) {
      let isServed = world.model.all(PersonsTable.self).contains { person in
        person.grants.valid(on: world.time.localDate)
          .contains { $0.role == .gridMember && $0.grid?.contains(code) ?? false }
      }
      guard !isServed else { continue }
      spots.append(
        BlindSpot(kind: .vacancy, grid: code, name: try #require(try currentGrid(code, in: world.model)).name))
    }
    for depth in 2...3 {
      for code in nodes(world) where code.depth == depth && grid.contains(code) && isLiving(code, world) {
        guard !nodes(world).contains(where: { $0.parent == code && isLiving($0, world) }) else { continue }
        undivided.append(
          BlindSpot(kind: .undivided, grid: code, name: try #require(try currentGrid(code, in: world.model)).name))
      }
    }
    for retired in world.model.all(RetirementsTable.self).sorted(by: { $0.code < $1.code })
    where grid.contains(retired.code) {
      // Everything else was handed over; `HazardTests` has it in every history.
      guard objects.contains(where: { $0.awayFrom == retired.code }) else { continue }
      var successor = retired.successors[0]
      while let next = try world.model.record(RetirementsTable.self, .init(code: successor)) {
        successor = next.successors[0]
      }
      let name = try #require(try currentGrid(retired.code, in: world.model)).name
      spots.append(
        BlindSpot(kind: .retiredCode, grid: retired.code, name: name, elsewhere: successor, uses: [.registrations]))
    }
    spots += undivided
    for (from, object) in away.sorted(by: {
      ($0.object.grid, $0.from, $0.object.id) < ($1.object.grid, $1.from, $1.object.id)
    }) where grid.contains(object.grid) && !grid.contains(from) {
      spots.append(
        BlindSpot(
          kind: .registeredElsewhere, grid: object.grid, enterpriseId: object.id, name: object.name,
          gaps: object.gaps, elsewhere: from))
    }
    return spots
  }

  @Test func `both the place of registration and that of operation see who operates elsewhere`() throws {
    var world = try World()
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, registered: World.otherTownship)), by: "cd")
    func spots(_ grid: GridCode, _ role: Role) throws -> [BlindSpot] {
      let caller = Caller(principal: "x", person: nil, grants: [Grant(role: role, grid: grid)])
      var walk = BlindSpotWalk(
        ListBlindSpots(grid: grid, kinds: [.crossDistrict, .registeredElsewhere]), for: caller, limit: 10,
        at: world.time)
      try walk.run(in: world.model)
      return walk.page.spots
    }
    #expect(
      try spots(World.otherTownship, .townshipOfficer) == [
        BlindSpot(
          kind: .crossDistrict, grid: World.otherTownship, enterpriseId: 1, name: "甲厂", elsewhere: World.cell)
      ])
    #expect(
      try spots(World.township, .townshipOfficer) == [
        BlindSpot(
          kind: .registeredElsewhere, grid: World.cell, enterpriseId: 1, name: "甲厂", elsewhere: World.otherTownship)
      ])
    // For the county that holds both, nobody is elsewhere.
    #expect(try spots(World.county, .departmentOfficer) == [])
  }

  // MARK: Steps

  @Test(arguments: 0..<4)
  func `times of steps are those of a recount`(history: Int) throws {
    let world = try Self.world(history)
    let first = Instant("2026-03-02T00:00:00+08:00")!.localDate
    let last = world.time.localDate
    for grid in Self.nodes(world) {
      for (from, to) in [(first, last), (first, first), (last.adding(days: -3), last), (last, last.adding(days: 9))] {
        let found = try stepTimes(MeasureSteps(grid: grid, from: from, to: to), at: world.time, in: world.model)
        let cases = world.model.all(HazardsTable.self).filter {
          grid.contains($0.number.grid) && from...to ~= $0.number.date && $0.state != .merged && $0.state != .voided
        }
        #expect(found.cases == UInt64(cases.count) && found.asOf == world.time)
        #expect(found.steps == Self.steps(of: cases, world), "\(grid) from \(from) to \(to)")
      }
    }
  }

  private static func steps(of cases: [Hazard], _ world: World) -> [StepTime] {
    let events = Dictionary(grouping: world.model.all(CaseEventsTable.self), by: \.hazardId)
    var hours: [HazardState: [Int64]] = [:]
    for hazard in cases {
      let history = events[hazard.id]!.sorted { $0.ordinal < $1.ordinal }
      // Every moment at which the state was another one than before, and when the case had come to that one.
      for (index, event) in history.enumerated() {
        guard let state = event.from, state != event.to else { continue }
        let came = history[..<index].last { $0.to == state && $0.from != state }!
        hours[state, default: []].append((event.at.millisecondsSince1970 - came.at.millisecondsSince1970) / 36_000)
      }
    }
    return [HazardState.reported, .filed, .dispatched, .rectifying, .parked, .fedBack].map { state in
      let all = hours[state, default: []].sorted()
      func least(of percent: Int) -> UInt64? {
        all.first { value in all.count { $0 <= value } * 100 >= percent * all.count }.map(UInt64.init)
      }
      return StepTime(
        state: state, count: UInt64(all.count), medianHundredths: least(of: 50), p90Hundredths: least(of: 90),
        staying: UInt64(cases.count { $0.state == state }))
    }
  }

  @Test func `a period has a first day, a last one, and a year between them at most`() throws {
    let world = try World()
    func steps(_ from: String, _ to: String) throws(Refusal) -> StepTimes {
      let request = MeasureSteps(grid: World.county, from: Date(from)!, to: Date(to)!)
      return try stepTimes(request, at: world.time, in: world.model)
    }
    // Of nothing there is no median.
    #expect(try steps("2024-01-01", "2024-12-31").steps.allSatisfy { $0.count == 0 && $0.medianHundredths == nil })
    for (from, to) in [("2026-01-01", "2027-01-02"), ("2026-03-02", "2026-03-01")] {
      do throws(Refusal) {
        _ = try steps(from, to)
        Issue.record("\(from) to \(to)")
      } catch {
        guard case .invalidArgument(let fault) = error else { throw error }
        #expect(fault.field == "to")
      }
    }
  }

  @Test func `who may not see an object does not see that it is one of the blind spots`() throws {
    var world = try World()
    try world.act(
      .enterpriseCollect(
        CollectEnterprise(
          grid: World.village,
          object: EnterpriseRow(name: "丁厂", type: .smallShop, grid: World.village, riskLevel: .blue))), by: "vs")
    // Only the import takes it in without anybody who answers for it.
    let row = EnterpriseRow(name: "戊厂", type: .smallShop, grid: World.village, riskLevel: .blue)
    try world.act(.enterpriseImport(ImportEnterprises(rows: [row])), by: "admin")
    func spots(_ caller: Caller) throws -> [String] {
      let request = ListBlindSpots(grid: World.village, kinds: [.unsupervised])
      var walk = BlindSpotWalk(request, for: caller, limit: 10, at: world.time)
      try walk.run(in: world.model)
      return walk.page.spots.map(\.name)
    }
    #expect(try spots(Self.administrator) == ["戊厂"])
    let elsewhere = Caller(
      principal: "x", person: nil, grants: [Grant(role: .villageOfficer, grid: World.otherVillage)])
    #expect(try spots(elsewhere) == [])
  }
}

extension Int32 {
  fileprivate var formatted2: String { self < 10 ? "0\(self)" : "\(self)" }
}
