package import Records

extension Caller {
  /// Refuses a command that no grant of the caller allows where it acts.
  ///
  /// Whoever works from an old list names a cell that has come to its end since, and their grants are with its successors:
  /// they hear which these are.
  /// - Throws: `permissionDenied`, `gridRetired`, and what says that the record is not there which gives the scope.
  package func authorize(
    _ command: Command, in reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    let scope = try command.scope(in: reader)
    do throws(Refusal) {
      try authorize(command.method, in: scope)
    } catch {
      guard case .grid(let code) = scope, let retirement = try retirement(of: code, in: reader) else { throw error }
      for successor in retirement.successors {
        guard grants(for: command.method, in: .grid(successor)).isEmpty else { throw retirement.refusal }
      }
      throw error
    }
  }
}
