import Records
import Scalars

// Organisations 机构 of the grid's nodes, by their names.

/// Organisations of one node: a county has some sixty offices, agencies and associations that have a part in this.
private let organizationsOfANodeMax = 500

func putOrganization(
  _ request: PutOrganization, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Organization {
  try checkLiving(request.grid, in: state)
  let before = try state.record(OrganizationsTable.self, .init(grid: request.grid, name: request.name))
  try checkVersion(before?.version ?? 0, request.expectedVersion)
  if before == nil {
    let ofNode = KeyRange(prefix: OrganizationsTable.prefix(request.grid))
    let known = try state.keys(OrganizationsTable.self, in: ofNode, descending: false, limit: organizationsOfANodeMax)
    guard known.count < organizationsOfANodeMax else {
      throw .invalid(
        "grid", "the node has \(organizationsOfANodeMax) organisations; that is all",
        "该网格机构已达\(organizationsOfANodeMax)个上限")
    }
  }
  if let from = request.from, let to = request.to, to < from {
    throw .invalid("to", "\(to) lies before the first day, \(from)", "\(to)早于起始日\(from)")
  }
  if let contact = request.contact { _ = try requirePerson(contact, in: state) }
  if let committee = request.committeeOf {
    guard let known = try state.record(OrganizationsTable.self, .init(grid: request.grid, name: committee)) else {
      throw .notFound(NotFound("organisation", committee))
    }
    guard known.kind == .committee, known.name != request.name else {
      throw .invalid("committee_of", "\(committee) is not a committee above it", "\(committee)不是其上级委员会")
    }
  }
  let organization = Organization(
    grid: request.grid, name: request.name, kind: request.kind, contact: request.contact,
    committeeOf: request.committeeOf, from: request.from, to: request.to, version: (before?.version ?? 0) + 1)
  state.put(OrganizationsTable.self, organization)
  return organization
}

/// Refuses a department that nobody knows at a place, or at one above it, as soon as departments are entered there: a name that
/// is misspelt would hide the case from those whose it is.
/// - Parameter date: `nil`: whenever it was or will be there.
/// - Throws: `invalidArgument`
func checkDepartment(
  _ name: String, _ field: String, near place: GridCode, on date: Date?,
  in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) {
  guard let node = try nodeWithout(name, near: place, on: date, in: reader) else { return }
  throw .invalid(
    field, "grid \(node) has departments, but no \"\(name)\" (safegrid organization list)",
    "网格\(node)已登记部门，但没有“\(name)”")
}

extension Enterprise {
  /// Leaves the department of the old place behind where the new one has others: the list of what nobody supervises then
  /// names it, until the new place says whose it is.
  mutating func arrive(
    from old: GridCode, _ act: Act, in reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    guard !responsibleDepartment.isEmpty,
      try isLeftBehind(responsibleDepartment, from: old, to: grid, on: act.today, in: reader)
    else { return }
    (responsibleDepartment, supervision, directGround) = ("", .grid, nil)
  }
}

extension HazardStep {
  /// Whose the case is among the departments where it goes on: its own where that is known, and else that of its object.
  func department(goingOnIn place: GridCode, _ state: borrowing some State & ~Copyable) throws(Refusal) -> String? {
    guard let own = hazard.department, place != hazard.grid,
      try isLeftBehind(own, from: hazard.grid, to: place, on: act.today, in: state)
    else { return hazard.department }
    guard let id = hazard.enterpriseId else { return nil }
    return try supervision(ofEnterprise: id, in: state).department
  }
}

/// Whether a department of an old place is not known in a new one, which has others.
private func isLeftBehind(
  _ department: String, from old: GridCode, to new: GridCode, on date: Date,
  in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Bool {
  guard try nodeWithout(department, near: new, on: date, in: reader) != nil else { return false }
  return try nodeWithout(department, near: old, on: date, in: reader) == nil
}

/// The place, or the one above it, that has departments, though none of that name is there or above; `nil` when it is
/// known, or nobody has entered any.
private func nodeWithout(
  _ name: String, near place: GridCode, on date: Date?, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> GridCode? {
  var nodes: [GridCode] = []
  var next: GridCode? = place
  while let node = next {
    nodes.append(node)
    next = node.parent
  }
  for node in nodes {
    let known = try reader.record(OrganizationsTable.self, .init(grid: node, name: name))
    if let known, known.isThere(on: date) { return nil }
  }
  for node in nodes {
    let ofNode = KeyRange(prefix: OrganizationsTable.prefix(node))
    for key in try reader.keys(OrganizationsTable.self, in: ofNode, descending: false, limit: organizationsOfANodeMax) {
      guard let known = try reader.record(OrganizationsTable.self, key), known.kind == .department,
        known.isThere(on: date)
      else { continue }
      return node
    }
  }
  return nil
}

extension Organization {
  fileprivate func isThere(on date: Date?) -> Bool {
    guard let date else { return true }
    return (from.map { $0 <= date } ?? true) && (to.map { date <= $0 } ?? true)
  }
}
