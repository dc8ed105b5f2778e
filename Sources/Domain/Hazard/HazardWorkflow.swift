package import Records

/// One row of the hazard workflow 六步闭环: from these states, on this event, by these people, if the
/// guards hold, to that state, with that deadline and these effects. The roles stand with the method in the IDL.
package struct HazardTransition: Sendable {
  package let event: HazardEvent
  /// Empty: the event begins a case.
  package let from: [HazardState]
  package let who: HazardParty
  package let guards: [HazardGuard]
  /// Absent: the state stays.
  package let next: HazardState?
  package let deadline: HazardDeadline
  package let effects: [HazardEffect]
}

/// Who may act, among those whose role and grid allow the method.
package enum HazardParty: Sendable {
  /// Whoever is responsible for the place.
  case anyone
  /// Officers of the grid that holds the case, or of one above it.
  case holder
  /// As holder, but never the person who rectified or to whom the task was given.
  case verifier
  /// The person to whom the task was given.
  case assignee
  /// The person to whom the task was given, or the enterprise concerned.
  case rectifier
  /// Officers of a grid above the holder.
  case upper
  /// The daemon's timer.
  case clock
}

package enum HazardGuard: Sendable {
  /// Major severity, or an emergency.
  case majorOrEmergency
  case general
  case major
  /// A grid stands above the holder.
  case hasUpperGrid
  case returnsLeft
  case extensionsLeft
  case extensionAsked
  /// A major hazard has its treatment plan.
  case planIfMajor
  /// It was closed not longer ago than the reopening window.
  case inReopenWindow
  /// The caller says why.
  case hasReason
}

/// Which term of the profile gives the next deadline.
package enum HazardDeadline: Sendable {
  case accept, direct, dispatch, claim, fix, verify, rework, parkReview
  /// The command sets it itself.
  case own
  /// The command moves the end of the present term.
  case moved
  /// As it was.
  case keep
  /// The case is over.
  case none
}

package enum HazardEffect: Sendable {
  /// The grid above the holder takes over.
  case holderUp
  case countEscalation
  case dropAssignee
  case countReturn
  /// One more rework; at the profile's limit the grid above takes over.
  case countRework
  case newRound
  case close
  case creditMajorFound
  case creditVerifyFailed
  case creditSelfReported
  /// What the case brought into the enterprise's file does not count any more.
  case revokeCredit
}

/// The table. A pair of state and event that no row has is refused as `invalidTransition`.
package let hazardWorkflow: [HazardTransition] = [
  row(.submit, from: [], .anyone, to: .reported, due: .accept),
  row(.directReport, from: [], .anyone, if: [.majorOrEmergency], to: .reported, due: .direct),
  row(.resolveOnSpot, from: [], .anyone, if: [.general], to: .fedBack, due: .verify),
  row(.forwardUp, from: [.reported], .holder, if: [.hasUpperGrid], due: .accept, then: [.holderUp]),
  row(.file, from: [.reported], .holder, to: .filed, due: .dispatch, then: [.creditMajorFound]),
  row(.decline, from: [.reported], .holder, if: [.hasReason], to: .notFiled, due: .none, then: [.close]),
  row(.merge, from: [.reported, .filed], .holder, to: .merged, due: .none, then: [.close]),
  row(.dispatch, from: [.filed], .holder, to: .dispatched, due: .claim),
  row(.claim, from: [.dispatched], .assignee, to: .rectifying, due: .fix),
  row(
    .returnTask, from: [.dispatched], .assignee, if: [.hasReason, .returnsLeft], to: .filed, due: .dispatch,
    then: [.dropAssignee, .countReturn]),
  row(.reassign, from: [.dispatched, .rectifying], .holder, to: .dispatched, due: .claim),
  row(
    .regrade, from: [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack], .anyone, due: .own,
    then: [.creditMajorFound]),
  row(.plan, from: [.rectifying], .rectifier, if: [.major], due: .own),
  row(.requestExtension, from: [.rectifying], .rectifier, if: [.extensionsLeft], due: .keep),
  row(.decideExtension, from: [.rectifying], .holder, if: [.extensionAsked], due: .moved),
  row(.transferEnforcement, from: [.rectifying], .anyone, due: .keep),
  row(.feedback, from: [.rectifying], .rectifier, if: [.planIfMajor], to: .fedBack, due: .verify),
  row(.verifyPass, from: [.fedBack], .verifier, to: .closed, due: .none, then: [.close, .creditSelfReported]),
  row(
    .verifyFail, from: [.fedBack], .verifier, if: [.hasReason], to: .rectifying, due: .rework,
    then: [.countRework, .creditVerifyFailed]),
  row(.park, from: [.rectifying], .holder, if: [.general, .hasReason], to: .parked, due: .parkReview),
  row(.unpark, from: [.parked], .holder, to: .rectifying, due: .fix),
  row(
    .escalate, from: [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack], .upper, if: [.hasUpperGrid],
    due: .keep, then: [.holderUp, .countEscalation]),
  row(.terminate, from: [.rectifying], .anyone, if: [.hasReason], to: .terminated, due: .none, then: [.close]),
  row(.reopen, from: [.closed], .anyone, if: [.inReopenWindow], to: .rectifying, due: .rework, then: [.newRound]),
  row(
    .void, from: [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack], .anyone, to: .voided, due: .none,
    then: [.close, .revokeCredit]),
  row(.expire, from: [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack], .clock, due: .keep),
]

private func row(
  _ event: HazardEvent, from: [HazardState], _ who: HazardParty, if guards: [HazardGuard] = [],
  to next: HazardState? = nil, due deadline: HazardDeadline, then effects: [HazardEffect] = []
) -> HazardTransition {
  HazardTransition(
    event: event, from: from, who: who, guards: guards, next: next, deadline: deadline, effects: effects)
}
