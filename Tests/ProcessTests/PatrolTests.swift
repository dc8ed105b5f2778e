import Foundation
import Support
import Testing

/// Patrols and the two-cadence duty through the command line, with the Tongcheng profile.
@Suite struct PatrolTests {
  private static let cell = "421222100001001"
  private static let village = "421222100001000"

  /// A town's cell, a cell in the country, and a key unit in the first; the next day.
  private func daemon(in folder: TemporaryFolder = TemporaryFolder()) throws -> Daemon {
    let daemon = try Daemon(in: folder)
    try daemon.setUp()
    let object =
      #"{"rows":[{"name":"甲厂","type":"ENTERPRISE","grid":"\#(Self.cell)","riskLevel":"RED","responsibleDepartment":"应急管理局","flags":["KEY_UNIT"]}]}"#
    let people =
      #"{"persons":[{"id":"en1","name":"甲厂","enterpriseId":"1","grants":[{"role":"ENTERPRISE","grid":"\#(Self.cell)"}]}]}"#
    for arguments in [
      ["call", "Enterprise.import", object], ["call", "Person.put", people],
      ["grid", "file", Self.cell, "--kind", "urban-community"], ["grid", "file", "421222100001002", "--kind", "rural"],
    ] {
      let result = try Tools.run("safegrid", arguments, ["SAFEGRID_CONNECT": daemon.endpoint])
      try #require(result.status == 0, "\(result.errors)")
    }
    try advance(daemon, "24h") { try duties(daemon).count == 2 }
    return daemon
  }

  private func duties(_ daemon: Daemon, _ more: String...) throws -> [[String: Any]] {
    let arguments = ["patrol", "list", Self.village, "--json"] + more
    let result = try Tools.run("safegrid", arguments, ["SAFEGRID_CONNECT": daemon.endpoint])
    return result.json["duties"] as? [[String: Any]] ?? []
  }

  /// Moves the clock, and waits for what falls due: it does so when the daemon looks.
  private func advance(_ daemon: Daemon, _ by: String, until condition: () throws -> Bool) throws {
    try #require(try daemon.safegrid("admin", "advance-clock", by).status == 0)
    let came = try Tools.comesTrue(condition)
    try #require(came)
  }

