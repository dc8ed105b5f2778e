/// What `idlc generate --language` writes: one line of `all` for each.
package struct Language: Sendable {
  package let name: String
  package let summary: String
  /// Prints the schema; decides nothing, and gives the same files for the same schema.
  package let files: @Sendable (Schema) -> [GeneratedFile]

  /// Swift is not among them: its parts go to three modules, at each build.
  package static let all: [Language] = [
    Language(name: "proto", summary: "protobuf, proto3: one .proto") { ProtoEmitter($0).files() },
    Language(name: "json-schema", summary: "JSON Schema 2020-12 of the JSON form") { JSONSchemaEmitter($0).files() },
  ]
}
