import Records
import Scalars

// What goes down the grid: tasks, guidance, documents to be delivered. A recipient's part is sent, then received, then done; each
// of the three is a step of one command, so that there is no table of a workflow for it.

/// Nodes that one notice goes to, as the IDL has it: a county has some 400 villages. What all cells are to do goes to the
/// villages.
private let recipientsMax = 1000

func issueNotice(
  _ request: IssueNotice, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> NoticeReceipt {
  try checkLiving(request.grid, in: state)
  if let until = request.until, until < act.today {
    throw .invalid("until", "\(until) is over", "\(until)已过")
  }
  let recipients = try recipients(of: request, in: state)
  let notice = Notice(
    id: (try state.firstKey(NoticesTable.self, in: .all, descending: true)?.id ?? 0) + 1, grid: request.grid,
    kind: request.kind, title: request.title, text: request.text, document: request.document,
    enterpriseId: request.enterpriseId, issuedAt: act.time, issuedBy: act.actor,
    dueAt: request.until.map { Instant(endOf: $0) }, recipients: UInt32(recipients.count), version: 1)
  state.put(NoticesTable.self, notice)
  for grid in recipients {
    state.put(
      NoticeTasksTable.self,
      NoticeTask(noticeId: notice.id, grid: grid, kind: notice.kind, state: .sent, openIn: grid))
  }
  return notice.receipt
}

/// Whom a notice goes to, each once.
private func recipients(
  of request: IssueNotice, in state: borrowing some State & ~Copyable
) throws(Refusal) -> [GridCode] {
  let ways = [!request.to.isEmpty, request.level != nil, request.enterpriseId != nil].count { $0 }
  guard ways == 1 else {
    throw .invalid(
      "to", "name the nodes, or a level, or an enterprise: one of the three", "请指定网格、层级或监管对象，三者择一")
  }
  if let id = request.enterpriseId {
    guard request.kind == .document else {
      throw .invalid("enterprise_id", "only a document is handed to an enterprise", "仅文书可送达监管对象")
    }
    let enterprise = try requireEnterprise(id, in: state)
    guard request.grid.contains(enterprise.grid) else {
      throw .invalid(
        "enterprise_id", "enterprise \(id) operates in grid \(enterprise.grid), not in \(request.grid)",
        "监管对象\(id)在网格\(enterprise.grid)，不在网格\(request.grid)")
    }
    return [enterprise.grid]
  }
  if let level = request.level {
    let depth = Int(level.number)
    let known = try nodes(atDepth: depth, under: request.grid, after: nil, limit: recipientsMax + 1, in: state)
    var living: [GridCode] = []
    for code in known where code != request.grid {
      if try isLiving(code, in: state) { living.append(code) }
    }
    guard known.count <= recipientsMax else {
      throw .invalid(
        "level", "more than \(recipientsMax) nodes have this level; give it to the level above",
        "该层级网格超过\(recipientsMax)个，请下发至上一层级")
    }
    guard !living.isEmpty else {
      throw .invalid(
        "level", "no living node of this level lies below grid \(request.grid)", "网格\(request.grid)下没有该层级的现行网格")
    }
    return living
  }
  var seen: Set<GridCode> = []
  for code in request.to {
    guard request.grid.contains(code) else {
      throw .invalid("to", "grid \(code) does not lie in grid \(request.grid)", "网格\(code)不在网格\(request.grid)内")
    }
    guard seen.insert(code).inserted else {
      throw .invalid("to", "grid \(code) is named twice", "网格\(code)重复")
    }
    try checkLiving(code, in: state)
  }
  return request.to
}

func receiveNotice(
  _ request: ReceiveNotice, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> NoticeReceipt {
  var (notice, task) = try openTask(request.id, request.grid, in: state)
  guard task.state == .sent else {
    throw refusal(request.id, "grid \(request.grid) has received it", "网格\(request.grid)已签收")
  }
  task.receive(act)
  notice.received += 1
  return put(notice, task, &state)
}

func completeNotice(
  _ request: CompleteNotice, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> NoticeReceipt {
  var (notice, task) = try openTask(request.id, request.grid, in: state)
  guard request.signedBy.isEmpty || notice.kind == .document else {
    throw .invalid("signed_by", "only a document is signed for", "仅文书送达须填写签收人")
  }
  if task.state == .sent {
    task.receive(act)
    notice.received += 1
  }
  (task.state, task.openIn) = (.done, nil)
  (task.doneAt, task.doneBy) = (act.time, act.actor)
  (task.result, task.signedBy) = (request.result, request.signedBy)
  notice.done += 1
  return put(notice, task, &state)
}

func withdrawNotice(
  _ request: WithdrawNotice, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> NoticeReceipt {
  guard var notice = try state.record(NoticesTable.self, .init(id: request.id)) else { throw notFound(request.id) }
  try checkVersion(notice.version, request.expectedVersion)
  guard notice.withdrawnAt == nil else { throw refusal(notice.id, "it was withdrawn before", "此前已撤回") }
  guard notice.done < notice.recipients else {
    throw refusal(notice.id, "all who have it have done it", "接收网格均已办结")
  }
  (notice.withdrawnAt, notice.withdrawnNote) = (act.time, request.note)
  notice.version += 1
  let tasks = KeyRange(prefix: NoticeTasksTable.prefix(notice.id))
  // Rows of nodes that have come to their end are among them.
  for key in try state.keys(NoticeTasksTable.self, in: tasks, descending: false, limit: .max) {
    guard var task = try state.record(NoticeTasksTable.self, key), task.openIn != nil else { continue }
    (task.state, task.openIn) = (.withdrawn, nil)
    state.put(NoticeTasksTable.self, task)
  }
  state.put(NoticesTable.self, notice)
  return notice.receipt
}

/// What a node has still to do.
/// - Throws: `notFound` for whoever has no such notice, `noticeNotAllowed`
private func openTask(
  _ id: UInt64, _ grid: GridCode, in state: borrowing some State & ~Copyable
) throws(Refusal) -> (Notice, NoticeTask) {
  guard let notice = try state.record(NoticesTable.self, .init(id: id)),
    let task = try state.record(NoticeTasksTable.self, .init(noticeId: id, grid: grid))
  else { throw notFound(id) }
  guard task.openIn != nil else {
    let state = task.state.label
    throw refusal(id, "grid \(grid) has nothing more to do: \(state.english)", "网格\(grid)无待办（\(state.chinese)）")
  }
  return (notice, task)
}

private func put(
  _ notice: Notice, _ task: NoticeTask, _ state: inout some State & ~Copyable
) -> NoticeReceipt {
  var notice = notice
  notice.version += 1
  state.put(NoticesTable.self, notice)
  state.put(NoticeTasksTable.self, task)
  return notice.receipt
}

private func notFound(_ id: UInt64) -> Refusal { .notFound(NotFound("notice", "\(id)")) }

private func refusal(_ id: UInt64, _ english: String, _ chinese: String) -> Refusal {
  .noticeNotAllowed(NoticeNotAllowed(id: id, reason: Label(english, chinese)))
}

extension Notice {
  fileprivate var receipt: NoticeReceipt {
    NoticeReceipt(id: id, recipients: recipients, received: received, done: done, version: version)
  }
}

extension NoticeTask {
  fileprivate mutating func receive(_ act: Act) {
    (state, receivedAt, receivedBy) = (.received, act.time, act.actor)
  }
}

// MARK: Nodes that come to their end

/// What nodes have still to do: notice and node.
func openNoticeTasks(
  of code: GridCode, limit: Int, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [NoticeTasksTable.Key] {
  try reader.entries(
    NoticeTasksOpenIndex.self, in: KeyRange(prefix: NoticeTasksOpenIndex.prefix(code)), descending: false, limit: limit
  ).map(\.key)
}

/// Gives what a node has still to do to those that take its place: a document to where its enterprise goes, all else to each.
func handOver(
  _ key: NoticeTasksTable.Key, to successors: [GridCode], _ places: [UInt64: GridCode],
  _ state: inout some State & ~Copyable
) throws(Refusal) {
  guard var task = try state.record(NoticeTasksTable.self, key),
    var notice = try state.record(NoticesTable.self, .init(id: key.noticeId))
  else { return }
  let place = notice.enterpriseId.flatMap { places[$0] }
  for successor in place.map({ [$0] }) ?? successors {
    // Who has it already, has it once.
    guard try state.record(NoticeTasksTable.self, .init(noticeId: notice.id, grid: successor)) == nil else { continue }
    var next = task
    (next.grid, next.openIn) = (successor, successor)
    state.put(NoticeTasksTable.self, next)
    notice.recipients += 1
    if next.state == .received { notice.received += 1 }
  }
  notice.recipients -= 1
  if task.state == .received { notice.received -= 1 }
  (task.state, task.openIn) = (.handedOver, nil)
  notice.version += 1
  state.put(NoticeTasksTable.self, task)
  state.put(NoticesTable.self, notice)
}
