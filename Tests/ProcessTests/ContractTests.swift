import Foundation
import Glibc
import Support
import Testing

/// What scripts rely on: options, outputs, exit statuses.
@Suite struct ContractTests {
  @Test func `the daemon says where it listens, and SIGTERM ends it in order`() throws {
    let daemon = try Daemon(["--listen", "tcp://127.0.0.1:0"])
    #expect(daemon.ready.contains(daemon.endpoint) && daemon.ready.contains("tcp://127.0.0.1:"))
    let tcp = try #require(daemon.ready.split(separator: " ").last.map(String.init))
    for connect in [daemon.endpoint, tcp] {
      let ping = try Tools.safegrid("ping", "--connect", connect, "--json")
      #expect(ping.status == 0)
      #expect(ping.json["server"] as? String == "safegridd/0.1.0")
      #expect(ping.json["principal"] as? String == "uid:\(geteuid())")
      #expect(ping.json["roles"] as? [String] == ["administrator@*", "auditor@*", "delegate@*"])
    }
    #expect(daemon.end(by: SIGTERM) == 0)
    #expect(!FileManager.default.fileExists(atPath: daemon.socket))
    let mark = try String(contentsOfFile: "\(daemon.data)/mark", encoding: .utf8)
    #expect(mark.hasSuffix("closed\n"))
  }

