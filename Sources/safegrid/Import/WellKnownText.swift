import Records

/// Areas as maps write them: `POLYGON ((113.80 29.20, 113.81 29.20, …), (hole …))` or `MULTIPOLYGON (((…)), ((…)))`, degrees
/// east before degrees north (OGC 06-103r4).
enum WellKnownText {
  /// The rings of an area: every innermost pair of brackets.
  static func rings(_ text: String) throws(LineReason) -> [Ring] {
    let text = text.filter { !$0.isNewline }
    guard let open = text.firstIndex(of: "("), ["POLYGON", "MULTIPOLYGON"].contains(word(text[..<open])) else {
      throw LineReason(
        "\"\(text.prefix(40))\" does not begin with POLYGON (( or MULTIPOLYGON (((",
        "“\(text.prefix(40))”不以POLYGON ((或MULTIPOLYGON (((开头")
    }
    var rings: [Ring] = []
    for piece in text[open...].split(separator: "(") {
      guard let end = piece.firstIndex(of: ")") else { continue }
      var ring = Ring()
      for pair in piece[..<end].split(separator: ",") { ring.vertices.append(try vertex(pair)) }
      rings.append(ring)
    }
    return rings
  }

  static func text(_ rings: [Ring]) -> String {
    let lines = rings.map { ring in
      "(" + ring.vertices.map { "\(degrees($0.longitude)) \(degrees($0.latitude))" }.joined(separator: ", ") + ")"
    }
    return "POLYGON (" + lines.joined(separator: ", ") + ")"
  }

  private static func word(_ text: Substring) -> String { text.filter { $0 != " " }.uppercased() }

  private static func vertex(_ pair: Substring) throws(LineReason) -> Vertex {
    let numbers = pair.split(separator: " ").compactMap { Double($0) }
    guard numbers.count == 2, let vertex = Vertex(Point(longitude: numbers[0], latitude: numbers[1])) else {
      throw LineReason("\"\(pair)\" is not degrees east and north", "“\(pair)”不是经度和纬度")
    }
    return vertex
  }

  private static func degrees(_ units: Int32) -> String {
    let fraction = String(units.magnitude % 10_000_000)
    return "\(units < 0 ? "-" : "")\(units.magnitude / 10_000_000)."
      + String(repeating: "0", count: 7 - fraction.utf8.count) + fraction
  }
}
