package import Records
import Scalars

// The two-cadence system 两化: an enterprise logs in, checks itself, and uploads a hazard that it has rectified; each is due
// again so many days after it was done.

func registerCadence(
  _ request: RegisterCadence, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CadenceAccount {
  let enterprise = try concernedEnterprise(request.enterpriseId, .generate, act, in: state)
  guard enterprise.state == .active || enterprise.state == .suspended else {
    let state = enterprise.state.label
    let reason = Label(
      "enterprise \(enterprise.id) is not in the ledger: \(state.english)",
      "监管对象\(enterprise.id)不在台账中（\(state.chinese)）")
    throw .dutyNotAllowed(DutyNotAllowed(event: .generate, reason: reason))
  }
  let terms = try DutyTerms(in: state)
  let known = try state.record(CadenceAccountsTable.self, .init(enterpriseId: enterprise.id))
  var account =
    known
    ?? CadenceAccount(
      enterpriseId: enterprise.id, grid: enterprise.grid, registeredOn: act.today, registeredBy: act.actor,
      active: enterprise.state == .active)
  account.account = request.account
  account.version += 1
  state.put(CadenceAccountsTable.self, account)
  if known == nil, account.active {
    var id = try nextDuty(in: state)
    for kind in DutyKind.cadence {
      guard let duty = try nextCadence(of: kind, enterprise, id: id, terms, act) else { continue }
      var step = DutyStep(generating: duty, terms, act)
      try step.finish(&state)
      id += 1
    }
  }
  return account
}

func recordCadence(
  _ request: RecordCadence, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CadenceReceipt {
  let enterprise = try concernedEnterprise(request.enterpriseId, .record, act, in: state)
  guard let kind = request.deed.kind else {
    throw .invalid("deed", "say which: login, self_check or upload_fix", "请指明办理事项：登录、自查或上传整改")
  }
  guard var account = try state.record(CadenceAccountsTable.self, .init(enterpriseId: enterprise.id)) else {
    throw .notFound(NotFound("two-cadence account of enterprise", "\(enterprise.id)"))
  }
  guard enterprise.state == .active else {
    let state = enterprise.state.label
    let reason = Label(
      "the cadence rests while enterprise \(enterprise.id) is: \(state.english)",
      "监管对象\(enterprise.id)处于“\(state.chinese)”，两化节拍暂停")
    throw .dutyNotAllowed(DutyNotAllowed(event: .record, reason: reason))
  }
  let terms = try DutyTerms(in: state)
  guard let next = try nextCadence(of: kind, enterprise, id: try nextDuty(in: state), terms, act) else {
    throw .unconfigured(Unconfigured(rule: "cadence.\(kind.name)"))
  }
  let open = try lastCadence(of: kind, enterprise.id, in: state).flatMap { $0.isOver ? nil : $0 }
  var receipt = CadenceReceipt(enterpriseId: enterprise.id, kind: kind, nextDueAt: Instant(endOf: next.to))
  // Who logs in ten times a day has logged in once.
  let isRepeated = kind == .login && account.lastLogin?.localDate == act.today && open?.state == .due
  account.note(kind, at: act.time)
  account.version += 1
  state.put(CadenceAccountsTable.self, account)
  if isRepeated, let due = open?.dueAt {
    receipt.nextDueAt = due
    return receipt
  }
  if open == nil {
    var begin = DutyStep(generating: next, terms, act)
    try begin.finish(&state)
  }
  // What was not owed yet is done as soon as it begins.
  let duty = if let open { open } else { try requireDuty(next.id, in: state) }
  var step = try DutyStep(.record, duty, doing: .cadence(request), note: request.note, terms, act, in: state)
  receipt.done = try step.finish(&state)
  return receipt
}

/// The enterprise, if the caller may act for it.
private func concernedEnterprise(
  _ id: UInt64, _ event: DutyEvent, _ act: Act, in state: borrowing some State & ~Copyable
) throws(Refusal) -> Enterprise {
  let enterprise = try requireEnterprise(id, in: state)
  let grants = act.caller.grants(for: act.method, in: .grid(enterprise.grid))
  let isEnterprise = !grants.isEmpty && grants.allSatisfy { $0.role == .enterprise }
  if isEnterprise, act.caller.person?.enterpriseId != id {
    throw .dutyNotAllowed(DutyNotAllowed(event: event, reason: .forItselfOnly))
  }
  return enterprise
}

/// The newest duty of a kind that an enterprise had.
package func lastCadence(
  of kind: DutyKind, _ enterprise: UInt64, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Duty? {
  let range = KeyRange(prefix: DutiesByEnterpriseIndex.prefix(enterprise, kind))
  guard
    let last = try reader.firstEntry(DutiesByEnterpriseIndex.self, in: range, descending: true)
  else { return nil }
  return try reader.record(DutiesTable.self, last.key)
}

/// The duty that begins today; `nil` when the profile sets no term.
func nextCadence(
  of kind: DutyKind, _ enterprise: Enterprise, id: UInt64, _ terms: DutyTerms, _ act: Act
) throws(Refusal) -> Duty? {
  guard let term = terms.period(of: kind) else { return nil }
  let to = try terms.calendar.due(term, from: act.time).localDate
  return Duty(
    id: id, kind: kind, grid: enterprise.grid, enterpriseId: enterprise.id, from: act.today, to: to,
    holder: enterprise.grid, month: to.month)
}

extension DutyStep {
  /// Refuses hazards that are not the enterprise's own reports, and an upload of one that is not rectified, or was
  /// uploaded before.
  func check(_ deed: CadenceDeed, in state: borrowing some State & ~Copyable) throws(Refusal) {
    switch deed {
    case .selfCheck(let check):
      guard check.zeroReport == check.hazards.isEmpty else {
        throw .invalid("deed", "either a zero report, or the hazards that were found and reported", "零报告与已上报隐患须且仅须填写一项")
      }
      for number in check.hazards { _ = try ownReport(number, in: state) }
    case .uploadFix(let fix):
      let hazard = try ownReport(fix.number, in: state)
      guard hazard.state == .fedBack || hazard.state == .closed else {
        throw refuse(
          "hazard \(fix.number) is not rectified yet: \(hazard.state.label.english)",
          "案卷\(fix.number)尚未整改完成（\(hazard.state.label.chinese)）")
      }
      if let before = try state.record(CadenceDoneByFixIndex.self, .init(fixed: fix.number)) {
        throw refuse(
          "hazard \(fix.number) was uploaded before, for duty \(before.dutyId)",
          "案卷\(fix.number)的整改已在任务\(before.dutyId)中上传")
      }
    default: break
    }
  }

  private func ownReport(
    _ number: HazardNumber, in state: borrowing some State & ~Copyable
  ) throws(Refusal) -> Hazard {
    let hazard = try requireHazard(number, in: state)
    guard hazard.source == .selfReport, hazard.enterpriseId == duty.enterpriseId else {
      throw refuse("hazard \(number) is no report of the enterprise itself", "案卷\(number)不是该企业的自查自报")
    }
    return hazard
  }

  func keep(_ request: RecordCadence, _ state: inout some State & ~Copyable) {
    guard let enterprise = duty.enterpriseId else { return }
    var done = CadenceDone(
      dutyId: duty.id, enterpriseId: enterprise, kind: duty.kind, at: act.time, by: act.actor, note: request.note)
    switch request.deed {
    case .selfCheck(let check): (done.zeroReport, done.hazards) = (check.zeroReport, check.hazards)
    case .uploadFix(let fix): done.fixed = fix.number
    default: break
    }
    state.put(CadenceDoneTable.self, done)
  }

  /// The next one is due so many days from now.
  func goOn(_ state: inout some State & ~Copyable) throws(Refusal) {
    guard let id = duty.enterpriseId else { return }
    let enterprise = try requireEnterprise(id, in: state)
    // Lists do not show yet what the same command has begun.
    let number = max(try nextDuty(in: state), duty.id + 1)
    guard let next = try nextCadence(of: duty.kind, enterprise, id: number, terms, act) else { return }
    var step = DutyStep(generating: next, terms, act)
    try step.finish(&state)
  }
}

extension CadenceDeed {
  var kind: DutyKind? {
    switch self {
    case .login: .login
    case .selfCheck: .selfCheck
    case .uploadFix: .uploadFix
    case .unset, .unrecognized: nil
    }
  }
}

extension CadenceAccount {
  fileprivate mutating func note(_ kind: DutyKind, at time: Instant) {
    switch kind {
    case .login: lastLogin = time
    case .selfCheck: lastSelfCheck = time
    default: lastUploadFix = time
    }
  }
}
