package import Journal
package import Records
package import Scalars
package import Store
internal import Synchronization

/// Copies and verifies the state of a running daemon, one thing at a time.
package final class StateKeeper: Sendable {
  private let store: Store
  private let journal: JournalReader<PosixDisk>
  private let history: HistoryIdentifier
  private let copies: StateCopies
  private let turn = Mutex<Void>(())

  package init(_ folder: DataFolder, _ store: Store, _ journal: JournalReader<PosixDisk>, history: HistoryIdentifier)
    throws
  {
    self.store = store
    self.journal = journal
    self.history = history
    copies = try folder.copies
  }

  /// The journal entry up to which the newest copy reaches; 0 without one.
  package func newestCopy() throws -> UInt64 { try turn.withLock { _ in try copies.list().last?.sequence ?? 0 } }

  /// Copies the state and walks the copy, which is kept when it is intact.
  package func verify(
    at time: Instant, pace: (_ byteCount: Int) -> Bool
  ) throws -> (report: StateReport, manifest: CopyManifest?) {
    try turn.withLock { _ in try copies.make(of: store, journal, history: history, at: time, pace: pace) }
  }
}
