import Domain
import Records
import Scalars
import Support
import Testing

/// What needs two people: one proposes it, another confirms or rejects it, in time, and never the same hands.
@Suite struct TwoPeopleTests {
  private func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private static func submitted(_ severity: HazardSeverity = .general) throws(Refusal) -> (World, HazardNumber) {
    var world = try World()
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report(severity: severity)), by: "gm")
    else { preconditionFailure("no receipt") }
    return (world, receipt.number)
  }

  private static func note(_ number: HazardNumber, _ text: String = "") -> HazardNote {
    HazardNote(number: number, note: text)
  }

  @Test func `nothing is done before another person has agreed, and the history names both`() throws {
    var (world, number) = try Self.submitted(.major)
    let regrade = Command.hazardRegrade(RegradeHazard(number: number, severity: .general, note: "复核"))
    try world.act(regrade, by: "to")
    var hazard = try world.hazard(number)
    #expect(hazard.severity == .major && hazard.proposal?.event == .regrade && hazard.proposal?.proposedBy == "to")
    #expect(hazard.proposalLapsesAt == Instant("2026-03-05T23:59:59.999+08:00"))
    // One thing at a time; and only who could have proposed it has a say.
    #expect(refusal { () throws(Refusal) in try world.act(regrade, by: "cd") }?.name == "NotAllowedHere")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardConfirm(Self.note(number)), by: "to") }?.name == "SamePerson"
    )
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardReject(Self.note(number)), by: "to") }?.name == "SamePerson")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardConfirm(Self.note(number)), by: "co") }?.name
        == "NotAllowedHere")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardConfirm(Self.note(number)), by: "vs") }?.name
        == "PermissionDenied")
    try world.act(.hazardConfirm(Self.note(number)), by: "cd")
    hazard = try world.hazard(number)
    #expect(hazard.severity == .general && hazard.proposal == nil && hazard.proposalLapsesAt == nil)
    let last = try #require(world.model.all(CaseEventsTable.self).first { $0.event == .regrade })
    #expect(last.actor == "cd" && last.secondPerson == "to" && last.note == "复核")
  }

  @Test func `a milder grade takes two people, of whom the second is no township's officer`() throws {
    var (world, number) = try Self.submitted(.major)
    try world.act(.hazardFile(FileHazard(number: number, majorGrade: 2)), by: "to")
    func regrade(_ grade: UInt32, by person: String = "to") throws(Refusal) {
      try world.act(
        .hazardRegrade(RegradeHazard(number: number, severity: .major, majorGrade: grade, note: "x")), by: person)
    }
    try regrade(1)
    #expect(try world.hazard(number).majorGrade == 1, "a worse one takes one person")
    try regrade(4)
    #expect(try world.hazard(number).majorGrade == 1 && world.hazard(number).proposal?.majorGrade == 4)
    let second = Person(id: "to9", name: "x", grants: [Grant(role: .townshipOfficer, grid: World.township)])
    try world.act(.personPut(PutPersons(persons: [second])), by: "admin")
    let confirm = Command.hazardConfirm(Self.note(number))
    #expect(refusal { () throws(Refusal) in try world.act(confirm, by: "to9") }?.name == "NotAllowedHere")
    try world.act(confirm, by: "cd")
    #expect(try world.hazard(number).majorGrade == 4 && world.hazard(number).severity == .major)
  }

  @Test func `going up to major takes one person, and so does filing`() throws {
    var (world, number) = try Self.submitted()
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .major, note: "x")), by: "to")
    #expect(try world.hazard(number).severity == .major)
  }

  @Test func `a rejected proposal leaves the case as it was, and another can be made`() throws {
    var (world, number) = try Self.submitted()
    try world.act(.hazardVoid(VoidHazard(number: number, note: "误报")), by: "co")
    let before = try world.hazard(number)
    try world.act(.hazardReject(Self.note(number, "属实")), by: "co2")
    let after = try world.hazard(number)
    #expect(after.state == .reported && after.dueAt == before.dueAt && after.proposal == nil)
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardConfirm(Self.note(number)), by: "co2") }?.name
        == "NotAllowedHere")
    try world.act(.hazardVoid(VoidHazard(number: number, note: "误报")), by: "co2")
    try world.act(.hazardConfirm(Self.note(number)), by: "co")
    #expect(try world.hazard(number).state == .voided)
  }

  @Test func `a proposal lapses by the clock, and ends with its case`() throws {
    var (world, number) = try Self.submitted()
    try world.act(.hazardVoid(VoidHazard(number: number, note: "误报")), by: "co")
    world.advance(days: 4)
    try world.expire()
    #expect(try world.hazard(number).proposal == nil)
    #expect(world.model.all(CaseEventsTable.self).contains { $0.event == .lapse })
    try world.act(.hazardVoid(VoidHazard(number: number, note: "误报")), by: "co")
    try world.act(.hazardDecline(Self.note(number, "重复")), by: "cd")
    let hazard = try world.hazard(number)
    #expect(hazard.proposal == nil && hazard.timerAt == nil)
  }

  @Test func `a late case goes on upwards while something waits`() throws {
    var (world, number) = try Self.submitted()
    world.advance(days: 3)
    try world.expire()
    #expect(try world.hazard(number).holder == World.township)
    try world.act(.hazardVoid(VoidHazard(number: number, note: "误报")), by: "co")
    world.advance(days: 3)
    try world.expire()
    #expect(try world.hazard(number).holder == World.county)
    world.advance(days: 3)
    try world.expire()
    let hazard = try world.hazard(number)
    #expect(hazard.proposal == nil && hazard.escalations == 2 && hazard.timerAt == nil)
  }

  @Test func `a case is put aside by its office and the committee's`() throws {
    var (world, number) = try Self.submitted()
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(Self.note(number)), by: "en")
    try world.act(.hazardPark(Self.note(number, "等待搬迁")), by: "to")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardConfirm(Self.note(number)), by: "cd") }?.name
        == "NotAllowedHere")
    try world.act(.hazardConfirm(Self.note(number)), by: "co")
    #expect(try world.hazard(number).state == .parked)
    // What has changed meanwhile is asked again: an extension of the case would not stand in the way, its end would.
    try world.act(.hazardUnpark(Self.note(number)), by: "to")
    try world.act(.hazardPark(Self.note(number, "等待搬迁")), by: "to")
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .major, note: "x")), by: "cd")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardConfirm(Self.note(number)), by: "co") }?.name
        == "NotAllowedHere")
    #expect(try world.hazard(number).proposal == nil, "a major hazard is never put aside: nothing waits")
  }

  @Test func `what has become impossible waits for nobody, and what is still possible goes on waiting`() throws {
    var (world, number) = try Self.submitted()
    try world.act(.hazardFile(FileHazard(number: number)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(Self.note(number)), by: "en")
    var other = world
    try world.act(.hazardPark(Self.note(number, "等待搬迁")), by: "to")
    try other.act(.hazardVoid(VoidHazard(number: number, note: "误报")), by: "co")
    let feedback = Command.hazardFeedback(
      HazardFeedback(number: number, result: "已整改", evidence: [Attachment(sha256: [UInt8](repeating: 1, count: 32))]))
    try world.act(feedback, by: "en")
    try other.act(feedback, by: "en")
    let hazard = try world.hazard(number)
    #expect(hazard.state == .fedBack && hazard.proposal == nil && hazard.proposalLapsesAt == nil)
    #expect(try other.hazard(number).proposal?.event == .void)
    // Another proposal finds its place free.
    try world.act(.hazardVoid(VoidHazard(number: number, note: "误报")), by: "co")
    #expect(try world.hazard(number).proposal?.event == .void)
  }

  @Test func `without a term nothing can be proposed`() throws {
    var profile = World.profile
    profile.hazard.confirm = nil
    var world = try World(profile: profile)
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report()), by: "gm") else { return }
    let refused = refusal { () throws(Refusal) in
      try world.act(.hazardVoid(VoidHazard(number: receipt.number, note: "x")), by: "co")
    }
    #expect(refused?.message.english.contains("hazard.confirm") == true)
  }

  // MARK: Whose hands

  /// Who calls: what the transport proved, and for whom it speaks.
  private struct Hands: CustomTestStringConvertible {
    let principal: String
    let person: String?
    init(_ principal: String, _ person: String?) { (self.principal, self.person) = (principal, person) }
    var testDescription: String { "\(principal) for \(person ?? "itself")" }

    func caller() -> Caller {
      let person = World.people.first { $0.id == self.person }
      let own = [Grant(role: .committeeOffice, grid: World.county)]
      return Caller(principal: principal, person: person, grants: person?.grants ?? own)
    }
  }

  @Test(arguments: [
    // A gateway passes on what two people do; each with a token of their own; one each way.
    (Hands("uid:0", "co"), Hands("uid:0", "co2"), true), (Hands("person:co", "co"), Hands("person:co2", "co2"), true),
    (Hands("person:co", "co"), Hands("uid:0", "co2"), true), (Hands("uid:7", nil), Hands("uid:8", nil), true),
    // The same person, through a gateway, through another one, with any token.
    (Hands("uid:0", "co"), Hands("uid:0", "co"), false), (Hands("person:co", "co"), Hands("uid:0", "co"), false),
    (Hands("uid:0", "co"), Hands("uid:7", "co"), false), (Hands("person:co", "co"), Hands("person:co", "co"), false),
    // Who speaks for somebody else is still there.
    (Hands("person:co", "co"), Hands("person:co", "co2"), false),
    (Hands("person:co", "co2"), Hands("person:co", "co"), false),
    (Hands("person:co2", "co"), Hands("uid:0", "co2"), false),
    (Hands("person:to", "co"), Hands("person:to", "co2"), false),
    (Hands("uid:7", nil), Hands("uid:7", "co2"), false), (Hands("uid:7", "co2"), Hands("uid:7", nil), false),
  ])
  private func `the same hands are not two people`(first: Hands, second: Hands, areTwo: Bool) throws {
    var (world, number) = try Self.submitted()
    func act(_ command: Command, _ hands: Hands) throws(Refusal) {
      let act = Act(time: world.time, caller: hands.caller(), method: command.method, sequence: 1)
      _ = try apply(command, act, to: &world.model)
      world.model.accept()
    }
    try act(.hazardVoid(VoidHazard(number: number, note: "误报")), first)
    for command in [Command.hazardReject(Self.note(number)), .hazardConfirm(Self.note(number))] {
      var copy = world
      let refused = refusal { () throws(Refusal) in try act(command, second) }
      #expect(refused?.name == (areTwo ? nil : "SamePerson"))
      swap(&copy, &world)
      world.model.discard()
    }
  }
}
