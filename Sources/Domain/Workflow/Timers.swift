package import Records
package import Scalars

// Whatever falls due is done by commands of the daemon's own, which go through the journal like any other.

/// What falls due first, of all workflows.
package struct DueCommand {
  /// When the clock must look at it.
  package let at: Instant
  /// The look.
  package let command: Command

  /// What puts the first of them off, when even it alone cannot be done, so that it does not stand in the way of all that falls due
  /// behind it.
  package var postponement: Command {
    switch command {
    case .hazardExpire: .hazardExpire(ExpireHazards(limit: 1, postpone: true))
    case .listingExpire: .listingExpire(ExpireListings(limit: 1, postpone: true))
    case .dishonestyExpire: .dishonestyExpire(ExpireDishonesty(limit: 1, postpone: true))
    case .patrolExpire: .patrolExpire(ExpireDuties(limit: 1, postpone: true))
    case .patrolGenerate: .patrolGenerate(GenerateDuties(limit: 1, postpone: true))
    case .reportExpire: .reportExpire(ExpireReports(limit: 1, postpone: true))
    // An offer ends by itself, whatever the profile says.
    default: command
    }
  }
}

extension Act {
  /// When the clock looks again at what it could not do: a missing rule is soon noticed, and then entered.
  var postponed: Instant { time.adding(milliseconds: 3_600_000) }
}

/// What falls due first; `nil` when nothing is open.
/// - Parameter limit: how many cases the command looks at, at most.
package func nextDue(
  limit: UInt32 = 1, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> DueCommand? {
  let hazard = try reader.firstEntry(HazardsTimersIndex.self, in: .all, descending: false)?.timerAt
  let listing = try reader.firstEntry(ListingsTimersIndex.self, in: .all, descending: false)?.timerAt
  let dishonesty = try reader.firstEntry(DishonestyCasesTimersIndex.self, in: .all, descending: false)?.timerAt
  let duty = try reader.firstEntry(DutiesTimersIndex.self, in: .all, descending: false)?.timerAt
  let round = try reader.record(DutyRoundsTable.self, .init(id: 1))?.at
  let report = try reader.firstEntry(PublicReportsTimersIndex.self, in: .all, descending: false)?.timerAt
  let offer = try reader.firstEntry(EnterprisesOfferTimersIndex.self, in: .all, descending: false)?.acceptBy
  // Of what falls due at the same moment, the hazards come first.
  var first: DueCommand?
  func consider(_ at: Instant?, _ command: Command) {
    if let at, first.map({ at < $0.at }) ?? true { first = DueCommand(at: at, command: command) }
  }
  consider(hazard, .hazardExpire(ExpireHazards(limit: limit)))
  consider(listing, .listingExpire(ExpireListings(limit: limit)))
  consider(dishonesty, .dishonestyExpire(ExpireDishonesty(limit: limit)))
  consider(duty, .patrolExpire(ExpireDuties(limit: limit)))
  consider(round, .patrolGenerate(GenerateDuties(limit: limit)))
  consider(report, .reportExpire(ExpireReports(limit: limit)))
  consider(offer, .enterpriseExpire(ExpireEnterprises(limit: limit)))
  return first
}
