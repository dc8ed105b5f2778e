import Bytes
import Example
import Glibc
import LMDB
import Support
import Testing

/// The typed LMDB against a sorted dictionary.
@Suite struct EnvironmentTests {
  private func open(_ folder: TemporaryFolder, mapBytes: Int = 64 << 20) throws -> (Environment, Database) {
    let environment = try Environment(path: folder.path, .init(mapBytes: mapBytes, databasesMax: 4))
    return (environment, try environment.openDatabases(["a", "b"])[0])
  }

  private func put(_ transaction: inout WriteTransaction, _ database: Database, _ key: [UInt8], _ value: [UInt8]) throws
  {
    try key.withRawSpan { key in
      try value.withRawSpan { value in try transaction.put(database, key: key, value: value) }
    }
  }

  private func value(_ transaction: borrowing some Readable & ~Copyable, _ database: Database, _ key: [UInt8]) throws
    -> [UInt8]?
  {
    try key.withRawSpan { key in
      try transaction.withValue(database, key: key) { (value) throws(LMDBError) -> [UInt8]? in
        if let value { [UInt8](copying: value) } else { nil }
      }
    }
  }

  private func scan(
    _ transaction: borrowing some Readable & ~Copyable, _ database: Database, from lower: [UInt8],
    below upper: [UInt8]?,
    descending: Bool
  ) throws -> [[UInt8]] {
    var keys: [[UInt8]] = []
    try transaction.scan(database, from: lower, below: upper, descending: descending) { (key, _) throws(LMDBError) in
      keys.append([UInt8](copying: key))
      return true
    }
    return keys
  }

  @Test func `puts, deletes and scans in both directions agree with a dictionary`() throws {
    let folder = TemporaryFolder()
    let (environment, database) = try open(folder)
    var random = SplitMix64(seed: testSeed(20))
    var model: [[UInt8]: [UInt8]] = [:]
    func key() -> [UInt8] {
      (0..<(1 + Int(random.next() % 4))).map { _ in UInt8(truncatingIfNeeded: random.next() % 6) }
    }
    for _ in 0..<40 {
      var transaction = try WriteTransaction(environment)
      var next = model
      for _ in 0..<50 {
        let key = key()
        if random.chance(0.3) {
          let wasThere = try key.withRawSpan { try transaction.delete(database, key: $0) }
          #expect(wasThere == (next.removeValue(forKey: key) != nil))
        } else {
          let value = [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(random.next() % 6000))
          try put(&transaction, database, key, value)
          next[key] = value
        }
      }
      // Some transactions are given up.
      if random.chance(0.3) { continue }
      try transaction.commit()
      model = next
      let reading = try ReadTransaction(environment)
      for (key, expected) in model { #expect(try value(reading, database, key) == expected) }
      #expect(try value(reading, database, [9, 9]) == nil)
      let sorted = model.keys.sorted { $0.lexicographicallyPrecedes($1) }
      for _ in 0..<10 {
        let (lower, upper) = (random.chance(0.2) ? [] : key(), random.chance(0.2) ? nil : key())
        let expected = sorted.filter { key in
          !key.lexicographicallyPrecedes(lower) && (upper.map(key.lexicographicallyPrecedes) ?? true)
        }
        #expect(try scan(reading, database, from: lower, below: upper, descending: false) == expected)
        #expect(try scan(reading, database, from: lower, below: upper, descending: true) == expected.reversed())
      }
    }
  }

  @Test func `a snapshot sees what was committed when it began, until it is renewed`() throws {
    let folder = TemporaryFolder()
    let (environment, database) = try open(folder)
    func commit(_ number: UInt8) throws {
      var transaction = try WriteTransaction(environment)
      try put(&transaction, database, [1], [number])
      try transaction.commit()
    }
    try commit(1)
    var reading = try ReadTransaction(environment)
    try commit(2)
    #expect(try value(reading, database, [1]) == [1])
    reading.reset()
    try reading.renew()
    #expect(try value(reading, database, [1]) == [2])
  }

  @Test func `a dropped write transaction leaves nothing, and lets the next begin`() throws {
    let folder = TemporaryFolder()
    let (environment, database) = try open(folder)
    do {
      var transaction = try WriteTransaction(environment)
      try put(&transaction, database, [1], [1])
    }
    let transaction = try WriteTransaction(environment)
    #expect(try value(transaction, database, [1]) == nil)
  }

  @Test func `what was committed is there when the environment is opened again`() throws {
    let folder = TemporaryFolder()
    do {
      let (environment, database) = try open(folder)
      var transaction = try WriteTransaction(environment)
      try put(&transaction, database, [7], [8])
      try transaction.commit()
      try environment.synchronize()
    }
    let (environment, database) = try open(folder)
    #expect(try value(try ReadTransaction(environment), database, [7]) == [8])
  }

  @Test(arguments: [0, 512])
  func `keys of no byte or of more than 511 are refused`(size: Int) throws {
    let folder = TemporaryFolder()
    let (environment, database) = try open(folder)
    var transaction = try WriteTransaction(environment)
    #expect {
      try put(&transaction, database, [UInt8](repeating: 1, count: size), [1])
    } throws: { error in
      "\(error)".contains("511")
    }
  }

