internal import Bytes
internal import CLMDB

/// A snapshot. It sees what was committed when it began, or was last renewed, and locks nothing.
///
/// The compiler keeps it where it belongs: it cannot be copied, and as a `borrowing` argument it can neither be stored
/// nor held across an `await`. Hold it for short: pages that it can see are not reused.
@safe
package struct ReadTransaction: ~Copyable {
  private let environment: Environment
  fileprivate let handle: OpaquePointer

  package init(_ environment: Environment) throws(LMDBError) {
    self.environment = environment
    var begun: OpaquePointer?
    // Safe: `begun` is valid for the call.
    try unsafe check(
      mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun), "begin a read transaction")
    unsafe handle = begun!
  }

  deinit {
    // Safe: ends exactly once, here.
    unsafe mdb_txn_abort(handle)
  }

  /// Lets go of the snapshot and keeps the slot. Between this and ``renew()`` nothing may be read.
  package mutating func reset() { unsafe mdb_txn_reset(handle) }

  /// Pages that this snapshot knows to be free, and that were freed by earlier transactions than `transaction`.
  package borrowing func freePages(freedBefore transaction: Int = .max) throws(LMDBError) -> Int {
    // LMDB keeps them in its first B-tree, a list for each transaction: how many, then their numbers.
    let freeList = Database(identifier: 0, name: "the list of free pages")
    var count = 0
    try scan(freeList, from: [], below: nil, descending: false) { (key, value) throws(LMDBError) in
      guard key.littleEndian(at: 0, as: Int.self) < transaction else { return false }
      count += value.littleEndian(at: 0, as: Int.self)
      return true
    }
    return count
  }

  /// Number of the commit that this snapshot sees; the same number, the same state.
  package var number: Int { unsafe mdb_txn_id(handle) }

  /// Whether nothing was committed since this snapshot was taken.
  package borrowing func isNewest() -> Bool {
    var information = unsafe MDB_envinfo()
    // Safe: LMDB only fills the structure. The commit's number is there before the writer returns from it.
    let code = unsafe mdb_env_info(environment.handle, &information)
    return unsafe code == MDB_SUCCESS && Int(information.me_last_txnid) == number
  }

  /// Takes the newest snapshot.
  package mutating func renew() throws(LMDBError) {
    try unsafe check(mdb_txn_renew(handle), "renew a read transaction")
  }
}

/// The one write transaction of an environment. It must begin, act and end on one thread: LMDB's lock belongs to it.
/// Dropping it aborts.
@safe
package struct WriteTransaction: ~Copyable {
  private let environment: Environment
  let handle: OpaquePointer
  private var isEnded = false

  package init(_ environment: Environment) throws(LMDBError) {
    self.environment = environment
    var begun: OpaquePointer?
    // Safe: `begun` is valid for the call.
    try unsafe check(mdb_txn_begin(environment.handle, nil, 0, &begun), "begin a write transaction")
    unsafe handle = begun!
  }

  deinit {
    // Safe: a committed transaction is marked as ended, so that each ends exactly once.
    if !isEnded { unsafe mdb_txn_abort(handle) }
  }

  /// Makes the changes visible. Not durable: see ``Environment``.
  package consuming func commit() throws(LMDBError) {
    // Also after a failure: LMDB has then aborted it.
    isEnded = true
    try unsafe check(mdb_txn_commit(handle), "commit")
  }

  package mutating func put(_ database: Database, key: RawSpan, value: RawSpan) throws(LMDBError) {
    let code = unsafe key.withUnsafeBytes { keyBytes in
      unsafe value.withUnsafeBytes { valueBytes in
        // Safe: LMDB only reads both, for the length of the call.
        var key = unsafe MDB_val(mv_size: keyBytes.count, mv_data: .init(mutating: keyBytes.baseAddress))
        var value = unsafe MDB_val(mv_size: valueBytes.count, mv_data: .init(mutating: valueBytes.baseAddress))
        return unsafe mdb_put(handle, database.identifier, &key, &value, 0)
      }
    }
    try check(code, "put into \(database.name)")
  }

  /// Removes the key; answers whether it was there.
  @discardableResult
  package mutating func delete(_ database: Database, key: RawSpan) throws(LMDBError) -> Bool {
    let code = unsafe key.withUnsafeBytes { keyBytes in
      // Safe: LMDB only reads the key, for the length of the call.
      var key = unsafe MDB_val(mv_size: keyBytes.count, mv_data: .init(mutating: keyBytes.baseAddress))
      return unsafe mdb_del(handle, database.identifier, &key, nil)
    }
    if code == MDB_NOTFOUND { return false }
    try check(code, "delete from \(database.name)")
    return true
  }
}

