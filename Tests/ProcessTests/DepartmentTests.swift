import Foundation
import Testing

/// Departments, hard cases and the ledger's people, as the officers of a county use them.
@Suite struct DepartmentTests {
  private let daemon: Daemon
  private let photo: String

  init() throws {
    daemon = try Daemon()
    try daemon.setUp()
    photo = try daemon.file("photo.jpg", "x")
    let people = try daemon.file(
      "officers.csv",
      """
      id,name,role,grid,department,phone
      yj,钱一,department_officer,421222000000000,县应急管理局,13800000001
      xf,孙二,department_officer,421222000000000,县消防救援大队,13800000002
      co,周三,committee_office,421222000000000,,
      vs2,吴四,village_officer,421222101001000,,

      """)
    let divisions = try daemon.file(
      "divisions.csv", Daemon.divisions + "421222101001,麦市社区居委会,5,421222101\n")
    let enterprises = try daemon.file(
      "enterprises.csv",
      """
      name,type,grid,risk_level,responsible_department,output,key_from,key_to,legal_representative,phone
      甲厂,enterprise,421222100001001,yellow,县应急管理局,5000000,2026-06-01,2026-09-30,李建国,13912345678

      """)
    for (kind, file) in [("divisions", divisions), ("people", people), ("enterprises", enterprises)] {
      let result = try daemon.safegrid("import", kind, file)
      try #require(result.status == 0, "\(result.errors)")
    }
  }

  private func submit(_ more: String...) throws -> Tools.Result {
    let report = [
      "hazard", "submit", "--grid", "421222100001001", "--class", "消防", "--description", "消防通道堵塞", "--photo", photo,
      "--as", "gm1", "--json",
    ]
    return try Tools.run("safegrid", report + more, ["SAFEGRID_CONNECT": daemon.endpoint])
  }

  private func number(_ more: String...) throws -> String {
    let report = [
      "hazard", "submit", "--grid", "421222100001001", "--class", "消防", "--description", "消防通道堵塞", "--photo", photo,
      "--as", "gm1", "--json",
    ]
    let result = try Tools.run("safegrid", report + more, ["SAFEGRID_CONNECT": daemon.endpoint])
    return try #require(result.json["number"] as? String, "\(result.errors)")
  }

  private func numbers(_ result: Tools.Result) -> [String] {
    (result.json["hazards"] as? [[String: Any]] ?? []).compactMap { $0["number"] as? String }
  }

