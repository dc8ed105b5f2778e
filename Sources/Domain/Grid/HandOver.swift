import Bytes
import Records
import Scalars

/// What hangs on nodes that come to their end, on its way to those that take their place.
///
/// All of the ledger goes: it says what is. Of the cases only the open ones go, because those that are over are history.
/// Objects and cases go where their coordinates lie, and else to the first successor; people's grants and posts to each.
struct HandOver {
  let act: Act
  private let nodes: [Grid]
  private let successors: [NewCell]
  private let how: GridEnd
  private let note: String
  private var enterprises: [UInt64] = []
  private var hazards: [UInt64] = []
  private var people: Set<String> = []
  private var posts: [Post] = []
  private var patrols: [Duty] = []
  private var tasks: [NoticeTasksTable.Key] = []
  private var reports: [UInt64] = []
  private var change: CellChange

  /// Records that one command hands over. A cell has a few hundred objects; each is put with its indexes, which takes the
  /// writer some 50 µs, so that nobody else waits for more than a tenth of a second.
  static let recordsMax = 2000

  /// Finds what hangs on the nodes.
  /// - Throws: `gridInUse` when it is too much for one command, or when living nodes stand below.
  init(
    _ nodes: [Grid], to successors: [NewCell], _ how: GridEnd, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    self.act = act
    self.nodes = nodes
    self.successors = successors
    self.how = how
    self.note = note
    change = CellChange(retired: nodes.map(\.code), successors: successors.map(\.code))
    for node in nodes { try find(node.code, in: state) }
  }

  private mutating func find(_ code: GridCode, in state: borrowing some State & ~Copyable) throws(Refusal) {
    let limit = Self.recordsMax + 1
    let below = try childGrids(of: code, after: nil, retired: false, limit: limit, in: state).count
    let objects = try state.entries(
      EnterprisesByGridIndex.self, in: KeyRange(prefix: EnterprisesByGridIndex.prefix(code)), descending: false,
      limit: limit)
    let cases = try state.entries(
      HazardsOpenIndex.self, in: KeyRange(prefix: HazardsOpenIndex.prefix(code)), descending: false, limit: limit)
    let granted = try state.entries(
      GrantPlacesByGridIndex.self, in: KeyRange(prefix: GrantPlacesByGridIndex.prefix(code)), descending: false,
      limit: limit)
    let held = try Domain.posts(of: code, in: state).filter { $0.to.map { act.today <= $0 } ?? true }
    enterprises += objects.map(\.key.id)
    hazards += cases.map(\.key.id)
    people.formUnion(granted.map(\.key.person))
    posts += held
    patrols += try openPatrols(of: code, limit: limit, in: state)
    tasks += try openNoticeTasks(of: code, limit: limit, in: state)
    reports += try openReports(of: code, limit: limit, in: state)
    func inUse(_ english: String, _ chinese: String) -> Refusal {
      .gridInUse(
        GridInUse(
          code: code, children: UInt32(below), enterprises: UInt32(objects.count), hazards: UInt32(cases.count),
          persons: UInt32(granted.count), posts: UInt32(held.count), reason: Label(english, chinese)))
    }
    guard below == 0 else { throw inUse("retire or move the nodes below it first", "请先撤销或划转其下级网格") }
    let count =
      enterprises.count + hazards.count + people.count + patrols.count + reports.count
      + (posts.count + tasks.count) * successors.count
    guard count <= Self.recordsMax else {
      throw inUse(
        "one command hands over \(Self.recordsMax) records; import enterprises into other cells first",
        "一次最多移交\(Self.recordsMax)条记录，请先将监管对象导入其他网格")
    }
  }

  /// Before anybody else is drawn where they were.
  func takeOffMap(_ state: inout some State & ~Copyable) throws(Refusal) {
    for node in nodes { try Domain.takeOffMap(node.code, &state) }
  }

  /// Hands everything over and puts the end of the nodes down.
  mutating func finish(_ state: inout some State & ~Copyable) throws(Refusal) -> CellChange {
    var places: [UInt64: GridCode] = [:]
    for id in enterprises {
      var enterprise = try requireEnterprise(id, in: state)
      let old = enterprise.grid
      enterprise.grid = place(enterprise.point)
      try enterprise.arrive(from: old, act, in: state)
      enterprise.updatedAt = act.time
      enterprise.version += 1
      enterprise.settle()
      state.put(EnterprisesTable.self, enterprise)
      places[id] = enterprise.grid
      try moveDishonesty(with: enterprise, &state)
      try moveDuties(with: enterprise, &state)
    }
    for id in hazards { try handOver(hazard: id, places, &state) }
    try endPatrols(patrols, note: how.label.chinese, act, &state)
    for task in tasks { try Domain.handOver(task, to: successors.map(\.code), places, &state) }
    for id in reports {
      try Domain.handOver(report: id, to: successors.map(\.code), places, note: how.label.chinese, act, &state)
    }
    for id in people.sorted() { try handOver(person: id, &state) }
    try handOverPosts(&state)
    try handOverFiles(&state)
    for node in nodes {
      state.put(
        RetirementsTable.self,
        Retirement(
          code: node.code, how: how, at: act.time, on: act.today, successors: successors.map(\.code), note: note,
          by: act.actor))
    }
    change.enterprises = UInt32(enterprises.count)
    change.hazards = UInt32(hazards.count)
    change.persons = UInt32(people.count)
    change.posts = UInt32(posts.count)
    change.reports = UInt32(reports.count)
    return change
  }

