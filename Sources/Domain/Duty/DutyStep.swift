import Records
import Scalars

/// A duty on its way through one row of its workflow: read, checked, changed, then finished.
struct DutyStep: Refusing {
  let row: Transition<DutyWorkflow>
  private let stateBefore: DutyState?
  var duty: Duty
  let act: Act
  let note: String
  let terms: DutyTerms
  let deed: DutyDeed
  /// The cases that its problems have opened.
  var hazards: [HazardNumber] = []

  /// Begins the step of a duty that exists: checks version, row, party and guards, in this order.
  init(
    _ event: DutyEvent, _ duty: Duty, version expected: UInt64? = nil, doing deed: DutyDeed = .none, note: String = "",
    _ terms: DutyTerms, _ act: Act, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    try checkVersion(duty.version, expected)
    guard let row = DutyWorkflow.row(event, in: duty.state) else {
      throw .dutyTransitionInvalid(DutyTransitionInvalid(id: duty.id, state: duty.state, event: event))
    }
    self.row = row
    stateBefore = duty.state
    self.duty = duty
    self.act = act
    self.note = note
    self.terms = terms
    self.deed = deed
    try checkParty()
    for item in row.guards { try check(item, in: state) }
  }

  /// Begins a duty.
  init(generating duty: Duty, _ terms: DutyTerms, _ act: Act) { self.init(.generate, duty, .none, "", terms, act) }

  /// Begins a duty that nobody owed, and that is done with it.
  init(
    unplanned duty: Duty, doing deed: DutyDeed, note: String, _ terms: DutyTerms, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    self.init(.recordUnplanned, duty, deed, note, terms, act)
    for item in row.guards { try check(item, in: state) }
  }

  private init(
    _ event: DutyEvent, _ duty: Duty, _ deed: DutyDeed, _ note: String, _ terms: DutyTerms, _ act: Act
  ) {
    row = DutyWorkflow.row(event, in: nil)!
    stateBefore = nil
    self.duty = duty
    self.act = act
    self.note = note
    self.terms = terms
    self.deed = deed
  }

  func refuse(_ reason: Label) -> Refusal {
    .dutyNotAllowed(DutyNotAllowed(event: row.event, reason: reason))
  }

  // MARK: Who, and what must hold

  private func checkParty() throws(Refusal) {
    guard row.who == .doer else { return }
    guard duty.kind.isCadence == deed.isCadence else {
      guard duty.kind.isCadence else { throw refuse("this is a patrol", "此为巡查任务") }
      throw refuse("an enterprise does this itself (Cadence.record)", "两化任务由企业自行登记（Cadence.record）")
    }
  }

  private func check(
    _ item: DutyWorkflow.Guard, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    switch item {
    case .answered: if case .patrol(let request, let list) = deed { try check(request, against: list) }
    case .inArea: if case .patrol(let request, _) = deed { try checkPlace(request, in: state) }
    case .proven: if case .cadence(let request) = deed { try check(request.deed, in: state) }
    case .idle:
      guard let enterprise = try enterprise(in: state) else {
        throw refuse("a place has always to be patrolled; only the duty of an object is waived", "网格巡查不得免除，仅可免除监管对象的任务")
      }
      let isIdle = enterprise.state != .active || !duty.kind.isCadence && enterprise.supervision == .direct
      if !isIdle { throw refuse("enterprise \(enterprise.id) is active", "监管对象\(enterprise.id)在册") }
    case .hasReason:
      if note.isEmpty { throw .noteMissing }
    }
  }

  private func enterprise(in state: borrowing some State & ~Copyable) throws(Refusal) -> Enterprise? {
    guard let id = duty.enterpriseId else { return nil }
    return try requireEnterprise(id, in: state)
  }

  // MARK: Finishing

  /// Performs the row's effects, sets the deadline, and writes duty and history.
  @discardableResult
  mutating func finish(_ state: inout some State & ~Copyable) throws(Refusal) -> DutyReceipt {
    if let next = row.next { duty.state = next }
    for effect in row.effects where duty.state != .waived { try perform(effect, &state) }
    if duty.isOver {
      (duty.dueAt, duty.timerAt, duty.missed) = (nil, nil, nil)
    } else {
      duty.timerAt = try nextLook()
    }
    duty.version += 1
    duty.entryCount += 1
    state.put(DutiesTable.self, duty)
    state.put(
      DutyEntriesTable.self,
      DutyEntry(
        dutyId: duty.id, ordinal: duty.entryCount, at: act.time, event: row.event, actor: act.actor,
        through: act.caller.through, from: stateBefore, to: duty.state,
        holder: duty.holder, note: note, sequence: act.sequence))
    return DutyReceipt(id: duty.id, state: duty.state, version: duty.version, hazards: hazards)
  }

