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
  if request.class != nil || request.factor != nil {
    var own: String?
    if let id = step.hazard.enterpriseId { own = try supervision(ofEnterprise: id, in: state).department }
    try step.classify(as: request.class ?? step.hazard.class, factor: request.factor, department: own, in: state)
  }
  if let severity = request.severity {
    if step.hazard.severity == .major, severity == .general {
      throw step.refuse("a major hazard is graded down by regrade, with a second person", "重大隐患降级须经“改级”并由第二人复核")
    }
    step.hazard.severity = severity
  }
  try grade(&step.hazard, majorGrade(request.majorGrade, request.harm))
  if let stop = request.stopWork {
    guard step.hazard.severity == .major else {
      throw .invalid("stop_work", "only a major hazard stops work", "仅重大隐患可责令停产停业")
    }
    step.hazard.stopWork = stop
  }
  if let act = request.illegalAct {
    guard step.hazard.violation == nil else {
      throw step.refuse("it was reported as an illegal act already", "已按违法行为上报")
    }
    step.hazard.violation = act.by
    try step.keep(act, &state)
  }
  return try step.finish(&state)
}

/// Only a major hazard has a grade.
private func grade(_ hazard: inout Hazard, _ majorGrade: UInt32?) throws(Refusal) {
  if let majorGrade {
    guard hazard.severity == .major else {
      throw .invalid("major_grade", "only a major hazard has a grade", "仅重大隐患分级")
    }
    hazard.majorGrade = majorGrade
  } else if hazard.severity == .general {
    (hazard.majorGrade, hazard.stopWork) = (nil, nil)
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
    throw .notFound(NotFound("hazard", "\(request.into)"))
  }
  guard target.id != step.hazard.id else { throw step.refuse("a case cannot be merged into itself", "案卷不能与自身并案") }
  guard target.dueAt != nil else {
    throw step.refuse(
      "case \(target.number) is over: \(target.state.label.english)",
      "案卷\(target.number)已办结（\(target.state.label.chinese)）")
  }
  // The subject is the enterprise; without one it is the place.
  let isSameSubject =
    target.enterpriseId == step.hazard.enterpriseId
    && (target.enterpriseId != nil || target.grid == step.hazard.grid)
  guard isSameSubject, target.class == step.hazard.class else {
    throw step.refuse("case \(target.number) has another subject or class", "案卷\(target.number)的对象或类别不同")
  }
  guard step.hazard.severity != .major || target.severity == .major else {
    throw step.refuse(
      "a major hazard goes on as one: regrade case \(target.number) first", "重大隐患须并入重大隐患案卷，请先将案卷\(target.number)改级")
  }
  guard step.hazard.violation == nil || step.hazard.violation == target.violation else {
    throw step.refuse("an illegal act goes on in a case of one only", "违法行为只能并入同类违法行为案卷")
  }
  step.hazard.mergedInto = target.number
  return try step.finish(&state)
}

/// Gives the task back, and says whose it is instead.
func returnTask(
  _ request: ReturnHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .returnTask, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  if let department = request.department {
    try checkDepartment(department, "department", near: step.hazard.grid, on: act.today, in: state)
  }
  step.department = request.department
  return try step.finish(&state)
}

/// 疑难协调: the task goes to a person, and with it the case to a department.
func arbitrateHazard(
  _ request: ArbitrateHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .arbitrate, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  try step.assign(to: try requirePerson(request.assignee, in: state))
  if let department = request.department {
    try checkDepartment(department, "department", near: step.hazard.grid, on: act.today, in: state)
    step.hazard.department = department
  }
  step.department = request.department
  return try step.finish(&state)
}

