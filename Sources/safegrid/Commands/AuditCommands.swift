import API
import ArgumentParser
import Client
import RPC
import Records

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "The audit trail 审计.", subcommands: [AuditVerifyCommand.self])
}

struct AuditVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Walks the whole journal: checksums, hash chain, numbering.",
    discussion: "Exit code 1 when something is wrong.")
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    var callOptions = session.options
    callOptions.timeout = .seconds(600)
    let report = try await AuditClient(session.connection).verify(VerifyJournal(), callOptions)
    try session.show(report) { $0.summary }
    if !report.intact { throw ExitCode(ExitStatus.refused) }
  }
}

extension JournalReport {
  var summary: String {
    let verdict = intact ? localized("intact", "完整") : localized("DAMAGED: ", "已损坏：") + (fault ?? "")
    return details([
      (localized("journal", "日志"), verdict),
      (localized("entries", "条目"), "\(entries) (\(firstSequence)–\(lastSequence))"),
      (localized("batches", "批次"), "\(batches)"), (localized("segments", "分段"), "\(segments)"),
      (localized("bytes", "字节"), "\(byteCount)"), (localized("chain head", "链首"), chainHead),
    ])
  }
}
