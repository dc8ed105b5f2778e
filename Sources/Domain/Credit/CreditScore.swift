package import Records
package import Scalars

/// The score of an enterprise on a date: a pure function of its records, the ruleset and the date, in
/// tenths of a point.
///
/// Records count for the ruleset's window, each kind at most up to its cap; the sum, on top of the base for the level
/// of standardisation, is held between 0 and 100 points.
/// - Throws: `unconfigured` for a part of the ruleset that is needed and unset.
package func creditReport(
  _ enterprise: Enterprise, records: [CreditRecord], on date: Date, _ ruleset: CreditRuleset
) throws(Refusal) -> CreditReport {
  func set<Value>(_ value: Value?, _ rule: String) throws(Refusal) -> Value {
    guard let value else { throw .unconfigured(Unconfigured(rule: "credit.\(rule)")) }
    return value
  }
  let window = try set(ruleset.window, "window")
  let base =
    switch enterprise.standardization {
    case .level1: try set(ruleset.baseLevel1Tenths, "baseLevel1Tenths")
    case .level2: try set(ruleset.baseLevel2Tenths, "baseLevel2Tenths")
    case .level3: try set(ruleset.baseLevel3Tenths, "baseLevel3Tenths")
    default: try set(ruleset.baseUnratedTenths, "baseUnratedTenths")
    }
  let counted = records.filter {
    $0.status == .active && $0.occurredOn <= date && window.reaches(date, from: $0.occurredOn)
  }
  var lines: [CreditLine] = []
  for kind in CreditKind.allKnown {
    let count = counted.count { $0.kind == kind }
    guard count > 0 else { continue }
    guard let rule = ruleset.points.first(where: { $0.kind == kind }) else {
      throw .unconfigured(Unconfigured(rule: "credit.points[\(kind.label.english)]"))
    }
    let raw = rule.pointsTenths * Int32(clamping: count)
    let points = rule.capTenths.map { raw < 0 ? max(raw, $0) : min(raw, $0) } ?? raw
    lines.append(CreditLine(kind: kind, count: UInt32(count), pointsTenths: points, capped: points != raw))
  }
  let score = min(1000, max(0, lines.reduce(base) { $0 + $1.pointsTenths }))
  let grade: CreditGrade =
    if score >= (try set(ruleset.gradeATenths, "gradeATenths")) {
      .a
    } else if score >= (try set(ruleset.gradeBTenths, "gradeBTenths")) {
      .b
    } else if score >= (try set(ruleset.gradeCTenths, "gradeCTenths")) {
      .c
    } else {
      .d
    }
  return CreditReport(
    enterpriseId: enterprise.id, asOf: date, ruleset: try set(ruleset.name, "name"), baseTenths: base, lines: lines,
    scoreTenths: score, grade: grade,
    records: Array(records.filter { $0.occurredOn <= date }.sorted { $0.ordinal > $1.ordinal }.prefix(100)))
}

extension Term {
  /// Whether a record of `start` still counts on `date`.
  fileprivate func reaches(_ date: Date, from start: Date) -> Bool {
    switch unit {
    case .month: date < start.adding(months: Int(count))
    case .year: date < start.adding(months: Int(count) * 12)
    case .day, .workingDay: date < start.adding(days: Int(count))
    case .hour: date < start.adding(days: Int(count) / 24)
    }
  }
}
