import ArgumentParser
import Bytes
import Engine
import Journal
import Records
import Scalars
import Server

struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Makes a new data folder as an older one was at some moment. Needs no daemon.",
    discussion: """
      SOURCE is the data folder of a daemon that does not run, or a copy of one; it is only read. TARGET is made. What \
      it holds is verified; a daemon that is started on it goes on with the next journal number, in a new history.
      """)
  @Argument(help: "The data folder to read.", completion: .directory) var source: String
  @Argument(help: "The data folder to make.", completion: .directory) var target: String
  @Option(help: "Stop behind this journal entry.") var sequence: UInt64?
  @Option(help: "Stop behind the last entry that is not later, for example 2026-03-02T08:30:00+08:00.") var time:
    Instant?
  @Option(help: "The most that the new store's file may grow to, in GiB.") var mapSize = 16

  func validate() throws {
    guard sequence == nil || time == nil else { throw ValidationError("name either --sequence or --time") }
    guard (1...16384).contains(mapSize) else { throw ValidationError("--map-size lies between 1 and 16384 GiB") }
  }

  func run() throws {
    let moment: Restore.Moment =
      if let sequence { .sequence(sequence) } else if let time { .time(time) } else { .newest }
    let report: Restore.Report
    do {
      report = try Restore.run(
        from: source, to: target, at: moment,
        history: (0..<historyIdentifierBytes).map { _ in UInt8.random(in: .min ... .max) },
        now: SafeGridServer.wallTime(), mapBytes: mapSize << 30)
    } catch {
      throw InputFault("cannot restore: \(error)")
    }
    let records = report.state.tables.reduce(0) { $0 + $1.records }
    try put(
      localized(
        "\(target) holds the journal's effects up to entry \(report.sequence): \(records) records, verified\n"
          + "made from the copy of entry \(report.copiedSequence) and \(report.sequence - report.copiedSequence) entries "
          + "behind it; new history \(report.history.hexadecimal)",
        "\(target) 已恢复至日志条目\(report.sequence)：共\(records)条记录，已校验\n"
          + "来自条目\(report.copiedSequence)处的副本及其后\(report.sequence - report.copiedSequence)条日志；"
          + "新历史\(report.history.hexadecimal)"))
  }
}
