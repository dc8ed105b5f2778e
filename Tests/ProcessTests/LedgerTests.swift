import Foundation
import Support
import Testing

/// The life of an object through the command line, and who sees it from where.
@Suite struct LedgerTests {
  private static let village = "421222100001000"
  private static let other = "421222101001000"

  private func daemon() throws -> Daemon {
    let daemon = try Daemon()
    try daemon.setUp()
    let divisions = Daemon.divisions + "421222101001,麦市社区居委会,5,421222101\n430105,开福区,3,4301\n4301,长沙市,2,43\n43,湖南省,1,\n"
    let people = """
      id,name,role,grid
      vs2,钱七,village_officer,\(Self.other)
      kf,孙八,department_officer,430105000000000
      em,周九,emergency_bureau,421222000000000

      """
    let sorted = divisions.split(separator: "\n")
    let file = ([sorted[0]] + sorted.dropFirst().sorted()).joined(separator: "\n") + "\n"
    try #require(try daemon.safegrid("import", "divisions", daemon.file("more.csv", file)).status == 0)
    let imported = try daemon.safegrid("import", "people", daemon.file("people2.csv", people))
    try #require(imported.status == 0, "\(imported.errors)")
    return daemon
  }

  private func names(_ result: Tools.Result) -> [String] {
    (result.json["enterprises"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
  }

  @Test func `collected, confirmed, moved to another village: seen from the old one and from where it is registered`()
    throws
  {
    let daemon = try daemon()
    let collected = try daemon.safegrid(
      "enterprise", "collect", Self.village, "长沙某建筑公司", "--type", "enterprise", "--risk-level", "orange",
      "--department",
      "住建局", "--registered", "430105", "--as", "vs1", "--json")
    #expect(collected.json["id"] as? String == "1", "\(collected.errors)")
    let early = try daemon.safegrid("enterprise", "confirm", "1", "--as", "vs1")
    #expect(early.status == 1 && early.errors.contains("assign a grid member first"))
    try #require(
      try daemon.safegrid(
        "call", "Person.put",
        #"{"persons":[{"id":"gmv","name":"x","grants":[{"role":"GRID_MEMBER","grid":"421222100001000"}]}]}"#
      )
      .status == 0)
    #expect(try daemon.safegrid("enterprise", "assign", "1", "--member", "gmv", "--as", "vs1").status == 0)
    #expect(try daemon.safegrid("enterprise", "confirm", "1", "--as", "vs1").status == 0)

    // Registered in Kaifu, operating here: Kaifu sees it, and nothing else of here.
    let away = try daemon.safegrid("enterprise", "away", "430105", "--as", "kf", "--json")
    #expect(names(away) == ["长沙某建筑公司"])
    #expect(try daemon.safegrid("enterprise", "away", "421222", "--as", "em", "--json").output == "{}\n")
    #expect(try names(daemon.safegrid("enterprise", "search", "建筑", "--as", "kf", "--json")) == ["长沙某建筑公司"])
    #expect(try daemon.safegrid("enterprise", "list", Self.village, "--as", "kf").status == 1)
    let kaifu = try daemon.safegrid("enterprise", "history", "1", "--grid", "430105", "--as", "kf", "--json")
    #expect((kaifu.json["entries"] as? [Any])?.count == 3 && kaifu.json["enterprise"] != nil, "\(kaifu.errors)")

    // Credit is the entity's: Kaifu sees it, too, and what it is listed for; the village beside sees nothing of it.
    try #require(try daemon.safegrid("enterprise", "update", "1", "--industry", "E47", "--as", "vs1").status == 0)
    func open() throws -> Tools.Result {
      try daemon.safegrid(
        "dishonesty", "open", "1", "--ground", "no-permit", "--penalty", "通应急罚〔2026〕1号", "--penalty-on", "2026-03-01",
        "--reason", "无证", "--as", "em")
    }
    #expect(try open().errors.contains("no trade that the list is for"), "builders are another ministry's")
    try #require(try daemon.safegrid("enterprise", "update", "1", "--industry", "B10", "--as", "vs1").status == 0)
    #expect(try open().status == 0)
    for look in ["enterprise show", "credit explain", "dishonesty show"] {
      let words = look.split(separator: " ").map(String.init)
      let seen = try daemon.safegrid(words[0], words[1], "1", "--as", "kf")
      #expect(seen.status == 0, "\(look): \(seen.errors)")
      let unseen = try daemon.safegrid(words[0], words[1], "1", "--as", "vs2")
      #expect(unseen.status == 1 && unseen.errors.contains("There is no"), "\(look): \(unseen.output)")
    }

    // The new village takes it, which then is nobody's zone.
    #expect(try daemon.safegrid("enterprise", "relocate", "1", "--to", Self.other, "--as", "vs1").status == 0)
    let accepted = try daemon.safegrid(
      "enterprise", "accept-relocation", "1", "--grid", Self.other, "--address", "新址1号", "--as", "vs2")
    #expect(accepted.status == 0 && accepted.output.contains("No grid member"), "\(accepted.errors)")
    #expect(try names(daemon.safegrid("enterprise", "unsupervised", "421222", "--json")) == ["长沙某建筑公司"])
    #expect(try daemon.safegrid("enterprise", "list", Self.village, "--as", "vs1", "--json").output == "{}\n")
    // What comes after it left is not the old village's to see.
    try #require(
      try daemon.safegrid(
        "enterprise", "set-direct", "1", "--ground", "large-scale", "--department", "应急管理局", "--note", "规模", "--as",
        "em"
      )
      .status == 0)
    let old = try daemon.safegrid("enterprise", "history", "1", "--grid", Self.village, "--as", "vs1", "--json")
    #expect((old.json["entries"] as? [Any])?.count == 7 && old.json["enterprise"] == nil, "\(old.errors)")
    let new = try daemon.safegrid("enterprise", "history", "1", "--as", "vs2", "--json")
    #expect((new.json["entries"] as? [Any])?.count == 8 && new.json["enterprise"] != nil, "\(new.errors)")
    #expect(try daemon.safegrid("enterprise", "history", "1", "--grid", "421222100001001", "--as", "gm1").status == 1)
    #expect(try daemon.safegrid("enterprise", "unsupervised", "421222", "--json").output == "{}\n")
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `the file of an object is for those who answer for its place, and for itself`() throws {
    let daemon = try daemon()
    let rows = #"""
      {"rows":[{"name":"花炮厂","type":"ENTERPRISE","grid":"\#(Self.village)","riskLevel":"RED","responsibleDepartment":"应急管理局","flags":["KEY_UNIT","FIREWORKS"]},
      {"name":"百货店","type":"SMALL_SHOP","grid":"\#(Self.village)","riskLevel":"BLUE"}]}
      """#
    try #require(try daemon.safegrid("call", "Enterprise.import", rows.replacing("\n", with: "")).status == 0)
    let people = #"""
      {"persons":[{"id":"own","name":"x","enterpriseId":1,"grants":[{"role":"ENTERPRISE","grid":"\#(Self.village)"}]},
      {"id":"shop","name":"x","enterpriseId":2,"grants":[{"role":"ENTERPRISE","grid":"\#(Self.village)"}]}]}
      """#
    try #require(try daemon.safegrid("call", "Person.put", people.replacing("\n", with: "")).status == 0)
    let none = try daemon.safegrid("enterprise", "dossier", "1", "--as", "own")
    #expect(none.lines.first == "there is no dossier yet", "\(none)")
    #expect(none.output.contains("missing: Layout and surroundings, Safety facilities, Stored goods, Rescue forces"))
    let put = [
      "enterprise", "put-dossier", "1", "--registered-address", "隽水大道1号", "--size", "small", "--geography", "库房三座",
      "--facilities", "消火栓2个", "--stored-goods", "黑火药", "--rescue-forces", "专职队8人", "--insurer", "人保财险",
      "--insured-from", "2026-01-01", "--insured-to",
    ]
    func run(_ arguments: [String], by person: String) throws -> Tools.Result {
      try Tools.run("safegrid", arguments + ["--as", person], ["SAFEGRID_CONNECT": daemon.endpoint])
    }
    #expect(try run(["enterprise", "put-dossier", "1", "--insurer", "x"], by: "own").status == 2)
    #expect(try run(put + ["2025-12-31"], by: "own").errors.contains("lies before the first day"))
    #expect(try run(put + ["2026-12-31"], by: "shop").status == 1)
    let done = try run(put + ["2026-12-31"], by: "own")
    #expect(done.output == "dossier of 1: version 1\nmissing: Plan for an emergency\n", "\(done)")
    let shown = try daemon.safegrid("enterprise", "dossier", "1", "--as", "vs1")
    for text in ["隽水大道1号", "Small", "人保财险", "2026-01-01 – 2026-12-31", "库房三座", "消火栓2个", "黑火药", "专职队8人"] {
      #expect(shown.output.contains(text), "\(shown)")
    }
    // Neither the shop beside, nor another village.
    for person in ["shop", "vs2"] {
      let refused = try daemon.safegrid("enterprise", "dossier", "1", "--as", person)
      #expect(refused.status == 1 && !refused.output.contains("黑火药"), "\(refused)")
    }
    let shop = try daemon.safegrid("enterprise", "dossier", "2", "--as", "shop")
    #expect(shop.output == "there is no dossier yet\n", "\(shop)")
    #expect(try daemon.safegrid("verify").status == 0)
  }
}
