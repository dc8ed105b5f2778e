import Bytes
import Records
import Scalars

/// A case on its way through one row of the workflow: read, checked, then changed by its command, then finished.
struct HazardStep: Refusing {
  let row: Transition<HazardWorkflow>
  let stateBefore: HazardState?
  var hazard: Hazard
  let act: Act
  let note: String
  /// Who had proposed it, where two people are needed.
  var secondPerson: String?
  /// What is proposed.
  var proposed: HazardEvent?
  /// Whose the task is, in the eyes of who returns it or arbitrates.
  var department: String?
  let rules: HazardRules
  let calendar: WorkingCalendar

  /// Begins the step of an existing case: finds it, and checks version, row, party and guards, in this order.
  init(
    _ event: HazardEvent, _ number: HazardNumber, version expected: UInt64?, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    try self.init(event, try requireHazard(number, in: state), version: expected, note: note, act, in: state)
  }

  init(
    _ event: HazardEvent, _ hazard: Hazard, version expected: UInt64?, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    if let expected, expected != hazard.version {
      throw .versionConflict(VersionConflict(expected: expected, actual: hazard.version))
    }
    guard let row = HazardWorkflow.row(event, in: hazard.state) else {
      throw .invalidTransition(InvalidTransition(number: hazard.number, state: hazard.state, event: event))
    }
    self.row = row
    stateBefore = hazard.state
    self.hazard = hazard
    self.act = act
    self.note = note
    (rules, calendar) = try hazardRules(in: state)
    adoptTimer()
    try checkParty()
    try checkGuards(in: state)
  }

  /// Begins a case: `draft` is what the reporter says.
  init(
    beginning event: HazardEvent, _ draft: consuming Hazard, _ act: Act, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    row = HazardWorkflow.row(event, in: nil)!
    stateBefore = nil
    hazard = draft
    self.act = act
    note = ""
    (rules, calendar) = try hazardRules(in: state)
    try checkOwnEnterprise()
    try checkGuards(in: state)
  }

  func refuse(_ reason: Label) -> Refusal { .notAllowedHere(NotAllowedHere(event: row.event, reason: reason)) }

  func configured<Value>(_ value: Value?, _ rule: String) throws(Refusal) -> Value {
    guard let value else { throw .unconfigured(Unconfigured(rule: "hazard.\(rule)")) }
    return value
  }

  // MARK: Who

  private var grants: [Grant] {
    act.caller.grants(for: act.method, in: .grid(hazard.grid)).filter { $0.isFor(hazard.department) }
  }

  private func checkParty() throws(Refusal) {
    try checkOwnEnterprise()
    try checkDepartment()
    let reaches = { (grant: Grant) in grant.grid?.contains(self.hazard.holder) ?? true }
    switch row.who {
    case .anyone, .clock: return
    case .holder, .verifier:
      guard grants.contains(where: reaches) else {
        throw refuse("the case is held by grid \(hazard.holder)", "案卷现由网格\(hazard.holder)办理")
      }
      if row.who == .verifier, act.actor == hazard.rectifiedBy || act.actor == hazard.assignee {
        throw refuse("nobody verifies what they rectified themselves", "整改人员不得核查本人整改的案卷")
      }
    case .reporter:
      guard act.actor == hazard.reporter else {
        throw refuse("only who reported it, \(hazard.reporter), may object", "仅上报人\(hazard.reporter)可提出异议")
      }
    case .second:
      if let proposal = hazard.proposal { try checkSecond(of: proposal) }
    case .upper:
      guard grants.contains(where: { reaches($0) && $0.grid != hazard.holder }) else {
        throw refuse("only a grid above \(hazard.holder) can take the case up", "须由网格\(hazard.holder)的上级网格办理")
      }
    case .assignee:
      guard act.actor == hazard.assignee else { throw refuse(hazard.assignment) }
    case .rectifier:
      let isConcerned = hazard.enterpriseId != nil && act.caller.person?.enterpriseId == hazard.enterpriseId
      guard act.actor == hazard.assignee || isConcerned else {
        throw refuse(hazard.assignment)
      }
    }
  }

