package import Records
package import Scalars

/// Objects that a page looks at before it ends, some ten microseconds each.
private let pageObjectsMax = 20_000
/// Nodes that a page looks at before it ends, cells of villages included, some fifty microseconds each.
private let pageNodesMax = 1000

/// How clear the nodes of a level are about themselves 四清, in order, behind `after`.
package func fourClear(
  _ request: ListFourClear, limit: Int, at time: Instant, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> FourClearPage {
  _ = try requireGrid(request.grid, in: reader)
  let rules = try fiveFixedRules(in: reader)
  let ledger = try reader.record(ProfilesTable.self, .init(id: 1))?.profile.ledger
  let daily = try DailySupervision(of: request.grid, on: time.localDate, in: reader)
  var page = FourClearPage(asOf: time, ruleset: try rulesetName(in: reader))
  let depth = Int((request.level ?? .village).number)
  guard depth >= request.grid.depth else { return page }
  var (objects, nodesSeen) = (0, 0)
  // Retired codes are passed over, but not for ever.
  let codes = try nodes(
    atDepth: depth, under: request.grid, after: request.after, limit: pageNodesMax + 1, in: reader)
  for (index, code) in codes.enumerated() {
    let isFull = page.nodes.count == limit || objects >= pageObjectsMax || nodesSeen >= pageNodesMax
    if index == pageNodesMax || isFull, index > 0 {
      page.next = codes[index - 1]
      break
    }
    nodesSeen += 1
    guard try isLiving(code, in: reader) else { continue }
    var tally = FourClearTally(on: time.localDate, rules, ledger, daily)
    nodesSeen += try tally.add(nodesOf: code, in: reader)
    objects += try tally.add(objectsOf: code, in: reader)
    page.nodes.append(tally.result(of: try requireGrid(code, in: reader)))
  }
  return page
}

/// What a node and all below it have, of what they must.
private struct FourClearTally {
  private struct Count {
    var there = 0
    var wanted = 0
    var share: Share { Share(there, of: wanted) }
  }

  private let date: Date
  private let rules: GridRules
  private let ledger: LedgerRules?
  private let required: [LedgerField]
  private let daily: DailySupervision
  private var (area, persons, duties, base, fresh) = (Count(), Count(), Count(), Count(), Count())

  init(on date: Date, _ rules: GridRules, _ ledger: LedgerRules?, _ daily: DailySupervision) {
    self.date = date
    self.rules = rules
    self.ledger = ledger
    // The address counts by itself.
    required = (ledger?.required ?? []).filter { $0 != .address }
    self.daily = daily
  }

  /// Answers how many nodes there are.
  mutating func add(
    nodesOf root: GridCode, in reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> Int {
    var count = 0
    for depth in root.depth...4 {
      for code in try livingNodes(atDepth: depth, under: root, in: reader) {
        add(try status(of: code, on: date, rules, in: reader))
        count += 1
      }
    }
    return count
  }

  private mutating func add(_ status: GridStatus) {
    let items = Set(status.lacks.map(\.item))
    area.wanted += 1
    if !items.contains(.area) { area.there += 1 }
    let posts = rules.posts.count { $0.levels.contains(status.node.level) }
    persons.wanted += posts
    persons.there += posts - status.lacks.count { $0.item == .persons }
    duties.wanted += fiveItems.count
    duties.there += fiveItems.count { !items.contains($0) }
  }

  /// Answers how many objects were looked at.
  mutating func add(
    objectsOf root: GridCode, in reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> Int {
    // A year back from the first moment of the day.
    let since = date.adding(months: -12)
    return try forEachObject(in: root, reader) { (object) throws(Refusal) in
      let gaps = daily.gaps(of: object)
      base.wanted += required.count
      base.there += required.count - (try object.missing(required, in: reader).count)
      let wanted = object.dossierFields(ledger)
      if !wanted.isEmpty {
        let dossier = try reader.record(EnterpriseDossiersTable.self, .init(enterpriseId: object.id))
        base.wanted += wanted.count
        base.there += wanted.count { dossier?.has($0) ?? false }
      }
      for isThere in [
        !object.name.isEmpty, !object.address.isEmpty, !gaps.contains(.noDepartment),
        !gaps.contains(.noMember) && !gaps.contains(.memberGone),
      ] {
        base.wanted += 1
        if isThere { base.there += 1 }
      }
      fresh.wanted += 1
      if let verified = object.verifiedOn, verified >= since { fresh.there += 1 }
    }
  }

  func result(of node: Grid) -> FourClear {
    let four = [area, persons, duties, base].map(\.share)
    return FourClear(
      code: node.code, name: node.name, area: four[0], persons: four[1], duties: four[2], base: four[3],
      fresh: fresh.share, clear: four.allSatisfy(\.isWhole))
  }
}
