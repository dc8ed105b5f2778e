import Bytes
import Example
import Journal
import Support
import Synchronization
import Testing

@Suite struct JournalTests {
  private static let history = [UInt8](repeating: 7, count: historyIdentifierBytes)

  private func options(segmentBytes: Int = 64 << 10) -> JournalWriter<FaultyDisk>.Options {
    var options = JournalWriter<FaultyDisk>.Options(history: Self.history, createdMilliseconds: 1)
    options.segmentBytes = segmentBytes
    return options
  }

  private func open(_ disk: FaultyDisk, segmentBytes: Int = 64 << 10, wasClosed: Bool = false) throws(JournalError)
    -> JournalWriter<FaultyDisk>
  {
    try JournalWriter.open(disk, options(segmentBytes: segmentBytes), wasClosed: wasClosed)
  }

  private func append(_ journal: inout JournalWriter<FaultyDisk>, _ entries: [[UInt8]]) throws(JournalError) {
    var batch = LogBatch(firstSequence: journal.lastSequence + 1, milliseconds: 5)
    for entry in entries { batch.append { $0.append(entry) } }
    try journal.append(&batch)
    journal.publish()
  }

  private func all(_ journal: borrowing JournalWriter<FaultyDisk>) throws -> [[UInt8]] {
    var cursor = JournalReader<FaultyDisk>.Cursor(after: 0)
    var entries: [[UInt8]] = []
    while true {
      let next = try journal.reader.next(&cursor, bytesMax: 1000)
      if next.isEmpty { return entries }
      for entry in next {
        #expect(entry.sequence == UInt64(entries.count) + 1)
        entries.append(entry.bytes)
      }
    }
  }

  private func entry(_ number: Int, _ random: inout SplitMix64) -> [UInt8] {
    (0..<Int(random.next() % 400)).map { UInt8(truncatingIfNeeded: $0 + number) }
  }

  @Test func `what was appended is read, before and after it is opened again, over many segments`() throws {
    let disk = FaultyDisk()
    var random = SplitMix64(seed: testSeed(30))
    var expected: [[UInt8]] = []
    for wasClosed in [true, false, true, false] {
      var journal = try open(disk, segmentBytes: 16 << 10, wasClosed: wasClosed)
      #expect(journal.lastSequence == UInt64(expected.count))
      #expect(journal.history == Self.history)
      for _ in 0..<40 {
        let entries = (0..<(1 + random.next() % 5)).map { _ in entry(expected.count, &random) }
        try append(&journal, entries)
        expected += entries
      }
      #expect(try all(journal) == expected)
      for sequence in [1, expected.count / 2, expected.count] {
        #expect(try journal.entry(UInt64(sequence)) == expected[sequence - 1])
      }
      #expect(try journal.entry(0) == nil)
      #expect(try journal.entry(UInt64(expected.count) + 1) == nil)
      let report = journal.reader.verify()
      #expect(report.fault == nil && report.entries == UInt64(expected.count) && report.segments > 1)
    }
  }

  @Test func `nothing is read that was not published`() throws {
    var journal = try open(FaultyDisk())
    try append(&journal, [[1]])
    var batch = LogBatch(firstSequence: 2, milliseconds: 5)
    batch.append { $0.append([2]) }
    try journal.append(&batch)
    #expect(try all(journal) == [[1]])
    journal.publish()
    #expect(try all(journal) == [[1], [2]])
  }

  @Test func `a last batch that is torn at any byte is dropped, and the rest stays`() throws {
    let disk = FaultyDisk()
    var journal = try open(disk)
    for number in 0..<3 { try append(&journal, [[UInt8(number)], [UInt8(number), 9]]) }
    let name = try #require(try disk.list().first)
    let (start, end) = (4096 + 3 * 512, 4096 + 3 * 512 + 64 + 100)
    #expect(try all(journal).count == 6)
    try append(&journal, [[UInt8](repeating: 5, count: 92)])
    for cut in start..<end {
      let torn = disk.copy()
      torn.change(name) { bytes in for place in cut..<end { bytes[place] = 0 } }
      let reopened = try open(torn)
      #expect(reopened.lastSequence == 6, "cut at \(cut)")
      #expect(reopened.reader.verify().fault == nil)
    }
    #expect(try open(disk.copy()).lastSequence == 7)
  }

