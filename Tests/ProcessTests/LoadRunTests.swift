import Foundation
import Support
import Testing

/// `safegrid load` as a user runs it, against real daemons.
@Suite struct LoadRunTests {
  private func audit(_ result: Tools.Result) throws -> [String: Any] {
    try #require(result.json["audit"] as? [String: Any], "\(result.output) \(result.errors)")
  }

  @Test func `every kind of a mix is made, counted apart, and audited`() throws {
    let daemon = try Daemon()
    let (log, page) = ("\(daemon.folder.path)/<a>.hlog", "\(daemon.folder.path)/a.html")
    let mix = "submit=50,transition=30,read=10,list=4,statistics=3,watch=3"
    let result = try daemon.safegrid(
      "load", "--in-flight", "4", "--duration", "2", "--mix", mix, "--hlog", log, "--html", page, "--json")
    #expect(result.status == 0, "\(result.output) \(result.errors)")
    let kinds = try #require(result.json["kinds"] as? [String: [String: Any]])
    let counts = kinds.compactMapValues { $0["acknowledged"] as? Int }
    #expect(Set(counts.keys) == ["submit", "transition", "show", "list", "count", "watch"])
    #expect(counts.values.allSatisfy { $0 > 0 } && counts.values.reduce(0, +) == result.json["acknowledged"] as? Int)
    let audit = try audit(result)
    #expect(audit["clean"] as? Bool == true)
    #expect(
      audit["auditedReports"] as? Int == counts["submit"] && audit["auditedSteps"] as? Int == counts["transition"])
    // The cases from which a run with readers begins are reported before it is counted.
    #expect(audit["journaled"] as? Int == counts["submit"] && audit["journaledSteps"] as? Int == counts["transition"])
    #expect((result.json["errors"] as? [String: Int]) == [:], "each answer was about what was asked")

    let merged = try daemon.safegrid("load", "merge", log, log, "--json", "--html", page + "2")
    #expect(FileManager.default.fileExists(atPath: page + "2"))
    let twice = try #require(merged.json["kinds"] as? [String: [String: Any]], "\(merged.errors)")
    #expect(twice.compactMapValues { $0["acknowledged"] as? Int } == counts.mapValues { 2 * $0 })
    let html = String(decoding: try #require(FileManager.default.contents(atPath: page)), as: UTF8.self)
    let begin = try #require(html.range(of: "const page = ")?.upperBound)
    let values = html[begin...].prefix { $0 != "\n" }.dropLast()
    let drawn = try JSONSerialization.jsonObject(with: Data(values.utf8)) as? [String: Any]
    #expect((drawn?["report"] as? [String: Any])?["acknowledged"] as? Int == result.json["acknowledged"] as? Int)
    #expect(!html.contains("src=") && !html.contains("href=") && !values.contains("<"), "the page needs nothing else")
  }

  @Test(arguments: [["--in-flight", "8"], ["--rate", "400"]])
  func `a daemon that is killed again and again loses nothing and does nothing twice`(loop: [String]) throws {
    let folder = TemporaryFolder()
    let data = "\(folder.path)/data"
    let result = try Tools.run(
      "safegrid",
      [
        "load", "--kill-every", "1", "--data", data, "--duration", "3", "--mix", "submit=2,transition=1,show=1",
        "--json",
        // Tests that run beside it may hold it up for long; here only what was acknowledged is judged.
        "--max-delay", "100000",
      ] + loop)
    #expect(result.status == 0, "\(result.output) \(result.errors)")
    let audit = try audit(result)
    #expect(audit["clean"] as? Bool == true && audit["doubtful"] as? Int == 0 && audit["foreign"] as? Int == 0)
    let kinds = try #require(result.json["kinds"] as? [String: [String: Any]])
    #expect(audit["auditedReports"] as? Int == kinds["submit"]?["acknowledged"] as? Int)
    #expect((result.json["errors"] as? [String: Int]) == [:])
    #expect((result.json["kills"] as? [Any])?.isEmpty == false)
    #expect(try !FileManager.default.contentsOfDirectory(atPath: data).isEmpty, "a folder that is named is kept")
  }

  @Test func `the warm-up is left out, and limits fail the run`() throws {
    let daemon = try Daemon()
    let result = try daemon.safegrid(
      "load", "--rate", "100", "--duration", "1", "--warm-up", "1", "--max-delay", "0", "--max-p99", "0", "--json")
    #expect(result.status == 1 && result.json["acknowledged"] as? Int == 100, "\(result.output)")
    #expect(try audit(result)["auditedReports"] as? Int == 200)
    let thresholds = try #require(result.json["thresholds"] as? [[String: Any]])
    #expect(thresholds.compactMap { $0["passed"] as? Bool } == [false, false])
    #expect((result.json["faults"] as? [String])?.count == 2)
    let timeline = try #require(result.json["timeline"] as? [[String: Any]])
    #expect(timeline.compactMap { $0["acknowledged"] as? Int }.reduce(0, +) == 200)
    #expect(timeline.compactMap { $0["due"] as? Int }.reduce(0, +) == 200)
  }

  @Test func `a daemon that dies under the load leaves a report that says so`() throws {
    let daemon = try Daemon()
    let endpoint = daemon.endpoint
    let page = "\(daemon.folder.path)/a.html"
    let process = Tools.process(
      "safegrid", ["load", "--rate", "200", "--duration", "60", "--json", "--html", page],
      ["SAFEGRID_CONNECT": endpoint])
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // Dead as soon as something was acknowledged.
    while try (daemon.safegrid("call", "Hazard.count", #"{"grid":"421222000000000"}"#).json["counts"] as? [Any] ?? [])
      .isEmpty
    {}
    daemon.end(by: SIGKILL)
    let json = try JSONSerialization.jsonObject(with: output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    let report = try #require(json as? [String: Any])
    #expect(process.terminationStatus == 1 && report["audit"] == nil)
    #expect((report["errors"] as? [String: Int])?["UNAVAILABLE"] ?? 0 > 0)
    #expect((report["faults"] as? [String])?.last == "the daemon is gone; nothing could be audited")
    #expect(FileManager.default.fileExists(atPath: page))
  }

  @Test func `repeated runs answer with each of them and their median`() throws {
    let daemon = try Daemon()
    let result = try daemon.safegrid("load", "--in-flight", "1", "--duration", "1", "--repeat", "3", "--json")
    #expect(result.status == 0 && (result.json["runs"] as? [Any])?.count == 3, "\(result.output) \(result.errors)")
    let summary = try #require(result.json["summary"] as? [[String: Any]])
    #expect(summary[0]["confidencePercent"] as? Double == 75)
  }

  @Test(arguments: [
    ["--mix", "drink=1"], ["--data", "/tmp/x"], ["--kill-every", "1", "--connect", "unix:/x"], ["--skew", "4"],
    ["--repeat", "0"], ["merge"],
  ])
  func `what makes no sense is refused before anything is asked`(arguments: [String]) throws {
    #expect(try Tools.run("safegrid", ["load"] + arguments).status == 2)
  }
}
