internal import Bytes
internal import FaultPoints
internal import LMDB
internal import Records

extension StateFile {
  /// The layout of keys and values that this version writes.
  private static let formatVersion: UInt64 = 1
  /// Records between two commits of a rebuild: LMDB keeps a list of the pages that a transaction changed, and room for all
  /// of them is made certain beforehand; one record of the ledger has some fifteen entries.
  private static let chunkRecords = 500

  /// Makes the trees what the IDL of this version says. A file keeps beside each index and aggregate the definition by
  /// which it was made; those that were made by another one, or are new, are made anew from the records. What an
  /// interruption leaves has no definition, and is made anew at the next start.
  ///
  /// - Throws: `newerFormat`.
  func bringUpToDate() throws(StoreError) {
    var writing = try WriteState(self)
    let format = try writing.metaNumber("format")
    guard format ?? 0 <= Self.formatVersion else { throw .newerFormat(format!) }
    if format == nil { try writing.setMetaNumber("format", Self.formatVersion) }
    var known: Set<String> = []
    var stale: [any Table.Type] = []
    for table in AllTables.types {
      for derived in Self.derived(table) {
        known.insert(derived.name)
        let stored = try writing.metaText(derived.name)
        if stored == derived.definition { continue }
        if format == nil {
          try writing.setMetaText(derived.name, derived.definition)
        } else if stale.last?.number != table.number {
          stale.append(table)
        }
      }
    }
    // Trees that only another version knows are no longer kept in step, and must not seem so to it.
    for name in try writing.metaNames(beginningWith: Self.prefix) where !known.contains(name) {
      try writing.setMetaText(name, nil)
    }
    try writing.prepare()
    try writing.commit()
    for table in stale { try rebuild(table) }
  }

  private static var prefix: String { "tree:" }

  /// Names and definitions of a table's trees, as the file keeps them.
  private static func derived(_ table: any Table.Type) -> [(name: String, definition: String)] {
    (table.indexes + table.aggregates).map { ("\(prefix)\(table.name).\($0.name)", $0.definition) }
  }

  /// Makes all trees of a table anew.
  private func rebuild<T: Table>(_ table: T.Type) throws(StoreError) {
    let trees = trees(of: T.number)
    var writing = try WriteState(self)
    for derived in Self.derived(table) { try writing.setMetaText(derived.name, nil) }
    for tree in trees.indexes + trees.aggregates { try writing.clear(tree) }
    reach(.rebuildBegins)
    try writing.prepare()
    try writing.commit()
    var counts = [[[UInt8]: Int64]](repeating: [:], count: T.aggregates.count)
    var last: [UInt8]?
    repeat {
      last = try rebuildChunk(table, trees, behind: last, &counts)
      reach(.rebuildChunkCommitted)
    } while last != nil
    writing = try WriteState(self)
    for (tree, groups) in zip(trees.aggregates, counts) {
      for (key, count) in groups {
        var value = ByteWriter()
        value.appendLittleEndian(count)
        try value.withSpan { (value) throws(StoreError) in try writing.put(tree, key, value) }
      }
    }
    for derived in Self.derived(table) { try writing.setMetaText(derived.name, derived.definition) }
    try writing.prepare()
    try writing.commit()
    reach(.rebuilt)
  }

  /// - Returns: the key of the last record of the chunk; `nil` when there are no more.
  private func rebuildChunk<T: Table>(
    _ table: T.Type, _ trees: Trees, behind last: [UInt8]?, _ counts: inout [[[UInt8]: Int64]]
  ) throws(StoreError) -> [UInt8]? {
    var records: [(key: [UInt8], record: T.Record)] = []
    let reading: ReadTransaction
    do throws(LMDBError) { reading = try ReadTransaction(environment) } catch { throw .lmdb(error) }
    try reading.scan(trees.records, from: last ?? [], below: nil, descending: false) {
      (key, value) throws(StoreError) in
      let bytes = [UInt8](copying: key)
      if bytes != last { records.append((bytes, try StoredRecord.decode(value, table, key: key))) }
      return records.count < Self.chunkRecords
    }
    guard !records.isEmpty else { return nil }
    var writing = try WriteState(self)
    for (key, record) in records {
      var entries = DerivedKeys()
      T.deriveIndexKeys(of: record, into: &entries)
      for entry in entries.entries {
        try writing.putEntry(table, trees, entry, of: key)
      }
      var groups = DerivedKeys()
      T.deriveAggregateKeys(of: record, into: &groups)
      for group in groups.entries { counts[group.position][group.key, default: 0] += 1 }
    }
    try writing.prepare()
    try writing.commit()
    return records.last?.key
  }
}
