import Records
import Scalars

func putPersons(
  _ request: PutPersons, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PutPersonsReceipt {
  var receipt = PutPersonsReceipt()
  for (index, var person) in request.persons.enumerated() {
    for grant in person.grants {
      if grant.role == .system {
        throw .invalid("persons[\(index)].grants", "the role system belongs to the daemon alone", "“系统”角色仅供系统自身使用")
      }
      if let from = grant.from, let to = grant.to, to < from {
        throw .invalid("persons[\(index)].grants", "\(to) lies before the first day, \(from)", "\(to)早于起始日\(from)")
      }
      if let grid = grant.grid { try checkLiving(grid, in: state) }
      if let department = grant.department {
        try checkDepartment(grant, department, field: "persons[\(index)].grants", act, in: state)
      }
    }
    if let id = person.enterpriseId { _ = try requireEnterprise(id, in: state) }
    let old = try state.record(PersonsTable.self, .init(id: person.id))
    if request.keepUnsaid, let old { person.keep(old) }
    person.version = (old?.version ?? 0) + 1
    try put(person, in: &state)
    if old == nil { receipt.created += 1 } else { receipt.replaced += 1 }
  }
  return receipt
}

private func checkDepartment(
  _ grant: Grant, _ department: String, field: String, _ act: Act, in state: borrowing some State & ~Copyable
) throws(Refusal) {
  guard grant.role == .departmentOfficer || grant.role == .enforcementOfficer, let grid = grant.grid else {
    throw .invalid(
      field, "only an officer of a department or of enforcement, in a grid, acts for a department",
      "仅网格内的主管部门人员或执法人员可代表部门")
  }
  try checkDepartment(department, field, near: grid, on: act.today, in: state)
}

/// Puts a person, and where their grants lie.
func put(_ person: Person, in state: inout some State & ~Copyable) throws(Refusal) {
  let before = try state.record(PersonsTable.self, .init(id: person.id))?.places ?? []
  let places = person.places
  for grid in before.subtracting(places).sorted() {
    state.put(GrantPlacesTable.self, GrantPlace(person: person.id, grid: grid, held: nil))
  }
  for grid in places.subtracting(before).sorted() {
    state.put(GrantPlacesTable.self, GrantPlace(person: person.id, grid: grid, held: grid))
  }
  state.put(PersonsTable.self, person)
}

extension Person {
  /// What is not said of the person stays as it was. Name and grants are always said.
  fileprivate mutating func keep(_ old: Person) {
    enterpriseId = enterpriseId ?? old.enterpriseId
    phone = phone ?? old.phone
    if terminals.isEmpty { terminals = old.terminals }
    employment = employment ?? old.employment
    certificate = certificate ?? old.certificate
    guard let before = old.staffing else { return }
    guard var said = staffing else {
      staffing = before
      return
    }
    if said.organization.isEmpty { said.organization = before.organization }
    said.onEstablishment = said.onEstablishment ?? before.onEstablishment
    said.professional = said.professional ?? before.professional
    said.joined = said.joined ?? before.joined
    said.left = said.left ?? before.left
    if said.concurrentJobs.isEmpty { said.concurrentJobs = before.concurrentJobs }
    if said.remuneration.isEmpty { said.remuneration = before.remuneration }
    if said.protectiveKit.isEmpty { said.protectiveKit = before.protectiveKit }
    staffing = said
  }

  func isGridMember(of grid: GridCode, on date: Date) -> Bool {
    grants.valid(on: date).contains { $0.role == .gridMember && ($0.grid?.contains(grid) ?? true) }
  }

  /// The nodes that grants name.
  var places: Set<GridCode> { Set(grants.compactMap(\.grid)) }
}

/// - Throws: `unknownPerson`
func requirePerson(_ id: String, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Person {
  guard let person = try reader.record(PersonsTable.self, .init(id: id)) else {
    throw .unknownPerson(UnknownPerson(id: id))
  }
  return person
}
