import Foundation
import Support
import Testing

/// The views of the work, by the command line of a real daemon.
@Suite struct StatisticsTests {
  private let daemon: Daemon

  init() throws {
    daemon = try Daemon()
    try daemon.setUp()
    let rows =
      #"{"rows":[{"name":"甲厂","type":"ENTERPRISE","grid":"421222100001001","riskLevel":"RED","responsibleDepartment":"商务局","address":"x"},{"name":"乙厂","type":"ENTERPRISE","grid":"421222100001000","riskLevel":"YELLOW"}]}"#
    try #require(try daemon.safegrid("call", "Enterprise.import", rows).status == 0)
  }

  @Test func `cases are counted by what one asks for, and rates have their denominators`() throws {
    let number = try daemon.submit()
    _ = try daemon.submit(Daemon.report.replacing(#""domain":"FIRE""#, with: #""domain":"TRAFFIC""#))
    let plain = try daemon.safegrid("statistics", "hazards", "421222")
    #expect(
      plain.lines.dropFirst().first?.split(separator: " ", omittingEmptySubsequences: true) == [
        "Reported", "General", "2",
      ])
    let counts = try daemon.safegrid("statistics", "hazards", "421222", "--by", "event-class", "--by", "domain")
    let rows = counts.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init) }
    #expect(rows.contains(["消防", "Fire", "1"]) && rows.contains(["消防", "Traffic", "1"]), "\(counts.output)")
    #expect(counts.output.hasSuffix("2 cases as of 2026-03-02 08:30:00\n"), "\(counts.output)")
    let json = try daemon.safegrid("statistics", "hazards", "421222100001002", "--by", "source", "--json").json
    #expect(json["groups"] == nil && json["asOf"] != nil)

    // Nothing is filed yet: there is no rate, and none of 100 %.
    let none = try daemon.safegrid("statistics", "rates", "421222", "--json").json
    let rates = none["rates"] as? [[String: Any]] ?? []
    #expect(rates.count == 5 && rates.allSatisfy { ($0["share"] as? [String: Any])?["hundredths"] == nil })
    #expect(try daemon.safegrid("hazard", "file", number, "--as", "vs1").status == 0)
    let some = try Tools.run(
      "safegrid", ["statistics", "rates", "421222"], ["SAFEGRID_CONNECT": daemon.endpoint, "LANG": "zh_CN.UTF-8"])
    let texts = some.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init) }
    #expect(texts.contains(["整改率", "0", "0", "–"]) && texts.contains(["退回率", "0", "1", "0.00%"]), "\(some.output)")
    #expect(some.output.contains("依据配置方案 tongcheng 2026-3"))
    // Three hours later it is dispatched, and known how long that took.
    #expect(try daemon.safegrid("admin", "advance-clock", "3h").status == 0)
    #expect(try daemon.safegrid("hazard", "dispatch", number, "--assignee", "gm1", "--as", "vs1").status == 0)
    let steps = try daemon.safegrid("statistics", "steps", "421222", "--from", "2026-03-02")
    let times = steps.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init) }
    #expect(times.contains(["Filed", "1", "3.00", "3.00", "0"]), "\(steps.output)\(steps.errors)")
    #expect(times.contains(["Rectifying", "0", "–", "–", "0"]) && times.contains(["Dispatched", "0", "–", "–", "1"]))
    #expect(steps.output.contains("2 cases, reported from 2026-03-02 to 2026-03-02"))
    let unknown = try daemon.safegrid("statistics", "rates", "421223")
    #expect(unknown.status == 1 && unknown.errors.contains("421223000000000"))
  }

  @Test func `what was found at each enterprise in a quarter is reported by the 15th behind it`() throws {
    for severity in ["GENERAL", "MAJOR", "GENERAL"] {
      let report = Daemon.report.replacing(#""severity":"GENERAL""#, with: #""severity":"\#(severity)""#)
        .replacing("{", with: #"{"enterpriseId":1,"isAnother":true,"#, maxReplacements: 1)
      let number = try daemon.submit(report)
      guard severity == "GENERAL" else { continue }
      #expect(try daemon.safegrid("hazard", "file", number, "--as", "vs1").status == 0)
    }
    let found = try daemon.safegrid("statistics", "enterprises", "421222", "--on", "2026-03-31")
    let rows = found.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init) }
    #expect(rows.contains { $0.prefix(2) == ["1", "甲厂"] && $0.suffix(6).first == "2" }, "\(found)")
    #expect(rows.count == 3 && found.output.contains("2026-01-01 – 2026-03-31"), "\(found)")
    #expect(found.output.contains("to be reported by 2026-04-15"), "\(found)")
    let year = try daemon.safegrid("statistics", "enterprises", "421222", "--year", "--json").json
    #expect(year["to"] as? String == "2026-12-31" && year["reportBy"] as? String == "2027-01-31", "\(year)")
    #expect(
      try daemon.safegrid("statistics", "enterprises", "421222", "--on", "2026-04-01", "--json").json["lines"] == nil)
  }

  @Test func `a county sees what is covered, clear and blind, and who has most to do`() throws {
    let coverage = try daemon.safegrid("statistics", "coverage", "421222")
    let rows = coverage.lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init) }
    #expect(rows.contains(["objects", "1", "2", "50.00%"]) && rows.contains(["cells", "2", "2", "100.00%"]))
    #expect(rows.contains(["villages", "1", "1", "100.00%"]) && rows.contains(["townships", "1", "2", "50.00%"]))
    let clear = try daemon.safegrid("statistics", "four-clear", "421222")
    // Of four fields of two objects, 乙厂 lacks three.
    #expect(clear.output.contains("62.50%") && clear.output.contains("0 of 1 nodes are clear"), "\(clear.output)")
    let blind = try daemon.safegrid("statistics", "blind-spots", "421222", "--kind", "unsupervised")
    #expect(blind.lines.count == 2 && blind.output.contains("No grid member, No department"), "\(blind.output)")
    try #require(
      try daemon.safegrid(
        "call", "Person.put", #"{"persons":[{"id":"gm2","name":"赵六"}]}"#
      ).status == 0)
    #expect(
      try daemon.safegrid("statistics", "blind-spots", "421222", "--kind", "vacancy").output
        .contains("421222100001002"))
    let work = try daemon.safegrid("statistics", "workload", "421222")
    #expect(work.lines.dropFirst().first?.hasPrefix("gm1") ?? false, "\(work.output)")
    #expect(work.output.contains("1 objects (30 points) without a grid member"), "\(work.output)")
    // Views of the county are not the grid member's.
    let refused = try daemon.safegrid("statistics", "workload", "421222100001001", "--as", "gm1")
    #expect(refused.status == 1 && refused.errors.contains("PERMISSION_DENIED"), "\(refused.errors)")
    #expect(try daemon.safegrid("statistics", "coverage", "421222", "--as", "to1").status == 1)
    #expect(try daemon.safegrid("statistics", "coverage", "421222100", "--as", "to1").status == 0)
    #expect(try daemon.safegrid("verify").status == 0)
  }
}
