package import Records
package import Scalars

/// A case on its way through one row of its workflow: read, checked, changed by its command, then finished.
struct DishonestyStep: Refusing {
  let row: Transition<DishonestyWorkflow>
  let stateBefore: DishonestyState?
  var subject: DishonestyCase
  let act: Act
  let note: String
  private let profileRules: DishonestyRules?
  private let calendar: WorkingCalendar

  /// Begins the step of a case that exists: finds it, and checks version, row, party and guards, in this order.
  init(
    _ event: DishonestyEvent, _ id: UInt64, version expected: UInt64?, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    guard let known = try state.record(DishonestyCasesTable.self, .init(id: id)) else {
      throw .notFound(NotFound("dishonesty case", "\(id)"))
    }
    if let expected, expected != known.version {
      throw .versionConflict(VersionConflict(expected: expected, actual: known.version))
    }
    guard let row = DishonestyWorkflow.row(event, in: known.state) else {
      throw .dishonestyTransitionInvalid(DishonestyTransitionInvalid(id: id, state: known.state, event: event))
    }
    try self.init(row, known.state, known, note: note, act, in: state)
    try checkParty()
    for item in row.guards { try check(item, in: state) }
  }

  /// Begins a case.
  init(
    beginning subject: DishonestyCase, by event: DishonestyEvent, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    guard let row = DishonestyWorkflow.row(event, in: nil) else { preconditionFailure("\(event) begins no case") }
    try self.init(row, nil, subject, note: note, act, in: state)
    // A deployment without the list opens no case.
    _ = try rules
  }

  private init(
    _ row: Transition<DishonestyWorkflow>, _ stateBefore: DishonestyState?, _ subject: DishonestyCase, note: String,
    _ act: Act, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    self.row = row
    self.stateBefore = stateBefore
    self.subject = subject
    self.act = act
    self.note = note
    let profile = try state.requireRules().profile
    profileRules = profile.dishonesty
    calendar = WorkingCalendar(profile.calendar)
  }

  func refuse(_ reason: Label) -> Refusal {
    .dishonestyNotAllowed(DishonestyNotAllowed(event: row.event, reason: reason))
  }

  /// - Throws: `unconfigured` when the deployment keeps no list (any more).
  private var rules: DishonestyRules {
    get throws(Refusal) {
      guard let profileRules else { throw .unconfigured(Unconfigured(rule: "dishonesty")) }
      return profileRules
    }
  }

  /// How long a listing by the rules before these lasted.
  /// - Throws: `unconfigured`
  var legacyTerm: Term {
    get throws(Refusal) {
      guard let term = try rules.legacyTerm else { throw .unconfigured(Unconfigured(rule: "dishonesty.legacyTerm")) }
      return term
    }
  }

  private func due(_ term: Term) throws(Refusal) -> Instant { try calendar.due(term, from: act.time) }

  // MARK: Who, and what must hold

  private func checkParty() throws(Refusal) {
    if row.who == .decider { try checkDecider(at: subject.grid) }
    guard act.caller.isEnterpriseOnly else { return }
    guard act.caller.person?.enterpriseId == subject.enterpriseId else {
      throw refuse("an enterprise can act on its own cases only", "生产经营单位只能办理本单位的案件")
    }
  }

  /// Refuses an office below the county: the emergency department of a county or above decides (应急管理部令第11号).
  func checkDecider(at place: GridCode) throws(Refusal) {
    let county = place.ancestor(atDepth: 1)
    guard act.caller.grants(for: act.method, in: .grid(county)).isEmpty else { return }
    throw refuse("an emergency department of a county or above decides", "须由县级以上应急管理部门决定")
  }

