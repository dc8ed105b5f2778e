package import Records
package import Scalars

// Rulesets 信用评价规则 by the days from which they count: a new one changes no score of the days before it.

/// The ruleset that counted on a day; of days before the first one that is known, the first.
/// - Throws: `unconfigured` before the first profile was activated.
package func creditRuleset(
  on date: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> DatedRuleset {
  let until = KeyRange(lower: [], upper: CreditRulesetsTable.Key(from: date.adding(days: 1)).encoded)
  var key = try reader.firstKey(CreditRulesetsTable.self, in: until, descending: true)
  if key == nil { key = try reader.firstKey(CreditRulesetsTable.self, in: .all, descending: false) }
  if let key, let known = try reader.record(CreditRulesetsTable.self, key) { return known }
  // A store of an older version knows what counts now.
  guard let active = try reader.record(ProfilesTable.self, .init(id: 1)) else {
    throw .unconfigured(Unconfigured(rule: "profile"))
  }
  return active.ruleset
}

/// Keeps the ruleset of a profile that comes into force, where it says something new.
func keepRuleset(
  of profile: ActiveProfile, after before: ActiveProfile?, _ state: inout some State & ~Copyable
) throws(Refusal) {
  let isFirst = try state.firstKey(CreditRulesetsTable.self, in: .all, descending: true) == nil
  if isFirst, let before { state.put(CreditRulesetsTable.self, before.ruleset) }
  if before?.ruleset.ruleset != profile.ruleset.ruleset || before?.ruleset.profile != profile.ruleset.profile || isFirst
  {
    state.put(CreditRulesetsTable.self, profile.ruleset)
  }
}

extension ActiveProfile {
  fileprivate var ruleset: DatedRuleset {
    DatedRuleset(
      from: activatedAt.localDate, ruleset: profile.credit, profile: "\(profile.name) \(profile.edition)")
  }
}
