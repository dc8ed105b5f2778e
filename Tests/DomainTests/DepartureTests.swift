import Domain
import Records
import Scalars
import Support
import Testing

/// Who leaves hands over tasks, objects, posts and terminals, in one command; and roles that begin and end by themselves.
@Suite struct DepartureTests {
  private func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private static func person(_ id: String, terminals: [String] = [], _ grants: [Grant]) -> Person {
    Person(id: id, name: id, grants: grants, terminals: terminals)
  }

  private static let member = Grant(role: .gridMember, grid: World.cell)

  /// A cell with a member who has a task, an object, two posts and a terminal, and somebody who comes after them.
  private static func world() throws(Refusal) -> World {
    var world = try World()
    try world.act(
      .personPut(PutPersons(persons: [person("gm", terminals: ["PDA-1"], [member]), person("heir", [member])])),
      by: "admin")
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report(enterprise: nil)), by: "gm") else {
      preconditionFailure("no receipt")
    }
    try world.act(.hazardFile(FileHazard(number: receipt.number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: receipt.number, assignee: "gm")), by: "vs")
    try world.act(.enterpriseAssign(AssignEnterprise(id: 2, member: "gm")), by: "vs")
    for (post, person, from) in [
      ("网格员", "gm", "2026-01-01"), ("联系干部", "gm", "2026-05-01"), ("联系干部", "heir", "2026-04-01"),
    ] {
      let request = PutPost(grid: World.cell, post: post, person: person, from: Date(from)!)
      try world.act(.gridPutPost(request), by: "to")
    }
    return world
  }

  private static func request(to heir: String = "heir", leaves: Bool = true) -> HandOverTasks {
    HandOverTasks(grid: World.township, from: "gm", to: heir, note: "离职", leaves: leaves)
  }

  @Test func `what the leaver has fed back comes back to the heir when it is not accepted`() throws {
    var world = try Self.world()
    let number = try #require(world.model.all(HazardsTable.self).first).number
    try world.act(.hazardClaim(HazardNote(number: number)), by: "gm")
    try world.act(
      .hazardFeedback(HazardFeedback(number: number, result: "已整改", evidence: World.photos())), by: "gm")
    try world.act(.hazardHandOver(Self.request()), by: "to")
    #expect(try world.hazard(number).assignee == "heir" && world.hazard(number).rectifiedBy == "gm")
    try world.act(.hazardVerifyFail(HazardNote(number: number, note: "未消除")), by: "vs")
    #expect(try world.hazard(number).state == .rectifying && world.hazard(number).assignee == "heir")
  }

  @Test func `all that hangs on who leaves goes along, and a dry run says so before`() throws {
    var world = try Self.world()
    let expected = HandOverReceipt(cases: 1, enterprises: 1, posts: 2, terminals: 1, roles: 1)
    #expect(try Departure(Self.request(), on: world.time.localDate, in: world.model).receipt == expected)
    guard case .hazardHandOver(let receipt) = try world.act(.hazardHandOver(Self.request()), by: "to") else { return }
    #expect(receipt == expected)
    #expect(world.model.all(HazardsTable.self).map(\.assignee) == ["heir"])
    #expect(world.model.all(EnterprisesTable.self).first { $0.id == 2 }?.member == "heir")
    #expect(world.model.all(EnterpriseEntriesTable.self).contains { $0.event == .assign && $0.note == "离职" })
    let terminals = world.model.all(PersonsTable.self).filter { !$0.terminals.isEmpty }
    #expect(terminals.map(\.id) == ["heir"] && terminals[0].terminals == ["PDA-1"])
    // Today the heir serves, and yesterday the other did; where they served already, nothing is doubled.
    let today = world.time.localDate
    let posts = world.model.all(PostsTable.self)
    #expect(posts.filter { $0.person == "gm" }.allSatisfy { $0.to == max($0.from, today.adding(days: -1)) })
    #expect(posts.filter { $0.person == "heir" && $0.post == "网格员" }.map(\.from) == [today])
    #expect(posts.filter { $0.person == "heir" && $0.post == "联系干部" }.count == 1)
    // And serves no more: the cell is the heir's alone.
    let grants = try #require(try world.model.record(PersonsTable.self, .init(id: "gm"))).grants
    #expect(grants.map(\.to) == [today.adding(days: -1)])
    let back = Command.hazardSubmit(World.report(enterprise: nil))
    #expect(refusal { () throws(Refusal) in try world.act(back, by: "gm") }?.name == "PermissionDenied")
    let nothing = try Departure(Self.request(), on: today, in: world.model).receipt
    #expect(nothing == HandOverReceipt())
  }

  @Test func `nobody takes what hangs on somebody who serves beyond their own grid`() throws {
    var world = try Self.world()
    func leave(_ from: String, _ grid: GridCode) -> Command {
      .hazardHandOver(HandOverTasks(grid: grid, from: from, to: "heir", note: "离职", leaves: true))
    }
    try world.act(
      .personPut(
        PutPersons(persons: [
          Self.person("wide", terminals: ["PDA-9"], [Self.member, Grant(role: .departmentOfficer, grid: World.county)])
        ])), by: "admin")
    for grid in [World.village, World.cell] {
      let error = refusal { () throws(Refusal) in try world.act(leave("wide", grid), by: "vs") }
      #expect(error?.name == "NotAllowedHere", "\(grid)")
    }
    #expect(
      refusal { () throws(Refusal) in try world.act(leave("wiide", World.village), by: "vs") }?.name == "UnknownPerson")
    try world.act(leave("wide", World.county), by: "cd")
    #expect(try world.model.record(PersonsTable.self, .init(id: "heir"))?.terminals == ["PDA-9"])
  }

  @Test func `who only hands tasks over keeps the rest`() throws {
    var world = try Self.world()
    guard case .hazardHandOver(let receipt) = try world.act(.hazardHandOver(Self.request(leaves: false)), by: "to")
    else { return }
    #expect(receipt == HandOverReceipt(cases: 1))
    #expect(world.model.all(EnterprisesTable.self).first { $0.id == 2 }?.member == "gm")
  }

  @Test func `nothing goes to an heir who could not take all of it`() throws {
    var world = try Self.world()
    // May rectify, but is no grid member.
    let before = world.model.all(EnterprisesTable.self)
    let refused = refusal { () throws(Refusal) in try world.act(.hazardHandOver(Self.request(to: "vs")), by: "to") }
    #expect(refused?.message.english.contains("vs is no grid member of 421222100001001, where enterprise 2 is") == true)
    #expect(
      refusal { () throws(Refusal) in
        _ = try Departure(Self.request(to: "vs"), on: world.time.localDate, in: world.model)
      } != nil)
    #expect(world.model.all(EnterprisesTable.self) == before)
    #expect(world.model.all(HazardsTable.self).map(\.assignee) == ["gm"])
  }

  @Test func `one command takes two hundred records of all kinds`() throws {
    var world = try Self.world()
    let rows = (0..<220).map { index in
      EnterpriseRow(
        name: "店\(index)", type: .smallShop, grid: World.cell, riskLevel: .blue, responsibleDepartment: "商务局")
    }
    try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
    for object in world.model.all(EnterprisesTable.self).filter({ $0.id > 3 }) {
      try world.act(.enterpriseAssign(AssignEnterprise(id: object.id, member: "gm")), by: "vs")
    }
    var receipts: [HandOverReceipt] = []
    while receipts.last?.more ?? true {
      let outcome = try world.act(.hazardHandOver(Self.request()), by: "to")
      guard case .hazardHandOver(let receipt) = outcome, receipts.count < 5 else { return }
      receipts.append(receipt)
    }
    #expect(
      receipts == [
        HandOverReceipt(cases: 1, more: true, enterprises: 199),
        HandOverReceipt(enterprises: 22, posts: 2, terminals: 1, roles: 1),
      ])
  }

  // MARK: Roles for a time

  @Test(arguments: [
    // The civil date in China counts: 4 March begins there at 16:00 UTC.
    ("2026-03-03T15:59:59Z", false), ("2026-03-03T16:00:00Z", true), ("2026-03-10T15:59:59Z", true),
    ("2026-03-10T16:00:00Z", false),
  ])
  func `a role counts from its first to its last day`(moment: String, counts: Bool) throws {
    var world = try World()
    let grant = Grant(
      role: .gridMember, grid: World.cell, from: Date("2026-03-04")!, to: Date("2026-03-10")!)
    try world.act(.personPut(PutPersons(persons: [Self.person("temp", [grant])])), by: "admin")
    world.time = Instant(moment)!
    let refused = refusal { () throws(Refusal) in try world.act(.hazardSubmit(World.report()), by: "temp") }
    #expect(refused?.name == (counts ? nil : "PermissionDenied"))
    // Nor can anything be given to them, or be expected of them.
    let assigned = refusal { () throws(Refusal) in
      try world.act(.enterpriseAssign(AssignEnterprise(id: 1, member: "temp")), by: "vs")
    }
    #expect(assigned?.name == (counts ? nil : "EnterpriseNotAllowed"))
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report(enterprise: nil)), by: "gm") else {
      return
    }
    try world.act(.hazardFile(FileHazard(number: receipt.number)), by: "vs")
    let dispatched = refusal { () throws(Refusal) in
      try world.act(.hazardDispatch(DispatchHazard(number: receipt.number, assignee: "temp")), by: "vs")
    }
    #expect(dispatched?.name == (counts ? nil : "NotAllowedHere"))
  }

  @Test func `an account's role ends, and so does its power to speak for others`() throws {
    let world = try World()
    let account = Principal(
      name: "uid:7",
      grants: [
        Grant(role: .delegate, to: Date("2026-03-05")!), Grant(role: .auditor),
        Grant(role: .administrator, from: Date("2026-03-06")!),
      ])
    func roles(_ person: String?, on day: String) -> [Role]? {
      try? resolveCaller(account, actingFor: person, at: Instant("\(day)T12:00:00+08:00")!, in: world.model)
        .grants.map(\.role)
    }
    #expect(roles(nil, on: "2026-03-05") == [.delegate, .auditor] && roles("gm", on: "2026-03-05") == [.gridMember])
    #expect(roles(nil, on: "2026-03-06") == [.auditor, .administrator] && roles("gm", on: "2026-03-06") == nil)
  }

  @Test func `a role that ends before it begins is refused`() throws {
    var world = try World()
    let grant = Grant(role: .gridMember, grid: World.cell, from: Date("2026-03-04")!, to: Date("2026-03-03")!)
    let put = Command.personPut(PutPersons(persons: [Self.person("temp", [grant])]))
    #expect(refusal { () throws(Refusal) in try world.act(put, by: "admin") }?.name == "InvalidArgument")
  }

  @Test func `a post is vacant when its holder's role has ended`() throws {
    var world = try World()
    var grant = Self.member
    grant.to = Date("2026-03-10")!
    try world.act(.personPut(PutPersons(persons: [Self.person("temp", [grant])])), by: "admin")
    try world.act(
      .gridPutPost(PutPost(grid: World.cell, post: "网格员", person: "temp", from: Date("2026-03-02")!)), by: "to")
    func lacksMember(_ day: String) throws -> Bool {
      try status(of: World.cell, on: Date(day)!, in: world.model).lacks.contains { $0.what == "网格员" }
    }
    #expect(try !lacksMember("2026-03-10"))
    #expect(try lacksMember("2026-03-11"))
  }

  @Test func `a list that leaves columns out leaves them as they were`() throws {
    var world = try World()
    let known = Person(
      id: "p", name: "甲", grants: [Grant(role: .gridMember, grid: World.cell)], enterpriseId: 1, phone: "13812345678",
      terminals: ["PDA-1"], employment: .fullTime, certificate: Certificate(number: "鄂L-1"),
      staffing: Staffing(
        organization: "局", onEstablishment: true, professional: true, joined: Date("2020-01-01")!,
        concurrentJobs: ["信息员"], remuneration: "每月补贴300元", protectiveKit: ["安全帽"]))
    try world.act(.personPut(PutPersons(persons: [known])), by: "admin")
    func person() throws -> Person? { try world.model.record(PersonsTable.self, .init(id: "p")) }
    var said = Person(id: "p", name: "乙", grants: [Grant(role: .villageOfficer, grid: World.village)])
    try world.act(.personPut(PutPersons(persons: [said], keepUnsaid: true)), by: "admin")
    var expected = known
    (expected.name, expected.grants, expected.version) = (said.name, said.grants, 2)
    #expect(try person() == expected)
    // Of the service only what is said.
    said.staffing = Staffing(organization: "所", left: Date("2026-02-01")!)
    try world.act(.personPut(PutPersons(persons: [said], keepUnsaid: true)), by: "admin")
    expected.staffing?.organization = "所"
    expected.staffing?.left = Date("2026-02-01")!
    expected.version = 3
    #expect(try person() == expected)
    try world.act(.personPut(PutPersons(persons: [said])), by: "admin")
    said.version = 4
    #expect(try person() == said, "as a whole")
  }
}
