package import Records
package import Scalars

/// What the deployment's profile says of duties, read once for a command.
struct DutyTerms {
  let patrol: PatrolRules?
  private let cadence: CadenceRules?
  let calendar: WorkingCalendar
  /// The credit ruleset counts a missed period.
  let countsMissed: Bool

  /// - Throws: `unconfigured` before the first profile was activated.
  init(in state: borrowing some State & ~Copyable) throws(Refusal) {
    let profile = try state.requireRules().profile
    patrol = profile.patrol
    cadence = profile.cadence
    calendar = WorkingCalendar(profile.calendar)
    countsMissed = profile.credit.points.contains { $0.kind == .cadenceMissed }
  }

  /// Every how long it has to be done; `nil`: nobody owes it.
  func period(of kind: DutyKind) -> Term? {
    switch kind {
    case .cellPatrol: patrol?.periodCell
    case .unitPatrol: patrol?.periodUnit
    case .objectPatrol: patrol?.periodObject
    default: cadence?.period(of: kind)
    }
  }

  func grace(of kind: DutyKind) -> Term? { kind.isCadence ? cadence?.grace : patrol?.grace }

  /// When the last day of a duty is near; `nil`: nobody is reminded of it.
  func warnAt(_ duty: Duty, due: Instant) -> Instant? {
    guard let percent = duty.kind.isCadence ? cadence?.warnPercent : patrol?.warnPercent else { return nil }
    let length = due.millisecondsSince1970 - Instant(startOf: duty.from).millisecondsSince1970
    return due.adding(milliseconds: -length * Int64(percent) / 100)
  }
}

extension CadenceRules {
  /// Every how long an enterprise has to do it.
  package func period(of kind: DutyKind) -> Term? {
    switch kind {
    case .login: login
    case .selfCheck: selfCheck
    case .uploadFix: uploadFix
    default: nil
    }
  }
}

extension DutyKind {
  /// The three deeds of the two-cadence system.
  package static let cadence: [DutyKind] = [.login, .selfCheck, .uploadFix]

  package var isCadence: Bool { Self.cadence.contains(self) }
}

extension PatrolRules {
  /// The checklists with which places of a kind are walked through; `nil`, of which nothing is known, has those that hold
  /// everywhere. One without items is unset.
  package func checklists(for use: ChecklistUse, in kind: GridKind?) -> [Checklist] {
    checklists.filter { $0.uses.contains(use) && $0.holds(in: kind) && !$0.items.isEmpty }
  }

  /// The checklists with which an object is visited: key units have theirs, all else that of its type, by the grid handbook
  /// 网格手册.
  package func checklists(for object: Enterprise, in kind: GridKind?) -> [Checklist] {
    if object.flags.contains(.keyUnit) { return checklists(for: .keyUnit, in: kind) }
    return checklists(for: .object, in: kind).filter { $0.types.isEmpty || $0.types.contains(object.type) }
  }
}

extension Checklist {
  package func holds(in kind: GridKind?) -> Bool { kinds.isEmpty || (kind.map(kinds.contains) ?? false) }
}

extension Duty {
  package var isOver: Bool { !DutyWorkflow.open.contains(state) }
}

extension Date {
  /// Year and month as one number, for example 202603.
  package var month: UInt32 {
    let (year, month, _) = components
    return UInt32(year * 100 + month)
  }
}

/// What is wrong with the rules for duties beyond the limits of their fields.
func dutyFaults(_ profile: Profile) -> [ProfileFault] {
  let patrol = profile.patrol ?? PatrolRules()
  var faults: [ProfileFault] = []
  for (path, term) in [
    ("patrol.periodCell", patrol.periodCell), ("patrol.periodUnit", patrol.periodUnit),
    ("patrol.periodObject", patrol.periodObject),
    ("cadence.login", profile.cadence?.login), ("cadence.selfCheck", profile.cadence?.selfCheck),
    ("cadence.uploadFix", profile.cadence?.uploadFix),
  ] {
    if let term, term.unit == .hour || term.count == 0 {
      faults.append(ProfileFault(path, "a period has at least one day", "周期至少为一日"))
    }
  }
  let classes = Set(profile.hazard.classes.map(\.name))
  faults += twins(patrol.checklists.map(\.name), "patrol.checklists")
  for (index, checklist) in patrol.checklists.enumerated() {
    if !checklist.types.isEmpty, !checklist.uses.contains(.object) {
      faults.append(
        ProfileFault(
          "patrol.checklists[\(index)].types", "only a checklist for objects has types", "仅走访对象的检查表可设类型"))
    }
    let path = "patrol.checklists[\(index)].items"
    faults += twins(checklist.items.map(\.code), path)
    for (index, item) in checklist.items.enumerated() where !classes.contains(item.class) {
      faults.append(
        ProfileFault("\(path)[\(index)].class", "hazard.classes has no \"\(item.class)\"", "事件类别中没有“\(item.class)”"))
    }
  }
  return faults
}
