package import Records
package import Scalars

// The five fixed things 五定 of a node: area, persons, duties, tasks, rewards and penalties (Tongcheng plan 2020). What they
// mean in a deployment, its profile says.

/// A node with all that was fixed for it, and what it lacks on a day.
/// - Throws: `unknownGrid`, `unconfigured`
package func status(
  of code: GridCode, on date: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> GridStatus {
  try status(of: code, on: date, try fiveFixedRules(in: reader), in: reader)
}

func status(
  of code: GridCode, on date: Date, _ rules: GridRules, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> GridStatus {
  let grid = try requireGrid(code, in: reader)
  let held = try posts(of: code, in: reader).filter { $0.isHeld(on: date) }
  let boundary = try reader.record(BoundariesTable.self, .init(code: code))
  let file = try reader.record(GridFilesTable.self, .init(code: code))
  let hasArea = boundary?.rings.isEmpty == false
  let lacks = try lacks(grid, file, held, on: date, hasArea: hasArea, rules, in: reader)
  return GridStatus(
    node: grid, file: file, posts: Array(held.prefix(heldShownMax)), boundary: hasArea ? boundary?.version : nil,
    retirement: try retirement(of: code, in: reader), lacks: lacks,
    complete: !lacks.contains { fiveItems.contains($0.item) })
}

/// More people than any node has; the reply ends somewhere.
private let heldShownMax = 200

/// What makes a node complete; the other items belong to a good file.
let fiveItems: [GridItem] = [.area, .persons, .duties, .tasks, .rewards]

private func lacks(
  _ grid: Grid, _ file: GridFile?, _ held: [Post], on date: Date, hasArea: Bool, _ rules: GridRules,
  in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [GridLack] {
  var lacks: [GridLack] = []
  func need(_ item: GridItem, _ isThere: Bool, _ what: String = "") {
    if !isThere { lacks.append(GridLack(item: item, what: what)) }
  }
  need(.area, hasArea)
  for rule in rules.posts where rule.levels.contains(grid.level) {
    var isServed = false
    for post in held where post.post == rule.name && !isServed {
      // Somebody who lost the role can no longer do what the post is for.
      isServed =
        try reader.record(PersonsTable.self, .init(id: post.person))?.mayServe(grid.code, as: rule, on: date) ?? false
    }
    need(.persons, isServed, rule.name)
  }
  need(.duties, file?.duties.isEmpty == false)
  need(.tasks, file?.tasks.isEmpty == false)
  need(.rewards, file?.rewards.isEmpty == false)
  need(.responsibleBody, file?.responsibleBody.isEmpty == false)
  need(.supervisingBody, file?.supervisingBody.isEmpty == false)
  need(.kind, file?.kind != nil)
  if rules.deviceLevels.contains(grid.level) { need(.device, file?.devices.isEmpty == false) }
  return lacks
}

extension GridFile {
  /// Whether the node counts on a day; before it, it is being set up.
  fileprivate func counts(on date: Date) -> Bool { validFrom.map { $0 <= date } ?? true }
}

/// Nodes that a page of incomplete ones looks at: some five reads each.
private let examinedMax = 1000

/// The nodes of a level in a subtree that lack something on a day, in order, behind `after`.
package func incompleteGrids(
  _ request: ListIncomplete, limit: Int, on date: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> IncompletePage {
  _ = try requireGrid(request.grid, in: reader)
  let rules = try fiveFixedRules(in: reader)
  let level = request.level ?? .cell
  var page = IncompletePage()
  let codes = try nodes(
    atDepth: Int(level.number), under: request.grid, after: request.after, limit: examinedMax + 1, in: reader)
  for (index, code) in codes.enumerated() {
    if index == examinedMax || page.grids.count == limit {
      page.next = codes[index - 1]
      break
    }
    guard try isLiving(code, in: reader) else { continue }
    page.examined += 1
    let status = try status(of: code, on: date, rules, in: reader)
    guard !status.lacks.isEmpty, status.file?.counts(on: date) ?? true else { continue }
    page.grids.append(IncompleteGrid(code: code, name: status.node.name, lacks: status.lacks))
  }
  return page
}
