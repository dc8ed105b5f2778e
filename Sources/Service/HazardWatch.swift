import API
import Bytes
import Domain
import Engine
import Journal
import RPC
import Records
import Scalars
import Store
import Synchronization

/// The changes of one case or of one worklist, read from the journal: in its order and without a gap.
///
/// Between two steps it holds no snapshot, and of the present state only the identifiers of what is still to be sent.
final class HazardWatch: MessageSource {
  private enum Subject: Sendable {
    case hazard(id: UInt64, key: [UInt8])
    case worklist(holder: GridCode)
  }

  private struct Progress {
    /// Cases whose present state is still to be sent; `nil` until they have been listed.
    var present: ArraySlice<UInt64>?
    /// The sequence of the state in which a case was sent, where the journal has not been read so far: its changes up
    /// to there are known.
    var sentAt: [UInt64: UInt64] = [:]
    /// Changes that were read, and wait for credit.
    var pending: ArraySlice<HazardChange> = []
    var cursor: JournalReader<PosixDisk>.Cursor
    /// The entry that was sent last, and how many of its changes were.
    var sent = (sequence: UInt64(0), changes: UInt32(0))
  }

  private let subject: Subject
  private let caller: Caller
  private let store: StateStore
  private let journal: JournalReader<PosixDisk>
  private let clock: StateClock
  private let recent: RecentEntries
  private let progress: Mutex<Progress>

  /// Cases that a worklist may have at the beginning: more than an office can hold, and 80 KiB of identifiers.
  private static let presentMax = 10_000

  init(
    _ request: WatchHazards, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    _ store: StateStore, _ clock: StateClock, _ journal: JournalReader<PosixDisk>, _ recent: RecentEntries
  ) throws(Refusal) {
    self.caller = copy caller
    self.store = store
    self.journal = journal
    self.clock = clock
    self.recent = recent
    let applied = try snapshot.appliedSequence()
    var pending: ArraySlice<HazardChange> = []
    switch (request.number, request.holder) {
    case (let number?, nil):
      guard let hazard = try snapshot.record(HazardsByNumberIndex.self, .init(number: number)), caller.maySee(hazard)
      else { throw .notFound(NotFound("hazard", "\(number)")) }
      subject = .hazard(id: hazard.id, key: HazardsTable.Key(id: hazard.id).encoded)
      pending = [HazardChange(sequence: applied, hazard: hazard)]
    case (nil, let holder?): subject = .worklist(holder: holder)
    default: throw .invalid("number", "name either a number or a holder", "案卷编号和承办网格须且仅须填写一项")
    }
    let start = request.afterSequence ?? applied
    try journal.requireHeld(after: start, upTo: applied)
    var progress = Progress(present: [], cursor: .init(after: start))
    // Who goes on after a sequence has seen the state before it. One case is sent as it is now; a worklist is listed
    // away from the caller's thread.
    if request.afterSequence == nil {
      progress.pending = pending
      if case .worklist = subject { progress.present = nil }
    }
    self.progress = Mutex(progress)
  }

  /// The present state is not journaled, and what was sent of it from different states cannot be told by one sequence.
  var position: StreamPosition? {
    progress.withLock { progress in
      guard progress.present?.isEmpty ?? false, progress.sentAt.isEmpty else { return nil }
      if let next = progress.pending.first, next.event == nil { return nil }
      let next = progress.pending.first?.sequence ?? progress.cursor.sequence
      return StreamPosition(sequence: next - 1, sent: next == progress.sent.sequence ? progress.sent.changes : 0)
    }
  }

  /// Changes that were read take more room than their place in the journal.
  func rest() {
    progress.withLock { progress in
      guard let next = progress.pending.first, next.event != nil, progress.sentAt.isEmpty else { return }
      progress.cursor = .init(after: next.sequence - 1)
      progress.pending = []
    }
  }

  func resume(from position: StreamPosition) throws(CallFailure) {
    do throws(Refusal) { try journal.requireHeld(after: position.sequence, upTo: journal.lastSequence) } catch {
      throw CallFailure(error, .query)
    }
    progress.withLock { progress in
      progress = Progress(present: [], cursor: .init(after: position.sequence))
      progress.sent = (position.sequence + 1, position.sent)
    }
  }

  func produce(bytesMax: Int, into messages: inout [[UInt8]]) throws(CallFailure) -> MessageProgress {
    var produced: [[UInt8]] = []
    let outcome = try progress.withLock { progress throws(CallFailure) in
      do throws(Refusal) { return try step(bytesMax, into: &produced, &progress) } catch {
        throw CallFailure(error, .query)
      }
    }
    messages += produced
    return outcome
  }

