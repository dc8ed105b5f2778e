import Bytes
import Domain
import Engine
import Journal
import RPC
import Records
import Scalars
import Store
import Synchronization

/// The changes of one case or of one worklist, read from the journal: in its order and without a gap. It holds no
/// snapshot between two steps, and nothing in memory but where it stands.
final class HazardWatch: MessageSource {
  private enum Subject: Sendable {
    case hazard(id: UInt64)
    case worklist(holder: GridCode)
  }

  private struct Progress {
    /// The present state, to be sent first.
    var pending: [HazardChange]
    var cursor: JournalReader<PosixDisk>.Cursor
    /// Cases of the worklist that the client knows, to tell it when one leaves.
    var members: Set<UInt64>
  }

  private let subject: Subject
  private let caller: Caller
  private let journal: JournalReader<PosixDisk>
  private let progress: Mutex<Progress>

  /// Cases that a worklist shows at its beginning; more than an office can hold.
  private static let membersMax = 10_000

  init(
    _ request: WatchHazards, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    _ store: Store, _ journal: JournalReader<PosixDisk>
  ) throws(Refusal) {
    self.caller = copy caller
    self.journal = journal
    let present: [Hazard]
    switch (request.number, request.holder) {
    case (let number?, nil):
      guard let hazard = try snapshot.record(HazardsByNumberIndex.self, .init(number: number)), caller.maySee(hazard)
      else { throw .notFound(NotFound(what: "hazard", id: "\(number)")) }
      subject = .hazard(id: hazard.id)
      present = [hazard]
    case (nil, let holder?):
      subject = .worklist(holder: holder)
      let entries = try snapshot.entries(
        HazardsWorklistIndex.self, in: KeyRange(prefix: HazardsWorklistIndex.prefix(holder)), descending: false,
        limit: Self.membersMax)
      var hazards: [Hazard] = []
      for entry in entries {
        if let hazard = try snapshot.record(HazardsTable.self, entry.key), caller.maySee(hazard) {
          hazards.append(hazard)
        }
      }
      present = hazards
    default:
      throw .invalidArgument(InvalidArgument(field: "", reason: "name either a number or a holder"))
    }
    let applied = try snapshot.appliedSequence()
    let start = request.afterSequence ?? applied
    guard start <= applied, start + 1 >= journal.firstSequence else {
      throw .historyGone(HistoryGone(first: journal.firstSequence, last: applied, asked: start))
    }
    progress = Mutex(
      Progress(
        // Who goes on after a sequence has seen the state before it.
        pending: request.afterSequence == nil ? present.map { HazardChange(sequence: applied, hazard: $0) } : [],
        cursor: .init(after: start), members: Set(present.map(\.id))))
  }

  /// Journal bytes that are read in one step.
  private static let stepBytes = 256 << 10

  func produce(bytesMax: Int, into messages: inout [[UInt8]]) throws(CallFailure) -> MessageProgress {
    var produced: [[UInt8]] = []
    let outcome = try progress.withLock { progress throws(CallFailure) in
      try produce(bytesMax, into: &produced, &progress)
    }
    messages += produced
    return outcome
  }

  private func produce(
    _ bytesMax: Int, into messages: inout [[UInt8]], _ progress: inout Progress
  ) throws(CallFailure) -> MessageProgress {
    var size = 0
    while size < bytesMax, !progress.pending.isEmpty {
      let message = progress.pending.removeFirst().encoded()
      size += message.count
      messages.append(message)
    }
    if !progress.pending.isEmpty { return .more }
    do throws(JournalError) {
      let entries = try journal.next(&progress.cursor, bytesMax: Self.stepBytes)
      for stored in entries {
        progress.pending += changes(in: try JournalEntry(stored: stored.bytes), &progress.members)
      }
      if entries.isEmpty { return .waiting(sequence: progress.cursor.sequence - 1) }
    } catch {
      throw CallFailure(.dataLoss, .query, "\(error)")
    }
    return .more
  }

  /// What an entry means to this watch.
  private func changes(in entry: JournalEntry, _ members: inout Set<UInt64>) -> [HazardChange] {
    var result: [HazardChange] = []
    for change in entry.changes where change.table == HazardsTable.number {
      guard let hazard = decode(Hazard.self, change), caller.maySee(hazard) else { continue }
      let event = entry.changes.lazy
        .filter { $0.table == CaseEventsTable.number }
        .compactMap { self.decode(CaseEvent.self, $0) }
        .first { $0.hazardId == hazard.id }
      switch subject {
      case .hazard(let id):
        if hazard.id == id { result.append(HazardChange(sequence: entry.sequence, hazard: hazard, event: event)) }
      case .worklist(let holder):
        let belongs = hazard.holder == holder && hazard.dueAt != nil
        let wasMember = members.contains(hazard.id)
        guard belongs || wasMember else { continue }
        if belongs { members.insert(hazard.id) } else { members.remove(hazard.id) }
        result.append(HazardChange(sequence: entry.sequence, hazard: hazard, event: event, left: !belongs))
      }
    }
    return result
  }

  private func decode<Record: CheckedRecord>(_ type: Record.Type, _ change: Change) -> Record? {
    guard let bytes = change.record else { return nil }
    do throws(RecordFault) { return try Record(encoded: bytes) } catch {
      preconditionFailure("a record of an intact journal entry does not parse: \(error)")
    }
  }
}
