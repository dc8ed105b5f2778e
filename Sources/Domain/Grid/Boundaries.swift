import Records
import Scalars

func putBoundary(
  _ request: PutBoundary, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> BoundaryReceipt {
  _ = try requireLiving(request.code, in: state)
  let old = try state.record(BoundariesTable.self, .init(code: request.code))
  try checkVersion(old?.version ?? 0, request.expectedVersion)
  let boundary = try draw(request.rings, around: request.code, act, &state)
  let vertices = request.rings.reduce(0) { $0 + $1.vertices.count }
  return BoundaryReceipt(code: request.code, vertices: UInt32(vertices), version: boundary.version)
}

/// Checks a boundary, puts it in the place of the one before, and keeps the index.
///
/// - Parameter newSiblings: nodes that the same command makes; lists do not show them yet.
/// - Throws: `boundaryRefused`
@discardableResult
func draw(
  _ rings: [Ring], around code: GridCode, besides newSiblings: [GridCode] = [], _ act: Act,
  _ state: inout some State & ~Copyable
) throws(Refusal) -> Boundary {
  try takeOffMap(code, &state)
  let old = try state.record(BoundariesTable.self, .init(code: code))
  if !rings.isEmpty {
    let polygon: Polygon
    do throws(PolygonFault) { polygon = try Polygon(rings) } catch {
      throw .boundaryRefused(BoundaryRefused(code: code, reason: error.reason))
    }
    try checkApart(polygon, code, besides: newSiblings, in: state)
    try enterTiles(code, polygon.box, &state)
  }
  let boundary = Boundary(
    code: code, rings: rings, updatedAt: act.time, updatedBy: act.actor, version: (old?.version ?? 0) + 1)
  state.put(BoundariesTable.self, boundary)
  return boundary
}

/// Points no longer lie in the node; how it was drawn stays known.
func takeOffMap(_ code: GridCode, _ state: inout some State & ~Copyable) throws(Refusal) {
  guard let box = try state.record(BoundariesTable.self, .init(code: code))?.rings.box else { return }
  try leaveTiles(code, box, &state)
}

/// A node has 999 children at most; counties, which stand under none, are about 3,300 in the whole country.
private let siblingsMax = 10_000

/// Siblings may touch, but not overlap.
private func checkApart(
  _ polygon: Polygon, _ code: GridCode, besides newSiblings: [GridCode], in state: borrowing some State & ~Copyable
) throws(Refusal) {
  let listed = try nodes(atDepth: code.depth, under: code.parent, after: nil, limit: siblingsMax, in: state)
  for sibling in listed + newSiblings where sibling != code {
    guard let rings = try state.record(BoundariesTable.self, .init(code: sibling))?.rings,
      let box = rings.box, box.meets(polygon.box), try retirement(of: sibling, in: state) == nil
    else { continue }
    let other: Polygon
    do throws(PolygonFault) { other = try Polygon(rings, isKnown: true) } catch {
      preconditionFailure("it was checked: \(error)")
    }
    if let place = polygon.overlap(with: other) {
      throw .boundaryRefused(
        BoundaryRefused(
          code: code,
          reason: Label("it overlaps that of grid \(sibling) near \(place)", "与网格\(sibling)的边界在\(place)附近重叠")))
    }
  }
}

extension [Ring] {
  /// The smallest rectangle around them; `nil` for none.
  fileprivate var box: MapBox? {
    var box: MapBox?
    for point in lazy.flatMap(\.vertices).map({ MapPoint($0) }) {
      if box == nil { box = MapBox(point, point) } else { box!.include(point) }
    }
    return box
  }
}
