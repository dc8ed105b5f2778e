import Domain
import Records
import Scalars
import Support
import Testing

/// Listing supervision 挂牌督办: its table, and what it does to the case beneath it.
@Suite struct ListingTests {
  private func refusal(_ body: () throws(Refusal) -> Void) -> Refusal? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private static func note(_ number: HazardNumber, _ text: String = "说明") -> ListingNote {
    ListingNote(number: number, note: text)
  }

  private static let plan = RectificationPlan(
    target: "消除", method: "更换", responsible: "负责人", timeLimit: Date("2026-03-25")!, safetyMeasures: "停产")

  private static func approval(_ number: HazardNumber, until: String = "2026-04-01") -> ApproveListing {
    ApproveListing(
      number: number, until: Date(until)!, document: "县安委〔2026〕3号", measures: [.stopPart, .suspendPermit])
  }

  /// A major hazard that was filed, with a grade, and so proposed.
  private static func proposed(grade: UInt32? = 4) throws(Refusal) -> (World, HazardNumber) {
    var world = try World()
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report(severity: .major)), by: "gm")
    else { preconditionFailure("no receipt") }
    try world.act(.hazardFile(FileHazard(number: receipt.number, majorGrade: grade)), by: "vs")
    return (world, receipt.number)
  }

  /// Listed until 1 April, its plan made, in the enterprise's hands.
  private static func listed() throws(Refusal) -> (World, HazardNumber) {
    var (world, number) = try proposed()
    try world.act(.listingApprove(approval(number)), by: "co")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "en")
    try world.act(.hazardPlan(PlanHazard(number: number, plan: plan)), by: "en")
    return (world, number)
  }

  private static func feedBack(_ world: inout World, _ number: HazardNumber) throws(Refusal) {
    try world.act(
      .hazardFeedback(HazardFeedback(number: number, result: "已整改", evidence: World.photos(), assessment: "已评估")),
      by: "en")
  }

  private static func inReview() throws(Refusal) -> (World, HazardNumber) {
    var (world, number) = try listed()
    try feedBack(&world, number)
    try world.act(.listingRequestReview(note(number, "评估报告")), by: "en")
    return (world, number)
  }

  private static func failed() throws(Refusal) -> (World, HazardNumber) {
    var (world, number) = try inReview()
    world.time = Instant("2026-04-02T09:00:00+08:00")!
    try world.act(.listingFailReview(FailListingReview(number: number, note: "未消除")), by: "co")
    return (world, number)
  }

  // MARK: The quarter

  @Test func `a quarter counts what each level listed in it, against the least that the profile asks`() throws {
    var (world, number) = try Self.inReview()
    func quarter(_ day: String, in grid: GridCode = World.county) throws -> ListingQuarter {
      try listingQuarter(of: grid, around: Date(day)!, at: world.time, in: world.model)
    }
    let off = try quarter("2026-02-14")
    #expect(off.from == Date("2026-01-01") && off.to == Date("2026-03-31") && off.minimum == nil)
    #expect(off.lines.map(\.listed) == [1, 0, 0] && off.lines.allSatisfy { $0.missing == nil })
    var profile = World.profile
    profile.edition = "2"
    profile.listing?.minPerQuarter = 3
    try world.act(.adminActivateProfile(ActivateProfile(profile: profile)))
    try world.act(.listingPassReview(Self.note(number)), by: "co")
    #expect(try quarter("2026-03-31").lines.map(\.missing) == [2, 3, 3])
    #expect(try quarter("2026-01-01").lines.map(\.delisted) == [1, 0, 0])
    for (day, grid) in [
      ("2025-12-31", World.county), ("2026-04-01", World.county), ("2026-03-01", World.otherTownship),
    ] {
      #expect(try quarter(day, in: grid).lines.map(\.listed) == [0, 0, 0], "\(day) \(grid)")
    }
    #expect(try quarter("2026-12-05").from == Date("2026-10-01") && quarter("2026-12-05").to == Date("2026-12-31"))
  }

  // MARK: The table

  private static func world(in state: ListingState) throws(Refusal) -> (World, HazardNumber) {
    var (world, number) = try proposed()
    switch state {
    case .listed: (world, number) = try listed()
    case .inReview: (world, number) = try inReview()
    case .failed: (world, number) = try failed()
    case .delisted:
      (world, number) = try inReview()
      try world.act(.listingPassReview(note(number)), by: "co")
    case .refused: try world.act(.listingRefuse(note(number)), by: "co")
    case .cancelled:
      try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .general, note: "x")), by: "cd")
      try world.act(.hazardConfirm(HazardNote(number: number)), by: "em")
      try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .general, note: "x")), by: "cd")
    default: break
    }
    return (world, number)
  }

  private static func command(_ event: ListingEvent, _ number: HazardNumber) -> Command? {
    switch event {
    case .propose: .listingPropose(ProposeListing(number: number, item: "重大隐患", responsible: "甲厂"))
    case .approve: .listingApprove(approval(number))
    case .refuse: .listingRefuse(note(number))
    case .lift: .listingLift(LiftListing(number: number, level: .city, note: "提级"))
    case .requestExtension:
      .listingRequestExtension(ExtendListing(number: number, until: Date("2026-05-06")!, note: "工期"))
    case .decideExtension: .listingDecideExtension(DecideListingExtension(number: number, granted: true))
    case .requestReview: .listingRequestReview(note(number))
    case .passReview: .listingPassReview(note(number))
    case .failReview: .listingFailReview(FailListingReview(number: number, measures: [.interview], note: "x"))
    case .relist: .listingRelist(approval(number, until: "2026-05-20"))
    case .publish: .listingPublish(note(number))
    case .cancel, .regrade, .expire, .unspecified, .unrecognized: nil
    }
  }

  @Test func `every state with every event and every role gives what the golden table says`() throws {
    var lines: [String] = []
    for state in ListingState.allKnown {
      lines.append("\(state.name) \(state.label.chinese)")
      let (start, number) = try Self.world(in: state)
      #expect(try start.listing(number)?.state == state)
      for event in ListingEvent.allKnown {
        guard let command = Self.command(event, number) else { continue }
        lines += try start.outcomes(of: event.name) { (world, person) in
          do throws(Refusal) { try world.act(command, by: person) } catch {
            if case .listingNotAllowed(let error) = error { return "refused, ListingNotAllowed (\(error.reason))" }
            return "refused, \(error.name)"
          }
          let after = try world.listing(number)!
          var line = after.state.name + (after.dueAt.map { ", due \($0.localDescription)" } ?? ", over")
          if let until = after.until { line += ", until \(until.localDescription)" }
          if let asked = after.extensionUntil { line += ", asked for \(asked.localDescription)" }
          if let by = after.publishBy { line += ", public by \(by.localDescription)" }
          return line
        }
      }
    }
    lines += World.cast()
    try expectGolden("listing-workflow.txt", lines.joined(separator: "\n") + "\n")
  }

  @Test func `the roles of every event of a listing`() throws {
    let lines = Method.allCases.filter { $0.name.hasPrefix("Listing.") && $0.isCommand }.map { method in
      "\(method.name): \(method.roles.map(\.name).joined(separator: " "))"
    }
    try expectGolden("listing-roles.txt", lines.joined(separator: "\n") + "\n")
  }

  // MARK: What it does to the case

  @Test func `filing a major hazard proposes it, with what happened in the history`() throws {
    let (world, number) = try Self.proposed()
    let listing = try #require(try world.listing(number))
    #expect(listing.state == .proposed && listing.level == .county && listing.proposedBy == "vs")
    #expect(listing.item == (try world.hazard(number).description))
    #expect(world.model.all(ListingEntriesTable.self).map(\.event) == [.propose])
  }

  @Test func `a general hazard is not proposed, nor is any where the deployment has no rules for it`() throws {
    for (severity, rules) in [(HazardSeverity.general, World.profile.listing), (.major, nil)] {
      var profile = World.profile
      profile.listing = rules
      var world = try World(profile: profile)
      guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report(severity: severity)), by: "gm")
      else { preconditionFailure("no receipt") }
      try world.act(.hazardFile(FileHazard(number: receipt.number)), by: "vs")
      #expect(try world.listing(receipt.number) == nil)
      let proposal = ProposeListing(number: receipt.number, item: "x", responsible: "y")
      let refused = refusal { () throws(Refusal) in try world.act(.listingPropose(proposal), by: "cd") }
      #expect(refused?.name == (rules == nil ? "Unconfigured" : "ListingNotAllowed"))
    }
  }

  @Test func `the grade says whose committee lists it, and a hazard without one cannot be listed`() throws {
    var (world, number) = try Self.proposed(grade: nil)
    #expect(try world.listing(number)?.level == nil)
    let approve = Command.listingApprove(Self.approval(number))
    #expect(refusal { () throws(Refusal) in try world.act(approve, by: "co") }?.name == "ListingNotAllowed")
    try world.act(
      .hazardRegrade(RegradeHazard(number: number, severity: .major, majorGrade: 3, note: "评估")), by: "cd")
    #expect(try world.listing(number)?.level == .city)
    try world.act(approve, by: "co")
    // Once listed, only the listing bodies themselves move it.
    try world.act(
      .hazardRegrade(RegradeHazard(number: number, severity: .major, majorGrade: 4, note: "评估")), by: "cd")
    #expect(try world.listing(number)?.level == .city)
    let down = Command.listingLift(LiftListing(number: number, level: .county, note: "x"))
    #expect(refusal { () throws(Refusal) in try world.act(down, by: "co") }?.name == "ListingNotAllowed")
    try world.act(.listingLift(LiftListing(number: number, level: .province, note: "x")), by: "co")
    #expect(try world.listing(number)?.level == .province)
  }

  @Test func `who proposed it does not decide about it`() throws {
    var (world, number) = try Self.proposed()
    try world.act(.listingRefuse(Self.note(number)), by: "co")
    try world.act(.listingPropose(ProposeListing(number: number, item: "x", responsible: "y")), by: "co")
    let approve = Command.listingApprove(Self.approval(number))
    #expect(refusal { () throws(Refusal) in try world.act(approve, by: "co") }?.name == "ListingNotAllowed")
    try world.act(approve, by: "co2")
    #expect(try world.listing(number)?.round == 2)
  }

  @Test func `what fails its verification behind a delisting is proposed for listing anew`() throws {
    var (world, number) = try Self.inReview()
    try world.act(.listingPassReview(ListingNote(number: number, note: "已消除")), by: "co")
    #expect(try world.listing(number)?.state == .delisted)
    try world.act(.hazardVerifyFail(HazardNote(number: number, note: "未消除")), by: "to")
    #expect(try world.listing(number)?.state == .proposed)
    // One that is listed still stays as it is.
    var (listed, other) = try Self.listed()
    try Self.feedBack(&listed, other)
    try listed.act(.hazardVerifyFail(HazardNote(number: other, note: "未消除")), by: "to")
    #expect(try listed.listing(other)?.state == .listed)
  }

  @Test func `a listed case is delisted before it is closed`() throws {
    var (world, number) = try Self.listed()
    try Self.feedBack(&world, number)
    let verify = Command.hazardVerifyPass(VerifyHazard(number: number, onSite: true))
    #expect(refusal { () throws(Refusal) in try world.act(verify, by: "vs") }?.name == "ListedFirst")
    try world.act(.listingRequestReview(Self.note(number)), by: "en")
    #expect(refusal { () throws(Refusal) in try world.act(verify, by: "vs") }?.name == "ListedFirst")
    try world.act(.listingPassReview(Self.note(number)), by: "co")
    try world.act(verify, by: "vs")
    #expect(try world.hazard(number).state == .closed)
    #expect(try world.listing(number)?.state == .delisted)
  }

  @Test func `closing a case ends a mere proposal`() throws {
    var (world, number) = try Self.proposed()
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "en")
    try world.act(.hazardPlan(PlanHazard(number: number, plan: Self.plan)), by: "en")
    try Self.feedBack(&world, number)
    try world.act(.hazardVerifyPass(VerifyHazard(number: number, onSite: true)), by: "vs")
    #expect(try world.listing(number)?.state == .cancelled)
  }

  @Test func `a hazard that is major no longer is not listed any longer`() throws {
    var (world, number) = try Self.listed()
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .general, note: "x")), by: "cd")
    #expect(try world.listing(number)?.state == .listed)
    try world.act(.hazardConfirm(HazardNote(number: number)), by: "em")
    #expect(try world.listing(number)?.state == .cancelled)
  }

  @Test func `a hazard that is major again is proposed where its case has gone meanwhile`() throws {
    var (world, number) = try Self.listed()
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .general, note: "x")), by: "cd")
    try world.act(.hazardConfirm(HazardNote(number: number)), by: "em")
    let heir = GridCode("421222100001002")!
    try world.act(
      .gridSplitCell(
        SplitCell(
          cell: World.cell,
          parts: [NewCell(code: heir, name: "新网格"), NewCell(code: GridCode("421222100001003")!, name: "新网格")])),
      by: "to")
    #expect(try world.listing(number)?.grid == World.cell, "what is over is history")
    try world.act(.hazardRegrade(RegradeHazard(number: number, severity: .major, note: "x")), by: "cd")
    let listing = try #require(try world.listing(number))
    #expect(listing.state == .proposed && listing.grid == heir)
  }

  @Test func `a hazard that comes back is proposed again`() throws {
    var (world, number) = try Self.inReview()
    try world.act(.listingPassReview(Self.note(number)), by: "co")
    try world.act(.hazardVerifyPass(VerifyHazard(number: number, onSite: true)), by: "vs")
    try world.act(.hazardReopen(HazardNote(number: number)), by: "cmd")
    let listing = try #require(try world.listing(number))
    #expect(listing.state == .proposed && listing.round == 2 && listing.until == nil && listing.measures.isEmpty)
  }

  // MARK: Time

  @Test func `a longer term moves the end of both the listing and the rectification`() throws {
    var (world, number) = try Self.listed()
    let direct = RequestExtension(number: number, until: Instant("2026-03-28T09:00:00+08:00")!, note: "工期")
    #expect(
      refusal { () throws(Refusal) in try world.act(.hazardRequestExtension(direct), by: "en") }?.name == "ListedFirst")
    let end = Date("2026-05-06")!
    try world.act(.listingRequestExtension(ExtendListing(number: number, until: end, note: "工期")), by: "en")
    #expect(try world.listing(number)?.decideBy == Instant(endOf: Date("2026-03-04")!))
    try world.act(.listingDecideExtension(DecideListingExtension(number: number, granted: true)), by: "co")
    #expect(try world.listing(number)?.until == Instant(endOf: end))
    #expect(try world.hazard(number).dueAt == Instant(endOf: end))
    #expect(try world.listing(number)?.extensions == 1)
  }

  @Test func `a longer term that is refused, or asked for too late, changes nothing`() throws {
    var (world, number) = try Self.listed()
    let before = try world.hazard(number).dueAt
    let request = Command.listingRequestExtension(ExtendListing(number: number, until: Date("2026-05-06")!, note: "x"))
    try world.act(request, by: "en")
    try world.act(.listingDecideExtension(DecideListingExtension(number: number, granted: false)), by: "co")
    #expect(try world.listing(number)?.until == Instant(endOf: Date("2026-04-01")!))
    #expect(try world.hazard(number).dueAt == before)
    world.time = Instant("2026-03-30T09:00:00+08:00")!
    #expect(refusal { () throws(Refusal) in try world.act(request, by: "en") }?.name == "ListingNotAllowed")
  }

  @Test func `a listing body that does not decide in time is late, and the term still ends`() throws {
    var (world, number) = try Self.listed()
    try world.act(
      .listingRequestExtension(ExtendListing(number: number, until: Date("2026-05-06")!, note: "x")), by: "en")
    world.time = Instant("2026-03-05T09:00:00+08:00")!
    try world.expire()
    #expect(try world.listing(number)?.overdueSince == Instant(endOf: Date("2026-03-04")!))
    #expect(try world.listing(number)?.state == .listed)
    world.time = Instant("2026-04-02T09:00:00+08:00")!
    try world.expire()
    let listing = try #require(try world.listing(number))
    #expect(listing.state == .inReview && listing.overdueSince == nil && listing.extensionUntil == nil)
    #expect(listing.dueAt == Instant(endOf: Date("2026-04-13")!), "ten days, and the tenth is a Sunday")
  }

  @Test func `a failed review goes back to the term while there is one, and fails when there is none`() throws {
    var (world, number) = try Self.inReview()
    let fail = Command.listingFailReview(FailListingReview(number: number, measures: [.suspendPermit], note: "x"))
    try world.act(fail, by: "co")
    #expect(try world.listing(number)?.state == .listed)
    #expect(try world.listing(number)?.dueAt == Instant(endOf: Date("2026-04-01")!))
    world.time = Instant("2026-04-02T09:00:00+08:00")!
    try world.expire()
    try world.act(fail, by: "co")
    #expect(try world.listing(number)?.state == .failed)
    #expect(try world.listing(number)?.measures == [.stopPart, .suspendPermit])
    try world.act(.listingRelist(Self.approval(number, until: "2026-05-20")), by: "co")
    #expect(try world.listing(number)?.until == Instant(endOf: Date("2026-05-20")!))
  }

  @Test func `a term is not past, and not longer than the profile allows`() throws {
    var (world, number) = try Self.proposed()
    for (until, name) in [("2026-03-01", "InvalidArgument"), ("2026-05-09", "ListingNotAllowed")] {
      let approve = Command.listingApprove(Self.approval(number, until: until))
      #expect(refusal { () throws(Refusal) in try world.act(approve, by: "co") }?.name == name)
    }
  }

  @Test func `a deployment that gives up listing still sees what runs out`() throws {
    var (world, number) = try Self.listed()
    var profile = World.profile
    profile.listing = nil
    try world.act(.adminActivateProfile(ActivateProfile(profile: profile)))
    world.time = Instant("2026-04-02T09:00:00+08:00")!
    try world.expire()
    #expect(try world.listing(number)?.state == .listed)
    #expect(try world.listing(number)?.overdueSince == Instant(endOf: Date("2026-04-01")!))
  }

  // MARK: Who

  @Test func `an enterprise asks for its own hazards only, and nobody reviews their own work`() throws {
    var (world, number) = try Self.listed()
    let request = Command.listingRequestExtension(ExtendListing(number: number, until: Date("2026-05-06")!, note: "x"))
    #expect(refusal { () throws(Refusal) in try world.act(request, by: "en2") }?.name == "ListingNotAllowed")
    try Self.feedBack(&world, number)
    try world.act(.listingRequestReview(Self.note(number)), by: "en")
    #expect(
      refusal { () throws(Refusal) in try world.act(.listingPassReview(Self.note(number)), by: "cd") }?.name
        == "PermissionDenied")
  }

  @Test(arguments: [SupervisionLevel.county, .province])
  func `only what the province has listed and finds again after its term counts in the credit`(
    level: SupervisionLevel
  ) throws {
    var (world, number) = try Self.listed()
    if level == .province {
      try world.act(.listingLift(LiftListing(number: number, level: level, note: "提级")), by: "co")
    }
    try Self.feedBack(&world, number)
    func failedRecords() throws(Refusal) -> [CreditRecord] {
      try creditRecords(of: 1, in: world.model).filter { $0.kind == .listingFailed }
    }
    // With some of the term left it goes back to it.
    try world.act(.listingRequestReview(Self.note(number)), by: "en")
    try world.act(.listingFailReview(FailListingReview(number: number, note: "未消除")), by: "co")
    #expect(try failedRecords().isEmpty)
    world.time = Instant("2026-04-02T09:00:00+08:00")!
    try world.expire()
    #expect(try world.listing(number)?.state == .inReview)
    try world.act(.listingFailReview(FailListingReview(number: number, note: "未消除")), by: "co")
    #expect(try world.listing(number)?.state == .failed)
    #expect(try failedRecords().map(\.hazard) == (level == .province ? [number] : []))
  }

  @Test func `nobody reviews what they rectified, though they sit in the committee's office`() throws {
    var (world, number) = try Self.proposed()
    let both = Person(
      id: "both", name: "兼职",
      grants: [Grant(role: .gridMember, grid: World.cell), Grant(role: .committeeOffice, grid: World.county)])
    try world.act(.personPut(PutPersons(persons: [both])), by: "admin")
    try world.act(.listingApprove(Self.approval(number)), by: "co")
    try world.act(.hazardDispatch(DispatchHazard(number: number, assignee: "both")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: number)), by: "both")
    try world.act(.hazardPlan(PlanHazard(number: number, plan: Self.plan)), by: "both")
    try world.act(
      .hazardFeedback(HazardFeedback(number: number, result: "已整改", evidence: World.photos(), assessment: "已评估")),
      by: "both")
    try world.act(.listingRequestReview(Self.note(number)), by: "cd")
    for command in [
      Command.listingPassReview(Self.note(number)),
      .listingFailReview(FailListingReview(number: number, note: "未消除")),
    ] {
      let refused = refusal { () throws(Refusal) in try world.act(command, by: "both") }
      #expect(refused?.name == "ListingNotAllowed")
    }
    try world.act(.listingPassReview(Self.note(number)), by: "co")
    #expect(try world.listing(number)?.state == .delisted)
  }
}
