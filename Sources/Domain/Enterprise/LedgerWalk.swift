import Records
import Scalars

/// Where an object stands in every index of the ledger that is in the order of places.
struct LedgerPlace: Comparable {
  let grid: GridCode
  let id: UInt64

  /// The least place behind this one. A cursor may name any number.
  var next: LedgerPlace {
    id == .max
      ? LedgerPlace(grid: GridCode(unchecked: grid.rawValue + 1), id: 0) : LedgerPlace(grid: grid, id: id + 1)
  }

  static func < (left: LedgerPlace, right: LedgerPlace) -> Bool { (left.grid, left.id) < (right.grid, right.id) }
}

/// A walk through the objects that stand in one of some postings, in the order of places.
struct LedgerWalk {
  /// Objects that have something in common, as an index lists them.
  enum Posting {
    case pair(CharacterPair)
    case flag(EnterpriseFlag)
    case all
  }

  private struct Branch {
    let posting: Posting
    /// What was read and not yet passed.
    var run: ArraySlice<LedgerPlace> = []
    var runLength = 1
    var lastFound: LedgerPlace?
    /// Nothing lies behind the run.
    var isRead = false
  }

  private var branches: [Branch]
  private let end: GridCode

  /// Who goes through all entries reads as many at once; who leaps reads one.
  static let runLengthMax = 64

  init(_ postings: [Posting], in places: ClosedRange<GridCode>) {
    branches = postings.map { Branch(posting: $0) }
    end = places.upperBound
  }

  /// The first object at or behind a place, which is never in front of that of the call before.
  mutating func first(
    from place: LedgerPlace, _ reader: borrowing some RecordReader & ~Copyable, _ touched: inout Int
  ) throws(Refusal) -> LedgerPlace? {
    var least: LedgerPlace?
    for index in branches.indices {
      guard let found = try first(of: &branches[index], from: place, reader, &touched) else { continue }
      least = min(least ?? found, found)
    }
    return least
  }

  private func first(
    of branch: inout Branch, from place: LedgerPlace, _ reader: borrowing some RecordReader & ~Copyable,
    _ touched: inout Int
  ) throws(Refusal) -> LedgerPlace? {
    let passed = branch.run.last
    branch.run = branch.run.drop { $0 < place }
    if branch.run.isEmpty, !branch.isRead {
      branch.runLength = passed != nil && passed == branch.lastFound ? min(2 * branch.runLength, Self.runLengthMax) : 1
      let places = try read(branch.posting, from: place, limit: branch.runLength, reader)
      touched += places.count + 1
      branch.isRead = places.count < branch.runLength
      branch.run = places[...]
    }
    branch.lastFound = branch.run.first
    return branch.lastFound
  }

  private func read(
    _ posting: Posting, from place: LedgerPlace, limit: Int, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> [LedgerPlace] {
    let key = EnterprisesTable.Key(id: place.id)
    switch posting {
    case .pair(let pair):
      let first = EnterprisesByNameIndex.Key(name: pair, grid: place.grid, key: key).encoded
      let range = KeyRange(from: first, through: EnterprisesByNameIndex.prefix(pair, end))
      return try reader.entries(EnterprisesByNameIndex.self, in: range, descending: false, limit: limit)
        .map { LedgerPlace(grid: $0.grid, id: $0.key.id) }
    case .flag(let flag):
      let first = EnterprisesByFlagIndex.Key(flags: flag, grid: place.grid, key: key).encoded
      let range = KeyRange(from: first, through: EnterprisesByFlagIndex.prefix(flag, end))
      return try reader.entries(EnterprisesByFlagIndex.self, in: range, descending: false, limit: limit)
        .map { LedgerPlace(grid: $0.grid, id: $0.key.id) }
    case .all:
      let first = EnterprisesByGridIndex.Key(grid: place.grid, key: key).encoded
      let range = KeyRange(from: first, through: EnterprisesByGridIndex.prefix(end))
      return try reader.entries(EnterprisesByGridIndex.self, in: range, descending: false, limit: limit)
        .map { LedgerPlace(grid: $0.grid, id: $0.key.id) }
    }
  }
}
