import Records
import Scalars

// What becomes of duties when an enterprise moves or stops, and when a cell comes to its end.

/// Open duties of one place or object that a command looks at: twenty checklists, for fifty periods in which nobody came.
private let openMax = 1000

/// Lets an enterprise's account and its open duties stand where it does.
func moveDuties(with enterprise: Enterprise, _ state: inout some State & ~Copyable) throws(Refusal) {
  if var account = try state.record(CadenceAccountsTable.self, .init(enterpriseId: enterprise.id)) {
    let isActive = enterprise.state == .active
    if account.grid != enterprise.grid || account.active != isActive {
      (account.grid, account.active) = (enterprise.grid, isActive)
      account.version += 1
      state.put(CadenceAccountsTable.self, account)
    }
  }
  let range = KeyRange(prefix: DutiesOpenOfIndex.prefix(enterprise.id))
  for entry in try state.entries(DutiesOpenOfIndex.self, in: range, descending: false, limit: openMax) {
    guard var duty = try state.record(DutiesTable.self, entry.key), duty.grid != enterprise.grid else { continue }
    // An office of the same level above the new place.
    let isOfPlace = duty.holder == duty.grid
    duty.holder = isOfPlace ? enterprise.grid : enterprise.grid.ancestor(atDepth: duty.holder.depth)
    duty.grid = enterprise.grid
    duty.version += 1
    state.put(DutiesTable.self, duty)
  }
}

/// The open patrols of a cell itself, at most `limit`.
func openPatrols(
  of cell: GridCode, limit: Int, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [Duty] {
  let range = KeyRange(prefix: DutiesOpenIndex.prefix(cell))
  var patrols: [Duty] = []
  for entry in try reader.entries(DutiesOpenIndex.self, in: range, descending: false, limit: limit) {
    if let duty = try reader.record(DutiesTable.self, entry.key), duty.enterpriseId == nil, duty.grid == cell {
      patrols.append(duty)
    }
  }
  return patrols
}

/// Waives the patrols of a cell that has come to its end: the cells in its place get their own from the next round.
func endPatrols(
  _ patrols: [Duty], note: String, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) {
  guard !patrols.isEmpty else { return }
  let terms = try DutyTerms(in: state)
  for duty in patrols {
    var step = try DutyStep(.end, duty, note: note, terms, act, in: state)
    try step.finish(&state)
  }
}
