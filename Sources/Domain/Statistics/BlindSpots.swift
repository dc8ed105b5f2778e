package import Records
package import Scalars

/// A walk along the blind spots 盲点 of a subtree, kind by kind, that ends with a page.
package struct BlindSpotWalk {
  private let request: ListBlindSpots
  private let caller: Caller
  private let limit: Int
  private let today: Date
  package private(set) var page: BlindSpotPage
  /// The last place that was looked at.
  private var last: BlindSpotCursor?
  private var looked = 0

  /// Places that one page looks at: at most some ten reads each.
  private static let lookedMax = 10_000

  package init(_ request: ListBlindSpots, for caller: Caller, limit: Int, at time: Instant) {
    self.request = request
    self.caller = caller
    self.limit = limit
    today = time.localDate
    page = BlindSpotPage(asOf: time)
  }

  package mutating func run(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    _ = try requireGrid(request.grid, in: reader)
    for kind in BlindSpotKind.allKnown where request.kinds.isEmpty || request.kinds.contains(kind) {
      if let after = request.after, after.kind.number > kind.number { continue }
      let after = request.after.flatMap { $0.kind == kind ? $0 : nil }
      switch kind {
      case .unsupervised: try walkUnsupervised(after, reader)
      case .crossDistrict: try walkCrossDistrict(after, reader)
      case .vacancy: try walkCells(after?.grid, reader)
      case .registeredElsewhere: try walkFromElsewhere(after, reader)
      case .undivided: try walkUndivided(after?.grid, reader)
      default: try walkRetired(after?.grid, reader)
      }
      if page.next != nil { return }
    }
  }

  /// Entries to read: one more than the page looks at tells whether there are more.
  private var readMax: Int { Self.lookedMax - looked + 1 }

  /// Goes on to another place, unless the page is full: then it ends behind the last one.
  private mutating func step(to place: BlindSpotCursor) -> Bool {
    if page.spots.count >= limit || looked >= Self.lookedMax {
      page.next = last
      return false
    }
    looked += 1
    last = place
    return true
  }

  private mutating func walkUnsupervised(
    _ after: BlindSpotCursor?, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    func key(_ grid: GridCode, _ id: UInt64) -> [UInt8] {
      EnterprisesByGridIndex.Key(grid: grid, key: .init(id: id)).encoded
    }
    let daily = try DailySupervision(of: request.grid, on: today, in: reader)
    let entries = try reader.entries(
      EnterprisesByGridIndex.self, in: range(after, key), descending: false, limit: readMax)
    for entry in entries {
      guard step(to: BlindSpotCursor(kind: .unsupervised, grid: entry.grid, id: entry.key.id)) else { return }
      guard let object = try object(entry.key, reader) else { continue }
      let gaps = daily.gaps(of: object)
      guard !gaps.isEmpty else { continue }
      page.spots.append(
        BlindSpot(kind: .unsupervised, grid: object.grid, enterpriseId: object.id, name: object.name, gaps: gaps))
    }
  }

  private mutating func walkCrossDistrict(
    _ after: BlindSpotCursor?, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    func key(_ grid: GridCode, _ id: UInt64) -> [UInt8] {
      EnterprisesByRegistrationIndex.Key(awayFrom: grid, key: .init(id: id)).encoded
    }
    let entries = try reader.entries(
      EnterprisesByRegistrationIndex.self, in: range(after, key), descending: false, limit: readMax)
    for entry in entries {
      let place = BlindSpotCursor(kind: .crossDistrict, grid: entry.awayFrom, id: entry.key.id)
      guard step(to: place) else { return }
      // Registered in one village and operating in the next one is elsewhere for the villages, not for their township.
      guard let object = try object(entry.key, reader), !request.grid.contains(object.grid) else { continue }
      page.spots.append(
        BlindSpot(
          kind: .crossDistrict, grid: entry.awayFrom, enterpriseId: object.id, name: object.name, gaps: object.gaps,
          elsewhere: object.grid))
    }
  }

  private mutating func walkFromElsewhere(
    _ after: BlindSpotCursor?, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: EnterprisesFromElsewhereIndex.prefix(subtree.lowerBound),
      through: EnterprisesFromElsewhereIndex.prefix(subtree.upperBound))
    if let after {
      let last = EnterprisesFromElsewhereIndex.Key(
        grid: after.grid ?? .unset, awayFrom: after.elsewhere ?? .unset, key: .init(id: after.id ?? 0))
      range = range.after(last.encoded)
    }
    let entries = try reader.entries(
      EnterprisesFromElsewhereIndex.self, in: range, descending: false, limit: readMax)
    for entry in entries {
      let place = BlindSpotCursor(
        kind: .registeredElsewhere, grid: entry.grid, id: entry.key.id, elsewhere: entry.awayFrom)
      guard step(to: place) else { return }
      guard !request.grid.contains(entry.awayFrom), let object = try object(entry.key, reader) else { continue }
      page.spots.append(
        BlindSpot(
          kind: .registeredElsewhere, grid: entry.grid, enterpriseId: object.id, name: object.name, gaps: object.gaps,
          elsewhere: entry.awayFrom))
    }
  }

  private mutating func walkCells(
    _ after: GridCode?, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    let members = try GridMembers(of: request.grid, on: today, in: reader)
    for code in try nodes(atDepth: 4, under: request.grid, after: after, limit: readMax, in: reader) {
      guard step(to: BlindSpotCursor(kind: .vacancy, grid: code)) else { return }
      guard members.members(of: code).isEmpty, try isLiving(code, in: reader),
        let cell = try currentGrid(code, in: reader)
      else { continue }
      page.spots.append(BlindSpot(kind: .vacancy, grid: code, name: cell.name))
    }
  }

  /// Townships first, then villages.
  private mutating func walkUndivided(
    _ after: GridCode?, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    for depth in 2...3 where depth >= max(request.grid.depth, after?.depth ?? 0) {
      let behind = after?.depth == depth ? after : nil
      for code in try nodes(atDepth: depth, under: request.grid, after: behind, limit: readMax, in: reader) {
        guard step(to: BlindSpotCursor(kind: .undivided, grid: code)) else { return }
        guard try isLiving(code, in: reader), let node = try currentGrid(code, in: reader),
          try childGrids(of: code, after: nil, retired: false, limit: 1, in: reader).isEmpty
        else { continue }
        page.spots.append(BlindSpot(kind: .undivided, grid: code, name: node.name))
      }
    }
  }

  private mutating func walkRetired(
    _ after: GridCode?, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: RetirementsTable.prefix(subtree.lowerBound), through: RetirementsTable.prefix(subtree.upperBound))
    if let after { range = range.after(RetirementsTable.prefix(after)) }
    for key in try reader.keys(RetirementsTable.self, in: range, descending: false, limit: readMax) {
      guard step(to: BlindSpotCursor(kind: .retiredCode, grid: key.code)) else { return }
      let uses = try uses(of: key.code, reader)
      guard !uses.isEmpty else { continue }
      page.spots.append(
        BlindSpot(
          kind: .retiredCode, grid: key.code, name: try currentGrid(key.code, in: reader)?.name ?? "",
          elsewhere: try living(key.code, in: reader), uses: uses))
    }
  }

  /// What still names a code.
  private func uses(
    of code: GridCode, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> [CodeUse] {
    var uses: [CodeUse] = []
    func names<I: OrderedIndex>(_ index: I.Type, _ prefix: [UInt8]) throws(Refusal) -> Bool {
      try reader.firstEntry(index, in: KeyRange(prefix: prefix), descending: false) != nil
    }
    if try names(EnterprisesByGridIndex.self, EnterprisesByGridIndex.prefix(code)) { uses.append(.objects) }
    if try names(HazardsOpenIndex.self, HazardsOpenIndex.prefix(code)) { uses.append(.openCases) }
    if try names(GrantPlacesByGridIndex.self, GrantPlacesByGridIndex.prefix(code)) { uses.append(.grants) }
    if try posts(of: code, in: reader).contains(where: { $0.isHeld(on: today) }) { uses.append(.posts) }
    if try names(EnterprisesByRegistrationIndex.self, EnterprisesByRegistrationIndex.prefix(code)) {
      uses.append(.registrations)
    }
    return uses
  }

  /// The places of the subtree in an index that is in their order, behind those of the pages before.
  private func range(_ after: BlindSpotCursor?, _ key: (GridCode, UInt64) -> [UInt8]) -> KeyRange {
    let subtree = request.grid.subtree
    let range = KeyRange(from: key(subtree.lowerBound, 0), through: key(subtree.upperBound, .max))
    return after.map { range.after(key($0.grid ?? .unset, $0.id ?? 0)) } ?? range
  }

  /// An object, if the caller may see it.
  private func object(
    _ key: EnterprisesTable.Key, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> Enterprise? {
    guard let object = try reader.record(EnterprisesTable.self, key), caller.maySee(object) else { return nil }
    return object
  }
}
