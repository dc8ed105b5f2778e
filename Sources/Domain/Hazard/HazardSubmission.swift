import Bytes
import Records
import Scalars

/// Begins a case: an ordinary report, a direct report, or a hazard removed on the spot.
///
/// - Parameter earlier: cases that the same command has begun in the same grid; lists do not show them yet.
func submitHazard(
  _ request: SubmitHazard, _ event: HazardEvent, behind earlier: UInt32 = 0, _ act: Act,
  _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  try checkLiving(request.grid, in: state)
  let object = try request.enterpriseId.map { (id) throws(Refusal) in try supervision(ofEnterprise: id, in: state) }
  if let object {
    try object.requireLiving()
    try checkPlace(request.grid, ofEnterprise: object.id, at: object.home)
  }
  // 直接监管: past village and township, to the office of the department that supervises it.
  let isDirect = object?.isDirect ?? false
  let draft = Hazard(
    source: request.source, enterpriseId: request.enterpriseId, grid: request.grid, point: request.point,
    class: request.class, domain: request.domain, severity: request.severity, urgency: request.urgency,
    description: request.description, photos: request.photos,
    holder: isDirect || request.toCounty ? request.grid.ancestor(atDepth: 1) : holder(event, request.grid, act),
    reporter: act.actor, submittedAt: act.time, round: 1, violation: request.illegalAct?.by)
  var step = try HazardStep(beginning: event, draft, act, in: state)
  if request.toCounty, event != .directReport || request.urgency != .emergency {
    throw .invalid(
      "to_county", "only the direct report of an emergency goes straight to the county", "仅紧急情况的直报可越级报至县级")
  }
  // It counts in the enterprise's favour, so that nobody else can claim it.
  if request.source == .selfReport {
    let isSelf = request.enterpriseId != nil && act.caller.person?.enterpriseId == request.enterpriseId
    guard isSelf else { throw step.refuse("only the enterprise itself reports itself", "自查自报须由企业自行上报") }
  }
  try step.classify(as: request.class, factor: request.factor, department: object?.department, in: state)
  if !request.isAnother { try step.checkDuplicate(in: state) }
  // Removal on the spot is shown by a photo before and one after.
  let needed = max(event == .resolveOnSpot ? 2 : 0, try step.configured(step.rules.photosMin, "photosMin"))
  guard request.photos.count >= Int(needed) else {
    throw .photosMissing(PhotosMissing(needed: needed, given: UInt32(request.photos.count)))
  }
  if event == .resolveOnSpot {
    step.hazard.assignee = act.actor
    step.hazard.rectifiedBy = act.actor
    step.hazard.result = request.description
    step.hazard.evidence = request.photos
  }
  try step.takeNumber(behind: earlier, in: state)
  if let reported = request.illegalAct { try step.keep(reported, &state) }
  return try step.finish(&state)
}

extension HazardStep {
  fileprivate mutating func takeNumber(
    behind earlier: UInt32, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    hazard.number = try nextNumber(hazard.grid, act.today, behind: earlier, in: state)
    let last = try state.firstKey(HazardsTable.self, in: .all, descending: true)
    hazard.id = (last?.id ?? 0) + UInt64(earlier) + 1
  }

  /// Of an object that has moved away: what the case was about goes on in a case of its own, held by the village there.
  func beginSuccessor(_ state: inout some State & ~Copyable) throws(Refusal) {
    guard let id = hazard.enterpriseId else { return }
    let object = try requireEnterprise(id, in: state)
    guard object.isInLedger, !isPlace(hazard.grid, of: object.grid) else { return }
    let draft = Hazard(
      source: .transfer, enterpriseId: id, grid: object.grid, class: hazard.class, domain: hazard.domain,
      severity: hazard.severity, majorGrade: hazard.majorGrade, urgency: hazard.urgency,
      description: hazard.description, photos: hazard.photos,
      holder: object.grid.ancestor(atDepth: object.supervision == .direct ? 1 : 3), reporter: hazard.reporter,
      submittedAt: act.time, round: 1, department: try department(goingOnIn: object.grid, state),
      violation: hazard.violation,
      factor: hazard.factor, continues: hazard.number)
    var successor = try HazardStep(beginning: .submit, draft, act, in: state)
    try successor.takeNumber(behind: 0, in: state)
    if hazard.violation != nil, var known = try state.record(IllegalActsTable.self, .init(hazardId: hazard.id)) {
      (known.hazardId, known.power) = (successor.hazard.id, nil)
      state.put(IllegalActsTable.self, known)
    }
    _ = try successor.finish(&state)
  }
}

