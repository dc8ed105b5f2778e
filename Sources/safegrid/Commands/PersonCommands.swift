import API
import ArgumentParser
import Client
import Records

struct PersonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "person", abstract: "People and their roles 人员.", subcommands: [PersonShowCommand.self])
}

struct PersonShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one person.")
  @Argument(help: "The person's identifier.") var id: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    try session.show(try await PersonClient(session.connection).show(ShowPerson(id: id), session.options)) { person in
      details([
        (localized("id", "编号"), person.id), (localized("name", "姓名"), person.name),
        (
          localized("roles", "角色"),
          person.grants.map { "\($0.role.text) \($0.grid.map { "\($0)" } ?? "*")" }.joined(separator: ", ")
        ),
        (localized("enterprise", "监管对象"), person.enterpriseId.map { "\($0)" }),
        (localized("phone", "电话"), person.phone),
      ])
    }
  }
}
