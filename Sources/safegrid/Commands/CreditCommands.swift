import API
import ArgumentParser
import Client
import Records
import Scalars

struct CreditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "credit", abstract: "Safety credit 安全生产信用.",
    subcommands: [CreditShowCommand.self, CreditRecordCommand.self])
}

struct CreditShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows an enterprise's score and how it came about.")
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
    try session.show(try await CreditClient(session.connection).record(request, session.options)) { record in
      localized(
        "record \(record.ordinal) of enterprise \(record.enterpriseId): ",
        "对象\(record.enterpriseId)第\(record.ordinal)条：")
        + record.kind.text
    }
  }
}
