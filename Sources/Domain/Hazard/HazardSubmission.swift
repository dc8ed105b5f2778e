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
  var department: String?
  if let id = request.enterpriseId {
    let (home, isDirect) = try supervision(ofEnterprise: id, in: state)
    try checkPlace(request.grid, ofEnterprise: id, at: home)
    // 直接监管: past village and township, to the office of the department that supervises it.
    if isDirect { department = try requireEnterprise(id, in: state).responsibleDepartment }
  }
  let draft = Hazard(
    source: request.source, enterpriseId: request.enterpriseId, grid: request.grid, point: request.point,
    class: request.class, domain: request.domain, severity: request.severity, urgency: request.urgency,
    description: request.description, photos: request.photos,
    holder: department == nil ? holder(event, request.grid, act) : request.grid.ancestor(atDepth: 1),
    reporter: act.actor, submittedAt: act.time, round: 1, department: department, violation: request.illegalAct?.by)
  var step = try HazardStep(beginning: event, draft, act, in: state)
  // It counts in the enterprise's favour, so that nobody else can claim it.
  if request.source == .selfReport {
    let isSelf = request.enterpriseId != nil && act.caller.person?.enterpriseId == request.enterpriseId
    guard isSelf else { throw step.refuse("only the enterprise itself reports itself") }
  }
  try step.classify(as: request.class, factor: request.factor, in: state)
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
  step.hazard.number = try nextNumber(request.grid, act.today, behind: earlier, in: state)
  let last = try state.firstKey(HazardsTable.self, in: .all, descending: true)
  step.hazard.id = (last?.id ?? 0) + UInt64(earlier) + 1
  if let reported = request.illegalAct { try step.keep(reported, &state) }
  return try step.finish(&state)
}

/// Refuses a place where no hazard can be the object's: it can be in its own village, or where either holds the other.
/// - Throws: `invalidArgument`
private func checkPlace(_ place: GridCode, ofEnterprise id: UInt64, at home: GridCode) throws(Refusal) {
  let isInVillage = place.depth >= 3 && home.ancestor(atDepth: 3).contains(place)
  guard isInVillage || home.contains(place) || place.contains(home) else {
    let reason = "enterprise \(id) operates in grid \(home), which is not in the village of \(place)"
    throw .invalidArgument(InvalidArgument(field: "enterprise_id", reason: reason))
  }
}

/// Where an enterprise operates, and whether a department supervises it directly; the rest of its record is not decoded.
/// - Throws: `unknownEnterprise`
private func supervision(
  ofEnterprise id: UInt64, in state: borrowing some State & ~Copyable
) throws(Refusal) -> (home: GridCode, isDirect: Bool) {
  var (home, mode) = (UInt64(0), UInt64(0))
  let isThere = try state.withEncoding(EnterprisesTable.self, .init(id: id)) { (reader) throws(RecordFault) in
    home = try reader.findFixed64(EnterprisesTable.gridField)
    mode = try reader.findVarint(supervisionField)
  }
  guard isThere else { throw .unknownEnterprise(UnknownEnterprise(id: id)) }
  return (GridCode(unchecked: home), mode == UInt64(SupervisionMode.direct.number))
}

/// `Enterprise.supervision`, which stands behind the grid.
private let supervisionField: UInt32 = 12

/// Who takes the report up: the grid above the reporter's own; for a direct report the township (Tongcheng plan 2020).
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
