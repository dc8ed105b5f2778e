package import Records
import Scalars

func recordCredit(
  _ request: RecordCredit, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CreditRecord {
  try checkFact(request.kind, request.occurredOn, act)
  return try addCreditRecord(
    CreditRecord(
      enterpriseId: request.enterpriseId, kind: request.kind, occurredOn: request.occurredOn, basis: request.basis),
    act, &state)
}

/// Enters a fact about a person 个人信用记录; no enterprise's score changes by it.
func recordPersonCredit(
  _ request: RecordPersonCredit, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PersonCreditReceipt {
  let enterprise = try requireEnterprise(request.enterpriseId, in: state)
  try checkFact(request.kind, request.occurredOn, act)
  let id = (try state.firstKey(PersonCreditTable.self, in: .all, descending: true)?.id ?? 0) + 1
  let known = try personCredit(of: request.identityHash, in: state)
  state.put(
    PersonCreditTable.self,
    PersonCredit(
      id: id, identityHash: request.identityHash, name: request.name, position: request.position,
      grid: enterprise.grid,
      record: CreditRecord(
        enterpriseId: enterprise.id, ordinal: (known.first?.record.ordinal ?? 0) + 1, kind: request.kind,
        occurredOn: request.occurredOn, status: .active, basis: request.basis, decidedBy: act.actor)))
  return PersonCreditReceipt(id: id, status: .active)
}

/// Ends a record of a person, as ``endCreditRecord(_:as:_:_:)`` does one of an enterprise.
func endPersonCredit(
  _ request: EndPersonCredit, as status: CreditStatus, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PersonCreditReceipt {
  guard var known = try state.record(PersonCreditTable.self, .init(id: request.id)) else {
    throw .notFound(NotFound("credit record of a person", "\(request.id)"))
  }
  try known.record.checkEnd(as: status)
  known.record.end(as: status, basis: request.basis, act)
  state.put(PersonCreditTable.self, known)
  return PersonCreditReceipt(id: known.id, status: status)
}

/// The newest hundred records of a person, newest first.
package func personCredit(
  of identity: [UInt8], in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [PersonCredit] {
  let prefix = KeyRange(prefix: PersonCreditByIdentityIndex.prefix(identity))
  var records: [PersonCredit] = []
  for entry in try reader.entries(PersonCreditByIdentityIndex.self, in: prefix, descending: true, limit: 100) {
    if let known = try reader.record(PersonCreditTable.self, entry.key) { records.append(known) }
  }
  return records
}

/// Refuses what people do not enter, and what has not happened yet.
/// - Throws: `creditKindDerived`, `invalidArgument`
private func checkFact(_ kind: CreditKind, _ occurredOn: Date, _ act: Act) throws(Refusal) {
  if let workflow = kind.derivedBy {
    throw .creditKindDerived(CreditKindDerived(kind: kind, workflow: workflow))
  }
  guard occurredOn <= act.today else {
    throw .invalid("occurred_on", "\(occurredOn) lies in the future", "\(occurredOn)晚于今日")
  }
}

extension CreditKind {
  /// The workflow that enters facts of this kind; `nil` when people do.
  fileprivate var derivedBy: Label? {
    switch self {
    case .hazardOverdue, .verifyFailed, .majorFoundByOthers, .majorOverdue, .selfReported:
      Label(HazardWorkflow.name, "隐患办理流程")
    case .listingFailed: Label(ListingWorkflow.name, "挂牌督办流程")
    case .cadenceMissed: Label(DutyWorkflow.name, "任务流程")
    default: nil
    }
  }
}

/// Ends a record: repaired counts no more from today on, revoked never did. What is repaired may still be revoked.
func endCreditRecord(
  _ request: EndCreditRecord, as status: CreditStatus, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CreditRecord {
  let key = CreditRecordsTable.Key(enterpriseId: request.enterpriseId, ordinal: request.ordinal)
  guard var record = try state.record(CreditRecordsTable.self, key) else {
    throw .notFound(NotFound("credit record", "\(request.enterpriseId)/\(request.ordinal)"))
  }
  try record.checkEnd(as: status)
  var enterprise = try requireEnterprise(record.enterpriseId, in: state)
  enterprise.version += 1
  enterprise.updatedAt = act.time
  record.end(as: status, basis: request.basis, act)
  state.put(EnterprisesTable.self, enterprise)
  state.put(CreditRecordsTable.self, record)
  return record
}

extension CreditRecord {
  /// - Throws: `creditRecordEnded`
  fileprivate func checkEnd(as status: CreditStatus) throws(Refusal) {
    guard let since = endedOn, self.status == .revoked || status == .repaired else { return }
    throw .creditRecordEnded(
      CreditRecordEnded(enterpriseId: enterpriseId, ordinal: ordinal, status: self.status, since: since))
  }

  mutating func end(as status: CreditStatus, basis: String, _ act: Act) {
    (self.status, endedOn) = (status, act.today)
    (endedBasis, endedBy) = (basis, act.actor)
  }
}

/// Adds a record to an enterprise's file, with its ordinal and who decided it. What happens at a further place of operation
/// goes into the file of the enterprise.
@discardableResult
func addCreditRecord(
  _ draft: CreditRecord, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CreditRecord {
  var enterprise = try creditBearer(of: draft.enterpriseId, in: state)
  enterprise.creditCount += 1
  enterprise.version += 1
  enterprise.updatedAt = act.time
  var record = draft
  record.enterpriseId = enterprise.id
  record.ordinal = enterprise.creditCount
  record.status = .active
  record.decidedBy = act.actor
  state.put(EnterprisesTable.self, enterprise)
  state.put(CreditRecordsTable.self, record)
  return record
}

/// The newest thousand records of an enterprise, newest first: many years, for any honest enterprise.
package func creditRecords(
  of enterprise: UInt64, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [CreditRecord] {
  let keys = try reader.keys(
    CreditRecordsTable.self, in: KeyRange(prefix: CreditRecordsTable.prefix(enterprise)), descending: true, limit: 1000)
  var records: [CreditRecord] = []
  for key in keys {
    if let record = try reader.record(CreditRecordsTable.self, key) { records.append(record) }
  }
  return records
}
