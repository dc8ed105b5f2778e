import ArgumentParser

struct LoadMergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Merges interval logs of several load testers, and prints their percentiles.",
    discussion: """
      Takes what `load --hlog` and HdrHistogram's other tools write, in format 1.3 or older, plain or packed with gzip. \
      Tags stay apart; of the load tester's own, NAME holds the response times and NAME.service the service times. \
      Values are taken for microseconds.
      """)
  @Argument(help: "Interval logs.", completion: .file()) var logs: [String]
  @OptionGroup var page: PageOptions
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    var log = HistogramLog()
    for path in logs { try log.add(String(decoding: try InputFile.read(path), as: UTF8.self), name: path) }
    guard log.intervals > 0 else { throw InputFault("there is no interval in \(logs.joined(separator: ", "))") }
    let report = LoadReport(merged: log)
    if let html = page.html { try LoadPage(report: report, summary: nil, runs: 1).write(to: html) }
    try put(options.json ? try report.json() : report.text())
  }
}
