package import Records
package import Scalars

/// An example county to try everything on: the real divisions of Tongcheng 通城县 (421222), with cells, people and
/// enterprises that a generator makes below them.
///
/// The generator follows the measured shape of a real registry, whose rows may not be passed on: mix of kinds,
/// industries, sizes and risks, spread over towns. Every name and credit code is fictional, and every enterprise's
/// `source` says that it was generated. The result depends on seed, divisions and counts alone.
package struct ExampleCounty: Sendable {
  /// The division file as it is imported: 1 county, 16 townships, 190 villages and communities.
  package static var divisions: [UInt8] { PackageResources.tongcheng_csv }

  package let county: GridCode
  package let townships: [(code: GridCode, name: String)]
  package let villages: [Village]
  package let people: [Person]
  package let enterprises: [EnterpriseRow]

  package struct Village: Sendable {
    package let code: GridCode
    package let name: String
    package let cells: [CellRow]
  }

  package static let defaultSeed: UInt64 = 421_222

  package init(seed: UInt64 = defaultSeed, enterpriseCount: Int = 3000) {
    let rows = Self.divisionRows()
    county = rows.first { $0.level == 3 }!.code
    townships = rows.filter { $0.level == 4 }.map { ($0.code, $0.name) }
    villages = rows.filter { $0.level == 5 }.map { row in
      var random = SplitMix64(seed: seed ^ fnv1a("\(row.code)"))
      return Village(code: row.code, name: row.name, cells: Self.cells(of: row.code, row.name, &random))
    }
    people = Self.people(county, townships, villages, seed: seed)
    enterprises = EnterpriseMaker(county: county, townships: townships, villages: villages)
      .make(enterpriseCount, seed: seed)
  }

  private static func divisionRows() -> [(code: GridCode, name: String, level: Int)] {
    lines(PackageResources.tongcheng_csv).map { fields in
      // The project's own file.
      ((try? GridCode(division: fields[0]))!, fields[1], Int(fields[2])!)
    }
  }

  /// Fields of a file without quotes, header left out.
  static func lines(_ bytes: [UInt8]) -> [[String]] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  /// Farms, forest parks and the like: township parts 400 to 599.
  package static func isQuasiTownship(_ code: GridCode) -> Bool {
    (400...599).contains(code.rawValue / 1_000_000 % 1000)
  }

  private static func cells(of village: GridCode, _ name: String, _ random: inout SplitMix64) -> [CellRow] {
    let count = isQuasiTownship(village) ? 1 : min(9, 1 + random.poisson(2.2))
    let short =
      name.hasSuffix("村委会") ? String(name.dropLast(2)) : name.hasSuffix("居委会") ? String(name.dropLast(3)) : name
    let numerals = ["一", "二", "三", "四", "五", "六", "七", "八", "九"]
    return (1...count).map { number in
      CellRow(
        code: GridCode("\(String("\(village)".prefix(12)))\(number < 10 ? "00" : "0")\(number)")!,
        name: "\(short)第\(numerals[number - 1])网格")
    }
  }

  // MARK: People

  /// Identifiers of the people of the example.
  package static func gridMember(of cell: GridCode) -> String { "gm-\(cell)" }
  package static func villageOfficer(of village: GridCode) -> String { "vs-\("\(village)".prefix(12))" }
  package static func townshipOfficer(of township: GridCode) -> String { "to-\("\(township)".prefix(9))" }
  package static let departmentOfficer = "cd-421222"
  package static let emergencyOfficer = "em-421222"
  package static let committeeOfficer = "co-421222"
  package static let publicDesk = "desk-12350"

  private static func people(
    _ county: GridCode, _ townships: [(code: GridCode, name: String)], _ villages: [Village], seed: UInt64
  ) -> [Person] {
    var random = SplitMix64(seed: seed ^ fnv1a("people"))
    func person(_ id: String, _ role: Role, _ grid: GridCode) -> Person {
      Person(id: id, name: name(&random), grants: [Grant(role: role, grid: grid)])
    }
    var people = [
      person(departmentOfficer, .departmentOfficer, county), person(emergencyOfficer, .emergencyBureau, county),
      person(committeeOfficer, .committeeOffice, county), person(publicDesk, .publicDesk, county),
    ]
    people += townships.map { person(townshipOfficer(of: $0.code), .townshipOfficer, $0.code) }
    for village in villages {
      people.append(person(villageOfficer(of: village.code), .villageOfficer, village.code))
      people += village.cells.map { person(gridMember(of: $0.code), .gridMember, $0.code) }
    }
    return people
  }

  private static func name(_ random: inout SplitMix64) -> String {
    let families = "李王张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑".map(String.init)
    let given = "伟芳敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华慧建国文辉力红玉兰飞".map(String.init)
    return random.pick(families) + random.pick(given) + (random.chance(0.6) ? random.pick(given) : "")
  }
}
