import Records
import Scalars

// One function for each command on a listing: what the request adds to its row of the workflow.

func proposeListing(
  _ request: ProposeListing, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Listing {
  let hazard = try requireHazard(request.number, in: state)
  guard hazard.dueAt != nil else {
    let state = hazard.state.label
    let reason = Label("the case is over: \(state.english)", "案卷已办结（\(state.chinese)）")
    throw .listingNotAllowed(ListingNotAllowed(event: .propose, reason: reason))
  }
  let known = try state.record(ListingsTable.self, .init(hazardId: hazard.id))
  var step = try ListingStep(.propose, known, hazard, note: request.note, act, in: state)
  step.listing.level = try step.rules.level(of: hazard)
  step.listing.item = request.item
  step.listing.responsible = request.responsible
  return try step.finish(&state)
}

func approveListing(
  _ request: ApproveListing, _ event: ListingEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Listing {
  var step = try ListingStep(
    event, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  let until = try step.term(through: request.until, from: act.time)
  step.listing.approvedBy = act.actor
  if event == .approve { step.listing.listedOn = act.today }
  step.listing.document = request.document
  step.add(request.measures)
  return try step.finish(term: until, &state)
}

/// Events that bring nothing but words.
func moveListing(
  _ request: ListingNote, _ event: ListingEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Listing {
  var step = try ListingStep(
    event, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  return try step.finish(&state)
}

func liftListing(
  _ request: LiftListing, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Listing {
  var step = try ListingStep(
    .lift, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  guard step.listing.level.map({ request.level.number < $0.number }) ?? true else {
    throw step.refuse(
      "\(request.level.label.english) does not stand above the present level", "\(request.level.label.chinese)不高于现督办级别")
  }
  step.listing.level = request.level
  return try step.finish(&state)
}

func requestListingExtension(
  _ request: ExtendListing, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Listing {
  var step = try ListingStep(
    .requestExtension, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  guard let end = step.listing.until, Instant(endOf: request.until) > end else {
    throw .invalid("until", "it lies before the end of the present term", "早于现期限届满日")
  }
  let before = try step.rules.extensionBefore
  guard try step.due(before) <= end else {
    throw step.refuse(
      "a longer term is to be asked for at least \(before) before the end", "至迟须在期限届满前\(before.chinese)申请")
  }
  step.listing.extensionUntil = try step.term(through: request.until, from: end)
  let decideBy = try step.due(step.rules.extensionDecide)
  step.listing.decideBy = decideBy
  step.listing.timerAt = min(decideBy, end)
  return try step.finish(&state)
}

func decideListingExtension(
  _ request: DecideListingExtension, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Listing {
  var step = try ListingStep(
    .decideExtension, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  guard let until = step.listing.extensionUntil, let end = step.listing.until else {
    preconditionFailure("the row's guard has let a listing pass for which nobody asked")
  }
  if request.granted {
    step.listing.extensions += 1
    step.listing.publishBy = try step.due(step.rules.publish)
    if step.hazard.state == .rectifying {
      var extended = try HazardStep(.extendListed, step.hazard, version: nil, note: request.note, act, in: state)
      _ = try extended.finish(due: until, &state)
    }
  }
  step.beginTerm(until: request.granted ? until : end)
  return try step.finish(&state)
}

func failListingReview(
  _ request: FailListingReview, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Listing {
  var step = try ListingStep(
    .failReview, request.number, version: request.expectedVersion, note: request.note, act, in: state)
  step.add(request.measures)
  return try step.finish(&state)
}

/// Does what has fallen due (`expire` in ``ListingWorkflow``).
func expireListings(
  _ request: ExpireListings, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ExpireReceipt {
  let due = KeyRange(lower: [], upper: ListingsTimersIndex.prefix(act.time.adding(milliseconds: 1)))
  let entries = try state.entries(ListingsTimersIndex.self, in: due, descending: false, limit: Int(request.limit))
  for entry in entries {
    guard var listing = try state.record(ListingsTable.self, entry.key),
      let hazard = try state.record(HazardsTable.self, .init(id: listing.hazardId))
    else { continue }
    if request.postpone {
      listing.timerAt = act.postponed
      state.put(ListingsTable.self, listing)
      continue
    }
    var step = try ListingStep(.expire, listing, hazard, note: "", act, in: state)
    _ = try step.finish(&state)
  }
  return ExpireReceipt(expired: UInt32(entries.count))
}

extension ListingRules {
  /// Whose committee lists a hazard of this grade; `nil` while it has none, or the profile does not say.
  func level(of hazard: Hazard) -> SupervisionLevel? { levels.first { $0.majorGrade == hazard.majorGrade }?.level }
}

extension ListingStep {
  /// The end of a term: not past, and not longer than the profile allows (ls.term_max).
  fileprivate func term(through date: Date, from start: Instant) throws(Refusal) -> Instant {
    let end = Instant(endOf: date)
    guard end > act.time else {
      throw .invalid("until", "\(date) is past", "\(date)已过")
    }
    let longest = try rules.termMax
    guard end <= (try calendar.due(longest, from: start)) else {
      throw refuse("a term has at most \(longest)", "期限最长\(longest.chinese)")
    }
    return end
  }

  fileprivate mutating func add(_ measures: [ListingMeasure]) {
    for measure in measures where !listing.measures.contains(measure) { listing.measures.append(measure) }
  }
}
