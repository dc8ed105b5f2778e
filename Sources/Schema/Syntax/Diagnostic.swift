/// A place in an IDL file; lines and columns count from 1, columns in characters.
package struct Location: Sendable, Hashable {
  package let file: String
  package let line: Int
  package let column: Int
}

/// A fault in an IDL file, said so that its author can mend it.
package struct Diagnostic: Error, Sendable, Equatable, CustomStringConvertible {
  package let location: Location
  package let message: String

  /// The form that compilers use, which build tools and editors recognise.
  package var description: String {
    "\(location.file):\(location.line):\(location.column): error: \(message)"
  }
}

/// All that is wrong with a schema.
package struct SchemaFaults: Error, CustomStringConvertible {
  package let diagnostics: [Diagnostic]

  package init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
