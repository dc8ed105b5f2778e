package import Records

/// The list of seriously dishonest subjects 严重失信主体名单 (应急管理部令第11号; the terms stand in the profile).
package enum DishonestyWorkflow: WorkflowTable {
  package typealias State = DishonestyState
  package typealias Event = DishonestyEvent

  package static let name = "dishonesty"
  package static let label = Label(english: "List of seriously dishonest subjects", chinese: "严重失信主体名单")

  package enum Party: String, Sendable {
    /// The emergency department that imposed the penalty (谁处罚、谁决定、谁负责).
    case decider
    /// The subject itself, or the decider for whoever comes on paper.
    case subject
    /// Who carries a measure out.
    case department
    /// The daemon's timer.
    case clock
  }

  package enum Guard: String, Sendable {
    /// A unit has its credit code, a person a name and an identity.
    case identified
    /// The subject has been on the list long enough to ask.
    case longEnough = "long_enough"
    /// No ban that the law itself sets still runs, or the profile lets a subject leave the list while one does.
    case noBan = "no_ban"
    /// Nothing else runs against the same subject.
    case noOtherCase = "no_other_case"
    case accepted
    case notAccepted = "not_accepted"
    /// The subject left the list before its time.
    case leftEarly = "left_early"
    /// A reconsideration or a lawsuit runs.
    case contested
    case registrationDue = "registration_due"
    case publicationDue = "publication_due"
    /// The caller says why.
    case hasReason = "has_reason"
  }

  package enum Deadline: String, Sendable {
    case defence, accept, decide
    /// The last day on the list.
    case listTerm = "list_term"
    /// As it was.
    case keep
    case none
  }

  package enum Effect: String, Sendable {
    /// The time on the list begins.
    case beginTerm = "begin_term"
    /// The time on the list goes on, or begins again, as the profile says.
    case resumeTerm = "resume_term"
    /// The listing is to be entered into the system and published.
    case announce
    /// The end is to be entered into the system, and publication to stop.
    case withdraw
    /// The same without a term: whoever never belonged on the list leaves it at once.
    case withdrawNow = "withdraw_now"
    case leaveEarly = "leave_early"
    case accept
    case contest, uphold
    case registered, published
    /// What is over ends; what is late becomes so.
    case lapse
  }

  package static let table: [Transition<DishonestyWorkflow>] = [
    on(.open, from: [], .decider, to: .draft, due: .none),
    on(.recordLegacy, from: [], .decider, to: .removed, due: .none),
    on(.notify, from: [.draft], .decider, if: [.identified], to: .notified, due: .defence),
    on(.defend, from: [.notified], .subject, if: [.hasReason], to: .deciding, due: .none),
    on(
      .enter, from: [.deciding], .decider, if: [.identified], to: .listed, due: .listTerm,
      then: [.beginTerm, .announce]),
    on(.drop, from: [.draft, .notified, .deciding], .decider, if: [.hasReason], to: .dropped, due: .none),
    on(
      .applyRemoval, from: [.listed], .subject, if: [.longEnough, .noBan, .noOtherCase], to: .repairReview, due: .accept
    ),
    on(.acceptRemoval, from: [.repairReview], .decider, if: [.notAccepted], due: .decide, then: [.accept]),
    on(
      .grantRemoval, from: [.repairReview], .decider, if: [.accepted, .noBan, .noOtherCase], to: .removed, due: .none,
      then: [.leaveEarly, .withdraw]),
    on(.refuseRemoval, from: [.repairReview], .decider, if: [.hasReason], to: .listed, due: .listTerm),
    on(
      .restore, from: [.removed], .decider, if: [.leftEarly], to: .listed, due: .listTerm,
      then: [.resumeTerm, .announce]),
    on(.revoke, from: [.listed, .repairReview, .removed], .decider, to: .revoked, due: .none, then: [.withdrawNow]),
    on(.contest, from: [.listed, .repairReview], .subject, if: [.hasReason], due: .keep, then: [.contest]),
    on(
      .uphold, from: [.listed, .repairReview, .removed], .decider, if: [.contested, .hasReason], due: .keep,
      then: [.uphold]),
    on(.orderMeasure, from: [.listed, .repairReview], .decider, due: .keep),
    on(.feedBackMeasure, from: [.listed, .repairReview, .removed, .revoked], .department, due: .keep),
    on(
      .register, from: [.listed, .repairReview, .removed, .revoked], .decider, if: [.registrationDue], due: .keep,
      then: [.registered]),
    on(
      .publish, from: [.listed, .repairReview, .removed, .revoked], .decider, if: [.publicationDue], due: .keep,
      then: [.published]),
    on(.expire, from: [.notified, .listed, .repairReview], .clock, due: .keep, then: [.lapse]),
  ]
}
