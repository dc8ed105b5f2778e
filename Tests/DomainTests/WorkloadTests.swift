import Domain
import Example
import Records
import Scalars
import Support
import Testing

/// What grid members have to do, and who could take something over from whom.
@Suite struct WorkloadTests {
  /// What World's profile says that an object weighs.
  private static func weight(_ object: Enterprise) -> Int {
    var points = 10
    if object.riskLevel == .red { points += 40 }
    if object.riskLevel == .yellow { points += 7 }
    let employees = object.employees ?? 0
    if employees >= 300 { points += 16 } else if employees >= 50 { points += 5 }
    if object.flags.contains(.keyUnit) { points += 20 }
    if object.flags.contains(.threeInOne) { points += 13 }
    return points
  }

  /// Whether some grid member owes the patrol: of a cell its people, of an object its own member or its cell's.
  private static func isAnswered(_ duty: Duty, _ world: World) -> Bool {
    if let object = world.model.all(EnterprisesTable.self).first(where: { $0.id == duty.enterpriseId }) {
      guard object.state == .active || object.state == .suspended, object.supervision != .direct else { return false }
      // What is a key unit no more owes no patrol, and is excused when it is reminded.
      guard object.flags.contains(.keyUnit) else { return false }
      if object.member != nil { return true }
    }
    return duty.grid.depth == 4
      && world.model.all(PersonsTable.self).contains { person in
        person.grants.valid(on: world.time.localDate)
          .contains { $0.role == .gridMember && $0.grid!.contains(duty.grid) }
      }
  }

  private static func report(_ world: World, _ grid: GridCode = World.county, moves: UInt32? = nil) throws -> WorkReport
  {
    try workload(WeighWork(grid: grid, movesMax: moves), at: world.time, in: world.model)
  }

  @Test(arguments: 0..<6)
  func `nothing is lost or counted twice, and proposals help`(history: Int) throws {
    var random = SplitMix64(seed: testSeed(UInt64(800 + history)))
    var world = try World()
    // Members of cells, of a village, and of a cell that has one already.
    let more = [("gm3", World.cell), ("gm4", World.village), ("gm5", World.otherCell)].map { id, grid in
      Person(id: id, name: id, grants: [Grant(role: .gridMember, grid: grid)])
    }
    try world.act(.personPut(PutPersons(persons: more)), by: "admin")
    let rows = (0..<30).map { number in
      EnterpriseRow(
        name: "\(number)号", type: .smallShop,
        grid: random.pick([World.cell, World.otherCell, World.village, World.otherVillage]),
        riskLevel: random.pick(RiskLevel.allKnown), employees: random.pick([nil, 3, 50, 299, 300]),
        responsibleDepartment: "商务局", flags: random.chance(0.3) ? [.keyUnit, .threeInOne] : [])
    }
    try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
    for cell in [World.cell, World.otherCell] {
      try world.act(.gridPutFile(PutGridFile(code: cell, kind: .urbanCommunity)), by: "admin")
    }
    // The round makes patrols; some of them are late in the end, and some with the village.
    let days = random.pick([1, 4, 24, 30])
    for _ in 0..<days {
      world.advance(days: 1)
      try world.expire()
    }
    for id in 1...UInt64(33) where random.chance(0.5) {
      _ = try? world.act(
        .enterpriseAssign(AssignEnterprise(id: id, member: random.pick(["gm", "gm2", "gm3", "gm4"]))), by: "cd")
    }
    for _ in 0..<150 {
      let (command, person) = Histories.act(&random, world.model.all(HazardsTable.self).sorted { $0.id < $1.id })
      _ = try? world.act(command, by: person)
    }
    for grid in [World.county, World.township, World.village, World.cell] {
      let report = try Self.report(world, grid, moves: 100)
      let objects = world.model.all(EnterprisesTable.self).filter {
        grid.contains($0.grid) && ($0.state == .active || $0.state == .suspended) && $0.supervision != .direct
      }
      let all = report.members.reduce(report.unassignedPoints) { $0 + $1.objectPoints }
      #expect(all == UInt64(objects.reduce(0) { $0 + Self.weight($1) }))
      for member in report.members {
        let cases = world.model.all(HazardsTable.self).count {
          $0.assignee == member.person && $0.dueAt != nil && grid.contains($0.grid)
        }
        #expect(member.openCases == UInt32(cases))
        let rest = Int(member.points) - Int(member.objectPoints) - 9 * cases
        #expect(rest >= 0 && rest <= 4 * Int(member.patrols))
      }
      // What each owes is theirs to the point, also where several owe it together.
      let owed = report.members.reduce(0) { $0 + Int($1.points) - Int($1.objectPoints) - 9 * Int($1.openCases) }
      let patrols = world.model.all(DutiesTable.self).filter { duty in
        grid.contains(duty.grid) && [.due, .overdue].contains(duty.state) && !duty.kind.isCadence
          && Self.isAnswered(duty, world)
      }
      #expect(owed == 4 * patrols.count, "\(grid)")
      let points = report.members.map(\.points)
      #expect(zip(points, points.dropFirst()).allSatisfy { $0 >= $1 })
      #expect(report.ratioHundredths == points.last.flatMap { $0 > 0 ? UInt32(points[0] * 100 / $0) : nil })
      try checkMoves(report, objects, world)
      #expect(try Self.report(world, grid, moves: 100) == report)
      #expect(try Self.report(world, grid, moves: 1).moves == Array(report.moves.prefix(1)))
    }
  }

