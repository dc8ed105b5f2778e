import Records
import Scalars

/// What the clock does to cases: it warns before a deadline, notes that one has passed, brings undecided requests for more
/// time to the office above, and lets proposals lapse. One thing at a time: what else has fallen due is found again.
func expireHazards(
  _ request: ExpireHazards, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ExpireReceipt {
  let due = KeyRange(lower: [], upper: HazardsTimersIndex.prefix(act.time.adding(milliseconds: 1)))
  let entries = try state.entries(HazardsTimersIndex.self, in: due, descending: false, limit: Int(request.limit))
  for entry in entries {
    guard var hazard = try state.record(HazardsTable.self, entry.key) else { continue }
    if request.postpone {
      hazard.timerAt = act.postponed
      state.put(HazardsTable.self, hazard)
      continue
    }
    var step = try HazardStep(hazard.fallenDue(at: act.time), hazard, version: nil, note: "", act, in: state)
    if step.row.event == .expire { try step.expire(&state) }
    _ = try step.finish(&state)
  }
  return ExpireReceipt(expired: UInt32(entries.count))
}

extension Hazard {
  /// What the timer stands for at a time: never nothing, as it is the earliest of these.
  fileprivate func fallenDue(at time: Instant) -> HazardEvent {
    func isPast(_ moment: Instant?) -> Bool { moment.map { $0 <= time } ?? false }
    if isPast(proposalLapsesAt) { return .lapse }
    if isPast(extensionDecideBy) { return .extensionUndecided }
    return isPast(nextLateAt) ? .expire : .warn
  }

  /// When the case becomes late, or later.
  fileprivate var nextLateAt: Instant? { overdueSince == nil ? dueAt : escalateAt }
}

extension HazardStep {
  /// When the clock must look at the case next.
  func nextTimer() throws(Refusal) -> Instant? {
    guard hazard.dueAt != nil else { return nil }
    var next = try warnAt()
    // Each change of a case asks, so that no list is made.
    func orBefore(_ moment: Instant?) { if let moment { next = min(next ?? moment, moment) } }
    orBefore(hazard.nextLateAt)
    orBefore(hazard.extensionDecideBy)
    orBefore(hazard.proposalLapsesAt)
    return next
  }

  /// A timer that an earlier version set stood for the next escalation of a late case, and for nothing else.
  mutating func adoptTimer() {
    guard hazard.overdueSince != nil, hazard.extensionDecideBy == nil, hazard.proposalLapsesAt == nil,
      hazard.escalateAt == nil
    else { return }
    hazard.escalateAt = hazard.timerAt
  }

  /// When the deadline is near (hz.warn_before): a share of the term is left, but not less than the least. A review of a
  /// parked case is nobody's task to finish, and a term that is no longer than the least has no warning.
  private func warnAt() throws(Refusal) -> Instant? {
    guard let percent = rules.warnPercent, hazard.warnedAt == nil, hazard.overdueSince == nil, hazard.state != .parked,
      let start = hazard.termStartedAt, let due = hazard.dueAt
    else { return nil }
    let length = due.millisecondsSince1970 - start.millisecondsSince1970
    var lead = length * Int64(percent) / 100
    if let least = rules.warnLeast {
      lead = max(lead, try calendar.due(least, from: start).millisecondsSince1970 - start.millisecondsSince1970)
    }
    return lead < length ? due.adding(milliseconds: -lead) : nil
  }

  /// What an office is late with is not the enterprise's fault; a late plan is no late rectification.
  func chargeLateness(_ state: inout some State & ~Copyable) throws(Refusal) {
    guard hazard.state == .rectifying, hazard.severity == .general || hazard.plan != nil else { return }
    try credit(hazard.severity == .major ? .majorOverdue : .hazardOverdue, once: false, &state)
  }

  /// The case becomes late, its enterprise is charged for a late rectification, and the grid above takes over, again after
  /// each `escalate_every`. A parked case is only to be looked at again: it counts as open, not as late.
  fileprivate mutating func expire(_ state: inout some State & ~Copyable) throws(Refusal) {
    if hazard.state == .parked { return beginTerm(until: try parkReviewDue()) }
    if hazard.overdueSince == nil {
      hazard.overdueSince = hazard.dueAt
      hazard.overdueCount += 1
      // Who has asked for more time in time is late only if it is refused.
      if hazard.extensionUntil == nil { try chargeLateness(&state) }
    }
    hazard.escalateAt = nil
    if let term = rules.escalateEvery {
      escalate()
      if hazard.holder.parent != nil { hazard.escalateAt = try calendar.due(term, from: act.time) }
    }
  }
}
