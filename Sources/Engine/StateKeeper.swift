internal import Glibc
package import Journal
package import Records
package import Scalars
package import Store
internal import Synchronization

/// Copies and verifies the state of a running daemon, one thing at a time.
package final class StateKeeper: Sendable {
  let folder: DataFolder
  let store: StateStore
  let journal: JournalReader<PosixDisk>
  let queue: CommandQueue
  let copies: StateCopies
  let retention: RetentionPolicy?
  private let history: HistoryIdentifier
  private let turn = Mutex<Void>(())
  private let mayGoOn = Atomic<Bool>(true)
  private let newestSequence: Atomic<UInt64>

  /// Copies leave the disk to the journal now and then, but not for long: as long as a copy is being made, pages that are
  /// replaced cannot be used again, and the state grows by them.
  private static let bytesPerSecond = 256 << 20

  /// - Parameters:
  ///   - queue: through which the writer is asked to do something between two batches.
  ///   - retention: when journal entries are forgotten; never without one.
  package init(
    _ folder: DataFolder, _ store: StateStore, _ journal: JournalReader<PosixDisk>, _ queue: CommandQueue,
    history: HistoryIdentifier, retention: RetentionPolicy? = nil
  ) throws {
    self.folder = folder
    self.retention = retention
    self.queue = queue
    self.store = store
    self.journal = journal
    self.history = history
    copies = try folder.copies
    newestSequence = Atomic(try copies.list().last?.sequence ?? 0)
  }

  /// What is being copied is given up, and nothing more begins.
  package func stop() { mayGoOn.store(false, ordering: .relaxed) }

  package var isStopped: Bool { !mayGoOn.load(ordering: .relaxed) || !Interruption.isWanted }

  /// One thing at a time.
  func takingTurn<Result>(_ body: () throws -> Result) throws -> Result { try turn.withLock { _ in try body() } }

  func pace(_ byteCount: Int) -> Bool {
    usleep(UInt32(byteCount * 1_000_000 / Self.bytesPerSecond))
    return !isStopped
  }

  /// How often the time of a piece of the walk over a copy is rested after it, when nobody waits for the copy. The walk
  /// would use what the processors have left, but their caches and the way to the memory are the writer's too: a walk at
  /// full speed costs it two fifths of its own.
  private static let restsOfWalk = 3.0
  /// No rest is longer, however long the walk had to wait for its turn.
  private static let restMax = Duration.milliseconds(100)

  /// The pace of a walk that leaves the machine to others.
  private func unhurriedPace() -> () -> Bool {
    var begin: ContinuousClock.Instant?
    return { [self] in
      if let begin {
        let rest = min(begin.duration(to: .now) * Self.restsOfWalk, Self.restMax)
        usleep(UInt32(rest / .microseconds(1)))
      }
      begin = .now
      return !isStopped
    }
  }

  /// The journal entry up to which the newest copy reaches; 0 without one.
  package var newestCopy: UInt64 { newestSequence.load(ordering: .relaxed) }

  /// Copies the state and walks the copy, which is kept when it is intact.
  ///
  /// - Parameter isAwaited: whether somebody waits for it; otherwise it takes its time.
  package func verify(
    at time: Instant, isAwaited: Bool = true
  ) throws -> (report: StateReport, manifest: CopyManifest?) {
    try takingTurn {
      let made = try copies.make(
        of: store, journal, history: history, at: time, pace: pace,
        walkPace: isAwaited ? { !self.isStopped } : unhurriedPace())
      if let manifest = made.manifest { newestSequence.store(manifest.sequence, ordering: .relaxed) }
      return made
    }
  }

  /// Writes a verified copy of the state and the whole journal into a new folder.
  ///
  /// - Throws: `BackupFolderFault` before anything is written; later when something kept is damaged, or when the backup
  ///   itself does not verify. What it has written then is no backup, and may be removed.
  package func backup(to path: String, at time: Instant) throws -> BackupReport {
    guard path.hasPrefix("/") else { throw BackupFolderFault("\(path) is no absolute path", "\(path)不是绝对路径") }
    do throws(JournalError) { try PosixDisk.makeNewFolder(path) } catch {
      throw BackupFolderFault("\(error)", "文件夹无法新建：\(error)")
    }
    let made = try verify(at: time)
    if let fault = made.report.faults.first { throw StateCopyFault("the state is damaged: \(fault)") }
    return try takingTurn {
      guard let manifest = try copies.newest(of: history, journal) else { throw StateCopyFault("there is no copy") }
      let target = try StateCopies(folder: "\(path)/copies")
      try copies.copy(manifest, to: target, pace: pace)
      try PosixDisk.createFolder("\(path)/journal")
      guard let copied = try journal.copy(to: PosixDisk(folder: "\(path)/journal"), pace: pace) else {
        throw MaintenanceFault.goingDown
      }
      try PosixDisk(folder: path).synchronizeFolder()
      // Only what can be read back is a backup.
      let written = try JournalWriter.openReading(PosixDisk(folder: "\(path)/journal"))
      if let fault = written.reader.verify().fault { throw StateCopyFault("the backup is damaged: \(fault)") }
      guard written.reader.lastSequence == copied.sequence,
        try target.newest(of: history, written.reader)?.sequence == manifest.sequence
      else { throw StateCopyFault("the backup in \(path) is not whole") }
      return BackupReport(
        sequence: copied.sequence, copiedSequence: manifest.sequence,
        byteCount: UInt64(copied.byteCount) + manifest.byteCount)
    }
  }
}

/// The folder that was named cannot take a backup.
package struct BackupFolderFault: Error, CustomStringConvertible {
  package let reason: Label
  package var description: String { reason.english }
  init(_ english: String, _ chinese: String) {
    reason = Label(String(english.prefix(900)), String(chinese.prefix(900)))
  }
}

/// Why something was not begun, or given up: everything is as it was.
package struct MaintenanceFault: Error, CustomStringConvertible {
  package let reason: Label
  package var description: String { reason.english }

  static let goingDown = MaintenanceFault(reason: Label("the daemon is going down", "服务正在退出"))
}
