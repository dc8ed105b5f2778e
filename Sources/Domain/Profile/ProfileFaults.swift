package import Records
import Scalars

/// What is wrong with a profile beyond the limits of its fields: rules that contradict each other.
package struct ProfileFault: Equatable, CustomStringConvertible {
  /// Where the file has it, such as `hazard.classes[3]`.
  package let path: String
  package let reason: Label
  package var description: String { "\(path): \(reason.english)" }

  init(_ path: String, _ reason: Label) {
    self.path = path
    self.reason = reason
  }

  init(_ path: String, _ english: String, _ chinese: String) { self.init(path, Label(english, chinese)) }
}

package func profileFaults(_ profile: Profile) -> [ProfileFault] {
  hazardFaults(profile.hazard) + creditFaults(profile.credit) + calendarFaults(profile.calendar)
    + listingFaults(profile.listing) + dishonestyFaults(profile.dishonesty) + gridFaults(profile.fiveFixed)
    + dutyFaults(profile) + rewardFaults(profile.report?.reward)
    + workloadFaults(profile.workload) + nameFaults(profile.names) + twins(profile.illegalActs, "illegalActs")
    + factorFaults(profile) + twins(profile.ledger?.required.map(\.name) ?? [], "ledger.required")
}

/// Each code stands under the shorter one that it begins with, and classes name codes that are there.
private func factorFaults(_ profile: Profile) -> [ProfileFault] {
  var faults = twins(profile.factors.map(\.code), "factors")
  let known = Set(profile.factors.map(\.code))
  for (index, factor) in profile.factors.enumerated() {
    let path = "factors[\(index)].code"
    switch factor.code.utf8.count {
    case 1: continue
    case 2, 4, 6:
      let upper = String(factor.code.prefix(factor.code.utf8.count <= 2 ? 1 : factor.code.utf8.count - 2))
      if !known.contains(upper) {
        faults.append(
          ProfileFault(path, "\(factor.code) stands under \(upper), which is missing", "缺少\(factor.code)的上级代码\(upper)"))
      }
    default:
      faults.append(ProfileFault(path, "\(factor.code) has neither 1, 2, 4 nor 6 digits", "\(factor.code)不是1、2、4或6位"))
    }
  }
  for (index, known) in profile.hazard.classes.enumerated() {
    guard let code = known.factor, !profile.factors.contains(where: { $0.code == code }) else { continue }
    faults.append(ProfileFault("hazard.classes[\(index)].factor", "factors has no \"\(code)\"", "危害因素中没有“\(code)”"))
  }
  return faults
}

/// What stands in a list twice, at its second place.
func twins<Key: Hashable>(_ keys: [Key], _ path: String) -> [ProfileFault] {
  var seen: Set<Key> = []
  return keys.enumerated().compactMap { index, key in
    seen.insert(key).inserted ? nil : ProfileFault("\(path)[\(index)]", "\(key) stands twice", "\(key)重复")
  }
}

private func hazardFaults(_ rules: HazardRules) -> [ProfileFault] {
  var faults = twins(rules.classes.map(\.name), "hazard.classes")
  if rules.extensionsMax ?? 0 > 0, rules.extensionBefore == nil {
    faults.append(
      ProfileFault(
        "hazard.extensionsMax",
        "extensions are allowed, but extensionBefore does not say until when they are asked for",
        "允许延期，但extensionBefore未规定最迟申请时间"
      ))
  }
  if (rules.reworkPercent == nil) != (rules.reworkTermMin == nil) {
    let set = rules.reworkPercent == nil ? "reworkTermMin" : "reworkPercent"
    faults.append(
      ProfileFault("hazard.\(set)", "reworkPercent and reworkTermMin go together", "reworkPercent与reworkTermMin须同时设置"))
  }
  return faults
}

private func calendarFaults(_ calendar: Calendar) -> [ProfileFault] {
  var faults = twins(calendar.years.map(\.year), "calendar.years")
  var last: UInt32 = 0
  for (index, hours) in calendar.hours.enumerated() {
    guard let span = hours.span, span.from >= last else {
      faults.append(
        ProfileFault(
          "calendar.hours[\(index)]", "\(hours.from) to \(hours.to) are no hours behind those before",
          "\(hours.from)至\(hours.to)不在前一时段之后"))
      continue
    }
    last = span.to
  }
  for (index, year) in calendar.years.enumerated() {
    let path = "calendar.years[\(index)]"
    for (list, dates) in [("holidays", year.holidays), ("workdays", year.workdays)] {
      faults += twins(dates, "\(path).\(list)")
      for (index, date) in dates.enumerated() where date.components.year != Int(year.year) {
        faults.append(
          ProfileFault("\(path).\(list)[\(index)]", "\(date) does not lie in \(year.year)", "\(date)不在\(year.year)年"))
      }
    }
    for (index, date) in year.workdays.enumerated() {
      let place = "\(path).workdays[\(index)]"
      if date.weekday <= 5 {
        faults.append(
          ProfileFault(place, "\(date) is no weekend, so it cannot be a make-up workday", "\(date)不是周末，不能作为调休工作日"))
      }
      if year.holidays.contains(date) {
        faults.append(ProfileFault(place, "\(date) is a make-up workday and a holiday as well", "\(date)既是调休工作日又是节假日"))
      }
    }
  }
  return faults
}

