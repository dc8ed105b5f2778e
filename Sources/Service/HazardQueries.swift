package import API
import Domain
package import RPC
package import Records
import Scalars

extension QueryServices: HazardService {
  package func relay() -> any CommandStream { HazardRelay() }

  package func show(
    _ request: ShowHazard, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Hazard>
  ) throws(Refusal) {
    guard !caller.isEnterpriseOnly else { return reply.send(try visibleHazard(request.number, caller, snapshot)) }
    guard try reply.sendStored(HazardsByNumberIndex.self, .init(number: request.number), from: snapshot) else {
      throw .notFound(NotFound("hazard", "\(request.number)"))
    }
  }

  /// The case, if the caller may see it; to others it does not exist.
  private func visibleHazard(
    _ number: HazardNumber, _ caller: borrowing Caller, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Hazard {
    guard let hazard = try snapshot.record(HazardsByNumberIndex.self, .init(number: number)), caller.maySee(hazard)
    else { throw .notFound(NotFound("hazard", "\(number)")) }
    return hazard
  }

  package func list(
    _ request: ListHazards, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    guard !request.states.isEmpty else {
      var range = KeyRange(
        from: HazardsOpenIndex.prefix(subtree.lowerBound), through: HazardsOpenIndex.prefix(subtree.upperBound))
      if let after = request.after {
        let key = HazardsOpenIndex.Key(
          grid: after.grid ?? .unset, dueAt: after.at ?? .unset, key: .init(id: after.id ?? 0))
        range = range.after(key.encoded)
      }
      return reply.send(
        try page(HazardsOpenIndex.self, range, request.limit, \.key, caller, snapshot) {
          HazardCursor(grid: $0.grid, at: $0.dueAt, id: $0.key.id)
        })
    }
    reply.send(try listByState(request, subtree, caller, snapshot))
  }

  private func listByState(
    _ request: ListHazards, _ subtree: ClosedRange<GridCode>, _ caller: borrowing Caller,
    _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> HazardPage {
    func prefix(_ grid: GridCode) -> [UInt8] {
      // A number begins with its grid.
      Array(HazardsByNumberIndex.prefix(HazardNumber(grid: grid, date: .unset, sequence: 0)).prefix(8))
    }
    if let after = request.after, after.number == nil {
      return try movedByState(request, subtree, after, caller, snapshot)
    }
    var range = KeyRange(from: prefix(subtree.lowerBound), through: prefix(subtree.upperBound))
    if let number = request.after?.number { range = range.after(HazardsByNumberIndex.prefix(number)) }
    let (hazards, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(HazardsByNumberIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) in
      try snapshot.record(HazardsByNumberIndex.self, entry)
        .flatMap {
          request.states.contains($0.state) && subtree.contains($0.grid) && $0.movedTo == nil && caller.maySee($0)
            ? $0 : nil
        }
    }
    if let last { return HazardPage(hazards: hazards, next: HazardCursor(number: last.number)) }
    let moved = try snapshot.entries(HazardsMovedIndex.self, in: Self.moved(subtree), descending: false, limit: 1)
    return HazardPage(hazards: hazards, next: moved.isEmpty ? nil : HazardCursor(grid: subtree.lowerBound, id: 0))
  }

  private static func moved(_ subtree: ClosedRange<GridCode>) -> KeyRange {
    KeyRange(from: HazardsMovedIndex.prefix(subtree.lowerBound), through: HazardsMovedIndex.prefix(subtree.upperBound))
  }

  /// Behind the cases that are where their numbers say come those that were moved into the subtree.
  private func movedByState(
    _ request: ListHazards, _ subtree: ClosedRange<GridCode>, _ after: HazardCursor, _ caller: borrowing Caller,
    _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> HazardPage {
    let key = HazardsMovedIndex.Key(movedTo: after.grid ?? .unset, key: .init(id: after.id ?? 0))
    let (hazards, last) = try Self.fittingRows(
      in: Self.moved(subtree).after(key.encoded), limit: request.limit
    ) { (range, limit) throws(Refusal) in
      try snapshot.entries(HazardsMovedIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) in
      try snapshot.record(HazardsTable.self, entry.key)
        .flatMap { request.states.contains($0.state) && caller.maySee($0) ? $0 : nil }
    }
    return HazardPage(hazards: hazards, next: last.map { HazardCursor(grid: $0.movedTo, id: $0.key.id) })
  }

  package func trace(
    _ request: TraceHazard, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardTrace>
  ) throws(Refusal) {
    let hazard = try visibleHazard(request.number, caller, snapshot)
    let keys = try snapshot.keys(
      CaseEventsTable.self, in: KeyRange(prefix: CaseEventsTable.prefix(hazard.id)), descending: false, limit: 10_000)
    var trace = HazardTrace(hazard: hazard)
    for key in keys {
      if let event = try snapshot.record(CaseEventsTable.self, key) { trace.events.append(event) }
    }
    if hazard.violation != nil {
      trace.illegalAct = try snapshot.record(IllegalActsTable.self, .init(hazardId: hazard.id))
    }
    reply.send(trace)
  }

  package func count(
    _ request: CountHazards, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardCounts>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let groups = try snapshot.counts(
      HazardsCountByState.self, in: KeyRange(prefix: HazardsCountByState.prefix(request.grid)), limit: 100)
    reply.send(
      HazardCounts(
        grid: request.grid,
        counts: groups.map { HazardCount(state: $0.group.state, severity: $0.group.severity, count: $0.count) }))
  }

  package func overdue(
    _ request: OverdueHazards, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    var range = KeyRange(prefix: HazardsOverdueIndex.prefix(request.grid))
    if let after = request.after {
      let key = HazardsOverdueIndex.Key(
        grid: request.grid, overdueSince: after.at ?? .unset, key: .init(id: after.id ?? 0))
      range = range.after(key.encoded)
    }
    reply.send(
      try page(HazardsOverdueIndex.self, range, request.limit, \.key, caller, snapshot) {
        HazardCursor(at: $0.overdueSince, id: $0.key.id)
      })
  }

  package func proposed(
    _ request: ListProposed, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: HazardsProposedIndex.prefix(subtree.lowerBound), through: HazardsProposedIndex.prefix(subtree.upperBound))
    if let after = request.after {
      let key = HazardsProposedIndex.Key(
        grid: after.grid ?? .unset, proposalLapsesAt: after.at ?? .unset, key: .init(id: after.id ?? 0))
      range = range.after(key.encoded)
    }
    reply.send(
      try page(HazardsProposedIndex.self, range, request.limit, \.key, caller, snapshot) {
        HazardCursor(grid: $0.grid, at: $0.proposalLapsesAt, id: $0.key.id)
      })
  }

  package func checkHandOver(
    _ request: HandOverTasks, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HandOverReceipt>
  ) throws(Refusal) {
    reply.send(try Departure(request, on: try currentTime(in: snapshot).localDate, in: snapshot).receipt)
  }

  package func worklist(
    _ request: HazardWorklist, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardPage>
  ) throws(Refusal) {
    try requireKnown(request.holder, in: snapshot)
    if let assignee = request.assignee { return reply.send(try tasks(of: assignee, request, caller, snapshot)) }
    var range = KeyRange(prefix: HazardsWorklistIndex.prefix(request.holder))
    if let after = request.after {
      let key = HazardsWorklistIndex.Key(
        holder: request.holder, dueAt: after.at ?? .unset, key: .init(id: after.id ?? 0))
      range = range.after(key.encoded)
    }
    guard let department = request.department else {
      return reply.send(
        try page(HazardsWorklistIndex.self, range, request.limit, \.key, caller, snapshot) {
          HazardCursor(at: $0.dueAt, id: $0.key.id)
        })
    }
    let (hazards, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(HazardsWorklistIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) in
      try snapshot.record(HazardsTable.self, entry.key)
        .flatMap { $0.department == department && caller.maySee($0) ? $0 : nil }
    }
    reply.send(HazardPage(hazards: hazards, next: last.map { HazardCursor(at: $0.dueAt, id: $0.key.id) }))
  }

  private func tasks(
    of person: String, _ request: HazardWorklist, _ caller: borrowing Caller,
    _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> HazardPage {
    var range = KeyRange(prefix: HazardsByAssigneeIndex.prefix(person))
    if let after = request.after {
      let key = HazardsByAssigneeIndex.Key(
        assignee: person, dueAt: after.at ?? .unset, key: .init(id: after.id ?? 0))
      range = range.after(key.encoded)
    }
    let (hazards, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(HazardsByAssigneeIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> Hazard? in
      try snapshot.record(HazardsTable.self, entry.key).flatMap { hazard in
        let isWanted = request.department == nil || hazard.department == request.department
        return request.holder.contains(hazard.grid) && isWanted && caller.maySee(hazard) ? hazard : nil
      }
    }
    return HazardPage(hazards: hazards, next: last.map { HazardCursor(at: $0.dueAt, id: $0.key.id) })
  }

  package func ofEnterprise(
    _ request: EnterpriseHazards, for caller: borrowing Caller,
    in snapshot: borrowing some SnapshotReader & ~Copyable, into reply: inout Reply<HazardPage>
  ) throws(Refusal) {
    var range = KeyRange(prefix: HazardsByEnterpriseIndex.prefix(request.enterpriseId))
    if let id = request.after?.id {
      let key = HazardsByEnterpriseIndex.Key(enterpriseId: request.enterpriseId, key: .init(id: id))
      range = range.after(key.encoded)
    }
    reply.send(
      try page(HazardsByEnterpriseIndex.self, range, request.limit, \.key, caller, snapshot) {
        HazardCursor(id: $0.key.id)
      })
  }

  package func violations(
    _ request: ListViolations, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: HazardsViolationsIndex.prefix(subtree.lowerBound),
      through: HazardsViolationsIndex.prefix(subtree.upperBound))
    if let after = request.after {
      let key = HazardsViolationsIndex.Key(
        grid: after.grid ?? .unset, violation: after.violation ?? .unspecified, key: .init(id: after.id ?? 0))
      range = range.after(key.encoded)
    }
    let (hazards, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(HazardsViolationsIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> Hazard? in
      guard request.kinds.isEmpty || request.kinds.contains(entry.violation) else { return nil }
      return try snapshot.record(HazardsTable.self, entry.key)
        .flatMap { (!request.open || $0.dueAt != nil) && caller.maySee($0) ? $0 : nil }
    }
    reply.send(
      HazardPage(
        hazards: hazards, next: last.map { HazardCursor(grid: $0.grid, id: $0.key.id, violation: $0.violation) }))
  }

  package func ofPerson(
    _ request: PersonViolations, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HazardPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    var range = KeyRange(prefix: IllegalActsByIdentityIndex.prefix(request.identityHash))
    if let id = request.after?.id {
      let key = IllegalActsByIdentityIndex.Key(identityHash: request.identityHash, key: .init(hazardId: id))
      range = range.after(key.encoded)
    }
    let (hazards, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(IllegalActsByIdentityIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) in
      try snapshot.record(HazardsTable.self, .init(id: entry.key.hazardId))
        .flatMap { request.grid.contains($0.grid) && caller.maySee($0) ? $0 : nil }
    }
    reply.send(HazardPage(hazards: hazards, next: last.map { HazardCursor(id: $0.key.hazardId) }))
  }

  /// The cases behind the entries of a range, as many as a page holds; rows that the caller may not see are left out.
  private func page<I: OrderedIndex>(
    _ index: I.Type, _ range: KeyRange, _ wanted: UInt32?, _ key: (I.Key) -> HazardsTable.Key,
    _ caller: borrowing Caller, _ snapshot: borrowing some SnapshotReader & ~Copyable, cursor: (I.Key) -> HazardCursor
  ) throws(Refusal) -> HazardPage {
    let limit = Self.limit(wanted)
    // One more tells whether there is a next page.
    let entries = try snapshot.entries(index, in: range, descending: false, limit: limit + 1)
    var page = HazardPage()
    for entry in entries.prefix(limit) {
      if let hazard = try snapshot.record(HazardsTable.self, key(entry)), caller.maySee(hazard) {
        page.hazards.append(hazard)
      }
    }
    if entries.count > limit { page.next = cursor(entries[limit - 1]) }
    return page
  }

  package func watch(
    _ request: WatchHazards, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> any MessageSource {
    if let holder = request.holder { try requireKnown(holder, in: snapshot) }
    return try HazardWatch(request, for: caller, in: snapshot, store, clock, journal, recent)
  }
}
