import Bytes
import Example
import Glibc
import Records
import Scalars
import Store
import Support
import Synchronization
import Testing

/// Snapshots against a model for each transaction: whatever readers on other threads ask while a writer goes on, they get
/// what one transaction had left, the one that their snapshot names, and never an older one than before.
///
/// `COMMITS=100000 swift test --filter SnapshotTests` is the long run. `Tests/README.md` says how the thread sanitizer
/// watches it.
@Suite struct SnapshotTests {
  private static let readers = 3
  private static var commits: UInt64 {
    // Safe: the string is copied at once.
    unsafe getenv("COMMITS").flatMap { UInt64(unsafe String(cString: $0)) } ?? 400
  }

  @Test func `each reader sees what one transaction left, and never goes back`() {
    let folder = TemporaryFolder()
    let run = Run(path: folder.path, commits: Self.commits, readers: Self.readers)
    let threads =
      [BackgroundThread { run.note { try run.write() } }]
      + (0..<Self.readers).map { reader in
        BackgroundThread {
          run.note { try run.read(reader) }
          run.book.close(reader)
        }
      }
    for thread in threads { thread.join() }
    #expect(run.faults == [])
  }
}

/// One writer and its readers.
private final class Run: Sendable {
  let book: Book
  private let store: StateStore
  private let commits: UInt64
  private let noted = Mutex<[String]>([])
  /// What every reader that begins now must see.
  private let committed = Atomic<UInt64>(0)

  init(path: String, commits: UInt64, readers: Int) {
    self.commits = commits
    book = Book(readers: readers)
    do { store = try StateStore(path: path, mapBytes: 64 << 20) } catch { preconditionFailure("\(error)") }
  }

  var faults: [String] { noted.withLock { $0 } }

  /// Threads belong to no test: what goes wrong on one is told by the test itself.
  func note(_ body: () throws -> Void) {
    do { try body() } catch {
      noted.withLock { $0.append("\(error)") }
      book.giveUp()
    }
  }

  private struct Fault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  // MARK: Writing

  func write() throws {
    var random = SplitMix64(seed: testSeed(220))
    let hazards = RandomHazards()
    var model = Model()
    for number in 1...commits {
      guard book.awaitReaders(before: number) else { return }
      var state = try WriteState(store)
      for _ in 0..<(1 + random.next() % 5) {
        let hazard = try hazards.make(&random)
        state.put(HazardsTable.self, hazard)
        model.put(HazardsTable.self, hazard)
        if random.chance(0.2) {
          state.discard()
          model.discard()
        } else {
          try state.accept()
          model.accept()
        }
      }
      try state.setAppliedSequence(number)
      try state.prepare()
      // A reader can come upon it as soon as it is committed.
      book.add(model, at: number)
      try state.commit()
      committed.store(number, ordering: .releasing)
      if random.chance(0.02) { try store.replaceFile(by: compacted()) }
    }
  }

  /// The same in another file, which loses its name at once: its memory map keeps it.
  private func compacted() throws -> StateStore {
    let folder = TemporaryFolder()
    var bytes: [UInt8] = []
    try store.copy(isCompact: true) { part in
      bytes += [UInt8](copying: part)
      return true
    }
    try FileBytes("\(folder.path)/data.mdb").create(bytes)
    return try StateStore(path: folder.path, mapBytes: 64 << 20)
  }

  // MARK: Reading

  func read(_ reader: Int) throws {
    var random = SplitMix64(seed: testSeed(221 + UInt64(reader)))
    var snapshot = try Snapshot(store)
    var last: UInt64 = 0
    while last < commits, !book.isGivenUp {
      // One that is kept as long as it is the newest, as an event loop's is, or renewed, or a new one.
      let least = committed.load(ordering: .acquiring)
      if !random.chance(0.5) || !snapshot.isNewest() {
        if random.chance(0.8) { try snapshot.renew() } else { snapshot = try Snapshot(store) }
      }
      let sequence = try snapshot.appliedSequence()
      guard sequence >= least else { throw Fault("reader \(reader) sees \(sequence), and \(least) was committed") }
      guard sequence >= last else { throw Fault("reader \(reader) went back from \(last) to \(sequence)") }
      last = sequence
      guard let model = book.open(sequence, by: reader) else { throw Fault("nobody committed \(sequence)") }
      for _ in 0..<(1 + random.next() % 10) { try ask(&random, snapshot, model) }
      guard try snapshot.appliedSequence() == sequence else { throw Fault("the snapshot of \(sequence) changed") }
      if random.chance(0.5) { snapshot.release() }
    }
  }

