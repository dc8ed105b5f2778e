import Foundation
import Support
import Testing

/// Profiles as files, from the command line; and the words of a deployment, where people see them.
@Suite struct ProfileTests {
  @Test func `a profile is checked without a daemon, and every fault has its line`() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/p.json5"
    func check(_ text: String, _ options: String...) throws -> Tools.Result {
      try Data(text.utf8).write(to: URL(filePath: path))
      return try Tools.run("safegrid", ["profile", "check", path] + options)
    }
    let bad = try check("{\n  name: \"x\",\n  edition: \"1\",\n  hazard: { accpt: \"1wd\", photosMin: 21 },\n}\n")
    #expect(bad.status == 1)
    #expect(
      bad.lines.prefix(3) == [
        "\(path):4:13: hazard: HazardRules has no field \"accpt\"; did you mean accept?",
        "\(path):4:38: hazard.photosMin: 21 is more than 20", "2 faults",
      ])
    let good = try check("{ name: \"x\", edition: \"1\" }")
    #expect(good.status == 0 && good.output.hasPrefix("x 1: no faults\n\nleft unset:\n"), "\(good)")
    #expect(
      good.output.contains(
        "  hazard.accept  hz.accept: to take a report up.\n    → what needs it answers UNCONFIGURED\n"))
    let json = try check("{ name: 7 }", "--json").json
    let first = try #require((json["faults"] as? [[String: Any]])?.first { $0["path"] as? String == "name" })
    #expect(first["line"] as? Int == 1 && first["column"] as? Int == 9)
    #expect((json["unset"] as? [[String: Any]])?.contains { $0["path"] as? String == "hazard.accept" } == true)
    let none = try Tools.safegrid("profile", "check", "/nonexistent/p.json5")
    #expect(none.status == 1 && none.errors.contains("/nonexistent/p.json5"))
    #expect(try Tools.safegrid("profile", "template", "kaifoo").errors.contains("did you mean kaifu?"))
  }

  @Test func `levels, steps and roles are called as the deployment calls them`() throws {
    let folder = TemporaryFolder()
    let kaifu = "\(folder.path)/kaifu.json5"
    try Data(try Tools.safegrid("profile", "template", "kaifu").output.utf8).write(to: URL(filePath: kaifu))
    #expect(try Tools.safegrid("profile", "check", kaifu).status == 0)
    for (arguments, english, chinese) in [
      ([], ["Village grid", "1 Report", "[3 Dispatch]", "Grid member"], ["村级网格", "1 上报", "[3 派遣]", "网格员"]),
      (
        ["--profile", kaifu],
        ["Micro-grid (community)", "1 Collect information", "[3 Dispatch the task]", "Public-sentiment officer"],
        ["微网格", "1 信息收集", "[3 任务派遣]", "民情员"]
      ),
    ] as [([String], [String], [String])] {
      let daemon = try Daemon(arguments)
      try daemon.setUp()
      let number = try daemon.submit()
      for (language, words) in [("C.UTF-8", english), ("zh_CN.UTF-8", chinese)] {
        let views = [
          ["grid", "show", "421222100001"], ["hazard", "show", number], ["describe", "workflow", "hazard"],
          ["person", "show", "gm1"],
        ]
        for (view, word) in zip(views, words) {
          let shown = try Tools.run("safegrid", view, ["SAFEGRID_CONNECT": daemon.endpoint, "LANG": language])
          #expect(shown.output.contains(word), "\(view): \(shown)")
        }
      }
    }
  }
}
