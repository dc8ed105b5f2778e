import Domain
import Example
import Records
import Scalars
import Support
import Testing

/// Areas, and which of them holds a point.
@Suite struct BoundaryTests {
  /// A ring around corners given in steps of 0.001 degrees from a point in the county.
  private static func ring(_ corners: [(Int, Int)]) -> Ring {
    Ring(vertices: (corners + corners.prefix(1)).map { vertex($0.0, $0.1) })
  }

  private static func vertex(_ x: Int, _ y: Int) -> Vertex {
    Vertex(longitude: 1_138_000_000 + Int32(x) * 10_000, latitude: 292_000_000 + Int32(y) * 10_000)
  }

  private static func rectangle(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> Ring {
    ring([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
  }

  private static func cell(_ number: UInt64) -> GridCode { GridCode(unchecked: World.village.rawValue + number) }

  /// A village of cells without boundaries.
  private func world(cells: UInt64) throws -> World {
    var world = try World()
    let rows = (1...cells).map { CellRow(code: Self.cell($0), name: "x") }
    try world.act(.gridPutCells(PutCells(village: World.village, cells: rows)), by: "to")
    return world
  }

  private func draw(_ world: inout World, _ number: UInt64, _ rings: [Ring]) -> String? {
    do throws(Refusal) {
      try world.act(.gridPutBoundary(PutBoundary(code: Self.cell(number), rings: rings)), by: "to")
      return nil
    } catch {
      return error.message.english
    }
  }

  private static let refusedRings: [([Ring], String)] = [
    ([ring([(0, 0), (4, 4), (4, 0), (0, 4)])], "its lines cross or touch each other near 113.8040000 29.2040000"),
    ([ring([(0, 0), (4, 0), (2, 0), (4, 4)])], "its lines cross or touch each other near 113.8040000 29.2000000"),
    ([ring([(0, 0), (4, 0), (4, 4), (2, 0)])], "its lines cross or touch each other near 113.8040000 29.2000000"),
    ([ring([(0, 0), (4, 0), (8, 0)])], "its lines cross or touch each other near 113.8040000 29.2000000"),
    ([ring([(0, 0), (0, 0), (4, 4), (0, 4)])], "a vertex stands twice in a row at 113.8000000 29.2000000"),
    (
      [Ring(vertices: [vertex(0, 0), vertex(4, 0), vertex(4, 4), vertex(0, 4)])],
      "a ring ends at its first vertex and has three corners at least"
    ),
    (
      [rectangle(0, 0, 4, 4), rectangle(4, 4, 4, 4)], "its lines cross or touch each other near 113.8040000 29.2040000"
    ),
    ([rectangle(0, 0, 30_000, 4)], "it is wider than 20 degrees; are longitude and latitude in the right order?"),
  ]

  @Test(arguments: refusedRings.indices)
  func `lines that cross or touch are refused`(index: Int) throws {
    var world = try world(cells: 1)
    let (rings, reason) = Self.refusedRings[index]
    #expect(draw(&world, 1, rings) == "The boundary of grid 421222100001001 is refused: \(reason).")
    #expect(world.model.all(BoundariesTable.self).isEmpty && world.model.all(MapTilesTable.self).isEmpty)
  }

  @Test func `siblings touch, but do not overlap`() throws {
    let middle = Self.rectangle(0, 0, 10, 10)
    // Each beside, around or inside a square, and whether it has an inside in common with it.
    let others: [([Ring], Bool)] = [
      ([Self.rectangle(10, 0, 10, 10)], false), ([Self.rectangle(10, 10, 5, 5)], false),
      ([Self.rectangle(10, 3, 5, 4)], false), ([Self.ring([(10, 5), (20, 0), (20, 10)])], false),
      ([Self.ring([(0, 0), (10, 0), (5, -5)])], false), ([Self.rectangle(11, 0, 10, 10)], false),
      // A hole of the other's size, exactly filled; and one that is smaller.
      ([Self.rectangle(-5, -5, 20, 20), middle], false),
      ([Self.rectangle(-5, -5, 20, 20), Self.rectangle(1, 1, 8, 8)], true),
      ([middle], true), ([Self.ring([(0, 10), (10, 10), (10, 0), (0, 0)])], true),
      ([Self.rectangle(9, 0, 10, 10)], true),
      ([Self.rectangle(2, 2, 3, 3)], true), ([Self.rectangle(-5, -5, 20, 20)], true),
      ([Self.rectangle(0, 0, 5, 10)], true), ([Self.ring([(0, 0), (10, 10), (0, 10)])], true),
      // Crossing only in corners: a diamond whose tips lie on the sides, and a cross through the corners.
      ([Self.ring([(5, 0), (10, 5), (5, 10), (0, 5)])], true), ([Self.ring([(0, 0), (5, 5), (0, 5)])], true),
      ([Self.ring([(-5, -5), (15, 15), (-5, 15)])], true),
    ]
    for (index, (rings, overlaps)) in others.enumerated() {
      for isFirst in [true, false] {
        var world = try world(cells: 2)
        #expect(draw(&world, 1, isFirst ? [middle] : rings) == nil, "\(index)")
        let refusal = draw(&world, 2, isFirst ? rings : [middle])
        #expect((refusal != nil) == overlaps, "\(index): \(refusal ?? "accepted")")
        if overlaps {
          #expect(refusal?.contains("it overlaps that of grid 421222100001001 near 113.") == true)
        }
      }
    }
  }

  @Test func `a boundary can be drawn anew, taken away, and its place given to another`() throws {
    var world = try world(cells: 2)
    #expect(draw(&world, 1, [Self.rectangle(0, 0, 10, 10)]) == nil)
    #expect(try locate(Self.vertex(5, 5), in: world.model) == [Self.cell(1)])
    #expect(draw(&world, 1, [Self.rectangle(10, 0, 10, 10)]) == nil)
    #expect(try locate(Self.vertex(5, 5), in: world.model) == [])
    #expect(draw(&world, 2, [Self.rectangle(0, 0, 10, 10)]) == nil)
    #expect(try locate(Self.vertex(5, 5), in: world.model) == [Self.cell(2)])
    #expect(draw(&world, 2, []) == nil)
    #expect(draw(&world, 1, [Self.rectangle(0, 0, 20, 10)]) == nil)
    #expect(try locate(Self.vertex(5, 5), in: world.model) == [Self.cell(1)])
    #expect(throws: Refusal.self) {
      try world.act(.gridPutBoundary(PutBoundary(code: Self.cell(1), expectedVersion: 2, rings: [])), by: "to")
    }
  }

  @Test func `the lowest node counts, a point on a shared line lies in one cell, and a hole in none`() throws {
    var world = try world(cells: 3)
    try world.act(
      .gridPutBoundary(PutBoundary(code: World.village, rings: [Self.rectangle(-50, -50, 100, 100)])), by: "to")
    #expect(draw(&world, 1, [Self.rectangle(0, 0, 10, 10), Self.rectangle(4, 4, 2, 2)]) == nil)
    #expect(draw(&world, 2, [Self.rectangle(10, 0, 10, 10)]) == nil)
    #expect(draw(&world, 3, [Self.rectangle(0, 10, 20, 10)]) == nil)
    #expect(try locate(Self.vertex(1, 1), in: world.model) == [Self.cell(1)])
    #expect(try locate(Self.vertex(5, 5), in: world.model) == [World.village])
    #expect(try locate(Self.vertex(-20, 0), in: world.model) == [World.village])
    #expect(try locate(Self.vertex(60, 0), in: world.model) == [])
    for (x, y) in [(10, 5), (5, 10), (10, 10), (15, 10)] {
      #expect(try locate(Self.vertex(x, y), in: world.model).count == 1, "\(x) \(y)")
    }
  }

  /// Random cells of all sizes, drawn, redrawn and removed; then points everywhere, and on every vertex. What the index
  /// answers is what looking at every boundary answers, and a lookup reads little.
  @Test(arguments: 0..<6)
  func `the index answers as looking at every boundary does`(history: Int) throws {
    var random = SplitMix64(seed: testSeed(UInt64(900 + history)))
    var world = try world(cells: 50)
    var drawn: [UInt64: [Ring]] = [:]
    for _ in 0..<200 {
      let number = 1 + random.next() % 50
      let rings = random.chance(0.1) ? [] : [Self.star(&random)]
      guard draw(&world, number, rings) == nil else { continue }
      drawn[number] = rings.isEmpty ? nil : rings
    }
    #expect(drawn.count > 15, "most of the map is empty")
    let corners = drawn.values.flatMap { $0.flatMap(\.vertices) }
    let points =
      corners
      + (0..<1000).map { _ in
        Vertex(
          longitude: 1_138_000_000 + Int32(random.next() % 4_000_000),
          latitude: 292_000_000 + Int32(random.next() % 4_000_000))
      }
    for point in points {
      let reader = CountingReader(model: world.model)
      let found = try locate(point, in: reader)
      #expect(found == drawn.filter { Self.holds($0.value, point) }.map { Self.cell($0.key) }.sorted(), "\(point)")
      #expect(reader.count.reads <= 8 + 6, "eight squares, and the boundaries around the point")
    }
  }

  /// A star-shaped polygon of random size: it does not cross itself.
  private static func star(_ random: inout SplitMix64) -> Ring {
    let size = Int64(1) << Int64(8 + random.next() % 13)
    let (x, y) = (Int64(random.next() % 4_000_000), Int64(random.next() % 4_000_000))
    // Directions around the circle, in order, as whole numbers.
    let directions: [(Int64, Int64)] = [(4, 0), (3, 2), (0, 4), (-2, 3), (-4, 0), (-3, -2), (0, -4), (2, -3)]
    var ring = Ring()
    for (dx, dy) in directions where random.chance(0.8) {
      let radius = size / 2 + Int64(random.next() % UInt64(size / 2))
      ring.vertices.append(
        Vertex(
          longitude: Int32(1_138_000_000 + x + dx * radius / 4), latitude: Int32(292_000_000 + y + dy * radius / 4)))
    }
    if let first = ring.vertices.first { ring.vertices.append(first) }
    return ring
  }

  /// Written another way than the rules have it: the winding of floating-point crossings.
  private static func holds(_ rings: [Ring], _ point: Vertex) -> Bool {
    var crossings = 0
    for ring in rings {
      for index in 0..<(ring.vertices.count - 1) {
        let (a, b) = (ring.vertices[index], ring.vertices[index + 1])
        guard (a.latitude > point.latitude) != (b.latitude > point.latitude) else { continue }
        let (ax, ay) = (Double(a.longitude), Double(a.latitude))
        let (bx, by) = (Double(b.longitude), Double(b.latitude))
        let x = ax + (Double(point.latitude) - ay) / (by - ay) * (bx - ax)
        if Double(point.longitude) < x { crossings += 1 }
      }
    }
    return crossings % 2 == 1
  }
}

/// Counts what is read of a model.
private struct CountingReader: RecordReader {
  final class Count {
    var reads = 0
  }

  let model: Model
  let count = Count()

  func record<T: Table>(_ table: T.Type, _ key: T.Key) throws(Refusal) -> T.Record? {
    count.reads += 1
    return try model.record(table, key)
  }

  func record<I: UniqueIndex>(_ index: I.Type, _ key: I.Key) throws(Refusal) -> I.Base.Record? {
    count.reads += 1
    return try model.record(index, key)
  }

  func keys<T: Table>(
    _ table: T.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [T.Key] {
    count.reads += limit
    return try model.keys(table, in: range, descending: descending, limit: limit)
  }

  func entries<I: OrderedIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key] {
    count.reads += limit
    return try model.entries(index, in: range, descending: descending, limit: limit)
  }

  func entries<I: UniqueIndex>(
    _ index: I.Type, in range: KeyRange, descending: Bool, limit: Int
  ) throws(Refusal) -> [I.Key] {
    count.reads += limit
    return try model.entries(index, in: range, descending: descending, limit: limit)
  }
}