  /// Asks both the same.
  private func ask(_ random: inout SplitMix64, _ snapshot: borrowing Snapshot, _ model: Model) throws {
    let (descending, limit) = (random.chance(0.5), Int(1 + random.next() % 40))
    switch random.next() % 8 {
    case 0:
      let key = HazardsTable.Key(id: random.next() % (RandomHazards.idsEnd + 1))
      try expect("record \(key)", snapshot.record(HazardsTable.self, key), model.record(HazardsTable.self, key))
    case 1:
      let key = HazardsByNumberIndex.Key(number: RandomHazards.number(of: random.next() % (RandomHazards.idsEnd + 1)))
      let expected = try model.record(HazardsByNumberIndex.self, key)
      try expect("\(key)", snapshot.record(HazardsByNumberIndex.self, key), expected)
    case 2:
      let range = range(&random) { HazardsTable.Key(id: $0.next() % RandomHazards.idsEnd).encoded }
      try expect(
        "keys in \(range)", snapshot.keys(HazardsTable.self, in: range, descending: descending, limit: limit),
        model.keys(HazardsTable.self, in: range, descending: descending, limit: limit))
    case 3: try scan(HazardsOpenIndex.self) { HazardsOpenIndex.prefix(RandomHazards.grid(&$0)) }
    case 4: try scan(HazardsWorklistIndex.self) { HazardsWorklistIndex.prefix(RandomHazards.grid(&$0)) }
    case 5: try scan(HazardsByEnterpriseIndex.self) { HazardsByEnterpriseIndex.prefix($0.next() % 3) }
    case 6:
      let numbers = try snapshot.entries(HazardsByNumberIndex.self, in: .all, descending: descending, limit: limit)
      let expected = try model.entries(HazardsByNumberIndex.self, in: .all, descending: descending, limit: limit)
      try expect("numbers", numbers, expected)
    default:
      let counts = try snapshot.counts(HazardsCountByState.self, in: .all, limit: .max)
      let stored = Dictionary(uniqueKeysWithValues: counts.map { ($0.group.encoded, $0.count) })
      try expect("counts", stored, model.counts(HazardsCountByState.self))
    }

    func scan<I: OrderedIndex>(_ index: I.Type, _ prefix: (inout SplitMix64) -> [UInt8]) throws {
      let range = range(&random, prefix)
      try expect(
        "entries of \(index) in \(range)", snapshot.entries(index, in: range, descending: descending, limit: limit),
        model.entries(index, in: range, descending: descending, limit: limit))
    }
  }

  /// All, or what begins with a key, or what lies between two.
  private func range(_ random: inout SplitMix64, _ key: (inout SplitMix64) -> [UInt8]) -> KeyRange {
    switch random.next() % 3 {
    case 0: return .all
    case 1: return KeyRange(prefix: key(&random))
    default:
      let bounds = [key(&random), key(&random)].sorted { $0.lexicographicallyPrecedes($1) }
      return KeyRange(lower: bounds[0], upper: bounds[1])
    }
  }

  private func expect<Answer: Equatable>(_ question: String, _ stored: Answer, _ expected: Answer) throws {
    guard stored == expected else { throw Fault("\(question): \(stored) instead of \(expected)") }
  }
}

/// What each transaction left, from before its commit until no reader can come upon it any more.
private final class Book: Sendable {
  private struct Pages {
    var models: [UInt64: Model] = [0: Model()]
    /// By reader: the newest transaction that it has seen.
    var seen: [UInt64]
    var isGivenUp = false
    var slowest: UInt64 { seen.min()! }
  }

  private let pages: Mutex<Pages>

  /// So far the writer goes ahead: every reader comes upon many transactions, however the threads are scheduled.
  private static let aheadMax: UInt64 = 20

  init(readers: Int) { pages = Mutex(Pages(seen: Array(repeating: 0, count: readers))) }

  func add(_ model: Model, at sequence: UInt64) { pages.withLock { $0.models[sequence] = model } }

  /// What the transaction left that a reader sees.
  func open(_ sequence: UInt64, by reader: Int) -> Model? {
    pages.withLock { pages in
      pages.seen[reader] = sequence
      let slowest = pages.slowest
      for old in pages.models.keys where old < slowest { pages.models[old] = nil }
      return pages.models[sequence]
    }
  }

  /// The reader has seen enough.
  func close(_ reader: Int) { pages.withLock { $0.seen[reader] = .max } }

  /// Answers whether to go on.
  func awaitReaders(before sequence: UInt64) -> Bool {
    while true {
      let (slowest, isGivenUp) = pages.withLock { ($0.slowest, $0.isGivenUp) }
      if isGivenUp { return false }
      if slowest >= sequence || sequence - slowest <= Self.aheadMax { return true }
      sched_yield()
    }
  }

  func giveUp() { pages.withLock { $0.isGivenUp = true } }

  var isGivenUp: Bool { pages.withLock { $0.isGivenUp } }
}
