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

  /// Rows of the statistical office's edition of 2021, one of each oddity that the whole country has: a county whose code
  /// ends in 00 with townships under it, one without any, development zones, a county-level city without a prefecture,
  /// farms with one virtual village, village parts of every range, names of one character, outside the BMP, for private
  /// use, with full-width brackets, and with a character that was lost.
  private static let oddities = """
    code,name,level,parent
    11,北京市,1,
    1101,市辖区,2,11
    110108,海淀区,3,1101
    110108010,学院路街道,4,110108
    110108010027,中国矿业大学（北京）社区居委会,5,110108010
    13,河北省,1,
    1301,石家庄市,2,13
    130101,市辖区,3,1301
    130171,石家庄高新技术产业开发区,3,1301
    130171100,宋营镇,4,130171
    42,湖北省,1,
    4206,襄阳市,2,42
    420602,襄城区,3,4206
    420602006,余家湖街道,4,420602
    420602006207,莫𡐓村委会,5,420602006
    420684,宜城市,3,4206
    420684103,小河镇,4,420684
    420684103229,高\u{E170}村委会,5,420684103
    4212,咸宁市,2,42
    421222,通城县,3,4212
    421222502,黄龙林场,4,421222
    421222502598,黄龙林场虚拟生活区,5,421222502
    4290,省直辖县级行政区划,2,42
    429004,仙桃市,3,4290
    429004001,沙嘴街道,4,429004
    429004001001,王市口居委会,5,429004001
    44,广东省,1,
    4419,东莞市,2,44
    441900,辖区,3,4419
    441900003,东城街道,4,441900
    441900003001,岗贝社区居民委员会,5,441900003
    45,广西壮族自治区,1,
    4501,南宁市,2,45
    450181,横州市,3,4501
    450181110,石塘镇,4,450181
    450181110599,石塘林场生活区,5,450181110
    50,重庆市,1,
    5002,县,2,50
    52,贵州省,1,
    5226,黔东南苗族侗族自治州,2,52
    522626,岑巩县,3,5226
    522626001,?水街道,4,522626

    """

  @Test func `every oddity of the country's codes goes in, level by level`() throws {
    let daemon = try Daemon()
    let result = try daemon.safegrid("import", "divisions", daemon.file("odd.csv", Self.oddities))
    #expect(result.status == 0 && result.output.contains("42 divisions are active"), "\(result.output)\(result.errors)")
    func names(_ parent: String?) throws -> [String] {
      let grids = try Tools.run(
        "safegrid", ["grid", "list", "--json"] + (parent.map { [$0] } ?? []), ["SAFEGRID_CONNECT": daemon.endpoint])
      return (grids.json["grids"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }
    #expect(
      try names(nil) == ["海淀区", "市辖区", "石家庄高新技术产业开发区", "襄城区", "宜城市", "通城县", "仙桃市", "辖区", "横州市", "岑巩县"])
    #expect(try names("130101") == [])
    #expect(try names("441900") == ["东城街道"] && names("441900003") == ["岗贝社区居民委员会"])
    #expect(try names("420602006") == ["莫𡐓村委会"] && names("420684103") == ["高\u{E170}村委会"])
    #expect(try names("421222502") == ["黄龙林场虚拟生活区"] && names("450181110") == ["石塘林场生活区"])
    #expect(try names("522626") == ["?水街道"] && names("110108010") == ["中国矿业大学（北京）社区居委会"])
    #expect(try daemon.safegrid("grid", "show", "441900").output.contains("441900000000000"))
    // A cell, and with it a report, below a county whose code ends in 00.
    let cells = try daemon.file("cells.csv", "code,name\n441900003001001,第一网格\n")
    #expect(try daemon.safegrid("import", "cells", cells).status == 0)
    #expect(try daemon.safegrid("grid", "incomplete", "441900").output.hasSuffix("1 of 1 nodes lack something\n"))
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
    #expect(
      checked.errors.contains(
        "line 3: name, phone, enterprise, employment, certificate, staffing or terminals of new1 differ from an earlier line's"
      ))
    #expect(checked.errors.contains("line 4: there is no active grid 421222100009001"))
    #expect(try daemon.safegrid("person", "show", "new1").status == 1)
  }

  @Test func `in Chinese a bad line's reason is Chinese`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    func errors(_ kind: String, _ text: String) throws -> [String] {
      let result = try Tools.run(
        "safegrid", ["import", kind, try daemon.file("\(kind).csv", text)],
        ["SAFEGRID_CONNECT": daemon.endpoint, "LANG": "zh_CN.UTF-8"])
      #expect(result.status == 1, "\(result)")
      return result.errors.split(separator: "\n").map(String.init)
        .map { $0.split(separator: "第", maxSplits: 1).last.map(String.init) ?? $0 }
    }
    let divisions = "code,name,level,parent\n42,湖北省,1,\n4212,咸宁市,2,41\n421222,通城县,9,4212\n42122,x,3,4212\n42,湖北省,1,\n"
    #expect(
      try errors("divisions", divisions).prefix(4) == [
        "3行：代码4212不属于其上级“41”", "4行：level“9”不是1（省）至5（村）", "5行：第3级的代码“42122”不是6位数字",
        "6行：代码42已见于第2行",
      ])
    let people =
      "id,name,role,grid,enterprise_id,from\na,甲,boss,,,\nb,乙,grid_member,42,,\nc,丙,auditor,,x,\nd,丁,auditor,,,soon\n\"e,戊\n"
    let lines = try errors("people", people)
    #expect(lines[0].hasPrefix("2行：role“boss”不是grid_member"), "\(lines)")
    #expect(lines.contains("4行：enterprise_id不是数字") && lines.contains("6行：始于第6行的引号字段没有结束"), "\(lines)")
    #expect(lines.last?.contains("行无法采用；未导入任何内容") == true, "\(lines)")
    // Nothing is left of the English but names of columns and values, and what stood in the file.
    let known =
      ["grid", "from", "enterprise_id", "role", "boss", "soon"]
      + lines[0].split(whereSeparator: { "、“”".contains($0) }).map(String.init)
    for line in lines.dropFirst().dropLast() {
      let words = line.split { !($0.isASCII && ($0.isLetter || $0 == "_")) }.map(String.init)
      #expect(words.allSatisfy { $0.count < 3 || known.contains($0) }, "\(line)")
    }
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
    // Part of a name, in another width; then a flag.
    func search(_ arguments: String...) throws -> [String] {
      let result = try Tools.run(
        "safegrid", ["enterprise", "search"] + arguments + ["--json"], ["SAFEGRID_CONNECT": daemon.endpoint])
      return (result.json["enterprises"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }
    #expect(try search("某厂，一") == ["通城县某厂, 一分厂"])
    #expect(try search("店") == ["某小店"] && search("厂").count == 2 && search("厂", "--grid", "430105").isEmpty)
    #expect(try search("91350211m0000xuf46") == ["历史代码厂"])
    let flagged =
      "uscc,name,type,grid,risk_level,flags\n91421222MA40006370,改名厂,enterprise,421222100001001,red,mine; key_unit\n"
    #expect(try daemon.safegrid("import", "enterprises", daemon.file("flags.csv", flagged)).status == 0)
    #expect(try search("--flag", "mine", "--flag", "key-unit") == ["改名厂"] && search("某厂").isEmpty)
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `an enterprise and its further places come in one file, in any order, and share the credit`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let people = "id,name,role,grid\nem,周九,emergency_bureau,421222000000000\n"
    try #require(try daemon.safegrid("import", "people", daemon.file("people2.csv", people)).status == 0)
    let table = """
      uscc,name,type,grid,risk_level,site_of
      ,二车间,enterprise,421222100001001,yellow,91421222MA40006370
      91421222MA40006370,某厂,enterprise,421222100001002,yellow,
      ,三车间,enterprise,421222100001001,yellow,91421222ma40006370

      """
    let file = try daemon.file("sites.csv", table)
    let dry = try daemon.safegrid("import", "enterprises", file, "--dry-run")
    #expect(dry.status == 0 && dry.output.contains("3 lines can be taken, 0 cannot"), "\(dry.errors)")
    let imported = try daemon.safegrid("import", "enterprises", file, "--json")
    #expect(imported.json["created"] as? Int == 3, "\(imported.errors)")
    let out = "\(daemon.folder.path)/out.csv"
    try #require(try daemon.safegrid("export", "enterprises", "--output", out).status == 0)
    #expect(try daemon.safegrid("import", "enterprises", out, "--json").json["unchanged"] as? Int == 3)

    let sites = try daemon.safegrid("enterprise", "sites", "1", "--json").json["enterprises"] as? [[String: Any]]
    #expect(sites?.compactMap { $0["name"] as? String } == ["二车间", "三车间"])
    let bad = """
      uscc,name,type,grid,risk_level,site_of
      91421222MA40006370,某厂,enterprise,421222100001002,yellow,91421222MA40006370
      ,四车间,enterprise,421222100001001,yellow,91350211M0000XUF46

      """
    let refused = try daemon.safegrid("import", "enterprises", daemon.file("bad.csv", bad))
    #expect(refused.status != 0 && refused.errors.contains("line 2: a further place of operation has no credit code"))
    #expect(refused.errors.contains("line 3: no enterprise of the ledger has credit code 91350211M0000XUF46"))

    // What is entered at a place stands in the enterprise's file, and the place shows its score.
    let fine = try daemon.safegrid(
      "credit", "record", "2", "--kind", "fine", "--basis", "通应急罚〔2026〕12号", "--on", "2026-01-02", "--as",
      "em", "--json")
    #expect(fine.json["enterpriseId"] as? String == "1", "\(fine.errors)")
    let explained = try ["1", "2"].map { try daemon.safegrid("credit", "explain", $0, "--json").output }
    #expect(explained[0] == explained[1] && explained[0].contains("通应急罚〔2026〕12号"))
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test(arguments: ["csv", "jsonl"])
  func `what is exported can be imported again, and is the same`(form: String) throws {
    let daemon = try Daemon()
    try daemon.setUp()
    // As Excel writes it: a mark, CRLF, quotes where they are needed, a line break inside.
    let table =
      "\u{FEFF}uscc,name,type,grid,risk_level,employees,longitude,latitude,accept_legacy,address,flags,registered,responsible_department,member,supervision,direct_ground\r\n"
      + "91421222MA40006370,\"通城县\"\"某\"\"厂, 一分厂\",enterprise,421222100001001,yellow,12,113.8,29.25,,\"东路1号\n二楼\",mine key_unit,,,,,\r\n"
      + ",某小店,small_shop,421222100001002,blue,,,,,,,430105000000000,,gm2,grid,\r\n"
      + "91350211M0000XUF46,历史代码厂,enterprise,421222100001001,red,3000,,,true,,,,应急管理局,,direct,high_risk\r\n"
    let dry = try daemon.safegrid("import", "enterprises", daemon.file("excel.csv", table), "--dry-run")
    #expect(dry.status == 0 && dry.output.contains("3 lines can be taken, 0 cannot; nothing was imported"))
    #expect(try daemon.safegrid("enterprise", "list", "421222", "--json").output == "{}\n")
    #expect(
      try daemon.safegrid("import", "enterprises", daemon.file("excel.csv", table), "--json").json["created"] as? Int
        == 3)
    let file = "\(daemon.folder.path)/out.\(form)"
    let exported = try daemon.safegrid("export", "enterprises", "--output", file)
    #expect(exported.status == 0, "\(exported.errors)")
    let again = try daemon.safegrid("import", "enterprises", file, "--json")
    #expect(again.json["unchanged"] as? Int == 3, "\(again.errors)")
    // Standard output, and a part of it.
    let part = try daemon.safegrid("export", "enterprises", "--form", form, "--flag", "mine", "--grid", "421222")
    #expect(part.output.contains("某") && !part.output.contains("某小店"))
    #expect(part.output.contains(form == "csv" ? "\"通城县\"\"某\"\"厂, 一分厂\",enterprise" : #""name":"通城县\"某\"厂, 一分厂""#))
    let object = try daemon.safegrid("enterprise", "show", "1", "--json").json
    #expect(object["address"] as? String == "东路1号\n二楼")
  }

  @Test func `what a list leaves out stays, and a code that comes later finds its object`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let full = """
      id,name,role,grid,phone,terminals,organization,remuneration,concurrent_jobs,protective_kit
      gm1,张三,grid_member,421222100001001,13812345678,PDA-1; PDA-2,应急所,每月补贴300元,信息员；统计员,安全帽

      """
    try #require(try daemon.safegrid("import", "people", daemon.file("full.csv", full)).status == 0)
    let known = try daemon.safegrid("person", "show", "gm1", "--json").json
    #expect(known["terminals"] as? [String] == ["PDA-1", "PDA-2"])
    let service = known["staffing"] as? [String: Any]
    #expect(service?["concurrentJobs"] as? [String] == ["信息员", "统计员"] && service?["remuneration"] != nil)
    let short = "id,name,role,grid\ngm1,张三丰,grid_member,421222100001001\n"
    try #require(try daemon.safegrid("import", "people", daemon.file("short.csv", short)).status == 0)
    let later = try daemon.safegrid("person", "show", "gm1", "--json").json
    #expect(later["name"] as? String == "张三丰" && later["phone"] as? String == known["phone"] as? String)
    #expect(later["terminals"] as? [String] == ["PDA-1", "PDA-2"])

    let row = "某厂,enterprise,421222100001001,yellow"
    func bring(_ file: String, _ table: String) throws -> String {
      try daemon.safegrid("import", "enterprises", daemon.file(file, table)).output
    }
    #expect(try bring("a.csv", "name,type,grid,risk_level\n\(row)\n").contains("1 created"))
    let code = "91421222MA40006370"
    let update = try daemon.safegrid(
      "enterprise", "update", "1", "--uscc", code, "--longitude", "113.8", "--latitude", "29.2", "--as", "vs1")
    #expect(update.status == 0, "\(update.errors)")
    let object = try daemon.safegrid("enterprise", "show", "1", "--json").json
    #expect(object["uscc"] as? String == code && object["point"] != nil)
    #expect(
      try bring("b.csv", "name,type,grid,risk_level,longitude,latitude\n\(row),113.8,29.2\n").contains("1 unchanged"))
    let half = try daemon.safegrid("enterprise", "update", "1", "--longitude", "113.8", "--as", "vs1")
    #expect(half.status != 0 && half.errors.contains("give both --longitude and --latitude"))

    let photo = try daemon.file("photo.jpg", "x")
    let reported = try daemon.safegrid(
      "hazard", "direct-report", "--grid", "421222100001001", "--enterprise", "1", "--class", "消防", "--description",
      "火灾", "--urgency", "emergency", "--to-county", "--photo", photo, "--longitude", "113.8", "--latitude", "29.2",
      "--as", "gm1")
    #expect(reported.status == 0 && reported.output.contains("421222000000000"), "\(reported)")
    let cases = try daemon.safegrid("hazard", "of-enterprise", "1")
    #expect(cases.lines.count == 2 && cases.output.contains("421222000000000"), "\(cases)")

    // Of the next edition a township is no longer there; one is numbered as none is.
    let next = Daemon.divisions.replacing("421222101,麦市镇,4,421222", with: "421222700,某管理区,4,421222")
    let imported = try daemon.safegrid("import", "divisions", daemon.file("next.csv", next))
    #expect(
      imported.status == 0
        && imported.errors.contains(
          "note: codes that end in 600 or more, as no township or village is numbered, are taken: 1 "),
      "\(imported)")
    #expect(imported.errors.contains("(line 7: 421222700)"))
    let leftOut = try daemon.safegrid("grid", "left-out", "421222")
    #expect(leftOut.lines.dropFirst().first?.hasPrefix("421222101000000") == true, "\(leftOut)")
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `a file in another encoding is refused with what to do, a damaged line among good ones by its number`()
    throws
  {
    let daemon = try Daemon()
    try daemon.setUp()
    func refusal(_ bytes: [UInt8]) throws -> String {
      let path = "\(daemon.folder.path)/encoded.csv"
      try Data(bytes).write(to: URL(filePath: path))
      let result = try daemon.safegrid("import", "enterprises", path)
      #expect(result.status == 1)
      return result.errors
    }
    let header = Array("name,type,grid,risk_level\n".utf8)
    let rest = Array(",small_shop,421222100001001,blue\n".utf8)
    // 某小店 as a Chinese Excel saves it.
    let gbk = try refusal(header + [0xc4, 0xb3, 0xd0, 0xa1, 0xb5, 0xea] + rest)
    #expect(gbk.contains("is in GBK") && gbk.contains("iconv -f GB18030 -t UTF-8"), "\(gbk)")
    #expect(try refusal([0xff, 0xfe] + header).contains("is UTF-16"))
    let damaged = try refusal(header + Array("某小店".utf8) + rest + [0xb5, 0xea] + rest)
    #expect(damaged.contains("line 3: it is not UTF-8") && !damaged.contains("GBK"), "\(damaged)")
  }

  @Test func `every bad line of a file stands in its report`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let rows = (0..<120).map { "店\($0),\($0 % 2 == 0 ? "small_shop" : "shop"),421222100001001,blue\n" }.joined()
    let file = try daemon.file("many.csv", "name,type,grid,risk_level\n" + rows)
    let report = "\(daemon.folder.path)/report.csv"
    let skipped = try daemon.safegrid("import", "enterprises", file, "--skip-bad-lines", "--report", report, "--json")
    #expect(skipped.json["created"] as? Int == 60, "\(skipped.errors)")
    let lines = try String(decoding: Data(contentsOf: URL(filePath: report)), as: UTF8.self)
      .components(separatedBy: "\r\n")
    #expect(lines.count == 62 && lines[0] == "\u{FEFF}line,reason" && lines[1].hasPrefix("3,\"type"))
  }
}
