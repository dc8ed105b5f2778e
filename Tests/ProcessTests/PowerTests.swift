import Foundation
import Support
import Testing

/// Illegal acts and who has power over them, who serves, and by when coverage is full: by the command line of a real daemon.
@Suite struct PowerTests {
  private static let cell = "421222100001001"
  private static let identity = "422325198001010013"

  private let daemon: Daemon

  init() throws {
    daemon = try Daemon()
    try daemon.setUp()
    let people =
      #"{"persons":[{"id":"co","name":"x","grants":[{"role":"COMMITTEE_OFFICE","grid":"421222000000000"}]},"#
      + #"{"id":"em","name":"x","grants":[{"role":"EMERGENCY_BUREAU","grid":"421222000000000"}]}]}"#
    try #require(try daemon.safegrid("call", "Person.put", people).status == 0)
  }

  private func publish(_ grid: String, _ office: String, _ rows: String) throws -> Tools.Result {
    let header = "code,kind,name,basis,classes,lent_in,lent_by,letter,lent_from,lent_to\n"
    let file = try daemon.file("powers.csv", header + rows)
    return try daemon.safegrid(
      "grid", "publish-powers", grid, office, file, "--from", "2026-03-01", "--document", "通政办发〔2026〕2号", "--as", "co")
  }

  private func publishAll() throws {
    let county = try publish("421222", "县应急管理局", "XF-1,power,消防违法行为处理,消防法,消防；燃气用电,,,,,\nZR-1,duty,综合监管,安全生产法,,,,,,\n")
    try #require(county.status == 0, "\(county)")
    let town = "XF-1,power,消防违法行为处理,消防法,消防,421222000000000,县应急管理局,通应急委〔2026〕1号,2026-03-01,2026-12-31\n"
    let township = try publish("421222100", "隽水镇人民政府", town)
    try #require(township.output == "隽水镇人民政府: edition 1 counts from 2026-03-01\n", "\(township)")
  }

  @Test func `lists of powers are published, and everybody may read who has which`() throws {
    let bad = try publish("421222", "县应急管理局", "XF-1,power,x,消防法,消防,421222000000000,,,,\n")
    #expect(bad.status != 0 && bad.errors.contains("line 2: a power that is lent needs lent_in"), "\(bad)")
    let early = try publish("421222100", "镇政府", "1,power,x,x,消防,421222000000000,县应急管理局,1号,2026-03-01,2026-12-31\n")
    #expect(early.status == 1 && early.errors.contains("has no power of its own over 消防"), "\(early)")
    try publishAll()
    let list = try daemon.safegrid("grid", "powers", "421222", "--as", "gm1")
    for text in ["县应急管理局 (421222000000000), edition 1", "消防, 燃气用电", "own", "Duty", "综合监管"] {
      #expect(list.output.contains(text), "\(list)")
    }
    let holders = try daemon.safegrid("grid", "who-has", Self.cell, "消防", "--as", "gm1").lines
    #expect(holders.count == 2 && holders[0].contains("lent by 县应急管理局, 通应急委〔2026〕1号, to 2026-12-31"), "\(holders)")
    #expect(try daemon.safegrid("grid", "who-has", Self.cell, "消防", "--on", "2027-01-01").lines.count == 1)
    #expect(try daemon.safegrid("grid", "who-has", Self.cell, "矿山").output.hasPrefix("nobody"))
    let own = try daemon.safegrid("call", "Grid.publish_powers", "{}", "--as", "to1")
    #expect(own.status == 1 && !own.errors.contains("Grid.publish_powers in"), "\(own)")
  }

