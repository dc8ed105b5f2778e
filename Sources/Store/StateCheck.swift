internal import Bytes
internal import LMDB
package import Records

extension Snapshot {
  /// Walks every tree: the order of its keys, each record's checksum, encoding and key, and that indexes and counts
  /// hold exactly what follows from the records, no less and no more.
  ///
  /// It takes as long as the state is large and holds the snapshot meanwhile: meant for a copy, or for a daemon that
  /// does nothing else.
  ///
  /// - Parameter mayGoOn: asked now and then.
  /// - Throws: `stopped` when it answered no.
  package borrowing func verify(mayGoOn: () -> Bool = { true }) throws(StoreError) -> StateReport {
    try withoutActuallyEscaping(mayGoOn) { mayGoOn throws(StoreError) in
      var check = StateCheck(
        report: StateReport(appliedSequence: try storedNumber("applied_sequence", file.meta, in: transaction) ?? 0),
        mayGoOn: mayGoOn)
      for table in AllTables.types { try check.walk(table, self) }
      return check.report
    }
  }
}

/// A walk under way.
private struct StateCheck {
  var report: StateReport
  let mayGoOn: () -> Bool
  private var pairs = 0

  init(report: StateReport, mayGoOn: @escaping () -> Bool) {
    self.report = report
    self.mayGoOn = mayGoOn
  }

  /// Pairs between two questions whether to go on: some milliseconds.
  private static let pairsBetween = 10_000
  /// As many as the record takes.
  private static let faultsMax = 100

  mutating func walk<T: Table>(_ table: T.Type, _ snapshot: borrowing Snapshot) throws(StoreError) {
    var found = TableReport(name: T.name)
    var expectedEntries = [UInt64](repeating: 0, count: T.indexes.count)
    var expectedCounts = [[[UInt8]: Int64]](repeating: [:], count: T.aggregates.count)
    let trees = snapshot.trees(of: T.number)
    try walk(trees.records, snapshot) { (check, key, value) throws(StoreError) in
      found.records += 1
      guard let record = check.record(table, key, value) else { return }
      var derived = DerivedKeys()
      T.deriveIndexKeys(of: record, into: &derived)
      for entry in derived.entries {
        expectedEntries[entry.position] += 1
        try check.entry(
          entry.key, trees.indexes[entry.position], of: key, isUnique: T.indexes[entry.position].isUnique, snapshot)
      }
      var groups = DerivedKeys()
      T.deriveAggregateKeys(of: record, into: &groups)
      for group in groups.entries { expectedCounts[group.position][group.key, default: 0] += 1 }
    }
    // Every entry that must be there is: the same number of them means that there is no other.
    for (tree, expected) in zip(trees.indexes, expectedEntries) {
      var entries: UInt64 = 0
      try walk(tree, snapshot) { (_, _, _) throws(StoreError) in entries += 1 }
      found.indexEntries += entries
      if entries > expected { fail("\(tree.name): \(entries - expected) entries belong to no record") }
    }
    for (tree, expected) in zip(trees.aggregates, expectedCounts) {
      var missing = expected
      try walk(tree, snapshot) { (check, key, value) throws(StoreError) in
        found.groups += 1
        let count = value.byteCount == 8 ? value.littleEndian(at: 0, as: Int64.self) : -1
        let right = missing.removeValue(forKey: [UInt8](copying: key)) ?? 0
        if count != right { check.fail("\(tree.name): group \(hexadecimal(key)) counts \(count) instead of \(right)") }
      }
      for key in missing.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        fail("\(tree.name): group \(key.hexadecimal) is missing")
      }
    }
    report.tables.append(found)
  }

  /// Lends every pair of a tree, and checks that the keys rise.
  private mutating func walk(
    _ tree: Database, _ snapshot: borrowing Snapshot,
    _ body: (inout StateCheck, RawSpan, RawSpan) throws(StoreError) -> Void
  ) throws(StoreError) {
    var last: [UInt8] = []
    var isFirst = true
    try snapshot.scan(tree) { (key, value) throws(StoreError) in
      let bytes = [UInt8](copying: key)
      if !isFirst, !last.lexicographicallyPrecedes(bytes) {
        fail("\(tree.name): keys out of order at \(bytes.hexadecimal)")
      }
      (last, isFirst) = (bytes, false)
      pairs += 1
      if pairs % Self.pairsBetween == 0, !mayGoOn() { throw .stopped }
      try body(&self, key, value)
    }
  }

  private mutating func record<T: Table>(_ table: T.Type, _ key: RawSpan, _ value: RawSpan) -> T.Record? {
    do throws(StoreError) {
      let record = try StoredRecord.decode(value, table, key: key)
      if T.key(of: record).encoded != [UInt8](copying: key) {
        fail("\(T.name): the record under key \(hexadecimal(key)) has another key")
      }
      return record
    } catch {
      fail("\(error)")
      return nil
    }
  }

  private mutating func entry(
    _ entry: [UInt8], _ tree: Database, of primaryKey: RawSpan, isUnique: Bool, _ snapshot: borrowing Snapshot
  ) throws(StoreError) {
    let isRight = try snapshot.value(tree, entry) { value in
      guard let value else { return false }
      return isUnique ? [UInt8](copying: value) == [UInt8](copying: primaryKey) : value.byteCount == 0
    }
    if !isRight { fail("\(tree.name): the entry of record \(hexadecimal(primaryKey)) is missing or wrong") }
  }

  private mutating func fail(_ fault: String) {
    if report.faults.count < Self.faultsMax { report.faults.append(fault) }
  }
}

private func hexadecimal(_ span: RawSpan) -> String { [UInt8](copying: span).hexadecimal }

extension Snapshot {
  fileprivate borrowing func trees(of table: UInt32) -> StateFile.Trees { file.trees(of: table) }

  fileprivate borrowing func scan(
    _ tree: Database, _ body: (RawSpan, RawSpan) throws(StoreError) -> Void
  ) throws(StoreError) {
    try transaction.scan(tree, from: [], below: nil, descending: false) { (key, value) throws(StoreError) in
      try body(key, value)
      return true
    }
  }

  fileprivate borrowing func value<Result>(
    _ tree: Database, _ key: [UInt8], _ body: (RawSpan?) -> Result
  ) throws(StoreError) -> Result {
    try key.withRawSpan { (span) throws(StoreError) in
      try transaction.withValue(tree, key: span) { (value) throws(StoreError) in body(value) }
    }
  }
}
