import Bytes
import LMDB
import Records
import Scalars
import Store
import Support
import Testing

/// Files whose indexes another version made.
@Suite struct LayoutTests {
  /// A store with more records than a rebuild takes at once.
  private func fill(_ folder: TemporaryFolder) throws {
    let store = try StateStore(path: folder.path, mapBytes: 64 << 20)
    for first in stride(from: 1 as UInt64, through: 4500, by: 500) {
      var state = try WriteState(store)
      for id in first..<first + 500 {
        var hazard = Hazard(id: id, grid: World.cell, holder: id % 3 == 0 ? World.village : World.otherCell.parent!)
        hazard.number = HazardNumber(grid: World.cell, date: Date("2026-03-02")!, sequence: UInt32(id))
        hazard.state = id % 2 == 0 ? .filed : .reported
        state.put(HazardsTable.self, hazard)
      }
      try state.accept()
      try state.prepare()
      try state.commit()
    }
    #expect(try Snapshot(store).verify().faults.isEmpty)
  }

  /// Changes the file behind the store's back.
  private func change(
    _ folder: TemporaryFolder, _ names: [String], _ body: (inout WriteTransaction, [Database]) throws -> Void
  ) throws {
    let environment = try Environment(path: folder.path, .init(mapBytes: 64 << 20, databasesMax: 200))
    let databases = try environment.openDatabases(names)
    var transaction = try WriteTransaction(environment)
    try body(&transaction, databases)
    try transaction.commit()
  }

  private func put(_ transaction: inout WriteTransaction, _ tree: Database, _ key: [UInt8], _ value: [UInt8]) throws {
    try key.withRawSpan { key in try value.withRawSpan { try transaction.put(tree, key: key, value: $0) } }
  }

  private func delete(_ transaction: inout WriteTransaction, _ tree: Database, _ key: String) throws {
    let wasThere = try Array(key.utf8).withRawSpan { try transaction.delete(tree, key: $0) }
    #expect(wasThere, "\(key)")
  }

  private var firstIndex: String { HazardsTable.indexes[0].name }
  private var firstAggregate: String { HazardsTable.aggregates[0].name }

  @Test func `an index that is new or differs is made anew at the start, and with it all of its table`() throws {
    let folder = TemporaryFolder()
    try fill(folder)
    let trees = ["meta", "hazards.\(firstIndex)", "hazards.\(firstAggregate)"]
    try change(folder, trees) { transaction, trees in
      // As if the index had another definition, and counts did not exist yet.
      try put(&transaction, trees[0], Array("tree:\(trees[1].name)".utf8), Array("another".utf8))
      try delete(&transaction, trees[0], "tree:\(trees[2].name)")
      try transaction.clear(trees[1])
      try put(&transaction, trees[1], [1, 2, 3], [])
      try transaction.clear(trees[2])
    }
    let store = try StateStore(path: folder.path, mapBytes: 64 << 20)
    let report = try Snapshot(store).verify()
    #expect(report.faults.isEmpty, "\(report.faults.prefix(3))")
    #expect(report.tables.first { $0.name == "hazards" }?.records == 4500)
  }

  @Test func `a tree that is as it should be is left alone`() throws {
    let folder = TemporaryFolder()
    try fill(folder)
    try change(folder, ["hazards.\(firstIndex)"]) { transaction, trees in
      try put(&transaction, trees[0], [1, 2, 3], [])
    }
    let faults = try Snapshot(StateStore(path: folder.path, mapBytes: 64 << 20)).verify().faults
    #expect(faults.count == 1 && faults[0].contains("belong to no record"))
  }

  @Test func `what only a newer version keeps in step is marked, so that it makes it anew`() throws {
    let folder = TemporaryFolder()
    try fill(folder)
    try change(folder, ["meta"]) { try put(&$0, $1[0], Array("tree:hazards.future".utf8), [1]) }
    _ = try StateStore(path: folder.path, mapBytes: 64 << 20)
    try change(folder, ["meta"]) { transaction, trees in
      let isThere = try Array("tree:hazards.future".utf8).withRawSpan { try transaction.delete(trees[0], key: $0) }
      #expect(!isThere)
    }
  }

  @Test func `a file of a newer format is refused, and not changed`() throws {
    let folder = TemporaryFolder()
    try fill(folder)
    try change(folder, ["meta"]) { try put(&$0, $1[0], Array("format".utf8), [2, 0, 0, 0, 0, 0, 0, 0]) }
    #expect {
      _ = try StateStore(path: folder.path, mapBytes: 64 << 20)
    } throws: { error in
      "\(error)".contains("written in format 2 by a newer version")
    }
  }
}
