/// What `idlc generate --language` writes: one line of `all` for each.
package struct Language: Sendable {
  package let name: String
  package let summary: String
  /// Prints the schema; decides nothing, and gives the same files for the same schema.
  package let files: @Sendable (Schema) -> [GeneratedFile]

  /// Swift is not among them: its parts go to three modules, at each build.
  package static let all: [Language] = [
    Language(name: "python", summary: "Python 3.11, for Clients/python") { PythonEmitter(schema: $0).files() },
    Language(name: "proto", summary: "protobuf, proto3: one .proto") { ProtoEmitter($0).files() },
    Language(name: "json-schema", summary: "JSON Schema 2020-12 of the JSON form") { JSONSchemaEmitter($0).files() },
  ]
}

/// A file that an emitter produces.
package struct GeneratedFile: Sendable, Equatable {
  package let name: String
  package let text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}
