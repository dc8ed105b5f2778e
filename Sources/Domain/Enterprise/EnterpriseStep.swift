import Records
import Scalars

/// An object of the ledger on its way through one row of its workflow: read, checked, changed by its command, then
/// finished.
struct EnterpriseStep: Refusing {
  private let row: Transition<EnterpriseWorkflow>
  private let stateBefore: EnterpriseState?
  private let gridBefore: GridCode
  private let codeBefore: USCC?
  var enterprise: Enterprise
  let act: Act
  let note: String

  /// Begins the step of an object that is there: finds it, and checks version, row, party and guards, in this order.
  ///
  /// - Parameters:
  ///   - place: where the decision about a relocation is made.
  ///   - other: the object that a candidate is.
  init(
    _ event: EnterpriseEvent, _ id: UInt64, version expected: UInt64?, note: String, at place: GridCode? = nil,
    other: UInt64? = nil, _ act: Act, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    let enterprise = try requireEnterprise(id, in: state)
    if let expected, expected != enterprise.version {
      throw .versionConflict(VersionConflict(expected: expected, actual: enterprise.version))
    }
    guard let row = EnterpriseWorkflow.row(event, in: enterprise.state) else {
      throw .enterpriseTransitionInvalid(
        EnterpriseTransitionInvalid(id: id, state: enterprise.state, event: event))
    }
    self.row = row
    self.enterprise = enterprise
    (stateBefore, gridBefore, codeBefore) = (enterprise.state, enterprise.grid, enterprise.uscc)
    self.act = act
    self.note = note
    try checkParty()
    for item in row.guards { try check(item, at: place, other: other, in: state) }
  }

  /// Begins the life of an object.
  init(collecting enterprise: Enterprise, note: String, _ act: Act) {
    row = EnterpriseWorkflow.row(.collect, in: nil)!
    self.enterprise = enterprise
    (stateBefore, gridBefore, codeBefore) = (nil, enterprise.grid, enterprise.uscc)
    self.act = act
    self.note = note
  }

  func refuse(_ reason: Label) -> Refusal {
    .enterpriseNotAllowed(EnterpriseNotAllowed(event: row.event, reason: reason))
  }

  // MARK: Who, and what must hold

  private func checkParty() throws(Refusal) {
    let department = enterprise.responsibleDepartment
    guard department.isEmpty || row.who == .target || row.who == .clock || act.serves(department, in: enterprise.grid)
    else {
      throw refuse("\(department) supervises it; you act for another department", "由\(department)监管，其他部门无权办理")
    }
    switch row.who {
    case .anyone, .target, .clock: return
    case .concerned:
      let grants = act.caller.grants(for: act.method, in: .grid(enterprise.grid))
      let isEnterprise = !grants.isEmpty && grants.allSatisfy { $0.role == .enterprise }
      if isEnterprise, act.caller.person?.enterpriseId != enterprise.id {
        throw refuse(.forItselfOnly)
      }
    case .county:
      let grants = act.caller.grants(for: act.method, in: .grid(enterprise.grid))
      guard grants.contains(where: { ($0.grid?.depth ?? 1) == 1 }) else {
        throw refuse("only a department of the county or above decides this", "须由县级以上主管部门决定")
      }
    }
  }

