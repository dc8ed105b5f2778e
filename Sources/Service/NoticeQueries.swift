import API
import Domain
package import Records
import Scalars

extension QueryServices: NoticeService {
  package func show(
    _ request: ShowNotice, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Notice>
  ) throws(Refusal) {
    reply.send(try requireNotice(request.id, snapshot))
  }

  private func requireNotice(
    _ id: UInt64, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Notice {
    guard let notice = try snapshot.record(NoticesTable.self, .init(id: id)) else {
      throw .notFound(NotFound("notice", "\(id)"))
    }
    return notice
  }

  package func tasks(
    _ request: ListNoticeTasks, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<NoticeTaskPage>
  ) throws(Refusal) {
    _ = try requireNotice(request.id, snapshot)
    var range = KeyRange(prefix: NoticeTasksTable.prefix(request.id))
    if let after = request.after {
      range = range.after(NoticeTasksTable.Key(noticeId: request.id, grid: after).encoded)
    }
    let (tasks, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.keys(NoticeTasksTable.self, in: range, descending: false, limit: limit)
    } row: { (key) throws(Refusal) -> NoticeTask? in
      guard let task = try snapshot.record(NoticeTasksTable.self, key) else { return nil }
      return request.states.isEmpty || request.states.contains(task.state) ? task : nil
    }
    reply.send(NoticeTaskPage(tasks: tasks, next: last?.grid, asOf: try currentTime(in: snapshot)))
  }

  package func list(
    _ request: ListNotices, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<NoticePage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: NoticesByGridIndex.prefix(subtree.lowerBound), through: NoticesByGridIndex.prefix(subtree.upperBound))
    if let after = request.after {
      range = range.after(NoticesByGridIndex.Key(grid: after.grid, key: .init(id: after.id)).encoded)
    }
    let (notices, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(NoticesByGridIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> Notice? in
      try snapshot.record(NoticesTable.self, entry.key)
    }
    reply.send(NoticePage(notices: notices, next: last.map { NoticeCursor(grid: $0.grid, id: $0.key.id) }))
  }

  package func inbox(
    _ request: ListNoticeInbox, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<NoticeInbox>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let now = try currentTime(in: snapshot)
    let subtree = request.grid.subtree
    var range = KeyRange(
      from: NoticeTasksOpenIndex.prefix(subtree.lowerBound), through: NoticeTasksOpenIndex.prefix(subtree.upperBound))
    if let after = request.after {
      let key = NoticeTasksTable.Key(noticeId: after.id, grid: after.grid)
      range = range.after(NoticeTasksOpenIndex.Key(openIn: after.grid, key: key).encoded)
    }
    let (items, last) = try Self.fittingRows(in: range, limit: request.limit) { (range, limit) throws(Refusal) in
      try snapshot.entries(NoticeTasksOpenIndex.self, in: range, descending: false, limit: limit)
    } row: { (entry) throws(Refusal) -> NoticeInboxItem? in
      guard let task = try snapshot.record(NoticeTasksTable.self, entry.key),
        let notice = try snapshot.record(NoticesTable.self, .init(id: task.noticeId))
      else { return nil }
      let isLate = notice.dueAt.map { $0 < now } ?? false
      return isLate || !request.late ? NoticeInboxItem(notice: notice, task: task, late: isLate) : nil
    }
    let next = last.map { NoticeCursor(grid: $0.openIn, id: $0.key.noticeId) }
    reply.send(NoticeInbox(items: items, next: next, asOf: now))
  }

  /// Kinds × states, and what a newer version may add.
  private static let countsMax = 50

  package func count(
    _ request: CountNotices, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<NoticeCounts>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let groups = try snapshot.counts(
      NoticeTasksCountByState.self, in: KeyRange(prefix: NoticeTasksCountByState.prefix(request.grid)),
      limit: Self.countsMax)
    reply.send(
      NoticeCounts(
        grid: request.grid,
        counts: groups.map { NoticeCount(kind: $0.group.kind, state: $0.group.state, count: $0.count) }))
  }
}
