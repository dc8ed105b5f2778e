internal import Engine
internal import Journal
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Records
internal import Scalars
internal import Store
internal import Synchronization

/// What a daemon does for its folder by itself: it copies the state whenever enough has happened since the last copy, so
/// that a start after a power cut has little to redo; it forgets old journal entries; it frees snapshots of the dead.
final class MaintenanceRoutine: Sendable {
  private let keeper: StateKeeper
  private let store: StateStore
  private let journal: JournalReader<PosixDisk>
  private let log: Logger
  private let isBusy = Atomic<Bool>(false)
  private let seconds = Atomic<UInt64>(0)
  private let schedule: Mutex<CopySchedule>

  /// How often it looks.
  private static let interval = TimeAmount.seconds(1)
  /// A process that died with a snapshot keeps pages from being used again until somebody notices.
  private static let secondsBetweenReaderChecks: UInt64 = 5
  /// Retention is a matter of days.
  private static let secondsBetweenTrims: UInt64 = 600

  init(
    _ keeper: StateKeeper, _ store: StateStore, _ journal: JournalReader<PosixDisk>, entriesBetweenCopies: UInt64,
    log: Logger
  ) {
    self.keeper = keeper
    self.store = store
    self.journal = journal
    self.log = log
    schedule = Mutex(CopySchedule(entriesBetween: entriesBetweenCopies, copiedSequence: keeper.newestCopy))
  }

  /// Begins to look, on `loop`; the work is done in `pool`.
  func start(on loop: any EventLoop, in pool: NIOThreadPool) {
    loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { [self] task in
      if keeper.isStopped { return task.cancel() }
      let second = seconds.add(1, ordering: .relaxed).newValue
      let mustCopy = schedule.withLock { $0.isDue(at: journal.lastSequence, .now) }
      let mustTrim = keeper.forgets && (mustCopy || second % Self.secondsBetweenTrims == 0)
      let mustCheckReaders = second % Self.secondsBetweenReaderChecks == 0
      guard mustCopy || mustTrim || mustCheckReaders, !isBusy.exchange(true, ordering: .relaxed) else { return }
      pool.submit { [self] _ in
        if mustCheckReaders { checkReaders() }
        if mustCopy { copy() }
        if mustTrim { trim() }
        isBusy.store(false, ordering: .relaxed)
      }
    }
  }

  private func checkReaders() {
    do {
      let count = try store.clearStaleReaders()
      if count > 0 {
        log.warning(
          "freed snapshots of processes that died; only the daemon should open its files",
          metadata: ["count": "\(count)"])
      }
    } catch {
      log.warning("readers could not be checked", metadata: ["reason": "\(error)"])
    }
  }

  private func copy() {
    let begin = ContinuousClock.now
    // When it fails it is tried again after as many entries; the journal is there meanwhile.
    var sequence = journal.lastSequence
    defer { schedule.withLock { $0.copied(sequence, from: begin, to: .now) } }
    do {
      let result = try keeper.verify(at: Instant(millisecondsSince1970: WallClock.now), isAwaited: false)
      if let fault = result.report.faults.first {
        log.critical(
          "the state is damaged; stop the daemon and remove the folder state/", metadata: ["fault": "\(fault)"])
      } else if let manifest = result.manifest {
        log.info("copied the state", metadata: ["sequence": "\(manifest.sequence)", "bytes": "\(manifest.byteCount)"])
      }
      sequence = result.report.appliedSequence
    } catch {
      log.warning("the state was not copied", metadata: ["reason": "\(error)"])
    }
  }

  private func trim() {
    do {
      let report = try keeper.trimJournal()
      guard report.segments > 0 else { return }
      log.notice(
        "forgot old journal entries",
        metadata: ["first_sequence": "\(report.firstSequence)", "bytes": "\(report.byteCount)"])
    } catch {
      log.warning("the journal was not trimmed", metadata: ["reason": "\(error)"])
    }
  }
}