  /// An officer of a department acts on its own cases; on another's when the task was given to them, or the report is theirs.
  private func checkDepartment() throws(Refusal) {
    let isTheirs = act.serves(hazard.department, in: hazard.grid)
    guard isTheirs || act.actor == hazard.assignee || act.actor == hazard.reporter else {
      throw refuse(hazard.competence)
    }
  }

  private func checkOwnEnterprise() throws(Refusal) {
    guard act.mayConcern(hazard) else {
      throw refuse("an enterprise can act on its own hazards only", "生产经营单位只能办理本单位的隐患")
    }
  }

  // MARK: Guards

  private func checkGuards(in state: borrowing some State & ~Copyable) throws(Refusal) {
    for item in row.guards { try check(item, in: state) }
  }

  private func check(_ item: HazardGuard, in state: borrowing some State & ~Copyable) throws(Refusal) {
    switch item {
    case .majorOrEmergency:
      if hazard.severity != .major, hazard.urgency != .emergency {
        throw refuse("only a major hazard or an emergency is reported past the village", "仅重大隐患或特急隐患可越级直报")
      }
    case .general: if hazard.severity == .major { throw refuse("never for a major hazard", "不适用于重大隐患") }
    case .major:
      if hazard.severity != .major { throw refuse("only a major hazard has a treatment plan", "仅重大隐患制定治理方案") }
    case .hasUpperGrid: if hazard.holder.parent == nil { throw refuse("no grid stands above the county", "县级网格没有上级网格") }
    case .notArbitrated:
      if hazard.arbitration == .decided { throw limitReached("whose task it is was arbitrated", "承办主体已协调确定") }
    case .arbitrationPending:
      if hazard.arbitration != .pending { throw refuse("there is nothing to arbitrate", "没有待协调事项") }
    case .nothingToArbitrate:
      if hazard.arbitration == .pending {
        throw refuse(
          "it was returned \(hazard.returns) times: whose it is must be arbitrated first",
          "已退回\(hazard.returns)次，须先协调确定承办主体")
      }
    case .extensionsLeft:
      let most = try configured(rules.extensionsMax, "extensionsMax")
      if hazard.extensions >= most { throw limitReached("\(most) extensions", "延期\(most)次") }
    case .extensionAsked: if hazard.extensionUntil == nil { throw refuse("nobody has asked for an extension", "未申请延期") }
    case .planIfMajor: if hazard.severity == .major, hazard.plan == nil { throw .planMissing(PlanMissing()) }
    case .inReopenWindow:
      let window = try configured(rules.reopenWindow, "reopenWindow")
      if let closedAt = hazard.closedAt, act.time > (try calendar.due(window, from: closedAt)) {
        throw limitReached("\(window) after closure", "结案后\(window.chinese)内")
      }
    case .notListed:
      if let listing = try standingListing(of: hazard, in: state) {
        throw .listedFirst(
          ListedFirst(
            number: hazard.number, state: listing.state,
            reason: Label("ask the listing body for a longer term", "请向挂牌督办单位申请延期")))
      }
    case .delistedIfListed:
      if let listing = try standingListing(of: hazard, in: state) {
        throw .listedFirst(
          ListedFirst(
            number: hazard.number, state: listing.state, reason: Label("its review must delist it first", "须先经复查核销摘牌")))
      }
    // Whoever begins the step asks: see TwoPeople.swift.
    case .twoPeople, .twoPeopleIfDown: return
    // The effect asks, once the class is settled: see Violations.swift.
    case .power: return
    // The command asks, which brings it: see HazardEvents.swift.
    case .assessedIfMajor, .onSiteIfMajor: return
    case .objectGone:
      // What closes an object ends its cases in the same act.
      guard act.method != .enterpriseClose, let id = hazard.enterpriseId else { return }
      let object = try requireEnterprise(id, in: state)
      if object.isInLedger, isPlace(hazard.grid, of: object.grid) {
        throw refuse(
          "enterprise \(id) operates there still: close it or let it relocate first", "监管对象\(id)仍在该处经营，请先办理注销或迁移")
      }
    case .nothingProposed:
      if let proposal = hazard.proposal {
        throw refuse(
          "\(proposal.event.label.english) by \(proposal.proposedBy) waits for a second person already",
          "\(proposal.proposedBy)提请的“\(proposal.event.label.chinese)”正待复核")
      }
    case .proposed: if hazard.proposal == nil { throw refuse("nothing waits for a second person", "没有待复核事项") }
    case .firstObjection: if hazard.objections > 0 { throw limitReached("1 objection", "异议1次") }
    case .inObjectionWindow:
      let window = try configured(rules.object, "object")
      if let closedAt = hazard.closedAt, act.time > (try calendar.due(window, from: closedAt)) {
        throw limitReached("\(window) after the refusal", "不予立案后\(window.chinese)内")
      }
    case .hasReason:
      if note.isEmpty {
        throw .noteMissing
      }
    }
  }

