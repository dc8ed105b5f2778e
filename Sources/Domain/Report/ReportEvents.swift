import Records
import Scalars

// One function for each command on a report: what the request adds to its row of the workflow.

func receiveReport(
  _ request: ReceiveReport, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ReportReceipt {
  // Nothing in the clear may come as far as this: what is put into the state is journaled.
  guard request.reporter == nil else {
    throw .invalid("reporter", "is not sealed", "未封存")
  }
  try checkLiving(request.grid, in: state)
  if let id = request.enterpriseId { _ = try requireEnterprise(id, in: state) }
  let last = try state.firstKey(PublicReportsTable.self, in: .all, descending: true)
  let id = (last?.id ?? 0) + 1
  var step = try ReportStep(
    receiving: PublicReport(
      id: id, kind: request.kind, channel: request.channel, grid: request.grid, enterpriseId: request.enterpriseId,
      subject: request.subject, description: request.description, deaths: request.deaths,
      anonymous: request.sealedReporter.isEmpty, signers: max(1, request.signers), receivedAt: act.time,
      receivedBy: act.actor, holder: act.office(over: request.grid)),
    act, in: state)
  state.put(
    ReportIdentitiesTable.self,
    ReportIdentity(reportId: id, codeHash: request.codeHash, sealed: request.sealedReporter))
  return try step.finish(&state)
}

extension Act {
  /// The node for which the caller acts on a place: the lowest that a grant of theirs names; the county of one who acts for all.
  fileprivate func office(over place: GridCode) -> GridCode {
    caller.grants(for: method, in: .grid(place)).compactMap(\.grid).max { $0.depth < $1.depth }
      ?? place.ancestor(atDepth: 1)
  }
}

/// Events that bring nothing but words.
func moveReport(
  _ request: ReportNote, _ event: ReportEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ReportReceipt {
  var step = try ReportStep(event, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  return try step.finish(&state)
}

/// Events that name a department.
func assignReport(
  _ request: AssignReport, _ event: ReportEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ReportReceipt {
  var step = try ReportStep(event, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  // What is handed on may go to an office that the grid does not know.
  if event == .accept {
    try checkDepartment(request.department, "department", near: step.report.grid, on: act.today, in: state)
  }
  step.report.department = request.department
  return try step.finish(&state)
}

func verifyReport(
  _ request: VerifyReport, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ReportReceipt {
  var step = try ReportStep(.verify, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  if let first = request.sameAs { try step.join(first, in: state) }
  if step.report.matter == nil { step.report.matter = step.report.id }
  var goesOn = false
  if let number = step.report.hazard { goesOn = try requireHazard(number, in: state).dueAt != nil }
  if let number = request.joins {
    guard request.case == nil else {
      throw .invalid("joins", "is an open case: leave case, a new one, out", "已并入在办案卷，不得另立案卷")
    }
    if goesOn, let known = step.report.hazard {
      throw step.refuse("its case \(known) goes on: leave joins out", "其案卷\(known)尚未办结，不得并入其他案卷")
    }
    let hazard = try requireHazard(number, in: state)
    guard !act.caller.grants(for: act.method, in: .grid(hazard.grid)).isEmpty else {
      throw step.refuse("grid \(hazard.grid) is not yours", "网格\(hazard.grid)不在职权范围内")
    }
    guard hazard.dueAt != nil else {
      throw step.refuse(
        "case \(number) is over: \(hazard.state.label.english)", "案卷\(number)已办结（\(hazard.state.label.chinese)）")
    }
    step.report.hazard = number
    goesOn = true
  } else if let draft = request.case {
    if goesOn, let number = step.report.hazard {
      throw step.refuse("its case \(number) goes on: leave case out", "其案卷\(number)尚未办结，不得另立案卷")
    }
    guard draft.source == .publicReport else {
      throw .invalid("case.source", "is public_report", "须为群众举报（public_report）")
    }
    // Who investigates here must be able to do so there.
    guard !act.caller.grants(for: act.method, in: .grid(draft.grid)).isEmpty else {
      throw step.refuse("grid \(draft.grid) is not yours", "网格\(draft.grid)不在职权范围内")
    }
    step.report.hazard = try submitHazard(draft, .submit, act, &state).number
    goesOn = true
  } else if step.report.hazard == nil, step.report.kind != .concealedAccident {
    throw step.refuse("what was found needs a case: say which", "查实事项须有案卷，请指明")
  }
  let receipt = try step.finish(&state)
  guard goesOn else { return receipt }
  var opened = try ReportStep(.openCase, step.report, note: "", act, in: state)
  return try opened.finish(&state)
}

extension ReportStep {
  /// Takes the matter of an earlier report over, with its case.
  fileprivate mutating func join(_ id: UInt64, in state: borrowing some State & ~Copyable) throws(Refusal) {
    guard report.matter == nil else { throw refuse("it was verified before as a matter of its own", "已作为独立事项查证属实") }
    let first = try requireReport(id, in: state)
    guard let matter = first.matter, first.id != report.id else {
      throw refuse("report \(id) was not verified", "举报\(id)未查证属实")
    }
    guard first.grid.ancestor(atDepth: 1) == report.grid.ancestor(atDepth: 1) else {
      throw refuse("report \(id) is about another county", "举报\(id)属于其他县")
    }
    (report.matter, report.hazard) = (matter, first.hazard)
  }
}

/// Answers who made a report, still sealed. That it was asked, and why, is its history's next line.
func revealReporter(
  _ request: ReportNote, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> RevealedReporter {
  var step = try ReportStep(.reveal, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  try step.finish(&state)
  let identity = try requireIdentity(of: step.report, in: state)
  return RevealedReporter(id: request.id, sealed: identity.sealed, codeHash: identity.codeHash)
}

func requireIdentity(
  of report: PublicReport, in state: borrowing some State & ~Copyable
) throws(Refusal) -> ReportIdentity {
  guard let identity = try state.record(ReportIdentitiesTable.self, .init(reportId: report.id)) else {
    throw .storageFault(StorageFault(detail: "report \(report.id) has no identity"))
  }
  return identity
}

/// Does what has fallen due (`expire` in ``ReportWorkflow``).
func expireReports(
  _ request: ExpireReports, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ExpireReceipt {
  let due = KeyRange(lower: [], upper: PublicReportsTimersIndex.prefix(act.time.adding(milliseconds: 1)))
  let entries = try state.entries(PublicReportsTimersIndex.self, in: due, descending: false, limit: Int(request.limit))
  for entry in entries {
    if request.postpone, var report = try state.record(PublicReportsTable.self, entry.key) {
      report.timerAt = act.postponed
      state.put(PublicReportsTable.self, report)
      continue
    }
    var step = try ReportStep(.expire, entry.key.id, version: nil, note: "", act, in: state)
    try step.finish(&state)
  }
  return ExpireReceipt(expired: UInt32(entries.count))
}
