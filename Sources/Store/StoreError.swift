internal import Glibc
package import LMDB
internal import Records

/// Why the store cannot do its work.
package enum StoreError: Error, CustomStringConvertible {
  case lmdb(LMDBError)
  /// A stored record fails its checksum or does not parse.
  case damaged(table: String, key: [UInt8], reason: String)
  /// A file of a newer daemon.
  case newerFormat(UInt64)
  /// The state has reached the size of its map.
  case full
  /// Somebody wanted no more of it.
  case stopped

  package var description: String {
    switch self {
    case .lmdb(let error): return "store: \(error)"
    case .damaged(let table, let key, let reason):
      let text = key.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      return "store: the record \(text) of table \(table) is damaged: \(reason)"
    case .full: return "store: the state has reached its size limit; raise it with safegridd --map-size"
    case .stopped: return "store: stopped before the end"
    case .newerFormat(let version):
      return "store: written in format \(version) by a newer version; install that version or a later one"
    }
  }
}

extension StoreError {
  /// Whether the disk under the state is full.
  package var isDiskFull: Bool { if case .lmdb(let error) = self { error.code == ENOSPC } else { false } }
}

extension StoreError: FromLMDB {
  package init(_ error: LMDBError) { self = .lmdb(error) }
}

extension Refusal {
  /// What a rule or a query hears when the store fails under it.
  init(_ error: StoreError) { self = .storageFault(StorageFault(detail: String("\(error)".prefix(500)))) }
}