extension WriteTransaction {
  /// Removes everything in the tree.
  package mutating func clear(_ database: Database) throws(LMDBError) {
    try unsafe check(mdb_drop(handle, database.identifier, 0), "clear \(database.name)")
  }
}

/// What both kinds of transaction can read.
package protocol Readable: ~Copyable {
  /// Lends the value of `key`, or `nil`, for the length of the call.
  borrowing func withValue<Result, Failure: Error>(
    _ database: Database, key: RawSpan, _ body: (RawSpan?) throws(Failure) -> Result
  ) throws(Failure) -> Result where Failure: FromLMDB

  /// Lends every pair with `lower <= key < upper` in order, or in the opposite order, until `body` answers `false`.
  borrowing func scan<Failure: Error>(
    _ database: Database, from lower: [UInt8], below upper: [UInt8]?, descending: Bool,
    _ body: (_ key: RawSpan, _ value: RawSpan) throws(Failure) -> Bool
  ) throws(Failure) where Failure: FromLMDB
}

/// An error that can say what LMDB said.
package protocol FromLMDB: Error {
  init(_ error: LMDBError)
}

extension LMDBError: FromLMDB {
  package init(_ error: LMDBError) { self = error }
}

extension ReadTransaction {
  /// The value of `key`, where it lies in the map. Neither a closure nor generic: for what is read most.
  @_lifetime(borrow self)
  package borrowing func value(_ database: Database, key: RawSpan) throws(LMDBError) -> RawSpan? {
    let (code, found) = unsafe key.withUnsafeBytes { keyBytes in
      // Safe: LMDB only reads the key, for the length of the call.
      var key = unsafe MDB_val(mv_size: keyBytes.count, mv_data: .init(mutating: keyBytes.baseAddress))
      var found = unsafe MDB_val()
      let code = unsafe mdb_get(handle, database.identifier, &key, &found)
      return unsafe (code, found)
    }
    if code == MDB_NOTFOUND { return nil }
    // Not `check`: the closure for its text would be made for every read.
    guard code == MDB_SUCCESS else { throw LMDBError(code: code, operation: "read from \(database.name)") }
    // Safe: the value stays where it is until the transaction ends or is renewed, and both need `self` unborrowed.
    let span = unsafe RawSpan(_unsafeStart: found.mv_data, byteCount: found.mv_size)
    return unsafe _overrideLifetime(span, borrowing: self)
  }
}

