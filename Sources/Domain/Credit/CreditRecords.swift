package import Records
import Scalars

func recordCredit(
  _ request: RecordCredit, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CreditRecord {
  guard !workflowKinds.contains(request.kind) else {
    let reason = "\(request.kind.label.english) is entered by the hazard's own workflow"
    throw .invalidArgument(InvalidArgument(field: "kind", reason: reason))
  }
  guard request.occurredOn <= act.today else {
    throw .invalidArgument(InvalidArgument(field: "occurred_on", reason: "\(request.occurredOn) lies in the future"))
  }
  return try addCreditRecord(
    CreditRecord(
      enterpriseId: request.enterpriseId, kind: request.kind, occurredOn: request.occurredOn, basis: request.basis),
    act, &state)
}

/// Facts that follow from hazards, and would count twice if somebody entered them as well.
private let workflowKinds: [CreditKind] = [
  .hazardOverdue, .verifyFailed, .majorFoundByOthers, .majorOverdue, .selfReported,
]

/// Adds a record to an enterprise's file, with its ordinal and who decided it.
@discardableResult
func addCreditRecord(
  _ draft: CreditRecord, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> CreditRecord {
  var enterprise = try requireEnterprise(draft.enterpriseId, in: state)
  enterprise.creditCount += 1
  enterprise.version += 1
  enterprise.updatedAt = act.time
  var record = draft
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
