internal import Engine
internal import Journal
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Records
internal import Scalars
internal import Synchronization

/// Copies the state whenever enough has happened since the last copy, so that a start after a power cut has little to
/// redo.
final class CopyRoutine: Sendable {
  private let keeper: StateKeeper
  private let journal: JournalReader<PosixDisk>
  private let entriesBetween: UInt64
  private let log: Logger
  private let isBusy = Atomic<Bool>(false)
  private let newest: Atomic<UInt64>

  /// How often it looks.
  private static let interval = TimeAmount.seconds(1)

  init(_ keeper: StateKeeper, _ journal: JournalReader<PosixDisk>, entriesBetween: UInt64, log: Logger) {
    self.keeper = keeper
    self.journal = journal
    self.entriesBetween = entriesBetween
    self.log = log
    newest = Atomic(keeper.newestCopy)
  }

  /// Begins to look, on `loop`; the work is done in `pool`.
  func start(on loop: any EventLoop, in pool: NIOThreadPool) {
    loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { [self] task in
      if keeper.isStopped { return task.cancel() }
      guard journal.lastSequence >= newest.load(ordering: .relaxed) + entriesBetween,
        !isBusy.exchange(true, ordering: .relaxed)
      else { return }
      pool.submit { [self] _ in
        copy()
        isBusy.store(false, ordering: .relaxed)
      }
    }
  }

  private func copy() {
    do {
      let result = try keeper.verify(at: Instant(millisecondsSince1970: WallClock.now))
      if let fault = result.report.faults.first {
        log.critical(
          "the state is damaged; stop the daemon and remove the folder state/", metadata: ["fault": "\(fault)"])
      } else if let manifest = result.manifest {
        log.info("copied the state", metadata: ["sequence": "\(manifest.sequence)", "bytes": "\(manifest.byteCount)"])
      }
      newest.store(result.report.appliedSequence, ordering: .relaxed)
    } catch {
      // Tried again after as many entries; the journal is there meanwhile.
      newest.store(journal.lastSequence, ordering: .relaxed)
      log.warning("the state was not copied", metadata: ["reason": "\(error)"])
    }
  }
}