extension ReadTransaction: Readable {
  package borrowing func withValue<Result, Failure: FromLMDB>(
    _ database: Database, key: RawSpan, _ body: (RawSpan?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Safe: the handle lives as long as `self`, which is borrowed for the call.
    try unsafe LMDB.withValue(handle, database, key: key, body)
  }

  package borrowing func scan<Failure: FromLMDB>(
    _ database: Database, from lower: [UInt8], below upper: [UInt8]?, descending: Bool,
    _ body: (_ key: RawSpan, _ value: RawSpan) throws(Failure) -> Bool
  ) throws(Failure) {
    // Safe: as above.
    try unsafe LMDB.scan(handle, database, from: lower, below: upper, descending: descending, body)
  }
}

extension WriteTransaction: Readable {
  package borrowing func withValue<Result, Failure: FromLMDB>(
    _ database: Database, key: RawSpan, _ body: (RawSpan?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Safe: the handle lives as long as `self`; nothing can write while `self` is borrowed.
    try unsafe LMDB.withValue(handle, database, key: key, body)
  }

  package borrowing func scan<Failure: FromLMDB>(
    _ database: Database, from lower: [UInt8], below upper: [UInt8]?, descending: Bool,
    _ body: (_ key: RawSpan, _ value: RawSpan) throws(Failure) -> Bool
  ) throws(Failure) {
    // Safe: as above.
    try unsafe LMDB.scan(handle, database, from: lower, below: upper, descending: descending, body)
  }
}

private func withValue<Result, Failure: FromLMDB>(
  _ transaction: OpaquePointer, _ database: Database, key: RawSpan, _ body: (RawSpan?) throws(Failure) -> Result
) throws(Failure) -> Result {
  var found = unsafe MDB_val()
  let code = unsafe key.withUnsafeBytes { keyBytes in
    // Safe: LMDB only reads the key, for the length of the call.
    var key = unsafe MDB_val(mv_size: keyBytes.count, mv_data: .init(mutating: keyBytes.baseAddress))
    return unsafe mdb_get(transaction, database.identifier, &key, &found)
  }
  if code == MDB_NOTFOUND { return try body(nil) }
  try failing(Failure.self) { () throws(LMDBError) in try check(code, "read from \(database.name)") }
  // Safe: the value stays where it is until the transaction ends or writes; the span cannot leave `body`.
  return try body(unsafe found.span)
}

private func scan<Failure: FromLMDB>(
  _ transaction: OpaquePointer, _ database: Database, from lower: [UInt8], below upper: [UInt8]?, descending: Bool,
  _ body: (_ key: RawSpan, _ value: RawSpan) throws(Failure) -> Bool
) throws(Failure) {
  var cursor = try failing(Failure.self) { () throws(LMDBError) in try unsafe Cursor(transaction, database) }
  var isOnEntry = try failing(Failure.self) { () throws(LMDBError) in
    if !descending { return try lower.isEmpty ? cursor.move(MDB_FIRST) : cursor.seek(lower) }
    // The last key below `upper` stands just before the first that is not.
    if let upper, try cursor.seek(upper) { return try cursor.move(MDB_PREV) }
    return try cursor.move(MDB_LAST)
  }
  while isOnEntry {
    let (key, value) = unsafe (cursor.key, cursor.value)
    // Safe: both point into the map until the transaction ends; the spans cannot leave `body`.
    let keySpan = unsafe key.span
    if descending {
      if lower.withRawSpan({ keySpan.isOrderedBefore($0) }) { return }
    } else if let upper, !upper.withRawSpan({ keySpan.isOrderedBefore($0) }) {
      return
    }
    guard try body(keySpan, unsafe value.span) else { return }
    isOnEntry = try failing(Failure.self) { () throws(LMDBError) in
      try cursor.move(descending ? MDB_PREV : MDB_NEXT)
    }
  }
}

/// Says an LMDB error in the words of the caller.
private func failing<Result: ~Copyable, Failure: FromLMDB>(
  _: Failure.Type, _ body: () throws(LMDBError) -> Result
) throws(Failure) -> Result {
  do throws(LMDBError) { return try body() } catch { throw Failure(error) }
}

/// A place in a B-tree. It must not outlive its transaction; only ``scan`` makes one.
@safe
private struct Cursor: ~Copyable {
  private let handle: OpaquePointer
  private let name: String
  /// Where the entry lies in the map; moves with the cursor.
  private(set) var key = unsafe MDB_val()
  private(set) var value = unsafe MDB_val()

  init(_ transaction: OpaquePointer, _ database: Database) throws(LMDBError) {
    name = database.name
    var opened: OpaquePointer?
    // Safe: `opened` is valid for the call.
    try unsafe check(mdb_cursor_open(transaction, database.identifier, &opened), "open a cursor in \(database.name)")
    unsafe handle = opened!
  }

  deinit {
    // Safe: ends exactly once, here.
    unsafe mdb_cursor_close(handle)
  }

  /// Answers whether the cursor now stands on an entry.
  mutating func move(_ operation: MDB_cursor_op) throws(LMDBError) -> Bool {
    let code = unsafe mdb_cursor_get(handle, &key, &value, operation)
    if code == MDB_NOTFOUND { return false }
    try check(code, "scan \(name)")
    return true
  }

  /// Goes to the first key that is not below `bytes`.
  mutating func seek(_ bytes: [UInt8]) throws(LMDBError) -> Bool {
    let code = unsafe bytes.withUnsafeBytes { buffer in
      // Safe: LMDB reads the bytes during the call and then points `key` into its own map.
      unsafe key = MDB_val(mv_size: buffer.count, mv_data: .init(mutating: buffer.baseAddress))
      return unsafe mdb_cursor_get(handle, &key, &value, MDB_SET_RANGE)
    }
    if code == MDB_NOTFOUND { return false }
    try check(code, "scan \(name)")
    return true
  }
}

extension MDB_val {
  /// The bytes that LMDB points at, for as long as its rules allow.
  @unsafe
  fileprivate var span: RawSpan {
    @_lifetime(borrow self)
    get { unsafe RawSpan(_unsafeStart: mv_data, byteCount: mv_size) }
  }
}
