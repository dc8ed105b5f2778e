package import Records
package import Scalars

/// The roles of those who do the grid's work. Enterprises, gateways and who only looks or administers do not count.
private let staffRoles: [Role] = [
  .gridMember, .villageOfficer, .townshipOfficer, .departmentOfficer, .emergencyBureau, .committeeOffice,
  .commandCentre, .enforcementOfficer, .publicDesk,
]
/// Grants that are looked at, some ten microseconds each with their person.
private let grantsMax = 20_000

/// How many of the people of a subtree serve part-time, without a certificate, or with one that has ended.
/// - Throws: `unknownGrid`
package func staffStatistics(
  of grid: GridCode, at time: Instant, in reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> StaffStatistics {
  _ = try requireGrid(grid, in: reader)
  let subtree = grid.subtree
  let places = try reader.entries(
    GrantPlacesByGridIndex.self,
    in: KeyRange(
      from: GrantPlacesByGridIndex.prefix(subtree.lowerBound),
      through: GrantPlacesByGridIndex.prefix(subtree.upperBound)), descending: false, limit: grantsMax + 1)
  guard places.count <= grantsMax else { throw tooLarge(grid, grantsMax, Label("grants", "授权")) }
  let today = time.localDate
  var total = StaffTally()
  var tallies: [Role: StaffTally] = [:]
  for id in Set(places.map(\.key.person)) {
    guard let person = try reader.record(PersonsTable.self, .init(id: id)) else { continue }
    let here = person.grants.valid(on: today).filter { $0.grid.map(grid.contains) ?? false }
    let roles = Set(here.map(\.role)).intersection(staffRoles)
    if !roles.isEmpty { total.add(person, on: today) }
    for role in roles { tallies[role, default: StaffTally()].add(person, on: today) }
  }
  return StaffStatistics(
    grid: grid, asOf: time, total: total.line(of: nil),
    roles: staffRoles.compactMap { tallies[$0]?.line(of: $0) },
    objects: UInt64(try objectCount(in: grid, reader)),
    target: try reader.record(ProfilesTable.self, .init(id: 1))?.profile.staff)
}

private struct StaffTally {
  private var (persons, known, partTime) = (0, 0, 0)
  private var (uncertified, ended, terminals) = (0, 0, 0)
  private var (rated, professional) = (0, 0)
  private var (established, certified) = (0, 0)

  mutating func add(_ person: Person, on date: Date) {
    persons += 1
    if person.employment != nil { known += 1 }
    if person.employment == .partTime { partTime += 1 }
    if person.certificate == nil { uncertified += 1 }
    if let last = person.certificate?.validTo, last < date { ended += 1 }
    if !person.terminals.isEmpty { terminals += 1 }
    guard let staffing = person.staffing, staffing.left.map({ date <= $0 }) ?? true else { return }
    if let isProfessional = staffing.professional {
      rated += 1
      if isProfessional { professional += 1 }
    }
    if staffing.onEstablishment == true {
      established += 1
      if let certificate = person.certificate, certificate.validTo.map({ date <= $0 }) ?? true { certified += 1 }
    }
  }

  func line(of role: Role?) -> StaffLine {
    StaffLine(
      role: role, persons: UInt64(persons), partTime: Share(partTime, of: known),
      uncertified: Share(uncertified, of: persons), ended: Share(ended, of: persons),
      terminals: Share(terminals, of: persons), professional: Share(professional, of: rated),
      certified: Share(certified, of: established))
  }
}
