import Bytes
import Engine
import Journal
import Records
import Synchronization

/// The journal's newest entries, read and decoded once for all who follow it: watches that have caught up all ask for the
/// same ones at the same time.
package final class RecentEntries: Sendable {
  private struct Step {
    let first: UInt64
    let entries: [JournalEntry]
    let next: JournalReader<PosixDisk>.Cursor
  }

  private let journal: JournalReader<PosixDisk>
  /// Newest last.
  private let steps = Mutex<[Step]>([])

  /// Steps that are kept: who falls further behind reads for himself. Each takes about a mebibyte at most.
  private static let stepsMax = 8
  /// Journal bytes that are read in one step.
  private static let stepBytes = 256 << 10

  init(_ journal: JournalReader<PosixDisk>) { self.journal = journal }

  /// The entries from the cursor on, about a step of them; none when everything has been read.
  func next(_ cursor: inout JournalReader<PosixDisk>.Cursor) throws(JournalError) -> [JournalEntry] {
    let first = cursor.sequence
    if let known = steps.withLock({ $0.last { $0.first == first } }) {
      cursor = known.next
      return known.entries
    }
    var entries: [JournalEntry] = []
    for stored in try journal.next(&cursor, bytesMax: Self.stepBytes) {
      entries.append(try JournalEntry(stored: stored.bytes))
    }
    guard !entries.isEmpty else { return [] }
    let step = Step(first: first, entries: entries, next: cursor)
    steps.withLock { steps in
      if steps.count == Self.stepsMax { steps.removeFirst() }
      steps.append(step)
    }
    return entries
  }
}
