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
  private let clock: StateClock
  private let journal: JournalReader<PosixDisk>
  private let last: UInt64
  /// Between two steps it holds nothing but its place: what was read and not sent is read again.
  private let cursor: Mutex<JournalReader<PosixDisk>.Cursor>

  init(
    _ request: ReadJournal, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    _ store: StateStore, _ clock: StateClock, _ journal: JournalReader<PosixDisk>
  ) throws(Refusal) {
    let applied = try snapshot.appliedSequence()
    try journal.requireHeld(after: request.afterSequence, upTo: applied)
    self.caller = copy caller
    self.store = store
    self.clock = clock
    self.journal = journal
    last = min(request.throughSequence ?? applied, applied)
    cursor = Mutex(.init(after: request.afterSequence))
  }

  var position: StreamPosition? { cursor.withLock { StreamPosition(sequence: $0.sequence - 1) } }

  func resume(from position: StreamPosition) throws(CallFailure) {
    do throws(Refusal) { try journal.requireHeld(after: position.sequence, upTo: journal.lastSequence) } catch {
      throw CallFailure(error, .query)
    }
    cursor.withLock { $0 = .init(after: position.sequence) }
  }

  func produce(bytesMax: Int, into messages: inout [[UInt8]]) throws(CallFailure) -> MessageProgress {
    do throws(Refusal) {
      try caller.checkStillThere(at: clock, in: newSnapshot(of: store))
    } catch {
      throw CallFailure(error, .query)
    }
    var produced: [[UInt8]] = []
    let outcome = try cursor.withLock { cursor throws(CallFailure) -> MessageProgress in
      guard cursor.sequence <= last else { return .finished }
      do throws(JournalError) {
        var size = 0
        let entries = try journal.next(&cursor, bytesMax: bytesMax)
        for entry in entries where entry.sequence <= last {
          guard size < bytesMax else {
            cursor = .init(after: entry.sequence - 1)
            break
          }
          size += entry.bytes.count
          produced.append(show(entry.bytes))
        }
      } catch {
        throw CallFailure(.dataLoss, .query, "\(error)")
      }
      return .more
    }
    messages += produced
    return outcome
  }

  /// The entry as this caller may see it.
  private func show(_ bytes: [UInt8]) -> [UInt8] {
    guard !caller.seesSensitiveFields else { return bytes }
    do throws(RecordFault) {
      var entry = try JournalEntry(encoded: bytes)
      for index in entry.changes.indices { try entry.changes[index].mask() }
      return entry.encoded()
    } catch {
      preconditionFailure("a record of an intact journal entry does not parse: \(error)")
    }
  }
}

extension Change {
  fileprivate mutating func mask() throws(RecordFault) {
    guard let bytes = record, let table = AllTables.byNumber[table] else { return }
    record = try masked(bytes, of: table)
  }

  private func masked<T: Table>(_ bytes: [UInt8], of _: T.Type) throws(RecordFault) -> [UInt8] {
    guard T.Record.hasSensitiveFields else { return bytes }
    var record = try T.Record(encoded: bytes)
    record.mask(for: .none)
    return record.encoded()
  }
}

extension JournalReader<PosixDisk> {
  /// Refuses who would go on behind an entry that is not kept any more, or not there yet.
  func requireHeld(after sequence: UInt64, upTo last: UInt64) throws(Refusal) {
    guard sequence <= last, sequence + 1 >= firstSequence else {
      throw .historyGone(HistoryGone(first: firstSequence, last: last, asked: sequence))
    }
  }
}
