extension Vertex {
  /// The nearest vertex; `nil` for what is no place on earth.
  package init?(_ point: Point) {
    guard abs(point.longitude) <= 180, abs(point.latitude) <= 90 else { return nil }
    self.init(
      longitude: Int32((point.longitude * Self.unitsOfADegree).rounded()),
      latitude: Int32((point.latitude * Self.unitsOfADegree).rounded()))
  }

  private static let unitsOfADegree = 10_000_000.0
}
