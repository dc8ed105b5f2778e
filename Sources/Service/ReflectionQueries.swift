import API
import Domain
package import Records

extension QueryServices: ReflectionService {
  package func interface(
    _ request: Empty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<InterfaceDescription>
  ) throws(Refusal) {
    reply.send(
      InterfaceDescription(
        schemaHash: interfaceHash, files: InterfaceText.files.map { InterfaceFile(name: $0.name, text: $0.text) }))
  }
}