  /// Each move takes something from somebody who has more, and gives it to somebody who still has less than they had.
  private func checkMoves(_ report: WorkReport, _ objects: [Enterprise], _ world: World) throws {
    var points = Dictionary(uniqueKeysWithValues: report.members.map { ($0.person, $0.points) })
    for move in report.moves {
      let object = try #require(objects.first { $0.id == move.enterpriseId })
      let patrols = world.model.all(DutiesTable.self).count {
        $0.enterpriseId == object.id && $0.kind == .unitPatrol && [.due, .overdue].contains($0.state)
          && Self.isAnswered($0, world)
      }
      #expect(move.points == UInt64(Self.weight(object) + 4 * patrols) && move.grid == object.grid)
      let (from, to) = (try #require(points[move.from]), points[move.to] ?? 0)
      #expect(to + move.points < from)
      (points[move.from], points[move.to]) = (from - move.points, to + move.points)
      #expect(move.fromPoints == points[move.from] && move.toPoints == points[move.to])
    }
    let after = points.values.sorted()
    if let least = after.first, let most = after.last {
      #expect(report.ratioAfterHundredths == (least > 0 ? UInt32(most * 100 / least) : nil))
      #expect(most <= report.members[0].points && least >= report.members.last!.points)
    }
  }

  @Test func `who has most gives to who has least, within the village`() throws {
    var world = try World()
    let neighbour = Person(id: "gm3", name: "x", grants: [Grant(role: .gridMember, grid: World.village)])
    try world.act(.personPut(PutPersons(persons: [neighbour])), by: "admin")
    let report = try Self.report(world, World.village)
    // Three objects of 17 points, all in gm's cell: one goes, and then the two are as near as they can be.
    #expect(report.members.map(\.person) == ["gm", "gm3"] && report.members.map(\.points) == [51, 0])
    #expect(report.ratioHundredths == nil && report.ratioAfterHundredths == 200)
    let move = WorkMove(
      enterpriseId: 1, name: "甲厂", grid: World.cell, from: "gm", to: "gm3", points: 17, fromPoints: 34, toPoints: 17)
    #expect(report.moves == [move])
    // Done as proposed, it is as foreseen, and there is nothing more to propose.
    try world.act(.enterpriseAssign(AssignEnterprise(id: 1, member: "gm3")), by: "vs")
    let after = try Self.report(world, World.village)
    #expect(after.members.map(\.points) == [34, 17] && after.ratioHundredths == 200 && after.moves == [])
  }

  @Test func `a neighbour of another cell needs the role first`() throws {
    var world = try World()
    let cell = GridCode("421222100001002")!
    try world.act(
      .gridPutCells(PutCells(village: World.village, cells: [CellRow(code: cell, name: "第二网格")])), by: "to")
    let neighbour = Person(id: "gm3", name: "x", grants: [Grant(role: .gridMember, grid: cell)])
    try world.act(.personPut(PutPersons(persons: [neighbour])), by: "admin")
    let move = try #require(try Self.report(world).moves.first)
    #expect(move.to == "gm3" && move.needsGrant)
    #expect(throws: Refusal.self) {
      try world.act(.enterpriseAssign(AssignEnterprise(id: 1, member: "gm3")), by: "vs")
    }
  }

