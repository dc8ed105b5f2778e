import Bytes
import Domain
import Engine
import Example
import Journal
import Records
import Scalars
import Store
import Support
import Testing

/// Order and durability over a real folder: what is answered is there, once, also after the process is gone.
@Suite struct EngineTests {
  static func number(_ result: CommandResult) -> HazardNumber? {
    guard case .executed(_, let body) = result else { return nil }
    return try? HazardReceipt(encoded: body).number
  }

  private static func submit(_ number: UInt8 = 1) -> Command {
    .hazardSubmit(World.report(photos: Int(number % 3) + 1))
  }

  @Test func `what was answered is there after the process has died, and nothing that was refused`() throws {
    let folder = TemporaryFolder()
    var first = try EngineProcess(folder.path)
    #expect(first.condition == .new)
    EngineProcess.setUp(&first)
    var numbers: [HazardNumber] = []
    for index in 0..<50 as Range<UInt8> {
      numbers.append(try #require(Self.number(first.act(Self.submit(index), by: "gm", key: EngineProcess.key(index)))))
      guard case .refused = first.act(.hazardSubmit(World.report(photos: 0)), by: "gm", key: EngineProcess.key(200))
      else {
        Issue.record("a report without photos was taken")
        return
      }
    }
    let last = first.journal.lastSequence
    _ = consume first
    let second = try EngineProcess(folder.path)
    #expect(second.condition == .died && second.redone == 0 && second.journal.lastSequence == last)
    let snapshot = try Snapshot(second.store)
    for number in numbers {
      #expect(try snapshot.record(HazardsByNumberIndex.self, .init(number: number)) != nil)
    }
    #expect(try snapshot.keys(HazardsTable.self, in: .all, descending: false, limit: 1000).count == 50)
    #expect(second.journal.verify().fault == nil)
  }

  @Test func `a state that is lost is made again from the journal, equal in every record`() throws {
    let folder = TemporaryFolder()
    var first = try EngineProcess(folder.path)
    EngineProcess.setUp(&first)
    for index in 0..<30 as Range<UInt8> { first.act(Self.submit(index), by: "gm", key: EngineProcess.key(index)) }
    let before = try Dump(first.store)
    _ = consume first
    for name in ["mark", "state/data.mdb", "state/lock.mdb"] { try FileBytes("\(folder.path)/\(name)").remove() }
    let second = try EngineProcess(folder.path)
    #expect(second.condition == .untrusted && second.redone == second.journal.lastSequence)
    #expect(try Dump(second.store) == before)
  }

  @Test func `a state that is lost is made again from its newest copy that is right, and the journal behind it`() throws
  {
    let folder = TemporaryFolder()
    var first = try EngineProcess(folder.path)
    EngineProcess.setUp(&first)
    var copied: [UInt64] = []
    for round in 0..<3 as Range<UInt8> {
      for index in 0..<10 as Range<UInt8> {
        first.act(Self.submit(index), by: "gm", key: EngineProcess.key(10 * round + index))
      }
      copied.append(try #require(try first.copy()).sequence)
      #expect(copied.last == first.journal.lastSequence)
      // Nothing has happened since: there is nothing to copy.
      #expect(try first.copy() == nil)
    }
    // Two are kept.
    #expect(try first.copies.list().map(\.sequence) == Array(copied.suffix(2)))
    for index in 0..<10 as Range<UInt8> { first.act(Self.submit(index), by: "gm", key: EngineProcess.key(90 + index)) }
    let (before, last) = (try Dump(first.store), first.journal.lastSequence)
    _ = consume first
    let copies = "\(folder.path)/copies"
    func lose() throws {
      for name in ["mark", "state/data.mdb", "state/lock.mdb"] { try FileBytes("\(folder.path)/\(name)").remove() }
    }
    func spoil(_ sequence: UInt64, _ suffix: String) throws {
      let file = FileBytes("\(copies)/\(String(repeating: "0", count: 20 - "\(sequence)".count))\(sequence)\(suffix)")
      var bytes = try #require(try file.content)
      bytes[bytes.count / 2] ^= 1
      try file.replace(bytes)
    }
    // The newest copy; then, as one after the other turns out to be spoiled, the one before, and none.
    for (expected, harm) in [
      (copied[2], nil), (copied[1], (copied[2], ".state")), (nil, (copied[1], ".manifest")),
    ] as [(UInt64?, (UInt64, String)?)] {
      try lose()
      if let harm { try spoil(harm.0, harm.1) }
      let next = try EngineProcess(folder.path)
      #expect(next.condition == .untrusted && next.copied == expected && next.redone == last - (expected ?? 0))
      #expect(try Dump(next.store) == before && Snapshot(next.store).verify().faults == [])
    }
  }

  @Test func `a copy that cannot be read does not stand in the way of the one before`() throws {
    let folder = TemporaryFolder()
    var first = try EngineProcess(folder.path)
    EngineProcess.setUp(&first)
    var copied: [UInt64] = []
    for index in 0..<2 as Range<UInt8> {
      first.act(Self.submit(index), by: "gm", key: EngineProcess.key(index))
      copied.append(try #require(try first.copy()).sequence)
    }
    let last = first.journal.lastSequence
    _ = consume first
    let copies = PosixDisk(folder: "\(folder.path)/copies")
    try copies.remove(try #require(try copies.list().filter { $0.hasSuffix(".state") }.max()))
    try FileBytes("\(folder.path)/mark").remove()
    let next = try EngineProcess(folder.path)
    #expect(next.copied == copied[0])
    #expect(try Snapshot(next.store).appliedSequence() == last)
  }

  @Test func `a copy that is given up on the way takes no room`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    let copies = PosixDisk(folder: "\(folder.path)/copies")
    // After each of its parts, until it is made.
    var steps = 0
    while true {
      var left = steps
      func mayGoOn() -> Bool {
        left -= 1
        return left >= 0
      }
      let made = try? process.copies.make(
        of: process.store, process.journal, history: process.history, at: .unset, pace: { _ in mayGoOn() },
        walkPace: mayGoOn)
      if made?.manifest != nil { break }
      #expect(try copies.list() == [], "given up after \(steps) steps")
      steps += 1
    }
    #expect(steps > 1)
  }

  @Test func `a copy of another history is not taken`() throws {
    let folder = TemporaryFolder()
    let other = TemporaryFolder()
    var first = try EngineProcess(folder.path)
    EngineProcess.setUp(&first)
    var second = try EngineProcess(other.path)
    EngineProcess.setUp(&second)
    second.act(Self.submit(1), by: "gm", key: EngineProcess.key(1))
    let sequence = try #require(try second.copy()).sequence
    first.act(Self.submit(2), by: "gm", key: EngineProcess.key(2))
    #expect(first.journal.lastSequence == sequence)
    _ = consume first
    for name in try PosixDisk(folder: "\(other.path)/copies").list() {
      let bytes = try #require(try PosixDisk(folder: "\(other.path)/copies").contents(name, byteCountMax: 64 << 20))
      let file = try PosixDisk(folder: "\(folder.path)/copies").create(name, size: 0)
      try bytes.withRawSpan { (span) throws(JournalError) in try file.write(span, at: 0) }
    }
    try FileBytes("\(folder.path)/mark").remove()
    // Both journals have the same identifier here; their chains differ.
    #expect(try EngineProcess(folder.path).copied == nil)
  }

  @Test func `a state that knows more than the journal is refused`() throws {
    let folder = TemporaryFolder()
    var first = try EngineProcess(folder.path)
    EngineProcess.setUp(&first)
    _ = consume first
    let journal = "\(folder.path)/journal"
    for name in try PosixDisk(folder: journal).list() { try FileBytes("\(journal)/\(name)").remove() }
    #expect(throws: StateAheadOfJournal.self) { _ = try EngineProcess(folder.path) }
  }

  @Test func `a second process cannot use the folder`() throws {
    let folder = TemporaryFolder()
    let first = try EngineProcess(folder.path)
    #expect(throws: DataFolderInUse.self) { _ = try EngineProcess(folder.path) }
    _ = consume first
  }

  // MARK: Request keys

  @Test func `the same key with the same bytes gets the same reply, in the batch, later, and after a death`() throws {
    let folder = TemporaryFolder()
    var first = try EngineProcess(folder.path)
    EngineProcess.setUp(&first)
    let command = EngineProcess.pending(Self.submit(), by: "gm", key: EngineProcess.key(1))
    let inBatch = first.step([command, command, command]).compactMap(Self.number)
    #expect(inBatch.count == 3 && Set(inBatch).count == 1)
    let later = first.step([command])[0]
    guard case .executed(let sequence, let body) = later else {
      Issue.record("the repetition was not answered")
      return
    }
    _ = consume first
    var second = try EngineProcess(folder.path)
    guard case .executed(let again, let sameBody) = second.step([command])[0] else {
      Issue.record("the repetition was not answered after the death")
      return
    }
    #expect(again == sequence && sameBody == body && Self.number(later) == inBatch[0])
    #expect(try Snapshot(second.store).keys(HazardsTable.self, in: .all, descending: false, limit: 10).count == 1)
  }

  @Test func `the same key with other bytes is refused, and changes nothing`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    process.act(Self.submit(), by: "gm", key: EngineProcess.key(1))
    let other = EngineProcess.pending(Self.submit(2), by: "gm", key: EngineProcess.key(1), hash: 2)
    guard case .refused(.keyReused) = process.step([other])[0] else {
      Issue.record("a reused key was taken")
      return
    }
    #expect(try Snapshot(process.store).keys(HazardsTable.self, in: .all, descending: false, limit: 10).count == 1)
  }

  @Test func `a refusal is not remembered: the same key may succeed later`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    let command = EngineProcess.pending(
      .hazardFile(FileHazard(number: HazardNumber("4212221000010012026030200001")!)), by: "vs",
      key: EngineProcess.key(5))
    guard case .refused(.notFound) = process.step([command])[0] else {
      Issue.record("a case that does not exist was filed")
      return
    }
    process.act(Self.submit(), by: "gm", key: EngineProcess.key(1))
    #expect(Self.number(process.step([command])[0]) != nil)
  }

  @Test(arguments: [
    ("2026-01-25T00:00:00Z", false), ("2026-01-27T00:00:00Z", true), ("2026-03-02T12:00:00Z", true),
    ("2026-03-04T00:00:00Z", false),
  ])
  func `a key that is too old or lies in the future is refused`(time: String, isTaken: Bool) throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    let result = process.act(Self.submit(), by: "gm", key: EngineProcess.key(1, at: time))
    if isTaken {
      #expect(Self.number(result) != nil)
    } else {
      guard case .refused(.keyExpired) = result else {
        Issue.record("\(time): \(result)")
        return
      }
    }
  }

