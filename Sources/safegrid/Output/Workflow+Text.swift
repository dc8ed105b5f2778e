import Records

// How a workflow is shown to people: drawn, and as a table.

extension Workflow {
  var description: String { [title.heading, drawing, table].joined(separator: "\n\n") }

  /// The states with the events that lead out of them, in the order of the table.
  private var drawing: String {
    var lines: [String] = []
    let begins = rows.filter(\.from.isEmpty)
    let width = rows.map { TextTable.width($0.event.heading) }.max() ?? 0
    func arrow(_ row: WorkflowRow) -> String {
      let event = row.event.heading
      let line = String(repeating: "─", count: width - TextTable.width(event) + 1)
      return "─ \(event) \(line)► \(row.next.map(heading(ofState:)) ?? "↺")"
    }
    for row in begins { lines.append("○ \(arrow(row))") }
    for state in states {
      let leaving = rows.filter { $0.from.contains(state.name) }
      lines += ["", state.heading + (step(ofState: state.name).map { "  [\($0)]" } ?? "")]
      for (index, row) in leaving.enumerated() { lines.append((index == leaving.count - 1 ? " └" : " ├") + arrow(row)) }
      // Nothing leads out of it.
      if leaving.isEmpty { lines.append(" ■") }
    }
    return lines.joined(separator: "\n")
  }

  /// The step of the loop that the deployment counts a state to.
  private func step(ofState name: String) -> String? {
    title.name == "hazard" ? HazardState.allKnown.first { $0.name == name }?.step : nil
  }

  private func heading(ofState name: String) -> String { states.first { $0.name == name }?.heading ?? name }

  private var table: String {
    var table = TextTable([
      localized("event", "操作"), localized("from", "起始状态"), localized("to", "目标状态"), localized("who", "何人"),
      localized("roles", "角色"), localized("if", "条件"), localized("deadline", "期限"), localized("then", "结果"),
    ])
    for row in rows {
      table.add([
        row.event.name, row.from.joined(separator: " "), row.next ?? "", row.who.text, row.roles.joined(separator: " "),
        row.guards.map(\.text).joined(separator: ", "), row.deadline.text,
        row.effects.map(\.text).joined(separator: ", "),
      ])
    }
    return table.text()
  }
}

extension WorkflowTerm {
  var text: String { localized(english, chinese) }
  /// As it is typed, and as people call it.
  fileprivate var heading: String { "\(name) \(text)" }
}
