import API
import ArgumentParser
import Bytes
import Client
import ProtoJSON
import RPC
import Records
import Scalars
import Schema

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "The audit trail 审计.",
    subcommands: [AuditVerifyCommand.self, AuditShowCommand.self, AuditExportCommand.self, AuditTrimCommand.self])
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

struct AuditTrimCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trim", abstract: "Forgets the oldest entries, as far as the daemon was told to.",
    discussion: """
      safegridd --keep-journal-days and --keep-journal-size say how far, and the daemon does it by itself every ten \
      minutes. What the older of two verified copies of the state lacks is kept in any case. A signed checkpoint vouches \
      for what was forgotten, so that "safegrid audit verify" can check the rest as before.
      """)
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    var callOptions = session.options
    callOptions.timeout = .seconds(600)
    try session.show(try await AdminClient(session.connection).trimJournal(Empty(), callOptions)) {
      localized(
        "\($0.segments) segments with \($0.byteCount) bytes were forgotten; the journal begins at \($0.firstSequence)",
        "已清除\($0.segments)个分段共\($0.byteCount)字节；日志自条目\($0.firstSequence)起")
    }
  }
}

struct AuditShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows one journal entry: who did what, when, and what it left behind.")
  @Argument(help: "The entry's sequence.") var sequence: UInt64
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard sequence >= 1 else { throw ValidationError("sequences begin with 1") }
  }

  func run() async throws {
    let session = try await options.open()
    let request = ReadJournal(afterSequence: sequence - 1, throughSequence: sequence)
    for try await entry in try await AuditClient(session.connection).read(request, session.options) {
      try put(session.isJSON ? try entry.json() : try entry.text())
    }
  }
}

struct AuditExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Prints journal entries, one JSON value to a line.",
    discussion: "Every record of an entry's changes is written out as the entry left it.")
  @Option(help: "Begin behind this sequence.") var after: UInt64 = 0
  @Option(help: "End with this sequence; left out: with the newest.") var through: UInt64?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ReadJournal(afterSequence: after, throughSequence: through)
    for try await entry in try await AuditClient(session.connection).read(request, session.options) {
      try put(try entry.json())
    }
  }
}

extension JournalEntry {
  private var methodName: String { Method(rawValue: method)?.name ?? "\(method >> 8).\(method & 255)" }

  /// Table and record of each change, as JSON.
  private func changesAsJSON() throws -> [(table: String, record: String)] {
    try changes.map { change in
      guard let table = Interface.schema.tables.first(where: { $0.number == change.table }) else {
        return ("\(change.table)", JSONValue.quoted(change.key.hexadecimal))
      }
      return (table.name, try JSONDecoding(Interface.schema).json(change.record ?? [], as: table.record))
    }
  }

  func json() throws -> String {
    var fields = [
      "\"sequence\":\"\(sequence)\"", "\"time\":\(JSONValue.quoted("\(time)"))",
      "\"principal\":\(JSONValue.quoted(principal))",
    ]
    if let actingFor { fields.append("\"actingFor\":\(JSONValue.quoted(actingFor))") }
    fields.append("\"method\":\(JSONValue.quoted(methodName))")
    if let requestKey { fields.append("\"requestKey\":\"\(requestKey.hexadecimal)\"") }
    let changes = try changesAsJSON().map { "{\"table\":\"\($0.table)\",\"record\":\($0.record)}" }
    fields.append("\"changes\":[\(changes.joined(separator: ","))]")
    return "{\(fields.joined(separator: ","))}"
  }

  func text() throws -> String {
    let head = details([
      (localized("sequence", "序号"), "\(sequence)"), (localized("time", "时间"), time.localDescription),
      (localized("method", "方法"), methodName), (localized("principal", "主体"), principal),
      (localized("acting for", "代表"), actingFor), (localized("request key", "请求键"), requestKey?.hexadecimal),
    ])
    return try ([head] + changesAsJSON().map { "\($0.table)  \(printable($0.record))" }).joined(separator: "\n")
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
      (
        localized("forgotten", "已清除"),
        checkpointSequence.map { first in
          localized("what came before \(first), signed by ", "\(first)之前的条目，签名公钥 ") + (checkpointKey ?? "")
        }
      ),
    ])
  }
}
