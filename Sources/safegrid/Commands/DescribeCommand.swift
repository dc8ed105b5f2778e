import API
import ArgumentParser
import Client
import Records
import Schema

struct DescribeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "Says what the daemon offers: services, methods, records, errors, tables, roles, workflows.",
    discussion: """
      Examples: safegrid describe; safegrid describe Hazard; safegrid describe Hazard.submit; safegrid describe Grid; \
      safegrid describe grid_member; safegrid describe workflow hazard
      The daemon describes itself, so that this works with any version of it. `safegrid call Reflection.interface` \\
      prints the description as it stands in the IDL.
      """)
  @Argument(
    help: """
      A service, a method (SERVICE.METHOD), a record, an enum, an error, a table or a role; `workflow NAME`. Default: all \
      services.
      """)
  var name: [String] = []
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard name.count <= 1 || name.count == 2 && name[0] == "workflow" else {
      throw ValidationError("name one thing, or workflow NAME")
    }
  }

  func run() async throws {
    let session = try await options.open()
    if name.first == "workflow" { return try await describeWorkflows(named: name.dropFirst().first, of: session) }
    let schema = try await session.schema()
    guard let name = name.first else { return try put(schema.services.map(\.overview).joined(separator: "\n\n")) }
    let texts = schema.descriptions(of: name)
    guard !texts.isEmpty else { throw unknown(name, near: schema.names(near: name)) }
    try put(texts.joined(separator: "\n\n"))
  }

  private func describeWorkflows(named name: String?, of session: Session) async throws {
    let all = try await ReflectionClient(session.connection).workflows(Empty(), session.options).workflows
    guard let name else { return try put(all.map { "\($0.title.name)  \($0.title.text)" }.joined(separator: "\n")) }
    guard let workflow = all.first(where: { $0.title.name == name }) else {
      throw unknown("workflow \(name)", near: all.map(\.title.name))
    }
    try await session.showLocally(workflow) { $0.description }
  }

  private func unknown(_ name: String, near: [String]) -> InputFault {
    InputFault("the daemon has nothing named \(name)\(near.isEmpty ? "" : "; it has \(near.joined(separator: ", "))")")
  }
}
