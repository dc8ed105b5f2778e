import Records
import Scalars

// Steps that need two people 双人复核: one begins them, which proposes them; another confirms, and they are carried out, or
// rejects. What nobody confirms in time lapses.

extension HazardStep {
  /// Proposes what this step was to do, in its place: nothing of it is done.
  func propose(
    severity: HazardSeverity? = nil, majorGrade: UInt32? = nil, _ state: inout some State & ~Copyable
  ) throws(Refusal) -> HazardReceipt {
    let number = hazard.number
    var proposal = try HazardStep(.propose, number, version: nil, note: note, act, in: state)
    proposal.hazard.proposal = HazardProposal(
      event: row.event, proposedBy: act.actor, through: act.caller.through,
      proposedAt: act.time, severity: severity, note: note, majorGrade: majorGrade)
    proposal.hazard.proposalLapsesAt = try due(rules.confirm, "confirm")
    proposal.proposed = row.event
    return try proposal.finish(&state)
  }

  /// Refuses the first person, in whatever name they call, and anybody who has no say.
  func checkSecond(of proposal: HazardProposal) throws(Refusal) {
    guard !act.isBySameHands(as: proposal) else {
      throw .samePerson(SamePerson(event: proposal.event, first: proposal.proposedBy))
    }
    let grants = act.caller.grants(for: act.method, in: .grid(hazard.grid))
    let roles = proposal.event.confirmingRoles
    guard grants.contains(where: { roles.contains($0.role) }) else {
      let names = Label(
        roles.map(\.label.english).joined(separator: " or "), roles.map(\.label.chinese).joined(separator: "或"))
      throw refuse(
        "\(proposal.event.label.english) is for a \(names.english) to confirm",
        "“\(proposal.event.label.chinese)”须由\(names.chinese)复核")
    }
  }
}

extension HazardEvent {
  /// Who may be the second person: who could have proposed it, but for a regrading, which a township proposes and a department
  /// decides. A case is put aside by its office and the committee's.
  fileprivate var confirmingRoles: [Role] {
    switch self {
    case .void: Method.hazardVoid.roles
    case .regrade: Method.hazardRegrade.roles.filter { $0 != .townshipOfficer }
    default: [.committeeOffice]
    }
  }
}

extension Act {
  /// Whether the hands that propose something are in this act, too. Who shows a token is a person, and stays one when they
  /// speak for somebody else; an account is a gateway, and may pass on what two people do, but is neither of them.
  func isBySameHands(as proposal: HazardProposal) -> Bool {
    let (first, second) = (proposal.proposedBy, actor)
    let firstSpeaker = proposal.through.map(Principal.speaker) ?? first
    let secondSpeaker = Principal.speaker(caller.principal)
    if first == second || first == secondSpeaker || firstSpeaker == second { return true }
    return firstSpeaker == secondSpeaker && caller.principal.hasPrefix(Principal.personPrefix)
  }
}

extension Principal {
  /// The person who shows a token, or else the account.
  fileprivate static func speaker(_ principal: String) -> String {
    principal.hasPrefix(personPrefix) ? String(principal.dropFirst(personPrefix.count)) : principal
  }
}

/// The second person agrees: the step is gone through as it stands now, and its history names both.
func confirmHazard(
  _ request: HazardNote, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  let consent = try HazardStep(
    .confirm, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  guard let proposal = consent.hazard.proposal else { preconditionFailure("the guard has seen it") }
  var hazard = consent.hazard
  (hazard.proposal, hazard.proposalLapsesAt, hazard.timerAt) = (nil, nil, hazard.escalateAt)
  let note = request.note.isEmpty ? proposal.note : request.note
  var step = try HazardStep(proposal.event, hazard, version: nil, note: note, act, in: state)
  step.secondPerson = proposal.proposedBy
  guard let severity = proposal.severity else { return try step.finish(&state) }
  return try step.regrade(to: severity, majorGrade: proposal.majorGrade, &state)
}
