import Domain
import Records
import Scalars

/// A page of what is to be done, most pressing first: of a subtree, of an enterprise, or of a person, whose places lie here
/// and there.
struct DutyList {
  private let request: ListDuties
  private let caller: Caller
  /// On which day the grants of the person must count.
  private let today: Date
  private let limit: Int

  init(_ request: ListDuties, for caller: Caller, on today: Date, limit: Int) {
    self.request = request
    self.caller = caller
    self.today = today
    self.limit = limit
  }

  /// Duties that are looked at for one page at most, and those that are read at once.
  private static let (walkedMax, stepMax) = (10_000, 500)

  func page(in snapshot: borrowing some SnapshotReader & ~Copyable) throws(Refusal) -> DutyPage {
    var person: Person?
    if let id = request.person {
      person = try snapshot.record(PersonsTable.self, .init(id: id))
      guard person != nil else { throw .unknownPerson(UnknownPerson(id: id)) }
    }
    let walks = person.map(walks) ?? [Walk(root: request.grid)]
    let share = Self.stepMax / max(1, walks.count)
    var page = DutyPage()
    var last = request.after.map { Place(dueAt: $0.dueAt, id: $0.id) }
    for _ in 0..<(Self.walkedMax / Self.stepMax) {
      var places: Set<Place> = []
      // Behind this place some walk has not looked.
      var horizon: Place?
      for walk in walks {
        let found = try self.places(under: walk.root, after: last, limit: share, snapshot)
        places.formUnion(found)
        if found.count == share, let end = found.last { horizon = min(horizon ?? end, end) }
      }
      for place in places.sorted() {
        if let horizon, horizon < place { break }
        if page.duties.count == limit {
          page.next = last?.cursor
          return page
        }
        last = place
        guard let duty = try snapshot.record(DutiesTable.self, .init(id: place.id)), isWanted(duty) else { continue }
        if let person, try !isOf(person, walks, duty, snapshot) { continue }
        page.duties.append(duty)
      }
      if horizon == nil { return page }
    }
    page.next = last?.cursor
    return page
  }

  private func isWanted(_ duty: Duty) -> Bool {
    caller.maySee(duty) && request.grid.contains(duty.grid)
      && (request.kinds.isEmpty || request.kinds.contains(duty.kind)) && (!request.late || duty.state != .due)
      && (!request.pressing || duty.state != .due || duty.warnedAt != nil)
  }

  // MARK: Order

  /// Where an open duty stands among the others.
  private struct Place: Hashable, Comparable {
    let dueAt: Instant
    let id: UInt64

    var cursor: DutyCursor { DutyCursor(dueAt: dueAt, id: id) }

    static func < (left: Place, right: Place) -> Bool { (left.dueAt, left.id) < (right.dueAt, right.id) }
  }

  private func places(
    under root: GridCode, after last: Place?, limit: Int, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> [Place] {
    if let enterprise = request.enterpriseId {
      var range = KeyRange(prefix: DutiesOpenOfIndex.prefix(enterprise))
      if let last {
        range = range.after(
          DutiesOpenOfIndex.Key(enterpriseId: enterprise, dueAt: last.dueAt, key: .init(id: last.id)).encoded)
      }
      return try snapshot.entries(DutiesOpenOfIndex.self, in: range, descending: false, limit: limit)
        .map { Place(dueAt: $0.dueAt, id: $0.key.id) }
    }
    var range = KeyRange(prefix: DutiesOpenIndex.prefix(root))
    if let last {
      range = range.after(DutiesOpenIndex.Key(grid: root, dueAt: last.dueAt, key: .init(id: last.id)).encoded)
    }
    return try snapshot.entries(DutiesOpenIndex.self, in: range, descending: false, limit: limit)
      .map { Place(dueAt: $0.dueAt, id: $0.key.id) }
  }

  // MARK: Whose

  /// A part of the subtree in which a person has a role; without one, all that lies there.
  private struct Walk {
    let root: GridCode
    var grant: Grant?
  }

  /// Where a person's grants and the subtree meet.
  private func walks(_ person: Person) -> [Walk] {
    person.grants.valid(on: today).compactMap { grant in
      let place = grant.grid ?? request.grid
      if request.grid.contains(place) { return Walk(root: place, grant: grant) }
      return place.contains(request.grid) ? Walk(root: request.grid, grant: grant) : nil
    }
  }

  private func isOf(
    _ person: Person, _ walks: [Walk], _ duty: Duty, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool {
    for walk in walks where walk.root.contains(duty.grid) {
      switch walk.grant?.role {
      case .enterprise: if duty.kind.isCadence, duty.enterpriseId == person.enterpriseId { return true }
      // A key unit that has a member of its own is not the others'.
      case .gridMember: if !duty.kind.isCadence, try isAnsweredFor(duty, by: person, snapshot) { return true }
      case .villageOfficer, .townshipOfficer: if duty.holder == walk.grant?.grid { return true }
      default: break
      }
    }
    return false
  }

  private func isAnsweredFor(
    _ duty: Duty, by person: Person, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Bool {
    guard let id = duty.enterpriseId else { return true }
    let member = try snapshot.record(EnterprisesTable.self, .init(id: id))?.member
    return member == nil || member == person.id
  }
}