  @Test func `a town's cell is walked through by 六查二到位, a problem opens a case, and the results are counted`() throws {
    let daemon = try daemon()
    let list = try daemon.safegrid("patrol", "checklist", Self.cell, "--as", "gm1")
    for item in ["六查二到位", "烟花爆竹非法储存点", "餐饮场所使用甲醇燃料", "电梯超期未维保", "社区公共安全设施"] {
      #expect(list.output.contains(item), "\(list)")
    }
    // Its checklist is in the plan, but not what stands on it. The key units' list holds there as everywhere.
    let country = try daemon.safegrid("call", "Patrol.checklists", #"{"grid":"421222100001002"}"#)
    #expect(!country.output.contains("农村网格巡查") && country.output.contains("五落实五到位"), "\(country)")

    let mine = try duties(daemon, "--person", "gm1")
    #expect(mine.compactMap { $0["kind"] as? String } == ["UNIT_PATROL", "CELL_PATROL"], "\(mine)")
    let cell = try #require(mine.last?["id"] as? String)
    let half = try daemon.safegrid("patrol", "record", cell, "--ok", "1", "--as", "gm1")
    #expect(half.status == 1 && half.errors.contains("item 2 is required and has no answer"), "\(half)")
    let photo = try daemon.file("photo.jpg", "photo")
    let done = try daemon.safegrid(
      "patrol", "record", cell, "--ok", "1", "--ok", "2", "--ok", "3", "--ok", "4", "--problem", "5=消防通道堆物", "--photo",
      photo, "--not-applicable", "6", "--ok", "7=18家", "--ok", "8", "--households", "12", "--as", "gm1")
    let number = Self.cell + "2026030300001"
    #expect(done.output == "\(cell)  Done  case \(number)\n", "\(done)")
    #expect(try daemon.safegrid("hazard", "show", number).output.contains("消防通道堆物"))
    let shown = try daemon.safegrid("patrol", "show", cell)
    for text in ["六查二到位", "18家", number, "Generate", "Record", "households"] {
      #expect(shown.output.contains(text), "\(shown)")
    }
    let items = try daemon.safegrid("call", "Patrol.items", #"{"grid":"421222000000000","checklist":"六查二到位"}"#)
    let counts = try #require(items.json["items"] as? [[String: Any]])
    #expect(counts.count == 8 && counts[4]["problem"] as? String == "1" && counts[0]["ok"] as? String == "1")
    let rates = try daemon.safegrid("patrol", "rates", "421222", "--from", "2026-03-01", "--to", "2026-04-30")
    #expect(rates.output.contains("100.00%") && rates.output.contains("–"), "\(rates)")
    // Nobody asked for this one: it ends no duty, and stands beside the rates.
    let more = (1...8).flatMap { ["--ok", "\($0)=已查看"] }
    let unplanned = try Tools.run(
      "safegrid", ["patrol", "record-unplanned", Self.cell, "--as", "gm1"] + more,
      ["SAFEGRID_CONNECT": daemon.endpoint])
    #expect(unplanned.output == "3  Done\n", "\(unplanned)")
    // Whose an illegal act is goes with it as a hash.
    let key = try daemon.file("key", String(repeating: "k", count: 32))
    let person = ["--identity-file", try daemon.file("identity", "422325198001010013"), "--identity-key", key]
    let answers =
      ["--problem", "5=违章动火", "--photo", photo, "--illegal-act", "5=违章作业"]
      + [1, 2, 3, 4, 6, 7, 8].flatMap { ["--ok", "\($0)=已查看"] }
    let nobody = try Tools.run(
      "safegrid", ["patrol", "record-unplanned", Self.cell, "--as", "gm1"] + answers + person,
      ["SAFEGRID_CONNECT": daemon.endpoint])
    #expect(nobody.status != 0 && nobody.errors.contains("it needs --offender person"), "\(nobody)")
    let act = try Tools.run(
      "safegrid", ["patrol", "record-unplanned", Self.cell, "--as", "gm1", "--offender", "person"] + answers + person,
      ["SAFEGRID_CONNECT": daemon.endpoint])
    let opened = try #require(act.output.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) })
    #expect(try daemon.safegrid("hazard", "trace", opened).output.contains("as a hash"), "\(act)")
    #expect(try duties(daemon).count == 1)
    #expect(try daemon.safegrid("patrol", "rates", "421222").output.contains("unplanned patrols 2"))
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `五落实五到位 takes no bare yes, and what stays undone goes up`() throws {
    let daemon = try daemon()
    let unit = try #require(try duties(daemon, "--kind", "unit-patrol").first?["id"] as? String)
    let answers = (1...10).flatMap { ["--ok", "\($0)"] }
    let bare = try Tools.run(
      "safegrid", ["patrol", "record", unit, "--as", "gm1"] + answers, ["SAFEGRID_CONNECT": daemon.endpoint])
    #expect(bare.status == 1 && bare.errors.contains("item 1 needs words on what was seen"), "\(bare)")
    let active = try daemon.safegrid("patrol", "waive", unit, "--note", "x", "--as", "vs1")
    #expect(active.status == 1 && active.errors.contains("is active"), "\(active)")
    #expect(try duties(daemon, "--pressing").isEmpty)
    try advance(daemon, "6d") { try duties(daemon, "--pressing", "--person", "gm1").contains { $0["warnedAt"] != nil } }
    #expect(try daemon.safegrid("patrol", "show", unit).output.contains("Last day is near"))
    for (days, state, who) in [("14d", "OVERDUE", "gm1"), ("4d", "ESCALATED", "vs1"), ("4d", "ESCALATED", "to1")] {
      try advance(daemon, days) {
        try duties(daemon, "--person", who, "--late").contains {
          $0["id"] as? String == unit && $0["state"] as? String == state
        }
      }
    }
    #expect(try daemon.safegrid("patrol", "rates", "421222", "--from", "2026-03-01").output.contains("0.00%"))
  }

  @Test func `the two-cadence duty is unset until the county sets it, then it is kept or missed`() throws {
    let folder = TemporaryFolder()
    var daemon = try daemon(in: folder)
    #expect(try daemon.safegrid("cadence", "unregistered", "421222").output.contains("甲厂"))
    #expect(try daemon.safegrid("cadence", "register", "1", "TC-001", "--as", "en1").status == 0)
    #expect(try daemon.safegrid("cadence", "unregistered", "421222", "--json").output == "{}\n")
    let unset = try daemon.safegrid("cadence", "login", "1", "--as", "en1")
    #expect(unset.status == 1 && unset.errors.contains("does not set cadence.login"), "\(unset)")
    let rates = try daemon.safegrid("cadence", "rates", "421222")
    #expect(rates.output.contains("1/1  100.00%") && rates.output.contains("not configured"), "\(rates)")

    var profile = try daemon.safegrid("call", "Admin.profile", "{}").json
    profile["edition"] = "test-2"
    profile["cadence"] = ["login": "10d", "grace": "1d"]
    let file = try daemon.file(
      "profile.json", String(decoding: try JSONSerialization.data(withJSONObject: profile), as: UTF8.self))
    daemon.end(by: SIGTERM)
    daemon = try Daemon(in: folder, ["--profile", file])
    let login = try daemon.safegrid("cadence", "login", "1", "--as", "en1")
    #expect(login.output.contains("Done  Two-cadence login  next time by 2026-03-13"), "\(login)")
    #expect(try daemon.safegrid("cadence", "rates", "421222").output.contains("Two-cadence login"))
    #expect(try daemon.safegrid("cadence", "silent", "421222", "--json").output == "{}\n")
    try advance(daemon, "30d") { try duties(daemon, "--kind", "login", "--late").count == 1 }
    try advance(daemon, "4d") { try daemon.safegrid("cadence", "silent", "421222", "--json").output != "{}\n" }
    #expect(try daemon.safegrid("credit", "explain", "1").output.contains("Two-cadence period missed"))
    #expect(try daemon.safegrid("cadence", "show", "1", "--as", "en1").output.contains("TC-001"))
    #expect(try daemon.safegrid("verify").status == 0)
  }
}
