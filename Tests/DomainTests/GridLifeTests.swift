import Domain
import Records
import Scalars
import Support
import Testing

/// How cells come, change and go, and what becomes of what hangs on them.
@Suite struct GridLifeTests {
  private static let first = GridCode("421222100001001")!
  private static let second = GridCode("421222100001002")!
  private static let third = GridCode("421222100001003")!
  private static let moved = GridCode("421222100002001")!

  private func refusal(_ body: () throws(Refusal) -> Void) -> String? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error.message.english
    }
  }

  private func change(_ world: inout World, _ command: Command, by person: String = "to") throws(Refusal) -> CellChange
  {
    switch try world.act(command, by: person) {
    case .gridSplitCell(let change), .gridMergeCells(let change), .gridMoveCell(let change), .gridRetire(let change):
      return change
    default: preconditionFailure("\(command.method.name) changes no cell")
    }
  }

  private func split(_ parts: [GridCode] = [second, third], version: UInt64? = nil) -> Command {
    .gridSplitCell(
      SplitCell(cell: Self.first, expectedVersion: version, parts: parts.map { NewCell(code: $0, name: "新网格") }))
  }

  /// A rectangle as high as a tenth of a degree, between tenths of degrees.
  private static func box(west: Int32, east: Int32) -> [Ring] {
    let corners: [(Int32, Int32)] = [(west, 290), (east, 290), (east, 291), (west, 291), (west, 290)]
    return [Ring(vertices: corners.map { Vertex(longitude: $0 * 1_000_000, latitude: $1 * 1_000_000) })]
  }

  private func submit(_ world: inout World, _ report: SubmitHazard = World.report()) throws(Refusal) -> HazardNumber {
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(report), by: "gm") else { fatalError() }
    return receipt.number
  }

  @Test func `a grant goes to the successors with its days and its department`() throws {
    var world = try World()
    let grant = Grant(
      role: .departmentOfficer, grid: Self.first, from: Date("2026-01-01")!, to: Date("2026-12-31")!,
      department: "消防救援大队")
    try world.act(.personPut(PutPersons(persons: [Person(id: "x", name: "x", grants: [grant])])), by: "admin")
    _ = try change(&world, split())
    let grants = try #require(try world.model.record(PersonsTable.self, .init(id: "x"))).grants
    var (second, third) = (grant, grant)
    (second.grid, third.grid) = (Self.second, Self.third)
    #expect(grants == [second, third])
  }

  @Test func `a division hands over the ledger, open cases, grants and posts, and leaves history where it was`() throws
  {
    var world = try World()
    let over = try submit(&world)
    try world.act(.hazardDecline(HazardNote(number: over, note: "重复")), by: "vs")
    let open = try submit(&world)
    try world.act(
      .gridPutPost(PutPost(grid: Self.first, post: "网格员", person: "gm", from: Date("2026-01-01")!)), by: "to")
    world.advance(days: 1)
    let change = try change(&world, split())
    #expect(change.retired == [Self.first] && change.successors == [Self.second, Self.third])
    #expect([change.enterprises, change.hazards, change.persons, change.posts] == [3, 1, 3, 1])

    #expect(world.model.all(EnterprisesTable.self).allSatisfy { $0.grid == Self.second })
    #expect(try world.hazard(over).grid == Self.first, "what is over is history")
    let hazard = try world.hazard(open)
    #expect(hazard.grid == Self.second && hazard.number == open && hazard.holder == World.village)
    let event = world.model.all(CaseEventsTable.self).first { $0.hazardId == hazard.id && $0.event == .rezone }
    #expect(event?.actor == "to" && event?.note == "拆分 421222100001001 → 421222100001002")
    #expect(
      try world.model.record(PersonsTable.self, .init(id: "gm"))?.grants
        == [Self.second, Self.third].map { Grant(role: .gridMember, grid: $0) })
    let posts = world.model.all(PostsTable.self).sorted { $0.id < $1.id }
    #expect(posts.map(\.grid) == [Self.first, Self.second, Self.third])
    #expect(posts[0].to == Date("2026-03-02")! && posts[1].from == Date("2026-03-03")! && posts[1].to == nil)
    // The case goes on under its new cell.
    try world.act(.hazardFile(FileHazard(number: open)), by: "vs")
  }

  @Test func `what a node hands over has no department that the heir does not know`() throws {
    var world = try World()
    for (grid, name) in [(Self.first, "应急管理局"), (World.otherCell, "消防救援大队")] {
      try world.act(.organizationPut(PutOrganization(grid: grid, name: name, kind: .department)), by: "admin")
    }
    let number = try submit(&world)
    #expect(try world.hazard(number).department == "应急管理局")
    try world.act(.gridRetire(RetireGrid(code: Self.first, successor: World.otherCell)), by: "admin")
    let moved = try world.hazard(number)
    #expect(moved.grid == World.otherCell && moved.department == nil)
    let objects = world.model.all(EnterprisesTable.self)
    #expect(objects.count == 3 && objects.allSatisfy { $0.grid == World.otherCell && $0.gaps == [.noDepartment] })
  }

  @Test func `a retired code is refused with the name of its successor, for ever`() throws {
    var world = try World()
    try world.act(split(), by: "to")
    let gone =
      "Grid 421222100001001 was retired on 2026-03-02; its work goes on in 421222100001002, 421222100001003: use that code."
    let commands: [Command] = [
      .personPut(
        PutPersons(persons: [Person(id: "x", name: "x", grants: [Grant(role: .gridMember, grid: Self.first)])])),
      .gridPutFile(PutGridFile(code: Self.first)), .gridPutBoundary(PutBoundary(code: Self.first)),
      .gridPutPost(PutPost(grid: Self.first, post: "网格员", person: "gm", from: Date("2026-01-01")!)), split(),
      .gridRetire(RetireGrid(code: Self.second, successor: Self.first)),
    ]
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardSubmit(World.report(enterprise: nil)), by: "to") } == gone)
    // Whose grants went along hears where to; nobody else does.
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardSubmit(World.report(enterprise: nil)), by: "gm") } == gone)
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardSubmit(World.report(enterprise: nil)), by: "gm2") }?
        .hasPrefix("gm2 may not call Hazard.submit") == true)
    for command in commands {
      #expect(refusal { () throws(Refusal) in try world.act(command, by: "admin") } == gone, "\(command.method.name)")
    }
    let row = EnterpriseRow(
      name: "丁厂", type: .enterprise, grid: Self.first, riskLevel: .blue, responsibleDepartment: "x")
    #expect(
      refusal { () throws(Refusal) in try world.act(.enterpriseImport(ImportEnterprises(rows: [row])), by: "admin") }
        == "Row 0: grid 421222100001001 was retired; use 421222100001002, 421222100001003")
    let again = Command.gridPutCells(PutCells(village: World.village, cells: [CellRow(code: Self.first, name: "x")]))
    #expect(
      refusal { () throws(Refusal) in try world.act(again, by: "to") }
        == "Row 0: 421222100001001 was a cell before; a code is never used again")
    #expect(
      try childGrids(of: World.village, after: nil, retired: false, limit: 9, in: world.model).map(\.code) == [
        Self.second, Self.third,
      ])
    #expect(try childGrids(of: World.village, after: nil, retired: true, limit: 9, in: world.model).count == 3)
  }

  @Test func `objects and cases go where their coordinates lie`() throws {
    var world = try World()
    func square(_ west: Int32) -> [Ring] {
      let corners: [(Int32, Int32)] = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
      return [
        Ring(
          vertices: corners.map {
            Vertex(longitude: 1_138_000_000 + (west + $0) * 1000, latitude: 292_000_000 + $1 * 1000)
          })
      ]
    }
    let rows = [113.8005, 113.8015, 120].enumerated().map { index, longitude in
      EnterpriseRow(
        name: "\(["甲", "乙", "丙"][index])厂", type: .enterprise, grid: Self.first,
        point: Point(longitude: longitude, latitude: 29.2005), riskLevel: .yellow, responsibleDepartment: "应急管理局",
        source: "test")
    }
    try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
    let ofSecond = try submit(&world, World.report(enterprise: 2))
    var ofPlace = World.report(enterprise: nil)
    ofPlace.point = Point(longitude: 113.8012, latitude: 29.2)
    let byPoint = try submit(&world, ofPlace)
    let parts = [
      NewCell(code: Self.second, name: "西", rings: square(0)), NewCell(code: Self.third, name: "东", rings: square(10)),
    ]
    try world.act(.gridSplitCell(SplitCell(cell: Self.first, parts: parts)), by: "to")
    let places = world.model.all(EnterprisesTable.self).sorted { $0.id < $1.id }.map(\.grid)
    #expect(places == [Self.second, Self.third, Self.second], "who lies in no part goes to the first")
    #expect(try world.hazard(ofSecond).grid == Self.third, "a case stays with its object")
    #expect(try world.hazard(byPoint).grid == Self.third)
    #expect(try locate(Vertex(longitude: 1_138_005_000, latitude: 292_005_000), in: world.model) == [Self.second])
  }

  @Test func `cells are joined, and one that is there may take others up`() throws {
    var world = try World()
    try world.act(
      .gridPutCells(PutCells(village: World.village, cells: [CellRow(code: Self.second, name: "第二网格")])), by: "to")
    let rows = [CellVersion(code: Self.first, expectedVersion: 1), CellVersion(code: Self.second)]
    var other = world
    let joined = try change(
      &world,
      .gridMergeCells(MergeCells(village: World.village, cells: rows, into: NewCell(code: Self.third, name: "合"))))
    #expect(joined.retired == [Self.first, Self.second] && joined.enterprises == 3)
    #expect(
      try childGrids(of: World.village, after: nil, retired: false, limit: 9, in: world.model).map(\.name) == ["合"])
    _ = try change(
      &other,
      .gridMergeCells(
        MergeCells(village: World.village, cells: [rows[0]], into: NewCell(code: Self.second, name: "x"))))
    #expect(try currentGrid(Self.second, in: other.model)?.name == "第二网格", "it keeps its name")
    #expect(
      refusal { () throws(Refusal) in
        try world.act(
          .gridMergeCells(
            MergeCells(
              village: World.village, cells: [CellVersion(code: Self.third)], into: NewCell(code: Self.third, name: "x")
            )),
          by: "to")
      } == "Row 0: 421222100001003 stands twice in the request")
  }

  @Test func `a cell that moves takes its cases to the offices of its new village`() throws {
    var world = try World()
    let number = try submit(&world)
    let command = Command.gridMoveCell(
      MoveCell(cell: Self.first, to: NewCell(code: Self.moved, name: "划入"), note: "调整"))
    #expect(
      refusal { () throws(Refusal) in try world.act(command, by: "vs") }?.hasPrefix("vs may not call Grid.move_cell")
        == true)
    try world.act(command, by: "to")
    let hazard = try world.hazard(number)
    #expect(hazard.grid == Self.moved && hazard.holder == World.otherVillage)
    #expect(throws: Refusal.self) { try world.act(.hazardFile(FileHazard(number: number)), by: "vs") }
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs2")
    // Power over the old place is not enough.
    let away = Command.gridMoveCell(
      MoveCell(cell: Self.moved, to: NewCell(code: GridCode("421222101001002")!, name: "x")))
    #expect(
      refusal { () throws(Refusal) in try world.act(away, by: "to") }?.hasPrefix("to may not call Grid.move_cell")
        == true)
    try world.act(away, by: "co")
    #expect(try world.hazard(number).holder == GridCode("421222101001000")!)
  }

  @Test func `a case that comes back does so in the cell that took the place of its own`() throws {
    var world = try World()
    let number = try submit(&world)
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "gm")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "gm")
    try world.act(
      .hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "gm")
    try world.act(.hazardVerifyPass(VerifyHazard(number: number, onSite: true)), by: "vs")
    try world.act(
      .gridMoveCell(MoveCell(cell: Self.first, to: NewCell(code: Self.moved, name: "划入"))), by: "to")
    try world.act(
      .gridRetire(RetireGrid(code: World.village, successor: World.otherVillage)), by: "to")
    #expect(try world.hazard(number).grid == Self.first)
    try world.act(.hazardReopen(HazardNote(number: number, note: "复发")), by: "cmd")
    #expect(try world.hazard(number).grid == Self.moved && world.hazard(number).holder == World.otherVillage)
  }

  @Test func `what a new edition leaves out is listed until it is retired`() throws {
    var world = try World()
    func leftOut(_ limit: Int = 10) throws(Refusal) -> [GridCode] {
      var (found, after) = ([GridCode](), GridCode?.none)
      repeat {
        let page = try leftOutGrids(ListLeftOut(grid: World.county, after: after), limit: limit, in: world.model)
        found += page.grids.map(\.code)
        after = page.next
      } while after != nil
      return found
    }
    func publish(_ rows: [DivisionRow]) throws(Refusal) {
      guard case .gridOpenEdition(let edition) = try world.act(.gridOpenEdition(OpenEdition(name: "新版")), by: "admin")
      else { return }
      try world.act(.gridStageDivisions(StageDivisions(edition: edition.id, rows: rows)), by: "admin")
      #expect(try leftOut() == [], "it does not count yet")
      let activation = ActivateEdition(edition: edition.id, rowCount: UInt64(rows.count))
      try world.act(.gridActivateEdition(activation), by: "admin")
    }
    #expect(try leftOut() == [])
    // One of a part of the county leaves nothing out.
    try publish(World.divisions.filter { $0.level == 5 && $0.code == "421222100001" })
    #expect(try leftOut() == [])
    try publish(World.divisions.filter { $0.code != "421222100002" })
    #expect(try leftOut() == [World.otherVillage] && leftOut(1) == [World.otherVillage])
    try world.act(
      .gridRetire(RetireGrid(code: World.otherVillage, expectedVersion: 1, successor: World.village)), by: "to")
    #expect(try leftOut() == [])
  }

  @Test func `public reports about a node go on where its enterprise went, or in its successor`() throws {
    var world = try World()
    let row = EnterpriseRow(
      name: "东厂", type: .enterprise, grid: Self.first, point: Point(longitude: 113.95, latitude: 29.05),
      riskLevel: .yellow, responsibleDepartment: "应急管理局")
    try world.act(.enterpriseImport(ImportEnterprises(rows: [row])), by: "admin")
    let object = try #require(world.model.all(EnterprisesTable.self).first { $0.name == "东厂" })
    func receive(_ enterprise: UInt64?) throws(Refusal) {
      let report = ReceiveReport(
        kind: .hazard, channel: .phone, grid: Self.first, enterpriseId: enterprise, description: "举报",
        codeHash: [UInt8](repeating: 3, count: 32), sealedReporter: [1])
      try world.act(.reportReceive(report), by: "desk")
    }
    for enterprise in [nil, object.id, nil] { try receive(enterprise) }
    try world.act(.reportRefuse(ReportNote(id: 3, note: "不属范围")), by: "desk")
    try world.act(.reportAccept(AssignReport(id: 1, department: "应急管理局", note: "")), by: "desk")
    let before = try #require(try world.publicReport(1))
    let parts = [
      NewCell(code: Self.second, name: "西", rings: Self.box(west: 1138, east: 1139)),
      NewCell(code: Self.third, name: "东", rings: Self.box(west: 1139, east: 1140)),
    ]
    let change = try change(&world, .gridSplitCell(SplitCell(cell: Self.first, parts: parts)))
    #expect(change.reports == 2)
    let moved = try #require(try world.publicReport(1))
    #expect(moved.grid == Self.second && moved.openIn == Self.second && moved.state == .accepted)
    #expect(moved.dueAt == before.dueAt && moved.holder == before.holder, "the desk is the county's")
    let entry = try #require(
      try world.model.record(ReportEntriesTable.self, .init(reportId: 1, ordinal: moved.entryCount)))
    #expect(entry.event == .rezone && entry.note == GridEnd.split.label.chinese)
    #expect(try world.publicReport(2)?.grid == Self.third, "its enterprise stands there")
    let over = try #require(try world.publicReport(3))
    #expect(over.grid == Self.first && over.openIn == nil)
  }

  @Test func `a village ends once nothing is left below it`() throws {
    var world = try World()
    let command = Command.gridRetire(RetireGrid(code: World.village, expectedVersion: 1, successor: World.otherVillage))
    let inUse = refusal { () throws(Refusal) in try world.act(command, by: "to") }
    #expect(
      inUse
        == "Grid 421222100001000 cannot be retired: 1 nodes below it, 0 enterprises, 0 open cases, 1 people and 0 posts hang on it; retire or move the nodes below it first."
    )
    try world.act(.gridMoveCell(MoveCell(cell: Self.first, to: NewCell(code: Self.moved, name: "x"))), by: "to")
    let change = try change(&world, command)
    #expect(change.persons == 1)
    #expect(
      try world.model.record(PersonsTable.self, .init(id: "vs"))?.grants == [
        Grant(role: .villageOfficer, grid: World.otherVillage)
      ])
    #expect(
      refusal { () throws(Refusal) in
        try world.act(
          .gridPutCells(PutCells(village: World.village, cells: [CellRow(code: Self.second, name: "x")])), by: "to")
      }?.hasPrefix("Grid 421222100001000 was retired") == true)
  }

  @Test func `more than one command can hand over is refused with its counts`() throws {
    var world = try World()
    for chunk in 0..<4 {
      let rows = (0..<500).map {
        EnterpriseRow(
          name: "厂\(chunk * 500 + $0)", type: .smallShop, grid: Self.first, riskLevel: .blue, responsibleDepartment: "x"
        )
      }
      try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
    }
    let before = world.model
    #expect(
      refusal { () throws(Refusal) in try world.act(split(), by: "to") }
        == "Grid 421222100001001 cannot be retired: 0 nodes below it, 2001 enterprises, 0 open cases, 3 people and 0 posts hang on it; one command hands over 2000 records; import enterprises into other cells first."
    )
    #expect(world.model.records == before.records)
  }

  @Test func `versions, codes and levels are checked`() throws {
    var world = try World()
    func refused(_ command: Command) -> String? { refusal { () throws(Refusal) in try world.act(command, by: "to") } }
    #expect(refused(split(version: 2)) == "The record is at version 1, not 2; read it again.")
    #expect(refused(split([Self.second, Self.second])) == "Row 1: 421222100001002 stands twice in the request")
    #expect(
      refused(split([Self.second, Self.moved])) == "Row 1: 421222100002001 is no cell of village 421222100001000")
    #expect(
      refused(split([Self.first, Self.second]))
        == "Row 0: 421222100001001 was a cell before; a code is never used again")
    #expect(
      refused(
        .gridSplitCell(
          SplitCell(cell: World.village, parts: [Self.second, Self.third].map { NewCell(code: $0, name: "x") })))
        == "cell: 421222100001000 is no cell")
    #expect(
      refused(.gridRetire(RetireGrid(code: Self.first, successor: World.village)))
        == "successor: 421222100001000 is no other node of the same level")
    #expect(
      refused(.gridRetire(RetireGrid(code: Self.first, successor: Self.first)))
        == "successor: 421222100001001 is no other node of the same level")
    #expect(
      refused(.gridMoveCell(MoveCell(cell: Self.first, to: NewCell(code: Self.second, name: "x"))))
        == "to: 421222100001002 lies in the same village")
  }

  @Test func `grants that older versions wrote are found after the migration`() throws {
    var world = try World()
    var old = Model()
    for person in world.model.all(PersonsTable.self) { old.put(PersonsTable.self, person) }
    for number in 0..<1200 {
      old.put(
        PersonsTable.self,
        Person(id: "z\(number)", name: "x", grants: number % 2 == 0 ? [] : [Grant(role: .gridMember, grid: Self.first)])
      )
    }
    old.accept()
    let wanted = old.all(PersonsTable.self).flatMap { person in
      person.grants.compactMap { $0.grid.map { ["\(person.id)", "\($0)", "\($0)"] } }
    }
    world.model = old
    for number in 1...Migration.newest {
      while case .adminMigrate(let progress) = try world.act(.adminMigrate(Migrate(number: number))), !progress.done {}
    }
    let entered = world.model.all(GrantPlacesTable.self).map { ["\($0.person)", "\($0.grid)", "\($0.held ?? .unset)"] }
    #expect(Set(entered) == Set(wanted))
  }
}

