import Foundation
import Support
import Testing

/// The grid as its officers change it, by the command line.
@Suite struct GridTests {
  /// Two squares beside each other.
  private static let west = "POLYGON ((113.80 29.20, 113.81 29.20, 113.81 29.21, 113.80 29.21, 113.80 29.20))"
  private static let east = "POLYGON ((113.81 29.20, 113.82 29.20, 113.82 29.21, 113.81 29.21, 113.81 29.20))"

  private let daemon: Daemon

  init() throws {
    daemon = try Daemon()
    try daemon.setUp()
  }

  @Test func `boundaries are imported, and points found in them`() throws {
    let good = try daemon.file(
      "map.csv", "code,boundary\n421222100001001,\"\(Self.west)\"\n421222100001002,\"\(Self.east)\"\n")
    let result = try daemon.safegrid("import", "boundaries", good)
    #expect(result.status == 0 && result.output == "boundaries: 2 drawn, 0 redrawn\n", "\(result.errors)")
    #expect(try daemon.safegrid("grid", "locate", "113.805", "29.205").output.contains("421222100001001"))
    #expect(try daemon.safegrid("grid", "locate", "113.815", "29.205").output.contains("421222100001002"))
    #expect(try daemon.safegrid("grid", "locate", "114", "29").output == "no boundary holds this point\n")
    #expect(
      try daemon.safegrid("grid", "boundary", "421222100001001").output.hasPrefix("POLYGON ((113.8000000 29.2000000, "))
    let lines = [
      ("421222100001002,\"\(Self.west)\"", "it overlaps that of grid 421222100001001 near 113.8000000 29.2000000"),
      ("421222100001009,\"\(Self.west)\"", "There is no active grid 421222100001009."),
      ("421222100001002,\"LINESTRING (1 2)\"", "does not begin with POLYGON (("),
      ("421222100001002,\"POLYGON ((1 x, 1 1, 1 2, 1 x))\"", "is not degrees east and north"),
      ("421222100001002,\"POLYGON ((1 1, 1 1))\"", "4"),
    ]
    for (line, reason) in lines {
      let bad = try daemon.file("bad.csv", "code,boundary\n\(line)\n")
      let result = try daemon.safegrid("import", "boundaries", bad)
      #expect(
        result.status == 1 && result.errors.contains("line 2: ") && result.errors.contains(reason), "\(result.errors)")
    }
  }

  @Test func `a cell gets what it lacks, one thing after the other`() throws {
    func lacks() throws -> String {
      try daemon.safegrid("grid", "incomplete", "421222").lines.first { $0.hasPrefix("421222100001001") } ?? ""
    }
    #expect(try lacks().contains("Fixed area (boundary), Fixed persons (网格员), Fixed persons (包保联系干部)"))
    let commands = [
      ["boundary", "421222100001001", Self.west],
      ["post", "421222100001001", "网格员", "gm1", "--from", "2026-03-01"],
      ["post", "421222100001001", "包保联系干部", "to1", "--from", "2026-03-01"],
      ["file", "421222100001001", "--duty", "信息员", "--duty", "宣传员", "--task", "日常巡查", "--reward", "月度考核"],
      [
        "file", "421222100001001", "--kind", "urban-community", "--responsible", "居委会", "--supervising", "应急管理局",
        "--device",
        "PDA-1", "--flag", "old-town", "--base", "zz-17",
      ],
    ]
    for command in commands {
      let result = try Tools.run("safegrid", ["grid"] + command, ["SAFEGRID_CONNECT": daemon.endpoint])
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try lacks() == "")
    let status = try daemon.safegrid("grid", "status", "421222100001001")
    #expect(
      status.output.contains("complete") && status.output.contains("信息员, 宣传员") && status.output.contains("zz-17"),
      "\(status.output)")
    #expect(try daemon.safegrid("grid", "incomplete", "421222").output.hasSuffix("1 of 2 nodes lack something\n"))
    #expect(try daemon.safegrid("grid", "end-post", "1", "--to", "2026-03-01").status == 0)
    #expect(try lacks().contains("Fixed persons (网格员)"))
  }

  @Test func `cells are divided, joined, moved and retired`() throws {
    let number = try daemon.submit()
    let split = try daemon.safegrid(
      "grid", "split", "421222100001001", "421222100001003=西网格", "421222100001004=东网格", "--boundary", Self.west,
      "--boundary", Self.east, "--version", "1", "--as", "to1")
    #expect(
      split.output
        == "421222100001001 → 421222100001003, 421222100001004: 0 enterprises, 1 open cases, 1 people, 0 posts, 0 public reports handed over\n",
      "\(split.errors)")
    let refused = try daemon.safegrid("call", "Hazard.submit", Daemon.report, "--as", "gm1")
    #expect(refused.errors.contains("was retired on 2026-03-02; its work goes on in 421222100001003, 421222100001004"))
    #expect(try daemon.safegrid("hazard", "show", number).output.contains("421222100001003"))
    #expect(
      try daemon.safegrid("grid", "status", "421222100001001").output.contains("2026-03-02 Split → 421222100001003"))
    let merge = try daemon.safegrid(
      "grid", "merge", "421222100001003", "421222100001004", "--into", "421222100001005=合并网格")
    #expect(merge.output.hasPrefix("421222100001003, 421222100001004 → 421222100001005: "), "\(merge.errors)")
    #expect(try daemon.safegrid("grid", "retire", "421222100001002", "421222100001005").status == 0)
    let move = try daemon.safegrid("grid", "move", "421222100001005", "421222100001006=x")
    #expect(move.status == 1 && move.errors.contains("lies in the same village"))
    #expect(try daemon.safegrid("grid", "list", "421222100001").lines.count == 2)
    #expect(try daemon.safegrid("grid", "list", "421222100001", "--retired").lines.count == 6)
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `a case that was moved stands in each list of its new place, closed ones too`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let (moved, stays) = (try daemon.submit(), try daemon.submit())
    #expect(try daemon.safegrid("hazard", "decline", stays, "--note", "不实", "--as", "vs1").status == 0)
    func numbers(_ grid: String, _ states: String...) throws -> [String] {
      var arguments = ["hazard", "list", grid, "--json"]
      for state in states { arguments += ["--state", state] }
      let result = try Tools.run("safegrid", arguments, ["SAFEGRID_CONNECT": daemon.endpoint])
      return (result.json["hazards"] as? [[String: Any]] ?? []).compactMap { $0["number"] as? String }
    }
    let old = String(moved.prefix(15))
    let division = try daemon.safegrid("grid", "split", old, "\(old.dropLast(3))088=甲", "\(old.dropLast(3))089=乙")
    try #require(division.status == 0, "\(division)")
    let new = "\(old.dropLast(3))088"
    #expect(try numbers(new) == [moved] && numbers(new, "reported") == [moved])
    #expect(try numbers(old, "reported").isEmpty && numbers(old, "not-filed") == [stays])
    #expect(try daemon.safegrid("hazard", "decline", moved, "--note", "不实", "--as", "vs1").status == 0)
    #expect(try numbers(new, "not-filed") == [moved] && numbers(new, "reported").isEmpty)
    #expect(try numbers("421222", "not-filed").sorted() == [moved, stays].sorted())
    #expect(try daemon.safegrid("verify").status == 0)
  }
}