  @Test func `keys are forgotten when their time is over`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    for index in 0..<10 as Range<UInt8> { process.act(Self.submit(index), by: "gm", key: EngineProcess.key(index)) }
    func known() throws -> Int {
      try Snapshot(process.store).keys(RequestKeysTable.self, in: .all, descending: false, limit: 100).count
    }
    #expect(try known() == 10)
    process.act(
      .adminAdvanceClock(AdvanceClock(milliseconds: 36 * 86_400_000)), by: "admin", key: EngineProcess.key(99))
    process.act(Self.submit(), by: "gm", key: EngineProcess.key(1, at: "2026-04-07T00:00:00Z"))
    #expect(try known() == 1)
  }

  // MARK: Time

  @Test func `an expired command is not applied`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    let command = EngineProcess.pending(
      Self.submit(), by: "gm", key: EngineProcess.key(1), deadline: .now - .milliseconds(1))
    guard case .expired = process.step([command])[0] else {
      Issue.record("an expired command was applied")
      return
    }
    #expect(try Snapshot(process.store).keys(HazardsTable.self, in: .all, descending: false, limit: 10).isEmpty)
  }

  @Test func `a repetition that comes too late still hears what was done`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    let first = process.act(Self.submit(), by: "gm", key: EngineProcess.key(1))
    let late = process.step([
      EngineProcess.pending(
        Self.submit(), by: "gm", key: EngineProcess.key(1), deadline: .now - .seconds(1))
    ])[0]
    #expect(Self.number(first) != nil && Self.number(late) == Self.number(first))
  }

  @Test func `what falls due happens before the clock's reply, and by itself`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    for index in 0..<20 as Range<UInt8> { process.act(Self.submit(index), by: "gm", key: EngineProcess.key(index)) }
    process.act(.adminAdvanceClock(AdvanceClock(milliseconds: 3 * 86_400_000)), by: "admin", key: EngineProcess.key(99))
    let snapshot = try Snapshot(process.store)
    let range = KeyRange(prefix: HazardsOverdueIndex.prefix(World.county))
    #expect(try snapshot.entries(HazardsOverdueIndex.self, in: range, descending: false, limit: 100).count == 20)
    let entries = process.journal.lastSequence
    // Nothing more is due: idle steps write nothing.
    _ = process.step([])
    #expect(process.journal.lastSequence == entries)
  }

  @Test func `what needs a rule that is missing is put off, and holds nothing up behind it`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    func number(_ result: CommandResult) throws -> HazardNumber { try #require(Self.number(result)) }
    let parked = try number(process.act(Self.submit(0), by: "gm", key: EngineProcess.key(0)))
    let steps: [(Command, String)] = [
      (.hazardFile(FileHazard(number: parked)), "vs"),
      (.hazardDispatch(DispatchHazard(number: parked, assignee: "gm")), "vs"),
      (.hazardClaim(HazardNote(number: parked)), "gm"), (.hazardPark(HazardNote(number: parked, note: "x")), "to"),
      (.hazardConfirm(HazardNote(number: parked)), "co"),
    ]
    for (index, step) in steps.enumerated() {
      let result = process.act(step.0, by: step.1, key: EngineProcess.key(UInt8(10 + index)))
      guard case .executed = result else {
        Issue.record("\(step.0.method.name): \(result)")
        return
      }
    }
    var profile = World.profile
    (profile.edition, profile.hazard.parkReview) = ("2", nil)
    process.act(.adminActivateProfile(ActivateProfile(profile: profile)))
    func advance(days: UInt64) {
      process.act(
        .adminAdvanceClock(AdvanceClock(milliseconds: days * 86_400_000)), by: "admin")
      for _ in 0..<4 { _ = process.step([]) }
    }
    func hazard(_ number: HazardNumber) throws -> Hazard {
      try #require(try Snapshot(process.store).record(HazardsByNumberIndex.self, .init(number: number)))
    }
    advance(days: 40)
    #expect(process.engine.clockFault?.contains("parkReview") == true, "\(process.engine.clockFault ?? "nothing")")
    #expect(try hazard(parked).timerAt.map { $0 > process.engine.now } == true && hazard(parked).state == .parked)
    // Behind it the clock goes on.
    let behind = try number(process.act(Self.submit(30), by: "gm"))
    advance(days: 10)
    #expect(try hazard(behind).overdueSince != nil && hazard(behind).escalations > 0)
    // With the rule it is done after all.
    let due = try hazard(parked).dueAt
    (profile.edition, profile.hazard.parkReview) = ("3", World.profile.hazard.parkReview)
    process.act(.adminActivateProfile(ActivateProfile(profile: profile)))
    advance(days: 1)
    #expect(try hazard(parked).dueAt != due && hazard(parked).state == .parked)
    #expect(try Snapshot(process.store).verify().faults.isEmpty)
  }

  @Test func `cases that are due together are all done, however large they are`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    // 256 of these are more than an entry, and all of them more than a batch may hold.
    let photos = (0..<20).map { number in
      Attachment(sha256: [UInt8](repeating: UInt8(number), count: 32), caption: String(repeating: "🔥", count: 200))
    }
    var report = World.report()
    report.photos = photos
    let count = 600
    for index in 0..<count {
      var key = EngineProcess.key(UInt8(index % 256))
      key[9] = UInt8(index / 256)
      guard case .executed = process.act(.hazardSubmit(report), by: "gm", key: key) else {
        Issue.record("a report was not taken")
        return
      }
    }
    process.act(.adminAdvanceClock(AdvanceClock(milliseconds: 3 * 86_400_000)), by: "admin", key: EngineProcess.key(99))
    for _ in 0..<4 { _ = process.step([]) }
    #expect(process.engine.failure == nil)
    let snapshot = try Snapshot(process.store)
    let range = KeyRange(prefix: HazardsOverdueIndex.prefix(World.county))
    #expect(try snapshot.entries(HazardsOverdueIndex.self, in: range, descending: false, limit: 1000).count == count)
  }

  @Test func `a refused command leaves nothing behind, whatever it had begun`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    func row(_ name: String, _ grid: GridCode) -> EnterpriseRow {
      EnterpriseRow(name: name, type: .enterprise, grid: grid, riskLevel: .blue)
    }
    // The first row is put before the second is found wrong.
    let results = process.step([
      EngineProcess.pending(
        .enterpriseImport(ImportEnterprises(rows: [row("新厂", World.cell), row("错厂", World.township)])), by: "admin",
        key: EngineProcess.key(1)),
      EngineProcess.pending(Self.submit(), by: "gm", key: EngineProcess.key(2)),
    ])
    guard case .refused = results[0], case .executed = results[1] else {
      Issue.record("\(results)")
      return
    }
    #expect(try Snapshot(process.store).keys(EnterprisesTable.self, in: .all, descending: false, limit: 10).count == 3)
  }

  @Test func `authority is asked again in the state that the command changes`() throws {
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    let dismissed = Person(id: "gm", name: "gm", grants: [])
    // Both were let into the queue together; when the second's turn comes, the grant is gone.
    let results = process.step([
      EngineProcess.pending(.personPut(PutPersons(persons: [dismissed])), by: "admin", key: EngineProcess.key(1)),
      EngineProcess.pending(Self.submit(), by: "gm", key: EngineProcess.key(2)),
    ])
    guard case .refused(.permissionDenied) = results[1] else {
      Issue.record("\(results[1])")
      return
    }
  }

  // MARK: Restoring

  @Test func `a folder is restored to any entry, with or without a copy, and goes on from there`() throws {
    let folder = TemporaryFolder()
    var first = try EngineProcess(folder.path)
    EngineProcess.setUp(&first)
    var dumps: [UInt64: Dump] = [:]
    for index in 0..<20 as Range<UInt8> {
      first.act(Self.submit(index), by: "gm", key: EngineProcess.key(index))
      dumps[first.journal.lastSequence] = try Dump(first.store)
      if index == 10 { _ = try first.copy() }
    }
    _ = consume first
    func names() throws -> [String] {
      try ["journal", "copies"].flatMap { try PosixDisk(folder: "\(folder.path)/\($0)").list() }.sorted()
    }
    let before = try names()
    for (sequence, dump) in dumps.sorted(by: { $0.key < $1.key }) where sequence % 4 == 0 {
      let target = TemporaryFolder()
      let report = try Restore.run(
        from: folder.path, to: "\(target.path)/new", at: .sequence(sequence),
        history: [UInt8](repeating: 9, count: historyIdentifierBytes), now: .unset, mapBytes: 256 << 20)
      #expect(report.sequence == sequence && report.state.faults == [])
      #expect((report.copiedSequence > 0) == (sequence >= 20 && report.copiedSequence <= sequence))
      var process = try EngineProcess("\(target.path)/new")
      #expect(
        process.condition == .closed && process.redone == 0 && process.history == [UInt8](repeating: 9, count: 16))
      #expect(try Dump(process.store) == dump && process.journal.verify().fault == nil)
      // The next number, and everything else as ever; also after a death and without its state.
      guard case .executed(let next, _) = process.act(Self.submit(99), by: "gm", key: EngineProcess.key(99)) else {
        Issue.record("the restored folder took no command")
        return
      }
      #expect(next == sequence + 1)
      let after = try Dump(process.store)
      _ = consume process
      try FileBytes("\(target.path)/new/mark").remove()
      let again = try EngineProcess("\(target.path)/new")
      #expect(again.copied == sequence && again.redone == 1)
      #expect(try Dump(again.store) == after && again.journal.verify().fault == nil)
    }
    // The source was only read.
    #expect(try names() == before)
    #expect(throws: RestoreFault.self) {
      _ = try Restore.run(
        from: folder.path, to: folder.path, at: .newest, history: EngineProcess.key(1), now: .unset, mapBytes: 256 << 20
      )
    }
  }

  // MARK: A failing disk

  @Test func `when a sync fails, its batch is unknown, what was durable stays executed, and nothing follows`() throws {
    let folder = TemporaryFolder()
    let store = try StateStore(path: folder.path, mapBytes: 64 << 20)
    let log = FailingLog()
    var engine = try CommandEngine(store, log, lastTime: .unset) { Instant("2026-03-02T08:30:00+08:00")! }
    let activate = EngineProcess.pending(
      .adminActivateProfile(ActivateProfile(profile: World.profile)), by: nil, key: EngineProcess.key(1))
    let startClock = EngineProcess.pending(
      .adminStartTestClock(ClockReading(now: Instant("2026-03-02T08:30:00+08:00")!)), by: nil, key: EngineProcess.key(2)
    )
    guard case .executed(1, let body) = engine.step([activate], at: .now)[0] else {
      Issue.record("the first command was not executed")
      return
    }
    log.failure = .poisoned
    let results = engine.step([activate, startClock], at: .now)
    guard case .executed(1, body) = results[0], case .unknown = results[1] else {
      Issue.record("\(results)")
      return
    }
    #expect(try Snapshot(store).keys(TestClockTable.self, in: .all, descending: false, limit: 10).isEmpty)
    log.failure = nil
    guard case .unavailable = engine.step([startClock], at: .now)[0] else {
      Issue.record("a command was taken after a failed sync")
      return
    }
    #expect(log.lastSequence == 1)
  }

  // MARK: Histories

  /// The engine on a disk, with deaths, against the model in memory: equal outcomes, equal dumps; and the journal alone
  /// makes the same state again.
  @Test(arguments: 0..<4)
  func `random histories agree with the model, through deaths and redo`(history: Int) throws {
    var random = SplitMix64(seed: testSeed(UInt64(300 + history)))
    let folder = TemporaryFolder()
    var process = try EngineProcess(folder.path)
    EngineProcess.setUp(&process)
    var world = try World()
    var serial: UInt64 = 0
    for round in 0..<6 {
      for _ in 0..<20 {
        // A batch of commands that do not depend on each other's outcome.
        var batch: [PendingCommand] = []
        var expected: [String] = []
        for _ in 0..<(1 + random.next() % 6) {
          let (command, person) = Histories.act(&random, world.model.all(HazardsTable.self).sorted { $0.id < $1.id })
          serial += 1
          let key = EngineProcess.key(0).prefix(9) + (0..<7).map { UInt8(truncatingIfNeeded: serial >> (48 - 8 * $0)) }
          batch.append(EngineProcess.pending(command, by: person, key: Array(key)))
          expected.append(Self.outcome(of: command, by: person, in: &world))
        }
        for (result, expected) in zip(process.step(batch), expected) { #expect(Self.describe(result) == expected) }
      }
      if random.chance(0.5) {
        let hours = random.next() % 100
        process.act(
          .adminAdvanceClock(AdvanceClock(milliseconds: hours * 3_600_000)), by: "admin",
          key: EngineProcess.key(UInt8(240 + round)))
        world.advance(hours: Int(hours))
        try world.expire()
      }
      if random.chance(0.5) {
        _ = consume process
        process = try EngineProcess(folder.path)
      }
      let (stored, wanted) = (try Dump(Snapshot(process.store)), try Dump(world.model))
      #expect(stored.differences(from: wanted) == [], "tables by their numbers")
    }
    let dump = try Dump(process.store)
    #expect(dump.tables.count == 43, "as many tables as `idlc check` counts")
    _ = consume process
    for name in ["mark", "state/data.mdb", "state/lock.mdb"] { try FileBytes("\(folder.path)/\(name)").remove() }
    #expect(try Dump(EngineProcess(folder.path).store) == dump)
  }

  private static func outcome(of command: Command, by person: String, in world: inout World) -> String {
    do throws(Refusal) {
      let outcome = try world.act(command, by: person)
      var body = ByteWriter()
      outcome.encode(into: &body)
      return "executed \(body.bytes())"
    } catch {
      return "refused \(error.name): \(error.message.english)"
    }
  }

  private static func describe(_ result: CommandResult) -> String {
    switch result {
    case .executed(_, let body): "executed \(body)"
    case .refused(let refusal): "refused \(refusal.name): \(refusal.message.english)"
    default: "\(result)"
    }
  }
}

