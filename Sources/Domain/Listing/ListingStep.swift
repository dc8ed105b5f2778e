import Records
import Scalars

/// A listing on its way through one row of its workflow: read, checked, changed by its command, then finished.
struct ListingStep: Refusing {
  let row: Transition<ListingWorkflow>
  let stateBefore: ListingState?
  var listing: Listing
  let hazard: Hazard
  let act: Act
  let note: String
  private let profileRules: ListingRules?
  let calendar: WorkingCalendar

  /// Begins the step of a listing that exists: finds it, and checks version, row, party and guards, in this order.
  init(
    _ event: ListingEvent, _ number: HazardNumber, version expected: UInt64?, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    let hazard = try requireHazard(number, in: state)
    guard let listing = try state.record(ListingsTable.self, .init(hazardId: hazard.id)) else {
      throw .notFound(NotFound("listing", "\(number)"))
    }
    if let expected, expected != listing.version {
      throw .versionConflict(VersionConflict(expected: expected, actual: listing.version))
    }
    try self.init(event, listing, hazard, note: note, act, in: state)
  }

  /// - Parameter listing: `nil` begins one.
  init(
    _ event: ListingEvent, _ listing: Listing?, _ hazard: Hazard, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    guard let row = ListingWorkflow.row(event, in: listing?.state) else {
      let now = listing?.state ?? .unspecified
      throw .listingTransitionInvalid(ListingTransitionInvalid(number: hazard.number, state: now, event: event))
    }
    self.row = row
    stateBefore = listing?.state
    self.listing = listing ?? Listing(hazardId: hazard.id, number: hazard.number)
    // A listing that was over stayed where it was when its case was handed over.
    self.listing.grid = hazard.grid
    self.hazard = hazard
    self.act = act
    self.note = note
    let profile = try state.requireRules().profile
    profileRules = profile.listing
    calendar = WorkingCalendar(profile.calendar)
    try checkParty()
    for item in row.guards { try check(item) }
  }

  func refuse(_ reason: Label) -> Refusal {
    .listingNotAllowed(ListingNotAllowed(event: row.event, reason: reason))
  }

  /// The rules of the deployment for listing.
  /// - Throws: `unconfigured` when it has none (any more).
  var rules: ListingRules {
    get throws(Refusal) {
      guard let profileRules else { throw .unconfigured(Unconfigured(rule: "listing")) }
      return profileRules
    }
  }

  func due(_ term: Term) throws(Refusal) -> Instant { try calendar.due(term, from: act.time) }

  // MARK: Who, and what must hold

  private func checkParty() throws(Refusal) {
    guard act.mayConcern(hazard) else {
      throw refuse("an enterprise can act on its own hazards only", "生产经营单位只能办理本单位的隐患")
    }
    guard act.serves(hazard.department, in: hazard.grid) else {
      throw refuse(hazard.competence)
    }
    switch row.who {
    case .anyone, .workflow, .clock: return
    case .otherThanProposer:
      if act.actor == listing.proposedBy {
        throw refuse("somebody else than who proposed it must decide", "须由提出人以外的人员决定")
      }
    case .reviewer:
      if act.actor == hazard.rectifiedBy || act.actor == hazard.assignee {
        throw refuse("nobody reviews what they rectified themselves", "整改人员不得复查本人整改的案卷")
      }
    }
  }

  private func check(_ item: ListingWorkflow.Guard) throws(Refusal) {
    switch item {
    case .major: if hazard.severity != .major { throw refuse("only a major hazard is listed", "仅重大隐患可挂牌督办") }
    case .hasLevel:
      if listing.level == nil {
        throw refuse("grade the hazard first: its grade says whose committee lists it", "请先对隐患定级，按级别确定挂牌层级")
      }
    case .noExtensionAsked:
      if listing.extensionUntil != nil {
        throw refuse("a longer term was asked for and is not decided yet", "延期申请尚未审批")
      }
    case .extensionAsked:
      if listing.extensionUntil == nil { throw refuse("nobody has asked for a longer term", "未申请延期") }
    case .fedBack:
      if hazard.state != .fedBack {
        throw refuse(
          "the rectification is not fed back: \(hazard.state.label.english)", "整改尚未反馈（\(hazard.state.label.chinese)）")
      }
    case .publicationDue: if listing.publishBy == nil { throw refuse("there is nothing to be made public", "没有待公告事项") }
    case .hasReason:
      if note.isEmpty { throw .noteMissing }
    }
  }

