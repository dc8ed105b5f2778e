package import Records

/// Listing supervision 挂牌督办, which lies over the workflow of a major hazard (国发〔2010〕23号; the terms are those of
/// Qingdao's and Hubei's rules, and stand in the profile).
package enum ListingWorkflow: WorkflowTable {
  package typealias State = ListingState
  package typealias Event = ListingEvent

  package static let name = "listing"
  package static let label = Label(english: "Listing supervision of a major hazard", chinese: "重大隐患挂牌督办")

  package enum Party: String, Sendable {
    /// Whoever is responsible for the place.
    case anyone
    /// Not the person who proposed it: two people list a hazard.
    case otherThanProposer = "other_than_proposer"
    /// Never the person who rectified.
    case reviewer
    /// The hazard's own workflow, in the same act.
    case workflow
    /// The daemon's timer.
    case clock
  }

  package enum Guard: String, Sendable {
    case major
    /// The hazard has a grade, which says whose committee lists it.
    case hasLevel = "has_level"
    /// Nobody waits for a decision about a longer term.
    case noExtensionAsked = "no_extension_asked"
    case extensionAsked = "extension_asked"
    /// The rectification is fed back.
    case fedBack = "fed_back"
    /// Something is to be made public.
    case publicationDue = "publication_due"
    /// The caller says why.
    case hasReason = "has_reason"
  }

  package enum Deadline: String, Sendable {
    case decide, review
    /// The command sets the end of the term.
    case term
    /// As it was.
    case keep
    /// The listing is over.
    case none
  }

  package enum Effect: String, Sendable {
    case newRound = "new_round"
    /// The listing body has a few days to make it public.
    case publish
    case published
    /// Back to the term if some of it is left, otherwise failed.
    case returnToTerm = "return_to_term"
    /// What the province had listed is not gone in time: a fact of the enterprise's credit.
    case creditFailed = "credit_failed"
    /// What is late, or over, becomes so.
    case lapse
  }

  package static let table: [Transition<ListingWorkflow>] = [
    on(.propose, from: [], .anyone, if: [.major], to: .proposed, due: .decide, then: [.newRound]),
    on(
      .propose, from: [.refused, .cancelled, .delisted], .anyone, if: [.major], to: .proposed, due: .decide,
      then: [.newRound]),
    on(.approve, from: [.proposed], .otherThanProposer, if: [.hasLevel], to: .listed, due: .term, then: [.publish]),
    on(.refuse, from: [.proposed], .anyone, if: [.hasReason], to: .refused, due: .none),
    on(.lift, from: [.proposed, .listed], .anyone, due: .keep),
    on(.requestExtension, from: [.listed], .anyone, if: [.noExtensionAsked], due: .keep),
    on(.decideExtension, from: [.listed], .anyone, if: [.extensionAsked], due: .keep),
    on(.requestReview, from: [.listed], .anyone, if: [.fedBack, .hasReason], to: .inReview, due: .review),
    on(.passReview, from: [.inReview], .reviewer, if: [.fedBack], to: .delisted, due: .none, then: [.publish]),
    on(.failReview, from: [.inReview], .reviewer, due: .decide, then: [.returnToTerm, .creditFailed]),
    on(.relist, from: [.failed], .anyone, to: .listed, due: .term, then: [.publish]),
    on(
      .publish, from: [.listed, .inReview, .failed, .delisted], .anyone, if: [.publicationDue], due: .keep,
      then: [.published]),
    on(.regrade, from: [.proposed], .workflow, due: .keep),
    on(.cancel, from: [.proposed, .listed, .inReview, .failed], .workflow, to: .cancelled, due: .none),
    on(.expire, from: [.proposed, .listed, .inReview, .failed], .clock, due: .keep, then: [.lapse]),
  ]
}