  @Test func `exit statuses: done, refused, usage, cannot connect`() throws {
    let daemon = try Daemon()
    #expect(try daemon.safegrid("ping").status == 0)
    let refused = try daemon.safegrid("grid", "show", "421222100001001")
    #expect(refused.status == 1 && refused.output.isEmpty)
    #expect(refused.errors == "safegrid: NOT_FOUND: There is no active grid 421222100001001.\n")
    for arguments in [
      ["grid", "show", "12"], ["grid"], ["nonsense"], ["call", "No.such"], ["ping", "--connect", "http://x"],
      ["hazard", "watch"], ["load", "--connections", "0"], ["call", "Hazard.show", "{nonsense}"],
    ] {
      let result = try Tools.run("safegrid", arguments, ["SAFEGRID_CONNECT": daemon.endpoint])
      #expect(result.status == (arguments == ["grid"] ? 0 : 2), "\(arguments): \(result.errors)")
    }
    let nobody = try Tools.safegrid("ping", "--connect", "unix:/nonexistent/x.sock")
    #expect(nobody.status == 3)
    #expect(
      nobody.errors.hasPrefix("safegrid: cannot connect to unix:/nonexistent/x.sock: No such file or directory\n"))
    #expect(try Tools.safegrid("--help").status == 0)
    #expect(try Tools.safegrid("--version").output == "0.1.0\n")
  }

  @Test(arguments: [["--connect", "@", "--json", "ping"], ["ping", "--connect", "@", "--json"], ["--json", "ping"]])
  func `where to connect and how to print stand before or behind the command`(arguments: [String]) throws {
    let daemon = try Daemon()
    let ping = try Tools.run(
      "safegrid", arguments.map { $0 == "@" ? daemon.endpoint : $0 },
      arguments.contains("@") ? [:] : ["SAFEGRID_CONNECT": daemon.endpoint])
    #expect(ping.status == 0 && ping.json["principal"] as? String == "uid:\(geteuid())")
  }

  @Test func `a grid may be named by its division code`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    #expect(try daemon.safegrid("grid", "show", "421222100", "--json").json["code"] as? String == "421222100000000")
    #expect(try daemon.safegrid("grid", "list", "421222").output.contains("421222101000000"))
  }

  @Test func `codes are judged without a daemon`() throws {
    let result = try Tools.safegrid("code", "check", "uscc", "914403001922038216", "914403001922038217", "9144")
    #expect(result.status == 1)
    #expect(result.lines.map { $0.split(separator: "\t")[0] } == ["valid", "legacy", "invalid"])
    let json = try Tools.safegrid("code", "check", "uscc", "914403001922038216", "--json")
    #expect(json.status == 0)
    #expect(
      json.output == """
        [{"value":"914403001922038216","verdict":"valid","reason":"registered in division 440300"}]

        """)
    let grids = try Tools.safegrid("code", "check", "grid", "421222100001001", "42122210000101", "421222000000001")
    #expect(grids.lines.map { $0.split(separator: "\t")[0] } == ["valid", "legacy", "invalid"])
    let numbers = try Tools.safegrid("code", "check", "hazard", "4212221000010012025112200007")
    #expect(numbers.status == 0 && numbers.output.contains("2025-11-22, number 7 of the day"))
  }

  @Test func `any method can be called by name`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let number = try daemon.submit()
    #expect(number == "4212221000010012026030200001")
    let shown = try daemon.safegrid("call", "Hazard.show", "{\"number\":\"\(number)\"}")
    #expect(shown.status == 0 && shown.json["state"] as? String == "REPORTED")
    let same = try daemon.safegrid("hazard", "show", number, "--json")
    #expect(same.output == shown.output)
    let human = try daemon.safegrid("hazard", "show", number)
    #expect(human.output.contains("state        Reported\n"))
    let chinese = try Tools.run(
      "safegrid", ["hazard", "show", number], ["SAFEGRID_CONNECT": daemon.endpoint, "LANG": "zh_CN.UTF-8"])
    #expect(chinese.output.contains("待受理") && chinese.output.contains("网格员巡查"))
    let misspelt = try daemon.safegrid("call", "Hazard.show", #"{"nummer":"1"}"#)
    #expect(
      misspelt.status == 2 && misspelt.errors.contains(#"1:2: ShowHazard has no field "nummer"; did you mean number?"#))
  }

  @Test func `every event of the workflow has its command`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let photo = try daemon.file("p.jpg", "photo")
    let office =
      "id,name,role,grid\nco1,安委办,committee_office,421222000000000\nco2,安委办,committee_office,421222000000000\n"
    #expect(try daemon.safegrid("import", "people", try daemon.file("office.csv", office)).status == 0)
    func act(_ person: String, _ arguments: String...) throws -> [String: Any] {
      let result = try Tools.run(
        "safegrid", ["hazard"] + arguments + ["--as", person, "--json"], ["SAFEGRID_CONNECT": daemon.endpoint])
      #expect(result.status == 0, "\(arguments): \(result.errors)")
      return result.json
    }
    func report(_ kind: String, _ extra: String...) throws -> String {
      let result = try Tools.run(
        "safegrid",
        ["hazard", kind, "--grid", "421222100001001", "--class", "消防", "--description", "堵塞", "--photo", photo]
          + extra + ["--as", "gm1", "--json"], ["SAFEGRID_CONNECT": daemon.endpoint])
      #expect(result.status == 0, "\(result.errors)")
      return try #require(result.json["number"] as? String)
    }
    let number = try report("submit")
    let twin = try report("submit")
    _ = try act("vs1", "file", number, "--note", "x")
    _ = try act("vs1", "merge", twin, "--into", number)
    _ = try act("vs1", "dispatch", number, "--assignee", "gm1")
    _ = try act("gm1", "return-task", number, "--note", "x")
    _ = try act("vs1", "dispatch", number, "--assignee", "gm1")
    _ = try act("to1", "reassign", number, "--assignee", "vs1")
    _ = try act("vs1", "claim", number)
    _ = try act("vs1", "request-extension", number, "--until", "2026-03-20T00:00:00+08:00", "--note", "x")
    _ = try act("to1", "decide-extension", number, "--grant")
    _ = try act("to1", "park", number, "--note", "x")
    let proposed = try daemon.safegrid("hazard", "proposed", "421222")
    #expect(proposed.output.contains(number) && proposed.output.contains("Park"), "\(proposed)")
    #expect(try daemon.safegrid("hazard", "confirm", number, "--as", "to1").errors.contains("another person must"))
    _ = try act("co1", "confirm", number)
    _ = try act("to1", "unpark", number)
    _ = try act("to1", "transfer-enforcement", number)
    _ = try act("vs1", "feedback", number, "--result", "x", "--photo", photo)
    _ = try act("to1", "verify-fail", number, "--note", "x")
    _ = try act("to1", "escalate", try report("submit"))
    _ = try act("vs1", "feedback", number, "--result", "x", "--photo", photo)
    #expect(try act("to1", "verify-pass", number)["state"] as? String == "CLOSED")
    let major = try report("direct-report", "--severity", "major")
    _ = try act("to1", "file", major, "--major-grade", "4")
    _ = try act("to1", "dispatch", major, "--assignee", "gm1")
    _ = try act("gm1", "claim", major)
    _ = try act(
      "gm1", "plan", major, "--target", "a", "--method", "b", "--funds", "100", "--responsible", "c", "--time-limit",
      "2026-04-01", "--safety-measures", "d")
    _ = try act("vs1", "forward-up", try report("submit"), "--note", "x")
    let refused = try report("submit")
    _ = try act("vs1", "decline", refused, "--note", "x")
    _ = try act("gm1", "object", refused, "--note", "x")
    _ = try act("co1", "void", refused, "--note", "x")
    _ = try act("co2", "reject", refused)
    _ = try report("resolve-on-spot", "--photo", photo)
    for view in [
      ["list", "421222000000000"], ["count", "421222000000000"], ["overdue", "421222000000000"],
      ["worklist", "421222100001000"], ["trace", number],
    ] {
      let result = try Tools.run("safegrid", ["hazard"] + view, ["SAFEGRID_CONNECT": daemon.endpoint])
      #expect(result.status == 0 && !result.output.isEmpty, "\(view): \(result.errors)")
    }
  }

  @Test func `a watch prints a line for each change, and goes on where another ended`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let number = try daemon.submit()
    let output = "\(daemon.folder.path)/watch"
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    let watch = Tools.process(
      "safegrid", ["hazard", "watch", number, "--count", "3", "--json", "--connect", daemon.endpoint])
    watch.standardOutput = FileHandle(forWritingAtPath: output)
    try watch.run()
    // The present state comes first, so that it tells when the watch stands.
    while (FileManager.default.contents(atPath: output)?.count ?? 0) == 0 { sched_yield() }
    for event in [["file", number], ["dispatch", number, "--assignee", "gm1"]] {
      #expect(
        try Tools.run("safegrid", ["hazard"] + event + ["--as", "vs1", "--connect", daemon.endpoint]).status == 0)
    }
    watch.waitUntilExit()
    #expect(watch.terminationStatus == 0)
    let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
    let states = lines.map { ($0["hazard"] as? [String: Any])?["state"] as? String }
    #expect(states == ["REPORTED", "FILED", "DISPATCHED"])
    let sequences = lines.compactMap { ($0["sequence"] as? String).flatMap(UInt64.init) }
    #expect(sequences.count == 3 && sequences == sequences.sorted())
    let rest = try daemon.safegrid("hazard", "watch", number, "--after", "\(sequences[1])", "--count", "1", "--json")
    #expect((rest.json["event"] as? [String: Any])?["event"] as? String == "DISPATCH")
    let future = try daemon.safegrid("hazard", "watch", number, "--after", "99999", "--count", "1")
    #expect(future.status == 1 && future.errors.contains("OUT_OF_RANGE"))
    let worklist = try daemon.safegrid("hazard", "watch", "--holder", "421222100001000", "--count", "1", "--json")
    #expect((worklist.json["hazard"] as? [String: Any])?["number"] as? String == number)
  }

  @Test func `a worklist's watch tells what comes and what leaves, also to one who goes on later`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    func changes(_ arguments: String...) throws -> [String] {
      let result = try Tools.run("safegrid", ["hazard", "watch"] + arguments, ["SAFEGRID_CONNECT": daemon.endpoint])
      #expect(result.status == 0, "\(result.errors)")
      return result.lines.map { line in line.split(separator: "  ").dropFirst().joined(separator: " ") }
    }
    let village = "421222100001000"
    let before = try daemon.safegrid("audit", "verify", "--json").json["lastSequence"] as? String ?? ""
    let (first, second) = (try daemon.submit(), try daemon.submit())
    #expect(
      try changes("--holder", village, "--count", "2") == ["\(first) Reported now", "\(second) Reported now"])
    _ = try daemon.safegrid("hazard", "forward-up", first, "--note", "x", "--as", "vs1")
    _ = try daemon.safegrid("hazard", "file", first, "--as", "to1")
    #expect(
      try changes("--holder", village, "--count", "3", "--after", before) == [
        "\(first) Reported Submit gm1", "\(second) Reported Submit gm1", "\(first) Reported (left) Forward up vs1",
      ])
    #expect(
      try changes("--holder", "421222100000000", "--count", "2", "--after", before) == [
        "\(first) Reported Forward up vs1", "\(first) Filed File to1",
      ])
  }

  @Test func `who loses a role loses the watch as well`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let number = try daemon.submit()
    let output = "\(daemon.folder.path)/watch"
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    let watch = Tools.process("safegrid", ["hazard", "watch", number, "--as", "vs1", "--connect", daemon.endpoint])
    watch.standardOutput = FileHandle(forWritingAtPath: output)
    let errors = Pipe()
    watch.standardError = errors
    try watch.run()
    while (FileManager.default.contents(atPath: output)?.count ?? 0) == 0 { sched_yield() }
    let dismissed = #"{"persons":[{"id":"vs1","name":"李四","grants":[]}]}"#
    #expect(try daemon.safegrid("call", "Person.put", dismissed).status == 0)
    // The watch looks again when something happens to cases.
    _ = try daemon.submit()
    watch.waitUntilExit()
    #expect(watch.terminationStatus == 1)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(text.contains("may not act for vs1"), "\(text)")
  }

  @Test func `a page has at least one row`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    _ = try daemon.submit()
    let grid = "\"grid\":\"421222000000000\",\"limit\":0"
    for (method, request) in [
      ("Grid.list", "{\"limit\":0}"), ("Hazard.list", "{\(grid)}"), ("Hazard.overdue", "{\(grid)}"),
      ("Enterprise.list", "{\(grid)}"), ("Hazard.worklist", #"{"holder":"421222100001000","limit":0}"#),
    ] {
      let result = try daemon.safegrid("call", method, request)
      #expect(result.status == 1 && result.errors.contains("limit: 0 is less than 1"), "\(method): \(result.errors)")
    }
  }

  @Test func `the audit trail tells who did what, entry by entry`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let before = try daemon.safegrid("audit", "verify", "--json").json["lastSequence"] as? String ?? ""
    let number = try daemon.submit()
    _ = try daemon.safegrid("hazard", "file", number, "--as", "vs1")
    let lines = try daemon.safegrid("audit", "export", "--after", before).lines.map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
    #expect(lines.map { $0["method"] as? String } == ["Hazard.submit", "Hazard.file"])
    #expect(lines.map { $0["actingFor"] as? String } == ["gm1", "vs1"])
    let changes = lines.map { $0["changes"] as? [[String: Any]] ?? [] }
    #expect(
      changes.map { $0.map { $0["table"] as? String } } == [["hazards", "case_events"], ["hazards", "case_events"]])
    #expect((changes[1][0]["record"] as? [String: Any])?["state"] as? String == "FILED")
    let sequence = try #require(lines[1]["sequence"] as? String)
    let shown = try daemon.safegrid("audit", "show", sequence)
    #expect(shown.output.contains("Hazard.file") && shown.output.contains("vs1"))
    let all = try daemon.safegrid("audit", "export").lines
    #expect("\(all.count)" == sequence, "dense from 1 to the newest")
    #expect(try daemon.safegrid("audit", "show", "999999").status == 1)
    #expect(try daemon.safegrid("audit", "export", "--as", "vs1").status == 1)
    let verified = try daemon.safegrid("verify")
    #expect(verified.status == 0 && verified.output.contains("hazards"), "\(verified.errors)")
  }

  @Test func `a load test on a schedule counts from the moment when a call was due, and fails when asked to`() throws {
    let daemon = try Daemon()
    let result = try daemon.safegrid("load", "--rate", "100", "--duration", "1", "--profile", "ramp", "--json")
    let plan = try #require(result.json["plan"] as? [String: Any])
    #expect(plan["loop"] as? String == "open" && result.json["acknowledged"] as? Int == 50, "\(result.output)")
    let audit = try #require(result.json["audit"] as? [String: Any])
    #expect(audit["clean"] as? Bool == true && audit["journaled"] as? Int == 50)
    let failed = try daemon.safegrid("load", "--in-flight", "1", "--duration", "1", "--min-rate", "1e9", "--json")
    #expect(failed.status == 1 && (failed.json["faults"] as? [String])?.count == 1)
    #expect(try daemon.safegrid("load", "--in-flight", "1", "--rate", "5").status == 2)
  }

  @Test func `a load test reports what was acknowledged, and how fast`() throws {
    let daemon = try Daemon()
    let result = try daemon.safegrid("load", "--connections", "2", "--in-flight", "4", "--duration", "1", "--json")
    #expect(result.status == 0, "\(result.errors)")
    let acknowledged = try #require(result.json["acknowledged"] as? Int)
    let latencies = try #require(result.json["latencyMicroseconds"] as? [String: Any])
    #expect(acknowledged > 0 && latencies["p99.999"] != nil && latencies["max"] != nil)
    #expect((result.json["errors"] as? [String: Int]) == [:])
    let counted = try daemon.safegrid("call", "Hazard.count", #"{"grid":"421222000000000"}"#)
    let total = (counted.json["counts"] as? [[String: Any]] ?? []).compactMap {
      ($0["count"] as? String).flatMap { Int($0) }
    }
    #expect(total.reduce(0, +) == acknowledged)
    #expect(try daemon.safegrid("audit", "verify").output.contains("intact"))
  }
}