  func limitReached(_ english: String, _ chinese: String) -> Refusal {
    .limitReached(LimitReached(event: row.event, limit: Label(english, chinese)))
  }

  // MARK: Finishing

  /// Performs the row's effects, sets state and deadline, and writes case and history.
  mutating func finish(due: Instant? = nil, _ state: inout some State & ~Copyable) throws(Refusal) -> HazardReceipt {
    for effect in row.effects { try perform(effect, &state) }
    if let next = row.next { hazard.state = next }
    if let proposal = hazard.proposal, !isPossible(proposal) { dropProposal() }
    try setDeadline(due)
    return try write(&state)
  }

  /// Whether a second person could still agree, as far as the case decides it: otherwise nothing waits for them.
  private func isPossible(_ proposal: HazardProposal) -> Bool {
    guard let proposed = HazardWorkflow.row(proposal.event, in: hazard.state) else { return false }
    return hazard.severity != .major || !proposed.guards.contains(.general)
  }

  private mutating func dropProposal() { (hazard.proposal, hazard.proposalLapsesAt) = (nil, nil) }

  private mutating func perform(_ effect: HazardEffect, _ state: inout some State & ~Copyable) throws(Refusal) {
    switch effect {
    case .holderUp: raiseHolder()
    case .countEscalation: hazard.escalations += 1
    case .dropAssignee: hazard.assignee = nil
    case .countReturn:
      hazard.returns += 1
      if hazard.returns > (try configured(rules.returnsMax, "returnsMax")) {
        hazard.arbitration = .pending
        hazard.holder = hazard.grid.ancestor(atDepth: 1)
      }
    case .arbitrated: hazard.arbitration = .decided
    case .toTerritory: hazard.holder = hazard.grid.ancestor(atDepth: 2)
    case .beginSuccessor: try beginSuccessor(&state)
    case .countRework:
      hazard.reworks += 1
      if hazard.reworks >= (try configured(rules.reworksMax, "reworksMax")) { escalate() }
    case .countUrge: hazard.urges += 1
    case .countAttention: hazard.attentions += 1
    case .takeUpAgain:
      // Its cell may have come to its end since.
      try moveTo(living(hazard.grid, in: state), state)
      hazard.closedAt = nil
      try moveReports(of: hazard, .reopenCase, act, &state)
    case .newRound:
      hazard.round += 1
      hazard.extensions = 0
      (hazard.verifiedBy, hazard.verifiedOnSite, hazard.assessment, hazard.arbitration) = (nil, nil, nil, nil)
    case .close:
      hazard.closedAt = act.time
      try moveReports(of: hazard, row.event == .merge ? .mergeCase : .endCase, act, &state)
      if row.event == .verifyPass { hazard.verifiedBy = act.actor }
    case .creditMajorFound:
      if hazard.severity == .major, hazard.source != .selfReport { try credit(.majorFoundByOthers, once: true, &state) }
    case .creditVerifyFailed: try credit(.verifyFailed, once: false, &state)
    case .creditSelfReported:
      // In time is what the enterprise itself was in time with; an office that is late takes nothing from it.
      if hazard.source == .selfReport, try !isCredited([.hazardOverdue, .majorOverdue], in: state) {
        try credit(.selfReported, once: true, &state)
      }
    case .revokeCredit: try revokeCredit(CreditKind.allKnown, &state)
    case .proposeListing: try proposeListing(of: hazard, act, &state)
    case .cancelListing: try cancelListing(of: hazard, act, &state)
    case .alignListing: try alignListing(of: hazard, act, &state)
    case .countObjection: hazard.objections += 1
    case .markWarned: hazard.warnedAt = act.time
    case .askUp:
      let hasUpper = hazard.holder.parent != nil
      if hasUpper { escalate() }
      hazard.extensionDecideBy = hasUpper ? try due(rules.extensionDecide, "extensionDecide") : nil
    case .dropProposal: dropProposal()
    case .keepPower: try keepPower(&state)
    }
  }

