import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct PersonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "person", abstract: "People and their roles 人员.",
    subcommands: [PersonShowCommand.self, PersonContactsCommand.self])
}

struct PersonShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one person.")
  @Argument(help: "The person's identifier.") var id: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    try await session.showLocally(try await PersonClient(session.connection).show(ShowPerson(id: id), session.options))
    { person in
      details([
        (localized("id", "编号"), person.id), (localized("name", "姓名"), person.name),
        (
          localized("roles", "角色"),
          person.grants.map(\.summary).joined(separator: ", ")
        ),
        (localized("enterprise", "监管对象"), person.enterpriseId.map { "\($0)" }),
        (localized("employment", "任职"), person.employment?.text),
        (localized("service", "在职情况"), person.staffing?.text),
        (localized("certificate", "证件"), person.certificate?.summary),
        (localized("terminals", "终端"), person.terminals.joined(separator: ", ")),
        (localized("phone", "电话"), person.phone),
      ])
    }
  }
}

struct PersonContactsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contacts", abstract: "Shows whom to call about a node; who may see it, their phones 联系电话.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Only officers of this department.") var department: String?
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListContacts(grid: grid, department: department)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await PersonClient(session.connection).contacts(request, session.options)
    }
    try session.show(page) { page in
      var table = TextTable([
        localized("id", "编号"), localized("name", "姓名"), localized("roles", "角色"), localized("phone", "电话"),
      ])
      for contact in page.contacts {
        let roles = (contact.roles.map(\.text) + contact.departments).joined(separator: localized(", ", "、"))
        table.add([contact.person, contact.name, roles, contact.phone ?? "–"])
      }
      return table.text() + more(page.next != nil)
    }
  }
}

extension Certificate {
  fileprivate var summary: String { number + (validTo.map { localized(" to \($0)", " 有效期至\($0)") } ?? "") }
}

extension Grant {
  /// The role, where, and for how long.
  fileprivate var summary: String {
    "\(role.text) \(grid.map { "\($0)" } ?? "*")" + (department.map { " \($0)" } ?? "")
      + (from.map { localized(" from \($0)", " 自\($0)") } ?? "")
      + (to.map { localized(" to \($0)", " 至\($0)") } ?? "")
  }
}

extension Staffing {
  /// What is known of it, in one line.
  fileprivate var text: String {
    let parts: [String?] = [
      organization.isEmpty ? nil : organization,
      onEstablishment.map { $0 ? localized("on the establishment", "在编") : localized("off the establishment", "编外") },
      professional.map { $0 ? localized("professional", "专业人员") : localized("not a professional", "非专业人员") },
      joined.map { localized("since \($0)", "\($0)起") }, left.map { localized("until \($0)", "至\($0)") },
      remuneration.isEmpty ? nil : remuneration,
    ]
    return (parts.compactMap(\.self) + concurrentJobs + protectiveKit).joined(separator: localized(", ", "，"))
  }
}
