package import Records

/// The hazard workflow 六步闭环.
package enum HazardWorkflow: WorkflowTable {
  package typealias State = HazardState
  package typealias Event = HazardEvent
  package typealias Party = HazardParty
  package typealias Guard = HazardGuard
  package typealias Deadline = HazardDeadline
  package typealias Effect = HazardEffect

  package static let name = "hazard"
  package static let label = Label(english: "The six-step loop of a hazard", chinese: "隐患六步闭环")
}

/// Who may act, among those whose role and grid allow the method.
package enum HazardParty: String, Sendable {
  /// Whoever is responsible for the place.
  case anyone
  /// Officers of the grid that holds the case, or of one above it; of a department only in its own cases.
  case holder
  /// As holder, but never the person who rectified or to whom the task was given.
  case verifier
  /// The person to whom the task was given.
  case assignee
  /// The person to whom the task was given, or the enterprise concerned.
  case rectifier
  /// Officers of a grid above the holder.
  case upper
  /// Who reported it.
  case reporter
  /// Not the person who proposed it, but one who could have, or who has to agree.
  case second
  /// The daemon's timer.
  case clock
}

package enum HazardGuard: String, Sendable {
  /// Major severity, or an emergency.
  case majorOrEmergency = "major_or_emergency"
  case general
  case major
  /// A grid stands above the holder.
  case hasUpperGrid = "has_upper_grid"
  /// Nobody has arbitrated whose it is.
  case notArbitrated = "not_arbitrated"
  /// It was returned too often, and nobody has arbitrated yet.
  case arbitrationPending = "arbitration_pending"
  case nothingToArbitrate = "nothing_to_arbitrate"
  case extensionsLeft = "extensions_left"
  case extensionAsked = "extension_asked"
  /// A major hazard has its treatment plan.
  case planIfMajor = "plan_if_major"
  /// Somebody has assessed the treatment of a major hazard.
  case assessedIfMajor = "assessed_if_major"
  /// Whoever verifies a major hazard is at the place.
  case onSiteIfMajor = "on_site_if_major"
  /// It was closed not longer ago than the reopening window.
  case inReopenWindow = "in_reopen_window"
  /// The caller says why.
  case hasReason = "has_reason"
  /// A listed case is extended by its listing.
  case notListed = "not_listed"
  /// A listed case is delisted before it is closed.
  case delistedIfListed = "delisted_if_listed"
  /// Another person has confirmed it; until then the command only proposes it.
  case twoPeople = "two_people"
  /// The same, when it goes down from major, or to a milder grade.
  case twoPeopleIfDown = "two_people_if_down"
  /// Nothing waits for a second person.
  case nothingProposed = "nothing_proposed"
  case proposed
  /// The report was refused not longer ago than the reporter may object.
  case inObjectionWindow = "in_objection_window"
  case firstObjection = "first_objection"
  /// Its object is no longer in the ledger, or has moved away; or it has none.
  case objectGone = "object_gone"
  /// Of an illegal act: the caller's office has power over it, of its own or lent to it.
  case power
}

/// Which term of the profile gives the next deadline.
package enum HazardDeadline: String, Sendable {
  case accept, direct, dispatch, claim, fix, verify, rework, parkReview = "park_review"
  /// The command sets it itself.
  case own
  /// The command moves the end of the present term.
  case moved
  /// As it was.
  case keep
  /// The case is over.
  case none
}

package enum HazardEffect: String, Sendable {
  /// The grid above the holder takes over.
  case holderUp = "holder_up"
  case countEscalation = "count_escalation"
  case dropAssignee = "drop_assignee"
  /// One more return; beyond the profile's limit the county's office takes over, and somebody has to arbitrate.
  case countReturn = "count_return"
  case arbitrated
  /// The township of the place takes over.
  case toTerritory = "to_territory"
  /// One more rework; at the profile's limit the grid above takes over.
  case countRework = "count_rework"
  case countUrge = "count_urge"
  case countAttention = "count_attention"
  /// A case that was over goes on, in the cell that has taken the place of its own.
  case takeUpAgain = "take_up_again"
  case newRound = "new_round"
  /// Of an object that has moved away: the hazard goes on in a case of its own at the new place.
  case beginSuccessor = "begin_successor"
  case close
  case creditMajorFound = "credit_major_found"
  case creditVerifyFailed = "credit_verify_failed"
  case creditSelfReported = "credit_self_reported"
  /// What the case brought into the enterprise's file does not count any more.
  case revokeCredit = "revoke_credit"
  /// A major hazard is proposed for listing.
  case proposeListing = "propose_listing"
  case cancelListing = "cancel_listing"
  /// The listing follows the new severity or grade.
  case alignListing = "align_listing"
  case countObjection = "count_objection"
  case markWarned = "mark_warned"
  /// The office above decides about the request for more time.
  case askUp = "ask_up"
  case dropProposal = "drop_proposal"
  /// Of an illegal act: by which power it is handled.
  case keepPower = "keep_power"
}

extension HazardWorkflow {
  private static let open: [HazardState] = [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack]

