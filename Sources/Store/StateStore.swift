internal import LMDB
internal import Synchronization

/// The state: the tables of the IDL, in a file that compaction can replace by a smaller one while everything goes on.
/// Snapshots and write transactions keep the file in which they began.
package final class StateStore: Sendable {
  private let current: Mutex<StateFile>

  var file: StateFile { current.withLock { $0 } }

  /// Opens the state in the existing folder `path`, or creates it.
  package init(path: String, mapBytes: Int) throws(StoreError) {
    current = Mutex(try StateFile(path: path, mapBytes: mapBytes))
  }

  /// Whether the folder `path` holds a whole file of a store that nobody has open.
  package static func isWhole(path: String) -> Bool { Environment.isWhole(file: "\(path)/data.mdb") }

  /// Opens a copy of a state, to read it.
  package init(copy path: String) throws(StoreError) { current = Mutex(try StateFile(copy: path)) }

  /// Lends the bytes of a whole copy of the newest state, part by part. Its snapshot is held until the last part was
  /// taken: pages that are replaced meanwhile are not used again, and the file grows by them.
  ///
  /// - Parameters:
  ///   - isCompact: leave out the pages that are not in use; slower, and smaller.
  ///   - take: answers whether to go on.
  package func copy(isCompact: Bool, _ take: (RawSpan) -> Bool) throws(StoreError) {
    try file.copy(isCompact: isCompact, take)
  }

  /// Makes the file worth keeping over a restart of the machine.
  package func synchronize() throws(StoreError) { try file.synchronize() }

  /// Goes on with the file of `other`, which must contain the same. Call between two write transactions.
  package func replaceFile(by other: StateStore) {
    let file = other.file
    current.withLock { $0 = file }
  }
}
