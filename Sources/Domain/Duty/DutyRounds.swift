import Records
import Scalars

// Who owes a new duty is found by a round that the clock makes every day: through the cells, the key units, the other objects that
// are visited, and the enterprises of the two-cadence system. One command makes a few hundred duties at most and remembers where it stopped, so that a county
// of any size is gone through in pieces, and whatever came new or was missed is found the next day.

func generateDuties(
  _ request: GenerateDuties, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> GenerateReceipt {
  guard var round = try state.record(DutyRoundsTable.self, .init(id: 1)), let at = round.at, at <= act.time else {
    return GenerateReceipt()
  }
  if request.postpone {
    round.at = act.postponed
    state.put(DutyRoundsTable.self, round)
    return GenerateReceipt()
  }
  var walk = RoundWalk(
    round: round, terms: try DutyTerms(in: state), act: act, limit: request.limit, nextID: try nextDuty(in: state))
  while walk.hasRoom { try walk.advance(&state) }
  state.put(DutyRoundsTable.self, walk.round)
  return walk.receipt
}

/// Begins the daily rounds, or ends them, as the profile has rules for duties or has none. The first one is made tomorrow.
func scheduleRounds(_ profile: Profile, _ act: Act, _ state: inout some State & ~Copyable) throws(Refusal) {
  let isOwed = profile.patrol != nil || profile.cadence != nil
  let known = try state.record(DutyRoundsTable.self, .init(id: 1))
  guard isOwed != (known?.at != nil) else { return }
  var round = DutyRound(id: 1, stage: .cells)
  round.at = isOwed ? act.tomorrow : nil
  state.put(DutyRoundsTable.self, round)
}

/// The part of a round that one command makes.
private struct RoundWalk {
  var round: DutyRound
  let terms: DutyTerms
  let act: Act
  let limit: UInt32
  var nextID: UInt64
  var receipt = GenerateReceipt()
  private var isDone = false

  /// Places and objects that one command looks at: some ten milliseconds.
  private static let examinedMax: UInt32 = 1000

  init(round: DutyRound, terms: DutyTerms, act: Act, limit: UInt32, nextID: UInt64) {
    self.round = round
    self.terms = terms
    self.act = act
    self.limit = limit
    self.nextID = nextID
  }

  var hasRoom: Bool { !isDone && hasRoomForDuties && receipt.examined < Self.examinedMax }
  private var hasRoomForDuties: Bool { receipt.generated < limit }
  private var slice: Int { Int(Self.examinedMax - receipt.examined) }

  mutating func advance(_ state: inout some State & ~Copyable) throws(Refusal) {
    switch round.stage {
    case .units: try lookAtUnits(&state)
    case .objects: try lookAtObjects(&state)
    case .accounts: try lookAtAccounts(&state)
    default: try lookAtCells(&state)
    }
  }

  private mutating func begin(_ stage: DutyStage) {
    (round.stage, round.grid, round.enterpriseId) = (stage, nil, 0)
  }

  private mutating func lookAtCells(_ state: inout some State & ~Copyable) throws(Refusal) {
    guard let term = terms.patrol?.periodCell else { return begin(.units) }
    let cells = try nodes(atDepth: 4, under: nil, after: round.grid, limit: slice, in: state)
    if cells.isEmpty { return begin(.units) }
    for cell in cells {
      receipt.examined += 1
      for list in try checklists(for: .cell, in: cell, state) {
        let range = KeyRange(prefix: DutiesByPlaceIndex.prefix(cell, .cellPatrol, list.name))
        let last = try state.firstEntry(DutiesByPlaceIndex.self, in: range, descending: true)?.from
        guard let first = period(after: last, term), try isLiving(cell, state) else { continue }
        try generate(.cellPatrol, cell, nil, list, first, term, &state)
        // What the cell owes besides is found by the next command.
        guard hasRoomForDuties else { return }
      }
      round.grid = cell
    }
  }

  private func isLiving(_ cell: GridCode, _ state: borrowing some State & ~Copyable) throws(Refusal) -> Bool {
    guard try currentGrid(cell, in: state) != nil else { return false }
    return try retirement(of: cell, in: state) == nil
  }

  private mutating func lookAtUnits(_ state: inout some State & ~Copyable) throws(Refusal) {
    guard let term = terms.patrol?.periodUnit else { return begin(.objects) }
    var range = KeyRange(prefix: EnterprisesByFlagIndex.prefix(.keyUnit))
    if let grid = round.grid {
      range = range.after(
        EnterprisesByFlagIndex.Key(flags: .keyUnit, grid: grid, key: .init(id: round.enterpriseId)).encoded)
    }
    let entries = try state.entries(EnterprisesByFlagIndex.self, in: range, descending: false, limit: slice)
    if entries.isEmpty { return begin(.objects) }
    for entry in entries {
      receipt.examined += 1
      if let unit = try state.record(EnterprisesTable.self, entry.key), unit.isPatrolled {
        for list in try checklists(for: .keyUnit, in: unit.grid, state) {
          let range = KeyRange(prefix: DutiesByEnterpriseIndex.prefix(unit.id, .unitPatrol, list.name))
          let last = try state.firstEntry(DutiesByEnterpriseIndex.self, in: range, descending: true)?.from
          guard let first = period(after: last, term) else { continue }
          try generate(.unitPatrol, unit.grid, unit.id, list, first, term, &state)
          guard hasRoomForDuties else { return }
        }
      }
      (round.grid, round.enterpriseId) = (entry.grid, entry.key.id)
    }
  }

  /// All that is no key unit, in the order of the ledger's numbers.
  private mutating func lookAtObjects(_ state: inout some State & ~Copyable) throws(Refusal) {
    guard let term = terms.patrol?.periodObject else { return begin(.accounts) }
    let range = KeyRange.all.after(EnterprisesTable.Key(id: round.enterpriseId).encoded)
    let keys = try state.keys(EnterprisesTable.self, in: range, descending: false, limit: slice)
    if keys.isEmpty { return begin(.accounts) }
    for key in keys {
      receipt.examined += 1
      if let object = try state.record(EnterprisesTable.self, key), object.isPatrolled,
        !object.flags.contains(.keyUnit)
      {
        let kind = try state.record(GridFilesTable.self, .init(code: object.grid))?.kind
        for list in terms.patrol?.checklists(for: object, in: kind) ?? [] {
          let range = KeyRange(prefix: DutiesByEnterpriseIndex.prefix(object.id, .objectPatrol, list.name))
          let last = try state.firstEntry(DutiesByEnterpriseIndex.self, in: range, descending: true)?.from
          guard let first = period(after: last, term) else { continue }
          try generate(.objectPatrol, object.grid, object.id, list, first, term, &state)
          guard hasRoomForDuties else { return }
        }
      }
      round.enterpriseId = key.id
    }
  }

  private func checklists(
    for use: ChecklistUse, in place: GridCode, _ state: borrowing some State & ~Copyable
  ) throws(Refusal) -> [Checklist] {
    let kind = try state.record(GridFilesTable.self, .init(code: place))?.kind
    return terms.patrol?.checklists(for: use, in: kind) ?? []
  }

  /// Cadences go on by themselves; what is found here are those whose rule came later, or that have rested.
  private mutating func lookAtAccounts(_ state: inout some State & ~Copyable) throws(Refusal) {
    let range = KeyRange.all.after(CadenceAccountsTable.Key(enterpriseId: round.enterpriseId).encoded)
    let keys = try state.keys(CadenceAccountsTable.self, in: range, descending: false, limit: slice)
    if keys.isEmpty {
      begin(.cells)
      round.at = act.tomorrow
      return isDone = true
    }
    for key in keys {
      receipt.examined += 1
      let enterprise = try requireEnterprise(key.enterpriseId, in: state)
      for kind in enterprise.state == .active ? DutyKind.cadence : [] {
        if let last = try lastCadence(of: kind, enterprise.id, in: state), !last.isOver { continue }
        guard let duty = try nextCadence(of: kind, enterprise, id: nextID, terms, act) else { continue }
        try begin(duty, &state)
        guard hasRoomForDuties else { return }
      }
      round.enterpriseId = key.enterpriseId
    }
  }

  /// The first day of the period that runs today, if it began after the last one: periods that nobody was told of are left
  /// out.
  private func period(after last: Date?, _ term: Term) -> Date? {
    guard let last else { return act.today }
    var first = last
    while case let next = first.adding(term), first < next, next <= act.today { first = next }
    return first > last ? first : nil
  }

  private mutating func generate(
    _ kind: DutyKind, _ grid: GridCode, _ enterprise: UInt64?, _ list: Checklist, _ from: Date, _ term: Term,
    _ state: inout some State & ~Copyable
  ) throws(Refusal) {
    let to = try terms.calendar.nextWorkingDay(from: from.adding(term).adding(days: -1))
    try begin(
      Duty(
        id: nextID, kind: kind, grid: grid, enterpriseId: enterprise, checklist: list.name, from: from, to: to,
        holder: grid, month: to.month),
      &state)
  }

  private mutating func begin(_ duty: Duty, _ state: inout some State & ~Copyable) throws(Refusal) {
    var step = DutyStep(generating: duty, terms, act)
    try step.finish(&state)
    nextID += 1
    receipt.generated += 1
  }
}

extension Act {
  fileprivate var tomorrow: Instant { Instant(startOf: today.adding(days: 1)) }
}