  /// Gives the case to another node of the same level, and to the office of the holder's level above it.
  mutating func moveTo(_ grid: GridCode, _ state: borrowing some State & ~Copyable) throws(Refusal) {
    hazard.department = try department(goingOnIn: grid, state)
    hazard.grid = grid
    hazard.movedTo = grid == hazard.number.grid ? nil : grid
    hazard.holder = grid.ancestor(atDepth: hazard.holder.depth)
  }

  /// Gives the case to the grid above, if there is one.
  private mutating func raiseHolder() {
    if let upper = hazard.holder.parent { hazard.holder = upper }
  }

  mutating func escalate() {
    raiseHolder()
    hazard.escalations += 1
  }

  /// Enters a fact into the file of the enterprise concerned, if there is one.
  func credit(_ kind: CreditKind, once: Bool, _ state: inout some State & ~Copyable) throws(Refusal) {
    guard let enterprise = hazard.enterpriseId else { return }
    if once, try isCredited([kind], in: state) { return }
    try addCreditRecord(
      CreditRecord(
        enterpriseId: enterprise, kind: kind, occurredOn: act.today, hazard: hazard.number,
        basis: row.event.label.chinese),
      act, &state)
  }

  /// Whether the file has facts of these kinds from this case. What was revoked, as by regrading down, was no ground; a new
  /// one is.
  private func isCredited(_ kinds: [CreditKind], in state: borrowing some State & ~Copyable) throws(Refusal) -> Bool {
    guard let enterprise = hazard.enterpriseId else { return false }
    return try creditRecords(of: creditBearer(of: enterprise, in: state).id, in: state)
      .contains { kinds.contains($0.kind) && $0.hazard == hazard.number && $0.status != .revoked }
  }

  /// Revokes what this case brought into the enterprise's file: its ground is gone.
  func revokeCredit(_ kinds: [CreditKind], _ state: inout some State & ~Copyable) throws(Refusal) {
    guard let enterprise = hazard.enterpriseId else { return }
    for var record in try creditRecords(of: creditBearer(of: enterprise, in: state).id, in: state)
    where record.hazard == hazard.number && record.status != .revoked && kinds.contains(record.kind) {
      record.end(as: .revoked, basis: row.event.label.chinese, act)
      state.put(CreditRecordsTable.self, record)
    }
  }

