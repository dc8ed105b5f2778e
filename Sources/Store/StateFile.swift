internal import LMDB
internal import Records

/// The tables of the IDL in one LMDB environment: a B-tree for each table, index and aggregate. See ``StateStore``, which
/// everybody uses; a file comes and goes under it.
///
/// Values are a record's checksum (CRC-32C, four bytes) and its wire encoding; an index entry's value is empty, or the
/// primary key when the index is unique; an aggregate's is its count (i64). See README.md for the bytes.
final class StateFile: Sendable {
  /// B-trees of one table.
  struct Trees: Sendable {
    let records: Database
    let indexes: [Database]
    let aggregates: [Database]
  }

  let environment: Environment
  let meta: Database
  /// By table number; the numbers of the IDL are small.
  private let trees: [Trees?]

  /// Opens the store in the existing folder `path`, or creates it.
  convenience init(path: String, mapBytes: Int) throws(StoreError) {
    try self.init { (databasesMax) throws(LMDBError) in
      let environment = try Environment(path: path, .init(mapBytes: mapBytes, databasesMax: databasesMax))
      return (environment, environment.openDatabases)
    }
    try bringUpToDate()
  }

  /// Opens a copy of a state, to read it.
  convenience init(copy file: String) throws(StoreError) {
    try self.init { (databasesMax) throws(LMDBError) in
      // A read-only map is as large as its file.
      var options = Environment.Options(mapBytes: 0, databasesMax: databasesMax)
      options.isReadOnly = true
      let environment = try Environment(path: file, options)
      return (environment, environment.openExistingDatabases)
    }
  }

  private init(
    _ open: (_ databasesMax: UInt32) throws(LMDBError) -> (Environment, ([String]) throws(LMDBError) -> [Database])
  ) throws(StoreError) {
    do throws(LMDBError) {
      let names =
        ["meta"]
        + AllTables.types.flatMap { table in
          [table.name] + table.indexes.map { "\(table.name).\($0.name)" }
            + table.aggregates.map { "\(table.name).\($0.name)" }
        }
      let (environment, openDatabases) = try open(UInt32(names.count + 8))
      self.environment = environment
      var opened = try openDatabases(names)[...]
      meta = opened.removeFirst()
      var trees: [Trees?] = Array(repeating: nil, count: 1 + Int(AllTables.types.map { $0.number }.max() ?? 0))
      for table in AllTables.types {
        let records = opened.removeFirst()
        let indexes = Array(opened.prefix(table.indexes.count))
        opened.removeFirst(indexes.count)
        let aggregates = Array(opened.prefix(table.aggregates.count))
        opened.removeFirst(aggregates.count)
        trees[Int(table.number)] = Trees(records: records, indexes: indexes, aggregates: aggregates)
      }
      self.trees = trees
    } catch {
      throw .lmdb(error)
    }
  }

  /// Lends the bytes of a whole copy of the newest state, part by part; see ``Environment/copy(isCompact:_:)``.
  func copy(isCompact: Bool, _ take: (RawSpan) -> Bool) throws(StoreError) {
    do throws(LMDBError) { try environment.copy(isCompact: isCompact, take) } catch { throw .lmdb(error) }
  }

  func trees(of table: UInt32) -> Trees { trees[Int(table)]! }

  /// Makes the file worth keeping over a restart of the machine.
  func synchronize() throws(StoreError) {
    do throws(LMDBError) { try environment.synchronize() } catch { throw .lmdb(error) }
  }
}
