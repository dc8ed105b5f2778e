internal import Bytes
internal import LMDB
package import Records

/// The state at one journal sequence, read without a lock.
///
/// One snapshot serves the reads of one thread's turn: ``renew()`` before, ``release()`` after. Held for long it keeps
/// old pages from being used again.
package struct Snapshot: ~Copyable {
  private let store: StateStore
  private(set) var file: StateFile
  private var reading: TableReading
  private(set) var transaction: ReadTransaction
  private var isReleased = false
  private(set) var memory = SnapshotMemory()

  package init(_ store: StateStore) throws(StoreError) {
    self.store = store
    file = store.file
    reading = TableReading(file: file)
    do throws(LMDBError) { transaction = try ReadTransaction(file.environment) } catch { throw .lmdb(error) }
  }

  /// Whether this is still the newest state: cheaper than to renew it, and none but a newest one may answer who has
  /// seen a commit.
  package borrowing func isNewest() -> Bool { !isReleased && transaction.isNewest() && store.file === file }

  /// Takes the newest state.
  package mutating func renew() throws(StoreError) {
    release()
    let newest = store.file
    do throws(LMDBError) {
      if newest === file {
        try transaction.renew()
      } else {
        // The file was compacted: the old one goes with its last snapshot.
        transaction = try ReadTransaction(newest.environment)
        (file, reading) = (newest, TableReading(file: newest))
        memory = SnapshotMemory()
      }
    } catch {
      throw .lmdb(error)
    }
    isReleased = false
  }

  /// Lets go of the state; nothing may be read until it is renewed.
  package mutating func release() {
    memory.forget()
    if !isReleased { transaction.reset() }
    isReleased = true
  }

  /// The last journal entry that this state contains.
  package borrowing func appliedSequence() throws(Refusal) -> UInt64 {
    if let known = memory.sequence(in: transaction.number) { return known }
    do throws(StoreError) {
      let sequence = try storedNumber("applied_sequence", file.meta, in: transaction) ?? 0
      memory.keep(sequence: sequence, of: transaction.number)
      return sequence
    } catch {
      throw Refusal(error)
    }
  }

  /// The groups of an aggregate that lie in `range`, with their counts; none that counts nothing.
  package borrowing func counts<A: Aggregate>(
    _ aggregate: A.Type, in range: KeyRange, limit: Int
  ) throws(Refusal) -> [(group: A.Key, count: UInt64)] {
    let tree = file.trees(of: A.Base.number).aggregates[A.position]
    var result: [(group: A.Key, count: UInt64)] = []
    try transaction.scan(tree, from: range.lower, below: range.upper, descending: false) {
      (key, value) throws(Refusal) in
      do throws(RecordFault) {
        result.append((try A.Key(decoding: key), value.littleEndian(at: 0)))
      } catch {
        throw Refusal(.damaged(table: tree.name, key: [UInt8](copying: key), reason: error.description))
      }
      return result.count < limit
    }
    return result
  }
}

extension Snapshot: SnapshotReader {
  package borrowing func record<T: Table>(_ table: T.Type, _ key: T.Key) throws(Refusal) -> T.Record? {
    do throws(StoreError) {
      return try key.withEncoded { (span) throws(StoreError) in try reading.record(table, key: span, in: transaction) }
    } catch {
      throw Refusal(error)
    }
  }

  package borrowing func record<I: UniqueIndex>(_ index: I.Type, _ key: I.Key) throws(Refusal) -> I.Base.Record? {
    do throws(StoreError) {
      guard let primary = try reading.primaryKey(index, key, in: transaction) else { return nil }
      return try primary.withRawSpan { (span) throws(StoreError) in
        try reading.record(I.Base.self, key: span, in: transaction)
      }
    } catch {
      throw Refusal(error)
    }
  }

  package borrowing func keys<T: Table>(
    _ table: T.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [T.Key] {
    try keys(file.trees(of: T.number).records, T.Key.self, range, descending, limit)
  }

  package borrowing func entries<I: OrderedIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key] {
    try keys(file.trees(of: I.Base.number).indexes[I.position], I.Key.self, range, descending, limit)
  }

  package borrowing func entries<I: UniqueIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key] {
    try keys(file.trees(of: I.Base.number).indexes[I.position], I.Key.self, range, descending, limit)
  }

  private borrowing func keys<Key: TableKey>(
    _ tree: Database, _ type: Key.Type, _ range: KeyRange, _ descending: Bool, _ limit: Int
  ) throws(Refusal) -> [Key] {
    do throws(StoreError) {
      return try reading.keys(tree, type, in: range, descending: descending, limit: limit, of: transaction)
    } catch {
      throw Refusal(error)
    }
  }
}

/// A number in the store's own small tree.
func storedNumber(
  _ name: String, _ meta: Database, in transaction: borrowing some Readable & ~Copyable
) throws(StoreError) -> UInt64? {
  try Array(name.utf8).withRawSpan { (key) throws(StoreError) in
    try transaction.withValue(meta, key: key) { (value) throws(StoreError) in value?.littleEndian(at: 0) }
  }
}
