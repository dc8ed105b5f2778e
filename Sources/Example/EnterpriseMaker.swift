internal import Records
internal import Scalars

/// Makes enterprises in the measured shape of a county's registry.
struct EnterpriseMaker {
  let county: GridCode
  let townships: [(code: GridCode, name: String)]
  let villages: [ExampleCounty.Village]

  private struct Suffix {
    let text: String
    let category: String
    let type: EnterpriseType
  }

  private static let suffixes: [(element: Suffix, weight: Double)] = [
    (Suffix(text: "有限公司", category: "91", type: .enterprise), 0.70),
    (Suffix(text: "加工厂", category: "91", type: .smallWorkshop), 0.08),
    (Suffix(text: "经营部", category: "92", type: .individualBusiness), 0.10),
    (Suffix(text: "专业合作社", category: "93", type: .cooperative), 0.05),
    (Suffix(text: "店", category: "92", type: .smallShop), 0.07),
  ]

  /// Industry (GB/T 4754-2017), the word that stands for it in a name, and its share.
  private static let industries: [(element: (code: String, word: String), weight: Double)] = [
    (("C3099", "新材料"), 0.10), (("C3311", "金属制品"), 0.09), (("C2011", "木业"), 0.096), (("C2662", "化工"), 0.02),
    (("C2671", "民爆器材"), 0.004), (("F5211", "商贸"), 0.20), (("F5264", "燃料"), 0.03), (("F5265", "加油站"), 0.02),
    (("F5266", "燃气"), 0.02), (("E4710", "建筑"), 0.10), (("E5010", "装饰"), 0.05), (("H6210", "餐饮"), 0.05),
    (("H6110", "宾馆"), 0.03), (("G5430", "物流"), 0.04), (("A0141", "果蔬"), 0.05), (("B1019", "矿业"), 0.01),
    (("O8111", "汽修"), 0.05), (("L7211", "服务"), 0.04),
  ]

  /// Where people are: the county seat, towns, townships, farms.
  private func weight(of township: GridCode) -> Double {
    if township == townships.first?.code { return 0.45 }
    return ExampleCounty.isQuasiTownship(township) ? 0.01 : 0.05
  }

  func make(_ count: Int, seed: UInt64) -> [EnterpriseRow] {
    let total = townships.reduce(0) { $0 + weight(of: $1.code) }
    var names: Set<String> = []
    var codes: Set<String> = []
    var result: [EnterpriseRow] = []
    // What rounding leaves over goes on to the next village, so that the sum is exact.
    var owed = 0.0
    for village in villages {
      let township = village.code.ancestor(atDepth: 2)
      let siblings = villages.count { $0.code.ancestor(atDepth: 2) == township }
      owed += Double(count) * weight(of: township) / total / Double(siblings)
      var random = SplitMix64(seed: seed ^ fnv1a("\(village.code)") ^ fnv1a("enterprises"))
      while owed >= 0.5, result.count < count {
        result.append(enterprise(in: village, township, &random, &names, &codes))
        owed -= 1
      }
    }
    return result
  }

  private func enterprise(
    in village: ExampleCounty.Village, _ township: GridCode, _ random: inout SplitMix64, _ names: inout Set<String>,
    _ codes: inout Set<String>
  ) -> EnterpriseRow {
    let suffix = random.pick(Self.suffixes)
    let industry = random.pick(Self.industries)
    let cell = random.pick(village.cells)
    let employees = UInt32(min(3000, max(1, random.logNormal(mean: 2.197, deviation: 1.3).rounded())))
    return EnterpriseRow(
      uscc: uscc(suffix.category, &random, &codes), name: name(industry.word, suffix.text, &random, &names),
      type: suffix.type, grid: cell.code, address: "通城县\(name(of: township))\(village.name)",
      point: point(of: township, &random), industry: industry.code,
      riskLevel: risk(industry.code, employees, &random), employees: employees,
      responsibleDepartment: department(industry.code), standardization: standardization(employees, &random),
      source: "generated")
  }

  private func name(of township: GridCode) -> String { townships.first { $0.code == township }?.name ?? "" }

  private func name(
    _ industry: String, _ suffix: String, _ random: inout SplitMix64, _ names: inout Set<String>
  ) -> String {
    let first = "鑫恒瑞隆兴盛宏泰祥和顺达嘉裕丰源福康永安金玉华诚信德荣昌万通天广".map(String.init)
    let second = "源达隆发泰兴盛业丰利辉腾远方圆成合力鸿茂新联创展旺景润森航宇".map(String.init)
    while true {
      let trade = random.pick(first) + random.pick(second)
      // Where two characters no longer suffice, a third makes the name unique.
      let extra = random.chance(0.15) ? random.pick(second) : ""
      let name = "通城县\(trade)\(extra)\(industry)\(suffix)"
      if names.insert(name).inserted { return name }
    }
  }

  private func uscc(_ category: String, _ random: inout SplitMix64, _ codes: inout Set<String>) -> String {
    let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
    while true {
      let serial = String((0..<7).map { _ in random.pick(alphabet) })
      let first17 = "\(category)421222MA\(serial)"
      let code = first17 + String(USCC.checkCharacter(of: Array(first17.utf8)))
      if codes.insert(code).inserted { return code }
    }
  }

  /// Around a centre for each township, inside the county's box.
  private func point(of township: GridCode, _ random: inout SplitMix64) -> Point {
    var place = SplitMix64(seed: fnv1a("\(township)"))
    let centre = (113.66 + 0.38 * place.unit(), 29.08 + 0.29 * place.unit())
    func clamp(_ value: Double, _ low: Double, _ high: Double) -> Double {
      (min(high, max(low, value)) * 1e6).rounded() / 1e6
    }
    return Point(
      longitude: clamp(random.normal(mean: centre.0, deviation: 0.012), 113.60, 114.10),
      latitude: clamp(random.normal(mean: centre.1, deviation: 0.012), 29.03, 29.42))
  }

  private func risk(_ industry: String, _ employees: UInt32, _ random: inout SplitMix64) -> RiskLevel {
    let levels: [RiskLevel] = [.red, .orange, .yellow, .blue]
    let shares: [(element: Int, weight: Double)] = [(0, 0.02), (1, 0.08), (2, 0.30), (3, 0.60)]
    let drawn = random.pick(shares)
    let isDangerous = ["B10", "C26", "F5265", "F5266"].contains(where: industry.hasPrefix) || employees > 300
    return levels[max(0, drawn - (isDangerous ? 1 : 0))]
  }

  private func department(_ industry: String) -> String {
    switch industry.first {
    case "E": "住房和城乡建设局"
    case "G": "交通运输局"
    case "H", "F": industry.hasPrefix("F526") ? "应急管理局" : "商务局"
    case "A": "农业农村局"
    default: "应急管理局"
    }
  }

  private func standardization(_ employees: UInt32, _ random: inout SplitMix64) -> Standardization {
    guard employees >= 20 else { return .unrated }
    let shares: [(element: Standardization, weight: Double)] = [
      (.unrated, 0.5), (.level3, 0.4), (.level2, 0.09), (.level1, 0.01),
    ]
    return random.pick(shares)
  }
}