  /// One step: reads the journal if nothing else is left to send, then looks at a snapshot that is not older than what
  /// was read, and sends.
  private func step(
    _ bytesMax: Int, into messages: inout [[UInt8]], _ progress: inout Progress
  ) throws(Refusal) -> MessageProgress {
    var entries: [JournalEntry] = []
    if progress.present?.isEmpty ?? false, progress.pending.isEmpty {
      entries = try read(&progress.cursor)
      if entries.isEmpty { return .waiting(sequence: progress.cursor.sequence - 1) }
    }
    let snapshot = try newSnapshot(of: store)
    try caller.checkStillThere(at: clock, in: snapshot)
    if progress.present == nil, case .worklist(let holder) = subject { try list(holder, &progress, in: snapshot) }
    for entry in entries {
      let changes = try changes(in: entry, progress.sentAt, snapshot)
      // Only of an entry in the middle of which an earlier stream ended.
      progress.pending += changes.dropFirst(entry.sequence == progress.sent.sequence ? Int(progress.sent.changes) : 0)
    }
    if progress.sentAt.values.allSatisfy({ $0 < progress.cursor.sequence }) { progress.sentAt = [:] }
    var size = 0
    func send(_ change: HazardChange) {
      let message = change.encoded()
      size += message.count
      messages.append(message)
    }
    while size < bytesMax, let id = progress.present?.popFirst() {
      if let change = try presentState(of: id, &progress, in: snapshot) { send(change) }
    }
    while size < bytesMax, let change = progress.pending.popFirst() {
      let before = progress.sent.sequence == change.sequence ? progress.sent.changes : 0
      progress.sent = (change.sequence, before + 1)
      send(change)
    }
    return .more
  }

  private func read(_ cursor: inout JournalReader<PosixDisk>.Cursor) throws(Refusal) -> [JournalEntry] {
    do throws(JournalError) { return try recent.next(&cursor) } catch {
      throw .storageFault(StorageFault(detail: "\(error)"))
    }
  }

  // MARK: The present state

  /// Lists what is to be sent first; the journal is then read from here on.
  private func list(
    _ holder: GridCode, _ progress: inout Progress, in snapshot: borrowing Snapshot
  ) throws(Refusal) {
    let entries = try snapshot.entries(
      HazardsWorklistIndex.self, in: KeyRange(prefix: HazardsWorklistIndex.prefix(holder)), descending: false,
      limit: Self.presentMax + 1)
    guard entries.count <= Self.presentMax else {
      throw .invalid(
        "holder",
        "its worklist has more than \(Self.presentMax) cases; read it with Hazard.worklist, then watch after the "
          + "sequence of the first page",
        "待办案卷超过\(Self.presentMax)件，请先用Hazard.worklist读取，再自首页序号起订阅")
    }
    progress.present = entries.map(\.key.id)[...]
    progress.cursor = .init(after: try snapshot.appliedSequence())
  }

  private func presentState(
    of id: UInt64, _ progress: inout Progress, in snapshot: borrowing Snapshot
  ) throws(Refusal) -> HazardChange? {
    guard let hazard = try snapshot.record(HazardsTable.self, .init(id: id)) else { return nil }
    let applied = try snapshot.appliedSequence()
    if applied >= progress.cursor.sequence { progress.sentAt[id] = applied }
    guard caller.maySee(hazard), isPart(hazard.id, hazard.holder, hazard.dueAt) else { return nil }
    return HazardChange(sequence: applied, hazard: hazard)
  }

  /// Whether a case in that state belongs to what is watched.
  private func isPart(_ id: UInt64, _ holder: GridCode, _ dueAt: Instant?) -> Bool {
    switch subject {
    case .hazard(let watched, _): id == watched
    case .worklist(let watched): holder == watched && dueAt != nil
    }
  }

  // MARK: Changes

  /// What an entry means to this watch.
  private func changes(
    in entry: JournalEntry, _ sentAt: [UInt64: UInt64], _ snapshot: borrowing Snapshot
  ) throws(Refusal) -> [HazardChange] {
    var result: [HazardChange] = []
    var events: [UInt64: CaseEvent]?
    for change in entry.changes where change.table == HazardsTable.number && mayConcern(change) {
      let hazard = decode(Hazard.self, change)
      guard caller.maySee(hazard), entry.sequence > sentAt[hazard.id] ?? 0 else { continue }
      if events == nil { events = firstEvents(of: entry) }
      let event = events?[hazard.id]
      let belongs = isPart(hazard.id, hazard.holder, hazard.dueAt)
      if !belongs, !(try wasPart(before: event, snapshot)) { continue }
      result.append(HazardChange(sequence: entry.sequence, hazard: hazard, event: event, left: !belongs))
    }
    return result
  }

  /// Saves decoding the records of other cases.
  private func mayConcern(_ change: Change) -> Bool {
    if case .hazard(_, let key) = subject { change.key == key } else { true }
  }

  private func firstEvents(of entry: JournalEntry) -> [UInt64: CaseEvent] {
    var events: [UInt64: CaseEvent] = [:]
    for change in entry.changes where change.table == CaseEventsTable.number {
      let event = decode(CaseEvent.self, change)
      if events[event.hazardId] == nil { events[event.hazardId] = event }
    }
    return events
  }

  /// Whether the case was part of what is watched until this event: its history knows.
  private func wasPart(before event: CaseEvent?, _ snapshot: borrowing Snapshot) throws(Refusal) -> Bool {
    guard let event, event.ordinal > 1 else { return false }
    let key = CaseEventsTable.Key(hazardId: event.hazardId, ordinal: event.ordinal - 1)
    guard let earlier = try snapshot.record(CaseEventsTable.self, key) else { return false }
    return isPart(earlier.hazardId, earlier.holder, earlier.dueAt)
  }

  private func decode<Record: CheckedRecord>(_ type: Record.Type, _ change: Change) -> Record {
    do throws(RecordFault) { return try Record(encoded: change.record ?? []) } catch {
      preconditionFailure("a record of an intact journal entry does not parse: \(error)")
    }
  }
}
