import Bytes
import Domain
import Records
import Scalars
import Support
import Testing

/// The hazard workflow as a whole: every state with every event.
@Suite struct WorkflowTests {
  /// Who does an event in the table: somebody with the right role in the right place.
  private static func actor(of event: HazardEvent, in state: HazardState) -> String {
    switch event {
    case .arbitrate, .entrust: "co"
    case .claim, .returnTask, .feedback, .plan, .requestExtension: "en"
    case .escalate, .regrade, .transferEnforcement: "to"
    case .terminate, .handOver: "cd"
    case .attend: "co"
    case .reopen: "cmd"
    case .void: "co"
    case .reassign, .park, .unpark: "to"
    case .object: "gm"
    case .confirm, .reject: "co2"
    default: "vs"
    }
  }

  private static func command(_ event: HazardEvent, _ number: HazardNumber, into: HazardNumber) -> Command? {
    let note = HazardNote(number: number, note: "因为")
    return switch event {
    case .forwardUp: .hazardForwardUp(note)
    case .progress: .hazardProgress(note)
    case .urge: .hazardUrge(note)
    case .attend: .hazardAttend(note)
    // All tasks of the person who has this one.
    case .handOver: .hazardHandOver(HandOverTasks(grid: World.county, from: "en", to: "gm", note: "离职"))
    case .file: .hazardFile(FileHazard(number: number))
    case .decline: .hazardDecline(note)
    case .merge: .hazardMerge(MergeHazard(number: number, into: into))
    case .dispatch: .hazardDispatch(DispatchHazard(number: number, assignee: "en"))
    case .claim: .hazardClaim(note)
    case .returnTask: .hazardReturnTask(ReturnHazard(number: number, note: "因为"))
    case .arbitrate: .hazardArbitrate(ArbitrateHazard(number: number, assignee: "gm", note: "因为"))
    case .entrust: .hazardEntrust(note)
    case .reassign: .hazardReassign(DispatchHazard(number: number, assignee: "gm"))
    case .regrade: .hazardRegrade(RegradeHazard(number: number, severity: .major, majorGrade: 4, note: "现场认定"))
    case .requestExtension:
      .hazardRequestExtension(
        RequestExtension(number: number, until: Instant("2026-03-18T23:00:00+08:00")!, note: "缺配件"))
    case .decideExtension: .hazardDecideExtension(DecideExtension(number: number, granted: true))
    case .transferEnforcement: .hazardTransferEnforcement(note)
    case .feedback:
      .hazardFeedback(
        HazardFeedback(number: number, result: "已整改", evidence: World.photos(), assessment: "经评估隐患已消除"))
    case .verifyPass: .hazardVerifyPass(VerifyHazard(number: number, onSite: true))
    case .verifyFail: .hazardVerifyFail(note)
    case .park: .hazardPark(note)
    case .unpark: .hazardUnpark(note)
    case .escalate: .hazardEscalate(note)
    case .terminate: .hazardTerminate(note)
    case .reopen: .hazardReopen(note)
    case .void: .hazardVoid(VoidHazard(number: number, note: "误报"))
    case .object: .hazardObject(note)
    case .confirm: .hazardConfirm(note)
    case .reject: .hazardReject(note)
    case .plan: .hazardPlan(PlanHazard(number: number, plan: Self.plan))
    case .submit, .directReport, .resolveOnSpot, .expire, .extendListed, .rezone, .unspecified, .unrecognized: nil
    case .propose, .warn, .lapse, .extensionUndecided: nil
    }
  }

  private static let plan = RectificationPlan(
    target: "消除", method: "更换", responsible: "负责人", timeLimit: Date("2026-04-30")!, safetyMeasures: "停产")

  /// Brings a new case into a state by the shortest way.
  private static func world(
    in state: HazardState, severity: HazardSeverity
  ) throws(Refusal) -> (World, HazardNumber, HazardNumber) {
    var world = try World()
    func number(_ outcome: Outcome) -> HazardNumber {
      guard case .hazardSubmit(let receipt) = outcome else { preconditionFailure("no receipt") }
      return receipt.number
    }
    let other = number(try world.act(.hazardSubmit(World.report(severity: severity)), by: "gm"))
    let subject = number(try world.act(.hazardSubmit(World.report(severity: severity)), by: "gm"))
    let ways: [HazardState: [HazardEvent]] = [
      .reported: [], .filed: [.file], .notFiled: [.decline], .merged: [.merge], .dispatched: [.file, .dispatch],
      .rectifying: [.file, .dispatch, .claim], .parked: [.file, .dispatch, .claim, .park, .confirm],
      .fedBack: [.file, .dispatch, .claim, .feedback], .closed: [.file, .dispatch, .claim, .feedback, .verifyPass],
      .terminated: [.file, .dispatch, .claim, .terminate], .voided: [.void, .confirm],
    ]
    var way = ways[state]!
    if severity == .major, let place = way.firstIndex(of: .feedback) { way.insert(.plan, at: place) }
    // Parking is for general hazards: a major one becomes major afterwards.
    for event in way {
      let now = try world.hazard(subject).state
      if event == .terminate {
        // A case ends with its object.
        try world.act(.enterpriseClose(EnterpriseNote(id: 1, note: "注销")), by: "eo")
        continue
      }
      try world.act(command(event, subject, into: other)!, by: actor(of: event, in: now))
    }
    return (world, subject, other)
  }

