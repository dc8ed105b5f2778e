package import Records
import Scalars

func activateProfile(
  _ request: ActivateProfile, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Empty {
  if let fault = profileFaults(request.profile).first {
    throw .invalidArgument(InvalidArgument(field: "profile", reason: fault))
  }
  state.put(ProfilesTable.self, ActiveProfile(id: 1, profile: request.profile, activatedAt: act.time))
  return Empty()
}

/// What is wrong with a profile beyond the limits of its fields.
package func profileFaults(_ profile: Profile) -> [String] {
  var faults: [String] = []
  func twins<Key: Hashable>(_ keys: [Key], _ what: String) {
    var seen: Set<Key> = []
    for key in keys where !seen.insert(key).inserted { faults.append("\(what) stands twice: \(key)") }
  }
  twins(profile.hazard.classes.map(\.name), "hazard.classes")
  twins(profile.credit.points.map(\.kind.label.english), "credit.points")
  twins(profile.calendar.years.map(\.year), "calendar.years")
  for year in profile.calendar.years {
    for date in year.holidays + year.workdays where date.components.year != Int(year.year) {
      faults.append("calendar.years: \(date) does not lie in \(year.year)")
    }
    for date in year.workdays where date.weekday <= 5 {
      faults.append("calendar.years: \(date) is no weekend, so it cannot be a make-up workday")
    }
    for date in year.workdays where year.holidays.contains(date) {
      faults.append("calendar.years: \(date) is both a holiday and a workday")
    }
  }
  for points in profile.credit.points {
    if let cap = points.capTenths, (cap < 0) != (points.pointsTenths < 0) {
      faults.append("credit.points: the cap of \(points.kind.label.english) has the other sign than its points")
    }
  }
  let grades = [profile.credit.gradeATenths, profile.credit.gradeBTenths, profile.credit.gradeCTenths].compactMap { $0 }
  if grades != grades.sorted(by: >) { faults.append("credit: the least scores of grades A, B and C do not descend") }
  return faults
}
