import Records
import Scalars

/// Begins a case: an ordinary report, a direct report, or a hazard removed on the spot.
func submitHazard(
  _ request: SubmitHazard, _ event: HazardEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HazardReceipt {
  try checkKnown(request.grid, in: state)
  if let id = request.enterpriseId { try checkPlace(request.grid, ofEnterprise: id, in: state) }
  let draft = Hazard(
    source: request.source, enterpriseId: request.enterpriseId, grid: request.grid, point: request.point,
    class: request.class, domain: request.domain, severity: request.severity, urgency: request.urgency,
    description: request.description, photos: request.photos, holder: holder(event, request.grid, act),
    reporter: act.actor, submittedAt: act.time, round: 1)
  var step = try HazardStep(beginning: event, draft, act, in: state)
  // It counts in the enterprise's favour, so that nobody else can claim it.
  let isSelf = request.enterpriseId != nil && act.caller.person?.enterpriseId == request.enterpriseId
  if request.source == .selfReport, !isSelf { throw step.refuse("only the enterprise itself reports itself") }
  guard step.rules.classes.contains(where: { $0.name == request.class }) else {
    throw .unknownClass(UnknownClass(name: request.class))
  }
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
  step.hazard.number = try nextNumber(request.grid, act.today, in: state)
  let last = try state.keys(HazardsTable.self, in: .all, descending: true, limit: 1).first
  step.hazard.id = (last?.id ?? 0) + 1
  return try step.finish(&state)
}

/// Refuses a place where no hazard can be the object's: it can be in its own village, or where either holds the other.
/// - Throws: `unknownEnterprise`, `invalidArgument`
private func checkPlace(
  _ place: GridCode, ofEnterprise id: UInt64, in state: borrowing some State & ~Copyable
) throws(Refusal) {
  let home = try requireEnterpriseGrid(id, in: state)
  let isInVillage = place.depth >= 3 && home.ancestor(atDepth: 3).contains(place)
  guard isInVillage || home.contains(place) || place.contains(home) else {
    let reason = "enterprise \(id) operates in grid \(home), which is not in the village of \(place)"
    throw .invalidArgument(InvalidArgument(field: "enterprise_id", reason: reason))
  }
}

/// Who takes the report up: the grid above the reporter's own; for a direct report the township (Tongcheng plan 2020).
private func holder(_ event: HazardEvent, _ place: GridCode, _ act: Act) -> GridCode {
  if event == .directReport { return place.ancestor(atDepth: 2) }
  // The reporter stands where the nearest of their grants does; one who serves the whole region, at the county.
  let roots = act.caller.grants(for: act.method, in: .grid(place)).compactMap(\.grid)
  let own = roots.max { $0.depth < $1.depth } ?? place.ancestor(atDepth: 1)
  return own.parent ?? own
}

/// The next number of the grid on that day. Allocated inside the write transaction, so that numbers are without a gap.
private func nextNumber(
  _ grid: GridCode, _ date: Date, in state: borrowing some State & ~Copyable
) throws(Refusal) -> HazardNumber {
  func prefix(_ sequence: UInt32) -> [UInt8] {
    HazardsByNumberIndex.prefix(HazardNumber(grid: grid, date: date, sequence: sequence))
  }
  let ofToday = KeyRange(from: prefix(0), through: prefix(HazardNumber.sequenceMax))
  let last = try state.entries(HazardsByNumberIndex.self, in: ofToday, descending: true, limit: 1).first
  let sequence = (last?.number.sequence ?? 0) + 1
  guard sequence <= HazardNumber.sequenceMax else {
    throw .sequenceExhausted(SequenceExhausted(grid: grid, date: date))
  }
  return HazardNumber(grid: grid, date: date, sequence: sequence)
}
