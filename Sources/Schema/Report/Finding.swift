/// What `idlc lint` or `idlc breaking` says of one place: the rule that it breaks, what is wrong, and what to do.
package struct Finding: Sendable, Equatable, CustomStringConvertible {
  package let rule: String
  package let location: Location
  package let message: String
  /// At which levels a change breaks; empty for lint.
  package let levels: [BreakingLevel]

  package init(rule: String, location: Location, message: String, levels: [BreakingLevel] = []) {
    self.rule = rule
    self.location = location
    self.message = message
    self.levels = levels
  }

  /// The form that compilers use, with the rule behind it.
  package var description: String {
    let kind = levels.isEmpty ? "warning" : "error"
    let levels = levels.isEmpty ? "" : " " + levels.map(\.rawValue).joined(separator: ", ")
    return "\(location.file):\(location.line):\(location.column): \(kind): \(message) [\(rule)\(levels)]"
  }
}

extension [Finding] {
  /// In the order of files, lines and columns.
  package var inOrder: [Finding] {
    sorted {
      ($0.location.file, $0.location.line, $0.location.column, $0.rule)
        < ($1.location.file, $1.location.line, $1.location.column, $1.rule)
    }
  }
}