  private mutating func setDeadline(_ own: Instant?) throws(Refusal) {
    switch row.deadline {
    case .keep: return
    case .own: if let own { beginTerm(until: own) }
    case .moved: if let own { endTerm(at: own) }
    case .none:
      endTerm(at: nil)
      dropProposal()
      (hazard.extensionUntil, hazard.extensionDecideBy) = (nil, nil)
    case .accept: beginTerm(until: try due(rules.accept, "accept"))
    case .direct: beginTerm(until: try due(rules.direct, "direct"))
    case .dispatch: beginTerm(until: try due(rules.dispatch, "dispatch"))
    case .claim: beginTerm(until: try due(rules.claim, "claim"))
    case .parkReview: beginTerm(until: try parkReviewDue())
    case .verify: beginTerm(until: try verifyDue())
    case .fix:
      hazard.fixStartedAt = act.time
      beginTerm(until: try fixDue())
    case .rework: beginTerm(until: try reworkDue())
    }
  }

  mutating func beginTerm(until due: Instant) {
    hazard.termStartedAt = act.time
    // Who asked for a longer term asked for the one before.
    (hazard.extensionUntil, hazard.extensionDecideBy) = (nil, nil)
    endTerm(at: due)
  }

  private mutating func endTerm(at due: Instant?) {
    hazard.dueAt = due
    (hazard.overdueSince, hazard.escalateAt, hazard.warnedAt) = (nil, nil, nil)
  }

  func due(_ term: Term?, _ rule: String) throws(Refusal) -> Instant {
    try calendar.due(try configured(term, rule), from: act.time)
  }

  func verifyDue() throws(Refusal) -> Instant {
    hazard.severity == .major
      ? try due(rules.verifyMajor, "verifyMajor") : try due(rules.verifyGeneral, "verifyGeneral")
  }

  func parkReviewDue() throws(Refusal) -> Instant { try due(rules.parkReview, "parkReview") }

  /// When a rectification that begins now must be done: a major hazard's plan says it, or must come first; else the sooner of
  /// what its class and its urgency say, or the general rule. An emergency does not wait for its class's ordinary term, nor a
  /// class with a short one for what is merely urgent.
  mutating func fixDue() throws(Refusal) -> Instant {
    if hazard.severity == .major {
      if let plan = hazard.plan, Instant(endOf: plan.timeLimit) > act.time { return Instant(endOf: plan.timeLimit) }
      return try due(rules.plan, "plan")
    }
    let term = try fixTerm()
    hazard.fixTerm = term
    return try calendar.due(term, from: act.time)
  }

  private func fixTerm() throws(Refusal) -> Term {
    let ofClass = rules.hazardClass(named: hazard.class)?.fix
    let ofUrgency: Term? =
      switch hazard.urgency {
      case .emergency: try configured(rules.fixEmergency, "fixEmergency")
      case .urgent: try configured(rules.fixUrgent, "fixUrgent")
      default: nil
      }
    guard let ofClass, let ofUrgency else {
      return try configured(ofClass ?? ofUrgency ?? rules.fixGeneral, "fixGeneral")
    }
    let isSooner = try calendar.due(ofClass, from: act.time) < calendar.due(ofUrgency, from: act.time)
    return isSooner ? ofClass : ofUrgency
  }

  /// A share of the original term, but not less than the least rework term (hz.fix_rework).
  private func reworkDue() throws(Refusal) -> Instant {
    let least = try due(rules.reworkTermMin, "reworkTermMin")
    let percent = Int64(try configured(rules.reworkPercent, "reworkPercent"))
    let whole: Instant
    let isInHours: Bool
    if hazard.severity == .major, let plan = hazard.plan, let started = hazard.fixStartedAt {
      let length = Instant(endOf: plan.timeLimit).millisecondsSince1970 - started.millisecondsSince1970
      whole = act.time.adding(milliseconds: max(0, length))
      isInHours = false
    } else {
      let term: Term = if let given = hazard.fixTerm { given } else { try fixTerm() }
      whole = try calendar.due(term, from: act.time)
      isInHours = term.unit == .hour || term.unit == .workingHour
    }
    let length = (whole.millisecondsSince1970 - act.time.millisecondsSince1970) * percent / 100
    let share = act.time.adding(milliseconds: length)
    return max(least, isInHours ? share : Instant(endOf: try calendar.nextWorkingDay(from: share.localDate)))
  }

