import Bytes
import Domain
import Engine
import Example
import Records
import Scalars
import Store
import Support
import Testing

/// The store against the model: the same puts, then the same answers to every question.
@Suite struct StoreTests {
  private func open(_ folder: TemporaryFolder) throws -> StateStore {
    try StateStore(path: folder.path, mapBytes: 256 << 20)
  }

  private func expectSame(_ store: StateStore, _ model: Model) throws {
    let snapshot = try Snapshot(store)
    func compare<I: OrderedIndex>(_ index: I.Type) throws {
      for descending in [false, true] {
        let stored = try snapshot.entries(index, in: .all, descending: descending, limit: 10_000)
        let expected = try model.entries(index, in: .all, descending: descending, limit: 10_000)
        #expect(stored == expected, "\(I.self)")
      }
    }
    func compare<A: Aggregate>(counts aggregate: A.Type) throws {
      let stored = try snapshot.counts(aggregate, in: .all, limit: 10_000)
      let counts = Dictionary(uniqueKeysWithValues: stored.map { ($0.group.encoded, $0.count) })
      #expect(counts == model.counts(aggregate), "\(A.self)")
    }
    try compare(HazardsOpenIndex.self)
    try compare(HazardsWorklistIndex.self)
    try compare(HazardsTimersIndex.self)
    try compare(HazardsByEnterpriseIndex.self)
    try compare(HazardsOverdueIndex.self)
    try compare(counts: HazardsCountByState.self)
    try compare(counts: EnterprisesCountByRisk.self)
    let numbers = try model.entries(HazardsByNumberIndex.self, in: .all, descending: false, limit: 10_000)
    #expect(try snapshot.entries(HazardsByNumberIndex.self, in: .all, descending: false, limit: 10_000) == numbers)
    for key in numbers {
      #expect(try snapshot.record(HazardsByNumberIndex.self, key) == model.record(HazardsByNumberIndex.self, key))
    }
    for key in try model.keys(HazardsTable.self, in: .all, descending: false, limit: 10_000) {
      let expected = try model.record(HazardsTable.self, key)
      #expect(try snapshot.record(HazardsTable.self, key) == expected)
      var stored = ByteWriter()
      #expect(try snapshot.appendStored(HazardsTable.self, key, to: &stored))
      #expect(stored.bytes() == expected?.encoded())
      #expect(try snapshot.grid(HazardsTable.self, key, field: 5, { $0.grid }) == expected?.grid)
    }
    // Ranges, as lists and pages use them.
    for prefix in [HazardsOpenIndex.prefix(World.cell), HazardsOpenIndex.prefix(World.village)] {
      let range = KeyRange(prefix: prefix)
      #expect(
        try snapshot.entries(HazardsOpenIndex.self, in: range, descending: false, limit: 3)
          == model.entries(HazardsOpenIndex.self, in: range, descending: false, limit: 3))
    }
  }

  @Test(arguments: 0..<4)
  func `records, indexes and counts agree with the model after every batch`(run: Int) throws {
    let folder = TemporaryFolder()
    let store = try open(folder)
    var random = SplitMix64(seed: testSeed(UInt64(200 + run)))
    let hazards = RandomHazards()
    var model = Model()
    for _ in 0..<15 {
      var state = try WriteState(store)
      for _ in 0..<10 {
        for _ in 0..<(1 + random.next() % 3) {
          let hazard = try hazards.make(&random)
          state.put(HazardsTable.self, hazard)
          model.put(HazardsTable.self, hazard)
          // The command sees its own change.
          #expect(try state.record(HazardsTable.self, .init(id: hazard.id)) == hazard)
        }
        if random.chance(0.3) {
          state.discard()
          model.discard()
        } else {
          try state.accept()
          model.accept()
        }
      }
      try state.prepare()
      try state.commit()
      try expectSame(store, model)
      let report = try Snapshot(store).verify()
      #expect(
        report.faults == []
          && report.tables.first { $0.name == "hazards" }?.records == UInt64(model.all(HazardsTable.self).count))
    }
  }

  @Test func `the record read last is not taken for another, nor for its later self`() throws {
    let folder = TemporaryFolder()
    let store = try open(folder)
    var hazard = Hazard(id: 1, number: HazardNumber("4212221000010012026030200001")!, grid: World.cell)
    let enterprise = Enterprise(id: 1, name: "甲厂", grid: World.otherCell)
    var snapshot = try Snapshot(store)
    for description in ["一", "二", "三"] {
      hazard.description = description
      var state = try WriteState(store)
      state.put(HazardsTable.self, hazard)
      state.put(EnterprisesTable.self, enterprise)
      try state.accept()
      try state.prepare()
      try state.commit()
      try snapshot.renew()
      func expectHazard() throws {
        var stored = ByteWriter()
        #expect(try snapshot.appendStored(HazardsTable.self, .init(id: 1), to: &stored))
        #expect(stored.bytes() == hazard.encoded())
        #expect(try !snapshot.appendStored(HazardsTable.self, .init(id: 2), to: &stored))
      }
      try expectHazard()
      #expect(try snapshot.grid(EnterprisesTable.self, .init(id: 1), field: 6, { $0.grid }) == World.otherCell)
      try expectHazard()
    }
  }

  @Test func `a batch that is given up leaves nothing`() throws {
    let folder = TemporaryFolder()
    let store = try open(folder)
    var random = SplitMix64(seed: testSeed(210))
    do {
      var state = try WriteState(store)
      state.put(HazardsTable.self, try RandomHazards().make(&random))
      try state.accept()
      try state.prepare()
    }
    try expectSame(store, Model())
  }

  @Test func `a record whose bytes changed is refused, not believed`() throws {
    let folder = TemporaryFolder()
    let description = "防火门损坏的独特标记文本"
    do {
      let store = try open(folder)
      var state = try WriteState(store)
      var hazard = Hazard(id: 1, number: HazardNumber("4212221000010012026030200001")!, grid: World.cell)
      hazard.description = description
      state.put(HazardsTable.self, hazard)
      try state.accept()
      try state.prepare()
      try state.commit()
      try store.synchronize()
    }
    // One bit of the text, in LMDB's own file.
    let path = "\(folder.path)/data.mdb"
    var bytes = try #require(try FileBytes(path).content)
    let needle = Array(description.utf8)
    var places: [Int] = []
    for start in 0..<(bytes.count - needle.count) where bytes[start] == needle[0] {
      if Array(bytes[start..<start + needle.count]) == needle { places.append(start) }
    }
    #expect(!places.isEmpty)
    for place in places { bytes[place] ^= 1 }
    try FileBytes(path).replace(bytes)
    let store = try open(folder)
    let snapshot = try Snapshot(store)
    #expect {
      _ = try snapshot.record(HazardsTable.self, .init(id: 1))
    } throws: { error in
      (error as? Refusal)?.name == "StorageFault"
    }
  }

  @Test func `a full store says so before anything is half done`() throws {
    let folder = TemporaryFolder()
    let store = try StateStore(path: folder.path, mapBytes: 24 << 20)
    var refusal: String?
    var written: UInt64 = 0
    filling: for id in 1...100_000 as ClosedRange<UInt64> {
      do {
        var state = try WriteState(store)
        var hazard = Hazard(id: id, grid: World.cell, holder: World.village)
        hazard.description = String(repeating: "满", count: 2000)
        state.put(HazardsTable.self, hazard)
        try state.accept()
        try state.prepare()
        try state.commit()
        written = id
      } catch {
        refusal = "\(error)"
        break filling
      }
    }
    #expect(refusal?.contains("--map-size") == true)
    // Everything that was committed can be read.
    let snapshot = try Snapshot(store)
    #expect(try snapshot.keys(HazardsTable.self, in: .all, descending: false, limit: .max).count == Int(written))
  }
}
