import API
import ArgumentParser
import Client
import Records
import Scalars

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Takes data out: enterprises.", subcommands: [ExportEnterprisesCommand.self])
}

struct ExportEnterprisesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enterprises", abstract: "Writes the objects of the ledger as a file that can be imported again.",
    discussion: """
      The columns, and the fields of the JSON, are those of "safegrid import enterprises". Objects come cell by cell, page \
      by page: what changes meanwhile stands there as it was or as it is.
      """)
  @Option(help: "Only this grid's subtree: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode?
  @Option(help: "Only objects whose name holds this.") var text = ""
  @Option(name: .customLong("flag"), help: "Only objects that have it; may be given several times.")
  var flags: [EnterpriseFlag] = []
  @Option(
    name: .customLong("state"), help: "Only this state; may be given several times. Default: what is in the ledger.")
  var states: [EnterpriseState] = [.active, .suspended]
  @Option(help: "csv or jsonl. Default: as the file's name says, or csv.") var form: TableForm?
  @Option(help: "The file. Default: standard output.", completion: .file()) var output: String?
  @Flag(help: "Begin with the mark by which Excel knows UTF-8.") var excel = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.openForMany()
    let client = EnterpriseClient(session.connection)
    let form = form ?? output.map(TableForm.named) ?? .csv
    let file = try OutputFile(output)
    if excel { file.write(CSVText.mark) }
    if form == .csv { file.write(CSVText.line(EnterpriseRow.columns)) }
    var search = SearchEnterprises(grid: grid, text: text, flags: flags, states: states, limit: 1000)
    let progress = Progress(localized("exported", "已导出"))
    var count = 0
    repeat {
      let page = try await client.search(search, session.options)
      let lines = try page.enterprises.map { object in
        switch form {
        case .csv: CSVText.line(object.row.fields)
        case .jsonl: try object.row.json(in: Interface.schema) + "\n"
        }
      }
      file.write(lines.joined())
      count += page.enterprises.count
      progress.show(count)
      search.after = page.next
    } while search.after != nil
    try file.close()
    progress.end()
  }
}
