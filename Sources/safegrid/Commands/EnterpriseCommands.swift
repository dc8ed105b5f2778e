import API
import ArgumentParser
import Client
import Records
import Scalars

struct EnterpriseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enterprise", abstract: "The enterprise ledger 企业台账.",
    subcommands: [EnterpriseShowCommand.self, EnterpriseFindCommand.self, EnterpriseListCommand.self])
}

struct EnterpriseShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one object of the ledger.")
  @Argument(help: "The object's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let enterprise = try await EnterpriseClient(session.connection).show(ShowEnterprise(id: id), session.options)
    try session.show(enterprise) { $0.summary }
  }
}

struct EnterpriseFindCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "find", abstract: "Finds an object by its credit code.")
  @Argument(help: "The unified social credit code, 18 characters.") var uscc: USCC
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let enterprise = try await EnterpriseClient(session.connection).find(FindEnterprise(uscc: uscc), session.options)
    try session.show(enterprise) { $0.summary }
  }
}

struct EnterpriseListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the objects of a grid subtree.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let page = try await EnterpriseClient(session.connection)
      .list(ListEnterprises(grid: grid, limit: min(limit, 1000)), session.options)
    try session.show(page) { $0.enterprises.table() + more($0.next != nil) }
  }
}

/// The line that says that a list goes on.
func more(_ goesOn: Bool) -> String { goesOn ? "\n" + localized("… there are more", "……还有更多") : "" }
