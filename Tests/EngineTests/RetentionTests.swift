import Bytes
import Crypto
import Engine
import Journal
import Records
import Scalars
import Store
import Support
import Testing

/// How far a daemon forgets its journal.
@Suite struct RetentionTests {
  private func keeper(
    _ process: borrowing EngineProcess, age: Duration? = nil, byteCountMax: Int? = nil
  ) throws -> StateKeeper {
    try StateKeeper(
      process.folder, process.store, process.journal, CommandQueue(), history: process.history,
      retention: RetentionPolicy(age: age, byteCountMax: byteCountMax, key: Curve25519.Signing.PrivateKey()))
  }

  /// Fills a segment, which has 9 MiB here.
  private func fill(_ process: inout EngineProcess, _ number: inout UInt8) {
    let first = process.journal.segmentCount
    let caption = String(repeating: "隐", count: 200)
    let photos = (0..<20 as Range<UInt8>).map {
      Attachment(sha256: [UInt8](repeating: $0, count: 32), caption: caption)
    }
    var report = World.report(photos: 1)
    report.photos = photos
    while process.journal.segmentCount == first {
      let commands = (0..<100).map { _ in EngineProcess.pending(.hazardSubmit(report), by: "gm") }
      for result in process.step(commands) {
        guard case .executed = result else { preconditionFailure("a report was not taken: \(result)") }
      }
    }
    number += 1
  }

  @Test func `only what both verified copies contain is forgotten, and a start from the older one still works`() throws
  {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    let early = EngineProcess.key(1)
    process.act(.hazardSubmit(World.report(photos: 1)), by: "gm", key: early)
    var number: UInt8 = 2
    fill(&process, &number)
    // No copy, then one: nothing may go, however small the journal is to be.
    #expect(try keeper(process, byteCountMax: 1).trimJournal().segments == 0)
    let older = try #require(try process.copy())
    #expect(try keeper(process, byteCountMax: 1).trimJournal().segments == 0)
    fill(&process, &number)
    _ = try process.copy()
    let kept = try keeper(process, byteCountMax: 1).trimJournal()
    #expect(kept.segments == 1 && kept.firstSequence <= older.sequence + 1)
    #expect(process.journal.firstSequence == kept.firstSequence && kept.firstSequence > 1)
    #expect(process.journal.verify().fault == nil)
    // The newest copy is bad, and the state is not to be trusted: the older copy and the journal make it again.
    let last = process.journal.lastSequence
    let newest = try #require(try process.copies.list().last)
    _ = consume process
    let copies = PosixDisk(folder: "\(folder.path)/copies")
    let name = try #require(try copies.list().first { $0.hasSuffix(".state") && $0.contains("\(newest.sequence)") })
    try copies.replace(name, with: [0])
    try PosixDisk(folder: folder.path).remove("mark")
    var next = try EngineProcess(folder.path)
    #expect(next.copied == older.sequence)
    #expect(try Snapshot(next.store).appliedSequence() == last)
    // Its reply is gone with its entry; that it was executed is not.
    guard case .replyForgotten = next.act(.hazardSubmit(World.report(photos: 1)), by: "gm", key: early) else {
      Issue.record("a command whose entry is forgotten was done again, or refused")
      return
    }
    #expect(next.journal.lastSequence == last)
  }

  @Test func `age counts by the journal's own time, and from a segment's newest entry on`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    func advance(days: UInt64, _ process: inout EngineProcess) {
      process.act(.adminAdvanceClock(AdvanceClock(milliseconds: days * 86_400_000)), by: "admin")
    }
    // What the first segment begins with is older than the rest of it.
    advance(days: 30, &process)
    var number: UInt8 = 1
    for _ in 0..<2 {
      fill(&process, &number)
      _ = try process.copy()
    }
    let keeper = try keeper(process, age: .seconds(36 * 86_400))
    #expect(try keeper.trimJournal().segments == 0)
    advance(days: 35, &process)
    #expect(try keeper.trimJournal().segments == 0)
    advance(days: 2, &process)
    #expect(try keeper.trimJournal().segments == 1)
  }

  @Test func `as much is forgotten as makes the rest small enough, and no more`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    var number: UInt8 = 1
    for _ in 0..<4 { fill(&process, &number) }
    for _ in 0..<2 {
      process.act(.hazardSubmit(World.report(photos: 1)), by: "gm")
      _ = try process.copy()
    }
    let sizes = try process.journal.sealedSegments().map(\.byteCount)
    #expect(sizes.count == 4)
    let all = sizes.reduce(0, +)
    #expect(try keeper(process, byteCountMax: all).trimJournal().segments == 0)
    let one = try keeper(process, byteCountMax: all - 1).trimJournal()
    #expect(one.segments == 1 && one.byteCount == UInt64(sizes[0]))
    #expect(try keeper(process, byteCountMax: sizes[2] + sizes[3]).trimJournal().segments == 1)
    #expect(try process.journal.sealedSegments().map(\.byteCount) == Array(sizes[2...]))
  }
}
