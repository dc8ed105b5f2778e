import Bytes
import Domain
import Engine
import Glibc
import Journal
import Records
import Scalars
import Store
import Support
import Testing

/// What happens when the store's map fills up.
@Suite struct QuotaTests {
  private static let smallMap = 64 << 20

  private var largeReport: SubmitHazard {
    var report = World.report(photos: 1)
    report.photos = (0..<20 as Range<UInt8>).map {
      Attachment(sha256: [UInt8](repeating: $0, count: 32), caption: String(repeating: "隐", count: 200))
    }
    return report
  }

  @Test func `a full store is refused to all but administration, loses nothing, and recovers by itself`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path, mapBytes: Self.smallMap)
    EngineProcess.setUp(&process)
    let (key, report) = (EngineProcess.key(1), largeReport)
    let first = process.act(.hazardSubmit(report), by: "gm", key: key)
    var taken = 1
    var levels: [FillLevel] = [process.engine.fillLevel]
    var refusal: Refusal?
    // So many would be three times too large for the map.
    for _ in 0..<1000 where refusal == nil {
      for result in process.step((0..<20).map { _ in EngineProcess.pending(.hazardSubmit(report), by: "gm") }) {
        switch result {
        case .executed: taken += 1
        case .refused(let reason): refusal = reason
        default: throw UnexpectedResult(result: result)
        }
      }
      if levels.last != process.engine.fillLevel { levels.append(process.engine.fillLevel) }
    }
    #expect(levels == [.ample, .scarce, .full])
    guard case .storageFull(let details) = refusal else {
      Issue.record("refused with \(String(describing: refusal))")
      return
    }
    #expect(details.what == "state" && (92..<96).contains(details.percent))
    // What was done is told again, and nothing else is done.
    #expect(EngineTests.number(process.act(.hazardSubmit(report), by: "gm", key: key)) == EngineTests.number(first))
    #expect(try count(process) == taken)
    // Nor by those who may administer something, but do not run the daemon.
    let cells = PutCells(village: World.village, cells: [CellRow(code: GridCode("421222100001009")!, name: "第九网格")])
    guard case .refused(.storageFull) = process.act(.gridPutCells(cells), by: "to") else {
      Issue.record("a township officer wrote into what is kept for administration")
      return
    }
    // Administration goes on, for long.
    for index in 0..<200 {
      let people = [Person(id: "p\(index)", name: "某人", grants: [])]
      guard case .executed = process.act(.personPut(PutPersons(persons: people)), by: "admin") else {
        Issue.record("administration was refused when the store was full")
        return
      }
    }
    // So do the clock's own commands.
    let before = process.journal.lastSequence
    guard case .executed = process.act(.adminAdvanceClock(AdvanceClock(milliseconds: 86_400_000)), by: "admin") else {
      Issue.record("the clock stood still")
      return
    }
    #expect(process.journal.lastSequence > before)
    _ = consume process
    // With more room everything is allowed again.
    var larger = try EngineProcess(folder.path, mapBytes: 4 * Self.smallMap)
    guard
      case .executed = larger.act(
        .hazardSubmit(report), by: "gm", key: EngineProcess.key(2, at: "2026-03-03T08:30:00+08:00"))
    else {
      Issue.record("a larger map is refused too")
      return
    }
    #expect(larger.engine.fillLevel == .ample)
    #expect(try count(larger) == taken + 1)
    #expect(try Snapshot(larger.store).verify().faults.isEmpty)
  }

  @Test func `when administration has used up the rest, it is told so, and a larger map takes everything again`() throws
  {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path, mapBytes: Self.smallMap / 4)
    EngineProcess.setUp(&process)
    var (taken, refusal) = (0, nil as Refusal?)
    // Several times too many for the map.
    let name = String(repeating: "某", count: 20)
    for number in 0..<3000 where refusal == nil {
      let people = (0..<500).map { Person(id: "p\(number * 500 + $0)", name: name, grants: []) }
      switch process.act(.personPut(PutPersons(persons: people)), by: "admin") {
      case .executed: taken += people.count
      case .refused(let reason): refusal = reason
      case let result: throw UnexpectedResult(result: result)
      }
    }
    guard case .storageFull(let details) = refusal else {
      Issue.record("refused with \(String(describing: refusal))")
      return
    }
    #expect(details.what == "state")
    func count(_ process: borrowing EngineProcess) throws -> Int {
      let people = try Snapshot(process.store).keys(PersonsTable.self, in: .all, descending: false, limit: .max)
      return people.count - World.people.count
    }
    #expect(try count(process) == taken && process.engine.failure == nil)
    _ = consume process
    var larger = try EngineProcess(folder.path, mapBytes: Self.smallMap)
    let one = Person(id: "p", name: "某人", grants: [])
    guard case .executed = larger.act(.personPut(PutPersons(persons: [one])), by: "admin") else {
      Issue.record("a larger map is refused too")
      return
    }
    #expect(try count(larger) == taken + 1)
  }

  @Test func `a journal that finds no room is a full disk, and nothing is remembered of it once there is room`() throws
  {
    let folder = TemporaryFolder()
    let store = try StateStore(path: folder.path, mapBytes: Self.smallMap)
    let log = FailingLog()
    var engine = try CommandEngine(store, log, lastTime: .unset) { Instant("2026-03-02T08:30:00+08:00")! }
    let command = EngineProcess.pending(
      .adminActivateProfile(ActivateProfile(profile: World.profile)), by: nil, key: EngineProcess.key(1))
    for (code, isFull) in [(ENOSPC, true), (EIO, false)] {
      log.failure = .segmentNotMade(DiskError(code: code, operation: "make a segment", text: "failed"))
      switch engine.step([command], at: .now)[0] {
      case .refused(.storageFull(let details)): #expect(isFull && details.what == "disk")
      case .unavailable: #expect(!isFull)
      case let result: Issue.record("\(result)")
      }
    }
    log.failure = nil
    guard case .executed(1, _) = engine.step([command], at: .now)[0] else {
      Issue.record("there is room, and nothing is taken")
      return
    }
  }

  @Test func `a lost state is made again in a map too small for the reckoning of one batch`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path, mapBytes: Self.smallMap)
    EngineProcess.setUp(&process)
    for _ in 0..<10 {
      _ = process.step((0..<100).map { _ in EngineProcess.pending(.hazardSubmit(World.report(photos: 1)), by: "gm") })
    }
    #expect(try count(process) == 1000)
    let last = process.journal.lastSequence
    _ = consume process
    for name in ["mark", "state/data.mdb", "state/lock.mdb"] { try FileBytes("\(folder.path)/\(name)").remove() }
    let again = try EngineProcess(folder.path, mapBytes: Self.smallMap)
    #expect(again.redone == last)
    #expect(try Snapshot(again.store).verify().faults.isEmpty)
    #expect(try count(again) == 1000)
  }

  /// Cases, counted by their states.
  private func count(_ process: borrowing EngineProcess) throws -> Int {
    let report = try Snapshot(process.store).verify()
    return try Int(#require(report.tables.first { $0.name == "hazards" }).records)
  }

  @Test func `free pages count as room`() {
    func space(used: Int, free: Int, diskFree: UInt64 = 1 << 40) -> StateStore.Space {
      StateStore.Space(
        mapBytes: 1000, usedBytes: used, freeBytes: free, readers: 0, oldestReaderCommits: 0, diskTotalBytes: 2 << 40,
        diskFreeBytes: diskFree)
    }
    #expect(space(used: 990, free: 200).fillLevel == .ample)
    #expect(space(used: 849, free: 0).fillLevel == .ample)
    #expect(space(used: 850, free: 0).fillLevel == .scarce)
    #expect(space(used: 920, free: 1).fillLevel == .scarce)
    #expect(space(used: 920, free: 0).fillLevel == .full)
    #expect(space(used: 0, free: 0, diskFree: 1 << 30).fillLevel == .ample)
    #expect(space(used: 0, free: 0, diskFree: 1 << 30 - 1).fillLevel == .scarce)
    #expect(space(used: 0, free: 0, diskFree: 255 << 20).fillLevel == .full)
  }
}

private struct UnexpectedResult: Error {
  let result: CommandResult
}