/// The five fixed things 五定.
@Suite struct FiveFixedTests {
  private static let square = [
    Ring(
      vertices: [(0, 0), (9, 0), (9, 9), (0, 9), (0, 0)].map {
        Vertex(longitude: 1_138_000_000 + $0, latitude: 292_000_000 + $1)
      })
  ]

  private func lacks(_ world: World, on date: String = "2026-03-02") throws -> [String] {
    try status(of: World.cell, on: Date(date)!, in: world.model).lacks.map {
      $0.item.name + ($0.what.isEmpty ? "" : " \($0.what)")
    }
  }

  @Test func `a post lends no role, and is vacant without the one that it asks for`() throws {
    var world = try World()
    let stranger = Person(id: "hs", name: "x", grants: [Grant(role: .gridMember, grid: World.otherCell)])
    try world.act(.personPut(PutPersons(persons: [stranger])), by: "admin")
    func put(_ post: String, _ person: String) -> Command {
      .gridPutPost(PutPost(grid: World.cell, post: post, person: person, from: Date("2026-03-02")!))
    }
    // A member's post asks for a member's role there.
    #expect(throws: Refusal.self) { try world.act(put("网格员", "hs"), by: "to") }
    for (post, person) in [("联系干部", "hs"), ("挂点领导", "hs"), ("网格员", "gm")] {
      try world.act(put(post, person), by: "to")
    }
    func isDenied(_ command: Command, by person: String) throws -> Bool {
      do throws(Refusal) {
        try world.act(command, by: person)
        return false
      } catch {
        guard case .permissionDenied = error else { throw error }
        return true
      }
    }
    #expect(try isDenied(.hazardSubmit(World.report()), by: "hs"))
    #expect(try !isDenied(.hazardSubmit(World.report()), by: "gm"))
    // Once the grant is gone the post stands, and gives nothing.
    try world.act(.personPut(PutPersons(persons: [Person(id: "gm", name: "gm")])), by: "admin")
    #expect(world.model.all(PostsTable.self).contains { $0.person == "gm" && $0.to == nil })
    #expect(try isDenied(.hazardSubmit(World.report()), by: "gm"))
    #expect(try lacks(world).contains("persons 网格员"))
    // Nobody who may enter a post may grant a role.
    #expect(Method.personPut.roles == [.administrator])
  }

