import Records
import Scalars

// One function for each command on a case: what the request adds to its row of the workflow.

func openDishonesty(
  _ request: OpenDishonesty, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  let enterprise = try bearer(of: request.enterpriseId, in: state)
  guard request.penaltyOn <= act.today else {
    throw .invalid("penalty_on", "\(request.penaltyOn) lies in the future", "\(request.penaltyOn)晚于今日")
  }
  var subject = try newCase(
    against: request.subject, of: enterprise, request.name, request.identityHash, request.position, act, in: state)
  (subject.ground, subject.reason) = (request.ground, request.reason)
  (subject.penalty, subject.penaltyOn) = (request.penalty, request.penaltyOn)
  var step = try DishonestyStep(beginning: subject, by: .open, note: "", act, in: state)
  try step.checkDecider(at: enterprise.grid)
  try step.checkScope(enterprise)
  return try step.finish(&state)
}

/// Writes down a listing by the rules before these: it begins and ends on days that are over.
func recordLegacyListing(
  _ request: RecordLegacyListing, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  let enterprise = try bearer(of: request.enterpriseId, in: state)
  var subject = try newCase(
    against: request.subject, of: enterprise, request.name, request.identityHash, request.position, act, in: state)
  (subject.legacy, subject.listedOn) = (request.conduct, request.publishedOn)
  var step = try DishonestyStep(beginning: subject, by: .recordLegacy, note: request.note, act, in: state)
  try step.checkDecider(at: enterprise.grid)
  let lastDay = request.publishedOn.adding(try step.legacyTerm).adding(days: -1)
  let end = request.removedOn ?? lastDay.adding(days: 1)
  guard lastDay < act.today else {
    throw step.refuse(
      "its year on the list ends on \(lastDay) only: open a case by the present rules",
      "原黑名单期限至\(lastDay)方届满，请按现行规定启动列入")
  }
  guard request.publishedOn < end, end <= lastDay.adding(days: 1) else {
    throw .invalid(
      "removed_on",
      "\(end) does not lie between the first day on the list, \(request.publishedOn), and its end, \(lastDay)",
      "\(end)不在列入首日\(request.publishedOn)与届满日\(lastDay)之间")
  }
  (step.subject.expiresOn, step.subject.removedOn) = (lastDay, end)
  return try step.finish(document: request.document, &state)
}

/// The enterprise that a case is about.
/// - Throws: `unknownEnterprise`, `invalidArgument`
private func bearer(of id: UInt64, in state: borrowing some State & ~Copyable) throws(Refusal) -> Enterprise {
  let enterprise = try requireEnterprise(id, in: state)
  guard let bearer = enterprise.siteOf else { return enterprise }
  throw .invalid(
    "enterprise_id", "enterprise \(enterprise.id) is a place of operation of \(bearer), which bears the credit",
    "监管对象\(enterprise.id)是\(bearer)的经营场所，信用由后者承担")
}

/// A case against a unit, which has name and code of its enterprise, or against a person, who has name and identity.
/// - Throws: `invalidArgument`
private func newCase(
  against subject: DishonestySubject, of enterprise: Enterprise, _ name: String, _ identity: [UInt8],
  _ position: String, _ act: Act, in state: borrowing some State & ~Copyable
) throws(Refusal) -> DishonestyCase {
  let isUnit = subject == .unit
  if isUnit, !(name.isEmpty && identity.isEmpty && position.isEmpty) {
    throw .invalid(
      "subject", "a unit has name and code of its enterprise: leave name, identity_hash and position out",
      "单位的名称和代码以企业登记为准，请勿填写姓名、身份信息和职务")
  }
  if !isUnit, name.isEmpty || identity.count != 32 {
    throw .invalid(
      "subject", "a person is listed under name and identity: give name and identity_hash (32 bytes)",
      "列入个人须填写姓名和身份信息摘要（identity_hash，32字节）")
  }
  let last = try state.firstKey(DishonestyCasesTable.self, in: .all, descending: true)
  return DishonestyCase(
    id: (last?.id ?? 0) + 1, enterpriseId: enterprise.id, grid: enterprise.grid, subject: subject,
    name: isUnit ? enterprise.name : name, uscc: isUnit ? enterprise.uscc : nil,
    identityHash: isUnit ? nil : identity, position: position, openedBy: act.actor)
}