  @Test func `a case finds its department, and one that nobody takes is arbitrated`() throws {
    let number = try number("--enterprise", "1")
    // What is open there already is not reported twice by mistake.
    let again = try submit("--enterprise", "1")
    #expect(again.status != 0 && again.errors.contains(number) && again.errors.contains("is_another"))
    let other = try self.number("--enterprise", "1", "--another")

    // The village sums up.
    let village = ["421222100001000"]
    #expect(
      numbers(try daemon.safegrid("hazard", "worklist", village[0], "--json")).sorted() == [number, other].sorted())
    let up = try daemon.safegrid("hazard", "forward-up", number, other, "--note", "本周汇总", "--as", "vs1")
    #expect(up.status == 0 && up.output.contains("2"), "\(up.errors)")
    for id in [number, other] {
      try #require(daemon.safegrid("hazard", "forward-up", id, "--as", "to1").status == 0)
    }
    let county = "421222000000000"
    #expect(
      numbers(try daemon.safegrid("hazard", "worklist", county, "--department", "县应急管理局", "--json")).count == 2)
    #expect(numbers(try daemon.safegrid("hazard", "worklist", county, "--department", "县消防救援大队", "--json")) == [])
    let foreign = try daemon.safegrid("hazard", "file", number, "--as", "xf")
    #expect(foreign.status != 0 && foreign.errors.contains("the case is for 县应急管理局"), "\(foreign.errors)")
    try #require(daemon.safegrid("hazard", "file", number, "--as", "yj").status == 0)
    for _ in 0..<3 {
      try #require(daemon.safegrid("hazard", "dispatch", number, "--assignee", "xf", "--as", "yj").status == 0)
      let back = try daemon.safegrid(
        "hazard", "return-task", number, "--note", "不属本单位职责", "--department", "县住建局", "--as", "xf")
      try #require(back.status == 0, "\(back.errors)")
    }
    let stuck = try daemon.safegrid("hazard", "dispatch", number, "--assignee", "xf", "--as", "yj")
    #expect(stuck.status != 0 && stuck.errors.contains("arbitrated first"), "\(stuck.errors)")
    let decided = try daemon.safegrid(
      "hazard", "arbitrate", number, "--assignee", "xf", "--department", "县消防救援大队", "--note", "消防通道属消防职责",
      "--as", "co")
    #expect(decided.status == 0, "\(decided.errors)")
    #expect(numbers(try daemon.safegrid("hazard", "worklist", county, "--department", "县消防救援大队", "--json")) == [number])
    let tasks = try daemon.safegrid("hazard", "worklist", county, "--assignee", "xf", "--json")
    #expect(numbers(tasks) == [number])
    let elsewhere = try daemon.safegrid("hazard", "worklist", "421222101000000", "--assignee", "xf", "--json")
    #expect(numbers(elsewhere) == [])
    let trace = try daemon.safegrid("hazard", "trace", number)
    #expect(trace.output.contains("不属本单位职责 → 县住建局") && trace.output.contains("→ 县消防救援大队"), "\(trace.output)")
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `organisations are entered, and names are checked against them`() throws {
    let county = "421222000000000"
    func put(_ name: String, _ more: String...) throws -> Tools.Result {
      try Tools.run(
        "safegrid", ["organization", "put", county, name] + more, ["SAFEGRID_CONNECT": daemon.endpoint])
    }
    try #require(put("县安全生产委员会", "--kind", "committee").status == 0)
    let bureau = try put(
      "县应急管理局", "--kind", "department", "--contact", "yj", "--committee-of", "县安全生产委员会")
    try #require(bureau.status == 0, "\(bureau.errors)")
    let list = try daemon.safegrid("organization", "list", county, "--kind", "department")
    #expect(list.output.contains("县应急管理局") && list.output.contains("yj"))
    let wrong = try daemon.safegrid("enterprise", "assign", "1", "--department", "县应急局", "--as", "to1")
    #expect(wrong.status != 0 && wrong.errors.contains("no \"县应急局\""), "\(wrong.errors)")
    let contacts = try daemon.safegrid("person", "contacts", county, "--department", "县应急管理局", "--as", "co")
    #expect(contacts.output.contains("yj") && contacts.output.contains("13800000001"))
    #expect(!contacts.output.contains("xf"))
  }

  @Test func `whom to call is shown by role, and an offer where it goes`() throws {
    let shown = try daemon.safegrid("enterprise", "show", "1")
    #expect(shown.output.contains("5000000.00") && shown.output.contains("2026-06-01–2026-09-30"), "\(shown.output)")
    #expect(!shown.output.contains("13912345678") && !shown.output.contains("李建国"))
    let office = try daemon.safegrid("enterprise", "contact", "1", "--as", "co")
    #expect(office.output.contains("李建国") && office.output.contains("13912345678"))
    let village = try daemon.safegrid("enterprise", "contact", "1", "--as", "vs1")
    #expect(village.output.contains("139****5678"), "\(village.output)")
    let file = try daemon.file("back.csv", try daemon.safegrid("export", "enterprises", "--grid", "421222").output)
    #expect(!(try String(contentsOfFile: file, encoding: .utf8)).contains("李建国"))
    let again = try daemon.safegrid("import", "enterprises", file)
    #expect(again.status == 0 && again.output.contains("1 unchanged"), "\(again.output) \(again.errors)")

    try #require(
      daemon.safegrid("enterprise", "relocate", "1", "--to", "421222101001000", "--as", "vs1").status == 0)
    let offered = try daemon.safegrid("enterprise", "offered", "421222101001000", "--as", "vs2")
    #expect(offered.output.contains("甲厂"), "\(offered.errors)")
    try #require(daemon.safegrid("admin", "advance-clock", "240h").status == 0)
    let later = try daemon.safegrid("enterprise", "offered", "421222101001000", "--as", "vs2")
    #expect(!later.output.contains("甲厂"), "\(later.output)")
    let history = try daemon.safegrid("enterprise", "history", "1", "--grid", "421222100001001")
    #expect(history.output.contains("Import") && history.output.contains("Offer lapsed"), "\(history.output)")
  }
}
