import Bytes
import Engine
import Journal
import Records
import Scalars
import Store
import Support
import Synchronization
import Testing

/// The change from a file with free pages to one without.
@Suite struct CompactionTests {
  @Test func `free pages are given back, and old snapshots go on reading what they saw`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    // A snapshot that is held keeps replaced pages: the file grows by them.
    let held = try Snapshot(process.store)
    for index in 0..<200 as Range<UInt8> {
      process.act(.hazardSubmit(World.report(photos: 1)), by: "gm", key: EngineProcess.key(index))
    }
    let before = try process.store.space()
    #expect(before.oldestReaderCommits == 200)
    let report = try compact(process)
    let after = try process.store.space()
    #expect(report.bytesBefore == UInt64(before.usedBytes) && report.bytesAfter == UInt64(after.usedBytes))
    #expect(after.usedBytes < before.usedBytes / 2, "\(before) \(after)")
    #expect(after.oldestReaderCommits == 0)
    #expect(try held.keys(HazardsTable.self, in: .all, descending: false, limit: 1000).isEmpty)
    let last = process.journal.lastSequence
    #expect(try Snapshot(process.store).appliedSequence() == last)
    #expect(try Snapshot(process.store).keys(HazardsTable.self, in: .all, descending: false, limit: 1000).count == 200)
    // Goes on in the new file, also after a death.
    process.act(.hazardSubmit(World.report(photos: 1)), by: "gm", key: EngineProcess.key(201))
    #expect(try Snapshot(process.store).verify().faults.isEmpty)
    _ = consume process
    let next = try EngineProcess(folder.path)
    #expect(next.condition == .died && next.redone == 0)
    #expect(try Snapshot(next.store).keys(HazardsTable.self, in: .all, descending: false, limit: 1000).count == 201)
  }

  @Test func `a snapshot that is renewed sees the new file`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    var kept = try Snapshot(process.store)
    kept.release()
    _ = try compact(process)
    process.act(.hazardSubmit(World.report(photos: 1)), by: "gm", key: EngineProcess.key(1))
    try kept.renew()
    #expect(try kept.appliedSequence() == process.journal.lastSequence)
  }

  @Test func `what a death on the way left behind is cleared away, and the old file goes on`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    let last = process.journal.lastSequence
    _ = consume process
    try PosixDisk.createFolder("\(folder.path)/compaction")
    try PosixDisk(folder: "\(folder.path)/compaction").replace("data.mdb", with: [1, 2, 3])
    let next = try EngineProcess(folder.path)
    #expect(try Snapshot(next.store).appliedSequence() == last)
    #expect(try !PosixDisk(folder: folder.path).list().contains("compaction"))
  }

  @Test func `a damaged state is neither compacted nor kept as a copy, and what there was stays`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    var report = World.report(photos: 1)
    report.description = "防火门损坏的独特标记文本"
    process.act(.hazardSubmit(report), by: "gm", key: EngineProcess.key(1))
    let copied = try #require(try process.copy()).sequence
    process.act(.hazardSubmit(World.report(photos: 1)), by: "gm", key: EngineProcess.key(2))
    // One bit of the text, in LMDB's own file.
    let file = FileBytes("\(folder.path)/state/data.mdb")
    var bytes = try #require(try file.content)
    let text = Array(report.description.utf8)
    for start in 0..<(bytes.count - text.count) where bytes[start] == text[0] {
      if Array(bytes[start..<start + text.count]) == text { bytes[start] ^= 1 }
    }
    try file.replace(bytes)
    #expect {
      _ = try compact(process)
    } throws: { error in
      "\(error)".contains("the state is damaged")
    }
    #expect(try process.copy() == nil)
    #expect(try process.copies.list().map(\.sequence) == [copied])
    #expect(try !PosixDisk(folder: folder.path).list().contains("compaction"))
    guard case .executed = process.act(.hazardSubmit(World.report()), by: "gm", key: EngineProcess.key(3)) else {
      Issue.record("the old file does not go on")
      return
    }
    // A start from the copy before mends it.
    _ = consume process
    try FileBytes("\(folder.path)/mark").remove()
    let next = try EngineProcess(folder.path)
    #expect(next.copied == copied)
    #expect(try Snapshot(next.store).verify().faults.isEmpty)
  }

  /// Compacts with a thread in the writer's place, which does nothing but the tasks.
  private func compact(_ process: borrowing EngineProcess) throws -> CompactionReport {
    let queue = CommandQueue()
    let keeper = try StateKeeper(process.folder, process.store, process.journal, queue, history: process.history)
    let outcome = Mutex<Result<CompactionReport, any Error>?>(nil)
    let thread = BackgroundThread {
      let result = Result { try keeper.compact() }
      outcome.withLock { $0 = result }
      queue.close()
    }
    while true {
      let work = queue.takeAll(patience: .seconds(1))
      for task in work.tasks { task() }
      if work.isClosed, work.isEmpty { break }
    }
    thread.join()
    return try #require(outcome.withLock { $0 }).get()
  }
}
