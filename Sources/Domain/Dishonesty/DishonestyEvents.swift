import Records
import Scalars

// One function for each command on a case: what the request adds to its row of the workflow.

func openDishonesty(
  _ request: OpenDishonesty, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  let enterprise = try requireEnterprise(request.enterpriseId, in: state)
  if let bearer = enterprise.siteOf {
    let reason = "enterprise \(enterprise.id) is a place of operation of \(bearer), which bears the credit"
    throw .invalidArgument(InvalidArgument(field: "enterprise_id", reason: reason))
  }
  guard request.penaltyOn <= act.today else {
    throw .invalidArgument(InvalidArgument(field: "penalty_on", reason: "\(request.penaltyOn) lies in the future"))
  }
  let isUnit = request.subject == .unit
  if isUnit, !(request.name.isEmpty && request.identityHash.isEmpty && request.position.isEmpty) {
    let reason = "a unit has name and code of its enterprise: leave name, identity_hash and position out"
    throw .invalidArgument(InvalidArgument(field: "subject", reason: reason))
  }
  if !isUnit, request.name.isEmpty || request.identityHash.count != 32 {
    let reason = "a person is listed under name and identity: give name and identity_hash (32 bytes)"
    throw .invalidArgument(InvalidArgument(field: "subject", reason: reason))
  }
  let last = try state.firstKey(DishonestyCasesTable.self, in: .all, descending: true)
  var step = try DishonestyStep(
    opening: DishonestyCase(
      id: (last?.id ?? 0) + 1, enterpriseId: enterprise.id, grid: enterprise.grid, subject: request.subject,
      name: isUnit ? enterprise.name : request.name, uscc: isUnit ? enterprise.uscc : nil,
      identityHash: request.identityHash, position: request.position, ground: request.ground,
      penalty: request.penalty, penaltyOn: request.penaltyOn, reason: request.reason, openedBy: act.actor),
    act, in: state)
  return try step.finish(&state)
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
  guard request.penaltiesDone else { throw step.refuse("a penalty is not carried out") }
  guard request.harmRemoved else { throw step.refuse("the harm is not removed") }
  return try step.finish(&state)
}

/// Orders that a case has at most, as `orders` in the IDL says.
private let ordersMax = 50

func orderDishonestyMeasure(
  _ request: OrderDishonestyMeasure, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  var step = try DishonestyStep(
    .orderMeasure, request.id, version: request.expectedVersion, note: request.note, act, in: state)
  guard step.subject.orders.count < ordersMax else { throw step.refuse("a case has at most \(ordersMax) orders") }
  guard !step.subject.orders.contains(where: { $0.measure == request.measure && $0.department == request.department })
  else { throw step.refuse("the measure was sent to \(request.department) before") }
  step.subject.orders.append(
    DishonestyOrder(measure: request.measure, department: request.department, orderedAt: act.time))
  return try step.finish(&state)
}

func feedBackDishonestyMeasure(
  _ request: FeedBackDishonestyMeasure, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DishonestyReceipt {
  var step = try DishonestyStep(
    .feedBackMeasure, request.id, version: request.expectedVersion, note: request.feedback, act, in: state)
  let place = Int(request.order) - 1
  guard step.subject.orders.indices.contains(place) else {
    throw step.refuse("the case has \(step.subject.orders.count) orders, and no order \(request.order)")
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
    var step = try DishonestyStep(.expire, entry.key.id, version: nil, note: "", act, in: state)
    _ = try step.finish(&state)
  }
  return ExpireReceipt(expired: UInt32(entries.count))
}
