internal import Records

/// Changes of what stored records mean, which a daemon makes once to a store of an older version, in this order.
///
/// A step is a command like any other: what it changes is journaled as after-images, so that redo needs no old rules. New
/// optional fields need no migration, and indexes are made anew by the store itself.
package enum Migration: UInt32, CaseIterable, Sendable {
  /// The first layout of the records: there is nothing to rewrite.
  case first = 1

  /// The one that this version's stores have behind them.
  package static let newest = allCases.map(\.rawValue).max()!
}

/// Does a step of the next migration.
func migrate(
  _ request: Migrate, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> MigrationProgress {
  let last = try state.record(SchemaVersionTable.self, .init(id: 1))?.number ?? 0
  guard request.number == last + 1, let migration = Migration(rawValue: request.number) else {
    throw .invalidArgument(InvalidArgument(field: "number", reason: "the store has \(last) behind it"))
  }
  let isDone =
    switch migration {
    case .first: true
    }
  if isDone {
    state.put(SchemaVersionTable.self, SchemaVersion(id: 1, number: request.number, migratedAt: act.time))
  }
  return MigrationProgress(done: isDone)
}
