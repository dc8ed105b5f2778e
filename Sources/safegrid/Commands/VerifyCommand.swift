import API
import ArgumentParser
import Client
import RPC
import Records

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Checks everything that the daemon keeps: the state and the journal.",
    discussion: """
      The daemon copies its state and walks the copy while it goes on serving: the order of keys, each record's checksum, \
      every index and count in both directions; then the journal's chain. An intact copy is kept for recovery.
      Exit code 1 when something is wrong.
      """)
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    var callOptions = session.options
    callOptions.timeout = .seconds(3600)
    let state = try await AdminClient(session.connection).verify(Empty(), callOptions)
    try session.show(state) { $0.summary }
    let journal = try await AuditClient(session.connection).verify(VerifyJournal(), callOptions)
    try session.show(journal) { $0.summary }
    if !state.faults.isEmpty || !journal.intact { throw ExitCode(ExitStatus.refused) }
  }
}

extension StateReport {
  var summary: String {
    var table = TextTable([
      localized("table", "表"), localized("records", "记录"), localized("index entries", "索引项"),
      localized("counts", "统计项"),
    ])
    for line in tables { table.add([line.name, "\(line.records)", "\(line.indexEntries)", "\(line.groups)"]) }
    let verdict =
      faults.isEmpty
      ? localized("state       intact at entry \(appliedSequence)", "状态        完整，截至日志条目\(appliedSequence)")
      : faults.map { localized("DAMAGED: ", "已损坏：") + printable($0) }.joined(separator: "\n")
    return table.text() + "\n" + verdict
  }
}
