import Domain
import Example
import ProtoJSON
import Records
import Scalars
import Server
import Support
import Testing

/// A profile is a file that people write: all that is wrong with it is said at once, with its place.
@Suite struct ProfileTests {
  private func faults(_ text: String) -> [String] { ProfileCheck(text).faults.map(\.description) }

  @Test(arguments: ["tongcheng", "kaifu"])
  func `what ships has no faults`(name: String) throws {
    let template = try #require(ProfileFile.templates.first { $0.name == name })
    let check = ProfileCheck(template.text)
    #expect(check.faults.map(\.description) == [])
    #expect(check.profile?.name == name)
    // Kaifu's scale is that of the grades, and it has no factors of hazards.
    let unset = ["tongcheng": ["cadence.selfCheck"], "kaifu": ["credit.steps", "factors"]][name] ?? []
    // Neither paper says how often enterprises log in and upload, when coverage has to be full, or how many major hazards a
    // committee lists in a quarter.
    #expect(
      Set(check.unset.map(\.path))
        == Set(
          unset + [
            "cadence.login", "cadence.uploadFix", "coverageTarget", "listing.minPerQuarter",
            "dishonesty.earlyDuringBan", "patrol.periodObject",
          ]))
  }

  /// 超高堆物, 高空作业 and their like: what the reports on cities name.
  @Test func `what is found most often is a class of its own, with a factor and a term`() throws {
    let classes = try ProfileFile.builtIn().hazard.classes
    for name in ["乱拉电线", "超高堆物", "高空作业", "三合一场所", "非法储存经营危险化学品", "粉尘涉爆"] {
      let known = try #require(classes.first { $0.name == name }, "\(name)")
      #expect(known.factor != nil && known.fix != nil, "\(name)")
    }
    #expect(classes.filter { $0.factor == nil }.map(\.name) == ["其他"])
  }

  @Test func `every fault of a file is explained at its place`() {
    let text = """
      {
        // A comment: it has a line, too.
        name: "x",
        hazrad: {},
        hazard: {
          accept: "1 wd",
          fixGenral: "5d",
          photosMin: 99,
          reworksMax: "two",
          extensionsMax: 1,
          classes: [{ name: "消防" }, { name: "消防" }, { fix: "1d" }, { name: 7 }],
        },
        credit: { points: [{ kind: "fien", pointsTenths: -50 }, { kind: "fine", pointsTenths: -50, capTenths: 9 }] },
        listing: {
          decide: "5wd", termMax: "365d", extensionBefore: "20wd", extensionDecide: "10wd", review: "10d", publish: "5wd",
          levels: [{ majorGrade: 4, level: "county" }, { majorGrade: 4, level: "city" }, { level: "province" }],
        },
        fiveFixed: { posts: [{ name: "网格员", role: "grid_member" }], deviceLevels: ["cel"] },
        illegalActs: ["违法建设", "违法建设"], coverageTarget: "soon",
        calendar: { years: [{ year: 2026, holidays: ["2026-04-04"], workdays: ["2026-04-04", "2026-03-16", "2025-01-04"] }] },
      }
      """
    #expect(
      faults(text) == [
        "1:1: edition: is missing",
        "4:3: Profile has no field \"hazrad\"; did you mean hazard?",
        "6:13: hazard.accept: \"1 wd\" is not a term: write a number and h, wh, d, wd, m or y, for example 5wd",
        "7:5: hazard: HazardRules has no field \"fixGenral\"; did you mean fixGeneral?",
        "8:16: hazard.photosMin: 99 is more than 20",
        "9:17: hazard.reworksMax: two is no whole number from 0 to 4294967295",
        "10:20: hazard.extensionsMax: extensions are allowed, but extensionBefore does not say until when they are asked for",
        "11:31: hazard.classes[1]: 消防 stands twice",
        "11:47: hazard.classes[2].name: is missing",
        "11:70: hazard.classes[3].name: a string is needed here",
        "13:30: credit.points[0].kind: one of HAZARD_OVERDUE, VERIFY_FAILED, MAJOR_FOUND_BY_OTHERS, MAJOR_OVERDUE, "
          + "INTERVIEW_IGNORED, WARNING, FINE, STOP_ORDER, OBSTRUCTION, CADENCE_MISSED, SELF_REPORTED, INSURANCE, "
          + "GENERAL_ACCIDENT, LARGER_ACCIDENT, CONCEALMENT, LISTING_FAILED is needed here",
        "13:105: credit.points[1].capTenths: the cap of Fine has the other sign than its points",
        "16:50: listing.levels[1]: 4 stands twice",
        "16:84: listing.levels[2].majorGrade: is missing",
        "18:24: fiveFixed.posts[0]: 网格员 needs the role grid_member, but no level needs the post: set levels, or leave role out",
        "18:78: fiveFixed.deviceLevels[0]: one of COUNTY, TOWNSHIP, VILLAGE, CELL is needed here; did you mean CELL?",
        "19:25: illegalActs[1]: 违法建设 stands twice",
        "19:50: coverageTarget: \"soon\" is not a date such as 2026-03-02",
        "20:74: calendar.years[0].workdays[0]: 2026-04-04 is a make-up workday and a holiday as well",
        "20:88: calendar.years[0].workdays[1]: 2026-03-16 is no weekend, so it cannot be a make-up workday",
        "20:102: calendar.years[0].workdays[2]: 2025-01-04 does not lie in 2026",
      ])
  }

  @Test func `behind a fault of the text reading goes on`() {
    let text = """
      {
        name: "x
        edition: "1",
        hazard: {
          accept "1wd",
          dispatch: 1wd,
          claim: "1wd"
          direct: "1h",
          plan: "5 wd",
          classes: [{ name: "消防", }, nothing, { name: "建筑" }],
        },
        names: { levels: [ },
        calender: {},
      }
      """
    #expect(
      faults(text) == [
        "2:9: the string does not end on its line", "5:12: a colon is missing behind \"accept\"",
        "6:16: a comma or } is missing", "8:5: a comma or } is missing",
        "9:11: hazard.plan: \"5 wd\" is not a term: write a number and h, wh, d, wd, m or y, for example 5wd",
        "10:32: \"n\" begins no value", "12:22: \"}\" begins no value",
        "13:3: Profile has no field \"calender\"; did you mean calendar?",
      ])
    #expect(faults("") == ["1:1: a value is missing at the end"])
    #expect(faults("[") == ["1:2: a value is missing at the end"])
    #expect(faults("{} {}") == ["1:4: something follows the value"])
  }

  @Test func `what is left unset is listed with what follows from it`() {
    let check = ProfileCheck(
      #"{ name: "x", edition: "1", hazard: { accept: "1wd" }, listing: null, credit: { gradeATenths: 900 } }"#)
    #expect(check.faults.isEmpty)
    let unset = Dictionary(uniqueKeysWithValues: check.unset.map { ($0.path, $0.consequence) })
    #expect(unset["hazard.accept"] == nil && unset["credit.gradeATenths"] == nil)
    #expect(unset["hazard.fixGeneral"] == .some(nil) && unset["credit.gradeBTenths"] == .some(nil))
    #expect(unset["hazard.escalateEvery"]??.hasPrefix("it stays") == true)
    #expect(unset["listing"]??.contains("Unconfigured") == true)
    #expect(unset["coverageTarget"] == .some(nil))
    #expect(unset["illegalActs"]??.contains("no illegal act can be reported") == true)
    #expect(unset["hazard.classes"]??.contains("no hazard can be reported") == true)
    // What weighs nothing is said, kind by kind: a score that meets it is refused.
    #expect(unset["credit.points[fine]"]??.contains("no score") == true)
    #expect(unset.keys.count { $0.hasPrefix("credit.points[") } == CreditKind.allKnown.count)
    // What belongs to an element of a list is no rule.
    #expect(!unset.keys.contains { $0.contains("Tenths.") || $0.contains("fix ") })
  }

  /// Damage of any kind is explained inside of the text, or does none.
  @Test func `no damage to a file is taken in silence for a profile that was not written`() throws {
    let template = Array(ProfileFile.templates[0].text.unicodeScalars)
    let lines = template.count { $0 == "\n" } + 2
    var random = SplitMix64(seed: testSeed(5))
    var refused = 0
    for _ in 0..<300 {
      var text = template
      for _ in 0...Int(random.next() % 3) {
        let place = Int(random.next() % UInt64(text.count))
        if random.chance(0.5) {
          text.remove(at: place)
        } else {
          text.insert(random.pick(Array("{}[],:\"\\/ a0\n".unicodeScalars)), at: place)
        }
      }
      var damaged = String.UnicodeScalarView()
      damaged.append(contentsOf: text)
      let check = ProfileCheck(String(damaged))
      #expect(check.faults.allSatisfy { (1...lines).contains($0.place.line) && !$0.reason.isEmpty })
      #expect(check.faults.isEmpty ? check.profile != nil : true)
      refused += check.faults.isEmpty ? 0 : 1
    }
    #expect(refused > 50)
  }

  // MARK: Two deployments

  /// The states of a case from its report to its end, and when each step is due.
  private func loop(_ profile: Profile) throws -> [(state: HazardState, due: Instant?)] {
    var world = try World(profile: profile)
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report()), by: "gm") else { return [] }
    let number = receipt.number
    let note = HazardNote(number: number, note: "说明")
    var steps = [(receipt.state, receipt.dueAt)]
    let events: [(Command, String)] = [
      (.hazardFile(FileHazard(number: number)), "vs"),
      (.hazardDispatch(DispatchHazard(number: number, assignee: "en")), "vs"), (.hazardClaim(note), "en"),
      (.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), "en"),
      (.hazardVerifyFail(note), "vs"),
      (.hazardFeedback(HazardFeedback(number: number, result: "好", evidence: World.photos())), "en"),
      (.hazardVerifyPass(VerifyHazard(number: note.number, onSite: true)), "vs"),
    ]
    for (command, person) in events {
      try world.act(command, by: person)
      let hazard = try world.hazard(number)
      steps.append((hazard.state, hazard.dueAt))
    }
    return steps
  }

  @Test func `the whole loop runs under both profiles, in steps and terms of their own`() throws {
    let profiles = try ProfileFile.templates.map { try ProfileFile.parse($0.text, name: $0.name) }
    let loops = try profiles.map(loop)
    #expect(loops[0].map(\.state) == loops[1].map(\.state) && loops[0].last?.state == .closed)
    #expect(zip(loops[0], loops[1]).count { $0.due != $1.due } >= 4)
    for profile in profiles {
      let names = try #require(profile.names)
      // Six steps, each named once, and each state of the loop in one of them.
      #expect(names.steps.count == 6 && Set(names.steps.map(\.chinese)).count == 6)
      let steps = loops[0].map { step in names.steps.firstIndex { $0.states.contains(step.state) } }
      #expect(steps == [0, 1, 2, 3, 4, 3, 4, 5])
    }
    let words = profiles.map { Set(($0.names?.levels.map(\.chinese) ?? []) + ($0.names?.steps.map(\.chinese) ?? [])) }
    #expect(words[0].isDisjoint(with: words[1]))
    // The five forces of Kaifu, in each of its micro-grids.
    let forces = profiles[1].fiveFixed?.posts.filter { $0.levels.contains(.village) }.map(\.name) ?? []
    #expect(Set(["网格管理员", "民情员", "监督员", "安全员", "网格长"]).isSubset(of: forces))
  }
}
