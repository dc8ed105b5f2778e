import Domain
import Example
import Records
import Scalars
import Support
import Testing

/// Rules that no table shows: who, where, how often, and what it does to others.
@Suite struct HazardTests {
  private func submit(
    _ world: inout World, _ report: SubmitHazard = World.report(), by person: String = "gm"
  ) throws(Refusal) -> HazardReceipt {
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(report), by: person) else {
      preconditionFailure("no receipt")
    }
    return receipt
  }

  // MARK: Dictionaries and gradings

  @Test func `a case comes from what its class says, unless somebody says better`() throws {
    var profile = World.profile
    profile.factors = [("2", "物的因素"), ("21", "物理性"), ("22", "化学性")].map { HazardFactor(code: $0.0, text: $0.1) }
    let index = try #require(profile.hazard.classes.firstIndex { $0.name == "消防" })
    profile.hazard.classes[index].factor = "21"
    #expect(profileFaults(profile).isEmpty)
    var world = try World(profile: profile)
    let number = try submit(&world).number
    #expect(try world.hazard(number).factor == "21")
    var report = World.report()
    report.factor = "22"
    let told = try submit(&world, report).number
    #expect(try world.hazard(told).factor == "22")
    report.factor = "23"
    #expect(refusal { () throws(Refusal) in _ = try submit(&world, report) }?.name == "InvalidArgument")
    try world.act(.hazardFile(FileHazard(number: number, factor: "22")), by: "vs")
    #expect(try world.hazard(number).factor == "22")
    // Filed under another class, it comes from what that class says: nothing.
    let other = try submit(&world).number
    try world.act(.hazardFile(FileHazard(number: other, class: "粉尘涉爆")), by: "vs")
    #expect(try world.hazard(other).factor == nil)
    // A code stands under a shorter one, and classes name codes that are there.
    profile.factors += [HazardFactor(code: "3101", text: "x"), HazardFactor(code: "221", text: "x")]
    profile.hazard.classes[index].factor = "23"
    #expect(
      profileFaults(profile).map(\.description) == [
        "factors[3].code: 3101 stands under 31, which is missing",
        "factors[4].code: 221 has neither 1, 2, 4 nor 6 digits",
        "hazard.classes[\(index)].factor: factors has no \"23\"",
      ])
  }

  /// 以上 includes the number, 以下 does not; the worst of the three decides.
  @Test func `the grade of an accident is that of its worst part, at every border`() {
    let yuan: [(Int64, AccidentGrade)] = [
      (0, .general), (999_999_999, .general), (1_000_000_000, .larger), (4_999_999_999, .larger),
      (5_000_000_000, .serious), (9_999_999_999, .serious), (10_000_000_000, .extraSerious),
    ]
    let deaths: [(UInt32, AccidentGrade)] = [
      (0, .general), (2, .general), (3, .larger), (9, .larger), (10, .serious), (29, .serious), (30, .extraSerious),
    ]
    let injuries: [(UInt32, AccidentGrade)] = [
      (0, .general), (9, .general), (10, .larger), (49, .larger), (50, .serious), (99, .serious), (100, .extraSerious),
    ]
    for (dead, a) in deaths {
      for (injured, b) in injuries {
        for (loss, c) in yuan {
          let worst = [a, b, c].max { $0.number < $1.number }
          #expect(
            AccidentGrade(deaths: dead, injuries: injured, loss: Fen(loss)) == worst, "\(dead) \(injured) \(loss)")
        }
      }
    }
  }

  @Test func `what a major hazard could cause is its grade`() throws {
    var world = try World()
    let number = try submit(&world, World.report(severity: .major)).number
    let harm = PossibleHarm(deaths: 3, injuries: 50)
    let contradicted = FileHazard(number: number, majorGrade: 3, harm: harm)
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardFile(contradicted), by: "vs") }?.name == "InvalidArgument")
    try world.act(.hazardFile(FileHazard(number: number, harm: harm)), by: "vs")
    #expect(try world.hazard(number).majorGrade == 2)
    let worse = PossibleHarm(loss: Fen(10_000_000_000))
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .major, note: "评估", harm: worse)), by: "cd")
    #expect(try world.hazard(number).majorGrade == 1)
    let general = try submit(&world).number
    let file = FileHazard(number: general, harm: harm)
    #expect(refusal { () throws(Refusal) in try world.act(.hazardFile(file), by: "vs") }?.name == "InvalidArgument")
  }

  private func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  /// As far as the enterprise's hands.
  private func rectifying(_ world: inout World, _ report: SubmitHazard = World.report()) throws(Refusal) -> HazardNumber
  {
    let number = try submit(&world, report).number
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "en")
    return number
  }

  // MARK: Submission

  @Test(arguments: [
    ("gm", World.village), ("vs", World.township), ("to", World.county), ("cd", World.county), ("en", World.village),
    ("desk", World.county),
  ])
  func `the case is held one level above the reporter`(reporter: String, holder: GridCode) throws {
    var world = try World()
    #expect(try submit(&world, by: reporter).holder == holder)
  }

  @Test func `numbers count up within grid and day, without a gap`() throws {
    var world = try World()
    var numbers: [String] = []
    for _ in 0..<3 { numbers.append("\(try submit(&world).number)") }
    // A refused report takes no number.
    #expect(refusal { () throws(Refusal) in _ = try submit(&world, World.report(photos: 0)) }?.name == "PhotosMissing")
    numbers.append("\(try submit(&world).number)")
    world.advance(days: 1)
    numbers.append("\(try submit(&world).number)")
    #expect(
      numbers == [
        "4212221000010012026030200001", "4212221000010012026030200002", "4212221000010012026030200003",
        "4212221000010012026030200004", "4212221000010012026030300001",
      ])
  }

  @Test func `a day's numbers can be used up`() throws {
    var world = try World()
    let receipt = try submit(&world)
    var last = try world.hazard(receipt.number)
    last.id = 2
    last.number = HazardNumber("4212221000010012026030299999")!
    world.model.put(HazardsTable.self, last)
    world.model.accept()
    #expect(refusal { () throws(Refusal) in _ = try submit(&world) }?.name == "SequenceExhausted")
  }

  @Test func `what a report must have, in the order of the IDL`() throws {
    var world = try World()
    func name(_ report: SubmitHazard, by person: String = "gm", world: inout World) -> String? {
      refusal { () throws(Refusal) in _ = try submit(&world, report, by: person) }?.name
    }
    #expect(
      name(World.report(grid: GridCode("421222100001777")!, enterprise: 99, photos: 0), by: "to", world: &world)
        == "UnknownGrid")
    #expect(name(World.report(enterprise: 99, photos: 0), world: &world) == "UnknownEnterprise")
    #expect(name(World.report(enterprise: 2, photos: 0), by: "en", world: &world) == "NotAllowedHere")
    var report = World.report(photos: 0)
    report.class = "别的"
    #expect(name(report, world: &world) == "UnknownClass")
    #expect(name(World.report(photos: 0), world: &world) == "PhotosMissing")
    #expect(name(World.report(grid: World.otherCell), world: &world) == "PermissionDenied")
    #expect(name(World.report(), by: "nobody", world: &world) == "DelegationDenied")
    #expect(try world.model.keys(HazardsTable.self, in: .all, descending: false, limit: 10).isEmpty)
  }

  @Test func `only what is major or an emergency goes straight to the township`() throws {
    var world = try World()
    let refused = refusal { () throws(Refusal) in _ = try world.act(.hazardDirectReport(World.report()), by: "gm") }
    #expect(refused?.name == "NotAllowedHere")
    for report in [World.report(severity: .major), World.report(urgency: .emergency)] {
      guard case .hazardDirectReport(let receipt) = try world.act(.hazardDirectReport(report), by: "gm") else { return }
      #expect(receipt.holder == World.township && receipt.dueAt == world.time.adding(milliseconds: 3_600_000))
    }
  }

  @Test func `an emergency goes straight to the county when its reporter says so`() throws {
    var world = try World()
    func reported(_ report: SubmitHazard) -> SubmitHazard {
      var report = report
      report.toCounty = true
      return report
    }
    let emergency = reported(World.report(urgency: .emergency))
    guard case .hazardDirectReport(let receipt) = try world.act(.hazardDirectReport(emergency), by: "gm") else {
      return
    }
    #expect(receipt.holder == World.county)
    for command in [
      Command.hazardDirectReport(reported(World.report(severity: .major))), .hazardSubmit(emergency),
      .hazardResolveOnSpot(emergency),
    ] {
      #expect(refusal { () throws(Refusal) in _ = try world.act(command, by: "gm") } != nil, "\(command.method.name)")
    }
  }

  @Test func `removal on the spot needs two photos and goes to verification by somebody else`() throws {
    var world = try World()
    #expect(
      refusal { () throws(Refusal) in _ = try world.act(.hazardResolveOnSpot(World.report(photos: 1)), by: "vs") }?.name
        == "PhotosMissing")
    #expect(
      refusal { () throws(Refusal) in
        _ = try world.act(.hazardResolveOnSpot(World.report(severity: .major)), by: "vs")
      }?.name == "NotAllowedHere")
    guard case .hazardResolveOnSpot(let receipt) = try world.act(.hazardResolveOnSpot(World.report()), by: "vs") else {
      return
    }
    #expect(receipt.state == .fedBack && receipt.holder == World.township)
    let note = HazardNote(number: receipt.number)
    #expect(
      refusal { () throws(Refusal) in
        _ = try world.act(.hazardVerifyPass(VerifyHazard(number: note.number, onSite: true)), by: "vs")
      }?.name == "NotAllowedHere")
    try world.act(.hazardVerifyPass(VerifyHazard(number: note.number, onSite: true)), by: "to")
  }

  // MARK: Who

  @Test func `only the holder's officers decide, and those above them`() throws {
    var world = try World()
    let number = try submit(&world).number
    let file = Command.hazardFile(FileHazard(number: number))
    #expect(refusal { () throws(Refusal) in _ = try world.act(file, by: "vs2") }?.name == "PermissionDenied")
    try world.act(.hazardForwardUp(HazardNote(number: number)), by: "vs")
    // The village has handed it up: its officer still sees the place, but no longer holds the case.
    #expect(refusal { () throws(Refusal) in _ = try world.act(file, by: "vs") }?.name == "NotAllowedHere")
    try world.act(file, by: "cd")
  }

  @Test func `an enterprise acts on its own hazards only`() throws {
    var world = try World()
    let number = try rectifying(&world)
    let feedback = Command.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos()))
    #expect(refusal { () throws(Refusal) in _ = try world.act(feedback, by: "en2") }?.name == "NotAllowedHere")
    try world.act(feedback, by: "en")
  }

  @Test func `who rectified does not verify, whatever their role`() throws {
    var world = try World()
    let number = try submit(&world).number
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "vs")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "vs")
    try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "vs")
    let note = HazardNote(number: number, note: "x")
    #expect(
      refusal { () throws(Refusal) in
        _ = try world.act(.hazardVerifyPass(VerifyHazard(number: note.number, onSite: true)), by: "vs")
      }?.name == "NotAllowedHere")
    #expect(
      refusal { () throws(Refusal) in _ = try world.act(.hazardVerifyFail(note), by: "vs") }?.name == "NotAllowedHere")
    try world.act(.hazardVerifyPass(VerifyHazard(number: note.number, onSite: true)), by: "to")
  }

  @Test func `a task goes only to somebody who could claim it`() throws {
    var world = try World()
    let number = try submit(&world).number
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    for (person, name) in [
      ("nobody", "UnknownPerson"), ("gm2", "NotAllowedHere"), ("en2", "NotAllowedHere"), ("auditor", "NotAllowedHere"),
    ] {
      let command = Command.hazardDispatch(DispatchHazard(number: number, assignee: person))
      #expect(refusal { () throws(Refusal) in _ = try world.act(command, by: "vs") }?.name == name)
    }
  }

  @Test func `a version that is not the present one is refused`() throws {
    var world = try World()
    let receipt = try submit(&world)
    let stale = FileHazard(number: receipt.number, expectedVersion: receipt.version + 1)
    #expect(
      refusal { () throws(Refusal) in _ = try world.act(.hazardFile(stale), by: "vs") }?.name == "VersionConflict")
    try world.act(.hazardFile(FileHazard(number: receipt.number, expectedVersion: receipt.version)), by: "vs")
  }

  // MARK: Time

  @Test func `terms follow class, urgency, severity and plan`() throws {
    func due(_ report: SubmitHazard, dusty term: Term? = nil) throws(Refusal) -> String {
      var profile = World.profile
      if let term { profile.hazard.classes[profile.hazard.classes.firstIndex { $0.name == "粉尘涉爆" }!].fix = term }
      var world = try World(profile: profile)
      let number = try rectifying(&world, report)
      return try world.hazard(number).dueAt?.localDescription ?? ""
    }
    var dusty = World.report()
    dusty.class = "粉尘涉爆"
    #expect(try due(World.report()) == "2026-03-17 23:59:59")
    #expect(try due(dusty) == "2026-03-09 23:59:59")
    #expect(try due(World.report(urgency: .urgent)) == "2026-03-03 23:59:59")
    #expect(try due(World.report(urgency: .emergency)) == "2026-03-02 10:30:00")
    // Of class and urgency, the sooner counts.
    dusty.urgency = .urgent
    #expect(try due(dusty) == "2026-03-03 23:59:59")
    #expect(try due(dusty, dusty: Term(3, .hour)) == "2026-03-02 11:30:00")
    dusty.urgency = .emergency
    #expect(try due(dusty, dusty: Term(3, .hour)) == "2026-03-02 10:30:00")
    // A major hazard first has to bring its plan.
    #expect(try due(World.report(severity: .major)) == "2026-03-09 23:59:59")
  }

  @Test func `a late rectification is charged once and goes up level by level`() throws {
    var world = try World()
    let number = try rectifying(&world)
    world.advance(days: 15)
    try world.expire()
    #expect(try world.hazard(number).overdueSince == nil)
    world.advance(days: 1)
    try world.expire()
    var hazard = try world.hazard(number)
    #expect(hazard.overdueSince == hazard.dueAt && hazard.holder == World.township && hazard.escalations == 1)
    world.advance(days: 5)
    try world.expire()
    hazard = try world.hazard(number)
    #expect(hazard.holder == World.county && hazard.escalations == 2 && hazard.timerAt == nil)
    #expect(try creditRecords(of: 1, in: world.model).map(\.kind) == [.hazardOverdue])
    // Done at last: no longer late, and the next step has its own term.
    try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "en")
    hazard = try world.hazard(number)
    #expect(hazard.overdueSince == nil && hazard.overdueCount == 1)
    let overdue = KeyRange(prefix: HazardsOverdueIndex.prefix(World.county))
    #expect(try world.model.entries(HazardsOverdueIndex.self, in: overdue, descending: false, limit: 9).isEmpty)
  }

  @Test func `an office that is late does not cost the enterprise anything`() throws {
    var world = try World()
    let number = try submit(&world).number
    world.advance(days: 10)
    try world.expire()
    #expect(try world.hazard(number).overdueSince != nil)
    #expect(try creditRecords(of: 1, in: world.model).isEmpty)
  }

  @Test func `extensions are asked in time, granted once, and at most as long as the term`() throws {
    var world = try World()
    let number = try rectifying(&world)
    func ask(_ until: String, _ world: inout World) -> Refusal? {
      refusal { () throws(Refusal) in
        try world.act(
          .hazardRequestExtension(RequestExtension(number: number, until: Instant(until)!, note: "缺配件")), by: "en")
      }
    }
    #expect(ask("2026-03-10T00:00:00Z", &world)?.name == "InvalidArgument")
    #expect(ask("2026-05-10T00:00:00Z", &world)?.name == "LimitReached")
    #expect(ask("2026-03-25T00:00:00Z", &world) == nil)
    try world.act(.hazardDecideExtension(DecideExtension(number: number, granted: true)), by: "vs")
    #expect(try world.hazard(number).dueAt == Instant("2026-03-25T00:00:00Z"))
    #expect(ask("2026-03-30T00:00:00Z", &world)?.name == "LimitReached")
    #expect(
      refusal { () throws(Refusal) in
        try world.act(.hazardDecideExtension(DecideExtension(number: number, granted: true)), by: "vs")
      }?.name == "NotAllowedHere")
  }

  @Test func `reworks have their limit`() throws {
    var world = try World()
    let number = try rectifying(&world)
    for round in 1...2 {
      try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "en")
      try world.act(.hazardVerifyFail(HazardNote(number: number, note: "不合格")), by: "cmd")
      // At the second rework the township takes over.
      #expect(try world.hazard(number).holder == (round == 1 ? World.village : World.township))
    }
  }

  @Test func `a closed case comes back within the window, under its number`() throws {
    var world = try World()
    let number = try rectifying(&world)
    try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "en")
    try world.act(.hazardVerifyPass(VerifyHazard(number: number, onSite: true)), by: "vs")
    world.advance(days: 80)
    try world.act(.hazardReopen(HazardNote(number: number)), by: "cmd")
    let hazard = try world.hazard(number)
    #expect(hazard.round == 2 && hazard.state == .rectifying && hazard.closedAt == nil && hazard.dueAt != nil)
    try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "en")
    try world.act(.hazardVerifyPass(VerifyHazard(number: number, onSite: true)), by: "vs")
    world.advance(days: 95)
    #expect(
      refusal { () throws(Refusal) in _ = try world.act(.hazardReopen(HazardNote(number: number)), by: "cmd") }?.name
        == "LimitReached")
  }

  @Test func `a major hazard is planned before it is fed back, and never parked`() throws {
    var world = try World()
    let number = try rectifying(&world, World.report(severity: .major))
    let feedback = Command.hazardFeedback(
      HazardFeedback(number: number, result: "好", evidence: World.photos(), assessment: "已评估"))
    #expect(refusal { () throws(Refusal) in _ = try world.act(feedback, by: "en") }?.name == "PlanMissing")
    #expect(
      refusal { () throws(Refusal) in _ = try world.act(.hazardPark(HazardNote(number: number, note: "x")), by: "to") }?
        .name == "NotAllowedHere")
    var plan = RectificationPlan(
      target: "a", method: "b", responsible: "c", timeLimit: Date("2027-06-01")!, safetyMeasures: "d")
    func bring(_ world: inout World) -> String? {
      refusal { () throws(Refusal) in _ = try world.act(.hazardPlan(PlanHazard(number: number, plan: plan)), by: "en")
      }?.name
    }
    #expect(bring(&world) == "LimitReached")
    plan.timeLimit = Date("2026-03-01")!
    #expect(bring(&world) == "InvalidArgument")
    plan.timeLimit = Date("2026-06-01")!
    #expect(bring(&world) == nil)
    #expect(try world.hazard(number).dueAt?.localDescription == "2026-06-01 23:59:59")
    try world.act(feedback, by: "en")
  }

  // MARK: What a profile leaves unset

  // MARK: What nobody may gain or lose

  @Test func `a report names an enterprise of its own village, and only the enterprise reports itself`() throws {
    var world = try World()
    let elsewhere = World.report(grid: World.otherCell)
    #expect(refusal { () throws(Refusal) in _ = try submit(&world, elsewhere, by: "gm2") }?.name == "InvalidArgument")
    #expect(try submit(&world, World.report(grid: World.village), by: "vs").holder == World.township)
    let own = World.report(source: .selfReport)
    #expect(refusal { () throws(Refusal) in _ = try submit(&world, own, by: "gm") }?.name == "NotAllowedHere")
    #expect(try submit(&world, own, by: "en").number.sequence == 1)
  }

  @Test func `who changes the severity begins a new term`() throws {
    var world = try World()
    let number = try rectifying(&world)
    world.advance(days: 10)
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .major, note: "x")), by: "cd")
    // Five working days for the plan, from now: Thursday 12 March, with a make-up workday on the 14th.
    #expect(try world.hazard(number).dueAt == Instant("2026-03-18T23:59:59.999+08:00"))
    try world.expire()
    #expect(try world.hazard(number).overdueCount == 0)
    #expect(try creditRecords(of: 1, in: world.model).map(\.kind) == [.majorFoundByOthers])
    // A late plan goes up, but is no late rectification.
    world.advance(days: 10)
    try world.expire()
    #expect(try world.hazard(number).overdueCount == 1)
    #expect(try creditRecords(of: 1, in: world.model).map(\.kind) == [.majorFoundByOthers])
    // Graded down again by two people, it never was a major hazard.
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .general, note: "x")), by: "cd")
    try world.act(.hazardConfirm(HazardNote(number: number)), by: "em")
    #expect(try creditRecords(of: 1, in: world.model).map(\.status) == [.revoked])
    #expect(try world.hazard(number).dueAt == Instant("2026-04-07T23:59:59.999+08:00"))
    let events = world.model.all(CaseEventsTable.self).filter { $0.event == .regrade }
    #expect(events.compactMap(\.secondPerson) == ["cd"] && events.contains { $0.actor == "em" })
    // And up again, it is one.
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .major, note: "x")), by: "cd")
    let records = try creditRecords(of: 1, in: world.model).sorted { $0.ordinal < $1.ordinal }
    #expect(records.map(\.status) == [.revoked, .active])
  }

  @Test func `a merged case does not cost the enterprise what its other case costs already`() throws {
    var world = try World()
    let first = try submit(&world, World.report(severity: .major)).number
    let second = try submit(&world, World.report(severity: .major)).number
    for number in [first, second] { try world.act(.hazardFile(FileHazard(number: number, majorGrade: 4)), by: "vs") }
    #expect(try creditRecords(of: 1, in: world.model).map(\.status) == [.active, .active])
    try world.act(.hazardMerge(MergeHazard(number: second, into: first)), by: "vs")
    let records = try creditRecords(of: 1, in: world.model).sorted { $0.ordinal < $1.ordinal }
    #expect(records.map(\.status) == [.active, .revoked] && records[1].hazard == second)
    // Nor does a major hazard get lost in a general case.
    let third = try submit(&world, World.report(severity: .major)).number
    let general = try submit(&world).number
    let merge = Command.hazardMerge(MergeHazard(number: third, into: general))
    #expect(refusal { () throws(Refusal) in try world.act(merge, by: "vs") }?.name == "NotAllowedHere")
  }

  @Test func `an officer alone cannot make a major hazard a general one by filing it`() throws {
    var world = try World()
    let number = try submit(&world, World.report(severity: .major)).number
    let file = FileHazard(number: number, severity: .general)
    #expect(refusal { () throws(Refusal) in try world.act(.hazardFile(file), by: "vs") }?.name == "NotAllowedHere")
  }

  @Test func `a plan sets the deadline once`() throws {
    var world = try World()
    let number = try rectifying(&world, World.report(severity: .major))
    func plan(until limit: String) -> Command {
      .hazardPlan(
        PlanHazard(
          number: number,
          plan: RectificationPlan(
            target: "t", method: "m", funds: Fen(1), responsible: "r", timeLimit: Date(limit)!, safetyMeasures: "s")))
    }
    try world.act(plan(until: "2026-04-01"), by: "en")
    world.advance(days: 5)
    #expect(
      refusal { () throws(Refusal) in try world.act(plan(until: "2026-04-02"), by: "en") }?.name == "NotAllowedHere")
    try world.act(plan(until: "2026-03-31"), by: "en")
    #expect(try world.hazard(number).dueAt == Instant("2026-03-31T23:59:59.999+08:00"))
  }

  @Test func `cases are merged within sight, subject and place`() throws {
    var world = try World()
    let number = try submit(&world).number
    let place = World.report(enterprise: nil)
    let here = try submit(&world, place).number
    let far = try submit(&world, World.report(grid: World.otherCell, enterprise: nil), by: "gm2").number
    func merge(_ number: HazardNumber, into other: HazardNumber, by person: String) -> String? {
      refusal { () throws(Refusal) in
        try world.act(.hazardMerge(MergeHazard(number: number, into: other)), by: person)
      }?.name
    }
    #expect(merge(here, into: far, by: "vs") == "NotFound")
    #expect(merge(here, into: far, by: "cd") == "NotAllowedHere")
    #expect(merge(here, into: number, by: "vs") == "NotAllowedHere")
    let same = try submit(&world, place).number
    #expect(merge(same, into: here, by: "vs") == nil)
  }

  @Test func `a request for more time ends with its term, and the term is the present one`() throws {
    var world = try World()
    let number = try rectifying(&world)
    let until = Instant("2026-03-25T23:59:59.999+08:00")!
    try world.act(.hazardRequestExtension(RequestExtension(number: number, until: until, note: "x")), by: "en")
    try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "en")
    try world.act(.hazardVerifyFail(HazardNote(number: number, note: "不合格")), by: "vs")
    let decide = Command.hazardDecideExtension(DecideExtension(number: number, granted: true))
    #expect(refusal { () throws(Refusal) in try world.act(decide, by: "vs") }?.name == "NotAllowedHere")
    // The rework has half the term, and can have no more than that again.
    let due = try #require(try world.hazard(number).dueAt)
    #expect(due == Instant("2026-03-10T23:59:59.999+08:00"))
    func ask(_ until: String) -> String? {
      refusal { () throws(Refusal) in
        let request = RequestExtension(number: number, until: Instant(until)!, note: "x")
        try world.act(.hazardRequestExtension(request), by: "en")
      }?.name
    }
    #expect(ask("2026-03-20T23:59:59.999+08:00") == "LimitReached")
    #expect(ask("2026-03-18T23:59:59.999+08:00") == nil)
  }

  @Test func `a parked case is looked at again, is never late, and cannot become major`() throws {
    var world = try World()
    let number = try rectifying(&world)
    try world.act(.hazardPark(HazardNote(number: number, note: "等待搬迁")), by: "to")
    try world.act(.hazardConfirm(HazardNote(number: number)), by: "co")
    let first = try #require(try world.hazard(number).dueAt)
    world.advance(days: 40)
    try world.expire()
    let parked = try world.hazard(number)
    #expect(parked.state == .parked && parked.overdueCount == 0 && parked.escalations == 0)
    #expect(try #require(parked.dueAt) > first)
    let regrade = Command.hazardRegrade(RegradeHazard(number: number, severity: .major, note: "x"))
    #expect(refusal { () throws(Refusal) in try world.act(regrade, by: "cd") }?.name == "NotAllowedHere")
  }

  @Test func `a void entry takes its credit records with it`() throws {
    var world = try World()
    let number = try rectifying(&world)
    world.advance(days: 20)
    try world.expire()
    #expect(try creditRecords(of: 1, in: world.model).map(\.status) == [.active])
    try world.act(.hazardVoid(VoidHazard(number: number, note: "误报")), by: "co")
    try world.act(.hazardConfirm(HazardNote(number: number)), by: "co2")
    #expect(try creditRecords(of: 1, in: world.model).map(\.status) == [.revoked])
  }

  @Test func `what workflows enter nobody enters by hand`() throws {
    var world = try World()
    func record(_ kind: CreditKind) -> String? {
      refusal { () throws(Refusal) in
        let request = RecordCredit(enterpriseId: 1, kind: kind, occurredOn: Date("2026-03-01")!, basis: "x")
        try world.act(.creditRecord(request), by: "em")
      }?.name
    }
    #expect(record(.verifyFailed) == "CreditKindDerived" && record(.fine) == nil)
  }

  @Test func `a rule that is unset answers UNCONFIGURED and changes nothing`() throws {
    var profile = World.profile
    profile.hazard.accept = nil
    var world = try World(profile: profile)
    let refused = refusal { () throws(Refusal) in _ = try submit(&world) }
    #expect(refused?.message.english == "The profile does not set hazard.accept; nothing was done.")
    #expect(try world.model.keys(HazardsTable.self, in: .all, descending: false, limit: 1).isEmpty)
  }

  // MARK: Every history

  /// Random people do random things to a handful of cases; whatever happens, the books are right.
  @Test(arguments: 0..<8)
  func `in every history each case has one holder and one deadline, or is over`(history: Int) throws {
    var random = SplitMix64(seed: testSeed(UInt64(100 + history)))
    var world = try World()
    var accepted: [String: Int] = [:]
    for _ in 0..<400 {
      let (command, person) = Histories.act(&random, world.model.all(HazardsTable.self).sorted { $0.id < $1.id })
      if random.chance(0.1) {
        world.advance(hours: Int(random.next() % 60))
        try world.expire()
      }
      do throws(Refusal) {
        try world.act(command, by: person)
        accepted[command.method.name, default: 0] += 1
      } catch {
        // A refusal is an answer too.
        #expect(!error.message.english.isEmpty && !error.message.chinese.isEmpty)
      }
      let broken = world.model.all(HazardsTable.self).flatMap { hazard in
        Self.broken(hazard).map { "\(hazard.number) after \(command.method.name) by \(person): \($0)" }
      }
      try #require(broken.isEmpty, "\(broken)")
    }
    #expect(accepted.count >= 10, "the history is too quiet to show anything: \(accepted)")
    for hazard in world.model.all(HazardsTable.self) {
      let events = world.model.all(CaseEventsTable.self).filter { $0.hazardId == hazard.id }.sorted {
        $0.ordinal < $1.ordinal
      }
      #expect(events.map(\.ordinal) == Array(1...hazard.eventCount))
      #expect(events.last?.to == hazard.state)
      for (earlier, later) in zip(events, events.dropFirst()) { #expect(later.from == earlier.to) }
      try checkTwoPeople(hazard, events)
    }
    try checkListings(of: world)
    try checkGrid(of: world)
    try checkLedger(of: world)
    checkDuties(of: world)
    try ReportTests.checkBooks(of: world)
  }

  /// What must hold of a case at every moment, and does not.
  private static func broken(_ hazard: Hazard) -> [String] {
    let isOver = [.closed, .notFiled, .merged, .terminated, .voided].contains(hazard.state)
    let isAssigned = [.dispatched, .rectifying, .parked, .fedBack].contains(hazard.state)
    let rules = [
      ("one deadline, or over", (hazard.dueAt == nil) == isOver),
      ("closed when it is over", (hazard.closedAt != nil) == isOver),
      ("no timer when it is over", hazard.timerAt == nil || !isOver),
      ("a timer, or late", (hazard.timerAt == nil) == isOver || hazard.overdueSince != nil),
      ("a proposal lapses", (hazard.proposal == nil) == (hazard.proposalLapsesAt == nil)),
      ("no proposal when it is over", hazard.proposal == nil || !isOver),
      ("a wish for time is decided about", hazard.extensionDecideBy == nil || hazard.extensionUntil != nil),
      ("pressing only while somebody is at it", hazard.warnedAt == nil || !isOver && hazard.state != .parked),
      ("one holder, above the place", hazard.holder.contains(hazard.grid)),
      ("somebody has the task", !isAssigned || hazard.assignee != nil),
    ]
    return rules.filter { !$0.1 }.map(\.0)
  }

  /// An open duty has its term and stands where its object does; a period has one duty, and a cadence one that is open.
  private func checkDuties(of world: World) {
    let duties = world.model.all(DutiesTable.self)
    let enterprises = Dictionary(uniqueKeysWithValues: world.model.all(EnterprisesTable.self).map { ($0.id, $0) })
    let entries = Dictionary(grouping: world.model.all(DutyEntriesTable.self), by: \.dutyId)
    let retired = Set(world.model.all(RetirementsTable.self).map(\.code))
    for duty in duties {
      #expect((duty.dueAt == nil) == duty.isOver && (duty.doneAt != nil) == [.done, .doneLate].contains(duty.state))
      #expect(duty.holder.contains(duty.grid) && (duty.isOver || !retired.contains(duty.grid)))
      if !duty.isOver, let id = duty.enterpriseId { #expect(enterprises[id]?.grid == duty.grid) }
      let history = (entries[duty.id] ?? []).sorted { $0.ordinal < $1.ordinal }
      #expect(history.map(\.ordinal) == Array(1...duty.entryCount) && history.last?.to == duty.state)
    }
    let patrols = duties.filter { $0.kind == .cellPatrol }.map { "\($0.grid) \($0.checklist) \($0.from)" }
    #expect(Set(patrols).count == patrols.count)
    let owed = duties.filter { $0.kind.isCadence && !$0.isOver }.map { "\($0.enterpriseId ?? 0) \($0.kind)" }
    #expect(Set(owed).count == owed.count)
    for account in world.model.all(CadenceAccountsTable.self) {
      let enterprise = enterprises[account.enterpriseId]
      #expect(account.grid == enterprise?.grid && account.active == (enterprise?.state == .active))
    }
    let problems = world.model.all(PatrolAnswersTable.self).filter { $0.result == .problem }
    let records = Dictionary(
      uniqueKeysWithValues: world.model.all(PatrolRecordsTable.self).map { ($0.dutyId, $0.at) })
    let reported = Dictionary(
      uniqueKeysWithValues: world.model.all(HazardsTable.self).map { ($0.number, $0.submittedAt) })
    // Each has a case: one of its own, or one that was open before the patrol.
    let opened = problems.filter { $0.hazard.flatMap { reported[$0] } == records[$0.dutyId] }
    #expect(Set(opened.map(\.hazard)).count == opened.count)
    for problem in problems { #expect(problem.hazard.flatMap { reported[$0] }! <= records[problem.dutyId]!) }
  }

  /// What needs two people was proposed by one and done by another, who had not proposed it.
  private func checkTwoPeople(_ hazard: Hazard, _ events: [CaseEvent]) throws {
    var proposal: CaseEvent?
    for event in events {
      switch event.event {
      case .propose:
        #expect(proposal == nil)
        proposal = event
      case .lapse: proposal = nil
      case .void, .park:
        #expect(event.event == proposal?.proposed && event.secondPerson == proposal?.actor)
        #expect(event.actor != proposal?.actor)
        proposal = nil
      case .reject:
        #expect(proposal != nil && event.actor != proposal?.actor)
        proposal = nil
      case .regrade where event.secondPerson != nil:
        #expect(proposal?.proposed == .regrade && event.secondPerson == proposal?.actor)
        #expect(event.actor != proposal?.actor)
        proposal = nil
      default: if event.dueAt == nil { proposal = nil }
      }
    }
    #expect((proposal == nil) == (hazard.proposal == nil))
  }

  /// Nothing that is still going on hangs on a retired cell, and the map has the boundaries of the others.
  private func checkGrid(of world: World) throws {
    let retired = Set(world.model.all(RetirementsTable.self).map(\.code))
    #expect(world.model.all(HazardsTable.self).allSatisfy { $0.dueAt == nil || !retired.contains($0.grid) })
    #expect(world.model.all(EnterprisesTable.self).allSatisfy { !retired.contains($0.grid) })
    let people = world.model.all(PersonsTable.self)
    #expect(people.flatMap(\.grants).allSatisfy { $0.grid.map { !retired.contains($0) } ?? true })
    let held = world.model.all(GrantPlacesTable.self).compactMap { place in place.held.map { [place.person, "\($0)"] } }
    #expect(
      Set(held) == Set(people.flatMap { person in person.grants.compactMap { $0.grid.map { [person.id, "\($0)"] } } }))
    let drawn = world.model.all(BoundariesTable.self).filter { !$0.rings.isEmpty && !retired.contains($0.code) }
    #expect(Set(world.model.all(MapTilesTable.self).flatMap(\.entries).map(\.code)) == Set(drawn.map(\.code)))
  }

  /// Every object has a history that ends in its state, and somebody supervises it, or the daily list has it.
  private func checkLedger(of world: World) throws {
    for object in world.model.all(EnterprisesTable.self) {
      let entries = world.model.all(EnterpriseEntriesTable.self).filter { $0.enterpriseId == object.id }.sorted {
        $0.ordinal < $1.ordinal
      }
      #expect(entries.map(\.ordinal) == Array(1..<object.entryCount + 1))
      #expect(entries.isEmpty || entries.last?.to == object.state)
      for (earlier, later) in zip(entries, entries.dropFirst()) { #expect(later.from == earlier.to) }
      let isInLedger = object.state == .active || object.state == .suspended
      let isSupervised =
        !object.responsibleDepartment.isEmpty
        && (object.supervision == .direct || object.member != nil || object.grid.depth == 4)
      #expect((object.unsupervisedIn == object.grid) == (isInLedger && !isSupervised))
      #expect(object.supervision == .grid || object.member == nil && object.directGround != nil)
      #expect((object.movingTo == nil) == (object.acceptBy == nil))
      #expect(object.movingTo == nil || isInLedger)
      #expect((object.proposedUpdate == nil) == (object.updateWaitsIn == nil))
      #expect(
        object.proposedUpdate == nil
          || (isInLedger || object.state == .candidate) && object.updateWaitsIn == object.grid)
      #expect(object.awayFrom == nil || object.awayFrom?.contains(object.grid) == false)
    }
  }

  private func checkListings(of world: World) throws {
    for listing in world.model.all(ListingsTable.self) {
      let isOver = [.delisted, .refused, .cancelled].contains(listing.state)
      #expect((listing.dueAt == nil) == isOver)
      #expect(listing.timerAt == nil || !isOver)
      #expect((listing.extensionUntil == nil) == (listing.decideBy == nil))
      #expect(listing.extensionUntil == nil || listing.state == .listed)
      let hazard = try world.hazard(listing.number)
      // Whoever is still supervised is major and open.
      #expect(isOver || hazard.severity == .major && hazard.closedAt == nil)
      let entries = world.model.all(ListingEntriesTable.self).filter { $0.hazardId == hazard.id }.sorted {
        $0.ordinal < $1.ordinal
      }
      #expect(entries.map(\.ordinal) == Array(1...listing.entryCount))
      #expect(entries.last?.to == listing.state)
      for (earlier, later) in zip(entries, entries.dropFirst()) { #expect(later.from == earlier.to) }
    }
  }

  // MARK: Beside the loop

  @Test func `a note, an urging and a leader's attention move neither state nor deadline`() throws {
    var world = try World()
    let number = try rectifying(&world)
    let before = try world.hazard(number)
    world.advance(days: 1)
    try world.act(.hazardProgress(HazardNote(number: number, note: "配件已到")), by: "en")
    try world.act(.hazardUrge(HazardNote(number: number)), by: "vs")
    try world.act(.hazardUrge(HazardNote(number: number)), by: "to")
    try world.act(.hazardAttend(HazardNote(number: number)), by: "co")
    let after = try world.hazard(number)
    #expect(after.urges == 2 && after.attentions == 1 && after.eventCount == before.eventCount + 4)
    #expect(
      (after.state, after.holder, after.assignee, after.dueAt, after.timerAt)
        == (before.state, before.holder, before.assignee, before.dueAt, before.timerAt))
    let history = world.model.all(CaseEventsTable.self).sorted { $0.ordinal < $1.ordinal }
    #expect(history.suffix(4).map(\.event) == [.progress, .urge, .urge, .attend])
    // Nobody urges from below, and a note says something.
    #expect(
      refusal { () throws(Refusal) in
        try world.act(.hazardEscalate(HazardNote(number: number)), by: "to")
        try world.act(.hazardUrge(HazardNote(number: number)), by: "vs")
      }?.name == "NotAllowedHere")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardProgress(HazardNote(number: number)), by: "en") }?.name
        == "InvalidArgument")
  }

  private static func handOver(
    to person: String = "vs", grid: GridCode = World.township
  ) -> Command {
    .hazardHandOver(HandOverTasks(grid: grid, from: "gm", to: person, note: "离职"))
  }

  /// A task for the grid member, as far as it is wanted.
  private func task(_ world: inout World, claimed: Bool) throws(Refusal) -> HazardNumber {
    let number = try submit(&world, World.report(enterprise: nil)).number
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "gm")), by: "vs")
    if claimed { try world.act(.hazardClaim(HazardNote(number: number)), by: "gm") }
    return number
  }

  @Test func `who leaves hands all tasks over, which go on where they stand`() throws {
    var world = try World()
    let open = [try task(&world, claimed: false), try task(&world, claimed: true)]
    let done = try task(&world, claimed: true)
    try world.act(.hazardFeedback(HazardFeedback(number: done, result: "好", evidence: World.photos())), by: "gm")
    let other = try rectifying(&world)
    let before = try open.map { try world.hazard($0) }
    world.advance(days: 1)
    guard case .hazardHandOver(let receipt) = try world.act(Self.handOver(), by: "to") else { return }
    #expect(receipt.cases == 2 && !receipt.more)
    for (old, number) in zip(before, open) {
      let new = try world.hazard(number)
      #expect(new.assignee == "vs" && new.state == old.state && new.dueAt == old.dueAt)
      let history = world.model.all(CaseEventsTable.self).filter { $0.hazardId == new.id }
      #expect(history.max { $0.ordinal < $1.ordinal }?.event == .handOver)
    }
    // What is fed back stays with whoever did it, and others keep their own.
    #expect(try world.hazard(done).assignee == "gm")
    #expect(try world.hazard(other).assignee == "en")
    // A second time there is nothing left.
    guard case .hazardHandOver(let again) = try world.act(Self.handOver(), by: "to") else { return }
    #expect(again.cases == 0 && !again.more)
  }

  @Test func `nothing is handed over outside the subtree, or to somebody who could not take all of it`() throws {
    var world = try World()
    let number = try task(&world, claimed: true)
    guard case .hazardHandOver(let receipt) = try world.act(Self.handOver(grid: World.otherTownship), by: "cd") else {
      return
    }
    #expect(receipt.cases == 0 && !receipt.more)
    for (person, name) in [("gm", "InvalidArgument"), ("nobody", "UnknownPerson"), ("gm2", "NotAllowedHere")] {
      #expect(refusal { () throws(Refusal) in try world.act(Self.handOver(to: person), by: "to") }?.name == name)
      #expect(try world.hazard(number).assignee == "gm")
    }
  }

  @Test func `one command hands over two hundred cases, and says that there are more`() throws {
    var world = try World()
    for _ in 0..<203 { _ = try task(&world, claimed: false) }
    var counts: [UInt32] = []
    while true {
      guard case .hazardHandOver(let receipt) = try world.act(Self.handOver(), by: "to") else { return }
      counts.append(receipt.cases)
      if !receipt.more { break }
    }
    #expect(counts == [200, 3])
  }
}
