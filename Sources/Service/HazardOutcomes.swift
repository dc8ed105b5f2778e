import Domain
package import Records
import Scalars

extension QueryServices {
  package func outcome(
    _ request: ShowHazard, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardOutcome>
  ) throws(Refusal) {
    // Who reported it may have moved to another grid since; to others who may not see the case it does not exist.
    guard let hazard = try snapshot.record(HazardsByNumberIndex.self, .init(number: request.number)),
      caller.actor == hazard.reporter || caller.maySee(hazard)
    else { throw .notFound(NotFound("hazard", "\(request.number)")) }
    let answer = hazard.state.answer
    let decision = try lastEvent(of: hazard, snapshot) { answer.events.contains($0.event) }
    let decidedBy = answer == .pending ? hazard.holder : decision?.holder ?? hazard.holder
    let office = try office(decidedBy.office, decidedBy, snapshot)
    var outcome = HazardOutcome(
      number: hazard.number, answer: answer, state: hazard.state, since: decision?.at ?? hazard.submittedAt,
      reason: answer == .pending ? "" : decision?.note ?? "", office: office, turnTo: office, dueAt: hazard.dueAt,
      result: hazard.result ?? "", into: hazard.mergedInto)
    switch answer {
    // Against an office one turns to the one above it; above the county's stands its committee.
    case .refused, .ended:
      let upper = decidedBy.parent
      outcome.turnTo = try self.office(upper?.office ?? .committeeOffice, upper ?? decidedBy, snapshot)
    default: outcome.turnTo = try self.office(hazard.holder.office, hazard.holder, snapshot)
    }
    reply.send(outcome)
  }

  private func lastEvent(
    of hazard: Hazard, _ snapshot: borrowing some SnapshotReader & ~Copyable, where isWanted: (CaseEvent) -> Bool
  ) throws(Refusal) -> CaseEvent? {
    let keys = try snapshot.keys(
      CaseEventsTable.self, in: KeyRange(prefix: CaseEventsTable.prefix(hazard.id)), descending: true, limit: 10_000)
    for key in keys {
      if let event = try snapshot.record(CaseEventsTable.self, key), isWanted(event) { return event }
    }
    return nil
  }

  /// An office as a reporter may know it: never by the name of a person.
  func office(
    _ role: Role, _ grid: GridCode, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> OutcomeOffice {
    OutcomeOffice(role: role, grid: grid, name: try currentGrid(grid, in: snapshot)?.name ?? "")
  }
}

extension GridCode {
  /// Whose office stands at this level.
  fileprivate var office: Role {
    switch depth {
    case 1: .emergencyBureau
    case 2: .townshipOfficer
    case 3: .villageOfficer
    default: .gridMember
    }
  }
}

extension HazardState {
  /// What whoever reported the hazard is told first.
  fileprivate var answer: OutcomeAnswer {
    switch self {
    case .reported, .unspecified, .unrecognized: .pending
    case .filed, .dispatched, .rectifying, .parked, .fedBack: .takenUp
    case .notFiled: .refused
    case .merged: .joined
    case .closed: .done
    case .terminated, .voided: .ended
    }
  }
}

extension OutcomeAnswer {
  /// The events that bring it, of which the last one counts.
  fileprivate var events: [HazardEvent] {
    switch self {
    case .pending, .unspecified, .unrecognized: [.submit, .directReport, .forwardUp]
    case .takenUp: [.file, .resolveOnSpot, .reopen]
    case .refused: [.decline]
    case .joined: [.merge]
    case .done: [.verifyPass]
    case .ended: [.terminate, .void]
    }
  }
}
