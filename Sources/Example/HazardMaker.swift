package import Records
package import Scalars

/// Makes hazards with real wording: provisions on legal liability in national and local regulations, and findings of
/// county documents.
package struct HazardMaker: Sendable {
  package struct Wording: Sendable {
    package let `class`: String
    package let text: String
  }

  package let wordings: [Wording]

  package init() {
    wordings = ExampleCounty.lines(PackageResources.hazard_texts_csv).map { Wording(class: $0[2], text: $0[4]) }
  }

  /// A general hazard in the cell, or at the enterprise.
  ///
  /// - Parameter token: 32 bytes that make the report unique: the digest of its photo.
  package func hazard(
    in cell: GridCode, enterprise: UInt64?, source: HazardSource, token: [UInt8], _ random: inout SplitMix64
  ) -> SubmitHazard {
    let wording = random.pick(wordings)
    let place = random.pick(["一楼", "二楼", "仓库", "车间", "门口", "配电房", "后院", "楼梯间", "厨房", "锅炉房"])
    let equipment = random.pick(["配电箱", "货架", "通道", "灭火器", "气瓶", "叉车", "提升机", "储罐", "安全出口", "线路"])
    return SubmitHazard(
      source: source, enterpriseId: enterprise, grid: cell, class: wording.class, domain: domain(wording.class),
      severity: .general, urgency: .normal, description: "\(place)\(equipment)，\(wording.text)",
      photos: [Attachment(sha256: token)], isAnother: true)
  }

  private func domain(_ class: String) -> SafetyDomain {
    switch `class` {
    case "消防": .fire
    case "道路交通": .traffic
    case "建设施工": .construction
    default: .production
    }
  }
}
