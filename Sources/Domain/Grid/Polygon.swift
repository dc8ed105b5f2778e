import Records

// Plane geometry in whole numbers: nothing is rounded, so that every daemon decides alike. Degrees of longitude and
// latitude are taken as plane coordinates; between vertices a centimetre or a kilometre apart that is how maps draw them.

/// A point in units of 0.0000001 degrees, x eastwards, y northwards.
struct MapPoint: Hashable {
  var x: Int64
  var y: Int64

  init(x: Int64, y: Int64) {
    self.x = x
    self.y = y
  }

  init(_ vertex: Vertex) { self.init(x: Int64(vertex.longitude), y: Int64(vertex.latitude)) }

  static func + (left: MapPoint, right: MapPoint) -> MapPoint { MapPoint(x: left.x + right.x, y: left.y + right.y) }
  static func - (left: MapPoint, right: MapPoint) -> MapPoint { MapPoint(x: left.x - right.x, y: left.y - right.y) }

  /// Positive when `right` lies to the left of this direction. Polygons span at most 2·10⁸ units, also doubled far below
  /// the 2³¹ at which this could overflow.
  func cross(_ right: MapPoint) -> Int64 { x * right.y - y * right.x }
  func dot(_ right: MapPoint) -> Int64 { x * right.x + y * right.y }
}

/// A rectangle, its edges included.
struct MapBox: Hashable {
  var west: Int64
  var south: Int64
  var east: Int64
  var north: Int64

  init(_ one: MapPoint, _ other: MapPoint) {
    west = min(one.x, other.x)
    south = min(one.y, other.y)
    east = max(one.x, other.x)
    north = max(one.y, other.y)
  }

  mutating func include(_ point: MapPoint) {
    west = min(west, point.x)
    south = min(south, point.y)
    east = max(east, point.x)
    north = max(north, point.y)
  }

  func contains(_ point: MapPoint) -> Bool {
    west <= point.x && point.x <= east && south <= point.y && point.y <= north
  }

  func meets(_ other: MapBox) -> Bool {
    west <= other.east && other.west <= east && south <= other.north && other.south <= north
  }

  var span: Int64 { max(east - west, north - south) }
}

struct MapEdge {
  var start: MapPoint
  var end: MapPoint

  var direction: MapPoint { end - start }
  var box: MapBox { MapBox(start, end) }

  /// Positive when the point lies to the left.
  func side(of point: MapPoint) -> Int64 { direction.cross(point - start) }

  /// Whether the point lies on the edge, ends included.
  func holds(_ point: MapPoint) -> Bool { side(of: point) == 0 && box.contains(point) }

  /// Whether the two cross in a point that is no end of either.
  func crosses(_ other: MapEdge) -> Bool {
    let ends = (side(of: other.start).signum(), side(of: other.end).signum())
    let own = (other.side(of: start).signum(), other.side(of: end).signum())
    return ends.0 * ends.1 < 0 && own.0 * own.1 < 0
  }

  /// Whether they have any point in common.
  func touches(_ other: MapEdge) -> Bool {
    box.meets(other.box)
      && (crosses(other) || holds(other.start) || holds(other.end) || other.holds(start) || other.holds(end))
  }
}

extension [Ring] {
  /// Whether the point lies inside an odd number of the rings.
  ///
  /// An edge counts from its lower end up to, but without, its upper one; so of two areas that share an edge, a point on
  /// the edge lies in exactly one.
  func contains(_ point: MapPoint) -> Bool {
    var isInside = false
    for ring in self {
      for (one, other) in zip(ring.vertices, ring.vertices.dropFirst()) {
        let (one, other) = (MapPoint(one), MapPoint(other))
        let (lower, upper) = one.y <= other.y ? (one, other) : (other, one)
        guard lower.y <= point.y, point.y < upper.y else { continue }
        if MapEdge(start: lower, end: upper).side(of: point) > 0 { isInside.toggle() }
      }
    }
    return isInside
  }
}

/// Why rings are no boundary.
struct PolygonFault: Error {
  let reason: Label

  init(_ english: String, _ chinese: String) { reason = Label(english, chinese) }
}

/// The area inside rings that were checked. Its edges are turned so that the inside is on their left.
struct Polygon {
  let edges: [MapEdge]
  let box: MapBox

  /// A village drawn at a scale of 1:10,000 has a few hundred vertices; checking 1,000 against each other takes
  /// half a million comparisons, a few milliseconds of the writer's time.
  static let verticesMax = 1000
  /// No county is wider than 8 degrees.
  static let spanMax: Int64 = 200_000_000

  /// - Parameter isKnown: the rings were checked when they were put.
  init(_ rings: [Ring], isKnown: Bool = false) throws(PolygonFault) {
    guard let first = rings.first?.vertices.first else { throw PolygonFault("it has no vertex", "没有顶点") }
    guard rings.reduce(0, { $0 + $1.vertices.count }) <= Self.verticesMax else {
      throw PolygonFault("it has more than \(Self.verticesMax) vertices; simplify it", "顶点超过\(Self.verticesMax)个，请简化")
    }
    var box = MapBox(MapPoint(first), MapPoint(first))
    for vertex in rings.flatMap(\.vertices) { box.include(MapPoint(vertex)) }
    guard box.span <= Self.spanMax else {
      throw PolygonFault(
        "it is wider than 20 degrees; are longitude and latitude in the right order?", "跨度超过20度，请核对经纬度次序")
    }
    self.box = box
    let lines = try rings.map { (ring) throws(PolygonFault) in try Self.edges(of: ring) }
    if !isKnown { try Self.checkApart(lines) }
    var edges: [MapEdge] = []
    for (index, line) in lines.enumerated() {
      let others = rings.indices.filter { $0 != index }
      let isHole = others.filter { [rings[$0]].contains(line[0].start) }.count % 2 == 1
      edges += (Self.isCounterclockwise(line) == isHole) ? line.reversed().map(\.reversed) : line
    }
    self.edges = edges
  }

