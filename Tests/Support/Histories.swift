import Domain
package import Example
package import Records
import Scalars

/// Random acts about a small set of cases: mostly what the workflow allows next, by somebody who may, and sometimes
/// anything by anybody.
package enum Histories {
  package static func act(_ random: inout SplitMix64, _ hazards: [Hazard]) -> (command: Command, person: String) {
    let people = World.people.map(\.id)
    guard let hazard = hazards.isEmpty || random.chance(0.12) ? nil : random.pick(hazards) else {
      let report = World.report(
        severity: random.chance(0.2) ? .major : .general, source: random.pick(HazardSource.allKnown),
        enterprise: random.chance(0.8) ? 1 : nil, photos: Int(random.next() % 4),
        urgency: random.pick(HazardUrgency.allKnown))
      let person = random.pick(["gm", "gm", "vs", "en", "desk"])
      return (
        random.pick([
          .hazardSubmit(report), .hazardSubmit(report), .hazardDirectReport(report), .hazardResolveOnSpot(report),
        ]),
        person
      )
    }
    // A case of which the numbers are random anyway, and an event that the table has for its state.
    let events = hazardWorkflow.filter { $0.from.contains(hazard.state) && $0.event != .expire }
    let isSensible = random.chance(0.8) && !events.isEmpty
    let row = random.pick(isSensible ? events : hazardWorkflow)
    let command = command(row.event, hazard, other: random.pick(hazards).number, &random)
    guard isSensible else { return (command, random.pick(people)) }
    let person = row.who == .assignee ? hazard.assignee ?? "en" : random.pick(["vs", "to", "cd", "em", "cmd", "co"])
    return (command, person)
  }

  private static func command(
    _ event: HazardEvent, _ hazard: Hazard, other: HazardNumber, _ random: inout SplitMix64
  ) -> Command {
    let number = hazard.number
    let version = random.chance(0.1) ? hazard.version - random.next() % 2 : nil
    let note = HazardNote(number: number, expectedVersion: version, note: random.chance(0.8) ? "说明" : "")
    let person = random.pick(["en", "en", "gm", "vs", "nobody"])
    let severity: HazardSeverity = random.chance(0.5) ? .major : .general
    switch event {
    case .file: return .hazardFile(FileHazard(number: number, severity: random.chance(0.2) ? severity : nil))
    case .decline: return .hazardDecline(note)
    case .merge: return .hazardMerge(MergeHazard(number: number, into: other))
    case .dispatch: return .hazardDispatch(DispatchHazard(number: number, assignee: person))
    case .claim: return .hazardClaim(note)
    case .returnTask: return .hazardReturnTask(note)
    case .reassign: return .hazardReassign(DispatchHazard(number: number, assignee: person))
    case .regrade:
      return .hazardRegrade(RegradeHazard(number: number, severity: severity, note: "x", secondPerson: "cd"))
    case .requestExtension:
      let until = (hazard.dueAt ?? hazard.submittedAt).adding(milliseconds: Int64(random.next() % 8) * 86_400_000)
      return .hazardRequestExtension(RequestExtension(number: number, until: until, note: "x"))
    case .decideExtension: return .hazardDecideExtension(DecideExtension(number: number, granted: random.chance(0.5)))
    case .transferEnforcement: return .hazardTransferEnforcement(note)
    case .feedback:
      return .hazardFeedback(
        HazardFeedback(number: number, result: "好", evidence: World.photos(Int(random.next() % 3))))
    case .verifyPass: return .hazardVerifyPass(note)
    case .verifyFail: return .hazardVerifyFail(note)
    case .park: return .hazardPark(note)
    case .unpark: return .hazardUnpark(note)
    case .escalate: return .hazardEscalate(note)
    case .terminate: return .hazardTerminate(note)
    case .reopen: return .hazardReopen(note)
    case .void: return .hazardVoid(VoidHazard(number: number, note: "x", secondPerson: "co2"))
    case .plan:
      let plan = RectificationPlan(
        target: "a", method: "b", responsible: "c", timeLimit: Date("2026-12-31")!, safetyMeasures: "d")
      return .hazardPlan(PlanHazard(number: number, plan: plan))
    default: return .hazardForwardUp(note)
    }
  }
}
