import Bytes
import Foundation
import Records
import Scalars

// A report of what somebody has reported already: the same object and class, or the same class nearby not long before.

extension HazardStep {
  /// Refuses a case that begins as the same as an open one, as far as the profile says what is the same.
  /// - Throws: `duplicateOf`
  func checkDuplicate(in state: borrowing some State & ~Copyable) throws(Refusal) {
    guard let same = rules.duplicates else { return }
    let open =
      if let id = hazard.enterpriseId {
        try openCase(ofEnterprise: id, in: state)
      } else {
        try openCase(near: hazard.point, same, in: state)
      }
    if let open { throw .duplicateOf(DuplicateOf(number: open)) }
  }

  /// Cases that are looked at, the latest of an object, the most pressing of a cell: a report is no search.
  private static let casesMax = 200

  private func openCase(
    ofEnterprise id: UInt64, in state: borrowing some State & ~Copyable
  ) throws(Refusal) -> HazardNumber? {
    let range = KeyRange(prefix: HazardsByEnterpriseIndex.prefix(id))
    let latest = try state.entries(HazardsByEnterpriseIndex.self, in: range, descending: true, limit: Self.casesMax)
    for entry in latest {
      guard let other = try state.record(HazardsTable.self, entry.key), other.dueAt != nil, isSameKind(other) else {
        continue
      }
      return other.number
    }
    return nil
  }

  private func openCase(
    near point: Point?, _ same: DuplicateRules, in state: borrowing some State & ~Copyable
  ) throws(Refusal) -> HazardNumber? {
    guard let point else { return nil }
    let range = KeyRange(prefix: HazardsOpenIndex.prefix(hazard.grid))
    for entry in try state.entries(HazardsOpenIndex.self, in: range, descending: false, limit: Self.casesMax) {
      guard let other = try state.record(HazardsTable.self, entry.key), other.enterpriseId == nil, isSameKind(other),
        let place = other.point, place.metres(to: point) <= Double(same.metres),
        act.time <= (try calendar.due(same.within, from: other.submittedAt))
      else { continue }
      return other.number
    }
    return nil
  }

  /// Of the same class, and both or neither about an illegal act of the same side.
  private func isSameKind(_ other: Hazard) -> Bool {
    other.class.hasSameBytes(as: hazard.class) && other.violation == hazard.violation
  }
}

extension Point {
  /// The distance on the ground, good to a part in two hundred: degrees on a sphere of the Earth's mean radius.
  fileprivate func metres(to other: Point) -> Double {
    let metresOfADegree = 6_371_008.8 * Double.pi / 180
    let north = (other.latitude - latitude) * metresOfADegree
    let east = (other.longitude - longitude) * metresOfADegree * cos((latitude + other.latitude) / 2 * .pi / 180)
    return (north * north + east * east).squareRoot()
  }
}