  /// The successor in which a point lies; the first one without a point, or when it lies in none.
  private func place(_ point: Point?) -> GridCode {
    guard successors.count > 1, let point, let vertex = Vertex(point) else { return successors[0].code }
    return (successors.first { $0.rings.contains(MapPoint(vertex)) } ?? successors[0]).code
  }

  /// A case stays with its object; its number stays what it was.
  private func handOver(
    hazard id: UInt64, _ places: [UInt64: GridCode], _ state: inout some State & ~Copyable
  ) throws(Refusal) {
    guard let hazard = try state.record(HazardsTable.self, .init(id: id)) else { return }
    let to = hazard.enterpriseId.flatMap { places[$0] } ?? place(hazard.point)
    let words = note.isEmpty ? "" : ": \(note)"
    var step = try HazardStep(
      .rezone, hazard, version: nil, note: "\(how.label.chinese) \(hazard.grid) → \(to)\(words)", act, in: state)
    try step.moveTo(to, state)
    _ = try step.finish(&state)
    if hazard.severity == .major, var listing = try state.record(ListingsTable.self, .init(hazardId: id)) {
      listing.grid = to
      listing.version += 1
      state.put(ListingsTable.self, listing)
    }
  }

  private func handOver(person id: String, _ state: inout some State & ~Copyable) throws(Refusal) {
    var person = try requirePerson(id, in: state)
    let ended = Set(nodes.map(\.code))
    var grants: [Grant] = []
    for grant in person.grants {
      let isEnded = grant.grid.map(ended.contains) ?? false
      // All else that a grant says goes along: its days, and whose officer it makes somebody.
      let renewed =
        !isEnded
        ? [grant]
        : successors.map { successor in
          var renewed = grant
          renewed.grid = successor.code
          return renewed
        }
      for grant in renewed where !grants.contains(grant) { grants.append(grant) }
    }
    person.grants = grants
    person.version += 1
    do throws(RecordFault) { try person.check() } catch {
      let reason = Label("\(id) would have too many grants; take some back first", "\(id)的授权将超过上限，请先收回部分授权")
      throw .gridInUse(GridInUse(code: nodes[0].code, persons: 1, reason: reason))
    }
    try put(person, in: &state)
  }

  /// People stay in their posts, in each successor; who held the same post in several cells holds it once.
  private func handOverPosts(_ state: inout some State & ~Copyable) throws(Refusal) {
    var nextID = try nextPost(in: state)
    for successor in successors {
      var known = try Domain.posts(of: successor.code, in: state)
      for old in posts {
        let new = Post(
          id: nextID, grid: successor.code, post: old.post, person: old.person, from: max(old.from, act.today),
          to: old.to, version: 1)
        if known.contains(where: { $0.person == new.person && $0.post == new.post && $0.meets(new) }) { continue }
        state.put(PostsTable.self, new)
        known.append(new)
        nextID += 1
      }
    }
    for var old in posts {
      // One that would begin later never does: its last day is its first.
      old.to = max(old.from, act.today.adding(days: -1))
      old.version += 1
      state.put(PostsTable.self, old)
    }
  }

  /// What was fixed for the first node that has a file goes on for successors that have none. Devices go to the first.
  private func handOverFiles(_ state: inout some State & ~Copyable) throws(Refusal) {
    var files: [GridFile] = []
    for node in nodes {
      if let file = try state.record(GridFilesTable.self, .init(code: node.code)) { files.append(file) }
    }
    guard var file = files.first else { return }
    for (index, successor) in successors.enumerated() {
      guard try state.record(GridFilesTable.self, .init(code: successor.code)) == nil else { continue }
      file.code = successor.code
      file.devices = index == 0 ? Array(files.flatMap(\.devices).prefix(devicesMax)) : []
      file.validFrom = act.today
      file.updatedAt = act.time
      file.updatedBy = act.actor
      file.version = 1
      state.put(GridFilesTable.self, file)
    }
  }
}

/// As the IDL has it.
private let devicesMax = 20
