internal import Bytes
internal import Records

/// Changes of what stored records mean, which a daemon makes once to a store of an older version, in this order.
///
/// A step is a command like any other: what it changes is journaled as after-images, so that redo needs no old rules. New
/// optional fields need no migration, and indexes are made anew by the store itself.
package enum Migration: UInt32, CaseIterable, Sendable {
  /// The first layout of the records: there is nothing to rewrite.
  case first = 1
  /// People are found by the nodes that their grants name.
  case grantPlaces = 2

  /// The one that this version's stores have behind them.
  package static let newest = allCases.map(\.rawValue).max()!
}

/// Does a step of the next migration.
func migrate(
  _ request: Migrate, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> MigrationProgress {
  let last = try state.record(SchemaVersionTable.self, .init(id: 1))?.number ?? 0
  guard request.number == last + 1, let migration = Migration(rawValue: request.number) else {
    throw .invalid("number", "the store has \(last) behind it", "数据存储已完成第\(last)步迁移")
  }
  let isDone =
    switch migration {
    case .first: true
    case .grantPlaces: try enterGrantPlaces(&state)
    }
  if isDone {
    state.put(SchemaVersionTable.self, SchemaVersion(id: 1, number: request.number, migratedAt: act.time))
  }
  return MigrationProgress(done: isDone)
}

/// People whose places one step enters: a person has 32 grants at most.
private let peopleOfAStepMax = 500

/// Enters where grants lie, for the people behind the last one who has an entry; answers whether that was all. People
/// without grants have none, so that a step goes on until it has met some who do.
private func enterGrantPlaces(_ state: inout some State & ~Copyable) throws(Refusal) -> Bool {
  let last = try state.firstKey(GrantPlacesTable.self, in: .all, descending: true)?.person
  var range = KeyRange.all
  if let last { range = range.after(PersonsTable.Key(id: last).encoded) }
  while true {
    let keys = try state.keys(PersonsTable.self, in: range, descending: false, limit: peopleOfAStepMax)
    guard let end = keys.last else { return true }
    var entered = false
    for key in keys {
      for grid in try state.record(PersonsTable.self, key)?.places.sorted() ?? [] {
        state.put(GrantPlacesTable.self, GrantPlace(person: key.id, grid: grid, held: grid))
        entered = true
      }
    }
    if keys.count < peopleOfAStepMax { return true }
    if entered { return false }
    range = range.after(end.encoded)
  }
}
