import Records

/// The steps of a ruleset's scale, best first.
struct CreditScale {
  let steps: [CreditStep]

  /// - Throws: `unconfigured` where the ruleset has neither steps nor the least score of a grade.
  init(_ ruleset: CreditRuleset) throws(Refusal) {
    guard ruleset.steps.isEmpty else {
      steps = ruleset.steps
      return
    }
    func step(_ grade: CreditGrade, _ least: Int32?, _ rule: String) throws(Refusal) -> CreditStep {
      guard let least else { throw .unconfigured(Unconfigured(rule: "credit.\(rule)")) }
      return CreditStep(name: grade.label.english, leastTenths: least, grade: grade)
    }
    steps = [
      try step(.a, ruleset.gradeATenths, "gradeATenths"), try step(.b, ruleset.gradeBTenths, "gradeBTenths"),
      try step(.c, ruleset.gradeCTenths, "gradeCTenths"), try step(.d, 0, "gradeDTenths"),
    ]
  }

  /// The place of the step that a score reaches.
  func place(of scoreTenths: Int32) -> Int { steps.firstIndex { scoreTenths >= $0.leastTenths } ?? steps.count - 1 }

  /// The best step of a grade, or of the best grade below it where the scale leaves it out.
  func place(of grade: CreditGrade) -> Int {
    steps.firstIndex { $0.grade.number >= grade.number } ?? steps.count - 1
  }

  /// Where an override leads from a place.
  func place(_ effect: CreditEffect, from place: Int) -> Int {
    switch effect {
    case .down(let count): min(place + Int(count), steps.count - 1)
    case .atBest(let grade): max(place, self.place(of: grade))
    // What this version does not know was refused with the profile.
    case .unset, .unrecognized: place
    }
  }
}

/// What is wrong with a ruleset beyond the limits of its fields.
func creditFaults(_ ruleset: CreditRuleset) -> [ProfileFault] {
  var faults =
    twins(ruleset.points.map(\.kind.name), "credit.points") + twins(ruleset.steps.map(\.name), "credit.steps")
    + twins(ruleset.overrides.map(\.name), "credit.overrides")
  for (index, points) in ruleset.points.enumerated() {
    if let cap = points.capTenths, (cap < 0) != (points.pointsTenths < 0) {
      let kind = points.kind.label
      let reason = Label(
        "the cap of \(kind.english) has the other sign than its points", "“\(kind.chinese)”的封顶分与记分正负不一致")
      faults.append(ProfileFault("credit.points[\(index)].capTenths", reason))
    }
  }
  let grades = [ruleset.gradeATenths, ruleset.gradeBTenths, ruleset.gradeCTenths].compactMap { $0 }
  if grades != grades.sorted(by: >) {
    faults.append(ProfileFault("credit", "the least scores of grades A, B and C do not descend", "A级、B级、C级最低分未依次递减"))
  }
  for (index, (better, worse)) in zip(ruleset.steps, ruleset.steps.dropFirst()).enumerated() {
    let path = "credit.steps[\(index + 1)]"
    if better.leastTenths <= worse.leastTenths {
      faults.append(
        ProfileFault(
          path, "\(worse.name) stands below \(better.name), but takes no fewer points",
          "\(worse.name)在\(better.name)之下，但最低分不更低"))
    }
    if better.grade.number > worse.grade.number {
      faults.append(
        ProfileFault(
          path, "\(worse.name) stands below \(better.name), but has a better grade",
          "\(worse.name)在\(better.name)之下，但等级更高"))
    }
  }
  if let last = ruleset.steps.last, last.leastTenths > 0 {
    let reason = Label(
      "the last step, \(last.name), must begin at 0, or some scores have no step", "末档\(last.name)须自0分起，否则部分得分无对应档次")
    faults.append(ProfileFault("credit.steps[\(ruleset.steps.count - 1)]", reason))
  }
  for (index, override) in ruleset.overrides.enumerated() {
    if case .unrecognized = override.effect {
      let reason = Label(
        "\(override.name) has an effect that this version does not know", "\(override.name)的效果为本版本未知")
      faults.append(ProfileFault("credit.overrides[\(index)]", reason))
    }
  }
  return faults
}