  /// Refuses whom the rules are not for (应急管理部令第11号 Art. 2).
  func checkScope(_ enterprise: Enterprise) throws(Refusal) {
    let (flags, industries) = (try rules.scopeFlags, try rules.scopeIndustries)
    guard !flags.isEmpty || !industries.isEmpty else { return }
    let isFlagged = enterprise.flags.contains { flags.contains($0) }
    let industry = enterprise.industry ?? ""
    guard isFlagged || industries.contains(where: { industry.hasPrefix($0) }) else {
      throw refuse(
        "enterprise \(enterprise.id) is of no trade that the list is for (dishonesty.scopeFlags, scopeIndustries)",
        "监管对象\(enterprise.id)不属于名单适用行业（dishonesty.scopeFlags、scopeIndustries）")
    }
  }

  private func check(
    _ item: DishonestyWorkflow.Guard, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    switch item {
    case .identified:
      switch subject.subject {
      case .unit:
        if subject.uscc == nil {
          throw refuse("a unit is listed under its credit code, which it does not have", "列入单位须有统一社会信用代码，该单位没有")
        }
      default:
        guard subject.identityHash != nil else {
          throw refuse("a person is listed under name and identity", "列入个人须有姓名和身份信息")
        }
      }
    case .longEnough:
      guard let since = subject.listedOn else { preconditionFailure("a listed subject has a first day") }
      let earliest = since.adding(try rules.earlyAfter)
      if act.today < earliest { throw refuse("it may ask from \(earliest) on", "自\(earliest)起方可申请") }
    case .noBan:
      if let end = subject.orders.compactMap(\.until).max(), end >= act.today {
        guard let isAllowed = try rules.earlyDuringBan else {
          throw .unconfigured(Unconfigured(rule: "dishonesty.earlyDuringBan"))
        }
        if !isAllowed {
          throw refuse("a ban that the law sets still runs, until \(end)", "法定禁入期限至\(end)，尚未届满")
        }
      }
    case .noOtherCase:
      if let other = try otherCase(in: state) {
        throw refuse("case \(other) runs against the same subject", "同一主体已有严重失信案件\(other)")
      }
    case .accepted: if !subject.accepted { throw refuse("accept the application first", "请先受理移出申请") }
    case .notAccepted: if subject.accepted { throw refuse("the application is accepted already", "移出申请已受理") }
    case .leftEarly: if !subject.removedEarly { throw refuse("it was removed when its time was over", "系期满移出") }
    case .contested: if !subject.contested { throw refuse("nothing contests it", "没有进行中的复议或诉讼") }
    case .registrationDue: if subject.registerBy == nil { throw refuse("there is nothing to be entered", "没有待录入事项") }
    case .publicationDue:
      if subject.publishBy == nil { throw refuse("there is nothing to be published or ended", "没有待公示或待停止公示的事项") }
    case .hasReason:
      if note.isEmpty { throw .noteMissing }
    }
  }

  /// Another case against the same subject that is open or on the list: of a person with whatever enterprise.
  private func otherCase(in state: borrowing some State & ~Copyable) throws(Refusal) -> UInt64? {
    let cases =
      if let identity = subject.identityHash {
        try dishonestyCases(ofPerson: identity, in: state)
      } else {
        try dishonestyCases(ofEnterprise: subject.enterpriseId, in: state)
      }
    return cases.first { other in
      other.id != subject.id && other.subject == subject.subject
        && [.notified, .deciding, .listed, .repairReview].contains(other.state)
    }?.id
  }

  // MARK: Finishing

  /// Performs the row's effects, sets state and deadline, and writes case and history.
  mutating func finish(document: String = "", _ state: inout some State & ~Copyable) throws(Refusal)
    -> DishonestyReceipt
  {
    if let next = row.next { subject.state = next }
    if !document.isEmpty { (subject.document, subject.decidedBy) = (document, act.actor) }
    if subject.state != .repairReview { subject.accepted = false }
    for effect in row.effects { try perform(effect) }
    switch row.deadline {
    case .defence: begin(due: try due(rules.defence))
    case .accept: begin(due: try due(rules.accept))
    case .decide: begin(due: try due(rules.decide))
    case .listTerm: beginListTerm()
    case .keep: break
    case .none: (subject.dueAt, subject.timerAt, subject.overdueSince) = (nil, nil, nil)
    }
    write(document, &state)
    return DishonestyReceipt(
      id: subject.id, state: subject.state, version: subject.version, dueAt: subject.dueAt,
      expiresOn: subject.expiresOn)
  }