  private static let events = HazardEvent.allKnown.filter {
    ![
      .submit, .directReport, .resolveOnSpot, .expire, .extendListed, .rezone, .propose, .warn, .lapse,
      .extensionUndecided,
    ].contains($0)
  }

  /// What may wait for a second person in a state, besides nothing: the step and the command that proposes it.
  private static func proposals(
    in state: HazardState, severity: HazardSeverity
  ) -> [(event: HazardEvent, command: (HazardNumber) -> Command)] {
    let open: [HazardState] = [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack]
    guard open.contains(state) else { return [] }
    var proposals: [(event: HazardEvent, command: (HazardNumber) -> Command)] = [
      (.void, { .hazardVoid(VoidHazard(number: $0, note: "误报")) })
    ]
    if severity == .major {
      proposals.append(
        (.regrade, { .hazardRegrade(RegradeHazard(number: $0, severity: .general, note: "现场认定")) }))
    } else if state == .rectifying {
      proposals.append((.park, { .hazardPark(HazardNote(number: $0, note: "因为")) }))
    }
    return proposals
  }

  /// One line for each state and event: what becomes of it, or which refusal comes back. Each state stands once with nothing
  /// that waits for a second person, and once for each thing that may.
  private static func table(severity: HazardSeverity) throws -> String {
    var lines: [String] = []
    for state in HazardState.allKnown where !(state == .parked && severity == .major) {
      lines += try section("\(state.name) \(state.label.chinese), \(severity.name)") {
        try world(in: state, severity: severity)
      }
    }
    for state in HazardState.allKnown where !(state == .parked && severity == .major) {
      for proposal in proposals(in: state, severity: severity) {
        let title = "\(state.name) \(state.label.chinese), \(severity.name), \(proposal.event.name) proposed"
        lines += try section(title) {
          var (world, subject, other) = try world(in: state, severity: severity)
          try world.act(proposal.command(subject), by: actor(of: proposal.event, in: state))
          return (world, subject, other)
        }
      }
    }
    lines += try section("filed 已立案, \(severity.name), returned too often") {
      var (world, subject, other) = try world(in: .filed, severity: severity)
      for _ in 0..<3 {
        try world.act(command(.dispatch, subject, into: other)!, by: "vs")
        try world.act(command(.returnTask, subject, into: other)!, by: "en")
      }
      return (world, subject, other)
    }
    lines += World.cast()
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(
    _ title: String, _ begin: () throws -> (World, HazardNumber, HazardNumber)
  ) throws -> [String] {
    var lines = [title]
    let (start, subject, other) = try begin()
    let before = try start.hazard(subject)
    for event in events {
      let command = command(event, subject, into: other)!
      lines += try start.outcomes(of: event.name) { (world, person) in
        do throws(Refusal) { try world.act(command, by: person) } catch {
          if case .notAllowedHere(let error) = error { return "refused, NotAllowedHere (\(error.reason))" }
          return "refused, \(error.name)"
        }
        let after = try world.hazard(subject)
        var line = "\(after.state.name), held by \(after.holder)"
        if let proposal = after.proposal { line += ", \(proposal.event.name) proposed" }
        line += after.dueAt.map { ", due \($0.localDescription)" } ?? ", over"
        if after.assignee != before.assignee { line += ", assignee \(after.assignee ?? "nobody")" }
        let credit = try creditRecords(of: 1, in: world.model).map(\.kind.name)
        if !credit.isEmpty { line += ", credit \(credit.joined(separator: " "))" }
        return line
      }
    }
    return lines
  }

  @Test(arguments: [HazardSeverity.general, .major])
  func `every state with every event and every role gives what the golden table says`(severity: HazardSeverity) throws {
    try expectGolden("hazard-workflow-\(severity.name).txt", try Self.table(severity: severity))
  }

  @Test func `the roles of every event`() throws {
    let lines = Method.allCases.filter { $0.name.hasPrefix("Hazard.") && $0.isCommand }.map { method in
      "\(method.name): \(method.roles.map(\.name).joined(separator: " "))"
    }
    try expectGolden("hazard-roles.txt", lines.joined(separator: "\n") + "\n")
  }

  @Test func `every event has its row, and rows of one event never share a state`() {
    func check<Kind: WorkflowTable>(_ kind: Kind.Type) {
      for event in Kind.Event.allKnown {
        let rows = kind.table.filter { $0.event.number == event.number }
        #expect(!rows.isEmpty, "\(kind.name): \(event)")
        let states = rows.flatMap(\.from).map(\.number)
        #expect(Set(states).count == states.count, "\(kind.name): \(event)")
      }
    }
    check(HazardWorkflow.self)
    check(ListingWorkflow.self)
    check(DishonestyWorkflow.self)
    check(DutyWorkflow.self)
    check(ReportWorkflow.self)
  }
}

func expectGolden(_ name: String, _ text: String, file: String = #filePath) throws {
  let difference = differenceFromGolden(name, text, beside: file)
  #expect(difference.isEmpty, "\(difference)")
}
