import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct CreditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credit", abstract: "Safety credit 安全生产信用.",
    subcommands: [
      CreditExplainCommand.self, CreditListCommand.self, CreditRecordCommand.self, CreditEndCommand<Repair>.self,
      CreditEndCommand<Revoke>.self, CreditPersonCommand.self, CreditRecordPersonCommand.self,
      CreditEndPersonCommand.self,
    ])
}

struct CreditExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Explains an enterprise's score line by line.", aliases: ["show"])
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Option(help: "The date; left out: today.") var on: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let report = try await CreditClient(session.connection)
      .show(ShowCredit(enterpriseId: enterprise, on: on), session.options)
    try session.show(report) { $0.summary() }
  }
}

struct CreditListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the scores of a grid subtree.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Only this grade; may be given several times.") var grade: [CreditGrade] = []
  @Option(help: "The date; left out: today.") var on: Date?
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListCredit(grid: grid, grades: grade, on: on)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await CreditClient(session.connection).list(request, session.options)
    }
    try session.show(page) { page in
      var table = TextTable([
        localized("enterprise", "对象"), localized("name", "名称"), localized("grid", "网格"), localized("score", "得分"),
        localized("grade", "等级"),
      ])
      for score in page.scores {
        table.add([
          "\(score.enterpriseId)", score.name, "\(score.grid)", points(score.scoreTenths),
          gradeText(score.grade, score.step),
        ])
      }
      return table.text() + more(page.next != nil)
    }
  }
}

struct CreditRecordCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Enters a fact that no workflow brings by itself.")
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Option(help: "What happened.") var kind: CreditKind
  @Option(help: "When it happened.") var on: Date
  @Option(help: "Document or ground.") var basis: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = RecordCredit(enterpriseId: enterprise, kind: kind, occurredOn: on, basis: basis)
    try session.show(try await CreditClient(session.connection).record(request, session.options)) { $0.summary }
  }
}

// MARK: People

struct CreditPersonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "person", abstract: "Shows what is known of a person's conduct 个人信用.",
    discussion: "The identity number is read from a file and hashed here: it never reaches the daemon.")
  @OptionGroup var identity: IdentityOptions
  @Option(help: "The date; left out: today.") var on: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let request = ShowPersonCredit(identityHash: try identity.required(), on: on)
    let session = try await options.open()
    try session.show(try await CreditClient(session.connection).ofPerson(request, session.options)) { $0.summary }
  }
}

struct CreditRecordPersonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record-person", abstract: "Enters a fact about a person, with the enterprise where they were.",
    discussion: "The identity number is read from a file and hashed here: it never reaches the daemon.")
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Option(help: "The person's name.") var name: String
  @Option(help: "The person's position, for example 主要负责人.") var position = ""
  @Option(help: "What happened.") var kind: CreditKind
  @Option(help: "When it happened.") var on: Date
  @Option(help: "Document or ground.") var basis: String
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let request = RecordPersonCredit(
      enterpriseId: enterprise, identityHash: try identity.required(), name: name, position: position, kind: kind,
      occurredOn: on, basis: basis)
    let session = try await options.open()
    try session.show(try await CreditClient(session.connection).recordPerson(request, session.options)) { $0.summary }
  }
}

/// A decision that ends a record of a person.
enum PersonCreditEnd: String, CaseIterable, ExpressibleByArgument {
  case repair, revoke
}

struct CreditEndPersonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "end-person", abstract: "Ends a record of a person: repair 信用修复, or revoke 撤销.")
  @Argument(help: "The decision.") var end: PersonCreditEnd
  @Argument(help: "The record's number.") var record: UInt64
  @Option(help: "Its document or ground.") var basis: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = CreditClient(session.connection)
    let request = EndPersonCredit(id: record, basis: basis)
    let receipt =
      switch end {
      case .repair: try await client.repairPerson(request, session.options)
      case .revoke: try await client.revokePerson(request, session.options)
      }
    try session.show(receipt) { $0.summary }
  }
}

// MARK: The end of a record

/// A decision that ends a record.
protocol CreditEnd {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: CreditClient, _ request: EndCreditRecord, _ options: CallOptions
  ) async throws(CallFailure) -> CreditRecord
}

enum Repair: CreditEnd {
  static let name = "repair"
  static let abstract = "Lets a record count no more from today on 信用修复."
  static func call(
    _ client: CreditClient, _ request: EndCreditRecord, _ options: CallOptions
  ) async throws(CallFailure) -> CreditRecord { try await client.repair(request, options) }
}

enum Revoke: CreditEnd {
  static let name = "revoke"
  static let abstract = "Strikes a record whose basis was overturned 撤销: it counts on no day."
  static func call(
    _ client: CreditClient, _ request: EndCreditRecord, _ options: CallOptions
  ) async throws(CallFailure) -> CreditRecord { try await client.revoke(request, options) }
}

struct CreditEndCommand<End: CreditEnd>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: End.name, abstract: End.abstract) }
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Argument(help: "The record's number within the enterprise.") var record: UInt32
  @Option(help: "The decision.") var basis: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = EndCreditRecord(enterpriseId: enterprise, ordinal: record, basis: basis)
    try session.show(try await End.call(CreditClient(session.connection), request, session.options)) { $0.summary }
  }
}
