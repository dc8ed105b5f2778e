import Records
import Scalars

// One function for each command on an existing case: what the request adds to its row of the workflow.

/// Events that bring nothing but words.
func moveHazard(
  _ request: HazardNote, _ event: HazardEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    event, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  return try step.finish(&state)
}

func fileHazard(
  _ request: FileHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .file, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  if let name = request.class {
    guard step.rules.classes.contains(where: { $0.name == name }) else { throw .unknownClass(UnknownClass(name: name)) }
    step.hazard.class = name
  }
  if let severity = request.severity {
    if step.hazard.severity == .major, severity == .general {
      throw step.refuse("a major hazard is graded down by regrade, with a second person")
    }
    step.hazard.severity = severity
  }
  try grade(&step.hazard, request.majorGrade)
  return try step.finish(&state)
}

/// Only a major hazard has a grade.
private func grade(_ hazard: inout Hazard, _ majorGrade: UInt32?) throws(Refusal) {
  if let majorGrade {
    guard hazard.severity == .major else {
      throw .invalidArgument(InvalidArgument(field: "major_grade", reason: "only a major hazard has a grade"))
    }
    hazard.majorGrade = majorGrade
  } else if hazard.severity == .general {
    hazard.majorGrade = nil
  }
}

func mergeHazard(
  _ request: MergeHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .merge, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  guard let target = try state.record(HazardsByNumberIndex.self, .init(number: request.into)),
    act.caller.maySee(target)
  else {
    throw .notFound(NotFound(what: "hazard", id: "\(request.into)"))
  }
  guard target.id != step.hazard.id else { throw step.refuse("a case cannot be merged into itself") }
  guard target.dueAt != nil else { throw step.refuse("case \(target.number) is over: \(target.state.label.english)") }
  // The subject is the enterprise; without one it is the place.
  let isSameSubject =
    target.enterpriseId == step.hazard.enterpriseId
    && (target.enterpriseId != nil || target.grid == step.hazard.grid)
  guard isSameSubject, target.class == step.hazard.class else {
    throw step.refuse("case \(target.number) has another subject or class")
  }
  step.hazard.mergedInto = target.number
  return try step.finish(&state)
}

/// Dispatch and reassignment: the task goes to a person.
func assignHazard(
  _ request: DispatchHazard, _ event: HazardEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    event, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  let person = try requirePerson(request.assignee, in: state)
  if let enterprise = person.enterpriseId, enterprise != step.hazard.enterpriseId {
    throw step.refuse("\(person.id) belongs to another enterprise")
  }
  // Whoever gets a task must be able to claim it.
  let assignee = Caller(principal: person.id, person: person, grants: person.grants)
  guard !assignee.grants(for: .hazardClaim, in: .grid(step.hazard.grid)).isEmpty else {
    throw step.refuse("\(person.id) has no role in grid \(step.hazard.grid) that could rectify")
  }
  step.hazard.assignee = person.id
  return try step.finish(&state)
}

func regradeHazard(
  _ request: RegradeHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .regrade, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  let before = step.hazard.severity
  step.hazard.severity = request.severity
  try grade(&step.hazard, request.majorGrade)
  guard before != request.severity else { return try step.finish(&state) }
  if before == .major {
    try checkSecondPerson(request.secondPerson, &step, state)
    try step.revokeCredit([.majorFoundByOthers, .majorOverdue], &state)
  } else if step.hazard.state == .parked {
    throw step.refuse("a major hazard is never put aside; take the case up again first")
  }
  // Where the term follows from the severity it begins anew: nobody is late for what they did not owe.
  let due: Instant? =
    switch step.hazard.state {
    case .rectifying: try step.fixDue()
    case .fedBack: try step.verifyDue()
    default: nil
    }
  return try step.finish(due: due, &state)
}

/// Two-person rule: somebody else, who could have done it too. The history names them.
private func checkSecondPerson(
  _ id: String?, _ step: inout HazardStep, _ state: borrowing some State & ~Copyable
) throws(Refusal) {
  guard let id, id != step.act.actor else { throw step.refuse("a second person must agree") }
  let person = try requirePerson(id, in: state)
  let second = Caller(principal: id, person: person, grants: person.grants)
  guard !second.grants(for: step.act.method, in: .grid(step.hazard.grid)).isEmpty else {
    throw step.refuse("\(id) has no role that could do this")
  }
  step.secondPerson = id
}

func planHazard(
  _ request: PlanHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .plan, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  let limit = request.plan.timeLimit
  guard limit >= act.today else {
    throw .invalidArgument(InvalidArgument(field: "plan.time_limit", reason: "\(limit) is past"))
  }
  let longest = try step.configured(step.rules.planTermMax, "planTermMax")
  guard Instant(endOf: limit) <= (try step.calendar.due(longest, from: step.hazard.fixStartedAt ?? act.time)) else {
    throw step.limitReached("a time limit of \(longest)")
  }
  if step.hazard.plan != nil, let due = step.hazard.dueAt, Instant(endOf: limit) > due {
    throw step.refuse("a new plan cannot move the deadline; ask for an extension")
  }
  step.hazard.plan = request.plan
  return try step.finish(due: Instant(endOf: limit), &state)
}

func requestExtension(
  _ request: RequestExtension, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .requestExtension, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  guard let due = step.hazard.dueAt, request.until > due else {
    throw .invalidArgument(InvalidArgument(field: "until", reason: "it lies before the present deadline"))
  }
  let before = try step.configured(step.rules.extensionBefore, "extensionBefore")
  guard try step.calendar.due(before, from: act.time) <= due else {
    throw step.limitReached("to be asked at least \(before) before the deadline")
  }
  // At most the original term again (hz.ext_max).
  let term = due.millisecondsSince1970 - (step.hazard.termStartedAt ?? due).millisecondsSince1970
  guard request.until <= due.adding(milliseconds: term) else {
    throw step.limitReached("an extension as long as the original term")
  }
  step.hazard.extensionUntil = request.until
  return try step.finish(&state)
}

func decideExtension(
  _ request: DecideExtension, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .decideExtension, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  let until = step.hazard.extensionUntil
  step.hazard.extensionUntil = nil
  if request.granted { step.hazard.extensions += 1 }
  return try step.finish(due: request.granted ? until : nil, &state)
}

func feedBack(
  _ request: HazardFeedback, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .feedback, request.number, version: request.expectedVersion, note: request.result, act, in: state)
  let needed = try step.configured(step.rules.photosMin, "photosMin")
  guard request.evidence.count >= Int(needed) else {
    throw .photosMissing(PhotosMissing(needed: needed, given: UInt32(request.evidence.count)))
  }
  step.hazard.result = request.result
  step.hazard.evidence = request.evidence
  step.hazard.rectifiedBy = act.actor
  return try step.finish(&state)
}

func voidHazard(
  _ request: VoidHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .void, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  try checkSecondPerson(request.secondPerson, &step, state)
  return try step.finish(&state)
}
