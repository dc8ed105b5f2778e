import Domain
import Records
import Scalars
import Support
import Testing

/// Patrols 巡查 and the two-cadence duty 两化节拍: their table, who owes them when, and what follows from them.
@Suite struct DutyTests {
  private func refusal(_ body: () throws(Refusal) -> Void) -> String? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error.message.english
    }
  }

  /// A county whose first cell is a town's, whose first enterprise is a key unit in the two-cadence system, one day later.
  /// Duty 1 to 3 are the cadence's, 4 is the cell's, 5 the key unit's.
  private static func world(profile: Profile = World.profile) throws(Refusal) -> World {
    var world = try World(profile: profile)
    try world.act(.gridPutFile(PutGridFile(code: World.cell, kind: .urbanCommunity)), by: "to")
    let flags = EnterpriseFlags(flags: [.keyUnit])
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, flags: flags)), by: "cd")
    try world.act(.cadenceRegister(RegisterCadence(enterpriseId: 1, account: "tc-001")), by: "en")
    world.advance(days: 1)
    try world.expire()
    return world
  }

  private static let (login, selfCheck, upload, cellPatrol, unitPatrol): (UInt64, UInt64, UInt64, UInt64, UInt64) =
    (1, 2, 3, 4, 5)

  /// Findings of a checklist: all in order, unless something else is said of an item.
  private static func findings(_ others: [PatrolFinding] = []) -> [PatrolFinding] {
    ["1", "2"].map { item in
      others.first { $0.item == item } ?? PatrolFinding(item: item, result: .ok, note: "已清扫")
    } + others.filter { $0.item == "3" }
  }

  private static func record(_ id: UInt64, _ others: [PatrolFinding] = []) -> Command {
    .patrolRecord(RecordPatrol(id: id, findings: findings(others)))
  }

  private static func problem(_ item: String, _ text: String) -> PatrolFinding {
    PatrolFinding(
      item: item, result: .problem,
      problem: PatrolProblem(severity: .general, urgency: .normal, description: text, photos: World.photos()))
  }

  private static func deed(_ deed: CadenceDeed, enterprise: UInt64 = 1) -> Command {
    .cadenceRecord(RecordCadence(enterpriseId: enterprise, deed: deed))
  }

  /// Lets the clock come to each moment at which it has something to do, up to a time.
  private static func run(_ world: inout World, until end: Instant) throws(Refusal) {
    while let due = try nextDue(limit: 100, in: world.model), due.at <= end {
      world.time = max(world.time, due.at)
      try world.act(due.command)
    }
    world.time = max(world.time, end)
  }

  private static func day(_ text: String) -> Instant { Instant(startOf: Date(text)!) }

  // MARK: The table

  /// Brings a duty into a state by the shortest way.
  private static func world(in state: DutyState, _ id: UInt64) throws(Refusal) -> World {
    var world = try Self.world()
    let done = id == login ? deed(.login(Empty())) : record(id)
    let doer = id == login ? "en" : "gm"
    if state == .overdue || state == .doneLate || state == .escalated {
      while try world.duty(id)?.state != .overdue {
        try run(&world, until: try nextDue(in: world.model)?.at ?? world.time)
      }
    }
    switch state {
    case .done, .doneLate: try world.act(done, by: doer)
    case .escalated:
      while try world.duty(id)?.state != .escalated {
        try run(&world, until: try nextDue(in: world.model)?.at ?? world.time)
      }
    case .waived:
      try world.act(.enterpriseSuspend(EnterpriseNote(id: 1, note: "停产")), by: "eo")
      try world.act(.patrolWaive(DutyNote(id: id, note: "停产")), by: "vs")
      try world.act(.enterpriseResume(EnterpriseNote(id: 1, note: "复产")), by: "eo")
    default: break
    }
    return world
  }

  @Test func `every state with every event and every role gives what the golden table says`() throws {
    var lines: [String] = []
    for (name, id) in [("cell_patrol", Self.cellPatrol), ("unit_patrol", Self.unitPatrol), ("login", Self.login)] {
      for state in DutyState.allKnown where !(state == .waived && id == Self.cellPatrol) {
        let world = try Self.world(in: state, id)
        #expect(try world.duty(id)?.state == state)
        var stopped = world
        if id != Self.cellPatrol {
          try stopped.act(.enterpriseSuspend(EnterpriseNote(id: 1, note: "停产")), by: "eo")
        }
        lines.append("\(name), \(state.name) \(state.label.chinese)")
        let waive = Command.patrolWaive(DutyNote(id: id, note: "因为"))
        for (what, command, begin) in [
          ("record", Self.record(id), world), ("waive", waive, world),
          ("waive, the enterprise has stopped", waive, stopped),
        ] where !(id == Self.cellPatrol && what.hasSuffix("stopped")) {
          lines += try Self.outcomes(of: what, command, on: id, begin)
        }
        guard id == Self.login else { continue }
        lines += try Self.outcomes(of: "login", Self.deed(.login(Empty())), on: id, world)
      }
    }
    lines += World.cast()
    try expectGolden("duty-workflow.txt", lines.joined(separator: "\n") + "\n")
  }

  /// What becomes of a duty, and by whom; those who may not call the method are left out.
  private static func outcomes(of what: String, _ command: Command, on id: UInt64, _ begin: World) throws -> [String] {
    try begin.outcomes(of: what) { (world, person) in
      do throws(Refusal) { try world.act(command, by: person) } catch {
        if case .permissionDenied = error { return "refused, PermissionDenied" }
        return "refused, \(error.name): \(error.message.english)"
      }
      let after = try world.duty(id)!
      var outcome = after.state.name + (after.dueAt.map { ", due \($0.localDescription)" } ?? "")
      let next = world.model.all(DutiesTable.self).filter { $0.id > id && $0.kind == after.kind && !$0.isOver }
      for duty in next { outcome += ", next by \(duty.to)" }
      return outcome
    }
  }

  // MARK: Rounds

  @Test func `each cell and key unit owes one patrol in each period, and no other`() throws {
    var world = try Self.world()
    try Self.run(&world, until: Self.day("2026-06-20"))
    let duties = world.model.all(DutiesTable.self).filter { !$0.kind.isCadence }.sorted { $0.from < $1.from }
    for (kind, days) in [(DutyKind.cellPatrol, 20), (.unitPatrol, 6)] {
      let of = duties.filter { $0.kind == kind }
      #expect(of.map(\.from) == of.indices.map { Date("2026-03-03")!.adding(days: $0 * days) })
      #expect(of.count == 109 / days + 1)
      // The last day of a period; of a rest day the working day behind it.
      #expect(of.first?.to == (kind == .cellPatrol ? Date("2026-03-23") : Date("2026-03-09")))
    }
    // Each is known from its first day on.
    let begun = world.model.all(DutyEntriesTable.self).filter { $0.event == .generate }
    for duty in duties { #expect(begun.first { $0.dutyId == duty.id }?.at.localDate == duty.from) }
    // The other cell's kind of area has no checklist, and no place of the country has one that is filled in.
    #expect(duties.allSatisfy { $0.grid == World.cell })
  }

  @Test func `a new cell is found the next day, and one without a kind of area owes nothing`() throws {
    var world = try Self.world()
    func cells() -> [GridCode] {
      world.model.all(DutiesTable.self).filter { $0.kind == .cellPatrol }.map(\.grid).sorted()
    }
    let new = GridCode("421222100001002")!
    try world.act(
      .gridPutCells(PutCells(village: World.village, cells: [CellRow(code: new, name: "第二网格")])), by: "to")
    world.advance(days: 1)
    try world.expire()
    #expect(cells() == [World.cell])
    try world.act(.gridPutFile(PutGridFile(code: new, kind: .rural)), by: "to")
    world.advance(days: 1)
    try world.expire()
    #expect(cells() == [World.cell], "the country's checklist is not filled in")
    try world.act(.gridPutFile(PutGridFile(code: new, kind: .urbanCommunity)), by: "to")
    world.advance(days: 1)
    try world.expire()
    #expect(cells() == [World.cell, new])
  }

  @Test func `small shops and households are visited by a handbook of their own, key units by theirs`() throws {
    var profile = World.profile
    let item = ChecklistItem(code: "1", text: "用电用气", class: "消防", domain: .fire, required: true)
    profile.patrol?.checklists.append(
      Checklist(
        name: "走访", edition: "1", uses: [.object], items: [item], types: [.smallShop, .household]))
    var world = try Self.world(profile: profile)
    let shop = EnterpriseRow(
      name: "乙厂", type: .smallShop, grid: World.cell, riskLevel: .yellow, responsibleDepartment: "应急管理局")
    try world.act(.enterpriseImport(ImportEnterprises(rows: [shop])), by: "admin")
    func visit(_ id: UInt64, _ checklist: String = "") -> Command {
      .patrolRecordUnplanned(
        RecordUnplanned(
          grid: World.cell, enterpriseId: id, checklist: checklist, findings: [PatrolFinding(item: "1", result: .ok)]))
    }
    func visits() -> [Duty] {
      world.model.all(DutiesTable.self).filter { $0.kind == .objectPatrol }.sorted { $0.id < $1.id }
    }
    // Without a plan nobody owes a visit, but a visit is one by the handbook; an enterprise that no handbook names has none.
    #expect(visits().isEmpty)
    guard case .patrolRecordUnplanned(let done) = try world.act(visit(2), by: "gm") else { fatalError() }
    #expect(try world.duty(done.id)?.checklist == "走访")
    #expect(refusal { () throws(Refusal) in try world.act(visit(3), by: "gm") }?.contains("patrol.checklists") == true)
    #expect(refusal { () throws(Refusal) in try world.act(visit(1), by: "gm") }?.contains("重点") == true)
    // With a plan each shop is visited once in each period.
    profile.patrol?.periodObject = Term(30, .day)
    try world.act(.adminActivateProfile(ActivateProfile(profile: profile)))
    let start = world.time.localDate
    try Self.run(&world, until: world.time.adding(milliseconds: 40 * 86_400_000))
    #expect(visits().map(\.enterpriseId) == [2, 2] && visits().allSatisfy { $0.checklist == "走访" })
    #expect(visits().map(\.from) == [start.adding(days: 1), start.adding(days: 31)])
    let report = try workload(WeighWork(grid: World.cell), at: world.time, in: world.model)
    let open = world.model.all(DutiesTable.self).filter {
      !$0.kind.isCadence && [.due, .overdue].contains($0.state) && $0.holder == World.cell
    }
    #expect(report.members.first?.patrols == UInt32(open.count) && open.contains { $0.kind == .objectPatrol })
    try world.act(
      .patrolRecord(RecordPatrol(id: visits()[1].id, findings: [PatrolFinding(item: "1", result: .ok)])), by: "gm")
    #expect(visits()[1].state == .done)
  }

  @Test func `a round is made in pieces, whatever their size`() throws {
    var dumps: Set<[String]> = []
    for limit: UInt32 in [1, 2, 3, 7, 1000] {
      var world = try World()
      let cells = (2...12).map { GridCode(unchecked: World.village.rawValue + UInt64($0)) }
      try world.act(
        .gridPutCells(PutCells(village: World.village, cells: cells.map { CellRow(code: $0, name: "网格") })), by: "to")
      for cell in cells { try world.act(.gridPutFile(PutGridFile(code: cell, kind: .urbanCommunity)), by: "to") }
      for id: UInt64 in 1...3 {
        try world.act(
          .enterpriseUpdate(UpdateEnterprise(id: id, flags: EnterpriseFlags(flags: [.keyUnit]))), by: "cd")
      }
      world.advance(days: 1)
      var pieces = 0
      while let due = try nextDue(limit: limit, in: world.model), due.at <= world.time {
        guard case .patrolGenerate(let receipt) = try world.act(due.command) else { continue }
        #expect(receipt.generated <= limit)
        pieces += 1
      }
      #expect(pieces >= 14 / Int(limit))
      dumps.insert(world.model.all(DutiesTable.self).sorted { $0.id < $1.id }.map { "\($0)" })
    }
    #expect(dumps.count == 1 && dumps.first?.count == 14)
  }

  @Test func `a deployment without rules owes nothing, and begins the day after it has them`() throws {
    var bare = World.profile
    (bare.patrol, bare.cadence) = (nil, nil)
    var world = try Self.world(profile: bare)
    #expect(world.model.all(DutiesTable.self).isEmpty)
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.deed(.login(Empty())), by: "en") }?.contains("cadence.login")
        == true)
    var full = World.profile
    full.cadence?.login = nil
    try world.act(.adminActivateProfile(ActivateProfile(profile: full)))
    world.advance(days: 1)
    try world.expire()
    let kinds = world.model.all(DutiesTable.self).map(\.kind.name).sorted()
    #expect(kinds == ["cell_patrol", "self_check", "unit_patrol", "upload_fix"])
    try world.act(.adminActivateProfile(ActivateProfile(profile: bare)))
    #expect(try world.model.record(DutyRoundsTable.self, .init(id: 1))?.at == nil)
  }

  @Test func `faults of the rules are named`() {
    var profile = World.profile
    profile.patrol?.periodCell = Term(5, .hour)
    profile.patrol?.checklists[0].items[1].code = "1"
    profile.patrol?.checklists[0].items[2].class = "没有"
    profile.patrol?.checklists[1].name = "城镇"
    let faults = profileFaults(profile).map(\.description)
    #expect(
      faults == [
        "patrol.periodCell: a period has at least one day", "patrol.checklists[1]: 城镇 stands twice",
        "patrol.checklists[0].items[1]: 1 stands twice",
        "patrol.checklists[0].items[2].class: hazard.classes has no \"没有\"",
      ])
    #expect(profileFaults(World.profile).isEmpty)
  }

  // MARK: Recording a patrol

  @Test func `each required item has its answer, and what needs words has them`() throws {
    var world = try Self.world()
    func record(_ findings: [PatrolFinding], edition: String = "") -> String? {
      let request = RecordPatrol(id: Self.cellPatrol, edition: edition, findings: findings)
      return refusal { () throws(Refusal) in try world.act(.patrolRecord(request), by: "gm") }
    }
    let ok = Self.findings()
    #expect(record([ok[1]])?.contains("item 1 is required and has no answer") == true)
    #expect(record(ok + [ok[0]])?.contains("item 1 is answered twice") == true)
    #expect(record(ok + [PatrolFinding(item: "9", result: .ok)])?.contains("item 9 is not on the list") == true)
    #expect(record([ok[0], PatrolFinding(item: "2", result: .ok)])?.contains("item 2 needs words") == true)
    #expect(record([ok[1], PatrolFinding(item: "1", result: .problem)])?.contains("item 1 names a problem") == true)
    #expect(record(ok, edition: "0")?.contains("has edition 1 now") == true)
    #expect(record(ok, edition: "1") == nil)
    let kept = try #require(try world.model.record(PatrolRecordsTable.self, .init(dutyId: Self.cellPatrol)))
    #expect(kept.zeroReport && kept.edition == "1" && kept.by == "gm")
    #expect(try world.duty(Self.cellPatrol)?.state == .done)
  }

  @Test func `each problem opens a case in the same command, or nothing is done at all`() throws {
    var world = try Self.world()
    let found = [Self.problem("1", "楼道堆物"), Self.problem("2", "粉尘堆积"), Self.problem("3", "线路老化")]
    guard case .patrolRecord(let receipt) = try world.act(Self.record(Self.unitPatrol, found), by: "gm") else {
      Issue.record("no receipt")
      return
    }
    #expect(receipt.hazards.map(\.sequence) == [1, 2, 3])
    let cases = try receipt.hazards.map { try world.hazard($0) }
    #expect(cases.map(\.class) == ["消防", "粉尘涉爆", "消防"] && cases.map(\.domain) == [.fire, .production, .publicSafety])
    #expect(cases.allSatisfy { $0.source == .memberPatrol && $0.enterpriseId == 1 && $0.holder == World.village })
    #expect(Set(cases.map(\.id)).count == 3)
    let answers = world.model.all(PatrolAnswersTable.self).sorted { $0.ordinal < $1.ordinal }
    #expect(answers.map(\.hazard) == receipt.hazards)
    let counts = world.model.counts(PatrolAnswersCountByItem.self)
    let group = PatrolAnswersCountByItem.Key(
      grid: World.county, checklist: "重点", month: 202603, item: "2", result: .problem)
    #expect(counts[group.encoded] == 1)
    #expect(try world.model.record(PatrolRecordsTable.self, .init(dutyId: Self.unitPatrol))?.zeroReport == false)
    // A photo is missing: neither a case nor a record comes about.
    var bare = Self.problem("1", "堵塞")
    bare.problem?.photos = []
    #expect(refusal { () throws(Refusal) in try world.act(Self.record(Self.cellPatrol, [bare]), by: "vs") } != nil)
    #expect(world.model.all(HazardsTable.self).count == 3)
    #expect(try world.duty(Self.cellPatrol)?.state == .due)
    try world.act(Self.record(Self.cellPatrol, [Self.problem("1", "堵塞")]), by: "vs")
    let last = try #require(world.model.all(HazardsTable.self).first { $0.id == 4 })
    #expect(last.source == .villagePatrol && last.enterpriseId == nil && last.number.sequence == 4)
  }

  @Test func `what a patrol finds may be an illegal act`() throws {
    var world = try Self.world()
    var found = Self.problem("1", "违章动火")
    found.problem?.illegalAct = ReportedAct(by: .person, act: "违章作业")
    try world.act(Self.record(Self.unitPatrol, [found]), by: "gm")
    #expect(world.model.all(HazardsTable.self).map(\.violation) == [.person])
    #expect(world.model.all(IllegalActsTable.self).map(\.act) == ["违章作业"])
  }

  @Test func `where there is a boundary the position lies in it, or a reason is given`() throws {
    var world = try Self.world()
    let corners: [(Int32, Int32)] = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
    let ring = Ring(
      vertices: corners.map { Vertex(longitude: 1_138_000_000 + $0 * 10_000, latitude: 292_000_000 + $1 * 10_000) })
    try world.act(.gridPutBoundary(PutBoundary(code: World.cell, rings: [ring])), by: "to")
    func record(_ point: Point?, _ reason: String = "", visited: [UInt64] = []) -> String? {
      let request = RecordPatrol(
        id: Self.cellPatrol, findings: Self.findings(), point: point, outsideReason: reason, visited: visited,
        households: 12)
      return refusal { () throws(Refusal) in
        var trial = world
        try trial.act(.patrolRecord(request), by: "gm")
      }
    }
    #expect(record(nil)?.contains("does not lie in grid") == true)
    #expect(record(Point(longitude: 113.9, latitude: 29.2005))?.contains("does not lie in grid") == true)
    #expect(record(Point(longitude: 113.8005, latitude: 29.2005), visited: [1, 2]) == nil)
    #expect(record(nil, "终端无信号") == nil)
    #expect(record(nil, "终端无信号", visited: [99])?.contains("no enterprise 99") == true)
  }

  // MARK: Being late

  @Test func `what is not recorded goes to the village, then to the township, and can still be done`() throws {
    var world = try Self.world()
    let id = Self.cellPatrol
    let due = try #require(try world.duty(id)?.dueAt)
    #expect(due == Instant(endOf: Date("2026-03-23")!))
    func look() throws -> String {
      let duty = try #require(try world.duty(id))
      return "\(duty.state.name) \(duty.holder.depth) \(duty.reminders)"
    }
    world.time = due.adding(milliseconds: -1)
    try world.expire()
    #expect(try look() == "due 4 1")
    world.time = due
    try world.expire()
    #expect(try look() == "overdue 4 2")
    for (days, wanted) in [(2, "escalated 3 3"), (2, "escalated 2 4"), (30, "escalated 2 4")] {
      world.advance(days: days)
      try world.expire()
      #expect(try look() == wanted)
    }
    #expect(try world.duty(id)?.timerAt == nil)
    try world.act(Self.record(id), by: "gm")
    #expect(try world.duty(id)?.state == .doneLate)
    let states = world.model.all(DutyEntriesTable.self).filter { $0.dutyId == id }.sorted { $0.ordinal < $1.ordinal }
    #expect(states.map(\.to) == [.due, .due, .overdue, .escalated, .escalated, .doneLate])
  }

  @Test func `whose duty it is is reminded once when its last day is near`() throws {
    for (id, percent) in [(Self.cellPatrol, 25), (Self.login, 50)] as [(UInt64, Int64)] {
      var world = try Self.world()
      let duty = try #require(try world.duty(id))
      let due = try #require(duty.dueAt)
      let length = due.millisecondsSince1970 - Instant(startOf: duty.from).millisecondsSince1970
      let near = due.adding(milliseconds: -length * percent / 100)
      #expect(duty.timerAt == near)
      try Self.run(&world, until: near.adding(milliseconds: -1))
      #expect(try world.duty(id)?.warnedAt == nil)
      try Self.run(&world, until: near)
      let warned = try #require(try world.duty(id))
      #expect(warned.warnedAt == near && warned.state == .due && warned.reminders == 1 && warned.timerAt == due)
      try Self.run(&world, until: due.adding(milliseconds: -1))
      #expect(try world.duty(id)?.reminders == 1)
    }
  }

  @Test func `nobody is reminded of what they do not owe, nor where no rule says it, nor when it is too late`() throws {
    var world = try Self.world()
    try world.act(
      .enterpriseSetDirect(SetDirect(id: 1, ground: .highRisk, department: "应急管理局", note: "重大危险源")), by: "cd")
    try Self.run(&world, until: try #require(try world.duty(Self.unitPatrol)?.timerAt))
    #expect(try world.duty(Self.unitPatrol)?.state == .waived)
    #expect(try world.duty(Self.unitPatrol)?.reminders == 0)
    var profile = World.profile
    profile.patrol?.warnPercent = nil
    profile.cadence?.warnPercent = nil
    world = try Self.world(profile: profile)
    let quiet = world.model.all(DutiesTable.self)
    #expect(!quiet.isEmpty && quiet.allSatisfy { $0.timerAt == $0.dueAt })
    // The daemon was away: the day is over, and nobody is told that it is near.
    world = try Self.world()
    world.time = try #require(try world.duty(Self.cellPatrol)?.dueAt)
    try world.expire()
    let events = world.model.all(DutyEntriesTable.self).filter { $0.dutyId == Self.cellPatrol }
    #expect(Set(events.map(\.event)) == [.generate, .lapse])
  }

  // MARK: Unplanned patrols

  private static func unplanned(
    _ grid: GridCode = World.cell, enterprise: UInt64? = nil, checklist: String = "",
    with others: [PatrolFinding] = []
  ) -> Command {
    .patrolRecordUnplanned(
      RecordUnplanned(grid: grid, enterpriseId: enterprise, checklist: checklist, findings: findings(others)))
  }

  @Test func `a patrol that nobody owed opens its cases, is counted by itself, and fulfils no duty`() throws {
    var world = try Self.world()
    let before = world.model.counts(DutiesCountByState.self).filter { $0.value > 0 }
    guard
      case .patrolRecordUnplanned(let receipt) = try world.act(
        Self.unplanned(with: [Self.problem("1", "楼道堆物"), Self.problem("3", "线路老化")]), by: "gm")
    else {
      Issue.record("no receipt")
      return
    }
    #expect(receipt.id == 6 && receipt.state == .done && receipt.hazards.count == 2)
    let duty = try #require(try world.duty(receipt.id))
    #expect(duty.kind == .unplannedPatrol && duty.checklist == "城镇" && duty.doneBy == "gm" && duty.isOver)
    #expect(duty.dueAt == nil && duty.timerAt == nil && duty.doneAt == world.time)
    #expect(try world.hazard(receipt.hazards[0]).source == .memberPatrol)
    let answers = world.model.all(PatrolAnswersTable.self).filter { $0.dutyId == receipt.id }
    #expect(answers.count == 3 && Set(answers.compactMap(\.hazard)) == Set(receipt.hazards))
    let entries = world.model.all(DutyEntriesTable.self).filter { $0.dutyId == receipt.id }
    #expect(entries.map(\.event) == [.recordUnplanned] && entries[0].from == nil && entries[0].to == .done)
    // What was owed still is, and the counts of the planned ones stay what they were.
    #expect(try world.duty(Self.cellPatrol)?.state == .due)
    let after = world.model.counts(DutiesCountByState.self)
    #expect(before.allSatisfy { after[$0.key] == $0.value })
    // Of a key unit with its own list, by the village.
    guard
      case .patrolRecordUnplanned(let unit) = try world.act(
        Self.unplanned(World.village, enterprise: 1, checklist: "重点"), by: "vs")
    else {
      Issue.record("no receipt")
      return
    }
    #expect(try world.duty(unit.id)?.enterpriseId == 1)
    #expect(try world.duty(Self.unitPatrol)?.state == .due)
  }

  @Test func `an unplanned patrol is as complete as a planned one, and of one's own place`() throws {
    var world = try Self.world()
    func record(_ command: Command, by person: String = "gm") -> String? {
      refusal { () throws(Refusal) in try world.act(command, by: person) }
    }
    let half = RecordUnplanned(grid: World.cell, findings: [PatrolFinding(item: "1", result: .ok)])
    #expect(record(.patrolRecordUnplanned(half))?.contains("item 2 is required and has no answer") == true)
    #expect(record(Self.unplanned(checklist: "没有"))?.contains("does not set patrol.checklists (没有)") == true)
    #expect(record(Self.unplanned(World.village), by: "vs")?.contains("patrol.checklists") == true)
    #expect(record(Self.unplanned(World.village))?.contains("gm may not call") == true)
    #expect(record(Self.unplanned(enterprise: 99))?.contains("no enterprise 99") == true)
    try world.act(
      .enterpriseImport(
        ImportEnterprises(rows: [
          EnterpriseRow(name: "丁厂", type: .smallShop, grid: World.otherCell, riskLevel: .blue)
        ])), by: "admin")
    #expect(record(Self.unplanned(enterprise: 4))?.contains("operates in grid \(World.otherCell)") == true)
    #expect(world.model.all(DutiesTable.self).allSatisfy { $0.kind != .unplannedPatrol })
    #expect(world.model.all(PatrolRecordsTable.self).isEmpty)
  }

  @Test func `what is recorded too late is late, although the clock has not come yet`() throws {
    var world = try Self.world()
    world.time = try #require(try world.duty(Self.cellPatrol)?.dueAt).adding(milliseconds: 1)
    try world.act(Self.record(Self.cellPatrol), by: "gm")
    #expect(try world.duty(Self.cellPatrol)?.state == .doneLate)
  }

  // MARK: Cadence

  @Test func `the next deed is due so many days after the last one`() throws {
    var world = try Self.world()
    func open(_ kind: DutyKind) -> Duty? { world.model.all(DutiesTable.self).first { $0.kind == kind && !$0.isOver } }
    #expect(open(.login)?.to == Date("2026-03-09"))
    // On the fourth day, long before the term ends.
    world.time = Instant("2026-03-05T10:00:00+08:00")!
    try world.act(Self.deed(.login(Empty())), by: "en")
    #expect(open(.login)?.to == Date("2026-03-12"))
    // Who logs in once more on the same day owes nothing else.
    world.advance(hours: 1)
    try world.act(Self.deed(.login(Empty())), by: "en")
    #expect(world.model.all(DutiesTable.self).filter { $0.kind == .login }.count == 2)
    let account = try #require(try world.model.record(CadenceAccountsTable.self, .init(enterpriseId: 1)))
    #expect(account.lastLogin == world.time)
    try world.act(Self.deed(.selfCheck(SelfCheck(zeroReport: true))), by: "en")
    #expect(open(.selfCheck)?.from == Date("2026-03-05"))
    #expect(try world.model.record(CadenceDoneTable.self, .init(dutyId: Self.selfCheck))?.zeroReport == true)
  }

  @Test func `an enterprise acts for itself, and only one that is registered`() throws {
    var world = try Self.world()
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.deed(.login(Empty())), by: "en2") }?.contains("itself only")
        == true)
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.deed(.login(Empty()), enterprise: 2), by: "en2") }?.contains(
        "no two-cadence account") == true)
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.deed(.unset), by: "en") } != nil)
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.record(Self.login), by: "gm") }?.contains(
        "an enterprise does this itself") == true)
  }

  @Test func `a self-check has a zero report or own reports, an upload one that is rectified, once`() throws {
    var world = try Self.world()
    func number(_ report: SubmitHazard, by person: String) throws -> HazardNumber {
      guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(report), by: person) else {
        preconditionFailure("no receipt")
      }
      return receipt.number
    }
    let own = try number(World.report(source: .selfReport), by: "en")
    let others = try number(World.report(), by: "gm")
    func reason(_ deed: CadenceDeed) -> String? {
      refusal { () throws(Refusal) in try world.act(Self.deed(deed), by: "en") }
    }
    #expect(reason(.selfCheck(SelfCheck()))?.contains("either a zero report") == true)
    #expect(reason(.selfCheck(SelfCheck(zeroReport: true, hazards: [own])))?.contains("either a zero report") == true)
    #expect(reason(.selfCheck(SelfCheck(hazards: [others])))?.contains("no report of the enterprise") == true)
    #expect(reason(.selfCheck(SelfCheck(hazards: [own]))) == nil)
    #expect(reason(.uploadFix(UploadFix(number: others)))?.contains("no report of the enterprise") == true)
    #expect(reason(.uploadFix(UploadFix(number: own)))?.contains("is not rectified yet") == true)
    try world.act(.hazardFile(FileHazard(number: own)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: own, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: own)), by: "en")
    try world.act(.hazardFeedback(HazardFeedback(number: own, result: "已整改", evidence: World.photos())), by: "en")
    #expect(reason(.uploadFix(UploadFix(number: own))) == nil)
    #expect(
      reason(.uploadFix(UploadFix(number: own)))?.contains("was uploaded before, for duty \(Self.upload)") == true)
  }

  @Test func `each period that passes counts, in the credit as well if the ruleset has that`() throws {
    for counts in [true, false] {
      var profile = World.profile
      if !counts { profile.credit.points.removeAll { $0.kind == .cadenceMissed } }
      var world = try Self.world(profile: profile)
      func missed() throws -> [UInt32] {
        [try world.duty(Self.login)?.missed ?? 0]
          + [
            UInt32(
              try creditRecords(of: 1, in: world.model).count { $0.kind == .cadenceMissed && $0.basis.contains("登录") })
          ]
      }
      // Due on Monday the 9th, missed after the grace of a working day; then after each seven days.
      for (day, wanted) in [
        ("2026-03-10", 0), ("2026-03-11", 1), ("2026-03-17", 1), ("2026-03-18", 2), ("2026-03-25", 3),
      ]
        as [(String, UInt32)]
      {
        try Self.run(&world, until: Self.day(day))
        #expect(try missed() == [wanted, counts ? wanted : 0], "\(day)")
      }
      #expect(try world.duty(Self.login)?.holder == World.township)
      try world.act(Self.deed(.login(Empty())), by: "en")
      #expect(try world.duty(Self.login)?.missed == nil)
      #expect(try world.duty(Self.login)?.state == .doneLate)
    }
  }

  @Test func `who has stopped keeps no cadence, and goes on when production does`() throws {
    var world = try Self.world()
    try world.act(.enterpriseSuspend(EnterpriseNote(id: 1, note: "停产")), by: "en")
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.deed(.login(Empty())), by: "en") }?.contains("rests") == true)
    try Self.run(&world, until: Self.day("2026-03-20"))
    #expect(try world.duty(Self.login)?.state == .waived)
    #expect(try world.duty(Self.selfCheck)?.state == .waived)
    // Patrols go on.
    #expect(try world.duty(Self.unitPatrol)?.state == .escalated)
    try world.act(.patrolWaive(DutyNote(id: Self.unitPatrol, note: "停产")), by: "vs")
    try world.act(.enterpriseResume(EnterpriseNote(id: 1, note: "复产")), by: "eo")
    try Self.run(&world, until: Self.day("2026-03-21"))
    let logins = world.model.all(DutiesTable.self).filter { $0.kind == .login }
    #expect(logins.map(\.state.name).sorted() == ["due", "waived"])
    #expect(try creditRecords(of: 1, in: world.model).filter { $0.kind == .cadenceMissed }.isEmpty)
  }

  // MARK: Places

  @Test func `duties go where their enterprise goes, and a cell's patrols end with it`() throws {
    var world = try Self.world()
    try Self.run(&world, until: Self.day("2026-03-26"))
    #expect(try world.duty(Self.login)?.holder == World.township)
    let parts = [2, 3].map { NewCell(code: GridCode("42122210000100\($0)")!, name: "第\($0)网格") }
    try world.act(.gridSplitCell(SplitCell(cell: World.cell, parts: parts, note: "分格")), by: "to")
    let duties = world.model.all(DutiesTable.self)
    #expect(duties.filter { $0.kind == .cellPatrol }.allSatisfy { $0.state == .waived && $0.grid == World.cell })
    let open = duties.filter { !$0.isOver }
    #expect(open.count >= 4 && open.allSatisfy { $0.enterpriseId == 1 && $0.grid == parts[0].code })
    #expect(try world.duty(Self.login)?.holder == World.township)
    #expect(try world.model.record(CadenceAccountsTable.self, .init(enterpriseId: 1))?.grid == parts[0].code)
    // The parts have the file of the cell, and owe their own patrols from the next day on.
    try Self.run(&world, until: Self.day("2026-03-27"))
    let new = world.model.all(DutiesTable.self).filter { $0.kind == .cellPatrol && !$0.isOver }.map(\.grid).sorted()
    #expect(new == parts.map(\.code))
  }
}
