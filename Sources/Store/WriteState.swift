package import Bytes
internal import FaultPoints
internal import LMDB
package import Records
package import Scalars

/// What the domain's rules see and change: the store's one write transaction.
///
/// A command's changes are first gathered aside: ``accept()`` puts them into the transaction, ``discard()`` leaves
/// nothing of them. LMDB has no nested transactions in the mode that it runs in. Begin, use and commit on one thread.
package struct WriteState: ~Copyable {
  private let file: StateFile
  private let reading: TableReading
  private var transaction: WriteTransaction
  /// Changes of the command at hand, in order; a later one of the same record replaces the earlier.
  package private(set) var changes: [Change] = []
  /// What follows from the records of ``changes``, taken from them before they were encoded.
  private var derived: [Derived] = []
  private var places: [RecordPlace: Int] = [:]
  /// Counts to be added when the transaction ends: hot groups are then written once a batch.
  private var countDeltas: [CountPlace: Int64] = [:]
  private var cachedRules: ActiveRules?
  private var pagesWanted = 0
  private var pagesEnsured = 0
  /// What LMDB can give this transaction; asked for at its first put.
  private var pagesLeft: Int?

  private struct RecordPlace: Hashable {
    let table: UInt32
    let key: [UInt8]

    func hash(into hasher: inout Hasher) {
      hasher.combine(table)
      hasher.combine(bytesOf: key)
    }
  }

  /// Entries in indexes and groups in aggregates that follow from a record.
  private struct Derived {
    var entries = DerivedKeys()
    var groups = DerivedKeys()

    /// Nothing, as from no record.
    init() {}

    init<T: Table>(_ table: T.Type, _ record: T.Record) {
      if !T.indexes.isEmpty { T.deriveIndexKeys(of: record, into: &entries) }
      if !T.aggregates.isEmpty { T.deriveAggregateKeys(of: record, into: &groups) }
    }

    /// The same from a record's encoding, which is decoded only if something can follow from it.
    init<T: Table>(_ table: T.Type, encoded record: RawSpan) throws(RecordFault) {
      self.init()
      if T.isDerivedFrom { self = Derived(table, try T.Record(encoded: record)) }
    }
  }

  private struct CountPlace: Hashable {
    let table: UInt32
    let position: Int
    let key: [UInt8]

    func hash(into hasher: inout Hasher) {
      hasher.combine(table)
      hasher.combine(position)
      hasher.combine(bytesOf: key)
    }
  }

  /// - Parameter rules: of the active profile, if the caller knows them, so that they are not read again for every
  ///   command.
  package init(_ store: StateStore, rules: ActiveRules? = nil) throws(StoreError) {
    try self.init(store.file, rules: rules)
  }

  init(_ file: StateFile, rules: ActiveRules? = nil) throws(StoreError) {
    self.file = file
    cachedRules = rules
    reading = TableReading(file: file)
    do throws(LMDBError) { transaction = try WriteTransaction(file.environment) } catch { throw .lmdb(error) }
  }

  /// Whether as much again as the commands so far may have taken still fits.
  package var hasRoom: Bool { pagesLeft.map { 2 * pagesWanted + Self.pagesOfFreeList <= $0 } ?? true }

  // MARK: One command

  package mutating func put<T: Table>(_ table: T.Type, _ record: T.Record) {
    let change = Change(table: T.number, key: T.key(of: record).encoded, record: record.encoded())
    let place = RecordPlace(table: T.number, key: change.key)
    let derived = Derived(table, record)
    if let index = places[place] {
      (changes[index], self.derived[index]) = (change, derived)
    } else {
      places[place] = changes.count
      changes.append(change)
      self.derived.append(derived)
    }
    if T.number == ProfilesTable.number { cachedRules = nil }
  }

  package borrowing func activeRules() throws(Refusal) -> ActiveRules? {
    if let cachedRules { return cachedRules }
    return try record(ProfilesTable.self, .init(id: 1)).map { ActiveRules($0.profile) }
  }

  /// Puts the command's changes into the transaction.
  package mutating func accept() throws(StoreError) {
    for (change, derived) in zip(changes, derived) {
      guard let table = AllTables.byNumber[change.table], let record = change.record else {
        preconditionFailure("a change of this version's own cannot be put")
      }
      try write(table, key: change.key, record: record, derived)
    }
    forgetChanges()
  }

  /// Forgets the command's changes.
  package mutating func discard() {
    if places.keys.contains(where: { $0.table == ProfilesTable.number }) { cachedRules = nil }
    forgetChanges()
  }

  private mutating func forgetChanges() {
    changes.removeAll(keepingCapacity: true)
    derived.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  /// Puts one record, with what follows from it, into the transaction: also what redo does.
  package mutating func apply(_ change: Change) throws(StoreError) {
    guard let table = AllTables.byNumber[change.table] else {
      throw .damaged(table: "\(change.table)", key: change.key, reason: "this version has no such table")
    }
    guard let record = change.record else {
      throw .damaged(table: table.name, key: change.key, reason: "this version removes no records")
    }
    try decodeAndWrite(table, key: change.key, record: record)
  }

  private mutating func decodeAndWrite<T: Table>(
    _ table: T.Type, key: [UInt8], record bytes: [UInt8]
  ) throws(StoreError) {
    let derived: Derived
    do throws(RecordFault) {
      derived = try bytes.withRawSpan { (span) throws(RecordFault) in try Derived(table, encoded: span) }
    } catch {
      throw .damaged(table: T.name, key: key, reason: error.description)
    }
    try write(table, key: key, record: bytes, derived)
  }

  /// Puts a record that no command changes: bookkeeping of the engine.
  package mutating func putDirectly<T: Table>(_ table: T.Type, _ record: T.Record) throws(StoreError) {
    try write(table, key: T.key(of: record).encoded, record: record.encoded(), Derived(table, record))
  }

  /// Removes a record of the engine's bookkeeping.
  package mutating func removeDirectly<T: Table>(_ table: T.Type, _ key: T.Key) throws(StoreError) {
    precondition(T.indexes.isEmpty && T.aggregates.isEmpty, "only bookkeeping is removed like this")
    try delete(file.trees(of: T.number).records, key.encoded)
  }

  /// The record as this transaction has it, the command's own changes included.
  package borrowing func load<T: Table>(_ table: T.Type, _ key: T.Key) throws(StoreError) -> T.Record? {
    try key.withEncoded { (key) throws(StoreError) in try load(table, encodedKey: key) }
  }

  private borrowing func load<T: Table>(_ table: T.Type, encodedKey key: RawSpan) throws(StoreError) -> T.Record? {
    var record: T.Record?
    try withRecord(table, encodedKey: key) { (found) throws(RecordFault) in record = try T.Record(encoded: found) }
    return record
  }

  /// Lends the encoding of a record to `body`, the command's own changes included, if there is one.
  private borrowing func withRecord<T: Table>(
    _ table: T.Type, encodedKey key: RawSpan, _ body: (RawSpan) throws(RecordFault) -> Void
  ) throws(StoreError) {
    // Nearly every read comes before the command's first change.
    guard !places.isEmpty, let index = places[RecordPlace(table: T.number, key: [UInt8](copying: key))] else {
      return try reading.withRecord(table, key: key, in: transaction, body)
    }
    do throws(RecordFault) { try (changes[index].record ?? []).withRawSpan(body) } catch {
      throw .damaged(table: T.name, key: [UInt8](copying: key), reason: error.description)
    }
  }

  /// The first keys of a table.
  package borrowing func firstKeys<T: Table>(_ table: T.Type, limit: Int) throws(StoreError) -> [T.Key] {
    let tree = file.trees(of: T.number).records
    return try reading.keys(tree, T.Key.self, in: .all, descending: false, limit: limit, of: transaction)
  }

  // MARK: Records and what follows from them

  private mutating func write<T: Table>(
    _ table: T.Type, key: [UInt8], record bytes: [UInt8], _ after: Derived
  ) throws(StoreError) {
    let trees = file.trees(of: T.number)
    if T.isDerivedFrom {
      let before = try derived(table, key: key)
      try updateIndexes(table, trees, key: key, from: before.entries, to: after.entries)
      updateCounts(T.number, from: before.groups, to: after.groups)
    }
    var value = ByteWriter(capacity: bytes.count + StoredRecord.checksumBytes)
    bytes.withRawSpan { StoredRecord.encode($0, into: &value) }
    reach(.recordPuts)
    try value.withSpan { (value) throws(StoreError) in try put(trees.records, key, value) }
    reach(.recordPut)
  }

  /// What follows from the record as it is now.
  private borrowing func derived<T: Table>(_ table: T.Type, key: [UInt8]) throws(StoreError) -> Derived {
    var derived = Derived()
    try key.withRawSpan { (key) throws(StoreError) in
      try reading.withRecord(table, key: key, in: transaction) { (record) throws(RecordFault) in
        derived = try Derived(table, encoded: record)
      }
    }
    return derived
  }

  private mutating func updateIndexes<T: Table>(
    _ table: T.Type, _ trees: StateFile.Trees, key: [UInt8], from before: DerivedKeys, to after: DerivedKeys
  ) throws(StoreError) {
    for entry in before.entries where !after.entries.contains(entry) {
      reach(.indexDeletes)
      try delete(trees.indexes[entry.position], entry.key)
      reach(.indexDeleted)
    }
    for entry in after.entries where !before.entries.contains(entry) {
      reach(.indexPuts)
      try putEntry(table, trees, entry, of: key)
      reach(.indexPut)
    }
  }

  /// An entry of an index; of a unique one with the key of its record.
  mutating func putEntry<T: Table>(
    _ table: T.Type, _ trees: StateFile.Trees, _ entry: DerivedKeys.Entry, of key: [UInt8]
  ) throws(StoreError) {
    let tree = trees.indexes[entry.position]
    let value = T.indexes[entry.position].isUnique ? key : []
    try value.withRawSpan { (value) throws(StoreError) in try put(tree, entry.key, value) }
  }

  private mutating func updateCounts(_ table: UInt32, from before: DerivedKeys, to after: DerivedKeys) {
    for entry in before.entries {
      countDeltas[CountPlace(table: table, position: entry.position, key: entry.key), default: 0] -= 1
    }
    for entry in after.entries {
      countDeltas[CountPlace(table: table, position: entry.position, key: entry.key), default: 0] += 1
    }
  }

  private mutating func flushCounts() throws(StoreError) {
    for (place, delta) in countDeltas where delta != 0 {
      let tree = file.trees(of: place.table).aggregates[place.position]
      let old = try place.key.withRawSpan { (span) throws(StoreError) -> Int64 in
        try transaction.withValue(tree, key: span) { (value) throws(StoreError) in value?.littleEndian(at: 0) ?? 0 }
      }
      let new = old + delta
      precondition(new >= 0, "an aggregate counts less than nothing")
      reach(.countPuts)
      defer { reach(.countPut) }
      if new == 0 {
        try delete(tree, place.key)
      } else {
        var writer = ByteWriter()
        writer.appendLittleEndian(new)
        try writer.withSpan { (value) throws(StoreError) in try put(tree, place.key, value) }
      }
    }
    countDeltas.removeAll()
  }

  // MARK: The transaction

  /// Notes that the state now contains the journal up to `sequence`.
  package mutating func setAppliedSequence(_ sequence: UInt64) throws(StoreError) {
    try setMetaNumber("applied_sequence", sequence)
  }

  borrowing func metaNumber(_ name: String) throws(StoreError) -> UInt64? {
    try storedNumber(name, file.meta, in: transaction)
  }

  borrowing func metaText(_ name: String) throws(StoreError) -> String? {
    try Array(name.utf8).withRawSpan { (key) throws(StoreError) in
      try transaction.withValue(file.meta, key: key) { (value) throws(StoreError) in
        if let value { String(decoding: [UInt8](copying: value), as: UTF8.self) } else { nil }
      }
    }
  }

  mutating func setMetaText(_ name: String, _ text: String?) throws(StoreError) {
    if let text {
      try Array(text.utf8).withRawSpan { (text) throws(StoreError) in try put(file.meta, Array(name.utf8), text) }
    } else {
      try delete(file.meta, Array(name.utf8))
    }
  }

  /// Names in the store's own small tree that begin so.
  borrowing func metaNames(beginningWith prefix: String) throws(StoreError) -> [String] {
    var names: [String] = []
    try transaction.scan(file.meta, from: Array(prefix.utf8), below: nil, descending: false) {
      (key, _) throws(StoreError) in
      let name = String(decoding: [UInt8](copying: key), as: UTF8.self)
      guard name.hasPrefix(prefix) else { return false }
      names.append(name)
      return true
    }
    return names
  }

  mutating func setMetaNumber(_ name: String, _ number: UInt64) throws(StoreError) {
    var writer = ByteWriter()
    writer.appendLittleEndian(number)
    try writer.withSpan { (number) throws(StoreError) in try put(file.meta, Array(name.utf8), number) }
  }

  /// Does all that can fail for want of space, so that ``commit()`` will not: a nearly full map lets every put succeed
  /// and then fails the commit.
  package mutating func prepare() throws(StoreError) {
    try flushCounts()
    pagesWanted += Self.pagesOfFreeList
    try ensurePages()
  }

  package consuming func commit() throws(StoreError) {
    precondition(changes.isEmpty, "a command's changes were neither accepted nor discarded")
    do throws(LMDBError) { try transaction.commit() } catch { throw .lmdb(error) }
  }

  /// Pages that a put may need anew: a path from root to leaf, splits on the way, and its own.
  private static let pagesOfPut = 8
  /// Pages that LMDB may need at commit to note which pages are free.
  private static let pagesOfFreeList = 512
  /// Blocks are made certain for so many pages at a time.
  private static let pagesOfStep = 1024

  /// - Throws: `full`; `ENOSPC` when the disk is full.
  private mutating func ensurePages() throws(StoreError) {
    guard pagesWanted > pagesEnsured else { return }
    if pagesLeft == nil {
      do throws(LMDBError) { pagesLeft = try file.environment.pagesLeft() } catch { throw .lmdb(error) }
    }
    guard let pagesLeft, pagesWanted <= pagesLeft else {
      // Perhaps only a dead process's snapshot keeps free pages from being used: the next transaction will know.
      do throws(LMDBError) { try file.environment.clearStaleReaders() } catch { throw .lmdb(error) }
      throw .full
    }
    let target = pagesWanted + Self.pagesOfStep
    do throws(LMDBError) { try file.environment.ensureAllocated(pagesAhead: target) } catch { throw .lmdb(error) }
    pagesEnsured = target
  }

  mutating func put(_ tree: Database, _ key: [UInt8], _ value: RawSpan) throws(StoreError) {
    pagesWanted += Self.pagesOfPut + value.byteCount / Environment.pageBytes
    try ensurePages()
    do throws(LMDBError) {
      try key.withRawSpan { (key) throws(LMDBError) in try transaction.put(tree, key: key, value: value) }
    } catch {
      throw .lmdb(error)
    }
  }

  /// Empties a tree that follows from records, before it is made anew.
  mutating func clear(_ tree: Database) throws(StoreError) {
    do throws(LMDBError) { try transaction.clear(tree) } catch { throw .lmdb(error) }
  }

  mutating func delete(_ tree: Database, _ key: [UInt8]) throws(StoreError) {
    pagesWanted += Self.pagesOfPut
    try ensurePages()
    do throws(LMDBError) {
      _ = try key.withRawSpan { (key) throws(LMDBError) in try transaction.delete(tree, key: key) }
    } catch {
      throw .lmdb(error)
    }
  }
}

extension Table {
  /// Whether entries in indexes or groups in aggregates follow from its records.
  fileprivate static var isDerivedFrom: Bool { !indexes.isEmpty || !aggregates.isEmpty }
}

extension WriteState: RecordReader {
  package borrowing func record<T: Table>(_ table: T.Type, _ key: T.Key) throws(Refusal) -> T.Record? {
    do throws(StoreError) { return try load(table, key) } catch { throw Refusal(error) }
  }

  package borrowing func withEncoding<T: Table>(
    _ table: T.Type, _ key: T.Key, _ body: (inout WireReader) throws(RecordFault) -> Void
  ) throws(Refusal) -> Bool {
    var isThere = false
    do throws(StoreError) {
      try key.withEncoded { (key) throws(StoreError) in
        try withRecord(table, encodedKey: key) { (record) throws(RecordFault) in
          isThere = true
          var reader = WireReader(record)
          try body(&reader)
        }
      }
    } catch {
      throw Refusal(error)
    }
    return isThere
  }

  package borrowing func grid<T: Table>(
    _ table: T.Type, _ key: T.Key, field: UInt32, _: (T.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    do throws(StoreError) {
      return try key.withEncoded { (key) throws(StoreError) in try grid(table, encodedKey: key, field: field) }
    } catch {
      throw Refusal(error)
    }
  }

  package borrowing func grid<I: UniqueIndex>(
    _ index: I.Type, _ key: I.Key, field: UInt32, _: (I.Base.Record) -> GridCode
  ) throws(Refusal) -> GridCode? {
    do throws(StoreError) {
      guard let primary = try reading.primaryKey(index, key, in: transaction) else { return nil }
      return try primary.withRawSpan { (key) throws(StoreError) in
        try grid(I.Base.self, encodedKey: key, field: field)
      }
    } catch {
      throw Refusal(error)
    }
  }

  private borrowing func grid<T: Table>(
    _ table: T.Type, encodedKey key: RawSpan, field: UInt32
  ) throws(StoreError) -> GridCode? {
    var grid: GridCode?
    try withRecord(table, encodedKey: key) { (record) throws(RecordFault) in
      grid = try GridCode(field: field, of: record)
    }
    return grid
  }

  package borrowing func record<I: UniqueIndex>(_ index: I.Type, _ key: I.Key) throws(Refusal) -> I.Base.Record? {
    do throws(StoreError) {
      guard let primary = try reading.primaryKey(index, key, in: transaction) else { return nil }
      return try primary.withRawSpan { (key) throws(StoreError) in try load(I.Base.self, encodedKey: key) }
    } catch {
      throw Refusal(error)
    }
  }

  package borrowing func firstKey<T: Table>(
    _ table: T.Type, in range: KeyRange, descending: Bool
  ) throws(Refusal) -> T.Key? {
    try first(file.trees(of: T.number).records, T.Key.self, range, descending)
  }

  package borrowing func firstEntry<I: OrderedIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool
  ) throws(Refusal) -> I.Key? {
    try first(file.trees(of: I.Base.number).indexes[I.position], I.Key.self, range, descending)
  }

  package borrowing func firstEntry<I: UniqueIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool
  ) throws(Refusal) -> I.Key? {
    try first(file.trees(of: I.Base.number).indexes[I.position], I.Key.self, range, descending)
  }

  private borrowing func first<Key: TableKey>(
    _ tree: Database, _ type: Key.Type, _ range: KeyRange, _ descending: Bool
  ) throws(Refusal) -> Key? {
    do throws(StoreError) {
      return try reading.firstKey(tree, type, in: range, descending: descending, of: transaction)
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
