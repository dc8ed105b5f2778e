package import Records
package import Scalars

/// When the clock must look at a case next; `nil` when no case is open.
package func nextHazardTimer(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Instant? {
  try reader.entries(HazardsTimersIndex.self, in: .all, descending: false, limit: 1).first?.timerAt
}

/// Notes that deadlines have passed (`expire` in ``hazardWorkflow``): the case becomes late, its enterprise is
/// charged for a late rectification, and the grid above takes over, again after each `escalate_every`. A parked case
/// is only to be looked at again: it counts as open, not as late.
func expireHazards(
  _ request: ExpireHazards, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ExpireReceipt {
  let due = KeyRange(lower: [], upper: HazardsTimersIndex.prefix(act.time.adding(milliseconds: 1)))
  let entries = try state.entries(HazardsTimersIndex.self, in: due, descending: false, limit: Int(request.limit))
  for entry in entries {
    guard let hazard = try state.record(HazardsTable.self, entry.key) else { continue }
    var step = try HazardStep(.expire, hazard, version: nil, note: "", act, in: state)
    try step.expire(&state)
    _ = try step.finish(&state)
  }
  return ExpireReceipt(expired: UInt32(entries.count))
}

extension HazardStep {
  fileprivate mutating func expire(_ state: inout some State & ~Copyable) throws(Refusal) {
    if hazard.state == .parked { return beginTerm(until: try parkReviewDue()) }
    if hazard.overdueSince == nil {
      hazard.overdueSince = hazard.dueAt
      hazard.overdueCount += 1
      // What an office is late with is not the enterprise's fault; a late plan is no late rectification.
      if hazard.state == .rectifying, hazard.severity == .general || hazard.plan != nil {
        try credit(hazard.severity == .major ? .majorOverdue : .hazardOverdue, once: false, &state)
      }
    }
    hazard.timerAt = nil
    if let term = rules.escalateEvery {
      escalate()
      if hazard.holder.parent != nil { hazard.timerAt = try calendar.due(term, from: act.time) }
    }
  }
}
