/// Looks for what the compiler accepts and a reader would not: see `LintRule.all`.
///
/// A comment `// lint: allow METHOD_OPEN: the reason` lets the declaration behind it be, and must name why.
package struct Lint {
  package private(set) var findings: [Finding] = []

  /// - Parameter files: those that the schema was read from.
  package init(_ schema: Schema, files: [(name: String, text: String)]) {
    let facts = LintFacts(schema)
    var found = LintRule.all.flatMap { rule in
      rule.find(facts).map { Finding(rule: rule.id, location: $0.heading.location, message: $0.message) }
    }
    for (file, text) in files {
      for allowance in Allowance.all(in: file, text, of: schema) {
        let count = found.count
        if allowance.hasReason {
          found.removeAll { $0.rule == allowance.rule && $0.location == allowance.target }
        }
        guard found.count == count else { continue }
        let message =
          allowance.hasReason
          ? "nothing is found here that \(allowance.rule) would forbid; remove the comment"
          : "the reason is missing; write // lint: allow \(allowance.rule): why"
        found.append(Finding(rule: LintRule.uselessAllowance, location: allowance.location, message: message))
      }
    }
    findings = found.inOrder
  }
}

/// A comment that lets one finding be.
private struct Allowance {
  let rule: String
  let hasReason: Bool
  let location: Location
  /// The first declaration behind the comment.
  let target: Location?

  static func all(in file: String, _ text: String, of schema: Schema) -> [Allowance] {
    var lexer = Lexer(file: file, text: text, keepsComments: true)
    // The file was read without faults before.
    var faults: [Diagnostic] = []
    let headings = schema.headings.map(\.location).filter { $0.file == file }
    return lexer.tokens(faults: &faults).compactMap { token in
      guard case .comment(let comment) = token.kind, comment.hasPrefix("// lint: allow ") else { return nil }
      let parts = comment.dropFirst("// lint: allow ".count).split(separator: ":", maxSplits: 1)
      let reason = parts.count < 2 ? "" : parts[1].drop { $0 == " " }
      let behind = headings.filter { ($0.line, $0.column) > (token.location.line, token.location.column) }
      return Allowance(
        rule: parts.first.map { String($0.filter { $0 != " " }) } ?? "", hasReason: !reason.isEmpty,
        location: token.location, target: behind.min { ($0.line, $0.column) < ($1.line, $1.column) })
    }
  }
}

extension Schema {
  /// Of everything that is declared, members included.
  var headings: [Heading] {
    let records = records + errors.map(\.record)
    var headings = records.flatMap { [$0.heading] + $0.fields.map(\.heading) }
    headings += enums.flatMap { [$0.heading] + $0.values.map(\.heading) }
    headings += services.flatMap { [$0.heading] + $0.methods.map(\.heading) }
    headings += tables.flatMap { table in
      [table.heading] + table.indexes.map(\.heading) + table.aggregates.map(\.heading)
    }
    return headings
  }
}
