import API
package import Records

extension QueryServices: PersonService {
  package func show(
    _ request: ShowPerson, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Person>
  ) throws(Refusal) {
    try snapshot.withStored(PersonsTable.self, .init(id: request.id)) { (stored) throws(Refusal) in
      guard let stored else { throw .notFound(NotFound(what: "person", id: request.id)) }
      reply.send(stored: stored)
    }
  }
}
