package import Records

/// The life of an object of the ledger 企业台账 (安委办〔2017〕30号; the collecting and confirming is Tongcheng's).
package enum EnterpriseWorkflow: WorkflowTable {
  package typealias State = EnterpriseState
  package typealias Event = EnterpriseEvent

  package static let name = "enterprise"
  package static let label = Label(english: "Life of an object of the ledger", chinese: "企业台账")

  package enum Party: String, Sendable {
    /// Whoever is responsible for the place where it is.
    case anyone
    /// The same, but an enterprise for itself only.
    case concerned
    /// Whoever is responsible for the place that it moves to.
    case target
    /// A department of the county or above.
    case county
    /// The daemon's timer.
    case clock
  }

  package enum Guard: String, Sendable {
    /// It has a department, unless it stands in a cell or is supervised directly a grid member, and what the profile asks for.
    case complete
    /// It is another object, which is in the ledger.
    case isInLedger = "is_in_ledger"
    case noMajorOpen = "no_major_open"
    /// No further place of operation of it stands in the ledger.
    case noSites = "no_sites"
    /// It was offered to the place that decides.
    case offeredHere = "offered_here"
    /// It was offered to some place.
    case offered
    /// The term to accept it is not over.
    case inTime = "in_time"
    case updateProposed = "update_proposed"
    case ofGrid = "of_grid"
    case direct
    /// The caller says why.
    case hasReason = "has_reason"
  }

  package enum Deadline: String, Sendable {
    /// The other place has to decide.
    case accept
    /// As it was.
    case keep
    case none
  }

  package enum Effect: String, Sendable {
    /// Its credit code may be another object's.
    case freeCode = "free_code"
    /// Grid, lists and statistics change; the old grid member is rid of it, and so is a department of the old place alone.
    case move
    case beDirect = "be_direct"
    case beOfGrid = "be_of_grid"
    /// Cases of it that are being rectified are terminated.
    case terminateCases = "terminate_cases"
    /// Its open cases are those of the object that it is.
    case moveCases = "move_cases"
    /// Nothing waits for the village any longer.
    case dropUpdate = "drop_update"
    /// Somebody has looked at what stands in the ledger.
    case verify
  }

  private static let inLedger: [EnterpriseState] = [.active, .suspended]

  package static let table: [Transition<EnterpriseWorkflow>] = [
    // What was closed and operates again is the same object: its credit did not end.
    on(.collect, from: [], .anyone, to: .candidate, due: .none, then: [.verify]),
    on(.collect, from: [.closed], .anyone, to: .candidate, due: .none, then: [.verify]),
    // A register says what it knows of an object: of one that is new it is as good as the village's word.
    on(.import, from: [], .anyone, to: .active, due: .none, then: [.verify]),
    on(.import, from: [.candidate] + inLedger, .anyone, due: .keep, then: [.verify]),
    on(.confirm, from: [.candidate], .anyone, if: [.complete], to: .active, due: .none, then: [.verify]),
    on(.reject, from: [.candidate], .anyone, if: [.hasReason], to: .rejected, due: .none, then: [.freeCode]),
    on(.merge, from: [.candidate], .anyone, if: [.isInLedger], to: .merged, due: .none, then: [.freeCode, .moveCases]),
    on(.update, from: [.candidate] + inLedger, .anyone, due: .keep, then: [.verify]),
    on(.proposeUpdate, from: [.candidate] + inLedger, .concerned, due: .keep),
    on(
      .confirmUpdate, from: [.candidate] + inLedger, .anyone, if: [.updateProposed], due: .keep,
      then: [.dropUpdate, .verify]),
    on(
      .refuseUpdate, from: [.candidate] + inLedger, .anyone, if: [.updateProposed, .hasReason], due: .keep,
      then: [.dropUpdate]),
    on(.assign, from: [.candidate] + inLedger, .anyone, due: .keep),
    on(.suspend, from: [.active], .concerned, if: [.hasReason], to: .suspended, due: .keep),
    on(.resume, from: [.suspended], .anyone, if: [.noMajorOpen], to: .active, due: .keep),
    on(.relocate, from: inLedger, .anyone, due: .accept),
    on(.acceptRelocation, from: inLedger, .target, if: [.offeredHere, .inTime], due: .none, then: [.move]),
    on(.refuseRelocation, from: inLedger, .target, if: [.offeredHere, .hasReason], due: .none),
    on(.lapse, from: inLedger, .clock, if: [.offered], due: .none),
    on(.setDirect, from: inLedger, .county, if: [.ofGrid], due: .keep, then: [.beDirect]),
    on(.unsetDirect, from: inLedger, .county, if: [.direct], due: .keep, then: [.beOfGrid]),
    on(.close, from: inLedger, .anyone, if: [.noSites, .hasReason], to: .closed, due: .none, then: [.terminateCases]),
  ]
}
