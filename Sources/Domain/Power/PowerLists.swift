internal import Bytes
package import Records
package import Scalars

// The lists of powers and duties 权责清单 of offices: published edition by edition, never changed.

/// Editions that all offices of a node ever publish: thirty offices, one a year for thirty years, and no more to read for one
/// question.
private let editionsOfANodeMax = 1000
/// Offices of one node: as the IDL has it.
private let officesMax = 100

func publishPowers(
  _ request: PublishPowers, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PublishPowersReceipt {
  try checkLiving(request.grid, in: state)
  let ofOffice = KeyRange(prefix: PowerListsTable.prefix(request.grid, request.office))
  let newest = try state.firstKey(PowerListsTable.self, in: ofOffice, descending: true)
  let edition = newest?.edition ?? 0
  try checkVersion(UInt64(edition), request.expectedEdition.map(UInt64.init))
  if let newest, let last = try state.record(PowerListsTable.self, newest), request.from <= last.from {
    throw .invalid(
      "from", "edition \(edition) counts from \(last.from) on; the next one begins later",
      "第\(edition)版自\(last.from)起施行，新版施行日须在其后")
  }
  try checkRoom(request, isNew: newest == nil, in: state)
  try checkItems(request, in: state)
  state.put(
    PowerListsTable.self,
    PowerList(
      grid: request.grid, office: request.office, edition: edition + 1, from: request.from,
      document: request.document, items: request.items, publishedAt: act.time, publishedBy: act.actor))
  return PublishPowersReceipt(grid: request.grid, office: request.office, edition: edition + 1, from: request.from)
}

private func checkRoom(
  _ request: PublishPowers, isNew: Bool, in state: borrowing some State & ~Copyable
) throws(Refusal) {
  let ofNode = KeyRange(prefix: PowerListsTable.prefix(request.grid))
  let keys = try state.keys(PowerListsTable.self, in: ofNode, descending: false, limit: editionsOfANodeMax)
  guard keys.count < editionsOfANodeMax else {
    throw .invalid(
      "grid", "its offices have published \(editionsOfANodeMax) editions; that is all",
      "该网格各单位公布的版本已达\(editionsOfANodeMax)个上限")
  }
  guard !isNew || Set(keys.map(\.office)).count < officesMax else {
    throw .invalid("office", "the node has \(officesMax) offices; that is all", "该网格单位已达\(officesMax)个上限")
  }
}

private func checkItems(_ request: PublishPowers, in state: borrowing some State & ~Copyable) throws(Refusal) {
  let rules = try hazardRules(in: state).0
  var codes: Set<String> = []
  for (index, item) in request.items.enumerated() {
    func fault(_ field: String, _ english: String, _ chinese: String) -> Refusal {
      .invalid("items[\(index)].\(field)", english, chinese)
    }
    guard codes.insert(item.code).inserted else { throw fault("code", "\(item.code) stands twice", "\(item.code)重复") }
    for name in item.classes { try rules.requireClass(name) }
    guard let delegation = item.delegation else { continue }
    guard item.kind == .power else { throw fault("delegation", "only a power is lent", "仅权力事项可委托") }
    guard delegation.from <= delegation.to else {
      throw fault(
        "delegation.to", "\(delegation.to) lies before the first day, \(delegation.from)",
        "\(delegation.to)早于起始日\(delegation.from)")
    }
    guard delegation.grid.contains(request.grid) else {
      throw fault(
        "delegation.grid", "grid \(delegation.grid) does not stand above \(request.grid)",
        "网格\(delegation.grid)不是\(request.grid)的上级")
    }
    let day = max(delegation.from, request.from)
    let lenders = try powerLists(of: delegation.grid, on: day, in: state).filter { $0.office == delegation.office }
    guard lenders.contains(where: { $0.hasOwnPower(overAll: item.classes) }) else {
      let classes =
        item.classes.isEmpty
        ? Label("every class", "全部类别")
        : Label(item.classes.joined(separator: ", "), item.classes.joined(separator: "、"))
      let office = delegation.office
      throw fault(
        "delegation.office",
        "\(office) in \(delegation.grid) has no power of its own over \(classes.english) on \(day); publish its list first",
        "\(delegation.grid)的\(office)在\(day)对\(classes.chinese)没有自有权力，请先公布其清单")
    }
  }
}

/// The lists of a node's offices that count on a day.
func powerLists(
  of grid: GridCode, on date: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [PowerList] {
  let keys = try reader.keys(
    PowerListsTable.self, in: KeyRange(prefix: PowerListsTable.prefix(grid)), descending: true,
    limit: editionsOfANodeMax)
  var lists: [PowerList] = []
  // Newest first: of each office the first one whose day has come counts.
  for key in keys where lists.last?.office != key.office {
    if let list = try reader.record(PowerListsTable.self, key), list.from <= date { lists.append(list) }
  }
  return lists.reversed()
}

/// - Throws: `unknownGrid`
package func powerLists(
  _ request: ListPowers, today: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> PowerLists {
  _ = try requireGrid(request.grid, in: reader)
  return PowerLists(lists: try powerLists(of: request.grid, on: request.on ?? today, in: reader))
}

/// - Throws: `unknownGrid`
package func powerHolders(
  _ request: FindPower, today: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> PowerHolders {
  _ = try requireGrid(request.grid, in: reader)
  let day = request.on ?? today
  return PowerHolders(
    grid: request.grid, on: day, holders: try powerHolders(over: request.class, in: request.grid, on: day, in: reader))
}

/// Who may handle illegal acts of a class in a place: the offices of its node and of those above, nearest first.
func powerHolders(
  over name: String, in grid: GridCode, on date: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [PowerHolder] {
  var lists: [PowerList] = []
  for node in grid.ancestorsAndSelf.reversed() { lists += try powerLists(of: node, on: date, in: reader) }
  return lists.compactMap { list in
    let item = list.items.first { item in
      guard item.isPower(overAll: [name]) else { return false }
      guard let delegation = item.delegation else { return true }
      // What the lender has no more it lends no more.
      return delegation.from <= date && date <= delegation.to
        && lists.contains {
          $0.grid == delegation.grid && $0.office == delegation.office && $0.hasOwnPower(overAll: [name])
        }
    }
    return item.map {
      PowerHolder(
        grid: list.grid, office: list.office, edition: list.edition, code: $0.code, name: $0.name,
        delegation: $0.delegation)
    }
  }
}

extension PowerItem {
  /// - Parameter names: classes of hazards; empty: every one.
  fileprivate func isPower(overAll names: [String]) -> Bool {
    kind == .power && (classes.isEmpty || !names.isEmpty && names.allSatisfy(classes.contains))
  }
}

extension PowerList {
  /// Whether one line says so, or several lines together.
  fileprivate func hasOwnPower(overAll names: [String]) -> Bool {
    let own = items.filter { $0.delegation == nil }
    guard !names.isEmpty else { return own.contains { $0.isPower(overAll: []) } }
    return names.allSatisfy { name in own.contains { $0.isPower(overAll: [name]) } }
  }
}