/// Events that bring nothing but words.
func moveDishonesty(
  _ request: DishonestyNote, _ event: DishonestyEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  var step = try DishonestyStep(event, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  return try step.finish(&state)
}

/// Events that a written decision brings.
func decideDishonesty(
  _ request: DecideDishonesty, _ event: DishonestyEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  var step = try DishonestyStep(event, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  return try step.finish(document: request.document, &state)
}

func applyRemoval(
  _ request: ApplyRemoval, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  var step = try DishonestyStep(
    .applyRemoval, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  guard request.penaltiesDone else { throw step.refuse("a penalty is not carried out", "行政处罚尚未履行完毕") }
  guard request.harmRemoved else { throw step.refuse("the harm is not removed", "危害后果尚未消除") }
  return try step.finish(&state)
}

/// Orders that a case has at most, as `orders` in the IDL says.
private let ordersMax = 50

extension DishonestyCase {
  /// Sends a measure to a department; `false` when it has it already.
  mutating func order(
    _ measure: DishonestyMeasure, of department: String, at time: Instant, until: Date? = nil
  ) -> Bool {
    let isOrdered = orders.contains { $0.measure == measure && $0.department == department && $0.endedAt == nil }
    guard !isOrdered, orders.count < ordersMax else { return false }
    orders.append(DishonestyOrder(measure: measure, department: department, orderedAt: time, until: until))
    return true
  }
}

func orderDishonestyMeasure(
  _ request: OrderDishonestyMeasure, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  var step = try DishonestyStep(
    .orderMeasure, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  guard step.subject.orders.count < ordersMax else {
    throw step.refuse("a case has at most \(ordersMax) orders", "每件案件最多\(ordersMax)项惩戒措施通知")
  }
  if let until = request.until {
    guard request.measure == .industryBan else {
      throw .invalid("until", "only a ban has a last day of its own", "仅禁入措施可设截止日")
    }
    guard until >= act.today else { throw .invalid("until", "\(until) is over", "\(until)已过") }
  }
  guard step.subject.order(request.measure, of: request.department, at: act.time, until: request.until) else {
    throw step.refuse("the measure was sent to \(request.department) before", "该惩戒措施已通知\(request.department)")
  }
  return try step.finish(&state)
}

func feedBackDishonestyMeasure(
  _ request: FeedBackDishonestyMeasure, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  var step = try DishonestyStep(
    .feedBackMeasure, request.id, version: request.expectedVersion, note: request.feedback, act, in: state)
  let place = Int(request.order) - 1
  guard step.subject.orders.indices.contains(place) else {
    throw step.refuse(
      "the case has \(step.subject.orders.count) orders, and no order \(request.order)",
      "案件共有\(step.subject.orders.count)项惩戒措施通知，没有第\(request.order)项")
  }
  let department = step.subject.orders[place].department
  guard act.serves(department, in: step.subject.grid) else {
    throw step.refuse("\(department) carries it out; you act for another department", "由\(department)实施，其他部门无权办理")
  }
  step.subject.orders[place].fedBackAt = act.time
  step.subject.orders[place].feedback = request.feedback
  return try step.finish(&state)
}

/// Does what has fallen due (`expire` in ``DishonestyWorkflow``).
func expireDishonesty(
  _ request: ExpireDishonesty, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ExpireReceipt {
  let due = KeyRange(lower: [], upper: DishonestyCasesTimersIndex.prefix(act.time.adding(milliseconds: 1)))
  let entries = try state.entries(
    DishonestyCasesTimersIndex.self, in: due, descending: false, limit: Int(request.limit))
  for entry in entries {
    if request.postpone, var subject = try state.record(DishonestyCasesTable.self, entry.key) {
      subject.timerAt = act.postponed
      state.put(DishonestyCasesTable.self, subject)
      continue
    }
    var step = try DishonestyStep(.expire, entry.key.id, version: nil, note: "", act, in: state)
    _ = try step.finish(&state)
  }
  return ExpireReceipt(expired: UInt32(entries.count))
}