  @Test func `a cell is complete once area, persons, duties, tasks and rewards are fixed`() throws {
    var world = try World()
    #expect(
      try lacks(world) == [
        "area", "persons 网格员", "persons 联系干部", "duties", "tasks", "rewards", "responsible_body", "supervising_body",
        "kind",
        "device",
      ])
    try world.act(.gridPutBoundary(PutBoundary(code: World.cell, rings: Self.square)), by: "to")
    for (post, person) in [("网格员", "gm"), ("联系干部", "cd")] {
      try world.act(
        .gridPutPost(PutPost(grid: World.cell, post: post, person: person, from: Date("2026-03-02")!)), by: "to")
    }
    var file = PutGridFile(code: World.cell, expectedVersion: 0, duties: ["信息员"], tasks: ["巡查"], rewards: ["考核"])
    try world.act(.gridPutFile(file), by: "to")
    #expect(try lacks(world) == ["responsible_body", "supervising_body", "kind", "device"])
    #expect(try status(of: World.cell, on: Date("2026-03-02")!, in: world.model).complete)
    file = PutGridFile(
      code: World.cell, expectedVersion: 1, kind: .urbanCommunity, responsibleBody: "居委会", supervisingBody: "应急管理局",
      duties: ["信息员"], tasks: ["巡查"], rewards: ["考核"], devices: ["PDA-1"], areaFlags: [.oldTown])
    try world.act(.gridPutFile(file), by: "to")
    #expect(try lacks(world).isEmpty)
    // Posts begin and end.
    #expect(try lacks(world, on: "2026-03-01") == ["persons 网格员", "persons 联系干部"])
    try world.act(.gridEndPost(EndPost(id: 1, expectedVersion: 1, to: Date("2026-03-31")!)), by: "to")
    #expect(try lacks(world, on: "2026-03-31").isEmpty)
    #expect(try lacks(world, on: "2026-04-01") == ["persons 网格员"])
    // Who lost the role serves no more.
    try world.act(.personPut(PutPersons(persons: [Person(id: "gm", name: "gm")])), by: "admin")
    #expect(try lacks(world) == ["persons 网格员"])
  }

  @Test func `incomplete nodes of a subtree come page by page`() throws {
    var world = try World()
    try world.act(
      .gridPutCells(
        PutCells(
          village: World.village,
          cells: (2...40).map { CellRow(code: GridCode(unchecked: World.village.rawValue + $0), name: "x") })),
      by: "to")
    var found: [GridCode] = []
    var after: GridCode?
    repeat {
      let request = ListIncomplete(grid: World.county, after: after)
      let page = try incompleteGrids(request, limit: 7, on: Date("2026-03-02")!, in: world.model)
      found += page.grids.map(\.code)
      after = page.next
    } while after != nil
    #expect(found.count == 41 && found == found.sorted())
    let villages = try incompleteGrids(
      ListIncomplete(grid: World.township, level: .village), limit: 10, on: Date("2026-03-02")!, in: world.model)
    #expect(villages.grids.map(\.code) == [World.village, World.otherVillage])
    #expect(
      villages.grids[0].lacks.allSatisfy { $0.item != .persons && $0.item != .device },
      "the profile asks for none there")
  }

  @Test func `a node that does not count yet is not asked what it lacks`() throws {
    var world = try World()
    let file = PutGridFile(code: World.cell, validFrom: Date("2026-04-01")!)
    try world.act(.gridPutFile(file), by: "to")
    func lacking(on date: String) throws -> [GridCode] {
      try incompleteGrids(ListIncomplete(grid: World.village), limit: 10, on: Date(date)!, in: world.model).grids
        .map(\.code)
    }
    #expect(try lacking(on: "2026-03-31") == [] && lacking(on: "2026-04-01") == [World.cell])
  }

  @Test func `what the profile does not know is refused`() throws {
    var world = try World()
    func refused(_ command: Command) -> String? {
      do throws(Refusal) {
        try world.act(command, by: "to")
        return nil
      } catch { return error.message.english }
    }
    func post(_ post: String = "网格员", _ person: String = "gm", _ from: String = "2026-03-02", to: String? = nil)
      -> Command
    {
      .gridPutPost(PutPost(grid: World.cell, post: post, person: person, from: Date(from)!, to: to.map { Date($0)! }))
    }
    #expect(
      refused(.gridPutFile(PutGridFile(code: World.cell, duties: ["唱歌"])))
        == "duties: the profile's fiveFixed.duties has no \"唱歌\"")
    #expect(
      refused(.gridPutFile(PutGridFile(code: World.cell, tasks: ["巡查", "巡查"]))) == "tasks: something stands twice in it"
    )
    #expect(
      refused(.gridPutFile(PutGridFile(code: World.cell, expectedVersion: 3)))
        == "The record is at version 0, not 3; read it again.")
    #expect(refused(post("歌手")) == "post: the profile's fiveFixed.posts has no \"歌手\"")
    #expect(refused(post("网格员", "vs")) == "person: vs does not have the role grid_member there; grant it first")
    #expect(refused(post("网格员", "nobody")) == "There is no person nobody.")
    #expect(refused(post("网格员", "gm", to: "2026-03-01")) == "to: 2026-03-01 lies before the first day, 2026-03-02")
    #expect(refused(post(to: "2026-03-31")) == nil)
    #expect(
      refused(post("网格员", "gm", "2026-03-31")) == "from: gm holds this post there already (number 1, from 2026-03-02)")
    #expect(refused(post("网格员", "gm", "2026-04-01")) == nil)
    var bare = World.profile
    bare.fiveFixed = nil
    world = try World(profile: bare)
    #expect(
      refused(.gridPutFile(PutGridFile(code: World.cell))) == "The profile does not set fiveFixed; nothing was done.")
  }
}
