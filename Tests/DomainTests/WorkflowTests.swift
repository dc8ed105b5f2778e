import Domain
import Glibc
import Records
import Scalars
import Support
import Testing

/// The hazard workflow as a whole: every state with every event.
@Suite struct WorkflowTests {
  /// Who does an event in the table: somebody with the right role in the right place.
  private static func actor(of event: HazardEvent, in state: HazardState) -> String {
    switch event {
    case .claim, .returnTask, .feedback, .plan, .requestExtension: "en"
    case .escalate, .regrade, .transferEnforcement: "to"
    case .terminate: "cd"
    case .reopen: "cmd"
    case .void: "co"
    case .reassign, .park, .unpark: "to"
    default: "vs"
    }
  }

  private static func command(_ event: HazardEvent, _ number: HazardNumber, into: HazardNumber) -> Command? {
    let note = HazardNote(number: number, note: "因为")
    return switch event {
    case .forwardUp: .hazardForwardUp(note)
    case .file: .hazardFile(FileHazard(number: number))
    case .decline: .hazardDecline(note)
    case .merge: .hazardMerge(MergeHazard(number: number, into: into))
    case .dispatch: .hazardDispatch(DispatchHazard(number: number, assignee: "en"))
    case .claim: .hazardClaim(note)
    case .returnTask: .hazardReturnTask(note)
    case .reassign: .hazardReassign(DispatchHazard(number: number, assignee: "gm"))
    case .regrade: .hazardRegrade(RegradeHazard(number: number, severity: .major, majorGrade: 4, note: "现场认定"))
    case .requestExtension:
      .hazardRequestExtension(
        RequestExtension(number: number, until: Instant("2026-03-18T23:00:00+08:00")!, note: "缺配件"))
    case .decideExtension: .hazardDecideExtension(DecideExtension(number: number, granted: true))
    case .transferEnforcement: .hazardTransferEnforcement(note)
    case .feedback: .hazardFeedback(HazardFeedback(number: number, result: "已整改", evidence: World.photos()))
    case .verifyPass: .hazardVerifyPass(note)
    case .verifyFail: .hazardVerifyFail(note)
    case .park: .hazardPark(note)
    case .unpark: .hazardUnpark(note)
    case .escalate: .hazardEscalate(note)
    case .terminate: .hazardTerminate(note)
    case .reopen: .hazardReopen(note)
    case .void: .hazardVoid(VoidHazard(number: number, note: "误报", secondPerson: "co2"))
    case .plan: .hazardPlan(PlanHazard(number: number, plan: Self.plan))
    case .submit, .directReport, .resolveOnSpot, .expire, .unspecified, .unrecognized: nil
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
    let other = number(try world.act(.hazardSubmit(World.report()), by: "gm"))
    let subject = number(try world.act(.hazardSubmit(World.report(severity: severity)), by: "gm"))
    let ways: [HazardState: [HazardEvent]] = [
      .reported: [], .filed: [.file], .notFiled: [.decline], .merged: [.merge], .dispatched: [.file, .dispatch],
      .rectifying: [.file, .dispatch, .claim], .parked: [.file, .dispatch, .claim, .park],
      .fedBack: [.file, .dispatch, .claim, .feedback], .closed: [.file, .dispatch, .claim, .feedback, .verifyPass],
      .terminated: [.file, .dispatch, .claim, .terminate], .voided: [.void],
    ]
    var way = ways[state]!
    if severity == .major, let place = way.firstIndex(of: .feedback) { way.insert(.plan, at: place) }
    // Parking is for general hazards: a major one becomes major afterwards.
    for event in way {
      let now = try world.hazard(subject).state
      try world.act(command(event, subject, into: other)!, by: actor(of: event, in: now))
    }
    return (world, subject, other)
  }

  private static let events = HazardEvent.allKnown.filter {
    ![.submit, .directReport, .resolveOnSpot, .expire].contains($0)
  }

  /// One line for each state and event: what becomes of it, or which refusal comes back.
  private static func table(severity: HazardSeverity) throws -> String {
    var lines: [String] = []
    for state in HazardState.allKnown where !(state == .parked && severity == .major) {
      lines.append("\(state.name) \(state.label.chinese), \(severity.name)")
      for event in events {
        var (world, subject, other) = try world(in: state, severity: severity)
        let before = try world.hazard(subject)
        let actor = actor(of: event, in: state)
        var line = "  \(event.name) by \(actor): "
        do throws(Refusal) {
          try world.act(command(event, subject, into: other)!, by: actor)
          let after = try world.hazard(subject)
          line += "\(after.state.name), held by \(after.holder)"
          line += after.dueAt.map { ", due \($0.localDescription)" } ?? ", over"
          if after.assignee != before.assignee { line += ", assignee \(after.assignee ?? "nobody")" }
          let credit = try creditRecords(of: 1, in: world.model).map(\.kind.name)
          if !credit.isEmpty { line += ", credit \(credit.joined(separator: " "))" }
        } catch {
          line += "refused, \(error.name)"
          if case .notAllowedHere(let error) = error { line += " (\(error.reason))" }
        }
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test(arguments: [HazardSeverity.general, .major])
  func `every state with every event gives what the golden table says`(severity: HazardSeverity) throws {
    try expectGolden("hazard-workflow-\(severity.name).txt", try Self.table(severity: severity))
  }

  @Test func `the roles of every event`() throws {
    let lines = Method.allCases.filter { $0.name.hasPrefix("Hazard.") && $0.isCommand }.map { method in
      "\(method.name): \(method.roles.map(\.name).joined(separator: " "))"
    }
    try expectGolden("hazard-roles.txt", lines.joined(separator: "\n") + "\n")
  }

  @Test func `every event has its row, and rows of one event never share a state`() {
    for event in HazardEvent.allKnown {
      let rows = hazardWorkflow.filter { $0.event == event }
      #expect(!rows.isEmpty, "\(event)")
      let states = rows.flatMap(\.from)
      #expect(Set(states).count == states.count, "\(event)")
    }
  }
}

/// Compares with a file in the tree, so that a change of rule is a change that somebody reads. `UPDATE_GOLDEN=1` writes
/// the file anew.
func expectGolden(_ name: String, _ text: String, file: String = #filePath) throws {
  let path = file.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Golden/\(name)"
  if unsafe getenv("UPDATE_GOLDEN") != nil {
    let output = unsafe fopen(path, "w")!
    // Safe: the file is open until here; the text is valid for the call.
    defer { unsafe fclose(output) }
    _ = unsafe fputs(text, output)
    return
  }
  var golden = ""
  if let input = unsafe fopen(path, "r") {
    defer { unsafe fclose(input) }
    var line = [CChar](repeating: 0, count: 4096)
    // Safe: the buffer has the length that is given.
    while unsafe fgets(&line, 4096, input) != nil {
      golden += String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
  let now = text.split(separator: "\n", omittingEmptySubsequences: false)
  let then = golden.split(separator: "\n", omittingEmptySubsequences: false)
  let difference = now.difference(from: then)
  #expect(
    difference.isEmpty, "\(name) differs; if the change is meant, run the test with UPDATE_GOLDEN=1:\n\(difference)")
}
