internal import Bytes
internal import FaultPoints
package import Journal
package import Metrics
internal import Records
package import Scalars
package import Store

/// A data folder brought into order: the journal and the state that follows from it.
package struct RecoveredStore: ~Copyable {
  package let store: StateStore
  package var journal: JournalWriter<PosixDisk>
  package let lastTime: Instant
  /// For the log: what was found, and what had to be done.
  package let condition: DataFolder.Condition
  package let redoneEntries: UInt64
  /// The journal entry of the copy from which the state was made again; `nil` when that was not necessary, or there
  /// was no copy.
  package let copiedSequence: UInt64?

  /// Opens the folder: rewrites the journal's tail where it may not have reached the disk, replaces a state that cannot
  /// be trusted by its newest verified copy, and redoes what the state lacks.
  package init(_ folder: DataFolder, mapBytes: Int, journal options: JournalWriter<PosixDisk>.Options) throws {
    let found = try folder.condition()
    let journal = try JournalWriter.open(folder.journal, options, wasClosed: found == .closed)
    let condition = try folder.distrustsState(found) ? .untrusted : found
    var copied: UInt64?
    if condition == .untrusted || condition == .new {
      try folder.removeState()
      reach(.stateRemoved)
      let copies = try folder.copies
      if let copy = try copies.newest(of: journal.history, journal.reader) {
        try folder.placeState(copy, from: copies)
        copied = copy.sequence
        reach(.statePlaced)
      }
    }
    // Before LMDB's first commit: a state that changed under the mark of an orderly end would be trusted wrongly.
    reach(.markOpens)
    try folder.markOpen()
    reach(.markOpened)
    let store = try StateStore(path: folder.statePath, mapBytes: mapBytes)
    let redone = try redo(journal.reader, into: store)
    let last = try journal.reader.entry(journal.lastSequence).map { bytes in try JournalEntry(stored: bytes) }
    (self.store, self.condition, redoneEntries, lastTime) = (store, condition, redone, last?.time ?? .unset)
    copiedSequence = copied
    self.journal = journal
  }
}

extension RecoveredStore {
  /// The engine over what was recovered.
  package consuming func engine(
    counts: WriterCounts = WriterCounts(), wallClock: @escaping @Sendable () -> Instant
  ) throws -> CommandEngine<JournalWriter<PosixDisk>> {
    let (store, lastTime) = (store, lastTime)
    return try CommandEngine(store, journal, lastTime: lastTime, counts: counts, wallClock: wallClock)
  }
}

/// The state knows more than the journal: a file was lost or restored by hand.
package struct StateAheadOfJournal: Error, CustomStringConvertible {
  package let applied: UInt64
  package let last: UInt64
  package var description: String {
    "the state contains journal entry \(applied), but the journal ends at \(last): journal files are missing. "
      + "Put them back, or remove the folder state/ to go back to entry \(last)"
  }
}

/// What lies between the state and the journal's first entry is gone.
package struct JournalBeginsLate: Error, CustomStringConvertible {
  package let applied: UInt64
  package let first: UInt64
  package var description: String {
    "the state contains the journal up to entry \(applied), but the journal begins only at \(first), and there is no "
      + "verified copy of the state in between: restore a backup"
  }
}

/// Applies the journal's entries behind those that the store contains. It runs no rule: an older or newer daemon's
/// entries mean the same.
func redo(
  _ journal: JournalReader<PosixDisk>, into store: StateStore, through limit: UInt64 = .max
) throws -> UInt64 {
  var applied = try Snapshot(store).appliedSequence()
  let first = applied
  guard applied <= journal.lastSequence else {
    throw StateAheadOfJournal(applied: applied, last: journal.lastSequence)
  }
  guard applied + 1 >= journal.firstSequence else {
    throw JournalBeginsLate(applied: applied, first: journal.firstSequence)
  }
  var cursor = JournalReader<PosixDisk>.Cursor(after: applied)
  while true {
    let entries = try journal.next(&cursor, bytesMax: redoBytesMax).filter { $0.sequence <= limit }
    if entries.isEmpty { return applied - first }
    var state = try WriteState(store)
    for stored in entries {
      // What each put takes is reckoned high: where the map is small, or nearly full, fewer fit into a transaction.
      if !state.hasRoom {
        try commitRedone(state, through: applied)
        state = try WriteState(store)
      }
      let entry = try JournalEntry(stored: stored.bytes)
      precondition(entry.sequence == stored.sequence, "a journal entry stands at another one's place")
      for change in entry.changes { try state.apply(change) }
      if let requestKey = RequestKey(of: entry) { try state.putDirectly(RequestKeysTable.self, requestKey) }
      applied = stored.sequence
    }
    try commitRedone(state, through: applied)
  }
}

private func commitRedone(_ state: consuming WriteState, through applied: UInt64) throws(StoreError) {
  try state.setAppliedSequence(applied)
  try state.prepare()
  reach(.redoCommits)
  try state.commit()
  reach(.redoCommitted)
}

/// What is redone at most in one transaction.
private let redoBytesMax = 4 << 20