  private func check(
    _ item: EnterpriseWorkflow.Guard, at place: GridCode?, other: UInt64?, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    switch item {
    case .complete:
      let gaps = enterprise.supervisionGaps
      if gaps.contains(.noDepartment) { throw refuse("assign a department first", "请先落实主管部门") }
      if gaps.contains(.noMember) {
        throw refuse("it stands in no cell: assign a grid member first", "所在地未划分网格，请先落实网格员")
      }
      let required = try state.requireRules().profile.ledger?.required ?? []
      let missing = try enterprise.missing(required, in: state)
      guard missing.isEmpty else {
        throw refuse(
          "the profile's ledger.required asks for \(missing.map(\.name).joined(separator: ", "))",
          "配置方案（ledger.required）要求填写：\(missing.map(\.label.chinese).joined(separator: "、"))")
      }
    case .isInLedger:
      guard let other, other != enterprise.id else { throw refuse("it cannot be merged into itself", "不能与自身合并") }
      let state = try requireEnterprise(other, in: state).state
      guard state == .active || state == .suspended else {
        throw refuse(
          "enterprise \(other) is not in the ledger: \(state.label.english)",
          "监管对象\(other)不在台账中（\(state.label.chinese)）")
      }
    case .noMajorOpen:
      if try openCases(in: state).contains(where: { $0.severity == .major }) {
        throw refuse("a major hazard of it is open; it is reviewed first", "尚有重大隐患未销号，须先复查")
      }
    case .noSites:
      let open = try sites(of: enterprise.uscc, in: state).filter { $0.isInLedger || $0.state == .candidate }
      guard open.isEmpty else {
        let ids = open.prefix(10).map { "\($0.id)" }.joined(separator: ", ")
        throw refuse(
          "it operates in other places yet, close these first (\(open.count)): \(ids)",
          "尚有\(open.count)处经营场所，请先注销：\(ids)")
      }
    case .offeredHere:
      guard let offered = enterprise.movingTo, offered.ancestor(atDepth: 3) == place?.ancestor(atDepth: 3) else {
        throw refuse("it was not offered to this place", "未申请迁入本地")
      }
    case .offered: if enterprise.movingTo == nil { throw refuse("it was offered to no place", "未申请迁移") }
    case .inTime:
      if let end = enterprise.acceptBy, end < act.time {
        throw refuse(
          "the term to accept it ended at \(end.localDescription); the old place can offer it again",
          "接收期限已于\(end.localDescription)届满，可由原属地重新申请迁移")
      }
    case .updateProposed: if enterprise.proposedUpdate == nil { throw refuse("no update waits", "没有待确认的更新") }
    case .ofGrid:
      if enterprise.supervision == .direct { throw refuse("a department supervises it already", "已由部门直接监管") }
    case .direct: if enterprise.supervision != .direct { throw refuse("the grid supervises it already", "已由网格监管") }
    case .hasReason:
      if note.isEmpty { throw .noteMissing }
    }
  }

  /// The open ones among its latest cases; nobody has more.
  private func openCases(in state: borrowing some State & ~Copyable) throws(Refusal) -> [Hazard] {
    let range = KeyRange(prefix: HazardsByEnterpriseIndex.prefix(enterprise.id))
    let entries = try state.entries(
      HazardsByEnterpriseIndex.self, in: range, descending: true, limit: Self.casesMax)
    var open: [Hazard] = []
    for entry in entries {
      if let hazard = try state.record(HazardsTable.self, entry.key), hazard.dueAt != nil { open.append(hazard) }
    }
    return open
  }

  /// Cases of one object that a command looks at: a batch takes no more.
  private static let casesMax = 1000

  // MARK: Finishing

  /// Performs the row's effects, and writes object and history.
  mutating func finish(_ state: inout some State & ~Copyable) throws(Refusal) -> Enterprise {
    if let next = row.next { enterprise.state = next }
    for effect in row.effects { try perform(effect, &state) }
    switch row.deadline {
    case .accept:
      let profile = try state.requireRules().profile
      guard let term = profile.ledger?.accept else { throw .unconfigured(Unconfigured(rule: "ledger.accept")) }
      enterprise.acceptBy = try WorkingCalendar(profile.calendar).due(term, from: act.time)
    case .keep: break
    case .none: (enterprise.movingTo, enterprise.acceptBy) = (nil, nil)
    }
    enterprise.version += 1
    enterprise.entryCount += 1
    enterprise.updatedAt = act.time
    enterprise.settle()
    state.put(EnterprisesTable.self, enterprise)
    let hasNewCode = enterprise.uscc != nil && enterprise.uscc != codeBefore
    if enterprise.grid != gridBefore || hasNewCode { try moveDishonesty(with: enterprise, &state) }
    if hasNewCode { try bringSites(&state) }
    if enterprise.grid != gridBefore || enterprise.state != stateBefore { try moveDuties(with: enterprise, &state) }
    enterprise.remember(row.event, from: stateBefore, at: gridBefore, note: note, act, &state)
    return enterprise
  }

  /// Its further places of operation are those of its new credit code.
  private func bringSites(_ state: inout some State & ~Copyable) throws(Refusal) {
    for var site in try sites(of: codeBefore, in: state) {
      site.siteOf = enterprise.uscc
      site.version += 1
      site.updatedAt = act.time
      state.put(EnterprisesTable.self, site)
    }
  }

