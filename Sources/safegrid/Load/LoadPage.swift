import ArgumentParser

/// Where a page goes; the same for a run and for merged logs.
struct PageOptions: ParsableArguments {
  @Option(help: "Write the report as one page for a browser.", completion: .file()) var html: String?
}

/// The report as one page that needs nothing else: the values as JSON, and a script that draws them.
struct LoadPage: Encodable {
  let report: LoadReport
  /// Of several runs.
  let summary: [LoadRepetition.Figure]?
  let runs: Int

  /// Where the template takes the values.
  private static let place = "null/*REPORT*/"

  func html() throws -> String {
    var page = String(decoding: PackageResources.report_html, as: UTF8.self)
    guard let place = page.firstRange(of: Self.place) else { preconditionFailure("the template has no place") }
    // "<" could end the script that holds the values.
    let values = try jsonText(of: self).split(separator: "<", omittingEmptySubsequences: false)
      .joined(separator: "\\u003c")
    page.replaceSubrange(place, with: values)
    return page
  }

  func write(to path: String) throws {
    let file = try OutputFile(path)
    file.write(try html())
    try file.close()
  }
}
