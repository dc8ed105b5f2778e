package import Records

/// Reports of the public 12350 群众举报 and their rewards (安全生产法 Art. 73, 76; 安监总财〔2018〕19号; the terms and
/// amounts stand in the profile).
package enum ReportWorkflow: WorkflowTable {
  package typealias State = ReportState
  package typealias Event = ReportEvent

  package static let name = "report"
  package static let label = Label(english: "A report of the public and its reward", chinese: "群众举报与奖励")

  package enum Party: String, Sendable {
    /// Who takes reports: the 12350 desk, or the emergency bureau itself.
    case desk
    /// Who investigates; where people are said to have died, the committee's office for the government.
    case investigator
    /// Any office that deals with it.
    case office
    /// Who grants rewards.
    case approver
    /// The reporter, for whom the desk acts.
    case reporter
    /// The daemon, in the same act.
    case daemon
    /// The daemon's timer.
    case clock
  }

  package enum Guard: String, Sendable {
    /// The caller says why.
    case hasReason = "has_reason"
    case notExtended = "not_extended"
    /// Its case is over, or it has none.
    case caseOver = "case_over"
    /// It is known who reports.
    case named
    case notObjected = "not_objected"
    /// It was verified.
    case founded
    /// Nobody who named themselves reported the matter before.
    case firstReporter = "first_reporter"
    /// Someone else proposed it.
    case otherPerson = "other_person"
  }

  package enum Deadline: String, Sendable {
    case accept, investigate
    /// The present deadline moves by the extension.
    case extended
    /// The term to answer; none when nobody can be answered.
    case answer
    case claim
    /// As it was.
    case keep
    case none
  }

  package enum Effect: String, Sendable {
    /// Who reports is put down, sealed.
    case keepIdentity = "keep_identity"
    case decided, concluded, answered
    case countExtension = "count_extension"
    case countObjection = "count_objection"
    /// Its case is opened, or found.
    case openCase = "open_case"
    /// What was claimed is paid.
    case pay
    /// What is late becomes so and goes up a level, again and again; what nobody claims lapses.
    case lapse
  }

  /// Whether something may still be done about a report: an answer may be objected to, and a reward be proposed.
  package static func isOpen(_ state: ReportState) -> Bool {
    ![.refused, .transferred, .paid, .lapsed].contains(state)
  }

  package static let table: [Transition<ReportWorkflow>] = [
    on(.receive, from: [], .desk, to: .received, due: .accept, then: [.keepIdentity]),
    on(.accept, from: [.received], .desk, to: .accepted, due: .investigate, then: [.decided]),
    on(.refuse, from: [.received], .desk, if: [.hasReason], to: .refused, due: .none, then: [.decided]),
    on(.transfer, from: [.received], .desk, to: .transferred, due: .none, then: [.decided]),
    on(
      .extend, from: [.accepted], .investigator, if: [.hasReason, .notExtended], due: .extended,
      then: [.countExtension]),
    on(
      .verify, from: [.accepted], .investigator, if: [.hasReason], to: .verified, due: .answer,
      then: [.concluded, .openCase]),
    on(.dismiss, from: [.accepted], .investigator, if: [.hasReason], to: .unfounded, due: .answer, then: [.concluded]),
    on(.openCase, from: [.verified], .daemon, to: .handling, due: .none),
    on(.mergeCase, from: [.handling], .daemon, due: .keep),
    on(.endCase, from: [.handling], .daemon, due: .answer),
    on(.reopenCase, from: [.verified, .handling], .daemon, to: .handling, due: .none),
    on(
      .answer, from: [.verified, .unfounded, .handling], .office, if: [.hasReason, .named, .caseOver],
      to: .answered, due: .none, then: [.answered]),
    on(
      .object, from: [.answered], .reporter, if: [.hasReason, .notObjected], to: .accepted, due: .investigate,
      then: [.countObjection]),
    on(
      .proposeReward, from: [.answered], .desk, if: [.founded, .firstReporter], to: .rewardPending, due: .none),
    on(.approveReward, from: [.rewardPending], .approver, if: [.otherPerson], to: .notified, due: .claim),
    on(.declineReward, from: [.rewardPending], .approver, if: [.hasReason], to: .answered, due: .none),
    on(.claim, from: [.notified], .reporter, to: .paid, due: .none, then: [.pay]),
    on(.rezone, from: ReportState.allKnown.filter(isOpen), .daemon, due: .keep),
    on(.reveal, from: ReportState.allKnown, .desk, if: [.hasReason, .named], due: .keep),
    on(
      .expire, from: [.received, .accepted, .verified, .unfounded, .handling, .notified], .clock, due: .keep,
      then: [.lapse]),
  ]
}
