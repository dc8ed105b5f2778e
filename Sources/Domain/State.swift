package import Records
package import Scalars

/// What the rules may see and change. Behind it stands a model in memory, or a transaction of the store: the same
/// rules run over both.
///
/// Reads by key see the command's own changes; lists of keys see the state before the command, so a rule lists before
/// it changes.
package protocol State: RecordReader, ~Copyable {
  /// Creates or replaces the record.
  mutating func put<T: Table>(_ table: T.Type, _ record: T.Record)
  /// The rules of the deployment; `nil` before the first profile was activated.
  borrowing func activeRules() throws(Refusal) -> ActiveRules?
}

extension State where Self: ~Copyable {
  /// The rules of the deployment, for what cannot do without.
  /// - Throws: `unconfigured`
  borrowing func requireRules() throws(Refusal) -> ActiveRules {
    guard let rules = try activeRules() else { throw .unconfigured(Unconfigured(rule: "profile")) }
    return rules
  }
}

/// One act: who does something when, at which place in the journal.
package struct Act: Sendable {
  package let time: Instant
  package let caller: Caller
  package let method: Method
  /// The journal sequence that the command gets if it is accepted.
  package let sequence: UInt64

  package init(time: Instant, caller: Caller, method: Method, sequence: UInt64) {
    self.time = time
    self.caller = caller
    self.method = method
    self.sequence = sequence
  }

  var actor: String { caller.actor }
  var today: Date { time.localDate }
}