  private static func edges(of ring: Ring) throws(PolygonFault) -> [MapEdge] {
    let points = ring.vertices.map { MapPoint($0) }
    guard points.count >= 4, points.first == points.last else {
      throw PolygonFault("a ring ends at its first vertex and has three corners at least", "每一环须首尾闭合，且至少有三个角点")
    }
    let edges = zip(points, points.dropFirst()).map { MapEdge(start: $0, end: $1) }
    if let edge = edges.first(where: { $0.start == $0.end }) {
      throw PolygonFault("a vertex stands twice in a row at \(edge.start)", "\(edge.start)处顶点连续重复")
    }
    return edges
  }

  /// Refuses edges that have anything in common but the corner between neighbours.
  private static func checkApart(_ rings: [[MapEdge]]) throws(PolygonFault) {
    let all = rings.enumerated().flatMap { ring, edges in
      edges.indices.map { (ring: ring, index: $0, edge: edges[$0], box: edges[$0].box) }
    }
    for (position, one) in all.enumerated() {
      for other in all[(position + 1)...] where one.box.meets(other.box) {
        let count = rings[one.ring].count
        if one.ring == other.ring, other.index == one.index + 1 || (one.index == 0 && other.index == count - 1) {
          let (before, after) = other.index == one.index + 1 ? (one.edge, other.edge) : (other.edge, one.edge)
          let turnsBack =
            before.direction.cross(after.direction) == 0 && before.direction.dot(after.direction) < 0
          guard turnsBack else { continue }
        } else {
          guard one.edge.touches(other.edge) else { continue }
        }
        throw PolygonFault("its lines cross or touch each other near \(one.edge.end)", "边界线在\(one.edge.end)附近相交或相接")
      }
    }
  }

  /// The sum of the cross products is twice the area, at most 8·10¹⁶ for a ring that does not cross itself. Sums on the
  /// way may wrap around; the last one is right all the same.
  private static func isCounterclockwise(_ ring: [MapEdge]) -> Bool {
    let origin = ring[0].start
    return ring.reduce(Int64(0)) { $0 &+ ($1.start - origin).cross($1.end - origin) } > 0
  }

  /// A point near which both areas have an inside in common; `nil` when they are apart, or only touch.
  ///
  /// Where lines cross, they overlap. Else each edge is cut at the other's vertices that lie on it; every piece is then
  /// inside, outside or part of the other's line as a whole, and its middle says which. Doubled coordinates keep the
  /// middle a whole number. A piece that is part of both lines has an inside in common if both run in the same direction.
  func overlap(with other: Polygon) -> MapPoint? {
    guard box.meets(other.box) else { return nil }
    return entrance(into: other) ?? other.entrance(into: self)
  }

  private func entrance(into other: Polygon) -> MapPoint? {
    for edge in edges where edge.box.meets(other.box) {
      var cuts: [MapPoint] = [edge.start, edge.end]
      for line in other.edges where line.box.meets(edge.box) {
        if edge.crosses(line) { return line.start }
        if edge.holds(line.start) { cuts.append(line.start) }
      }
      cuts.sort { ($0 - edge.start).dot(edge.direction) < ($1 - edge.start).dot(edge.direction) }
      for (one, next) in zip(cuts, cuts.dropFirst()) where one != next {
        if other.hasInside(leftOf: edge, atMiddleOf: one, next) { return one }
      }
    }
    return nil
  }

  /// Whether the inside reaches the left of the piece of an edge between two points, neither of which any line divides.
  private func hasInside(leftOf edge: MapEdge, atMiddleOf one: MapPoint, _ next: MapPoint) -> Bool {
    let middle = one + next
    var isInside = false
    for line in edges {
      let doubled = MapEdge(start: line.start + line.start, end: line.end + line.end)
      if doubled.holds(middle) { return line.direction.dot(edge.direction) > 0 }
      let (lower, upper) =
        doubled.start.y <= doubled.end.y ? (doubled.start, doubled.end) : (doubled.end, doubled.start)
      guard lower.y <= middle.y, middle.y < upper.y else { continue }
      if MapEdge(start: lower, end: upper).side(of: middle) > 0 { isInside.toggle() }
    }
    return isInside
  }
}

extension MapEdge {
  fileprivate var reversed: MapEdge { MapEdge(start: end, end: start) }
}

extension MapPoint: CustomStringConvertible {
  /// Degrees east and north.
  var description: String { "\(Self.degrees(x)) \(Self.degrees(y))" }

  private static func degrees(_ units: Int64) -> String {
    let fraction = "\(units.magnitude % 10_000_000)"
    return "\(units < 0 ? "-" : "")\(units.magnitude / 10_000_000)."
      + String(repeating: "0", count: 7 - fraction.utf8.count) + fraction
  }
}