/// Whether a hazard in `place` can be that of an object at `home`: in its own village, or where either holds the other.
func isPlace(_ place: GridCode, of home: GridCode) -> Bool {
  let isInVillage = place.depth >= 3 && home.ancestor(atDepth: 3).contains(place)
  return isInVillage || home.contains(place) || place.contains(home)
}

/// Refuses a place where no hazard can be the object's.
/// - Throws: `invalidArgument`
private func checkPlace(_ place: GridCode, ofEnterprise id: UInt64, at home: GridCode) throws(Refusal) {
  guard isPlace(place, of: home) else {
    throw .invalid(
      "enterprise_id", "enterprise \(id) operates in grid \(home), which is not in the village of \(place)",
      "监管对象\(id)位于网格\(home)，与\(place)不在同一村级网格")
  }
}

/// Where an enterprise operates, and who supervises it.
struct ObjectSupervision {
  let id: UInt64
  let home: GridCode
  /// 直接监管
  let isDirect: Bool
  /// `nil` when it has none.
  let department: String?
  let state: EnterpriseState
  let mergedInto: UInt64?

  /// Refuses an object that is over, or that never was one.
  /// - Throws: `invalidArgument`
  fileprivate func requireLiving() throws(Refusal) {
    guard ![.candidate, .active, .suspended].contains(state) else { return }
    if let mergedInto {
      throw .invalid("enterprise_id", "enterprise \(id) is enterprise \(mergedInto)", "监管对象\(id)已合并到\(mergedInto)")
    }
    throw .invalid(
      "enterprise_id", "enterprise \(id) is no object of supervision: \(state.label.english)",
      "监管对象\(id)不是在管对象（\(state.label.chinese)）")
  }
}

/// Decodes no more of an enterprise's record than is asked for.
/// - Throws: `unknownEnterprise`
func supervision(
  ofEnterprise id: UInt64, in state: borrowing some State & ~Copyable
) throws(Refusal) -> ObjectSupervision {
  var (home, mode, department) = (UInt64(0), UInt64(0), "")
  var (stage, merged) = (UInt64(0), UInt64(0))
  let isThere = try state.withEncoding(EnterprisesTable.self, .init(id: id)) { (reader) throws(RecordFault) in
    home = try reader.findFixed64(EnterprisesTable.gridField)
    mode = try reader.findVarint(supervisionField)
    department = try reader.findText(departmentField)
    stage = try reader.findVarint(stateField)
    merged = try reader.findVarint(mergedField)
  }
  guard isThere else { throw .unknownEnterprise(UnknownEnterprise(id: id)) }
  return ObjectSupervision(
    id: id, home: GridCode(unchecked: home), isDirect: mode == UInt64(SupervisionMode.direct.number),
    department: department.isEmpty ? nil : department, state: EnterpriseState(number: Int32(truncatingIfNeeded: stage)),
    mergedInto: merged == 0 ? nil : merged)
}

/// `Enterprise.supervision`, `.responsible_department`, `.state` and `.merged_into`, which stand behind the grid in this order.
private let (supervisionField, departmentField): (UInt32, UInt32) = (12, 13)
private let (stateField, mergedField): (UInt32, UInt32) = (15, 29)

/// Who takes the report up: the grid above the reporter's own; for a direct report the township (Tongcheng plan 2020), unless
/// the reporter says that it goes to the county.
private func holder(_ event: HazardEvent, _ place: GridCode, _ act: Act) -> GridCode {
  if event == .directReport { return place.ancestor(atDepth: 2) }
  // The reporter stands where the nearest of their grants does; one who serves the whole region, at the county.
  let roots = act.caller.grants(for: act.method, in: .grid(place)).lazy.compactMap { $0.grid }
  let own = roots.max { $0.depth < $1.depth } ?? place.ancestor(atDepth: 1)
  return own.parent ?? own
}

/// The next number of the grid on that day. Allocated inside the write transaction, so that numbers are without a gap.
private func nextNumber(
  _ grid: GridCode, _ date: Date, behind earlier: UInt32, in state: borrowing some State & ~Copyable
) throws(Refusal) -> HazardNumber {
  func prefix(_ sequence: UInt32) -> [UInt8] {
    HazardsByNumberIndex.prefix(HazardNumber(grid: grid, date: date, sequence: sequence))
  }
  let ofToday = KeyRange(from: prefix(0), through: prefix(HazardNumber.sequenceMax))
  let last = try state.firstEntry(HazardsByNumberIndex.self, in: ofToday, descending: true)
  let sequence = (last?.number.sequence ?? 0) + earlier + 1
  guard sequence <= HazardNumber.sequenceMax else {
    throw .sequenceExhausted(SequenceExhausted(grid: grid, date: date))
  }
  return HazardNumber(grid: grid, date: date, sequence: sequence)
}
