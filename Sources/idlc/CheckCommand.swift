import ArgumentParser
import Schema

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Says what is wrong, or what is declared.",
    discussion: """
      Every fault of a run is named with its place and a way to mend it: on standard error, or with --json as \
      {"faults": [{"file", "line", "column", "message"}]}.
      """)
  @OptionGroup var options: JSONOption
  @OptionGroup var source: SourceFiles

  func run() throws {
    let packages = try source.packages(asJSON: options.json)
    if options.json {
      return show(.members(("faults", .array([])), ("packages", .array(packages.map { Self.counts($0.schema) }))))
    }
    for schema in packages.map(\.schema) {
      print(
        "\(schema.package): \(schema.records.count) records, \(schema.enums.count) enums, "
          + "\(schema.errors.count) errors, \(schema.tables.count) tables, \(schema.services.count) services")
    }
  }

  private static func counts(_ schema: Schema) -> JSONValue {
    .members(
      ("name", .string(schema.package)), ("records", .integer(Int64(schema.records.count))),
      ("enums", .integer(Int64(schema.enums.count))), ("errors", .integer(Int64(schema.errors.count))),
      ("tables", .integer(Int64(schema.tables.count))), ("services", .integer(Int64(schema.services.count))))
  }
}
