package import Records
import Scalars

func recordCredit(
  _ request: RecordCredit, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CreditRecord {
  if let workflow = request.kind.derivedBy {
    throw .creditKindDerived(CreditKindDerived(kind: request.kind, workflow: workflow))
  }
  guard request.occurredOn <= act.today else {
    throw .invalidArgument(InvalidArgument(field: "occurred_on", reason: "\(request.occurredOn) lies in the future"))
  }
  return try addCreditRecord(
    CreditRecord(
      enterpriseId: request.enterpriseId, kind: request.kind, occurredOn: request.occurredOn, basis: request.basis),
    act, &state)
}

extension CreditKind {
  /// The workflow that enters facts of this kind; `nil` when people do.
  fileprivate var derivedBy: String? {
    switch self {
    case .hazardOverdue, .verifyFailed, .majorFoundByOthers, .majorOverdue, .selfReported: HazardWorkflow.name
    case .listingFailed: ListingWorkflow.name
    case .cadenceMissed: DutyWorkflow.name
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
    throw .notFound(NotFound(what: "credit record", id: "\(request.enterpriseId)/\(request.ordinal)"))
  }
  if let since = record.endedOn, record.status == .revoked || status == .repaired {
    throw .creditRecordEnded(
      CreditRecordEnded(
        enterpriseId: record.enterpriseId, ordinal: record.ordinal, status: record.status, since: since))
  }
  var enterprise = try requireEnterprise(record.enterpriseId, in: state)
  enterprise.version += 1
  enterprise.updatedAt = act.time
  record.end(as: status, basis: request.basis, act)
  state.put(EnterprisesTable.self, enterprise)
  state.put(CreditRecordsTable.self, record)
  return record
}

extension CreditRecord {
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
