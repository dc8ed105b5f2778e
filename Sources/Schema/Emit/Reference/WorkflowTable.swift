/// A workflow as the daemon describes it: the answer of `Reflection.workflows` holds a list of such.
package struct WorkflowTable: Sendable {
  /// A name with its labels.
  package struct Term: Sendable {
    package let name: String
    package let english: String
    package let chinese: String

    package init(name: String, english: String, chinese: String) {
      self.name = name
      self.english = english
      self.chinese = chinese
    }
  }

  /// From any of these states, on this event, by these people, if the guards hold, to that state.
  package struct Row: Sendable {
    package let event: Term
    /// Empty: the event begins a case.
    package let from: [String]
    /// Absent: the state stays.
    package let next: String?
    package let who: Term
    package let roles: [String]
    package let guards: [Term]
    package let deadline: Term
    package let effects: [Term]

    package init(
      event: Term, from: [String], next: String?, who: Term, roles: [String], guards: [Term], deadline: Term,
      effects: [Term]
    ) {
      self.event = event
      self.from = from
      self.next = next
      self.who = who
      self.roles = roles
      self.guards = guards
      self.deadline = deadline
      self.effects = effects
    }
  }

  package let title: Term
  package let states: [Term]
  package let rows: [Row]

  package init(title: Term, states: [Term], rows: [Row]) {
    self.title = title
    self.states = states
    self.rows = rows
  }

  /// What leads from one state to another, in the order of the rows; without a `from` where a case begins.
  private struct Edge {
    let from: String?
    let to: String
    var events: [String]
  }

  private var edges: [Edge] {
    var edges: [Edge] = []
    for row in rows {
      guard let next = row.next else { continue }
      for from in row.from.isEmpty ? [nil] : row.from.map(Optional.some) {
        if let index = edges.firstIndex(where: { $0.from == from && $0.to == next }) {
          edges[index].events.append(row.event.name)
        } else {
          edges.append(Edge(from: from, to: next, events: [row.event.name]))
        }
      }
    }
    return edges
  }

  /// A diagram in the language that GitHub draws.
  var mermaid: String {
    let edges = edges
    var lines = ["stateDiagram-v2"]
    lines += states.map { "  state \"\($0.english) \($0.chinese)\" as \($0.name)" }
    lines += edges.map { "  \($0.from ?? "[*]") --> \($0.to): \($0.events.joined(separator: ", "))" }
    lines += states.filter { state in !edges.contains { $0.from == state.name } }.map { "  \($0.name) --> [*]" }
    return lines.joined(separator: "\n")
  }

  // MARK: SVG

  private static let (boxWidth, boxHeight, stepX, stepY, margin) = (130, 40, 190, 64, 30)

  /// The states in columns by how many steps lead to them; an arrow names its events when it is pointed at.
  var svg: String {
    let edges = edges
    let columns = columns(edges)
    var corners: [String: (x: Int, y: Int)] = [:]
    for (x, column) in columns.enumerated() {
      for (y, state) in column.enumerated() {
        corners[state] = (Self.margin + x * Self.stepX, Self.margin + y * Self.stepY)
      }
    }
    let width = columns.count * Self.stepX
    let height = (columns.map(\.count).max() ?? 0) * Self.stepY + 2 * Self.margin
    var lines = [
      "<svg viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" role=\"img\">",
      "<defs><marker id=\"arrow-\(title.name)\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" "
        + "markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>",
    ]
    for edge in edges {
      guard let to = corners[edge.to] else { continue }
      let path = Self.path(from: edge.from.flatMap { corners[$0] }, to: to)
      let title = Reference.asHTML("\(edge.from ?? "") → \(edge.to): \(edge.events.joined(separator: ", "))")
      lines.append("<path d=\"\(path)\" marker-end=\"url(#arrow-\(self.title.name))\"><title>\(title)</title></path>")
    }
    for state in states {
      guard let corner = corners[state.name] else { continue }
      let middle = corner.x + Self.boxWidth / 2
      lines.append(
        "<rect x=\"\(corner.x)\" y=\"\(corner.y)\" width=\"\(Self.boxWidth)\" height=\"\(Self.boxHeight)\" rx=\"6\"/>")
      lines.append("<text x=\"\(middle)\" y=\"\(corner.y + 16)\">\(Reference.asHTML(state.english))</text>")
      lines.append("<text x=\"\(middle)\" y=\"\(corner.y + 32)\">\(Reference.asHTML(state.chinese))</text>")
    }
    return (lines + ["</svg>"]).joined(separator: "\n")
  }

  /// States by their distance from where most cases begin: the first such state. What nothing leads to stands there, too.
  private func columns(_ edges: [Edge]) -> [[String]] {
    var columns: [[String]] = []
    let first = states.first { state in edges.contains { $0.to == state.name && $0.from == nil } }?.name
    var open = states.map(\.name).filter { name in name == first || !edges.contains { $0.to == name } }
    var placed: Set<String> = []
    while !open.isEmpty {
      placed.formUnion(open)
      columns.append(open)
      let reached = Set(edges.filter { $0.from.map(open.contains) ?? false }.map(\.to)).subtracting(placed)
      open = states.map(\.name).filter(reached.contains)
    }
    return columns
  }

  private static func path(from: (x: Int, y: Int)?, to: (x: Int, y: Int)) -> String {
    let half = boxHeight / 2
    guard let from else { return "M\(to.x - margin) \(to.y + half)L\(to.x) \(to.y + half)" }
    if from.x < to.x {
      let (x, y) = (from.x + boxWidth, from.y + half)
      return "M\(x) \(y)C\(x + 40) \(y) \(to.x - 40) \(to.y + half) \(to.x) \(to.y + half)"
    }
    // Back, below the boxes.
    let (start, end) = (from.x + half, to.x + boxWidth - half)
    let low = max(from.y, to.y) + boxHeight + 24
    return "M\(start) \(from.y + boxHeight)C\(start) \(low) \(end) \(low) \(end) \(to.y + boxHeight)"
  }
}
