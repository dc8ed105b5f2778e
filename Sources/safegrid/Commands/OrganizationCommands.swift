import API
import ArgumentParser
import Client
import Records
import Scalars

struct OrganizationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "organization", abstract: "Organisations that have a part in a node's supervision 机构.",
    subcommands: [OrganizationPutCommand.self, OrganizationListCommand.self])
}

struct OrganizationPutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Enters an organisation, or replaces it as a whole.")
  @Argument(help: "The node that it works for: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Argument(help: "Its name, as grants, objects and cases have it, for example 县应急管理局.") var name: String
  @Option(help: "\(OrganizationKind.allKnown.map(\.name).joined(separator: ", ")).") var kind: OrganizationKind
  @Option(help: "The person to call about it.") var contact: String?
  @Option(help: "The committee in which it sits, or whose special committee it is.") var committeeOf: String?
  @Option(help: "Its first day.") var from: Date?
  @Option(help: "Its last day.") var to: Date?
  @Option(help: "The version that you saw, 0 for none; another one refuses the command.") var expectedVersion: UInt64?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = PutOrganization(
      grid: grid, name: name, expectedVersion: expectedVersion, kind: kind, contact: contact,
      committeeOf: committeeOf, from: from, to: to)
    try session.show(try await OrganizationClient(session.connection).put(request, session.options)) {
      localized("\($0.name): version \($0.version)", "\($0.name)：第\($0.version)版")
    }
  }
}

struct OrganizationListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the organisations of a node.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Only \(OrganizationKind.allKnown.map(\.name).joined(separator: ", ")).") var kind: OrganizationKind?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListOrganizations(grid: grid, kind: kind)
    try session.show(try await OrganizationClient(session.connection).list(request, session.options)) { found in
      var table = TextTable([
        localized("name", "名称"), localized("kind", "类别"), localized("contact", "联系人"),
        localized("committee", "所属委员会"), localized("to", "截止"),
      ])
      for known in found.organizations {
        table.add([
          known.name, known.kind.text, known.contact ?? "–", known.committeeOf ?? "–", known.to.map { "\($0)" } ?? "–",
        ])
      }
      return table.text()
    }
  }
}
