import Records

// What the workflow of a hazard does to its listing, in the same act.

/// The listing that keeps a case from being closed or extended by itself; `nil` when the hazard is not listed.
func standingListing(of hazard: Hazard, in state: borrowing some State & ~Copyable) throws(Refusal) -> Listing? {
  guard let listing = try listing(of: hazard, in: state) else { return nil }
  return [.listed, .inReview, .failed].contains(listing.state) ? listing : nil
}

/// Only a major hazard was ever listed, and most are not: the others cost no lookup.
private func listing(of hazard: Hazard, in state: borrowing some State & ~Copyable) throws(Refusal) -> Listing? {
  guard hazard.severity == .major else { return nil }
  return try state.record(ListingsTable.self, .init(hazardId: hazard.id))
}

/// Proposes a major hazard for listing, as filing one does. Nothing happens where the deployment has no rules for
/// listing, or where it is proposed or listed already.
func proposeListing(of hazard: Hazard, _ act: Act, _ state: inout some State & ~Copyable) throws(Refusal) {
  guard hazard.severity == .major, let rules = try state.activeRules()?.profile.listing else { return }
  let known = try listing(of: hazard, in: state)
  guard ListingWorkflow.row(.propose, in: known?.state) != nil else { return }
  var step = try ListingStep(.propose, known, hazard, note: "", act, in: state)
  step.listing.level = rules.level(of: hazard)
  step.listing.item = hazard.description
  _ = try step.finish(&state)
}

/// Ends the supervision of a hazard that is no longer a major one, or whose case is over.
func cancelListing(of hazard: Hazard, _ act: Act, _ state: inout some State & ~Copyable) throws(Refusal) {
  guard let known = try listing(of: hazard, in: state), ListingWorkflow.row(.cancel, in: known.state) != nil else {
    return
  }
  var step = try ListingStep(.cancel, known, hazard, note: "", act, in: state)
  _ = try step.finish(&state)
}

/// Lets the listing follow a new severity or grade.
func alignListing(of hazard: Hazard, _ act: Act, _ state: inout some State & ~Copyable) throws(Refusal) {
  guard hazard.severity == .major else {
    var before = hazard
    before.severity = .major
    return try cancelListing(of: before, act, &state)
  }
  try proposeListing(of: hazard, act, &state)
  // Until a committee has taken it up, the grade says whose it is.
  guard let known = try listing(of: hazard, in: state), known.state == .proposed,
    let level = try state.activeRules()?.profile.listing?.level(of: hazard), known.level != level
  else { return }
  var step = try ListingStep(.regrade, known, hazard, note: "", act, in: state)
  step.listing.level = level
  _ = try step.finish(&state)
}
