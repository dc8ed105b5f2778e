package import Engine
package import Journal
internal import Records
package import Scalars
package import Store
internal import Support
internal import Synchronization

/// A daemon's core on a data folder, from one start to the next death: what ``SafeGridServer`` composes, without its
/// threads. Dropping it is the death of the process; nothing is closed then.
package struct Life: ~Copyable {
  package struct Options: Sendable {
    /// Small, so that a short history fills several; a batch must fit.
    package var segmentBytes = 64 << 10
    package var mapBytes = 64 << 20
    package var history: HistoryIdentifier
    /// The daemon's wall clock; absent in a test store, which has its own.
    package var wallClock: (@Sendable () -> Instant)?

    package init(history: HistoryIdentifier) { self.history = history }
  }

  /// A Monday morning, at which every test store begins.
  package static let clockStart = Instant("2026-03-02T08:30:00+08:00")!

  package let folder: DataFolder
  package let store: StateStore
  package let journal: JournalReader<PosixDisk>
  package let history: HistoryIdentifier
  package let condition: DataFolder.Condition
  package let redoneEntries: UInt64
  package let copiedSequence: UInt64?
  private let copies: StateCopies
  package var engine: CommandEngine<JournalWriter<PosixDisk>>

  package init(_ path: String, _ options: Options) throws {
    let start = Self.clockStart
    let wallClock = options.wallClock ?? { start }
    var journalOptions = JournalWriter<PosixDisk>.Options(
      history: options.history, createdMilliseconds: wallClock().millisecondsSince1970)
    journalOptions.segmentBytes = options.segmentBytes
    journalOptions.isTestStore = options.wallClock == nil
    let folder = try DataFolder(path: path)
    let copies = try folder.copies
    let recovered = try RecoveredStore(folder, mapBytes: options.mapBytes, journal: journalOptions)
    let (store, journal, history) = (recovered.store, recovered.journal.reader, recovered.journal.history)
    let (condition, redone, copied) = (recovered.condition, recovered.redoneEntries, recovered.copiedSequence)
    let engine = try recovered.engine(wallClock: wallClock)
    (self.folder, self.copies, self.store, self.journal, self.history) = (folder, copies, store, journal, history)
    (self.condition, redoneEntries, copiedSequence) = (condition, redone, copied)
    self.engine = engine
  }

  package mutating func step(
    _ commands: [PendingCommand], at moment: ContinuousClock.Instant = .now
  ) -> [CommandResult] { engine.step(commands, at: moment) }

  /// Copies the state, as the daemon does now and then.
  package func copy() throws {
    let made = try copies.make(
      of: store, journal, history: history, at: .unset, pace: { _ in true }, walkPace: { true })
    if let fault = made.report.faults.first { throw LifeFault("a copy of the state is damaged: \(fault)") }
  }

  /// Compacts the state, as the daemon does when it is asked to: on another thread, for which this one stands still.
  package func compact() throws {
    let queue = CommandQueue()
    let keeper = try StateKeeper(folder, store, journal, queue, history: history)
    let failure = Mutex<(any Error)?>(nil)
    let thread = BackgroundThread {
      do { _ = try keeper.compact() } catch { failure.withLock { $0 = error } }
      queue.close()
    }
    while true {
      let work = queue.takeAll(patience: .seconds(1))
      for task in work.tasks { task() }
      if work.isClosed, work.isEmpty { break }
    }
    thread.join()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// What is wrong with the state; `nil` when it is intact.
  package func firstFault() throws -> String? { try Snapshot(store).verify().faults.first }

  /// What the daemon verifies and copies with.
  package func makeKeeper() throws -> StateKeeper {
    try StateKeeper(folder, store, journal, CommandQueue(), history: history)
  }

  /// Whether the newest copy that says it was verified is as it was then.
  package func hasIntactCopies() throws -> Bool {
    let newest = try copies.list().last
    return try newest?.sequence == copies.newest(of: history, journal)?.sequence
  }

  /// The orderly end, as ``SafeGridServer/stop()`` has it.
  package consuming func end() throws {
    // What the journal's end holds is not known after a failure: the next start must look.
    if engine.failure != nil { return }
    try store.synchronize()
    try folder.markClosed()
  }
}

package struct LifeFault: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
