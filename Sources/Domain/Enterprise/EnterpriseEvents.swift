import Bytes
import Records
import Scalars

// One function for each command on an object of the ledger: what the request adds to its row of the workflow.

func collectEnterprise(
  _ request: CollectEnterprise, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CollectReceipt {
  guard request.object.grid == request.grid else {
    throw .invalid("object.grid", "is not the grid of the request", "与请求的网格不一致")
  }
  if request.object.member != nil || request.object.supervision != nil {
    throw .invalid(
      "object", "who supervises it is decided once it is in the ledger: leave member and supervision out",
      "监管责任在入库时落实：请勿填写网格员和监管方式")
  }
  var candidate = try newObject(of: request.object, on: act.today, in: state)
  if let uscc = candidate.uscc, let known = try state.record(EnterprisesByUsccIndex.self, .init(uscc: uscc)) {
    guard known.state == .closed else { throw .alreadyKnown(AlreadyKnown(uscc: uscc, id: known.id)) }
    return try collectAgain(known, candidate, request, act, &state)
  }
  let alike = try idsOfNamesakes(candidate, in: state)
  candidate.id = try nextEnterpriseID(in: state)
  candidate.createdAt = act.time
  candidate.state = .candidate
  _ = try bringContact(request.object, to: candidate.id, act, &state)
  var step = EnterpriseStep(collecting: candidate, note: request.note, act)
  return CollectReceipt(id: try step.finish(&state).id, alike: alike)
}

/// An object that was closed operates again.
private func collectAgain(
  _ known: Enterprise, _ candidate: Enterprise, _ request: CollectEnterprise, _ act: Act,
  _ state: inout some State & ~Copyable
) throws(Refusal) -> CollectReceipt {
  var step = try EnterpriseStep(.collect, known.id, version: nil, note: request.note, act, in: state)
  step.enterprise = known.updated(by: candidate)
  // Whoever supervised it did so where it was.
  (step.enterprise.member, step.enterprise.supervision, step.enterprise.directGround) = (nil, .grid, nil)
  _ = try bringContact(request.object, to: known.id, act, &state)
  let object = try step.finish(&state)
  if object.grid != known.grid {
    try moveDishonesty(with: object, &state)
    try moveDuties(with: object, &state)
  }
  return CollectReceipt(id: object.id)
}

/// Objects of the same name in the same village, as many as a person looks through.
private func idsOfNamesakes(
  _ candidate: Enterprise, in state: borrowing some State & ~Copyable
) throws(Refusal) -> [UInt64] {
  let wanted = SearchEnterprises(
    grid: candidate.grid.ancestor(atDepth: 3), text: String(candidate.name.unicodeScalars.prefix(64)),
    states: [.candidate, .active, .suspended])
  var search = EnterpriseSearch(wanted, limit: 10)
  try search.run(in: state)
  return search.page.enterprises.filter { SearchText($0.name) == SearchText(candidate.name) }.map(\.id)
}

/// Events that bring nothing but words.
func moveEnterprise(
  _ request: EnterpriseNote, _ event: EnterpriseEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    event, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  return try step.finish(&state)
}

func mergeEnterprise(
  _ request: MergeEnterprise, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .merge, request.id, version: request.expectedVersion, note: request.note, other: request.into, act, in: state)
  step.enterprise.mergedInto = request.into
  return try step.finish(&state)
}

func updateEnterprise(
  _ request: UpdateEnterprise, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .update, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  let code = try check(request, of: step.enterprise, act, in: state)
  step.enterprise.bring(request, code, act)
  return try step.finish(&state)
}

/// Refuses what cannot be brought.
///
/// - Returns: the credit code that it brings; `nil` when it brings none.
/// - Throws: `invalidArgument`, `alreadyKnown`
private func check(
  _ update: UpdateEnterprise, of enterprise: Enterprise, _ act: Act, in state: borrowing some State & ~Copyable
) throws(Refusal) -> USCC? {
  if let fault = update.keyPeriod?.fault {
    throw .invalid("key_period", fault)
  }
  if let fault = IndustrySection.fault(in: update.industry) {
    throw .invalid("industry", fault)
  }
  if let date = update.standardizedOn, date > act.today {
    throw .invalid("standardized_on", "\(date) lies in the future", "\(date)晚于今日")
  }
  guard let text = update.uscc else { return nil }
  let code: USCC
  do throws(RecordFault) { code = try USCC(parsing: text) } catch {
    throw .invalid("uscc", Label(error.reason, error.chinese))
  }
  guard enterprise.siteOf == nil else {
    throw .invalid(
      "uscc", "a further place of operation has no credit code of its own", "经营场所没有自己的统一社会信用代码")
  }
  if let fault = code.fault(acceptLegacy: update.acceptLegacy) { throw .invalid("uscc", fault) }
  if let known = try state.record(EnterprisesByUsccIndex.self, .init(uscc: code)), known.id != enterprise.id {
    throw .alreadyKnown(AlreadyKnown(uscc: code, id: known.id))
  }
  return code
}

