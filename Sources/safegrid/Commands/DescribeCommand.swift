import ArgumentParser
import Schema

struct DescribeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe", abstract: "Says what the daemon offers: services, methods, records, errors, tables.",
    discussion: """
      Examples: safegrid describe; safegrid describe Hazard; safegrid describe Hazard.submit; safegrid describe Grid
      The daemon describes itself, so that this works with any version of it. `safegrid call Reflection.interface` \\
      prints the description as it stands in the IDL.
      """)
  @Argument(
    help: "A service, a method (SERVICE.METHOD), a record, an enum, an error or a table. Default: all services.")
  var name: String?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let schema = try await options.open().schema()
    guard let name else { return try put(schema.services.map(\.overview).joined(separator: "\n\n")) }
    let texts = schema.descriptions(of: name)
    guard !texts.isEmpty else {
      let near = schema.names(near: name)
      throw InputFault(
        "the daemon has nothing named \(name)\(near.isEmpty ? "" : "; it has \(near.joined(separator: ", "))")")
    }
    try put(texts.joined(separator: "\n\n"))
  }
}
