import Records
import Scalars

/// Who has the role of a grid member 网格员 in a subtree on a day.
///
/// The people of a cell are those whose grant names the cell; if there are none, those of the nearest node above that has some.
struct GridMembers {
  private var byPlace: [GridCode: [String]] = [:]
  /// By their identifiers, with the grants that count on the day.
  private(set) var people: [String: Person] = [:]

  /// Grants that are looked at, some five microseconds each.
  private static let grantsMax = 20_000

  init(of grid: GridCode, on date: Date, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    let subtree = grid.subtree
    var ranges = [
      KeyRange(
        from: GrantPlacesByGridIndex.prefix(subtree.lowerBound),
        through: GrantPlacesByGridIndex.prefix(subtree.upperBound))
    ]
    // Who serves a whole township serves the village, too.
    for above in grid.ancestorsAndSelf.dropLast() {
      ranges.append(KeyRange(prefix: GrantPlacesByGridIndex.prefix(above)))
    }
    for range in ranges {
      let entries = try reader.entries(
        GrantPlacesByGridIndex.self, in: range, descending: false, limit: Self.grantsMax + 1)
      guard entries.count <= Self.grantsMax else { throw tooLarge(grid, Self.grantsMax, Label("grants", "授权")) }
      for entry in entries { try add(entry.key.person, at: entry.held, on: date, reader) }
    }
  }

  private mutating func add(
    _ id: String, at place: GridCode, on date: Date, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    guard var person = if let known = people[id] { known } else { try reader.record(PersonsTable.self, .init(id: id)) }
    else { return }
    person.grants = person.grants.valid(on: date)
    guard person.grants.contains(where: { $0.role == .gridMember && $0.grid == place }) else { return }
    people[id] = person
    byPlace[place, default: []].append(id)
  }

  /// Who answers for what stands in a node, in the order of their identifiers.
  func members(of grid: GridCode) -> [String] {
    for place in grid.ancestorsAndSelf.reversed() {
      if let members = byPlace[place] { return members }
    }
    return []
  }

  /// Who has the role in a node or in some node below it, in the order of their identifiers.
  func people(in grid: GridCode) -> [String] {
    Set(byPlace.filter { grid.contains($0.key) }.flatMap(\.value)).sorted()
  }

  /// Whether a person has the role over a node.
  func mayServe(_ person: String, _ grid: GridCode) -> Bool {
    people[person]?.grants.contains { $0.role == .gridMember && ($0.grid?.contains(grid) ?? true) } ?? false
  }
}
