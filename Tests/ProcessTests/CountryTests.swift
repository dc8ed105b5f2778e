import API
import Client
import Foundation
import Records
import Scalars
import Support
import Testing
import Transport

private let countryFile = ProcessInfo.processInfo.environment["SAFEGRID_COUNTRY"]

/// The divisions of the whole country. The file is too large to lie here: `SAFEGRID_COUNTRY` names it, a CSV as
/// `safegrid import divisions` takes it, packed with gzip.
@Suite(.enabled(if: countryFile != nil))
struct CountryTests {
  /// What the file says, counted from its lines alone.
  private struct Counts {
    var rows = 0
    var byLevel = [Int](repeating: 0, count: 6)
    /// By the six digits of the county.
    var townships: [Substring: Int] = [:]
    var villages: [Substring: Int] = [:]
    var counties: [Substring] = []

    init(packed path: String) throws {
      let gzip = Process()
      let pipe = Pipe()
      gzip.executableURL = URL(filePath: "/usr/bin/gzip")
      gzip.arguments = ["-dc", path]
      gzip.standardOutput = pipe
      try gzip.run()
      let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      gzip.waitUntilExit()
      for line in text.split(separator: "\n").dropFirst() {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        guard let level = Int(fields[2]) else { continue }
        rows += 1
        byLevel[level] += 1
        let county = fields[0].prefix(6)
        switch level {
        case 3: counties.append(county)
        case 4: townships[county, default: 0] += 1
        case 5: villages[county, default: 0] += 1
        default: break
        }
      }
    }
  }

  @Test func `all divisions of the country go in, and every county has its townships and villages`() async throws {
    let path = try #require(countryFile)
    let counts = try Counts(packed: path)
    let daemon = try Daemon()
    let result = try daemon.safegrid("import", "divisions", path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("\(counts.rows) divisions are active"), "\(result.output)")
    // Every level and every subtree, each against the lines of the file.
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    let statistics = StatisticsClient(connection)
    var (townships, villages): (UInt64, UInt64) = (0, 0)
    for county in counts.counties {
      let code = try #require(GridCode("\(county)000000000"))
      let found = try await statistics.coverage(StatisticsPlace(grid: code))
      #expect(found.townships.denominator == UInt64(counts.townships[county] ?? 0), "\(county)")
      #expect(found.villages.denominator == UInt64(counts.villages[county] ?? 0), "\(county)")
      townships += found.townships.denominator
      villages += found.villages.denominator
    }
    #expect(Int(townships) == counts.byLevel[4] && Int(villages) == counts.byLevel[5])
    let listed = try daemon.safegrid("grid", "list", "--json").json["grids"] as? [[String: Any]]
    #expect(listed?.count == counts.byLevel[3] && listed?.count == counts.counties.count)
    #expect(try daemon.safegrid("verify").status == 0)
    await connection.close()
  }
}