/// 村汇总: many cases go one level up together.
func forwardHazards(
  _ request: ForwardHazards, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardsReceipt {
  for hazard in try requireHazards(request.numbers, under: request.grid, in: state) {
    var step = try HazardStep(.forwardUp, hazard, version: nil, note: request.note, act, in: state)
    _ = try step.finish(&state)
  }
  return HazardsReceipt(cases: UInt32(request.numbers.count))
}

/// 批量改派: many tasks go to one person.
func reassignHazards(
  _ request: ReassignHazards, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardsReceipt {
  // All cases before the person, as the IDL orders refusals.
  var steps: [HazardStep] = []
  for hazard in try requireHazards(request.numbers, under: request.grid, in: state) {
    steps.append(try HazardStep(.reassign, hazard, version: nil, note: request.note, act, in: state))
  }
  let person = try requirePerson(request.assignee, in: state)
  for var step in steps {
    try step.assign(to: person)
    _ = try step.finish(&state)
  }
  return HazardsReceipt(cases: UInt32(request.numbers.count))
}

/// The cases that a command names, each once, and all in its subtree.
/// - Throws: `notFound`, `invalidArgument`
private func requireHazards(
  _ numbers: [HazardNumber], under grid: GridCode, in state: borrowing some State & ~Copyable
) throws(Refusal) -> [Hazard] {
  var hazards: [Hazard] = []
  var seen: Set<HazardNumber> = []
  for (index, number) in numbers.enumerated() {
    guard seen.insert(number).inserted else {
      throw .invalid("numbers[\(index)]", "\(number) stands twice", "\(number)重复")
    }
    let hazard = try requireHazard(number, in: state)
    guard grid.contains(hazard.grid) else {
      throw .invalid("numbers[\(index)]", "\(number) does not lie in grid \(grid)", "\(number)不在网格\(grid)内")
    }
    hazards.append(hazard)
  }
  return hazards
}

/// Dispatch and reassignment: the task goes to a person.
func assignHazard(
  _ request: DispatchHazard, _ event: HazardEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    event, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  try step.assign(to: try requirePerson(request.assignee, in: state))
  return try step.finish(&state)
}

extension HazardStep {
  fileprivate mutating func assign(to person: Person) throws(Refusal) {
    if let reason = reasonAgainst(person, rectifying: hazard, on: act.today) { throw refuse(reason) }
    hazard.assignee = person.id
  }
}

/// Why a task cannot be a person's, who must be able to claim it; `nil` when it can.
func reasonAgainst(_ person: Person, rectifying hazard: Hazard, on date: Date) -> Label? {
  if let enterprise = person.enterpriseId, enterprise != hazard.enterpriseId {
    return Label("\(person.id) belongs to another enterprise", "\(person.id)属于其他企业")
  }
  let assignee = Caller(principal: person.id, person: person, grants: person.grants.valid(on: date))
  guard assignee.grants(for: .hazardClaim, in: .grid(hazard.grid)).isEmpty else { return nil }
  return Label(
    "\(person.id) has no role in grid \(hazard.grid) that could rectify",
    "\(person.id)在网格\(hazard.grid)不具有可承担整改的角色")
}

func regradeHazard(
  _ request: RegradeHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .regrade, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  let grade = try majorGrade(request.majorGrade, request.harm)
  // Grade 4 is the mildest.
  let isMilder = request.severity == .general || (grade ?? 0) > (step.hazard.majorGrade ?? .max)
  if step.hazard.severity == .major, isMilder {
    return try step.propose(severity: request.severity, majorGrade: grade, &state)
  }
  return try step.regrade(to: request.severity, majorGrade: grade, &state)
}

extension HazardStep {
  mutating func regrade(
    to severity: HazardSeverity, majorGrade: UInt32? = nil, _ state: inout some State & ~Copyable
  ) throws(Refusal) -> HazardReceipt {
    let before = hazard.severity
    hazard.severity = severity
    try grade(&hazard, majorGrade)
    guard before != severity else { return try finish(&state) }
    if before == .major {
      try revokeCredit([.majorFoundByOthers, .majorOverdue], &state)
    } else if hazard.state == .parked {
      throw refuse("a major hazard is never put aside; take the case up again first", "重大隐患不得挂账，请先恢复办理")
    }
    // Where the term follows from the severity it begins anew: nobody is late for what they did not owe.
    let due: Instant? =
      switch hazard.state {
      case .rectifying: try fixDue()
      case .fedBack: try verifyDue()
      default: nil
      }
    return try finish(due: due, &state)
  }
}

func planHazard(
  _ request: PlanHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .plan, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  let limit = request.plan.timeLimit
  guard limit >= act.today else {
    throw .invalid("plan.time_limit", "\(limit) is past", "\(limit)已过")
  }
  let longest = try step.configured(step.rules.planTermMax, "planTermMax")
  guard Instant(endOf: limit) <= (try step.calendar.due(longest, from: step.hazard.fixStartedAt ?? act.time)) else {
    throw step.limitReached("a time limit of \(longest)", "治理时限最长\(longest.chinese)")
  }
  if step.hazard.plan != nil, let due = step.hazard.dueAt, Instant(endOf: limit) > due {
    throw step.refuse("a new plan cannot move the deadline; ask for an extension", "新方案不得变更办理期限，请申请延期")
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
    throw .invalid("until", "it lies before the present deadline", "早于现办理期限")
  }
  let before = try step.configured(step.rules.extensionBefore, "extensionBefore")
  guard try step.calendar.due(before, from: act.time) <= due else {
    throw step.limitReached("to be asked at least \(before) before the deadline", "至迟须在到期前\(before.chinese)申请")
  }
  // At most the original term again (hz.ext_max).
  let term = due.millisecondsSince1970 - (step.hazard.termStartedAt ?? due).millisecondsSince1970
  guard request.until <= due.adding(milliseconds: term) else {
    throw step.limitReached("an extension as long as the original term", "延期最长不超过原定期限")
  }
  step.hazard.extensionUntil = request.until
  step.hazard.extensionDecideBy = try step.due(step.rules.extensionDecide, "extensionDecide")
  return try step.finish(&state)
}

func decideExtension(
  _ request: DecideExtension, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .decideExtension, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  let until = step.hazard.extensionUntil
  (step.hazard.extensionUntil, step.hazard.extensionDecideBy) = (nil, nil)
  let isLate = step.hazard.overdueSince != nil
  if request.granted {
    step.hazard.extensions += 1
    // It was asked for in time: the office was late with its answer, and nobody else with anything.
    if isLate { step.hazard.overdueCount -= 1 }
  } else if isLate {
    try step.chargeLateness(&state)
  }
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
  if let assessment = request.assessment { step.hazard.assessment = assessment }
  if step.hazard.severity == .major, step.hazard.assessment == nil {
    throw .invalid(
      "assessment", "is missing: say who assessed the treatment of the major hazard, and what they found",
      "缺失，请说明重大隐患治理的评估单位和结论")
  }
  step.hazard.result = request.result
  step.hazard.evidence = request.evidence
  step.hazard.rectifiedBy = act.actor
  return try step.finish(&state)
}

func verifyHazard(
  _ request: VerifyHazard, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  var step = try HazardStep(
    .verifyPass, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  if step.hazard.severity == .major, !request.onSite {
    throw step.refuse("a major hazard is verified at the place, not from a desk (on_site)", "重大隐患须现场核查（on_site）")
  }
  step.hazard.verifiedOnSite = request.onSite
  return try step.finish(&state)
}

/// Puts a case aside, or voids it: with the consent of a second person.
func proposeHazard(
  _ request: HazardNote, _ event: HazardEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  let step = try HazardStep(
    event, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  return try step.propose(&state)
}
