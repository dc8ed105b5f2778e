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
      CreditEndCommand<Revoke>.self,
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
    let request = ListCredit(grid: grid, grades: grade, on: on, limit: min(limit, 1000))
    try session.show(try await CreditClient(session.connection).list(request, session.options)) { page in
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