  private mutating func perform(_ effect: DishonestyWorkflow.Effect) throws(Refusal) {
    switch effect {
    case .beginTerm:
      (subject.listedOn, subject.expiresOn) = (act.today, act.today.adding(try rules.listTerm).adding(days: -1))
    case .resumeTerm:
      if try rules.restartOnRestore { subject.expiresOn = act.today.adding(try rules.listTerm).adding(days: -1) }
      guard let end = subject.expiresOn, end >= act.today else {
        throw refuse("its time on the list is over", "列入期限已届满")
      }
      if let removedOn = subject.removedOn {
        subject.absences.append(DishonestyAbsence(from: removedOn, until: act.today))
      }
      (subject.removedOn, subject.removedEarly) = (nil, false)
    case .announce:
      (subject.registerBy, subject.publishBy) = (try due(rules.enter), try due(rules.publish))
      for standing in try rules.measures where standing.subject == nil || standing.subject == subject.subject {
        // A case that is full of orders keeps those that people chose.
        _ = subject.order(standing.measure, of: standing.department, at: act.time)
      }
    case .withdraw: try withdraw()
    case .withdrawNow:
      leave()
      subject.contested = false
      // What rested on the penalty falls with it.
      for index in subject.orders.indices where subject.orders[index].endedAt == nil {
        subject.orders[index].endedAt = act.time
      }
      (subject.registerBy, subject.publishBy) = (act.time, act.time)
    case .leaveEarly: subject.removedEarly = true
    case .accept: subject.accepted = true
    case .contest: subject.contested = true
    case .uphold: subject.contested = false
    case .registered: subject.registerBy = nil
    case .published: subject.publishBy = nil
    case .lapse: try lapse()
    }
  }

  private mutating func withdraw() throws(Refusal) {
    leave()
    (subject.registerBy, subject.publishBy) = (try due(rules.removeSystem), try due(rules.removePublic))
  }

  private mutating func leave() {
    if subject.removedOn == nil { subject.removedOn = act.today }
    endOrders()
  }

  /// A ban with a last day of its own goes on until then: it is the law's, not the list's.
  private mutating func endOrders() {
    for index in subject.orders.indices
    where subject.orders[index].endedAt == nil && subject.orders[index].until.map({ $0 < act.today }) ?? true {
      subject.orders[index].endedAt = act.time
    }
  }

  private mutating func begin(due: Instant) {
    (subject.dueAt, subject.timerAt, subject.overdueSince) = (due, due, nil)
    // A review does not keep the subject on the list beyond its time.
    if let end = listEnd { subject.timerAt = min(due, end) }
  }

  private mutating func beginListTerm() {
    guard let end = listEnd else { preconditionFailure("a listed subject has a last day") }
    (subject.dueAt, subject.timerAt, subject.overdueSince) = (end, end, nil)
  }

  private var listEnd: Instant? { subject.expiresOn.map { Instant(endOf: $0) } }

  /// The clock has come: the defence is over, the time on the list is over, or a review is late.
  private mutating func lapse() throws(Refusal) {
    if subject.state == .notified {
      subject.state = .deciding
      (subject.dueAt, subject.timerAt) = (nil, nil)
    } else if let end = listEnd, end <= act.time {
      subject.state = .removed
      subject.accepted = false
      (subject.dueAt, subject.timerAt, subject.overdueSince) = (nil, nil, nil)
      // However late the clock comes, the last day was the last.
      subject.removedOn = subject.expiresOn?.adding(days: 1)
      // A deployment that has given up its list still lets go whom it holds.
      if profileRules != nil { try withdraw() } else { endOrders() }
    } else {
      subject.overdueSince = subject.dueAt
      subject.timerAt = listEnd
    }
  }