  package static let table: [Transition<HazardWorkflow>] = [
    on(.submit, from: [], .anyone, to: .reported, due: .accept),
    on(.directReport, from: [], .anyone, if: [.majorOrEmergency], to: .reported, due: .direct),
    on(.resolveOnSpot, from: [], .anyone, if: [.general, .power], to: .fedBack, due: .verify, then: [.keepPower]),
    on(.forwardUp, from: [.reported], .holder, if: [.hasUpperGrid], due: .accept, then: [.holderUp]),
    on(
      .file, from: [.reported], .holder, if: [.power], to: .filed, due: .dispatch,
      then: [.keepPower, .creditMajorFound, .proposeListing]),
    on(
      .decline, from: [.reported], .holder, if: [.hasReason], to: .notFiled, due: .none, then: [.close, .cancelListing]),
    // What goes on in another case has brought that one's into the credit file; its own counts no more.
    on(
      .merge, from: [.reported, .filed], .holder, to: .merged, due: .none,
      then: [.close, .revokeCredit, .cancelListing]),
    on(
      .dispatch, from: [.filed], .holder, if: [.nothingToArbitrate, .power], to: .dispatched, due: .claim,
      then: [.keepPower]),
    on(.claim, from: [.dispatched], .assignee, to: .rectifying, due: .fix),
    on(
      .returnTask, from: [.dispatched], .assignee, if: [.hasReason, .notArbitrated], to: .filed, due: .dispatch,
      then: [.dropAssignee, .countReturn]),
    on(
      .arbitrate, from: [.filed], .holder, if: [.arbitrationPending, .power], to: .dispatched, due: .claim,
      then: [.keepPower, .arbitrated]),
    on(
      .entrust, from: [.filed], .holder, if: [.hasReason, .arbitrationPending], due: .dispatch,
      then: [.arbitrated, .toTerritory]),
    on(
      .reassign, from: [.dispatched, .rectifying], .holder, if: [.power], to: .dispatched, due: .claim,
      then: [.keepPower]),
    on(
      .regrade, from: open, .anyone, if: [.twoPeopleIfDown], due: .own,
      then: [.creditMajorFound, .alignListing]),
    on(.plan, from: [.rectifying], .rectifier, if: [.major], due: .own),
    on(.requestExtension, from: [.rectifying], .rectifier, if: [.notListed, .extensionsLeft], due: .keep),
    on(.decideExtension, from: [.rectifying], .holder, if: [.extensionAsked], due: .moved),
    on(.transferEnforcement, from: [.rectifying], .anyone, due: .keep),
    on(.feedback, from: [.rectifying], .rectifier, if: [.planIfMajor, .assessedIfMajor], to: .fedBack, due: .verify),
    on(
      .verifyPass, from: [.fedBack], .verifier, if: [.delistedIfListed, .onSiteIfMajor], to: .closed, due: .none,
      then: [.close, .creditSelfReported, .cancelListing]),
    on(
      .verifyFail, from: [.fedBack], .verifier, if: [.hasReason], to: .rectifying, due: .rework,
      then: [.countRework, .creditVerifyFailed, .proposeListing]),
    on(.park, from: [.rectifying], .holder, if: [.general, .hasReason, .twoPeople], to: .parked, due: .parkReview),
    on(.unpark, from: [.parked], .holder, to: .rectifying, due: .fix),
    on(
      .escalate, from: open, .upper, if: [.hasUpperGrid],
      due: .keep, then: [.holderUp, .countEscalation]),
    on(
      .terminate, from: [.rectifying], .anyone, if: [.objectGone, .hasReason], to: .terminated, due: .none,
      then: [.close, .cancelListing, .beginSuccessor]),
    on(
      .reopen, from: [.closed], .anyone, if: [.inReopenWindow], to: .rectifying, due: .rework,
      then: [.takeUpAgain, .newRound, .proposeListing]),
    on(
      .void, from: open, .anyone, if: [.twoPeople], to: .voided, due: .none,
      then: [.close, .revokeCredit, .cancelListing]),
    // Two people: one proposes what a row above asks for, another confirms it, and then that row is gone through.
    on(.propose, from: open, .anyone, if: [.nothingProposed], due: .keep),
    on(.confirm, from: open, .second, if: [.proposed], due: .keep),
    on(.reject, from: open, .second, if: [.proposed], due: .keep, then: [.dropProposal]),
    on(.lapse, from: open, .clock, if: [.proposed], due: .keep, then: [.dropProposal]),
    on(
      .object, from: [.notFiled], .reporter, if: [.hasReason, .firstObjection, .inObjectionWindow], to: .reported,
      due: .accept, then: [.takeUpAgain, .holderUp, .countObjection]),
    on(
      .progress, from: open, .anyone, if: [.hasReason],
      due: .keep),
    on(
      .urge, from: open, .holder, due: .keep,
      then: [.countUrge]),
    on(
      .attend, from: open, .anyone, due: .keep,
      then: [.countAttention]),
    on(.handOver, from: [.dispatched, .rectifying, .fedBack, .parked], .anyone, if: [.hasReason], due: .keep),
    // The listing body has granted a longer term: see ``ListingWorkflow``.
    on(.extendListed, from: [.rectifying], .anyone, due: .moved),
    // Another cell took the place of the case's: see Grid/HandOver.swift.
    on(.rezone, from: open, .anyone, due: .keep),
    on(
      .warn, from: [.reported, .filed, .dispatched, .rectifying, .fedBack], .clock, due: .keep, then: [.markWarned]),
    on(.extensionUndecided, from: [.rectifying], .clock, if: [.extensionAsked], due: .keep, then: [.askUp]),
    on(.expire, from: open, .clock, due: .keep),
  ]
}
