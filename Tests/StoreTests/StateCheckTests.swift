import Bytes
import LMDB
import Records
import Scalars
import Store
import Support
import Testing

/// The walk over the state finds every way in which a tree can be wrong, one at a time.
@Suite struct StateCheckTests {
  /// Does something to LMDB behind the store's back.
  private enum Harm: String, CaseIterable {
    case lostRecord = "belong to no record"
    case lostEntry = "hazards.open: the entry of record"
    case strayEntry = "hazards.worklist: 1 entries belong to no record"
    case wrongUniqueEntry = "hazards.by_number: the entry of record"
    case wrongCount = "counts 7 instead of"
    case wrongStatistics = "hazards.census: group"
    case lostGroup = "is missing"
    case strayGroup = "counts 1 instead of 0"
    case wrongKey = "has another key"
    case flippedBit = "its checksum is wrong"
  }

  private func filled(_ folder: TemporaryFolder) throws {
    let store = try StateStore(path: folder.path, mapBytes: 64 << 20)
    var state = try WriteState(store)
    for id in 1...5 as ClosedRange<UInt64> {
      state.put(
        HazardsTable.self,
        Hazard(
          id: id, number: HazardNumber("421222100001001202603020000\(id)")!, grid: World.cell, state: .reported,
          holder: World.village, dueAt: Instant(millisecondsSince1970: Int64(id)), version: 1))
      try state.accept()
    }
    try state.setAppliedSequence(5)
    try state.prepare()
    try state.commit()
    let report = try Snapshot(store).verify()
    #expect(report.faults == [] && report.appliedSequence == 5)
    let hazards = try #require(report.tables.first { $0.name == "hazards" })
    #expect(hazards.records == 5 && hazards.indexEntries == 15 && hazards.groups == 5)
  }

  private func firstPair(_ environment: Environment, _ tree: Database) throws -> (key: [UInt8], value: [UInt8]) {
    var pair: (key: [UInt8], value: [UInt8]) = ([], [])
    try ReadTransaction(environment).scan(tree, from: [], below: nil, descending: false) {
      (key, value) throws(LMDBError) in
      pair = ([UInt8](copying: key), [UInt8](copying: value))
      return false
    }
    return pair
  }

  private func perform(_ harm: Harm, _ folder: TemporaryFolder) throws {
    let environment = try Environment(path: folder.path, .init(mapBytes: 64 << 20, databasesMax: 100))
    let names = [
      "hazards", "hazards.open", "hazards.worklist", "hazards.by_number", "hazards.count_by_state", "hazards.census",
    ]
    let trees = try environment.openDatabases(names)
    let tree =
      switch harm {
      case .lostRecord, .wrongKey, .flippedBit: trees[0]
      case .lostEntry: trees[1]
      case .strayEntry: trees[2]
      case .wrongUniqueEntry: trees[3]
      case .wrongCount, .lostGroup, .strayGroup: trees[4]
      case .wrongStatistics: trees[5]
      }
    var (key, value) = try firstPair(environment, tree)
    switch harm {
    case .lostRecord, .lostEntry, .lostGroup:
      var transaction = try WriteTransaction(environment)
      try key.withRawSpan { (key) throws(LMDBError) in _ = try transaction.delete(tree, key: key) }
      return try transaction.commit()
    case .strayEntry: key[key.count - 1] = 0xee
    case .strayGroup: (key[key.count - 1], value) = (0xee, [1, 0, 0, 0, 0, 0, 0, 0])
    case .wrongUniqueEntry: value[value.count - 1] = 4
    case .wrongCount, .wrongStatistics: value[0] = 7
    case .wrongKey: key[key.count - 1] = 99
    case .flippedBit: value[value.count - 1] ^= 1
    }
    var transaction = try WriteTransaction(environment)
    try key.withRawSpan { (key) throws(LMDBError) in
      try value.withRawSpan { (value) throws(LMDBError) in try transaction.put(tree, key: key, value: value) }
    }
    try transaction.commit()
  }

  @Test(arguments: Harm.allCases)
  private func `every harm is found`(harm: Harm) throws {
    let folder = TemporaryFolder()
    try filled(folder)
    try perform(harm, folder)
    let faults = try Snapshot(StateStore(path: folder.path, mapBytes: 64 << 20)).verify().faults
    #expect(faults.contains { $0.contains(harm.rawValue) }, "\(faults)")
  }
}