private func listingFaults(_ rules: ListingRules?) -> [ProfileFault] {
  guard let rules else { return [] }
  var faults = twins(rules.levels.map(\.majorGrade), "listing.levels")
  for (index, level) in rules.levels.enumerated() {
    // Grade 1 is the worst, and the province stands above the county.
    let worse = rules.levels.first { $0.majorGrade < level.majorGrade && $0.level.number > level.level.number }
    guard let worse else { continue }
    faults.append(
      ProfileFault(
        "listing.levels[\(index)]",
        "grade \(level.majorGrade) goes to the \(level.level.name), and the worse grade \(worse.majorGrade) only to the "
          + worse.level.name,
        "\(level.majorGrade)级由\(level.level.label.chinese)挂牌，更严重的\(worse.majorGrade)级仅由\(worse.level.label.chinese)挂牌"))
  }
  return faults
}

private func dishonestyFaults(_ rules: DishonestyRules?) -> [ProfileFault] {
  guard let rules else { return [] }
  var faults: [ProfileFault] = []
  if let term = rules.listTerm.months, let early = rules.earlyAfter.months, early >= term {
    let reason = Label(
      "\(rules.earlyAfter) is no earlier than the end, after \(rules.listTerm)",
      "\(rules.earlyAfter.chinese)不早于列入期限\(rules.listTerm.chinese)")
    faults.append(ProfileFault("dishonesty.earlyAfter", reason))
  }
  for (index, start) in rules.scopeIndustries.enumerated() {
    guard let fault = IndustrySection.fault(inBeginning: start) else { continue }
    faults.append(ProfileFault("dishonesty.scopeIndustries[\(index)]", fault))
  }
  return faults
    + twins(
      rules.measures.map { "\($0.measure.name) \($0.department) \($0.subject?.name ?? "")" }, "dishonesty.measures")
}

private func gridFaults(_ rules: GridRules?) -> [ProfileFault] {
  guard let rules else { return [] }
  var faults = twins(rules.posts.map(\.name), "fiveFixed.posts")
  for (list, terms) in [("duties", rules.duties), ("tasks", rules.tasks), ("rewards", rules.rewards)] {
    faults += twins(terms.map(\.key), "fiveFixed.\(list)")
  }
  faults += twins(rules.deviceLevels.map(\.name), "fiveFixed.deviceLevels")
  for (index, post) in rules.posts.enumerated() {
    let path = "fiveFixed.posts[\(index)]"
    faults += twins(post.levels.map(\.name), "\(path).levels")
    guard let role = post.role else { continue }
    if [.system, .delegate, .enterprise].contains(role) {
      faults.append(
        ProfileFault("\(path).role", "nobody serves in a grid as \(role.name)", "“\(role.label.chinese)”不在网格任职"))
    }
    if post.levels.isEmpty {
      let reason = Label(
        "\(post.name) needs the role \(role.name), but no level needs the post: set levels, or leave role out",
        "\(post.name)要求“\(role.label.chinese)”角色，但没有层级设此岗位，请设置层级或取消角色")
      faults.append(ProfileFault(path, reason))
    }
  }
  return faults
}

private func rewardFaults(_ rules: RewardRules?) -> [ProfileFault] {
  guard let rules else { return [] }
  let faults = twins(rules.perDeath.map(\.grade.name), "report.reward.perDeath")
  guard rules.least > rules.most else { return faults }
  return faults + [
    ProfileFault(
      "report.reward.least", "\(rules.least) is more than the most, \(rules.most)",
      "最低额\(rules.least)高于最高额\(rules.most)")
  ]
}

private func workloadFaults(_ rules: WorkloadRules?) -> [ProfileFault] {
  guard let rules else { return [] }
  return twins(rules.risks.map(\.level.name), "workload.risks")
    + twins(rules.sizes.map(\.employeesMin), "workload.sizes") + twins(rules.flags.map(\.flag.name), "workload.flags")
}

/// The states on a case's way through the loop; the others lead out of it.
private let loopStates: [HazardState] = [.reported, .filed, .dispatched, .rectifying, .parked, .fedBack, .closed]

private func nameFaults(_ names: LocalNames?) -> [ProfileFault] {
  guard let names else { return [] }
  var faults =
    twins(names.levels.map(\.level.name), "names.levels") + twins(names.roles.map(\.role.name), "names.roles")
    + twins(names.steps.map(\.chinese), "names.steps")
  var taken: [HazardState: String] = [:]
  for (index, step) in names.steps.enumerated() {
    for (place, state) in step.states.enumerated() {
      if let other = taken[state] {
        let reason = Label("\(state.name) belongs to \(other) already", "“\(state.label.chinese)”已属于“\(other)”")
        faults.append(ProfileFault("names.steps[\(index)].states[\(place)]", reason))
      }
      taken[state] = step.chinese
    }
  }
  for state in loopStates where !names.steps.isEmpty && taken[state] == nil {
    faults.append(
      ProfileFault("names.steps", "no step has the state \(state.name)", "“\(state.label.chinese)”不属于任何环节"))
  }
  return faults
}

extension Term {
  fileprivate var months: UInt32? {
    switch unit {
    case .month: count
    case .year: count * 12
    case .hour, .workingHour, .day, .workingDay: nil
    }
  }
}
