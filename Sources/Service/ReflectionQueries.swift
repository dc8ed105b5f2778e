import API
import Bytes
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

  package func workflows(
    _ request: Empty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<WorkflowList>
  ) throws(Refusal) {
    reply.send(
      WorkflowList(workflows: [
        Workflow(HazardWorkflow.self), Workflow(ListingWorkflow.self), Workflow(EnterpriseWorkflow.self),
        Workflow(DishonestyWorkflow.self), Workflow(DutyWorkflow.self), Workflow(ReportWorkflow.self),
      ]))
  }
}

extension Workflow {
  fileprivate init<Kind: WorkflowTable>(_ kind: Kind.Type) {
    self.init(
      title: WorkflowTerm(kind.name, kind.label), states: Kind.State.allKnown.map { WorkflowTerm($0.name, $0.label) },
      rows: kind.table.map(WorkflowRow.init))
  }
}

extension WorkflowRow {
  fileprivate init<Kind: WorkflowTable>(_ row: Transition<Kind>) {
    let names = Kind.services.map { "\($0).\(row.event.name)" }
    let methods = Method.allCases.filter { names.contains($0.name.lowercased()) }
    self.init(
      event: WorkflowTerm(row.event.name, row.event.label), from: row.from.map(\.name), who: WorkflowTerm(row.who),
      roles: methods.flatMap(\.roles).map(\.name), guards: row.guards.map { WorkflowTerm($0) }, next: row.next?.name,
      deadline: WorkflowTerm(row.deadline), effects: row.effects.map { WorkflowTerm($0) })
  }
}

extension WorkflowTerm {
  fileprivate init(_ word: some WorkflowWord) { self.init(word.rawValue, word.label) }

  fileprivate init(_ name: String, _ label: Label) {
    self.init(name: name, english: label.english, chinese: label.chinese)
  }
}