extension USCC {
  /// Why the ledger does not take it; `nil` when it does.
  ///
  /// - Parameter acceptLegacy: the caller says that the registry has a wrong check character so.
  func fault(acceptLegacy: Bool) -> Label? {
    guard !isVerified, !acceptLegacy else { return nil }
    return Label(
      "the check character of credit code \(self) is not \(expectedCheckCharacter); "
        + "if the registry has it so, accept it as a legacy code",
      "统一社会信用代码\(self)校验位应为\(expectedCheckCharacter)，登记机关确系如此的，请按历史代码接受")
  }

  var status: UsccStatus { isVerified ? .verified : .legacyUnverified }
}

extension Enterprise {
  /// What is new; the rest stays as it is.
  fileprivate mutating func bring(_ update: UpdateEnterprise, _ code: USCC?, _ act: Act) {
    if let code {
      (uscc, usccStatus) = (code, code.status)
      registered = registered ?? code.county
    }
    type = update.type ?? type
    name = update.name ?? name
    address = update.address ?? address
    point = update.point ?? point
    industry = update.industry ?? industry
    riskLevel = update.riskLevel ?? riskLevel
    employees = update.employees ?? employees
    rate(update.standardization, since: update.standardizedOn, act)
    flags = update.flags?.flags.inOrder ?? flags
    registered = update.registered ?? registered
    output = update.output ?? output
    keyPeriod = update.keyPeriod ?? keyPeriod
  }
}

extension KeyPeriod {
  /// Why it is no period; `nil` when it is one.
  var fault: Label? {
    guard to < from else { return nil }
    return Label("key_period: \(to) lies before its first day, \(from)", "重点时段：\(to)早于起始日\(from)")
  }
}

