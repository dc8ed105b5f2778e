package import Records

/// What has to be done again and again 巡查与两化节拍 (Tongcheng plan 2020): a patrol of a cell or a key unit, an enterprise's
/// login, self-check and upload of a rectified hazard. The periods stand in the profile.
package enum DutyWorkflow: WorkflowTable {
  package typealias State = DutyState
  package typealias Event = DutyEvent

  package static let name = "duty"
  package static let services = ["patrol", "cadence"]
  package static let label = Label(english: "Patrol and two-cadence duty", chinese: "巡查与两化节拍")

  package enum Party: String, Sendable {
    /// Whoever is responsible for the place.
    case anyone
    /// The same of a patrol; of a cadence the enterprise itself, or the platform for it.
    case doer
    /// The end of a cell, in the same act.
    case workflow
    /// The daemon's timer, or the deed that the next one follows.
    case clock
  }

  package enum Guard: String, Sendable {
    /// Of a patrol: the checklist is walked through.
    case answered
    /// Of a patrol: it is recorded in the place, or a reason is given.
    case inArea = "in_area"
    /// Of a cadence: the hazards are the enterprise's own reports, and what is uploaded is rectified.
    case proven
    /// The object has stopped, is closed, or is no longer the grid's.
    case idle
    /// The caller says why.
    case hasReason = "has_reason"
  }

  package enum Deadline: String, Sendable {
    /// The last day of its period.
    case period
    /// From there it goes up.
    case grace
    /// The grace once more; of a cadence the next period.
    case again
    /// The duty is over.
    case none
  }

  package enum Effect: String, Sendable {
    /// Done after its time is done late, also where the clock has not come yet.
    case judge
    /// Each problem becomes a hazard's case.
    case openCases = "open_cases"
    /// How it was done is kept, a zero report as well.
    case keep
    /// Of a cadence: the next one begins.
    case goOn = "go_on"
    /// Those whose duty it is are reminded.
    case remind
    /// It is waived instead where the object owes it no more.
    case release
    /// The village's, then the township's.
    case raise
    /// Of a cadence: a period counts as missed, in the credit as well if the ruleset has that.
    case charge
    /// Noted that its last day is near.
    case markWarned = "mark_warned"
  }

  package static let open: [DutyState] = [.due, .overdue, .escalated]

  package static let table: [Transition<DutyWorkflow>] = [
    on(.generate, from: [], .clock, to: .due, due: .period),
    on(
      .record, from: [.due], .doer, if: [.answered, .inArea, .proven], to: .done, due: .none,
      then: [.judge, .openCases, .keep, .goOn]),
    on(
      .record, from: [.overdue, .escalated], .doer, if: [.answered, .inArea, .proven], to: .doneLate, due: .none,
      then: [.openCases, .keep, .goOn]),
    on(
      .recordUnplanned, from: [], .doer, if: [.answered, .inArea], to: .done, due: .none, then: [.openCases, .keep]),
    on(.waive, from: open, .anyone, if: [.idle, .hasReason], to: .waived, due: .none),
    on(.warn, from: [.due], .clock, due: .period, then: [.release, .remind, .markWarned]),
    on(.lapse, from: [.due], .clock, to: .overdue, due: .grace, then: [.release, .remind]),
    on(
      .escalate, from: [.overdue, .escalated], .clock, to: .escalated, due: .again,
      then: [.release, .raise, .remind, .charge]),
    on(.end, from: open, .workflow, to: .waived, due: .none),
  ]
}
