internal import CLMDB

/// What LMDB, or the file system under it, answered instead of success.
package struct LMDBError: Error, Equatable, CustomStringConvertible {
  /// LMDB's code when negative, `errno` when positive.
  package let code: Int32
  /// What was being done, for example "open /var/lib/safegrid/state".
  package let operation: String

  package init(code: Int32, operation: String) {
    self.code = code
    self.operation = operation
  }

  /// What happened, why as a rule, and what to do.
  package var description: String {
    // Safe: LMDB answers with constant strings.
    let text = unsafe String(cString: mdb_strerror(code))
    let advice =
      switch code {
      case MDB_MAP_FULL: "; the store has reached its size limit: raise it with --map-size"
      case MDB_READERS_FULL: "; too many read transactions are open at once"
      case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID: "; the file is damaged: it can be rebuilt from the journal"
      case MDB_VERSION_MISMATCH: "; the file was written by another version of LMDB"
      case MDB_BAD_VALSIZE: "; a key is empty or longer than 511 bytes"
      default: ""
      }
    return "\(operation): \(text)\(advice)"
  }
}

/// Throws for every code but success.
func check(_ code: Int32, _ operation: @autoclosure () -> String) throws(LMDBError) {
  if code != MDB_SUCCESS { throw LMDBError(code: code, operation: operation()) }
}