/// Says whom to call about an object: apart from the object itself, which many more people read.
func putEnterpriseContact(
  _ request: PutEnterpriseContact, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PutEnterpriseContactReceipt {
  let enterprise = try requireEnterprise(request.id, in: state)
  if act.caller.isEnterpriseOnly, act.caller.person?.enterpriseId != request.id {
    throw .enterpriseNotAllowed(
      EnterpriseNotAllowed(event: .update, reason: .forItselfOnly))
  }
  guard enterprise.isInLedger || enterprise.state == .candidate else {
    throw .enterpriseTransitionInvalid(
      EnterpriseTransitionInvalid(id: request.id, state: enterprise.state, event: .update))
  }
  let before = try state.record(EnterpriseContactsTable.self, .init(enterpriseId: request.id))
  try checkVersion(before?.version ?? 0, request.expectedVersion)
  let contact = putContact(
    request.id, request.legalRepresentative, request.safetyOfficer, request.phone, over: before, act, &state)
  return PutEnterpriseContactReceipt(id: request.id, version: contact.version)
}

/// What is not said stays as it was.
@discardableResult
func putContact(
  _ id: UInt64, _ legalRepresentative: String?, _ safetyOfficer: String?, _ phone: String?,
  over before: EnterpriseContact?, _ act: Act, _ state: inout some State & ~Copyable
) -> EnterpriseContact {
  let contact = EnterpriseContact(
    enterpriseId: id, legalRepresentative: legalRepresentative ?? before?.legalRepresentative,
    safetyOfficer: safetyOfficer ?? before?.safetyOfficer, phone: phone ?? before?.phone,
    version: (before?.version ?? 0) + 1, updatedAt: act.time, updatedBy: act.actor)
  state.put(EnterpriseContactsTable.self, contact)
  return contact
}

/// Ends the offers that nobody took in time (`lapse` in ``EnterpriseWorkflow``).
func expireEnterprises(
  _ request: ExpireEnterprises, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ExpireReceipt {
  let due = KeyRange(lower: [], upper: EnterprisesOfferTimersIndex.prefix(act.time.adding(milliseconds: 1)))
  let entries = try state.entries(
    EnterprisesOfferTimersIndex.self, in: due, descending: false, limit: Int(request.limit))
  for entry in entries {
    var step = try EnterpriseStep(.lapse, entry.key.id, version: nil, note: "", act, in: state)
    _ = try step.finish(&state)
  }
  return ExpireReceipt(expired: UInt32(entries.count))
}

/// What a grid member has found waits for the village.
func proposeUpdate(
  _ request: UpdateEnterprise, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .proposeUpdate, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  _ = try check(request, of: step.enterprise, act, in: state)
  step.enterprise.proposedUpdate = ProposedUpdate(update: request, proposedBy: act.actor, proposedAt: act.time)
  return try step.finish(&state)
}

func confirmUpdate(
  _ request: EnterpriseNote, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .confirmUpdate, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  guard let proposed = step.enterprise.proposedUpdate else { preconditionFailure("the guard has seen it") }
  guard proposed.proposedBy != act.actor else {
    throw step.refuse("\(act.actor) has proposed it; somebody else confirms it", "更新由\(act.actor)提出，须由他人确认")
  }
  // Another object may have got the code meanwhile.
  let code = try check(proposed.update, of: step.enterprise, act, in: state)
  step.enterprise.bring(proposed.update, code, act)
  return try step.finish(&state)
}

func assignEnterprise(
  _ request: AssignEnterprise, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .assign, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  if let member = request.member {
    if step.enterprise.supervision == .direct {
      throw step.refuse("a department supervises it: it has no grid member", "由部门直接监管，不设网格员")
    }
    try step.setMember(member, in: state)
  }
  if let department = request.department {
    try checkDepartment(department, "department", near: step.enterprise.grid, on: act.today, in: state)
    step.enterprise.responsibleDepartment = department
  }
  return try step.finish(&state)
}

func relocateEnterprise(
  _ request: RelocateEnterprise, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .relocate, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  guard request.to != step.enterprise.grid else {
    throw step.refuse("it stands in \(request.to) already", "已在网格\(request.to)")
  }
  try step.checkPlace(request.to, in: state)
  step.enterprise.movingTo = request.to
  return try step.finish(&state)
}

func acceptRelocation(
  _ request: DecideRelocation, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .acceptRelocation, request.id, version: request.expectedVersion, note: request.note, at: request.grid, act,
    in: state)
  try step.checkPlace(request.grid, in: state)
  step.enterprise.grid = request.grid
  if !request.address.isEmpty { step.enterprise.address = request.address }
  step.enterprise.point = request.point
  return try step.finish(&state)
}

func refuseRelocation(
  _ request: DecideRelocation, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .refuseRelocation, request.id, version: request.expectedVersion, note: request.note, at: request.grid, act,
    in: state)
  return try step.finish(&state)
}

func setDirect(
  _ request: SetDirect, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .setDirect, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  try checkDepartment(request.department, "department", near: step.enterprise.grid, on: act.today, in: state)
  step.enterprise.directGround = request.ground
  step.enterprise.responsibleDepartment = request.department
  return try step.finish(&state)
}

func unsetDirect(
  _ request: UnsetDirect, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Enterprise {
  var step = try EnterpriseStep(
    .unsetDirect, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  try step.setMember(request.member, in: state)
  return try step.finish(&state)
}

extension EnterpriseStep {
  /// Refuses a place where no object can stand.
  /// - Throws: `unknownGrid`, `gridRetired`, `enterpriseNotAllowed`
  fileprivate func checkPlace(_ grid: GridCode, in state: borrowing some State & ~Copyable) throws(Refusal) {
    try checkLiving(grid, in: state)
    guard grid.depth >= 3 else { throw refuse("grid \(grid) is neither a cell nor a village", "网格\(grid)既非村级，也非网格员网格") }
  }

  /// - Throws: `unknownPerson`, `enterpriseNotAllowed`
  fileprivate mutating func setMember(_ id: String, in state: borrowing some State & ~Copyable) throws(Refusal) {
    let person = try requirePerson(id, in: state)
    guard person.isGridMember(of: enterprise.grid, on: act.today) else {
      throw refuse("\(id) is no grid member of \(enterprise.grid)", "\(id)不是网格\(enterprise.grid)的网格员")
    }
    enterprise.member = id
  }
}
