import Bytes
package import Records
package import Scalars

/// What hangs on a person in a grid subtree, on its way to another: tasks, and of one who leaves also the objects of the
/// ledger that they answer for, posts and mobile terminals.
package struct Departure: Refusing {
  private let request: HandOverTasks
  private let date: Date
  private let heir: Person
  private var hazards: [Hazard] = []
  private var enterprises: [Enterprise] = []
  private var posts: [Post] = []
  /// Of those, what the heir does not hold already.
  private var inherited: [Post] = []
  private var terminals: [String] = []
  private var roles = 0
  private var more = false

  /// Records that one command hands over at most: some 2 KiB of journal each, and others wait for the writer meanwhile.
  private static let recordsMax = 200
  /// What hangs on one person and is looked at for it, of each kind; what lies outside the subtree is left.
  private static let lookedAtMax = 2000
  /// As the IDL has it.
  private static let terminalsMax = 20

  /// Finds what a command would hand over on a day, and refuses what the heir could not do.
  /// - Throws: `unknownPerson`, `notAllowedHere`, `invalidArgument`
  package init(
    _ request: HandOverTasks, on date: Date, in reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) {
    guard request.from != request.to else {
      throw .invalid("to", "is the person whose tasks they are", "接收人不得为移交人本人")
    }
    self.request = request
    self.date = date
    heir = try requirePerson(request.to, in: reader)
    let leaver = try requirePerson(request.from, in: reader)
    try findHazards(in: reader)
    guard request.leaves else { return }
    // Whoever is responsible for one village takes nothing from somebody who serves beyond it.
    if let beyond = leaver.grants.valid(on: date).first(where: { $0.grid.map { !request.grid.contains($0) } ?? true }) {
      let place = beyond.grid.map { Label("grid \($0)", "网格\($0)") } ?? .wholeRegion
      throw refuse(
        "\(leaver.id) serves \(place.english), too: hand over in a grid that holds all of it",
        "\(leaver.id)还在\(place.chinese)任职，请在包含其全部任职范围的网格移交")
    }
    try findEnterprises(in: reader)
    try findPosts(in: reader)
    guard !more else { return }
    terminals = leaver.terminals
    roles = leaver.grants.count(where: ends)
    guard heir.terminals.count + terminals.count <= Self.terminalsMax else {
      throw refuse(
        "\(heir.id) would carry more than \(Self.terminalsMax) terminals", "\(heir.id)配备的终端将超过\(Self.terminalsMax)台")
    }
  }

  package var receipt: HandOverReceipt {
    HandOverReceipt(
      cases: UInt32(hazards.count), more: more, enterprises: UInt32(enterprises.count), posts: UInt32(posts.count),
      terminals: UInt32(terminals.count), roles: UInt32(roles))
  }

  /// Whether a grant is one that the leaver has, or would have later, in the subtree.
  private func ends(_ grant: Grant) -> Bool {
    (grant.to.map { date <= $0 } ?? true) && (grant.grid.map(request.grid.contains) ?? false)
  }

  /// What is left of a grant: up to the day before; nothing of one that has not begun by then.
  private func ended(_ grant: Grant) -> Grant? {
    var grant = grant
    grant.to = date.adding(days: -1)
    return grant.from.map { $0 <= date.adding(days: -1) } ?? true ? grant : nil
  }

  func refuse(_ reason: Label) -> Refusal { .notAllowedHere(NotAllowedHere(event: .handOver, reason: reason)) }

  /// Whether one more record has room in this command.
  private mutating func hasRoom() -> Bool {
    if hazards.count + enterprises.count + posts.count == Self.recordsMax { more = true }
    return !more
  }

  // MARK: Finding

  private mutating func findHazards(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    let range = KeyRange(prefix: HazardsByAssigneeIndex.prefix(request.from))
    let entries = try reader.entries(
      HazardsByAssigneeIndex.self, in: range, descending: false, limit: Self.lookedAtMax + 1)
    for entry in entries.prefix(Self.lookedAtMax) {
      guard let hazard = try reader.record(HazardsTable.self, entry.key), request.grid.contains(hazard.grid),
        HazardWorkflow.row(.handOver, in: hazard.state) != nil,
        // What is fed back stays with whoever did it, as long as they are there to do it again.
        hazard.state != .fedBack || request.leaves
      else { continue }
      guard hasRoom() else { return }
      if let reason = reasonAgainst(heir, rectifying: hazard, on: date) { throw refuse(reason) }
      hazards.append(hazard)
    }
    if entries.count > Self.lookedAtMax { more = true }
  }

  private mutating func findEnterprises(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    let range = KeyRange(prefix: EnterprisesByMemberIndex.prefix(request.from))
    let entries = try reader.entries(
      EnterprisesByMemberIndex.self, in: range, descending: false, limit: Self.lookedAtMax + 1)
    for entry in entries.prefix(Self.lookedAtMax) {
      guard let enterprise = try reader.record(EnterprisesTable.self, entry.key),
        request.grid.contains(enterprise.grid), EnterpriseWorkflow.row(.assign, in: enterprise.state) != nil
      else { continue }
      guard hasRoom() else { return }
      guard heir.isGridMember(of: enterprise.grid, on: date) else {
        throw refuse(
          "\(heir.id) is no grid member of \(enterprise.grid), where enterprise \(enterprise.id) is",
          "\(heir.id)不是监管对象\(enterprise.id)所在网格\(enterprise.grid)的网格员")
      }
      enterprises.append(enterprise)
    }
    if entries.count > Self.lookedAtMax { more = true }
  }

  private mutating func findPosts(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) {
    let range = KeyRange(prefix: PostsByPersonIndex.prefix(request.from))
    let entries = try reader.entries(PostsByPersonIndex.self, in: range, descending: true, limit: Self.lookedAtMax)
    let rules = try reader.record(ProfilesTable.self, .init(id: 1))?.profile.fiveFixed?.posts ?? []
    for entry in entries {
      guard let post = try reader.record(PostsTable.self, entry.key), request.grid.contains(post.grid),
        post.to.map({ date <= $0 && !(date < post.from && $0 == post.from) }) ?? true
      else { continue }
      guard hasRoom() else { return }
      let rule = rules.first { $0.name == post.post }
      if let rule, !heir.mayServe(post.grid, as: rule, on: max(post.from, date)) {
        throw refuse(
          "\(heir.id) does not have the role of a \(post.post) in \(post.grid)",
          "\(heir.id)在网格\(post.grid)不具有“\(post.post)”岗位所需的角色")
      }
      posts.append(post)
      let next = Post(
        grid: post.grid, post: post.post, person: heir.id, from: max(post.from, date), to: post.to, version: 1)
      let known = try Domain.posts(of: post.grid, in: reader)
      if !known.contains(where: { $0.person == heir.id && $0.post == next.post && $0.meets(next) }) {
        inherited.append(next)
      }
    }
  }

  // MARK: Handing over

  func finish(_ act: Act, _ state: inout some State & ~Copyable) throws(Refusal) -> HandOverReceipt {
    for hazard in hazards {
      var step = try HazardStep(.handOver, hazard, version: nil, note: request.note, act, in: state)
      step.hazard.assignee = heir.id
      _ = try step.finish(&state)
    }
    for enterprise in enterprises {
      var step = try EnterpriseStep(.assign, enterprise.id, version: nil, note: request.note, act, in: state)
      step.enterprise.member = heir.id
      _ = try step.finish(&state)
    }
    var nextID = try nextPost(in: state)
    for var post in posts {
      // One that would begin later never does: its last day is its first.
      post.to = max(post.from, date.adding(days: -1))
      post.version += 1
      state.put(PostsTable.self, post)
    }
    for var post in inherited {
      post.id = nextID
      state.put(PostsTable.self, post)
      nextID += 1
    }
    guard request.leaves, !more, roles > 0 || !terminals.isEmpty else { return receipt }
    var (from, to) = (try requirePerson(request.from, in: state), heir)
    to.terminals += terminals
    from.terminals = []
    from.grants = from.grants.compactMap { grant in ends(grant) ? ended(grant) : grant }
    for var person in terminals.isEmpty ? [from] : [from, to] {
      person.version += 1
      try put(person, in: &state)
    }
    return receipt
  }
}

func handOver(
  _ request: HandOverTasks, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> HandOverReceipt {
  try Departure(request, on: act.today, in: state).finish(act, &state)
}