  private mutating func write(_ document: String, _ state: inout some State & ~Copyable) {
    subject.version += 1
    subject.entryCount += 1
    subject.settle()
    state.put(DishonestyCasesTable.self, subject)
    state.put(
      DishonestyEntriesTable.self,
      DishonestyEntry(
        caseId: subject.id, ordinal: subject.entryCount, at: act.time, event: row.event, actor: act.actor,
        through: act.caller.through, from: stateBefore, to: subject.state,
        dueAt: subject.dueAt, document: document, note: note, sequence: act.sequence))
  }
}

/// The newest hundred cases about an enterprise and its people, newest first: more than the list has room for in its
/// years.
package func dishonestyCases(
  ofEnterprise id: UInt64, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [DishonestyCase] {
  let prefix = KeyRange(prefix: DishonestyCasesByEnterpriseIndex.prefix(id))
  var cases: [DishonestyCase] = []
  for entry in try reader.entries(DishonestyCasesByEnterpriseIndex.self, in: prefix, descending: true, limit: 100) {
    if let known = try reader.record(DishonestyCasesTable.self, entry.key) { cases.append(known) }
  }
  return cases
}

/// The newest hundred cases about a person, newest first, whatever enterprise they were with.
package func dishonestyCases(
  ofPerson identity: [UInt8], in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [DishonestyCase] {
  let prefix = KeyRange(prefix: DishonestyCasesByIdentityIndex.prefix(identity))
  var cases: [DishonestyCase] = []
  for entry in try reader.entries(DishonestyCasesByIdentityIndex.self, in: prefix, descending: true, limit: 100) {
    if let known = try reader.record(DishonestyCasesTable.self, entry.key) { cases.append(known) }
  }
  return cases
}

/// Lets the cases that are not over stand where their enterprise does, but leaves them with the living county that decides: whoever
/// imposed the penalty answers for the case (谁处罚、谁决定、谁负责), wherever the enterprise goes. Cases of a unit that had no
/// credit code get the one that it has now.
func moveDishonesty(with enterprise: Enterprise, _ state: inout some State & ~Copyable) throws(Refusal) {
  for old in try dishonestyCases(ofEnterprise: enterprise.id, in: state) where !old.isOver {
    var known = old
    if known.subject == .unit { known.uscc = known.uscc ?? enterprise.uscc }
    let county = known.grid.ancestor(atDepth: 1)
    let isHere = county.contains(enterprise.grid)
    let goesAlong = isHere ? true : try !isLiving(county, in: state)
    if goesAlong { known.grid = enterprise.grid }
    guard known != old else { continue }
    known.version += 1
    known.settle()
    state.put(DishonestyCasesTable.self, known)
  }
}

extension DishonestyCase {
  /// Whether nothing more is done, unless somebody brings it back.
  package var isOver: Bool { [.removed, .dropped, .revoked].contains(state) }

  /// Whether everybody may read it: it is on the list, and published.
  package var isPublished: Bool { [.listed, .repairReview].contains(state) && publishBy == nil }

  /// Sets what follows from the other fields; before every put.
  fileprivate mutating func settle() {
    let waits = registerBy != nil || publishBy != nil || orders.contains { $0.fedBackAt == nil && $0.endedAt == nil }
    outstandingIn = waits ? grid : nil
  }

  /// Whether the subject stood on the list on a date, as far as is known now: what was revoked never did.
  package func isListed(on date: Date) -> Bool {
    guard let listedOn, let expiresOn, state != .revoked, listedOn <= date, date <= expiresOn else { return false }
    if let removedOn, date >= removedOn { return false }
    return !absences.contains { $0.from <= date && date < $0.until }
  }
}