  @Test func `members of one cell share its objects to the point`() throws {
    var world = try World()
    let more = ["gm3", "gm4"].map { Person(id: $0, name: $0, grants: [Grant(role: .gridMember, grid: World.cell)]) }
    try world.act(.personPut(PutPersons(persons: more)), by: "admin")
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, riskLevel: .red)), by: "cd")
    let report = try Self.report(world, World.cell)
    // 50 + 17 + 17 = 84 = 3 × 28; all three answer for all three.
    #expect(report.members.map(\.points) == [28, 28, 28] && report.members.map(\.objects) == [3, 3, 3])
    #expect(report.moves == [] && report.ratioHundredths == 100)
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, riskLevel: .yellow)), by: "cd")
    #expect(try Self.report(world, World.cell).members.map(\.points) == [17, 17, 17])
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, riskLevel: .blue)), by: "cd")
    #expect(try Self.report(world, World.cell).members.map(\.points) == [15, 15, 14])
  }

  @Test func `patrols count for whoever is to make them, until they go up to the village`() throws {
    var world = try World()
    let more = Person(id: "gm3", name: "x", grants: [Grant(role: .gridMember, grid: World.cell)])
    try world.act(.personPut(PutPersons(persons: [more])), by: "admin")
    try world.act(.gridPutFile(PutGridFile(code: World.cell, kind: .urbanCommunity)), by: "to")
    try world.act(
      .enterpriseUpdate(UpdateEnterprise(id: 1, flags: EnterpriseFlags(flags: [.keyUnit]))), by: "cd")
    try world.act(.enterpriseAssign(AssignEnterprise(id: 1, member: "gm3")), by: "vs")
    func lines() throws -> [String] {
      try Self.report(world, World.cell, moves: 0).members.map { "\($0.person) \($0.patrols) \($0.points)" }
    }
    // The key unit, 37 points, is gm3's; the other two, 34 points, both have.
    #expect(try lines() == ["gm3 0 54", "gm 0 17"])
    world.advance(days: 1)
    try world.expire()
    // 4 for the key unit, and 4 for the cell that both walk through.
    #expect(try lines() == ["gm3 2 60", "gm 1 19"])
    // Days later two are late, and one of them is with the village.
    while try world.duty(2)?.state != .escalated {
      world.time = try #require(try nextDue(in: world.model)).at
      try world.expire()
    }
    let open = world.model.all(DutiesTable.self).filter { [.due, .overdue].contains($0.state) }
    let units = open.count { $0.kind == .unitPatrol }
    #expect(units > 0 && open.count == units + 1)
    #expect(try lines() == ["gm3 \(units + 1) \(56 + 4 * units)", "gm 1 19"])
    let findings = ["1", "2"].map { PatrolFinding(item: $0, result: .ok, note: "已清扫") }
    for duty in open { try world.act(.patrolRecord(RecordPatrol(id: duty.id, findings: findings)), by: "gm") }
    #expect(try lines() == ["gm3 0 54", "gm 0 17"])
  }

  @Test func `what an object is weighs, too`() throws {
    var profile = World.profile
    profile.workload?.types = [
      TypePoints(type: .smallWorkshop, points: 6), TypePoints(type: .enterprise, points: 100),
    ]
    var world = try World(profile: profile)
    #expect(try Self.report(world, World.cell).members.map(\.points) == [351])
    let rows = [("甲厂", EnterpriseType.smallWorkshop), ("乙厂", .household)].map { name, type in
      EnterpriseRow(
        name: name, type: type, grid: World.cell, riskLevel: .yellow, responsibleDepartment: "应急管理局")
    }
    try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
    #expect(try Self.report(world, World.cell).members.map(\.points) == [23 + 17 + 117])
  }

  @Test func `without weights nothing is weighed`() throws {
    func missingRule(_ profile: Profile) throws -> String? {
      do throws(Refusal) {
        let world = try World(profile: profile)
        _ = try workload(WeighWork(grid: World.county), at: world.time, in: world.model)
        return nil
      } catch {
        guard case .unconfigured(let fault) = error else { return "\(error)" }
        return fault.rule
      }
    }
    var profile = World.profile
    #expect(try missingRule(profile) == nil)
    profile.workload?.openCase = nil
    #expect(try missingRule(profile) == "workload.openCase")
    profile = World.profile
    profile.workload?.patrol = nil
    #expect(try missingRule(profile) == "workload.patrol")
    profile.workload = nil
    #expect(try missingRule(profile) == "workload")
  }
}