  @Test func `any subset of the sectors of an unsynced batch leaves the synced ones whole`() throws {
    let disk = FaultyDisk()
    var journal = try open(disk)
    for number in 0..<3 { try append(&journal, [[UInt8(number)]]) }
    let name = try #require(try disk.list().first)
    let before = disk.copy()
    try append(&journal, [[UInt8](repeating: 5, count: 3000)])
    var random = SplitMix64(seed: testSeed(31))
    for _ in 0..<200 {
      // Some sectors of the batch reached the disk, others hold what was there, or rubbish.
      let torn = before.copy()
      let after = disk.copy()
      var whole: [UInt8] = []
      after.change(name) { whole = $0 }
      var isComplete = true
      torn.change(name) { bytes in
        for sector in stride(from: 4096 + 3 * 512, to: 4096 + 3 * 512 + 3584, by: 512) {
          switch random.next() % 3 {
          case 0: bytes.replaceSubrange(sector..<sector + 512, with: whole[sector..<sector + 512])
          case 1:
            let rubbish = (0..<512).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            bytes.replaceSubrange(sector..<sector + 512, with: rubbish)
            isComplete = false
          default: isComplete = isComplete && bytes[sector..<sector + 512] == whole[sector..<sector + 512]
          }
        }
      }
      let reopened = try open(torn)
      #expect(reopened.lastSequence == (isComplete ? 4 : 3))
    }
  }

  @Test func `after a power cut everything that was appended is there`() throws {
    let disk = FaultyDisk()
    var random = SplitMix64(seed: testSeed(32))
    var journal = try open(disk, segmentBytes: 16 << 10)
    var expected: [[UInt8]] = []
    for _ in 0..<60 {
      let entries = [entry(expected.count, &random), entry(expected.count + 1, &random)]
      try append(&journal, entries)
      expected += entries
      let survivor = try open(disk.afterPowerCut(), segmentBytes: 16 << 10)
      #expect(try all(survivor) == expected)
    }
  }

  @Test func `a bit that changed in what was durable is found, and refused on opening`() throws {
    let disk = FaultyDisk()
    var journal = try open(disk)
    for number in 0..<20 { try append(&journal, [[UInt8](repeating: UInt8(number), count: 100)]) }
    let name = try #require(try disk.list().first)
    var random = SplitMix64(seed: testSeed(33))
    for _ in 0..<200 {
      // In one of the first ten batches, or in the header's checked part.
      let batch = Int(random.next() % 11)
      let place = batch == 0 ? Int(random.next() % 84) : 4096 + (batch - 1) * 512 + Int(random.next() % 172)
      let damaged = disk.copy()
      damaged.change(name) { $0[place] ^= 1 << UInt8(random.next() % 8) }
      #expect(throws: JournalError.self, "byte \(place)") { _ = try open(damaged) }
    }
  }

  @Test func `verification finds what happens to a running journal`() throws {
    let disk = FaultyDisk()
    var journal = try open(disk, segmentBytes: 16 << 10)
    for number in 0..<100 { try append(&journal, [[UInt8](repeating: UInt8(number), count: 100)]) }
    #expect(journal.reader.verify().fault == nil)
    let names = try disk.list().sorted()
    disk.change(names[1]) { $0[4200] ^= 1 }
    let report = journal.reader.verify()
    #expect("\(report.fault.map { "\($0)" } ?? "")".contains(names[1]))
  }

  @Test func `a lost segment is a gap`() throws {
    let disk = FaultyDisk()
    var journal = try open(disk, segmentBytes: 16 << 10)
    for number in 0..<100 { try append(&journal, [[UInt8](repeating: UInt8(number), count: 100)]) }
    let names = try disk.list().sorted()
    try disk.remove(names[1])
    #expect(journal.reader.verify().fault != nil)
    #expect(try open(disk).reader.verify().fault != nil)
    // Who reads does not wait for it for ever.
    #expect(throws: JournalError.self) { _ = try all(journal) }
    let firstLost = try #require(UInt64(names[1].prefix(20)))
    #expect(throws: JournalError.self) { _ = try journal.entry(firstLost) }
    #expect(try journal.entry(firstLost - 1)?.first == UInt8(firstLost - 2))
  }

  @Test func `a segment of another chain, or of another history, is found`() throws {
    func filled(_ byte: UInt8, history: UInt8 = 7) throws -> FaultyDisk {
      let disk = FaultyDisk()
      var options = options(segmentBytes: 16 << 10)
      options.history = [UInt8](repeating: history, count: historyIdentifierBytes)
      var journal = try JournalWriter.open(disk, options, wasClosed: false)
      for _ in 0..<100 { try append(&journal, [[UInt8](repeating: byte, count: 100)]) }
      return disk
    }
    for (other, isOpened) in [(try filled(2), true), (try filled(1, history: 8), false)] {
      let disk = try filled(1)
      let name = try disk.list().sorted()[1]
      let bytes = try other.open(name).read(at: 0, count: 16 << 10)
      disk.change(name) { $0 = bytes }
      if isOpened {
        #expect("\(try open(disk).reader.verify().fault.map { "\($0)" } ?? "")".contains("does not follow"))
      } else {
        #expect(throws: JournalError.self) { _ = try open(disk) }
      }
    }
  }

