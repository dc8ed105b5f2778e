import Bytes
import Domain
import Records
import Scalars
import Support
import Testing

/// Whose a case is among the departments, and what happens when nobody takes it (安委办〔2017〕30号: the lead department
/// resolves hard cases, the others handle what is in their remit).
@Suite struct DepartmentTests {
  /// A case that its assignee has returned three times, once more than the profile allows.
  private static func returned(by department: String? = nil) throws(Refusal) -> (World, HazardNumber) {
    var world = try World()
    let number = try submit(World.report(), &world)
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    for _ in 0..<3 {
      try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
      let back = ReturnHazard(number: number, note: "不属本单位职责", department: department)
      try world.act(.hazardReturnTask(back), by: "en")
    }
    return (world, number)
  }

  @discardableResult
  private static func submit(
    _ report: SubmitHazard, _ world: inout World, by person: String = "gm"
  ) throws(Refusal) -> HazardNumber {
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(report), by: person) else {
      preconditionFailure("no receipt")
    }
    return receipt.number
  }

  private static func refusal(_ command: Command, by person: String, _ world: World) -> Refusal? {
    var trial = world
    do throws(Refusal) { try trial.act(command, by: person) } catch { return error }
    return nil
  }

  private static func reason(_ command: Command, by person: String, _ world: World) -> String? {
    guard case .notAllowedHere(let refusal) = refusal(command, by: person, world) else { return nil }
    return refusal.reason
  }

  // MARK: Arbitration

  @Test func `what is returned too often waits at the county for arbitration, and nobody dispatches it meanwhile`()
    throws
  {
    let (world, number) = try Self.returned(by: "消防救援大队")
    let hazard = try world.hazard(number)
    #expect(hazard.state == .filed && hazard.returns == 3)
    #expect(hazard.arbitration == .pending && hazard.holder == World.county && hazard.assignee == nil)
    #expect(hazard.dueAt != nil)
    let history = try world.model.record(CaseEventsTable.self, .init(hazardId: hazard.id, ordinal: hazard.eventCount))
    #expect(history?.event == .returnTask && history?.department == "消防救援大队")
    let dispatch = Command.hazardDispatch(DispatchHazard(number: number, assignee: "gm"))
    #expect(Self.reason(dispatch, by: "cmd", world) == "it was returned 3 times: whose it is must be arbitrated first")
    // Two returns were within the limit.
    #expect(try Self.within().arbitration == nil)
  }

  private static func within() throws -> Hazard {
    var world = try World()
    let number = try submit(World.report(), &world)
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    for _ in 0..<2 {
      try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
      try world.act(.hazardReturnTask(ReturnHazard(number: number, note: "x")), by: "en")
    }
    return try world.hazard(number)
  }

  @Test func `who arbitrates gives the task to a person and the case to a department, and it is not returned again`()
    throws
  {
    var (world, number) = try Self.returned()
    let decision = ArbitrateHazard(number: number, assignee: "gm", department: "消防救援大队", note: "消防通道属消防职责")
    for person in ["vs", "to", "cd"] {
      #expect(Self.refusal(.hazardArbitrate(decision), by: person, world)?.name == "PermissionDenied")
    }
    try world.act(.hazardArbitrate(decision), by: "co")
    var hazard = try world.hazard(number)
    #expect(hazard.state == .dispatched && hazard.assignee == "gm" && hazard.arbitration == .decided)
    #expect(hazard.department == "消防救援大队")
    let again = Command.hazardReturnTask(ReturnHazard(number: number, note: "还是不行"))
    #expect(Self.refusal(again, by: "gm", world)?.name == "LimitReached")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "gm")
    hazard = try world.hazard(number)
    #expect(hazard.state == .rectifying)
    // There is no second decision.
    #expect(Self.refusal(.hazardArbitrate(decision), by: "co", world)?.name == "InvalidTransition")
  }

  @Test func `when no department is responsible the township of the place takes the case`() throws {
    var (world, number) = try Self.returned()
    #expect(Self.refusal(.hazardEntrust(HazardNote(number: number)), by: "em", world)?.name == "InvalidArgument")
    try world.act(.hazardEntrust(HazardNote(number: number, note: "无主管部门")), by: "em")
    let hazard = try world.hazard(number)
    #expect(hazard.state == .filed && hazard.holder == World.township && hazard.arbitration == .decided)
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "gm")), by: "to")
    #expect(try world.hazard(number).state == .dispatched)
  }

  @Test func `only what was returned too often is arbitrated`() throws {
    var world = try World()
    let number = try Self.submit(World.report(), &world)
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    let decision = Command.hazardArbitrate(ArbitrateHazard(number: number, assignee: "gm", note: "x"))
    #expect(Self.reason(decision, by: "co", world) == "there is nothing to arbitrate")
    let entrust = Command.hazardEntrust(HazardNote(number: number, note: "x"))
    #expect(Self.reason(entrust, by: "co", world) == "there is nothing to arbitrate")
  }

  // MARK: Departments

  @Test func `a case is its object's department's, or that of its class`() throws {
    var profile = World.profile
    profile.hazard.classes = profile.hazard.classes.map { known in
      var known = known
      if known.name == "消防" { known.responsible = "消防救援大队" }
      return known
    }
    var world = try World(profile: profile)
    let ofObject = try Self.submit(World.report(), &world)
    let ofPlace = try Self.submit(World.report(enterprise: nil), &world)
    #expect(try world.hazard(ofObject).department == "应急管理局")
    #expect(try world.hazard(ofPlace).department == "消防救援大队")
    // Another class is another department's, unless the object has its own.
    for number in [ofObject, ofPlace] {
      try world.act(.hazardFile(FileHazard(number: number, class: "粉尘涉爆")), by: "vs")
    }
    #expect(try world.hazard(ofObject).department == "应急管理局")
    #expect(try world.hazard(ofPlace).department == nil)
  }

  @Test func `an officer of one department does not act on the case of another in the same county`() throws {
    var world = try World()
    let number = try Self.submit(World.report(), &world)
    let file = Command.hazardFile(FileHazard(number: number))
    #expect(Self.reason(file, by: "fd", world) == "the case is for 应急管理局")
    // Nor as an officer on what they have reported themselves.
    let own = try Self.submit(World.report(), &world, by: "fd")
    #expect(Self.refusal(.hazardFile(FileHazard(number: own)), by: "fd", world)?.name == "NotAllowedHere")
    #expect(Self.refusal(.hazardProgress(HazardNote(number: own, note: "x")), by: "cd", world) == nil)
    let emergency = Person(
      id: "yj", name: "x",
      grants: [Grant(role: .departmentOfficer, grid: World.county, department: "应急管理局")])
    try world.act(.personPut(PutPersons(persons: [emergency])), by: "admin")
    try world.act(file, by: "yj")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "fd")), by: "yj")
    // Who was given the task acts on it, whosever the case is.
    try world.act(.hazardClaim(HazardNote(number: number)), by: "fd")
    try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "fd")
    let verify = Command.hazardVerifyPass(VerifyHazard(number: number))
    #expect(Self.refusal(verify, by: "fd", world)?.name == "NotAllowedHere")
    let regrade = Command.hazardRegrade(RegradeHazard(number: number, severity: .major, majorGrade: 4, note: "x"))
    #expect(Self.refusal(regrade, by: "yj", world) == nil)
    try world.act(verify, by: "yj")
    #expect(try world.hazard(number).state == .closed)
  }

  @Test func `an officer of one department does not change the object of another`() throws {
    let world = try World()
    let note = EnterpriseNote(id: 1, note: "停业")
    guard
      case .enterpriseNotAllowed(let refusal) = Self.refusal(
        .enterpriseSetDirect(
          SetDirect(id: 1, ground: .highRisk, department: "消防救援大队", note: "x")), by: "fd", world)
    else { return #expect(Bool(false), "it was not refused") }
    #expect(refusal.reason == "应急管理局 supervises it; you act for another department")
    #expect(Self.refusal(.enterpriseClose(note), by: "eo", world) == nil)
  }

  @Test func `where departments are entered a name that none of them has is refused`() throws {
    var world = try World()
    let assign = { (name: String) in Command.enterpriseAssign(AssignEnterprise(id: 1, department: name)) }
    #expect(Self.refusal(assign("商物局"), by: "vs", world) == nil)
    let committee = PutOrganization(grid: World.county, name: "县安委会", kind: .committee)
    try world.act(.organizationPut(committee), by: "co")
    #expect(Self.refusal(assign("商物局"), by: "vs", world) == nil)
    try world.act(
      .organizationPut(
        PutOrganization(
          grid: World.county, name: "商务局", expectedVersion: 0, kind: .department, contact: "cd", committeeOf: "县安委会",
          to: Date("2026-03-31")!)), by: "co")
    guard case .invalidArgument(let refusal) = Self.refusal(assign("商物局"), by: "vs", world) else {
      return #expect(Bool(false), "it was not refused")
    }
    #expect(refusal.field == "department")
    #expect(refusal.reason == "grid 421222000000000 has departments, but no \"商物局\" (safegrid organization list)")
    #expect(Self.refusal(assign("商务局"), by: "vs", world) == nil)
    // Also where people, cases and rows of files name one.
    let officer = Person(
      id: "sw", name: "x", grants: [Grant(role: .departmentOfficer, grid: World.county, department: "商物局")])
    #expect(Self.refusal(.personPut(PutPersons(persons: [officer])), by: "admin", world)?.name == "InvalidArgument")
    let row = EnterpriseRow(
      name: "己厂", type: .enterprise, grid: World.cell, riskLevel: .yellow, responsibleDepartment: "商物局", source: "x")
    #expect(Self.refusal(.enterpriseImport(ImportEnterprises(rows: [row])), by: "admin", world) != nil)
    // A department ends.
    world.advance(days: 40)
    #expect(Self.refusal(assign("商务局"), by: "vs", world) == nil, "nobody else is a department then")
    try world.act(
      .organizationPut(PutOrganization(grid: World.county, name: "应急管理局", kind: .department)), by: "co")
    #expect(Self.refusal(assign("商务局"), by: "vs", world)?.name == "InvalidArgument", "it has come to its end")
    #expect(Self.refusal(assign("应急管理局"), by: "vs", world) == nil)
  }

  @Test func `a report is for a department that is there, or is handed on to whom the grid does not know`() throws {
    var world = try World()
    try world.act(
      .organizationPut(PutOrganization(grid: World.county, name: "应急管理局", kind: .department)), by: "co")
    let report = ReceiveReport(
      kind: .hazard, channel: .phone, grid: World.cell, subject: "甲厂", description: "仓库堆放烟花",
      codeHash: [UInt8](repeating: 7, count: 32))
    try world.act(.reportReceive(report), by: "desk")
    let misspelt = AssignReport(id: 1, department: "应急局")
    #expect(Self.refusal(.reportAccept(misspelt), by: "desk", world)?.name == "InvalidArgument")
    #expect(Self.refusal(.reportTransfer(misspelt), by: "desk", world) == nil)
    try world.act(.reportAccept(AssignReport(id: 1, department: "应急管理局")), by: "desk")
  }

  @Test func `organisations are entered with their committee, contact and version`() throws {
    var world = try World()
    func put(_ request: PutOrganization) -> String? { Self.refusal(.organizationPut(request), by: "co", world)?.name }
    let bureau = PutOrganization(grid: World.county, name: "县应急管理局", kind: .department, committeeOf: "县安委会")
    #expect(put(bureau) == "NotFound")
    try world.act(
      .organizationPut(PutOrganization(grid: World.county, name: "县安委会", kind: .committee)), by: "co")
    #expect(put(bureau) == nil)
    var wrong = bureau
    wrong.contact = "nobody"
    #expect(put(wrong) == "UnknownPerson")
    wrong = bureau
    (wrong.from, wrong.to) = (Date("2026-02-01")!, Date("2026-01-01")!)
    #expect(put(wrong) == "InvalidArgument")
    wrong = bureau
    wrong.expectedVersion = 1
    #expect(put(wrong) == "VersionConflict")
    wrong = bureau
    wrong.grid = World.cell
    #expect(put(wrong) == "NotFound", "the committee is the county's")
    let grant = Grant(role: .gridMember, grid: World.cell, department: "县应急管理局")
    let member = Command.personPut(PutPersons(persons: [Person(id: "x", name: "x", grants: [grant])]))
    #expect(Self.refusal(member, by: "admin", world)?.name == "InvalidArgument")
  }

  // MARK: Aggregation

  @Test func `a village hands many cases up in one command, all or none`() throws {
    var world = try World()
    var numbers: [HazardNumber] = []
    for _ in 0..<3 { numbers.append(try Self.submit(World.report(), &world)) }
    let forward = { (numbers: [HazardNumber]) in
      Command.hazardForwardMany(ForwardHazards(grid: World.village, numbers: numbers, note: "本周汇总"))
    }
    #expect(Self.refusal(forward(numbers + [numbers[0]]), by: "vs", world)?.name == "InvalidArgument")
    try world.act(.hazardFile(FileHazard(number: numbers[2])), by: "vs")
    #expect(Self.refusal(forward(numbers), by: "vs", world)?.name == "InvalidTransition")
    for number in numbers.prefix(2) { #expect(try world.hazard(number).holder == World.village) }
    let elsewhere = Command.hazardForwardMany(ForwardHazards(grid: World.otherVillage, numbers: [numbers[0]]))
    #expect(Self.refusal(elsewhere, by: "vs2", world)?.name == "InvalidArgument")
    guard case .hazardForwardMany(let receipt) = try world.act(forward(Array(numbers.prefix(2))), by: "vs") else {
      preconditionFailure("no receipt")
    }
    #expect(receipt.cases == 2)
    for number in numbers.prefix(2) {
      let hazard = try world.hazard(number)
      #expect(hazard.holder == World.township && hazard.state == .reported && hazard.dueAt != nil)
    }
  }

  @Test func `many tasks go to another person in one command, all or none`() throws {
    var world = try World()
    var numbers: [HazardNumber] = []
    for _ in 0..<3 {
      let number = try Self.submit(World.report(), &world)
      numbers.append(number)
      try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
      try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    }
    let reassign = { (numbers: [HazardNumber], person: String) in
      Command.hazardReassignMany(
        ReassignHazards(grid: World.township, numbers: numbers, assignee: person, note: "网格调整"))
    }
    #expect(Self.refusal(reassign(numbers + [numbers[0]], "gm"), by: "to", world)?.name == "InvalidArgument")
    #expect(Self.refusal(reassign(numbers, "gm2"), by: "to", world)?.name == "NotAllowedHere", "gm2 serves elsewhere")
    try world.act(.hazardClaim(HazardNote(number: numbers[2])), by: "en")
    try world.act(.hazardFeedback(HazardFeedback(number: numbers[2], result: "好", evidence: World.photos())), by: "en")
    #expect(Self.refusal(reassign(numbers, "gm"), by: "to", world)?.name == "InvalidTransition")
    // Every case is looked at before the person is.
    #expect(Self.refusal(reassign(numbers, "nobody"), by: "to", world)?.name == "InvalidTransition")
    #expect(Self.refusal(reassign([numbers[0]], "nobody"), by: "to", world)?.name == "UnknownPerson")
    #expect(try world.hazard(numbers[0]).assignee == "en", "all, or none")
    world.advance(hours: 2)
    guard case .hazardReassignMany(let receipt) = try world.act(reassign(Array(numbers.prefix(2)), "gm"), by: "to")
    else {
      preconditionFailure("no receipt")
    }
    #expect(receipt.cases == 2)
    for number in numbers.prefix(2) {
      let hazard = try world.hazard(number)
      #expect(hazard.assignee == "gm" && hazard.state == .dispatched && hazard.dueAt != nil)
    }
  }

  // MARK: Duplicates

  private static func duplicate(of report: SubmitHazard, in world: World) -> HazardNumber? {
    guard case .duplicateOf(let open) = refusal(.hazardSubmit(report), by: "gm", world) else { return nil }
    return open.number
  }

  @Test func `a report of what is open at the same object and of the same class is refused unless it is another one`()
    throws
  {
    var world = try World()
    let report = World.report(isAnother: false)
    let first = try Self.submit(report, &world)
    #expect(Self.duplicate(of: report, in: world) == first)
    var other = report
    other.class = "粉尘涉爆"
    #expect(Self.duplicate(of: other, in: world) == nil)
    other = report
    other.enterpriseId = 2
    #expect(Self.duplicate(of: other, in: world) == nil)
    other = report
    other.isAnother = true
    #expect(Self.refusal(.hazardSubmit(other), by: "gm", world) == nil)
    // What is over is no obstacle.
    try world.act(.hazardDecline(HazardNote(number: first, note: "误报")), by: "vs")
    #expect(Self.duplicate(of: report, in: world) == nil)
  }

  @Test func `at a place it is what was reported nearby and not long before`() throws {
    var world = try World()
    func report(_ longitude: Double, _ latitude: Double) -> SubmitHazard {
      var report = World.report(enterprise: nil, isAnother: false)
      report.point = Point(longitude: longitude, latitude: latitude)
      return report
    }
    let first = try Self.submit(report(113.81, 29.24), &world)
    // A degree of latitude is 111.2 km, of longitude at 29.24° 97.0 km.
    #expect(Self.duplicate(of: report(113.81, 29.24 + 49 / 111_195.0), in: world) == first)
    #expect(Self.duplicate(of: report(113.81, 29.24 + 51 / 111_195.0), in: world) == nil)
    #expect(Self.duplicate(of: report(113.81 + 49 / 97_025.0, 29.24), in: world) == first)
    #expect(Self.duplicate(of: report(113.81 + 51 / 97_025.0, 29.24), in: world) == nil)
    var nowhere = report(0, 0)
    nowhere.point = nil
    #expect(Self.duplicate(of: nowhere, in: world) == nil)
    world.advance(hours: 24)
    #expect(Self.duplicate(of: report(113.81, 29.24), in: world) == first)
    world.time = world.time.adding(milliseconds: 1)
    #expect(Self.duplicate(of: report(113.81, 29.24), in: world) == nil)
  }

  @Test func `without a rule nothing is a duplicate`() throws {
    var profile = World.profile
    profile.hazard.duplicates = nil
    var world = try World(profile: profile)
    let report = World.report(isAnother: false)
    try Self.submit(report, &world)
    #expect(Self.refusal(.hazardSubmit(report), by: "gm", world) == nil)
  }

  // MARK: Major hazards

  private static func major() throws(Refusal) -> (World, HazardNumber) {
    var world = try World()
    let number = try submit(World.report(severity: .major), &world)
    try world.act(.hazardFile(FileHazard(number: number, majorGrade: 4, stopWork: .part)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "en")
    let plan = RectificationPlan(
      target: "消除", method: "更换", responsible: "负责人", timeLimit: Date("2026-04-30")!, safetyMeasures: "停产")
    try world.act(.hazardPlan(PlanHazard(number: number, plan: plan)), by: "en")
    return (world, number)
  }

  @Test func `a major hazard is assessed before it is fed back, and verified at the place`() throws {
    var (world, number) = try Self.major()
    #expect(try world.hazard(number).stopWork == .part)
    func feedback(_ assessment: String?) -> Command {
      .hazardFeedback(
        HazardFeedback(number: number, result: "好", evidence: World.photos(), assessment: assessment))
    }
    guard case .invalidArgument(let refusal) = Self.refusal(feedback(nil), by: "en", world) else {
      return #expect(Bool(false), "it was not refused")
    }
    #expect(refusal.field == "assessment")
    try world.act(feedback("评估机构：隐患已消除"), by: "en")
    #expect(try world.hazard(number).assessment == "评估机构：隐患已消除")
    try world.act(.listingRefuse(ListingNote(number: number, note: "县级办理")), by: "co")
    #expect(
      Self.reason(.hazardVerifyPass(VerifyHazard(number: number)), by: "to", world)
        == "a major hazard is verified at the place, not from a desk (on_site)")
    let general = Command.hazardFile(FileHazard(number: number, stopWork: .all))
    #expect(Self.refusal(general, by: "vs", world)?.name == "InvalidTransition")
    try world.act(.hazardVerifyPass(VerifyHazard(number: number, onSite: true)), by: "to")
    #expect(try world.hazard(number).verifiedOnSite == true)
  }

  @Test func `only a major hazard stops work`() throws {
    var world = try World()
    let number = try Self.submit(World.report(), &world)
    let file = Command.hazardFile(FileHazard(number: number, stopWork: .all))
    #expect(Self.refusal(file, by: "vs", world)?.name == "InvalidArgument")
  }

  @Test func `the case of an object that has moved away goes on where it is now`() throws {
    var world = try World()
    let number = try Self.submit(World.report(), &world)
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "en")
    let terminate = Command.hazardTerminate(HazardNote(number: number, note: "已迁址"))
    #expect(
      Self.reason(terminate, by: "cd", world) == "enterprise 1 operates there still: close it or let it relocate first")
    // What has no object ends by its reason alone.
    let bare = try Self.submit(World.report(enterprise: nil), &world)
    try world.act(.hazardFile(FileHazard(number: bare)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: bare, assignee: "gm")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: bare)), by: "gm")
    var over = world
    try over.act(.hazardTerminate(HazardNote(number: bare, note: "已拆除")), by: "cd")
    #expect(try over.hazard(bare).state == .terminated && over.model.record(HazardsTable.self, .init(id: 3)) == nil)

    try world.act(.enterpriseRelocate(RelocateEnterprise(id: 1, to: World.otherVillage)), by: "vs")
    try world.act(.enterpriseAcceptRelocation(DecideRelocation(id: 1, grid: World.otherVillage)), by: "vs2")
    try world.act(terminate, by: "cd")
    #expect(try world.hazard(number).state == .terminated)
    let next = try #require(try world.model.record(HazardsTable.self, .init(id: 3)))
    #expect(next.continues == number && next.state == .reported && next.source == .transfer)
    #expect(next.grid == World.otherVillage && next.holder == World.otherVillage && next.enterpriseId == 1)
    #expect(next.dueAt != nil && next.number.grid == World.otherVillage)
    #expect(next.class == "消防" && next.description == "消防通道堵塞" && next.department == "应急管理局")
  }

  @Test func `a case goes on with the department that its object has in the new place`() throws {
    var world = try World()
    for (grid, name) in [(World.village, "应急管理局"), (World.otherVillage, "城管局"), (World.otherVillage, "商务局")] {
      try world.act(.organizationPut(PutOrganization(grid: grid, name: name, kind: .department)), by: "admin")
    }
    let number = try Self.submit(World.report(), &world)
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "en")
    try world.act(.enterpriseRelocate(RelocateEnterprise(id: 1, to: World.otherVillage)), by: "vs")
    try world.act(.enterpriseAcceptRelocation(DecideRelocation(id: 1, grid: World.otherVillage)), by: "vs2")
    for department in [nil, "商务局"] {
      var world = world
      if department != nil {
        try world.act(.enterpriseAssign(AssignEnterprise(id: 1, department: department)), by: "vs2")
      }
      try world.act(.hazardTerminate(HazardNote(number: number, note: "已迁址")), by: "cd")
      #expect(try world.hazard(number).department == "应急管理局", "what is over is history")
      #expect(try world.model.record(HazardsTable.self, .init(id: 2))?.department == department)
    }
  }
}