/// A log in memory that can be told to fail.
final class FailingLog: Log {
  var failure: JournalError?
  private var entries: [[UInt8]] = []

  var lastSequence: UInt64 { UInt64(entries.count) }

  func append(_ batch: inout LogBatch) throws(JournalError) {
    if let failure { throw failure }
    entries += batch.entries
  }

  func publish() {}

  func entry(_ sequence: UInt64) -> [UInt8]? {
    sequence == 0 || sequence > lastSequence ? nil : entries[Int(sequence) - 1]
  }
}

/// All that a store or a model holds: every table, by its number.
private struct Dump: Equatable {
  private(set) var tables: [UInt32: [[UInt8]]] = [:]

  /// Tables that differ.
  func differences(from other: Dump) -> [UInt32] {
    Set(tables.keys).union(other.tables.keys).filter { tables[$0, default: []] != other.tables[$0, default: []] }
      .sorted()
  }

  init(_ store: StateStore) throws { try self.init(Snapshot(store), isWhole: true) }

  /// - Parameter isWhole: with what only a store has: places in the journal, request keys, the schema and its clock.
  init(_ reader: borrowing some RecordReader & ~Copyable, isWhole: Bool = false) throws {
    func add<T: Table>(_ table: T.Type, _ withoutPlace: (inout T.Record) -> Void = { _ in }) throws {
      var records: [[UInt8]] = []
      for key in try reader.keys(table, in: .all, descending: false, limit: .max) {
        guard var record = try reader.record(table, key) else { continue }
        if !isWhole { withoutPlace(&record) }
        records.append(record.encoded())
      }
      tables[T.number] = records
    }
    try add(GridsTable.self)
    try add(DivisionNamesTable.self)
    try add(EditionsTable.self)
    try add(GridFilesTable.self)
    try add(PostsTable.self)
    try add(RetirementsTable.self)
    try add(BoundariesTable.self)
    try add(MapTilesTable.self)
    try add(PowerListsTable.self)
    try add(PersonsTable.self)
    try add(TokensTable.self)
    try add(GrantPlacesTable.self)
    try add(IllegalActsTable.self)
    try add(OrganizationsTable.self)
    try add(NoticesTable.self)
    try add(NoticeTasksTable.self)
    try add(EnterprisesTable.self)
    try add(EnterpriseEntriesTable.self) { $0.sequence = 0 }
    try add(EnterpriseContactsTable.self)
    try add(EnterpriseDossiersTable.self)
    try add(CreditRecordsTable.self)
    try add(PersonCreditTable.self)
    try add(CreditRulesetsTable.self)
    try add(DishonestyCasesTable.self)
    try add(DishonestyEntriesTable.self) { $0.sequence = 0 }
    try add(HazardsTable.self)
    try add(CaseEventsTable.self) { $0.sequence = 0 }
    try add(ListingsTable.self)
    try add(ListingEntriesTable.self) { $0.sequence = 0 }
    try add(PublicReportsTable.self)
    try add(ReportEntriesTable.self) { $0.sequence = 0 }
    try add(ReportIdentitiesTable.self)
    try add(ProfilesTable.self)
    try add(DutiesTable.self)
    try add(DutyEntriesTable.self) { $0.sequence = 0 }
    try add(PatrolRecordsTable.self)
    try add(PatrolAnswersTable.self)
    try add(DutyRoundsTable.self)
    try add(CadenceAccountsTable.self)
    try add(CadenceDoneTable.self)
    guard isWhole else { return }
    try add(TestClockTable.self)
    try add(SchemaVersionTable.self)
    try add(RequestKeysTable.self)
  }
}
