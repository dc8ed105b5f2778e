import Records

func putPersons(
  _ request: PutPersons, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PutPersonsReceipt {
  var receipt = PutPersonsReceipt()
  for (index, var person) in request.persons.enumerated() {
    for grant in person.grants {
      if grant.role == .system {
        throw .invalidArgument(
          InvalidArgument(field: "persons[\(index)].grants", reason: "the role system belongs to the daemon alone"))
      }
      if let grid = grant.grid { try checkKnown(grid, in: state) }
    }
    if let id = person.enterpriseId { _ = try requireEnterprise(id, in: state) }
    let old = try state.record(PersonsTable.self, .init(id: person.id))
    person.version = (old?.version ?? 0) + 1
    state.put(PersonsTable.self, person)
    if old == nil { receipt.created += 1 } else { receipt.replaced += 1 }
  }
  return receipt
}

/// - Throws: `unknownPerson`
func requirePerson(_ id: String, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Person {
  guard let person = try reader.record(PersonsTable.self, .init(id: id)) else {
    throw .unknownPerson(UnknownPerson(id: id))
  }
  return person
}
