import Domain
import Records
import Scalars
import Support
import Testing

/// Lists of powers and duties 权责清单, and illegal acts 违法行为 that are handled by whoever has the power.
@Suite struct PowerTests {
  private func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private func submit(_ world: inout World, _ report: SubmitHazard, by person: String = "gm") throws(Refusal)
    -> HazardNumber
  {
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(report), by: person) else {
      preconditionFailure("no receipt")
    }
    return receipt.number
  }

  private func act(_ number: HazardNumber, _ world: World) throws -> IllegalAct {
    let hazard = try world.hazard(number)
    return try #require(try world.model.record(IllegalActsTable.self, .init(hazardId: hazard.id)))
  }

  private func offices(_ class: String = "消防", in grid: GridCode = World.cell, on date: String, _ world: World) throws
    -> [String]
  {
    try powerHolders(
      FindPower(grid: grid, class: `class`, on: Date(date)), today: world.time.localDate, in: world.model
    )
    .holders.map { $0.office + ($0.delegation == nil ? "" : "（受委托）") }
  }

  // MARK: Lists

  @Test func `a list counts from its first day until the next edition's`() throws {
    var world = try World()
    for (from, expected) in [("2026-03-01", 0), ("2026-04-01", 1)] as [(String, UInt32)] {
      guard case .gridPublishPowers(var request) = World.powers(from: Date(from)!) else { return }
      request.expectedEdition = expected
      if expected == 1 { request.items.removeFirst() }
      try world.act(.gridPublishPowers(request), by: "co")
      #expect(
        refusal { () throws(Refusal) in try world.act(.gridPublishPowers(request), by: "co") }?.name
          == "VersionConflict")
      request.expectedEdition = nil
      // The next edition begins later.
      #expect(
        refusal { () throws(Refusal) in try world.act(.gridPublishPowers(request), by: "co") }?.name
          == "InvalidArgument")
    }
    func editions(_ date: String?) throws -> [UInt32] {
      try powerLists(
        ListPowers(grid: World.county, on: date.flatMap(Date.init(_:))), today: world.time.localDate, in: world.model
      ).lists.map(\.edition)
    }
    #expect(try editions("2026-02-28") == [] && editions("2026-03-01") == [1] && editions(nil) == [1])
    #expect(try editions("2026-03-31") == [1] && editions("2026-04-01") == [2])
    #expect(try offices(on: "2026-03-31", world) == ["县应急管理局"] && offices(on: "2026-04-01", world) == [])
    #expect(try offices("粉尘涉爆", on: "2026-03-31", world) == [])
    // Nobody gives powers to themselves.
    #expect(
      refusal { () throws(Refusal) in try world.act(World.powers(of: World.township), by: "to") }?.name
        == "PermissionDenied")
  }

  @Test func `a power is lent by who has it of their own, for a time, and not lent on`() throws {
    var world = try World()
    func reason(_ command: Command) -> String? {
      refusal { () throws(Refusal) in try world.act(command, by: "co") }?.message.english
    }
    let lent = World.powers(of: World.township, lent: true)
    #expect(reason(lent)?.contains("has no power of its own over 消防") == true)
    try world.act(World.powers(), by: "co")
    #expect(reason(lent) == nil)
    #expect(try offices(on: "2026-03-31", world) == ["隽水镇人民政府（受委托）", "县应急管理局"])
    #expect(try offices(on: "2026-04-01", world) == ["县应急管理局"], "the letter has ended")
    #expect(try offices(in: World.otherCell, on: "2026-03-31", world) == ["县应急管理局"])
    // What is lent to the township, it does not lend to the village; and what stands beside lends nothing.
    func village(_ change: (inout PowerItem) -> Void) -> String? {
      guard case .gridPublishPowers(var request) = World.powers(of: World.village, lent: true) else { return nil }
      change(&request.items[0])
      return reason(.gridPublishPowers(request))
    }
    #expect(
      village {
        $0.delegation?.grid = World.township; $0.delegation?.office = "隽水镇人民政府"
      }?.contains("of its own") == true)
    #expect(village { $0.delegation?.grid = World.otherTownship }?.contains("does not stand above") == true)
    #expect(village { $0.delegation?.to = Date("2026-02-01")! }?.contains("before the first day") == true)
    #expect(village { $0.classes = [] }?.contains("every class") == true)
    #expect(village { $0.kind = .duty }?.contains("only a power is lent") == true)
    #expect(village { $0.code = "ZR-1" }?.contains("stands twice") == true)
    #expect(village { $0.classes = ["别的"] }?.contains("no hazard class") == true)
    // What the lender has no more it lends no more.
    guard case .gridPublishPowers(var none) = World.powers(from: Date("2026-03-10")!) else { return }
    none.items = []
    try world.act(.gridPublishPowers(none), by: "co")
    #expect(try offices(on: "2026-03-09", world).count == 2 && offices(on: "2026-03-10", world) == [])
  }

  // MARK: Illegal acts

  @Test(arguments: [Violation.unit, .person])
  func `an illegal act goes up to who has power over it, of their own or lent to them`(by: Violation) throws {
    var world = try World()
    try world.act(World.powers(), by: "co")
    let number = try submit(&world, World.violation(by: by))
    #expect(try world.hazard(number).violation == by && act(number, world).power == nil)
    func file(_ person: String) -> String? {
      refusal { () throws(Refusal) in try world.act(.hazardFile(FileHazard(number: number)), by: person) }?.message
        .english
    }
    let note = HazardNote(number: number)
    let holders = "421222000000000 县应急管理局"
    let refused = Refusal.noPower(
      NoPower(event: .file, class: "消防", grid: World.cell, holders: holders)
    ).message.english
    #expect(file("vs") == refused)
    try world.act(.hazardForwardUp(note), by: "vs")
    #expect(file("to") == refused)
    // The county lends its power: the township files it.
    var lent = world
    try lent.act(World.powers(of: World.township, lent: true), by: "co")
    try lent.act(.hazardFile(FileHazard(number: number)), by: "to")
    let power = try #require(try act(number, lent).power)
    #expect(power.office == "隽水镇人民政府" && power.delegation?.document == "委托书1号" && power.code == "XF-1")
    // The letter ends before the task is given: the bureau goes on, by its own power.
    lent.advance(days: 40)
    let dispatch = Command.hazardDispatch(DispatchHazard(number: number, assignee: "en"))
    #expect(refusal { () throws(Refusal) in try lent.act(dispatch, by: "to") }?.name == "NoPower")
    try lent.act(dispatch, by: "cd")
    #expect(try act(number, lent).power?.office == "县应急管理局" && act(number, lent).power?.delegation == nil)
    // Without it, the township forwards it, and the county handles it.
    try world.act(.hazardForwardUp(note), by: "to")
    #expect(file("cd") == nil)
    #expect(try act(number, world).power?.grid == World.county)
  }

  @Test func `where nobody has power the refusal says so, and the class it is filed under counts`() throws {
    var world = try World()
    let number = try submit(&world, World.violation())
    let file = Command.hazardFile(FileHazard(number: number))
    let nobody = refusal { () throws(Refusal) in try world.act(file, by: "cd") }?.message.english
    #expect(nobody?.contains("nobody, as far as lists of powers are published") == true)
    try world.act(World.powers(), by: "co")
    let other = FileHazard(number: number, class: "粉尘涉爆")
    #expect(refusal { () throws(Refusal) in try world.act(.hazardFile(other), by: "cd") }?.name == "NoPower")
    try world.act(file, by: "cd")
    // A hazard needs no power, nor any list.
    let hazard = try submit(&world, World.report())
    try world.act(.hazardFile(FileHazard(number: hazard)), by: "vs")
  }

  @Test func `who serves a village and its township acts on the township's case by the township's power`() throws {
    var world = try World()
    let both = Person(
      id: "both", name: "x",
      grants: [
        Grant(role: .villageOfficer, grid: World.village), Grant(role: .townshipOfficer, grid: World.township),
      ])
    try world.act(.personPut(PutPersons(persons: [both])), by: "admin")
    try world.act(World.powers(of: World.village), by: "co")
    let number = try submit(&world, World.violation())
    var held = world
    try held.act(.hazardFile(FileHazard(number: number)), by: "both")
    try world.act(.hazardForwardUp(HazardNote(number: number)), by: "vs")
    let file = Command.hazardFile(FileHazard(number: number))
    #expect(refusal { () throws(Refusal) in try world.act(file, by: "both") }?.name == "NoPower")
  }

  @Test func `only who has the power settles an illegal act on the spot`() throws {
    var world = try World()
    try world.act(World.powers(), by: "co")
    for person in ["gm", "vs", "en"] {
      let refused = refusal { () throws(Refusal) in try world.act(.hazardResolveOnSpot(World.violation()), by: person) }
      #expect(refused?.name == "NoPower", "\(person)")
    }
    guard case .hazardResolveOnSpot(let receipt) = try world.act(.hazardResolveOnSpot(World.violation()), by: "eo")
    else {
      return
    }
    #expect(try act(receipt.number, world).power?.office == "县应急管理局")
    #expect(world.model.all(IllegalActsTable.self).count == 1)
    // Nor is a grid member an office where there is one.
    try world.act(World.powers(of: World.cell), by: "co")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardResolveOnSpot(World.violation()), by: "gm") }?.name
        == "NoPower")
  }

  @Test func `what is illegal is a word of the profile, and only a person has an identity`() throws {
    var world = try World()
    var report = World.violation(identity: 7)
    #expect(
      refusal { () throws(Refusal) in _ = try submit(&world, report) }?.message.english.contains("identity_hash")
        == true)
    report = World.violation(by: .person, identity: 7)
    report.illegalAct?.act = "别的"
    #expect(
      refusal { () throws(Refusal) in _ = try submit(&world, report) }?.message.english.contains("has no \"别的\"")
        == true)
    report.illegalAct?.identityHash = [1, 2]
    #expect(refusal { () throws(Refusal) in _ = try submit(&world, report) }?.name == "InvalidArgument")
    #expect(world.model.all(HazardsTable.self).isEmpty && world.model.all(IllegalActsTable.self).isEmpty)
    var profile = World.profile
    profile.illegalActs = []
    world = try World(profile: profile)
    #expect(
      refusal { () throws(Refusal) in _ = try submit(&world, World.violation()) }?.name == "Unconfigured")
  }

  @Test func `what was reported as a hazard is filed as an illegal act by who has the power`() throws {
    var world = try World()
    let number = try submit(&world, World.report())
    var file = FileHazard(number: number, illegalAct: World.violation(by: .person, identity: 7).illegalAct)
    #expect(refusal { () throws(Refusal) in try world.act(.hazardFile(file), by: "cd") }?.name == "NoPower")
    try world.act(World.powers(), by: "co")
    #expect(refusal { () throws(Refusal) in try world.act(.hazardFile(file), by: "vs") }?.name == "NoPower")
    #expect(try world.hazard(number).violation == nil && world.model.all(IllegalActsTable.self).isEmpty)
    try world.act(.hazardFile(file), by: "cd")
    #expect(try world.hazard(number).violation == .person)
    let kept = try act(number, world)
    #expect(kept.identityHash == file.illegalAct?.identityHash && kept.power?.grid == World.county)
    // What the report says already is not said once more.
    file.number = try submit(&world, World.violation())
    #expect(refusal { () throws(Refusal) in try world.act(.hazardFile(file), by: "cd") }?.name == "NotAllowedHere")
  }

  @Test func `an illegal act does not disappear in the case of a hazard`() throws {
    var world = try World()
    let (hazard, act) = (try submit(&world, World.report()), try submit(&world, World.violation()))
    let merge = { MergeHazard(number: $0, into: $1) }
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardMerge(merge(act, hazard)), by: "vs") }?.name
        == "NotAllowedHere")
    try world.act(.hazardMerge(merge(hazard, act)), by: "vs")
    let same = try submit(&world, World.violation())
    try world.act(.hazardMerge(merge(same, act)), by: "vs")
    #expect(try world.hazard(same).mergedInto == act)
  }
}
