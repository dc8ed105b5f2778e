package import Records
package import Scalars

/// The score of an enterprise on a date: a pure function of its records, the ruleset and the date, in tenths of a point.
///
/// Records count for the ruleset's window, each kind at most up to its cap; the sum, on top of the base for the level
/// of standardisation, is held between 0 and 100 points and reaches a step of the scale. Overrides lead from that step to
/// others; the worst counts. Who stands on the dishonesty list has the last grade, whatever the points.
/// - Parameter dishonesty: the case that keeps the enterprise on that list.
/// - Throws: `unconfigured` for a part of the ruleset that is needed and unset.
package func creditReport(
  _ enterprise: Enterprise, records: [CreditRecord], on date: Date, _ ruleset: CreditRuleset,
  listedBy dishonesty: UInt64? = nil
) throws(Refusal) -> CreditReport {
  let window = try set(ruleset.window, "window")
  let base = try base(of: enterprise, on: date, ruleset)
  let known = records.filter { $0.occurredOn <= date }.map { record in
    var record = record
    record.status = record.status(on: date, window)
    return record
  }
  var lines: [CreditLine] = []
  for kind in CreditKind.allKnown {
    let count = known.count { $0.kind == kind && $0.status == .active }
    if count > 0 { lines.append(try line(kind, count: count, ruleset)) }
  }
  let score = min(1000, max(0, lines.reduce(base) { $0 + $1.pointsTenths }))
  let scale = try CreditScale(ruleset)
  let byPoints = scale.place(of: score)
  var worst = byPoints
  var overrides: [CreditOverrideLine] = []
  for override in ruleset.overrides {
    let count = known.count {
      override.kinds.contains($0.kind) && $0.stands && date < $0.occurredOn.adding(override.within)
    }
    guard count >= Int(override.count) else { continue }
    let place = scale.place(override.effect, from: byPoints)
    worst = max(worst, place)
    overrides.append(CreditOverrideLine(name: override.name, count: UInt32(count), step: scale.steps[place].name))
  }
  if dishonesty != nil { worst = scale.steps.count - 1 }
  return CreditReport(
    enterpriseId: enterprise.id, asOf: date, ruleset: try set(ruleset.name, "name"), baseTenths: base, lines: lines,
    scoreTenths: score, grade: scale.steps[worst].grade,
    records: Array(known.sorted { $0.ordinal > $1.ordinal }.prefix(100)), stepByPoints: scale.steps[byPoints].name,
    overrides: overrides, step: scale.steps[worst].name, dishonestyCase: dishonesty)
}

private func set<Value>(_ value: Value?, _ rule: String) throws(Refusal) -> Value {
  guard let value else { throw .unconfigured(Unconfigured(rule: "credit.\(rule)")) }
  return value
}

private func base(of enterprise: Enterprise, on date: Date, _ ruleset: CreditRuleset) throws(Refusal) -> Int32 {
  switch enterprise.standardization(on: date) {
  case .level1: try set(ruleset.baseLevel1Tenths, "baseLevel1Tenths")
  case .level2: try set(ruleset.baseLevel2Tenths, "baseLevel2Tenths")
  case .level3: try set(ruleset.baseLevel3Tenths, "baseLevel3Tenths")
  default: try set(ruleset.baseUnratedTenths, "baseUnratedTenths")
  }
}

private func line(_ kind: CreditKind, count: Int, _ ruleset: CreditRuleset) throws(Refusal) -> CreditLine {
  guard let rule = ruleset.points.first(where: { $0.kind == kind }) else {
    throw .unconfigured(Unconfigured(rule: "credit.points[\(kind.label.english)]"))
  }
  // No more records are read than creditRecords(of:in:) says, so the product fits.
  let raw = rule.pointsTenths * Int32(clamping: count)
  let points = rule.capTenths.map { raw < 0 ? max(raw, $0) : min(raw, $0) } ?? raw
  return CreditLine(kind: kind, count: UInt32(count), pointsTenths: points, capped: points != raw)
}

extension Enterprise {
  /// The level that it had on a day, as far as is known.
  func standardization(on date: Date) -> Standardization {
    func reaches(_ from: Date?) -> Bool { from.map { $0 <= date } ?? true }
    if reaches(standardizedOn) { return standardization }
    return earlierStandardizations.last { reaches($0.from) }?.level ?? .unrated
  }
}

extension CreditRecord {
  /// Where the record stood on a date, which is not before the day when it happened.
  package func status(on date: Date, _ window: Term) -> CreditStatus {
    if status == .revoked { return .revoked }
    if status == .repaired, endedOn.map({ $0 <= date }) ?? true { return .repaired }
    return date < occurredOn.adding(window) ? .active : .expired
  }

  /// Whether nobody has ended it; overrides have times of their own.
  fileprivate var stands: Bool { status == .active || status == .expired }
}