  /// Puts the case and the next line of its history.
  private mutating func write(_ state: inout some State & ~Copyable) throws(Refusal) -> HazardReceipt {
    hazard.timerAt = try nextTimer()
    hazard.version += 1
    hazard.eventCount += 1
    state.put(HazardsTable.self, hazard)
    state.put(
      CaseEventsTable.self,
      CaseEvent(
        hazardId: hazard.id, ordinal: hazard.eventCount, at: act.time, event: row.event, actor: act.actor,
        through: act.caller.through, from: stateBefore, to: hazard.state,
        holder: hazard.holder, assignee: hazard.assignee, dueAt: hazard.dueAt, note: note, sequence: act.sequence,
        secondPerson: secondPerson, proposed: proposed, department: department))
    return HazardReceipt(
      number: hazard.number, state: hazard.state, holder: hazard.holder, assignee: hazard.assignee,
      dueAt: hazard.dueAt, version: hazard.version)
  }
}

extension Act {
  /// Whether an enterprise acts on its own hazard; always true of anybody else.
  func mayConcern(_ hazard: Hazard) -> Bool {
    let grants = caller.grants(for: method, in: .grid(hazard.grid))
    guard !grants.isEmpty, grants.allSatisfy({ $0.role == .enterprise }) else { return true }
    guard let own = caller.person?.enterpriseId else { return false }
    return own == hazard.enterpriseId
  }
}

/// - Throws: `notFound`
func requireHazard(
  _ number: HazardNumber, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Hazard {
  guard let hazard = try reader.record(HazardsByNumberIndex.self, .init(number: number)) else {
    throw .notFound(NotFound("hazard", "\(number)"))
  }
  return hazard
}

/// The rules and the calendar of the active profile.
func hazardRules(
  in state: borrowing some State & ~Copyable
) throws(Refusal) -> (HazardRules, WorkingCalendar) {
  let rules = try state.requireRules()
  return (rules.profile.hazard, WorkingCalendar(rules.profile.calendar))
}

extension HazardRules {
  /// The class of exactly that name.
  fileprivate func hazardClass(named name: String) -> HazardClass? {
    classes.first { $0.name.hasSameBytes(as: name) }
  }

  /// - Throws: `unknownClass`
  @discardableResult
  func requireClass(_ name: String) throws(Refusal) -> HazardClass {
    guard let known = hazardClass(named: name) else { throw .unknownClass(UnknownClass(name: name)) }
    return known
  }
}

extension HazardStep {
  /// Says of which class the case is, what it comes from, that is the factor that was told or that of the class, and whose it
  /// is among the departments: the object's (`own`), or that of the class.
  /// - Throws: `unknownClass`, `invalidArgument`
  mutating func classify(
    as name: String, factor told: String?, department own: String?, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    let known = try rules.requireClass(name)
    if let told {
      guard try state.requireRules().profile.factors.contains(where: { $0.code == told }) else {
        throw .invalid("factor", "the profile's factors has no \"\(told)\"", "配置方案的危害因素中没有“\(told)”")
      }
    }
    hazard.class = name
    hazard.factor = told ?? known.factor
    hazard.department = own ?? known.responsible
  }
}

extension Hazard {
  /// Whose task it is, in words.
  fileprivate var assignment: Label {
    assignee.map { Label("the task was given to \($0)", "任务已派遣给\($0)") }
      ?? Label("the task was given to nobody", "任务尚未派遣")
  }

  /// Which department it is for, in words.
  var competence: Label {
    department.map { Label("the case is for \($0)", "案卷由\($0)承办") }
      ?? Label("the case is for no department", "案卷未定承办部门")
  }
}
