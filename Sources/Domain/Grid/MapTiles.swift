package import Records
package import Scalars

// Which nodes hold a point: a spatial index in one table. The map is cut into squares of eight sizes; each boundary
// stands in the squares of its size class that its rectangle meets, nine at most. A point is looked up in one square of
// each size, and then in the boundaries whose rectangles hold it.

/// Squares of one size: their side is 2 to the power of `shift` units.
struct TileClass: Equatable {
  let shift: UInt64

  /// From about 90 metres to the widest boundary that may be drawn, each four times as wide as the one before.
  static let all = stride(from: UInt64(13), through: 27, by: 2).map(TileClass.init)

  /// The one whose squares are at least half as wide as the box, so that it meets three by three at most.
  static func of(_ box: MapBox) -> TileClass {
    all.first { box.span <= Int64(2) << Int64($0.shift) } ?? all[all.count - 1]
  }

  func tile(holding point: MapPoint) -> UInt64 { number(column(point.x), column(point.y)) }

  func tiles(meeting box: MapBox) -> [UInt64] {
    (column(box.west)...column(box.east)).flatMap { x in
      (column(box.south)...column(box.north)).map { y in number(x, y) }
    }
  }

  /// Moved to start at zero; the widest coordinates have 32 bits.
  private func column(_ units: Int64) -> UInt64 { UInt64(units + 1 << 31) >> shift }
  private func number(_ x: UInt64, _ y: UInt64) -> UInt64 { shift << 56 | x << 28 | y }
}

/// Boundaries of one size class that may stand in a square, so that a lookup is bounded. Areas of this size that do not
/// overlap are a dozen; the rest is for slivers and for levels above each other.
private let entriesOfATileMax = 64

/// Enters a boundary into its squares.
func enterTiles(
  _ code: GridCode, _ box: MapBox, _ state: inout some State & ~Copyable
) throws(Refusal) {
  let entry = TileEntry(
    code: code, west: Int32(box.west), south: Int32(box.south), east: Int32(box.east), north: Int32(box.north))
  for number in TileClass.of(box).tiles(meeting: box) {
    var tile = try state.record(MapTilesTable.self, .init(tile: number)) ?? MapTile(tile: number)
    guard tile.entries.count < entriesOfATileMax else {
      let place = MapPoint(x: box.west, y: box.south)
      let reason = Label(
        "\(entriesOfATileMax) boundaries of its size meet near \(place) already",
        "\(place)附近已有\(entriesOfATileMax)个同等大小的边界")
      throw .boundaryRefused(BoundaryRefused(code: code, reason: reason))
    }
    tile.entries.append(entry)
    state.put(MapTilesTable.self, tile)
  }
}

func leaveTiles(_ code: GridCode, _ box: MapBox, _ state: inout some State & ~Copyable) throws(Refusal) {
  for number in TileClass.of(box).tiles(meeting: box) {
    guard var tile = try state.record(MapTilesTable.self, .init(tile: number)) else { continue }
    tile.entries.removeAll { $0.code == code }
    state.put(MapTilesTable.self, tile)
  }
}

/// The lowest nodes whose boundary holds the point, in order of their codes: one, unless boundaries under different
/// parents overlap.
///
/// Reads one square of each of the eight sizes, and the boundaries whose rectangle holds the point, from the lowest level
/// up to the first that holds it.
package func locate(
  _ vertex: Vertex, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [GridCode] {
  let point = MapPoint(vertex)
  var candidates: [GridCode] = []
  for size in TileClass.all {
    guard let tile = try reader.record(MapTilesTable.self, .init(tile: size.tile(holding: point))) else { continue }
    candidates += tile.entries.filter { $0.box.contains(point) }.map(\.code)
  }
  var found: [GridCode] = []
  for code in candidates.sorted(by: { ($1.depth, $0) < ($0.depth, $1) }) {
    if let lowest = found.first, lowest.depth > code.depth { break }
    if try reader.record(BoundariesTable.self, .init(code: code))?.rings.contains(point) == true { found.append(code) }
  }
  return found
}

extension TileEntry {
  fileprivate var box: MapBox {
    MapBox(MapPoint(x: Int64(west), y: Int64(south)), MapPoint(x: Int64(east), y: Int64(north)))
  }
}