  private mutating func nextLook() throws(Refusal) -> Instant? {
    let term: Term?
    switch row.deadline {
    case .period:
      let due = Instant(endOf: duty.to)
      duty.dueAt = due
      return duty.warnedAt == nil ? terms.warnAt(duty, due: due) ?? due : due
    case .grace: term = terms.grace(of: duty.kind)
    // A cadence goes on being missed; nobody stands above the township.
    case .again where duty.kind.isCadence: term = terms.period(of: duty.kind)
    case .again: term = duty.holder.depth > Self.highestHolder ? terms.grace(of: duty.kind) : nil
    case .none: preconditionFailure("the duty is not over")
    }
    guard let term else { return nil }
    return try terms.calendar.due(term, from: act.time)
  }

  /// The township.
  private static let highestHolder = 2

  private mutating func perform(
    _ effect: DutyWorkflow.Effect, _ state: inout some State & ~Copyable
  ) throws(Refusal) {
    switch effect {
    case .judge: if let due = duty.dueAt, due < act.time { duty.state = .doneLate }
    case .openCases: if case .patrol(let request, let list) = deed { try openCases(request, list, &state) }
    case .keep:
      (duty.doneAt, duty.doneBy) = (act.time, act.actor)
      switch deed {
      case .patrol(let request, let list): keep(request, list, &state)
      case .cadence(let request): keep(request, &state)
      case .none: break
      }
    case .goOn: if case .cadence = deed { try goOn(&state) }
    case .remind: duty.reminders += 1
    case .release: if try owesNothing(in: state) { duty.state = .waived }
    case .raise: if duty.holder.depth > Self.highestHolder, let above = duty.holder.parent { duty.holder = above }
    case .charge: try charge(&state)
    case .markWarned: duty.warnedAt = act.time
    }
  }

  /// An enterprise that has stopped keeps no cadence, but is patrolled; what is closed, or supervised directly, is not.
  private func owesNothing(in state: borrowing some State & ~Copyable) throws(Refusal) -> Bool {
    guard let enterprise = try enterprise(in: state) else { return false }
    return duty.kind.isCadence ? enterprise.state != .active : !enterprise.isPatrolled
  }

  private mutating func charge(_ state: inout some State & ~Copyable) throws(Refusal) {
    guard duty.kind.isCadence, let enterprise = duty.enterpriseId else { return }
    let missed = (duty.missed ?? 0) + 1
    duty.missed = missed
    guard terms.countsMissed else { return }
    try addCreditRecord(
      CreditRecord(
        enterpriseId: enterprise, kind: .cadenceMissed, occurredOn: act.today,
        basis: "\(duty.kind.label.chinese)，应于\(duty.to)前完成，第\(missed)期"),
      act, &state)
  }
}

/// What is done with a duty when it is recorded.
enum DutyDeed {
  case none
  case patrol(RecordPatrol, Checklist)
  case cadence(RecordCadence)

  var isCadence: Bool { if case .cadence = self { true } else { false } }
}

extension Enterprise {
  /// Whether the grid goes on patrol there.
  var isPatrolled: Bool { (state == .active || state == .suspended) && supervision != .direct }
}

/// - Throws: `notFound`
func requireDuty(_ id: UInt64, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Duty {
  guard let duty = try reader.record(DutiesTable.self, .init(id: id)) else {
    throw .notFound(NotFound("duty", "\(id)"))
  }
  return duty
}

func nextDuty(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> UInt64 {
  (try reader.firstKey(DutiesTable.self, in: .all, descending: true)?.id ?? 0) + 1
}

func waiveDuty(_ request: DutyNote, _ act: Act, _ state: inout some State & ~Copyable) throws(Refusal) -> DutyReceipt {
  let duty = try requireDuty(request.id, in: state)
  var step = try DutyStep(
    .waive, duty, version: request.expectedVersion, note: request.note, try DutyTerms(in: state), act, in: state)
  return try step.finish(&state)
}

extension Duty {
  /// What the timer stands for at a time.
  fileprivate func fallenDue(at time: Instant) -> DutyEvent {
    guard state == .due else { return .escalate }
    return dueAt.map { time < $0 } ?? false ? .warn : .lapse
  }
}

/// Does what has fallen due (`warn`, `lapse` and `escalate` in ``DutyWorkflow``).
func expireDuties(
  _ request: ExpireDuties, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ExpireReceipt {
  let due = KeyRange(lower: [], upper: DutiesTimersIndex.prefix(act.time.adding(milliseconds: 1)))
  let entries = try state.entries(DutiesTimersIndex.self, in: due, descending: false, limit: Int(request.limit))
  if request.postpone {
    for entry in entries {
      guard var duty = try state.record(DutiesTable.self, entry.key) else { continue }
      duty.timerAt = act.postponed
      state.put(DutiesTable.self, duty)
    }
    return ExpireReceipt(expired: UInt32(entries.count))
  }
  let terms = try DutyTerms(in: state)
  for entry in entries {
    guard let duty = try state.record(DutiesTable.self, entry.key) else { continue }
    var step = try DutyStep(duty.fallenDue(at: act.time), duty, terms, act, in: state)
    try step.finish(&state)
  }
  return ExpireReceipt(expired: UInt32(entries.count))
}
