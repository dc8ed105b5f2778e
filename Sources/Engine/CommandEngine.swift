internal import Bytes
internal import Domain
internal import FaultPoints
package import Journal
package import Metrics
package import Records
package import Scalars
package import Store

extension WriteState: State {}

/// Order and durability: takes commands, decides them one after the other, makes the accepted ones durable together,
/// and only then shows and answers them. One thread steps it; nothing in it waits for anything but the disk.
///
/// A batch: begin the LMDB transaction, apply each command into a set of changes and put only accepted sets, make sure
/// that the commit cannot fail, append the entries to the log and sync once, commit LMDB without a sync, publish.
/// Nobody sees or hears of anything that is not durable.
package struct CommandEngine<DurableLog: Log & ~Copyable>: ~Copyable {
  /// Enough commands that the sync is shared by all who wait, few enough that none waits long for the others.
  private static var commandsMax: Int { 1024 }
  /// The most that one command's journal entry may take, with what the log puts around it.
  private static var entryBytesMax: Int { LogBatch.entriesBytesMax / 2 - 64 }
  /// Cases that the clock looks at in one command, and such commands in one batch.
  private static var expiredMax: UInt32 { 256 }
  private static var expireCommandsMax: Int { 8 }
  /// Request keys that are forgotten in one batch: more than can be added in one, so that they cannot pile up.
  private static var forgottenMax: Int { 2 * commandsMax }

  private let store: StateStore
  private var log: DurableLog
  private let counts: WriterCounts
  private let wallClock: @Sendable () -> Instant
  /// The test clock, in a store that has one.
  private var testTime: Instant?
  /// Of the active profile, which every hazard needs: reading it anew each time would cost more than all the rest.
  private var rules: ActiveRules?
  /// Time never goes back in the journal.
  private var lastTime: Instant
  private var quota = Quota()
  /// How much room is left.
  package var fillLevel: FillLevel { quota.level }

  /// Looks how full it is, now and then, while no command makes it look. What cannot be read says so in a batch.
  package mutating func lookAtRoom() { try? quota.look(at: store) }

  /// When the clock must look at a case next.
  private var nextTimer: Instant?
  /// Why something that fell due could not be done, and was put off; for whoever says so to forget.
  package var clockFault: String?
  /// Set once a write has failed: what is on the disk is then unknown until the next start.
  package private(set) var failure: String?

  /// - Parameters:
  ///   - store: contains the log up to its last entry; see ``redo(_:into:from:)``.
  ///   - lastTime: of the log's last entry.
  ///   - wallClock: not read once the store has a test clock.
  package init(
    _ store: StateStore, _ log: consuming DurableLog, lastTime: Instant, counts: WriterCounts = WriterCounts(),
    wallClock: @escaping @Sendable () -> Instant
  ) throws {
    self.store = store
    self.counts = counts
    self.wallClock = wallClock
    self.lastTime = lastTime
    let snapshot = try Snapshot(store)
    let applied = try snapshot.appliedSequence()
    precondition(applied == log.lastSequence, "the store was not brought up to its log")
    testTime = try snapshot.record(TestClockTable.self, .init(id: 1))?.now
    rules = try snapshot.record(ProfilesTable.self, .init(id: 1)).map { ActiveRules($0.profile) }
    nextTimer = try nextDue(in: snapshot)?.at
    self.log = log
  }

  /// The time that a command gets now.
  package var now: Instant { max(lastTime, testTime ?? wallClock()) }

  /// How long the engine may sleep when no command comes.
  package var patience: Duration {
    guard failure == nil, let nextTimer else { return .seconds(1) }
    let milliseconds = nextTimer.millisecondsSince1970 - now.millisecondsSince1970
    return .milliseconds(min(1000, max(0, milliseconds)))
  }

  /// Decides the commands, in order, and makes those that it accepts durable. What falls due is done as well.
  ///
  /// - Returns: a result for each command; all of them are final.
  package mutating func step(
    _ commands: [PendingCommand], at moment: ContinuousClock.Instant
  ) -> [CommandResult] {
    var results: [CommandResult] = []
    var rest = commands[...]
    repeat {
      let done = commit(rest.prefix(Self.commandsMax), at: moment)
      results += done
      rest = rest.dropFirst(done.count)
    } while !rest.isEmpty
    return results
  }

  // MARK: A batch

  /// A batch under way.
  private struct Batch: ~Copyable {
    var state: WriteState
    var entries: LogBatch
    /// Bodies of the replies of this batch, by sequence: the journal cannot give them yet.
    var replies: [UInt64: [UInt8]] = [:]
    var sequence: UInt64
    let begin = Tick.now

    /// Whether the largest entry still fits behind those that are there, in the journal and in the state.
    var hasRoom: Bool { entries.entriesBytes <= LogBatch.entriesBytesMax / 2 && state.hasRoom }
  }

  /// One batch from the front of `commands`; answers the commands that it took, at least one.
  private mutating func commit(
    _ commands: ArraySlice<PendingCommand>, at moment: ContinuousClock.Instant
  ) -> [CommandResult] {
    if let failure { return commands.map { _ in .unavailable(failure) } }
    if commands.isEmpty, !(nextTimer.map { $0 <= now } ?? false) { return [] }
    var results: [CommandResult] = []
    let before = (testTime, rules, nextTimer)
    do throws(StoreError) {
      reach(.batchBegins)
      try quota.look(at: store)
      var batch = Batch(
        state: try WriteState(store, rules: rules),
        entries: LogBatch(firstSequence: log.lastSequence + 1, milliseconds: now.millisecondsSince1970),
        sequence: log.lastSequence)
      reach(.batchBegun)
      for command in commands {
        results.append(try decide(command, at: moment, in: &batch))
        if !batch.hasRoom { break }
      }
      try expireDue(in: &batch)
      guard !batch.entries.isEmpty else { return results }
      try forgetRequestKeys(in: &batch.state)
      try batch.state.setAppliedSequence(batch.sequence)
      reach(.sequencePut)
      reach(.batchPrepares)
      try batch.state.prepare()
      reach(.batchPrepared)
      return finish(batch, results, else: before)
    } catch {
      // Nothing was journaled, and the transaction is gone: none of the batch was done.
      (testTime, rules, nextTimer) = before
      let result = quota.result(of: error)
      if results.count < commands.count { results.append(result) }
      return results.map { $0.undone(after: log.lastSequence, result) }
    }
  }

  /// The point of no return: journal, then store, then everybody.
  ///
  /// - Parameter before: what the engine remembers when nothing of the batch was done.
  private mutating func finish(
    _ batch: consuming Batch, _ results: [CommandResult], else before: (Instant?, ActiveRules?, Instant?)
  ) -> [CommandResult] {
    var measured = WriterCounts.Batch()
    measured.commands = results.count
    measured.entries = batch.entries.entryCount
    measured.journalBytes = batch.entries.entriesBytes
    measured.decideMicroseconds = batch.begin.microseconds()
    let decided = Tick.now
    do throws(JournalError) {
      try log.append(&batch.entries)
    } catch {
      if case .segmentNotMade(let reason) = error {
        (testTime, rules, nextTimer) = before
        return results.map { $0.undone(after: log.lastSequence, quota.result(of: reason)) }
      }
      failure = "\(error)"
      counts.failed("\(error)")
      return results.map { $0.undone(after: log.lastSequence, .unknown("\(error)")) }
    }
    measured.syncMicroseconds = decided.microseconds()
    let synced = Tick.now
    do throws(StoreError) {
      reach(.stateCommits)
      try batch.state.commit()
      reach(.stateCommitted)
    } catch {
      // The journal has the batch and the store does not: as after a crash, only a restart can bring them together.
      fatalError("the store could not take what the journal holds; restart to redo it: \(error)")
    }
    measured.commitMicroseconds = synced.microseconds()
    counts.committed(measured)
    reach(.sequencePublishes)
    log.publish()
    reach(.sequencePublished)
    return results
  }

  // MARK: A command

  private mutating func decide(
    _ pending: PendingCommand, at moment: ContinuousClock.Instant, in batch: inout Batch
  ) throws(StoreError) -> CommandResult {
    let act: Act
    let outcome: Outcome
    do throws(Refusal) {
      // Also of one that comes late: what was done must not be called undone.
      if let earlier = try earlierResult(of: pending, in: batch) { return earlier }
      if pending.deadline < moment { return .expired }
      if pending.isWithdrawn { return .withdrawn }
      try quota.admit(pending.command.method)
      let caller = try resolveCaller(pending.principal, actingFor: pending.actingFor, at: now, in: batch.state)
      // Again, in the state that the command will change: a grant may be gone since it was let into the queue.
      try caller.authorize(pending.command, in: batch.state)
      act = Act(time: now, caller: caller, method: pending.command.method, sequence: batch.sequence + 1)
      outcome = try apply(pending.command, act, to: &batch.state)
    } catch {
      batch.state.discard()
      return .refused(error)
    }
    return try accept(outcome, of: pending, act, in: &batch)
  }

  /// What a request key brought before: the same reply for the same bytes, a refusal for others.
  private func earlierResult(
    of pending: PendingCommand, in batch: borrowing Batch
  ) throws(Refusal) -> CommandResult? {
    guard let key = pending.requestKey else { return nil }
    guard
      let known = try batch.state.record(RequestKeysTable.self, .init(key: key, principal: pending.principal.name))
    else {
      try RequestKeyTime.check(key, at: now)
      return nil
    }
    guard known.hash == pending.requestHash else { throw .keyReused(KeyReused()) }
    if let body = batch.replies[known.sequence] { return .executed(sequence: known.sequence, body: body) }
    do throws(JournalError) {
      guard let bytes = try log.entry(known.sequence) else { return .replyForgotten(sequence: known.sequence) }
      return .executed(sequence: known.sequence, body: try JournalEntry(stored: bytes).reply)
    } catch {
      throw .storageFault(StorageFault(detail: String("\(error)".prefix(500))))
    }
  }

  /// Puts the changes of an accepted command into the transaction, and its entry into the batch.
  private mutating func accept(
    _ outcome: Outcome, of pending: PendingCommand, _ act: Act, in batch: inout Batch
  ) throws(StoreError) -> CommandResult {
    var body = ByteWriter(capacity: 256)
    outcome.encode(into: &body)
    let entry = JournalEntry(
      sequence: act.sequence, time: act.time, principal: pending.principal.name, actingFor: pending.actingFor,
      method: act.method.rawValue, requestKey: pending.requestKey, requestHash: pending.requestHash,
      changes: batch.state.changes, reply: body.bytes())
    let encoded = entry.encoded()
    guard encoded.count <= Self.entryBytesMax else {
      batch.state.discard()
      return .refused(
        .invalid(
          "request", "the command changes \(encoded.count) bytes; \(Self.entryBytesMax) are allowed: split it",
          "命令改动\(encoded.count)字节，上限\(Self.entryBytesMax)字节，请拆分"))
    }
    reach(.commandDecided)
    try batch.state.accept()
    reach(.commandAccepted)
    if let requestKey = RequestKey(of: entry) {
      reach(.requestKeyPuts)
      try batch.state.putDirectly(RequestKeysTable.self, requestKey)
      reach(.requestKeyPut)
    }
    batch.entries.append { $0.append(encoded) }
    batch.replies[act.sequence] = entry.reply
    batch.sequence = act.sequence
    lastTime = act.time
    switch act.method {
    case .adminAdvanceClock, .adminStartTestClock:
      testTime = try batch.state.load(TestClockTable.self, .init(id: 1))?.now
    case .adminActivateProfile:
      rules = try batch.state.load(ProfilesTable.self, .init(id: 1)).map { ActiveRules($0.profile) }
    default: break
    }
    return .executed(sequence: act.sequence, body: entry.reply)
  }

  /// Forgets request keys that are past their time, from the oldest on.
  private func forgetRequestKeys(in state: inout WriteState) throws(StoreError) {
    let horizon = RequestKeyTime.horizon(at: now)
    guard let oldest = try state.firstKeys(RequestKeysTable.self, limit: 1).first,
      RequestKeyTime.of(oldest.key) < horizon
    else { return }
    for key in try state.firstKeys(RequestKeysTable.self, limit: Self.forgottenMax) {
      guard RequestKeyTime.of(key.key) < horizon else { return }
      try state.removeDirectly(RequestKeysTable.self, key)
    }
  }

  // MARK: The clock's own commands

  private mutating func expireDue(in batch: inout Batch) throws(StoreError) {
    var limit = Self.expiredMax
    var isPostponed = false
    for _ in 0..<Self.expireCommandsMax where batch.hasRoom {
      let act: Act
      let outcome: Outcome
      let command: Command
      do throws(Refusal) {
        let due = try nextDue(limit: limit, in: batch.state)
        nextTimer = due?.at
        guard let due, due.at <= now else { return }
        command = isPostponed ? due.postponement : due.command
        let system = Caller(principal: Principal.system.name, person: nil, grants: Principal.system.grants)
        act = Act(time: now, caller: system, method: command.method, sequence: batch.sequence + 1)
        outcome = try apply(command, act, to: &batch.state)
      } catch {
        // A profile that leaves a rule unset must not stop everybody else: what needs it is looked for alone, and put off.
        batch.state.discard()
        clockFault = error.message.english
        let reason = (english: error.message.english, chinese: error.message.chinese)
        counts.putOff(PutOffTimer(atMilliseconds: now.millisecondsSince1970, reason: reason))
        if limit > 1 {
          limit = 1
        } else if !isPostponed {
          isPostponed = true
        } else {
          return postponeTimer(in: &batch)
        }
        continue
      }
      let pending = PendingCommand(
        command: command, principal: .system, actingFor: nil, requestKey: nil, requestHash: [], deadline: .now,
        byteCount: 0, address: nil)
      guard case .refused = try accept(outcome, of: pending, act, in: &batch) else {
        isPostponed = false
        continue
      }
      // So many cases together do not fit into an entry; fewer do.
      guard limit > 1 else { return postponeTimer(in: &batch) }
      limit /= 2
    }
  }

  private mutating func postponeTimer(in batch: inout Batch) {
    batch.state.discard()
    nextTimer = now.adding(milliseconds: Self.timerRetryMilliseconds)
  }

  private static var timerRetryMilliseconds: Int64 { 60_000 }
}

extension CommandResult {
  /// `other` for a command of a batch that failed. What an earlier batch executed, and this one only repeated, stays.
  fileprivate func undone(after durable: UInt64, _ other: CommandResult) -> CommandResult {
    if case .executed(let sequence, _) = self, sequence > durable { other } else { self }
  }
}

extension RequestKey {
  /// What is remembered of an entry, so that its command is not applied again.
  init?(of entry: JournalEntry) {
    guard let key = entry.requestKey else { return nil }
    self.init(key: key, principal: entry.principal, hash: entry.requestHash, sequence: entry.sequence)
  }
}

extension JournalEntry {
  /// An entry as the journal gave it; its checksum was right, so that it must parse.
  package init(stored bytes: [UInt8]) throws(JournalError) {
    do throws(RecordFault) { self = try JournalEntry(encoded: bytes) } catch {
      throw .damaged(file: "the journal", offset: 0, "an entry does not parse: \(error)")
    }
  }
}
