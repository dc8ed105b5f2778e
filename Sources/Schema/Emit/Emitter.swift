/// Prints a schema in one language. An emitter decides nothing: the schema is checked and complete before it begins, and
/// the same schema always gives the same text.
///
/// A new language takes a folder beside `Swift` and `Python` with a type that conforms to this, and a case in
/// ``Language``.
package protocol Emitter {
  /// The files of one part. Their names are those that they have in the folder of generated code.
  static func files(of part: Part, _ schema: Schema, sources: [IDLFile]) -> [GeneratedFile]
}

/// An IDL file that a schema was read from.
package typealias IDLFile = (name: String, text: String)

/// What is printed of a package.
package enum Part: String, Sendable, CaseIterable {
  /// Types of the product and its refusals; where the daemon needs them, requests and tables.
  case records
  /// What calls, and for the daemon what is called.
  case services
  /// Types of the protocol's own envelopes.
  case envelopes

  /// The parts that a package has: the protocol's own has no services.
  package static func all(of schema: Schema) -> [Part] {
    schema.services.isEmpty ? [.envelopes] : [.records, .services]
  }
}

/// The languages that there is an emitter for.
package enum Language: String, Sendable, CaseIterable {
  case swift, python

  package var emitter: any Emitter.Type {
    switch self {
    case .swift: SwiftEmitter.self
    case .python: PythonEmitter.self
    }
  }
}

/// A file that an emitter produces.
package struct GeneratedFile: Sendable, Equatable {
  package let name: String
  package let text: String
}
