import API
import Bytes
import Domain
import Journal
import RPC
import Records
import Store
import Synchronization

/// Entries of the journal, as they were written.
final class JournalReading: MessageSource {
  private let caller: Caller
  private let store: StateStore
  private let journal: JournalReader<PosixDisk>
  private let last: UInt64
  private let progress: Mutex<Progress>

  private struct Progress {
    var cursor: JournalReader<PosixDisk>.Cursor
    /// Entries that were read with others, and wait for credit.
    var pending: ArraySlice<[UInt8]> = []
  }

  init(
    _ request: ReadJournal, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    _ store: StateStore, _ journal: JournalReader<PosixDisk>
  ) throws(Refusal) {
    let applied = try snapshot.appliedSequence()
    guard request.afterSequence <= applied, request.afterSequence + 1 >= journal.firstSequence else {
      throw .historyGone(HistoryGone(first: journal.firstSequence, last: applied, asked: request.afterSequence))
    }
    self.caller = copy caller
    self.store = store
    self.journal = journal
    last = min(request.throughSequence ?? applied, applied)
    progress = Mutex(Progress(cursor: .init(after: request.afterSequence)))
  }

  func produce(bytesMax: Int, into messages: inout [[UInt8]]) throws(CallFailure) -> MessageProgress {
    do throws(Refusal) {
      try caller.checkStillThere(in: newSnapshot(of: store))
    } catch {
      throw CallFailure(error, .query)
    }
    var produced: [[UInt8]] = []
    let outcome = try progress.withLock { progress throws(CallFailure) -> MessageProgress in
      if progress.pending.isEmpty {
        guard progress.cursor.sequence <= last else { return .finished }
        do throws(JournalError) {
          let entries = try journal.next(&progress.cursor, bytesMax: bytesMax)
          progress.pending = entries.filter { $0.sequence <= last }.map(\.bytes)[...]
        } catch {
          throw CallFailure(.dataLoss, .query, "\(error)")
        }
      }
      var size = 0
      while size < bytesMax, let entry = progress.pending.popFirst() {
        size += entry.count
        produced.append(entry)
      }
      return .more
    }
    messages += produced
    return outcome
  }
}
