internal import CLMDB
internal import Glibc
internal import Synchronization

/// One LMDB environment: a memory-mapped file with several B-trees in it.
///
/// It runs with `MDB_WRITEMAP` and `MDB_NOSYNC`: a commit costs no system call, and the file is worth nothing after a
/// power cut. Durability is the journal's; who opens an environment must know whether its file can be trusted.
///
/// All LMDB functions that this module uses are named in its files and nowhere else: environment (`mdb_env_create`,
/// `_set_mapsize`, `_set_maxdbs`, `_set_maxreaders`, `_open`, `_get_fd`, `_info`, `_sync`, `_copyfd2`, `_close`),
/// readers (`mdb_reader_list`, `mdb_reader_check`),
/// transactions (`mdb_txn_begin`, `_commit`, `_abort`, `_reset`, `_renew`), data (`mdb_dbi_open`, `mdb_drop`, `mdb_get`,
/// `_put`, `_del`), cursors (`mdb_cursor_open`, `_get`, `_close`), `mdb_strerror`.
@safe
package final class Environment: Sendable {
  // Safe to share: LMDB locks inside; handles are opened once, before other threads see them.
  nonisolated(unsafe) let handle: OpaquePointer
  private let path: String
  /// Bytes of the file whose blocks are certain to exist.
  private let allocatedBytes = Mutex<Int>(0)

  /// LMDB takes the system's pages.
  package static let pageBytes = sysconf(Int32(_SC_PAGESIZE))
  /// The file grows by whole extents, so that its blocks are allocated rarely.
  private static let extentBytes = 16 << 20

  package struct Options: Sendable {
    /// Address space and upper limit of the file.
    package var mapBytes: Int
    package var databasesMax: UInt32
    /// A single file that nobody writes, such as a copy; `path` is the file.
    package var isReadOnly = false
    /// LMDB's default of 126 is too small for one reader a loop and a pool of scans.
    package var readersMax: UInt32 = 1024

    package init(mapBytes: Int, databasesMax: UInt32) {
      self.mapBytes = mapBytes
      self.databasesMax = databasesMax
    }
  }

  /// Opens the environment in the existing folder `path`. Only one per folder may be open in a process.
  package init(path: String, _ options: Options) throws(LMDBError) {
    self.path = path
    var opened: OpaquePointer?
    // Safe: `opened` is valid for the call.
    try unsafe check(mdb_env_create(&opened), "create an environment")
    guard let environment = unsafe opened else { preconditionFailure("LMDB created nothing and said success") }
    unsafe handle = environment
    // From here on a throw runs `deinit`, and with it the close that a failed open needs too.
    try unsafe check(mdb_env_set_mapsize(environment, options.mapBytes), "set the size of \(path)")
    try unsafe check(mdb_env_set_maxdbs(environment, options.databasesMax), "set the number of databases")
    try unsafe check(mdb_env_set_maxreaders(environment, options.readersMax), "set the number of readers")
    if options.isReadOnly {
      let flags = UInt32(MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS)
      try unsafe check(mdb_env_open(environment, path, flags, 0o600), "open \(path)")
    } else {
      let flags = UInt32(MDB_NOSYNC | MDB_WRITEMAP | MDB_NOTLS)
      try unsafe check(mdb_env_open(environment, path, flags, 0o600), "open \(path)")
      try clearStaleReaders()
      try ensureAllocated(pagesAhead: 256)
    }
  }

  deinit {
    // Safe: transactions hold a reference to the environment, so that none is left.
    unsafe mdb_env_close(handle)
  }

  /// Opens the named databases of a read-only environment.
  package func openExistingDatabases(_ names: [String]) throws(LMDBError) -> [Database] {
    var begun: OpaquePointer?
    // Safe, here and below: the arguments are valid for the calls.
    try unsafe check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun), "begin a read transaction")
    var databases: [Database] = []
    do throws(LMDBError) {
      for name in names {
        var identifier: MDB_dbi = 0
        try unsafe check(mdb_dbi_open(begun, name, 0, &identifier), "open database \(name)")
        databases.append(Database(identifier: identifier, name: name))
      }
    } catch {
      unsafe mdb_txn_abort(begun)
      throw error
    }
    // Handles that were opened in a transaction that is aborted would be lost.
    try unsafe check(mdb_txn_commit(begun), "keep the databases open")
    return databases
  }

  /// Opens or creates the named databases, before any other use of the environment.
  package func openDatabases(_ names: [String]) throws(LMDBError) -> [Database] {
    let transaction = try WriteTransaction(self)
    var databases: [Database] = []
    for name in names {
      var identifier: MDB_dbi = 0
      // Safe: the arguments are valid for the call.
      try unsafe check(
        mdb_dbi_open(transaction.handle, name, UInt32(MDB_CREATE), &identifier), "open database \(name)")
      databases.append(Database(identifier: identifier, name: name))
    }
    try transaction.commit()
    return databases
  }

  /// Makes certain that `pagesAhead` more pages, as far as the map has them, can be written without meeting the end of
  /// the disk: under `MDB_WRITEMAP` a missing block would be a signal, not an error.
  ///
  /// - Throws: `ENOSPC` when the disk is full.
  package func ensureAllocated(pagesAhead: Int) throws(LMDBError) {
    let information = statistics()
    let needed = min((information.lastPage + 1 + pagesAhead) * Self.pageBytes, information.mapBytes)
    try allocatedBytes.withLock { allocated throws(LMDBError) in
      guard needed > allocated else { return }
      let extents = (needed + Self.extentBytes - 1) / Self.extentBytes
      let wanted = min(extents * Self.extentBytes, information.mapBytes)
      try check(posix_fallocate(try descriptor(), 0, wanted), "allocate \(wanted) bytes for \(path)")
      allocated = wanted
    }
  }

  /// Of the file, which may have another name than when it was opened.
  func descriptor() throws(LMDBError) -> Int32 {
    var descriptor: Int32 = -1
    // Safe: `descriptor` is valid for the call.
    try unsafe check(mdb_env_get_fd(handle, &descriptor), "find the file of \(path)")
    return descriptor
  }

  /// Pages that the next write transaction can take: those behind the last one, and those that are free and that no
  /// snapshot sees any more. As long as half of the map lies behind the last page, only that half is counted, which
  /// costs nothing.
  package func pagesLeft() throws(LMDBError) -> Int {
    let information = statistics()
    let (mapPages, usedPages) = (information.mapBytes / Self.pageBytes, information.lastPage + 1)
    if usedPages <= mapPages / 2 { return mapPages - usedPages }
    let oldest = min(oldestSnapshot() ?? .max, information.lastTransaction)
    return mapPages - usedPages + (try ReadTransaction(self).freePages(freedBefore: oldest))
  }

  /// Whether a file can be opened as an environment and is as long as it says. To look at a shorter one through a memory
  /// map would be a signal, not an error. Nothing is changed, and nobody else may have it open.
  package static func isWhole(file: String) -> Bool {
    var options = Options(mapBytes: 0, databasesMax: 0)
    options.isReadOnly = true
    do throws(LMDBError) {
      let environment = try Environment(path: file, options)
      let descriptor = try environment.descriptor()
      var information = stat()
      // Safe: the variable is valid for the call.
      guard unsafe fstat(descriptor, &information) == 0 else { return false }
      return Int(information.st_size) >= (environment.statistics().lastPage + 1) * pageBytes
    } catch {
      return false
    }
  }

  package struct Statistics: Sendable {
    /// Number of the last page in use.
    package let lastPage: Int
    package let mapBytes: Int
    /// Slots of readers in use, at work or not.
    package let readers: Int
    package let lastTransaction: Int
  }

  package func statistics() -> Statistics {
    var information = unsafe MDB_envinfo()
    // Safe: `information` is valid for the call; the function cannot fail for an open environment.
    unsafe mdb_env_info(handle, &information)
    return unsafe Statistics(
      lastPage: information.me_last_pgno, mapBytes: information.me_mapsize, readers: Int(information.me_numreaders),
      lastTransaction: information.me_last_txnid)
  }

  /// What the disk under the file has, in all and left for this process.
  package func diskBytes() throws(LMDBError) -> (total: UInt64, free: UInt64) {
    var information = statvfs()
    let descriptor = try descriptor()
    // Safe: the arguments are valid for the call.
    guard unsafe fstatvfs(descriptor, &information) == 0 else {
      throw LMDBError(code: errno, operation: "look at the disk under \(path)")
    }
    let block = UInt64(information.f_frsize)
    return (UInt64(information.f_blocks) * block, UInt64(information.f_bavail) * block)
  }

  /// The transaction of the oldest snapshot that is held; `nil` when none is.
  package func oldestSnapshot() -> Int? {
    var oldest: Int?
    // Safe: the function is called with the context below during the call; LMDB prints a line for each slot: process,
    // thread and transaction, "-" for a slot without one.
    unsafe withUnsafeMutablePointer(to: &oldest) { context in
      _ = unsafe mdb_reader_list(
        handle,
        { line, context in
          let words = unsafe String(cString: line!).split(separator: " ")
          if words.count == 3, let transaction = Int(words[2].filter { !$0.isWhitespace }) {
            let oldest = unsafe context!.assumingMemoryBound(to: Int?.self)
            unsafe oldest.pointee = min(oldest.pointee ?? .max, transaction)
          }
          return 0
        }, context)
    }
    return oldest
  }

  /// Gives back the slots of processes that died with a snapshot; answers how many there were.
  @discardableResult
  package func clearStaleReaders() throws(LMDBError) -> Int {
    var count: Int32 = 0
    // Safe: `count` is valid for the call.
    try unsafe check(mdb_reader_check(handle, &count), "look for readers that died")
    return Int(count)
  }

  /// Writes everything to the disk and waits for it.
  package func synchronize() throws(LMDBError) {
    try unsafe check(mdb_env_sync(handle, 1), "write \(path) to the disk")
  }
}

/// A B-tree inside an environment.
package struct Database: Sendable {
  let identifier: UInt32
  package let name: String
}
