import API
import Domain
package import Records
import Scalars

extension QueryServices: PersonService {
  package func show(
    _ request: ShowPerson, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Person>
  ) throws(Refusal) {
    guard try reply.sendStored(PersonsTable.self, .init(id: request.id), from: snapshot) else {
      throw .notFound(NotFound("person", request.id))
    }
  }

  package func contacts(
    _ request: ListContacts, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ContactPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    var range = KeyRange(prefix: GrantPlacesByGridIndex.prefix(request.grid))
    if let after = request.after {
      let last = GrantPlacesByGridIndex.Key(held: request.grid, key: .init(person: after, grid: request.grid))
      range = range.after(last.encoded)
    }
    let limit = Self.limit(request.limit)
    let entries = try snapshot.entries(GrantPlacesByGridIndex.self, in: range, descending: false, limit: limit + 1)
    let today = try currentTime(in: snapshot).localDate
    var page = ContactPage()
    for entry in entries.prefix(limit) {
      guard let person = try snapshot.record(PersonsTable.self, .init(id: entry.key.person)) else { continue }
      // A grant may begin later, or be over.
      let grants = person.grants.valid(on: today).filter {
        $0.grid == request.grid && (request.department == nil || $0.department == request.department)
      }
      guard !grants.isEmpty else { continue }
      page.contacts.append(
        Contact(
          person: person.id, name: person.name, roles: grants.map(\.role), phone: person.phone,
          departments: grants.compactMap(\.department)))
    }
    if entries.count > limit { page.next = entries[limit - 1].key.person }
    reply.send(page)
  }
}
