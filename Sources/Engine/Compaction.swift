internal import Bytes
internal import FaultPoints
internal import Journal
internal import Metrics
package import Records
internal import Store
internal import Synchronization

extension StateKeeper {
  /// Replaces the state's file by one without free pages, while everything goes on: copies what is in use, walks the
  /// copy, lets it catch up with the journal, and has the writer change files between two batches.
  ///
  /// A process that dies on the way finds the old file, or the new one, which contains the same; both are as far as
  /// their own `applied_sequence` says, and the start redoes the rest.
  ///
  /// - Returns: what it brought; the old file's room is free once the last snapshot of it is gone.
  package func compact() throws -> CompactionReport {
    try takingTurn {
      let folder = try folder.makeCompactionFolder()
      defer { self.folder.removeCompactionFolder() }
      let before = try store.space()
      reach(.compactionBegins)
      try writeCompacted(to: folder)
      reach(.compactionWritten)
      let compacted = try StateStore(path: folder.path, mapBytes: before.mapBytes)
      let report = try Snapshot(compacted).verify { !self.isStopped }
      if let fault = report.faults.first { throw StateCopyFault("the state is damaged: \(fault)") }
      // What is written meanwhile, and what was written while that was redone, until little is left for the pause.
      // A copy may contain a batch that is not published yet.
      while try journal.lastSequence > Snapshot(compacted).appliedSequence() + Self.lagMax {
        _ = try redo(journal, into: compacted)
        if isStopped { throw MaintenanceFault.goingDown }
      }
      reach(.compactionCaughtUp)
      let pause = try swap(to: compacted, in: folder)
      let after = try store.space()
      return CompactionReport(
        sequence: journal.lastSequence, bytesBefore: UInt64(before.usedBytes), bytesAfter: UInt64(after.usedBytes),
        pauseMicroseconds: pause)
    }
  }

  /// Journal entries that may be left for the pause: some milliseconds of redo.
  private static var lagMax: UInt64 { 500 }

  private func writeCompacted(to folder: PosixDisk) throws {
    let file = try folder.create("data.mdb", size: 0)
    var offset = 0
    var failure: JournalError?
    var isStopped = false
    try store.copy(isCompact: true) { part in
      do throws(JournalError) { try file.write(part, at: offset) } catch { failure = error }
      offset += part.byteCount
      isStopped = !pace(part.byteCount)
      return failure == nil && !isStopped
    }
    if let failure { throw failure }
    if isStopped { throw MaintenanceFault.goingDown }
  }

  /// - Returns: how long the writer stood still, in microseconds.
  private func swap(to compacted: StateStore, in folder: PosixDisk) throws -> UInt64 {
    let outcome = Mutex<Result<UInt64, any Error>?>(nil)
    let wasRun = queue.runBetweenBatches { [self] in
      let begin = Tick.now
      let result = Result {
        _ = try redo(journal, into: compacted)
        reach(.compactionRenames)
        // The old file lives on, without a name, as long as somebody reads it.
        try self.folder.placeCompacted()
        reach(.compactionRenamed)
        store.replaceFile(by: compacted)
        return begin.microseconds()
      }
      outcome.withLock { $0 = result }
    }
    guard wasRun, let result = outcome.withLock({ $0 }) else { throw MaintenanceFault.goingDown }
    return try result.get()
  }
}
