import Foundation
import Support
import Testing

/// Files as people hand them in, good and bad.
@Suite struct ImportTests {
  private func countOfGrids(_ daemon: Daemon) throws -> Int {
    try daemon.safegrid("grid", "list").lines.count - 1
  }

  @Test func `divisions: names above the county, grids from it down; packed or plain`() throws {
    for isPacked in [false, true] {
      let daemon = try Daemon()
      var path = try daemon.file("d.csv", Daemon.divisions)
      if isPacked {
        let gzip = Process()
        gzip.executableURL = URL(filePath: "/usr/bin/gzip")
        gzip.arguments = [path]
        try gzip.run()
        gzip.waitUntilExit()
        path += ".gz"
      }
      let result = try daemon.safegrid("import", "divisions", path)
      #expect(result.status == 0 && result.output.contains("6 divisions are active"), "\(result.errors)")
      #expect(
        try daemon.safegrid("grid", "list").lines.dropFirst().map { $0.split(separator: " ")[0] } == ["421222000000000"]
      )
      let children = try daemon.safegrid("grid", "list", "421222000000000", "--json").json["grids"] as? [[String: Any]]
      #expect(children?.compactMap { $0["name"] as? String } == ["隽水镇", "麦市镇"])
    }
  }

  @Test(arguments: [
    ("421222102,塘湖镇,4,421223", "line 8: code 421222102 does not lie under its parent \"421223\""),
    (
      "421222102001,某村,5,421222102",
      "line 8: there is no active grid 421222102000000"
    ),
    ("421222102,塘湖镇,5,421222", "line 8: code \"421222102\" of level 5 does not have 12 digits"),
    ("42122210x,塘湖镇,4,421222", "line 8: code \"42122210x\" of level 4 does not have 9 digits"),
    ("421222102,塘湖镇,9,421222", "line 8: level \"9\" is not 1 (province) to 5 (village)"),
    ("421222102,,4,421222", "line 8: the name has 1 to 100 characters"),
    ("421222101,又一个,4,421222", "line 8: code 421222101 stands already in line 7"),
    ("421222102,塘湖镇,4", "line 8: 3 fields instead of 4"),
    ("421222102,\"塘湖镇,4,421222", "line 8: the quoted field that begins on line 8 does not end"),
    ("421222000,塘湖镇,4,421222", "line 8: code 421222000 ends in 000"),
  ])
  func `one bad line, and no division is imported`(line: String, message: String) throws {
    let daemon = try Daemon()
    let path = try daemon.file("bad.csv", Daemon.divisions + line + "\n")
    let result = try daemon.safegrid("import", "divisions", path)
    #expect(result.status == 1)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try countOfGrids(daemon) == 0)
    // The daemon goes on, and the mended file goes in.
    #expect(try daemon.safegrid("import", "divisions", daemon.file("good.csv", Daemon.divisions)).status == 0)
    #expect(try countOfGrids(daemon) == 1)
  }

  @Test func `bad lines are left out when it is asked for`() throws {
    let daemon = try Daemon()
    let path = try daemon.file("bad.csv", Daemon.divisions + "1,x,4,2\n\n421222102,塘湖镇,4,421222\n")
    let result = try daemon.safegrid("import", "divisions", path, "--skip-bad-lines")
    #expect(result.status == 0 && result.errors.contains("line 8:") && result.output.contains("7 divisions"))
  }

  @Test func `files that are no tables are refused as such`() throws {
    let daemon = try Daemon()
    for (text, message) in [
      ("", "is empty"), ("code,name\n1,2\n", "the column \"level\" is missing"),
      ("code,name,level,parent,extra\n", "the column \"extra\" is not known"),
      ("code,code,name,level,parent\n", "twice"),
    ] {
      let result = try daemon.safegrid("import", "divisions", daemon.file("x.csv", text))
      #expect(result.status == 1 && result.errors.contains(message), "\(result.errors)")
    }
    let missing = try daemon.safegrid("import", "divisions", "/nonexistent.csv")
    #expect(missing.status == 1 && missing.errors.contains("cannot open /nonexistent.csv: No such file or directory"))
    try Data([0xff, 0xfe, 0x00]).write(to: URL(filePath: "\(daemon.folder.path)/binary.csv"))
    #expect(try daemon.safegrid("import", "divisions", "\(daemon.folder.path)/binary.csv").status == 1)
  }

  @Test func `a packed file that was cut off is refused, wherever the cut lies`() throws {
    let daemon = try Daemon()
    let path = try daemon.file("whole.csv", Daemon.divisions)
    let pack = Process()
    pack.executableURL = URL(filePath: "/usr/bin/gzip")
    pack.arguments = [path]
    try pack.run()
    pack.waitUntilExit()
    let whole = try Data(contentsOf: URL(filePath: "\(path).gz"))
    for length in [whole.count - 1, whole.count - 8, whole.count - 9, whole.count / 2, 20] {
      try whole.prefix(length).write(to: URL(filePath: "\(path).cut.gz"))
      let result = try daemon.safegrid("import", "divisions", "\(path).cut.gz")
      #expect(result.status == 1, "\(length) of \(whole.count) bytes: \(result.errors)")
    }
    #expect(try countOfGrids(daemon) == 0)
    #expect(try daemon.safegrid("import", "divisions", "\(path).gz").status == 0)
  }

  @Test func `an open quote costs its own line only`() throws {
    let daemon = try Daemon()
    var lines = Daemon.divisions.split(separator: "\n").map(String.init)
    lines.insert("421222102,\"塘湖镇,4,421222", at: 5)
    lines.append("421222103,\"关刀\"\"镇\",4,421222")
    let file = try daemon.file("quote.csv", lines.joined(separator: "\n") + "\n")
    let result = try daemon.safegrid("import", "divisions", file, "--skip-bad-lines")
    #expect(result.status == 0 && result.errors.contains("line 6: the quoted field"), "\(result.errors)")
    #expect(try daemon.safegrid("grid", "show", "421222103", "--json").json["name"] as? String == "关刀\"镇")
    #expect(try daemon.safegrid("grid", "show", "421222100001").status == 0)
  }

  @Test func `cells and people: one bad line, and nothing is imported`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let cells = "code,name\n421222100001003,甲\n421222100009001,乙\n421222100001003,丙\n4212221000010,丁\n"
    let refused = try daemon.safegrid("import", "cells", daemon.file("c.csv", cells))
    #expect(refused.status == 1)
    #expect(refused.errors.contains("line 4: cell 421222100001003 stands on line 2 already"))
    #expect(refused.errors.contains("line 5: code \"4212221000010\" is no cell of 15 digits"))
    let unknown = try daemon.safegrid(
      "import", "cells", daemon.file("d.csv", "code,name\n421222100001003,甲\n421222100009001,乙\n"))
    #expect(unknown.status == 1 && unknown.errors.contains("line 3: there is no active grid 421222100009000"))
    #expect(try daemon.safegrid("grid", "show", "421222100001003").status == 1)
    let skipped = try daemon.safegrid("import", "cells", daemon.file("c.csv", cells), "--skip-bad-lines")
    #expect(skipped.status == 0 && skipped.output == "cells: 1 created, 0 replaced\n")
    let people = """
      id,name,role,grid,phone
      new1,新,grid_member,421222100001001,1
      new1,新,village_officer,421222100001000,2
      new2,人,grid_member,421222100009001,
      new3,人,boss,421222100001001,

      """
    let result = try daemon.safegrid("import", "people", daemon.file("p.csv", people))
    #expect(result.status == 1 && result.errors.contains("line 5: role \"boss\" is none of"))
    let asked = people.replacing("boss", with: "grid_member")
    let checked = try daemon.safegrid("import", "people", daemon.file("p.csv", asked))
    #expect(checked.status == 1)
    #expect(checked.errors.contains("line 3: name, phone or enterprise of new1 differ from an earlier line's"))
    #expect(checked.errors.contains("line 4: there is no active grid 421222100009001"))
    #expect(try daemon.safegrid("person", "show", "new1").status == 1)
  }

  @Test func `enterprises: every bad line is named, and none of the file is imported`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let good = """
      uscc,name,type,grid,risk_level,employees,longitude,latitude,accept_legacy
      91421222MA40006370,"通城县某厂, 一分厂",enterprise,421222100001001,yellow,12,113.8,29.2,
      ,某小店,small_shop,421222100001002,blue,,,,
      91350211M0000XUF46,历史代码厂,enterprise,421222100001001,red,3000,,,true

      """
    let bad =
      good + """
        914403001922038217,校验错,enterprise,421222100001001,blue,,,,
        91440300192203821,短,enterprise,421222100001001,blue,,,,
        91421222MA4000047Y,无此网格,enterprise,421222100001009,blue,,,,
        91421222MA4000047Y,代码重复,enterprise,421222100001001,blue,,,,
        ,类型错,factory,421222100001001,blue,,,,
        ,网格错,enterprise,42122210000100,blue,,,,
        ,半个坐标,enterprise,421222100001001,blue,,113.8,,
        91421222ma40006370,小写重复,enterprise,421222100001001,blue,,,,
        ,坐标错,enterprise,421222100001001,blue,,213.8,29.2,

        """
    let refused = try daemon.safegrid("import", "enterprises", daemon.file("bad.csv", bad))
    #expect(refused.status == 1)
    // What can be seen without the daemon is said at once.
    for message in [
      "line 6: uscc: a credit code has 18 characters", "line 8: the same object stands already in line 7",
      "line 9: type \"factory\" is none of", "line 10: grid: a grid code has 15 digits",
      "line 11: longitude and latitude belong together",
      "line 12: the same object stands already in line 2", "line 13: point.longitude: 213.8 is more than 180",
    ] {
      #expect(refused.errors.contains(message), "\(message) in \(refused.errors)")
    }
    // And what only the daemon knows, before anything is written.
    let onlyDaemon =
      good + """
        914403001922038217,校验错,enterprise,421222100001001,blue,,,,
        91421222MA4000047Y,无此网格,enterprise,421222100001009,blue,,,,

        """
    let checked = try daemon.safegrid("import", "enterprises", daemon.file("checked.csv", onlyDaemon))
    #expect(checked.status == 1)
    #expect(checked.errors.contains("line 5: the check character of credit code 914403001922038217 is not 6"))
    #expect(checked.errors.contains("line 6: there is no active grid 421222100001009"))
    #expect(try daemon.safegrid("enterprise", "list", "421222000000000", "--json").output == "{}\n")

    let imported = try daemon.safegrid("import", "enterprises", daemon.file("good.csv", good), "--json")
    #expect(imported.status == 0 && imported.json["created"] as? Int == 3, "\(imported.errors)")
    let again = try daemon.safegrid("import", "enterprises", daemon.file("good.csv", good), "--json")
    #expect(again.json["unchanged"] as? Int == 3)
    let found = try daemon.safegrid("enterprise", "find", "91350211M0000XUF46", "--json")
    #expect(found.json["usccStatus"] as? String == "LEGACY_UNVERIFIED")
    let credit = try daemon.safegrid("credit", "show", "1", "--json")
    #expect(credit.json["scoreTenths"] as? Int == 600)
  }
}
