import Domain
import Records
import Scalars
import Support
import Testing

/// What the clock does before and beside deadlines: warnings, requests nobody decides; and objections in time.
@Suite struct HazardClockTests {
  private func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private static func submitted(
    _ report: SubmitHazard = World.report(), by person: String = "gm", profile: Profile = World.profile
  ) throws(Refusal) -> (World, HazardNumber) {
    var world = try World(profile: profile)
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(report), by: person) else {
      preconditionFailure("no receipt")
    }
    return (world, receipt.number)
  }

  private static func rectifying(
    _ report: SubmitHazard = World.report(), profile: Profile = World.profile
  ) throws(Refusal) -> (World, HazardNumber) {
    var (world, number) = try submitted(report, profile: profile)
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "en")
    return (world, number)
  }

  private static func events(_ world: World) -> [HazardEvent] {
    world.model.all(CaseEventsTable.self).sorted { $0.ordinal < $1.ordinal }.map(\.event)
  }

  // MARK: Warnings

  @Test func `a fifth before the end the case is pressing, once, until the next term`() throws {
    // 15 days from 2 March 08:30, to the end of the 17th: 375.5 hours; a fifth of them is left on the 14th at 20:54.
    var (world, number) = try Self.rectifying()
    let due = try world.hazard(number).dueAt
    world.advance(days: 12, hours: 12)
    try world.expire()
    #expect(try world.hazard(number).warnedAt == nil)
    world.advance(hours: 1)
    try world.expire()
    var hazard = try world.hazard(number)
    #expect(hazard.warnedAt == world.time && hazard.dueAt == due && hazard.overdueCount == 0)
    #expect(hazard.timerAt == due && hazard.state == .rectifying && hazard.holder == World.village)
    try world.expire()
    #expect(Self.events(world).count { $0 == .warn } == 1)
    try world.act(.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), by: "en")
    hazard = try world.hazard(number)
    #expect(hazard.warnedAt == nil && hazard.timerAt.map { $0 < hazard.dueAt! } == true)
  }

  @Test(arguments: [
    // To the end of the next working day: 39.5 hours, a fifth is 7.9.
    (HazardUrgency.urgent, 20 as UInt32?, "4h" as String?, "2026-03-03T16:05:59.999+08:00" as String?),
    // Two hours are no longer than the least: whoever has them need not be warned.
    (.emergency, 20, "4h", nil), (.emergency, 20, nil, "2026-03-02T10:06:00+08:00"),
    (.urgent, 1, "4h", "2026-03-03T19:59:59.999+08:00"), (.urgent, nil, "4h", nil),
  ])
  func `a warning comes so early as share and least say`(
    urgency: HazardUrgency, percent: UInt32?, least: String?, at: String?
  ) throws {
    var profile = World.profile
    profile.hazard.warnPercent = percent
    profile.hazard.warnLeast = least.flatMap { Term($0) }
    let (world, number) = try Self.rectifying(World.report(urgency: urgency), profile: profile)
    let hazard = try world.hazard(number)
    let warning = at.flatMap { Instant($0) }
    #expect(
      abs(try #require(hazard.timerAt).millisecondsSince1970 - (warning ?? hazard.dueAt!).millisecondsSince1970) < 2)
  }

  @Test func `a clock that comes late says that the deadline has passed, not that it is near`() throws {
    var (world, number) = try Self.rectifying()
    world.advance(days: 30)
    try world.expire()
    let hazard = try world.hazard(number)
    #expect(hazard.warnedAt == nil && hazard.overdueSince != nil && !Self.events(world).contains(.warn))
  }

  // MARK: Requests for more time

  @Test func `a request that nobody decides goes up, and the case's own deadline stands`() throws {
    var (world, number) = try Self.rectifying()
    let until = Instant("2026-03-25T23:59:59.999+08:00")!
    try world.act(.hazardRequestExtension(RequestExtension(number: number, until: until, note: "x")), by: "en")
    var hazard = try world.hazard(number)
    let due = hazard.dueAt
    #expect(hazard.extensionDecideBy == Instant("2026-03-04T23:59:59.999+08:00") && hazard.holder == World.village)
    world.advance(days: 3)
    try world.expire()
    hazard = try world.hazard(number)
    #expect(hazard.holder == World.township && hazard.escalations == 1 && hazard.extensionUntil == until)
    #expect(hazard.dueAt == due && hazard.overdueCount == 0 && hazard.extensionDecideBy.map { $0 > world.time } == true)
    // The village has lost its say; at the county nobody is above, and the request waits.
    let decide = Command.hazardDecideExtension(DecideExtension(number: number, granted: true))
    #expect(refusal { () throws(Refusal) in try world.act(decide, by: "vs") }?.name == "NotAllowedHere")
    world.advance(days: 5)
    try world.expire()
    world.advance(days: 5)
    try world.expire()
    hazard = try world.hazard(number)
    #expect(hazard.holder == World.county && hazard.escalations == 2 && hazard.extensionDecideBy == nil)
    #expect(Self.events(world).count { $0 == .extensionUndecided } == 3)
    try world.act(decide, by: "cd")
    hazard = try world.hazard(number)
    #expect(hazard.dueAt == until && hazard.extensionUntil == nil && hazard.extensions == 1)
  }

  @Test func `who asked for more time in time is charged only when it is refused`() throws {
    var (world, number) = try Self.rectifying()
    let until = Instant("2026-03-25T23:59:59.999+08:00")!
    try world.act(.hazardRequestExtension(RequestExtension(number: number, until: until, note: "x")), by: "en")
    let due = try #require(try world.hazard(number).dueAt)
    while world.time <= due {
      world.advance(days: 1)
      try world.expire()
    }
    let holder = try world.hazard(number).holder
    #expect(try world.hazard(number).overdueSince == due && world.hazard(number).overdueCount == 1)
    #expect(try creditRecords(of: 1, in: world.model).isEmpty)
    let office = holder == World.county ? "cd" : "to"
    var granted = world
    try granted.act(.hazardDecideExtension(DecideExtension(number: number, granted: true)), by: office)
    let hazard = try granted.hazard(number)
    #expect(hazard.dueAt == until && hazard.overdueSince == nil && hazard.overdueCount == 0)
    #expect(try creditRecords(of: 1, in: granted.model).isEmpty)
    try world.act(.hazardDecideExtension(DecideExtension(number: number, granted: false, note: "x")), by: office)
    #expect(try world.hazard(number).overdueCount == 1)
    #expect(try creditRecords(of: 1, in: world.model).map(\.kind) == [.hazardOverdue])
  }

  @Test func `a decision in time ends the waiting`() throws {
    var (world, number) = try Self.rectifying()
    let until = Instant("2026-03-25T23:59:59.999+08:00")!
    try world.act(.hazardRequestExtension(RequestExtension(number: number, until: until, note: "x")), by: "en")
    try world.act(.hazardDecideExtension(DecideExtension(number: number, granted: false)), by: "vs")
    world.advance(days: 5)
    try world.expire()
    let hazard = try world.hazard(number)
    #expect(hazard.extensionDecideBy == nil && hazard.holder == World.village)
    #expect(!Self.events(world).contains(.extensionUndecided))
  }

  // MARK: Objections

  @Test func `whoever reported may object once, in time, and the office above decides`() throws {
    var (world, number) = try Self.submitted()
    try world.act(.hazardDecline(HazardNote(number: number, note: "不属实")), by: "vs")
    let object = Command.hazardObject(HazardNote(number: number, note: "有照片为证"))
    #expect(refusal { () throws(Refusal) in try world.act(object, by: "vs") }?.name == "NotAllowedHere")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardObject(HazardNote(number: number)), by: "gm") }?.name
        == "InvalidArgument")
    try world.act(object, by: "gm")
    let hazard = try world.hazard(number)
    #expect(hazard.state == .reported && hazard.holder == World.township && hazard.closedAt == nil)
    #expect(hazard.objections == 1 && hazard.dueAt != nil)
    let file = Command.hazardFile(FileHazard(number: number))
    #expect(refusal { () throws(Refusal) in try world.act(file, by: "vs") }?.name == "NotAllowedHere")
    try world.act(.hazardDecline(HazardNote(number: number, note: "不属实")), by: "to")
    #expect(refusal { () throws(Refusal) in try world.act(object, by: "gm") }?.name == "LimitReached")
  }

  @Test func `an objection that comes too late is refused`() throws {
    var (world, number) = try Self.submitted(World.report(source: .selfReport), by: "en")
    try world.act(.hazardDecline(HazardNote(number: number, note: "x")), by: "vs")
    world.advance(days: 8)
    let object = Command.hazardObject(HazardNote(number: number, note: "x"))
    #expect(refusal { () throws(Refusal) in try world.act(object, by: "en") }?.name == "LimitReached")
  }
}
