internal import Bytes
package import Journal
package import Records
package import Scalars
internal import Store

/// Makes a new data folder out of an older one, or of a backup, as it was at some moment. The old one is only read.
///
/// The new folder begins a new history: its journal goes on with the next number, under a new identifier, so that nobody
/// takes what follows for what had followed before.
package struct Restore {
  /// Where to stop.
  package enum Moment: Sendable {
    /// The newest entry that is whole.
    case newest
    /// Up to this entry.
    case sequence(UInt64)
    /// Up to the last entry that is not later.
    case time(Instant)
  }

  package struct Report: Sendable {
    /// The last entry that the new folder contains.
    package let sequence: UInt64
    /// The entry of the copy from which it was made; 0 when it was made from the journal alone.
    package let copiedSequence: UInt64
    package let history: HistoryIdentifier
    package let state: StateReport
  }

  /// - Parameters:
  ///   - source: a data folder that no daemon serves.
  ///   - target: must not exist yet, or be empty.
  package static func run(
    from source: String, to target: String, at moment: Moment, history: HistoryIdentifier, now: Instant, mapBytes: Int
  ) throws -> Report {
    let old = try JournalWriter.openReading(PosixDisk(folder: "\(source)/journal"))
    let last = try sequence(of: moment, in: old.reader)
    let new = try DataFolder(path: target)
    guard try new.condition() == .new, try new.copies.list().isEmpty else {
      throw RestoreFault("\(target) holds data already; name a new folder")
    }
    let copies = StateCopies(reading: "\(source)/copies")
    let hasCopies = try PosixDisk(folder: source).list().contains("copies")
    let copy = hasCopies ? try copies.newest(of: old.history, old.reader, through: last) : nil
    if let copy { try new.placeState(copy, from: copies) }
    let store = try StateStore(path: new.statePath, mapBytes: mapBytes)
    _ = try redo(old.reader, into: store, through: last)
    let applied = try Snapshot(store).appliedSequence()
    guard applied == last else {
      throw RestoreFault("the state could be made up to entry \(applied) only, not \(last)")
    }
    var options = JournalWriter<PosixDisk>.Options(history: history, createdMilliseconds: now.millisecondsSince1970)
    options.firstSequence = last + 1
    options.isTestStore = old.isTestStore
    let journal = try JournalWriter.open(new.journal, options, wasClosed: true)
    // Without entries before its first, the new journal needs a copy to begin with.
    let made = try new.copies.make(
      of: store, journal.reader, history: history, at: now, pace: { _ in true }, walkPace: { true })
    guard made.manifest != nil else {
      throw RestoreFault("the state of entry \(last) is damaged: \(made.report.faults.first ?? "it was not copied")")
    }
    try store.synchronize()
    try new.markClosed()
    return Report(sequence: last, copiedSequence: copy?.sequence ?? 0, history: history, state: made.report)
  }

  private static func sequence(of moment: Moment, in journal: JournalReader<PosixDisk>) throws -> UInt64 {
    switch moment {
    case .newest: return journal.lastSequence
    case .sequence(let sequence):
      guard sequence <= journal.lastSequence, sequence + 1 >= journal.firstSequence else {
        throw RestoreFault(
          "the journal reaches from \(journal.firstSequence) to \(journal.lastSequence); \(sequence) is not in it")
      }
      return sequence
    case .time(let time):
      var cursor = JournalReader<PosixDisk>.Cursor(after: journal.firstSequence - 1)
      var last = journal.firstSequence - 1
      while true {
        let entries = try journal.next(&cursor, bytesMax: 4 << 20)
        if entries.isEmpty { return last }
        for stored in entries {
          guard try JournalEntry(stored: stored.bytes).time <= time else { return last }
          last = stored.sequence
        }
      }
    }
  }
}

/// Why a folder could not be restored.
package struct RestoreFault: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