  private mutating func perform(
    _ effect: EnterpriseWorkflow.Effect, _ state: inout some State & ~Copyable
  ) throws(Refusal) {
    switch effect {
    case .freeCode: (enterprise.uscc, enterprise.usccStatus) = (nil, .missing)
    case .move:
      enterprise.member = nil
      try enterprise.arrive(from: gridBefore, act, in: state)
    case .beDirect: (enterprise.supervision, enterprise.member) = (.direct, nil)
    case .beOfGrid: (enterprise.supervision, enterprise.directGround) = (.grid, nil)
    case .dropUpdate: enterprise.proposedUpdate = nil
    case .verify: enterprise.verifiedOn = act.today
    case .moveCases:
      for hazard in try openCases(in: state) {
        var step = try HazardStep(.rezone, hazard, version: nil, note: row.event.label.chinese, act, in: state)
        step.hazard.enterpriseId = enterprise.mergedInto
        _ = try step.finish(&state)
      }
    case .terminateCases:
      let note = note.isEmpty ? row.event.label.chinese : note
      for hazard in try openCases(in: state) where HazardWorkflow.row(.terminate, in: hazard.state) != nil {
        var step = try HazardStep(.terminate, hazard, version: nil, note: note, act, in: state)
        _ = try step.finish(&state)
      }
    }
  }
}

extension Enterprise {
  /// What of the fields that a profile asks for it has not.
  func missing(
    _ required: [LedgerField], in reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> [LedgerField] {
    let asksWhom = required.contains { [.legalRepresentative, .safetyOfficer, .phone].contains($0) }
    let contact = asksWhom ? try reader.record(EnterpriseContactsTable.self, .init(enterpriseId: id)) : nil
    return required.filter { field in
      switch field {
      case .uscc: uscc == nil && siteOf == nil
      case .address: address.isEmpty
      case .point: point == nil
      case .industry: industry == nil
      case .employees: employees == nil
      case .output: output == nil
      case .legalRepresentative: contact?.legalRepresentative == nil
      case .safetyOfficer: contact?.safetyOfficer == nil
      case .phone: contact?.phone == nil
      case .unspecified, .unrecognized: false
      }
    }
  }

  /// Gives it a level of standardisation; the one before still counts for the days before.
  ///
  /// - Parameters:
  ///   - level: `nil`: as it is; a day alone puts right since when.
  ///   - date: `nil`: a new level begins today.
  mutating func rate(_ level: Standardization?, since date: Date?, _ act: Act) {
    guard let level, level != standardization else {
      standardizedOn = date ?? standardizedOn
      return
    }
    earlierStandardizations.append(StandardizationPeriod(level: standardization, from: standardizedOn))
    earlierStandardizations = earlierStandardizations.suffix(Self.earlierStandardizationsMax)
    (standardization, standardizedOn) = (level, date ?? act.today)
  }

  /// A level lasts three years: these are sixty.
  private static let earlierStandardizationsMax = 20

  /// Writes the line of its history of which the ordinal is counted already.
  func remember(
    _ event: EnterpriseEvent, from before: EnterpriseState?, at place: GridCode, note: String, _ act: Act,
    _ state: inout some State & ~Copyable
  ) {
    state.put(
      EnterpriseEntriesTable.self,
      EnterpriseEntry(
        enterpriseId: id, ordinal: entryCount, at: act.time, event: event, actor: act.actor,
        through: act.caller.through, from: before, to: self.state, grid: place, note: note, sequence: act.sequence))
  }

  /// Sets what follows from the other fields; before every put.
  mutating func settle() {
    let isAway = registered.map { !$0.contains(grid) } ?? false
    awayFrom = isAway && (isInLedger || state == .candidate) ? registered : nil
    gaps = isInLedger ? supervisionGaps : []
    unsupervisedIn = gaps.isEmpty ? nil : grid
    if !isInLedger, state != .candidate { proposedUpdate = nil }
    updateWaitsIn = proposedUpdate == nil ? nil : grid
  }

  /// Whether it is an object of supervision now.
  var isInLedger: Bool { state.isInLedger }

  /// What is missing for somebody to supervise it. The members of a cell answer for all that stands in it.
  var supervisionGaps: [SupervisionGap] {
    var gaps: [SupervisionGap] = []
    if supervision != .direct, member == nil, grid.depth < 4 { gaps.append(.noMember) }
    if responsibleDepartment.isEmpty { gaps.append(.noDepartment) }
    return gaps
  }
}

extension EnterpriseState {
  var isInLedger: Bool { self == .active || self == .suspended }
}
