package import Bytes
package import Records

/// A workflow 流程 of the field as a table, which is all that there is to know about it: from which states, on which event,
/// who may act, what must hold, what comes next. A pair of state and event that no row has is refused.
package protocol WorkflowTable: Sendable {
  associatedtype State: WireEnum & Labelled & Sendable
  /// The events that people cause have the names of the methods that cause them.
  associatedtype Event: WireEnum & Labelled & Sendable
  /// Who may act, among those whose role and grid allow the method; the roles stand with the method in the IDL.
  associatedtype Party: WorkflowWord
  associatedtype Guard: WorkflowWord
  associatedtype Deadline: WorkflowWord
  associatedtype Effect: WorkflowWord
  /// That of the service whose methods are its events, in small letters, unless ``services`` says otherwise.
  static var name: String { get }
  /// The services whose methods are its events, in small letters.
  static var services: [String] { get }
  static var label: Label { get }
  static var table: [Transition<Self>] { get }
}

/// A word of a workflow's rows: its name as tools write it, and a label for people.
package protocol WorkflowWord: RawRepresentable<String>, Labelled, Sendable {}

/// One row of a workflow: from these states, on this event, by these people, if the guards hold, to that state, with that
/// deadline and these effects.
package struct Transition<Kind: WorkflowTable>: Sendable {
  package let event: Kind.Event
  /// Empty: the event begins a case.
  package let from: [Kind.State]
  package let who: Kind.Party
  package let guards: [Kind.Guard]
  /// Absent: the state stays, or an effect decides.
  package let next: Kind.State?
  package let deadline: Kind.Deadline
  package let effects: [Kind.Effect]
}

extension WorkflowTable {
  package static var services: [String] { [name] }

  /// The row for an event in a state; `nil` as the state asks for the row that begins a case.
  package static func row(_ event: Event, in state: State?) -> Transition<Self>? {
    table.first { row in
      guard row.event == event else { return false }
      return state.map(row.from.contains) ?? row.from.isEmpty
    }
  }

  /// Only for tables.
  static func on(
    _ event: Event, from: [State], _ who: Party, if guards: [Guard] = [], to next: State? = nil,
    due deadline: Deadline, then effects: [Effect] = []
  ) -> Transition<Self> {
    Transition(event: event, from: from, who: who, guards: guards, next: next, deadline: deadline, effects: effects)
  }
}