  // MARK: Finishing

  /// Performs the row's effects, sets state and deadline, and writes listing and history.
  ///
  /// - Parameter term: where the row sets a term, its end.
  mutating func finish(term: Instant? = nil, _ state: inout some State & ~Copyable) throws(Refusal) -> Listing {
    if let next = row.next { listing.state = next }
    for effect in row.effects { try perform(effect, &state) }
    switch row.deadline {
    case .decide where listing.state == .listed: break
    case .decide: begin(due: try due(rules.decide))
    case .review:
      dropExtension()
      begin(due: try due(rules.review))
    case .term: beginTerm(until: term!)
    case .keep: break
    case .none: (listing.dueAt, listing.timerAt, listing.overdueSince) = (nil, nil, nil)
    }
    write(&state)
    return listing
  }

  private mutating func perform(
    _ effect: ListingWorkflow.Effect, _ state: inout some State & ~Copyable
  ) throws(Refusal) {
    switch effect {
    case .newRound:
      listing.round += 1
      listing.proposedBy = act.actor
      (listing.until, listing.approvedBy, listing.extensions) = (nil, nil, 0)
      listing.listedOn = nil
      (listing.measures, listing.document) = ([], "")
      dropExtension()
    case .publish: listing.publishBy = try due(rules.publish)
    case .published: listing.publishBy = nil
    case .returnToTerm:
      guard let until = listing.until, until > act.time else { return listing.state = .failed }
      listing.state = .listed
      begin(due: until)
    case .creditFailed:
      guard listing.state == .failed, listing.level == .province, let enterprise = hazard.enterpriseId else { return }
      try addCreditRecord(
        CreditRecord(
          enterpriseId: enterprise, kind: .listingFailed, occurredOn: act.today, hazard: hazard.number,
          basis: listing.document),
        act, &state)
    case .lapse: try lapse()
    }
  }

  mutating func beginTerm(until: Instant) {
    listing.until = until
    dropExtension()
    begin(due: until)
  }

  mutating func dropExtension() { (listing.extensionUntil, listing.decideBy) = (nil, nil) }

  private mutating func begin(due: Instant) {
    (listing.dueAt, listing.timerAt, listing.overdueSince) = (due, due, nil)
  }

  /// The clock has come: a term ends with a review, whoever asked for it or not; anything else is late.
  private mutating func lapse() throws(Refusal) {
    if listing.state == .listed, let until = listing.until {
      guard until <= act.time else {
        // Who asked for a longer term in time waits for the listing body.
        listing.overdueSince = listing.decideBy
        return listing.timerAt = until
      }
      // A deployment that has given up listing still sees which of them have run out.
      if let review = profileRules?.review {
        listing.state = .inReview
        dropExtension()
        return begin(due: try due(review))
      }
    }
    listing.overdueSince = listing.dueAt
    listing.timerAt = nil
  }

  private mutating func write(_ state: inout some State & ~Copyable) {
    listing.version += 1
    listing.entryCount += 1
    state.put(ListingsTable.self, listing)
    state.put(
      ListingEntriesTable.self,
      ListingEntry(
        hazardId: listing.hazardId, ordinal: listing.entryCount, at: act.time, event: row.event, actor: act.actor,
        through: act.caller.through, from: stateBefore, to: listing.state,
        level: listing.level, until: listing.until, dueAt: listing.dueAt, note: note, sequence: act.sequence))
  }
}