  @Test func `blocks exist before they are used, and never beyond the map`() throws {
    let folder = TemporaryFolder()
    let (environment, _) = try open(folder, mapBytes: 4 << 20)
    try environment.ensureAllocated(pagesAhead: 100)
    #expect(try fileBytes("\(folder.path)/data.mdb") >= 100 * Environment.pageBytes)
    try environment.ensureAllocated(pagesAhead: 1 << 30)
    #expect(try fileBytes("\(folder.path)/data.mdb") == 4 << 20)
  }

  /// Bytes of the file that have blocks.
  private func fileBytes(_ path: String) throws -> Int {
    var information = stat()
    try #require(unsafe stat(path, &information) == 0)
    return Int(information.st_blocks) * 512
  }

  @Test func `pages that were freed count as left, unless a snapshot still sees them`() throws {
    let folder = TemporaryFolder()
    let (environment, database) = try open(folder, mapBytes: 4 << 20)
    let pages = (4 << 20) / Environment.pageBytes
    // Above half of the map, where free pages are counted.
    var transaction = try WriteTransaction(environment)
    for number in 0..<UInt8(pages / 16) {
      try put(&transaction, database, [number], [UInt8](repeating: number, count: 10 * Environment.pageBytes))
    }
    try transaction.commit()
    let full = try environment.pagesLeft()
    #expect(full < pages / 2 && full > 0)
    let held = try ReadTransaction(environment)
    for key in [[0], [1]] as [[UInt8]] {
      var deletion = try WriteTransaction(environment)
      _ = try key.withRawSpan { (key) throws(LMDBError) in try deletion.delete(database, key: key) }
      try deletion.commit()
    }
    #expect(try environment.pagesLeft() <= full)
    _ = consume held
    // LMDB gives back what was freed before its last transaction.
    var small = try WriteTransaction(environment)
    try put(&small, database, [255], [1])
    try small.commit()
    #expect(try environment.pagesLeft() >= full + 10)
  }

  @Test func `of several snapshots the oldest counts, whichever slot it has`() throws {
    let folder = TemporaryFolder()
    let (environment, database) = try open(folder)
    func commit() throws {
      var transaction = try WriteTransaction(environment)
      try put(&transaction, database, [1], [1])
      try transaction.commit()
    }
    let begin = environment.statistics().lastTransaction
    var first = try ReadTransaction(environment)
    try commit()
    let second = try ReadTransaction(environment)
    #expect(environment.oldestSnapshot() == begin)
    try commit()
    first.reset()
    try first.renew()
    #expect(environment.oldestSnapshot() == begin + 1)
    _ = consume second
    #expect(environment.oldestSnapshot() == begin + 2)
    _ = consume first
  }

  @Test func `the snapshot of a process that died is freed`() async throws {
    let folder = TemporaryFolder()
    let (environment, database) = try open(folder)
    let path = folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let other = try Environment(path: path, .init(mapBytes: 64 << 20, databasesMax: 4))
      let snapshot = try ReadTransaction(other)
      kill(getpid(), SIGKILL)
      _ = consume snapshot
    }
    var transaction = try WriteTransaction(environment)
    try put(&transaction, database, [1], [1])
    try transaction.commit()
    #expect(environment.oldestSnapshot() != nil)
    #expect(try environment.clearStaleReaders() == 1)
    #expect(environment.oldestSnapshot() == nil)
  }
}
