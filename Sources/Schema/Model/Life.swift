/// When a declaration came, whether it should still be used, and what it was called before.
package struct Life: Sendable, Equatable {
  /// The version of the product that had it first, such as `1.2`.
  package internal(set) var since: String?
  /// Why it should no longer be used, and what takes its place. It works as before.
  package internal(set) var deprecation: String?
  /// What it was called in earlier versions. JSON with a former name of a field or a value is understood, and so is a
  /// call by a former name of a service or method.
  package internal(set) var formerNames: [String] = []

  /// What the generated code and the reference say of it, a sentence a line.
  fileprivate var sentences: [String] {
    var sentences: [String] = []
    if let deprecation { sentences.append("Deprecated: \(deprecation)\(deprecation.hasSuffix(".") ? "" : ".")") }
    if let since { sentences.append("Since \(since).") }
    if !formerNames.isEmpty {
      sentences.append("Formerly \(formerNames.map { "`\($0)`" }.joined(separator: ", ")).")
    }
    return sentences
  }
}

extension Heading {
  package var isDeprecated: Bool { life.deprecation != nil }

  /// Whether it is, or was, called so.
  package func answers(to name: String) -> Bool { self.name == name || life.formerNames.contains(name) }

  /// The documentation, and what the declaration's traits say of it as a whole.
  var explanation: [String] { documentation + life.sentences }
}