  @Test(arguments: 0..<3)
  func `a write or sync that fails poisons the journal until it is opened again`(kind: Int) throws {
    let disk = FaultyDisk()
    var journal = try open(disk, segmentBytes: 16 << 10)
    try append(&journal, [[1]])
    disk.state.withLock { state in
      switch kind {
      case 0: state.writesUntilFailure = 0
      case 1: state.syncsUntilFailure = 0
      // In the middle of the change to a new segment.
      default: state.syncsUntilFailure = 1
      }
    }
    let size = kind == 2 ? 8000 : 10
    if kind == 2 { #expect(throws: Never.self) { try append(&journal, [[UInt8](repeating: 2, count: size)]) } }
    #expect(throws: JournalError.self) { try append(&journal, [[UInt8](repeating: 3, count: size)]) }
    disk.state.withLock { ($0.writesUntilFailure, $0.syncsUntilFailure) = (.max, .max) }
    #expect(throws: JournalError.poisoned) { try append(&journal, [[4]]) }
    var reopened = try open(disk, segmentBytes: 16 << 10)
    #expect(reopened.reader.verify().fault == nil)
    let last = reopened.lastSequence
    try append(&reopened, [[5]])
    #expect(reopened.lastSequence == last + 1)
  }

  @Test func `a batch that fits into no segment is refused and harms nothing`() throws {
    var journal = try open(FaultyDisk(), segmentBytes: 16 << 10)
    #expect(throws: JournalError.tooLarge(bytes: 20_008)) {
      try append(&journal, [[UInt8](repeating: 1, count: 20_000)])
    }
    try append(&journal, [[1]])
    #expect(journal.lastSequence == 1)
  }

  @Test func `the leftovers of an interrupted creation are cleared away`() throws {
    let disk = FaultyDisk()
    var journal = try open(disk)
    try append(&journal, [[1]])
    _ = try disk.create("00000000000000000002.journal.new", size: 10)
    #expect(try open(disk).lastSequence == 1)
    #expect(try disk.list() == ["00000000000000000001.journal"])
  }

  @Test func `on a real folder`() throws {
    let folder = TemporaryFolder()
    let disk = PosixDisk(folder: folder.path)
    let options = JournalWriter<PosixDisk>.Options(history: Self.history, createdMilliseconds: 1)
    do {
      var journal = try JournalWriter.open(disk, options, wasClosed: false)
      var batch = LogBatch(firstSequence: 1, milliseconds: 5)
      batch.append { $0.append([1, 2, 3]) }
      try journal.append(&batch)
    }
    let journal = try JournalWriter.open(disk, options, wasClosed: false)
    #expect(try journal.entry(1) == [1, 2, 3])
    #expect(try disk.list() == ["00000000000000000001.journal"])
    #expect(try disk.contents("nothing") == nil)
    #expect(try disk.lock("lock") != nil)
  }

  @Test func `a segment that cannot be made refuses its batch and nothing else`() throws {
    let disk = FaultyDisk()
    var journal = try open(disk, segmentBytes: 8 << 10)
    var refusals = 0
    for round in 0..<36 as Range<UInt8> {
      // Full whenever a segment is to be made, until the batch was refused once.
      for isFull in [true, false] {
        disk.state.withLock { $0.createsUntilFailure = isFull ? 0 : .max }
        do throws(JournalError) {
          try append(&journal, [[UInt8](repeating: round, count: 300)])
          break
        } catch {
          guard case .segmentNotMade = error, isFull else { throw error }
          refusals += 1
        }
      }
      disk.state.withLock { $0.createsUntilFailure = .max }
    }
    #expect(refusals >= 2)
    let count = journal.lastSequence
    #expect(count == 36 && journal.reader.verify().fault == nil)
    #expect(journal.reader.segmentCount > 2)
    _ = consume journal
    #expect(try open(disk.copy(), segmentBytes: 8 << 10).lastSequence == count)
    #expect(try open(disk.afterPowerCut(), segmentBytes: 8 << 10).lastSequence == count)
  }

  @Test func `a folder that other machines share is recognised by its mount`() throws {
    let mounts = """
      22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
      30 22 0:41 / /mnt/county rw,relatime shared:9 master:2 - nfs4 10.0.0.1:/county rw
      31 22 0:42 / /mnt/x rw - fuse.sshfs x@y:/ rw
      broken line
      """
    #expect(PosixDisk.sharedFileSystem(of: "254:0", in: mounts) == nil)
    #expect(PosixDisk.sharedFileSystem(of: "0:41", in: mounts) == "nfs4")
    #expect(PosixDisk.sharedFileSystem(of: "0:42", in: mounts) == "fuse.sshfs")
    #expect(PosixDisk.sharedFileSystem(of: "0:99", in: mounts) == nil)
    let folder = TemporaryFolder()
    #expect(try PosixDisk(folder: folder.path).sharedFileSystem() == nil)
  }
}