  @Test func `a person's illegal act is handled by who has the power, and nobody reads who it was`() throws {
    try publishAll()
    let photo = try daemon.file("photo", "x")
    let key = try daemon.file("key", String(repeating: "k", count: 32))
    let person = ["--identity-file", try daemon.file("identity", Self.identity), "--identity-key", key]
    let other = ["--identity-file", try daemon.file("other", "422325198001010021"), "--identity-key", key]
    func safegrid(_ arguments: [String]) throws -> Tools.Result {
      try Tools.run("safegrid", arguments, ["SAFEGRID_CONNECT": daemon.endpoint])
    }
    let report = [
      "hazard", "submit", "--grid", Self.cell, "--class", "消防", "--domain", "fire", "--description", "违章动火", "--photo",
      photo, "--as", "gm1", "--json", "--illegal-act",
    ]
    let unknown = try safegrid(report + ["乱来"])
    #expect(unknown.status == 1 && unknown.errors.contains("illegalActs has no \"乱来\""), "\(unknown)")
    #expect(try safegrid(report + ["违章作业"] + person).errors.contains("--offender person"))
    let submitted = try safegrid(report + ["违章作业", "--offender", "person"] + person)
    let number = try #require(submitted.json["number"] as? String, "\(submitted)")
    _ = try daemon.submit()

    let refused = try daemon.safegrid("hazard", "file", number, "--as", "vs1")
    #expect(refused.status == 1, "\(refused)")
    for text in ["消防", "421222100000000 隽水镇人民政府 (通应急委〔2026〕1号); 421222000000000 县应急管理局", "forward_up"] {
      #expect(refused.errors.contains(text), "\(refused.errors)")
    }
    #expect(try daemon.safegrid("hazard", "forward-up", number, "--as", "vs1").status == 0)
    #expect(try daemon.safegrid("hazard", "file", number, "--as", "to1").status == 0)
    let trace = try daemon.safegrid("hazard", "trace", number, "--as", "to1")
    for text in ["Person's illegal act", "违章作业", "隽水镇人民政府", "lent by 县应急管理局"] {
      #expect(trace.output.contains(text), "\(trace)")
    }
    #expect(!trace.output.contains("as a hash"))
    #expect(try daemon.safegrid("hazard", "trace", number).output.contains("as a hash"))

    let acts = try daemon.safegrid("hazard", "violations", "421222", "--offender", "person", "--as", "gm1")
    #expect(acts.status == 1, "the county's are not the grid member's")
    let own = try daemon.safegrid("hazard", "violations", Self.cell, "--offender", "person", "--as", "gm1")
    #expect(own.lines.count == 2 && own.output.contains(number), "\(own)")
    #expect(
      try daemon.safegrid("hazard", "violations", "421222", "--offender", "unit", "--json").json["hazards"] == nil)
    #expect(try safegrid(["hazard", "of-person", "421222", "--as", "em"] + person).output.contains(number))
    #expect(try !safegrid(["hazard", "of-person", "421222", "--as", "em"] + other).output.contains(number))
    #expect(try safegrid(["hazard", "of-person", "421222100001", "--as", "vs1"] + person).status == 1)
    let done = try #require(try safegrid(report + ["违法建设"]).json["number"] as? String)
    #expect(try daemon.safegrid("hazard", "decline", done, "--note", "不实", "--as", "vs1").status == 0)
    #expect(try daemon.safegrid("hazard", "violations", Self.cell).lines.count == 3)
    #expect(try !daemon.safegrid("hazard", "violations", Self.cell, "--open").output.contains(done))
    let counts = try daemon.safegrid("statistics", "violations", "421222")
    #expect(counts.output.contains("2 cases as of") && counts.output.contains("Filed"), "\(counts)")
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `who serves how is imported, shown and counted`() throws {
    let header =
      "id,name,role,grid,employment,certificate,certificate_to,organization,on_establishment,professional,joined,left\n"
    let wrong = try daemon.file(
      "wrong.csv",
      header + "to2,钱七,township_officer,421222100000000,sometimes,,,,,,,\n"
        + "to3,孙八,township_officer,421222100000000,,,,,perhaps,,,\n")
    let refused = try daemon.safegrid("import", "people", wrong)
    for text in ["employment \"sometimes\" is not known", "on_establishment \"perhaps\" is neither true nor false"] {
      #expect(refused.errors.contains(text), "\(refused)")
    }
    let rows =
      header + "to2,钱七,township_officer,421222100000000,part_time,,,隽水镇安监站,false,false,2020-07-01,\n"
      + "to3,孙八,township_officer,421222100000000,full_time,鄂L-17001,2026-03-01,县应急管理局,true,true,,\n"
    let imported = try daemon.safegrid("import", "people", try daemon.file("staff.csv", rows))
    try #require(imported.status == 0, "\(imported)")
    let shown = try daemon.safegrid("person", "show", "to3")
    #expect(shown.output.contains("Full-time") && shown.output.contains("鄂L-17001 to 2026-03-01"), "\(shown)")
    #expect(shown.output.contains("县应急管理局, on the establishment, professional"), "\(shown)")
    let staff = try daemon.safegrid("statistics", "staff", "421222100", "--as", "to1")
    let township = try #require(
      staff.lines.first { $0.contains("work team") || $0.contains("ownship officer") }, "\(staff)")
    for text in [" 3 ", "1/2 50.00%", "2/3 66.66%", "1/3 33.33%", "0/3 0.00%", "1/2 50.00%    0/1 0.00%"] {
      #expect(township.contains(text), "\(staff)")
    }
    #expect(staff.output.contains("they look after 0 objects"))
    #expect(staff.output.contains("asked for: professional 75 %, certified of establishment 80 %, with terminal 100 %"))
    #expect(try daemon.safegrid("statistics", "staff", "421222100001", "--as", "gm1").status == 1)
  }

  @Test func `a county sees how many days are left, once it has said by when`() throws {
    let unset = try daemon.safegrid("statistics", "target", "421222")
    #expect(unset.status == 1 && unset.errors.contains("coverageTarget"), "\(unset)")
    let template = try Tools.safegrid("profile", "template", "tongcheng").output
    let dated = template.replacing(#"// coverageTarget: "2026-12-31""#, with: #"coverageTarget: "2026-03-31""#)
    try #require(dated != template)
    let daemon = try Daemon(["--profile", try daemon.file("profile.json5", dated)])
    try daemon.setUp()
    let target = try daemon.safegrid("statistics", "target", "421222")
    #expect(target.lines.first == "full coverage by 2026-03-31: 29 days left", "\(target)")
    // The second township has no villages.
    #expect(target.output.contains("missing: townships 1"), "\(target)")
    let spots = try daemon.safegrid("statistics", "blind-spots", "421222", "--kind", "undivided")
    #expect(spots.lines.count == 2 && spots.output.contains("麦市镇"), "\(spots)")
    #expect(try daemon.safegrid("statistics", "target", "421222100", "--as", "to1").output.contains("coverage is full"))
  }
}
