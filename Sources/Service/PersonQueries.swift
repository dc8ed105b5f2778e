import API
package import Records

extension QueryServices: PersonService {
  package func show(
    _ request: ShowPerson, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Person>
  ) throws(Refusal) {
    guard try reply.sendStored(PersonsTable.self, .init(id: request.id), from: snapshot) else {
      throw .notFound(NotFound(what: "person", id: request.id))
    }
  }
}
