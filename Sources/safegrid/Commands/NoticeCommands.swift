import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct NoticeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notice", abstract: "Tasks, guidance and documents on their way down the grid 通知.",
    subcommands: [
      NoticeIssueCommand.self, NoticeInboxCommand.self, NoticeReceiveCommand.self, NoticeCompleteCommand.self,
      NoticeWithdrawCommand.self, NoticeShowCommand.self, NoticeListCommand.self, NoticeCountCommand.self,
    ])
}

struct NoticeIssueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "issue", abstract: "Gives a notice to nodes, to all of a level, or to the place of an enterprise 下发.")
  @Argument(help: "The node that gives it: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Argument(help: "What it is about.") var title: String
  @Option(help: "\(NoticeKind.allKnown.map(\.name).joined(separator: ", ")).") var kind = NoticeKind.task
  @Option(help: "What is to be done.") var text = ""
  @Option(help: "The number of the document.") var document = ""
  @Option(help: "A node that gets it; may be given several times.") var to: [GridCode] = []
  @Option(help: "All nodes of this level get it: \(GridLevel.allKnown.map(\.name).joined(separator: ", ")).")
  var level: GridLevel?
  @Option(help: "The enterprise to which the document is to be handed.") var enterprise: UInt64?
  @Option(help: "The last day on which it can be done in time.") var until: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = IssueNotice(
      grid: grid, kind: kind, title: title, text: text, document: document, to: to, level: level,
      enterpriseId: enterprise, until: until)
    try session.show(try await NoticeClient(session.connection).issue(request, session.options)) { $0.summary }
  }
}

struct NoticeInboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inbox", abstract: "Lists what the nodes of a subtree have still to do.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Flag(help: "Only what is late.") var late = false
  @Option(help: "How many at most, up to 1000.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListNoticeInbox(grid: grid, late: late)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await NoticeClient(session.connection).inbox(request, session.options)
    }
    try session.show(page) { inbox in
      var table = TextTable([
        localized("id", "编号"), localized("grid", "网格"), localized("kind", "类别"), localized("title", "标题"),
        localized("state", "状态"), localized("until", "截止"),
      ])
      for item in inbox.items {
        table.add([
          "\(item.notice.id)", "\(item.task.grid)", item.notice.kind.text, TextTable.cut(item.notice.title, to: 40),
          item.task.state.text + (item.late ? localized(", late", "，逾期") : ""), item.notice.lastDay,
        ])
      }
      return table.text() + more(inbox.next != nil)
    }
  }
}

struct NoticeReceiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "receive", abstract: "Takes a notice up for a node 签收.")
  @Argument(help: "The notice's number.") var id: UInt64
  @Argument(help: "The node that takes it up.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ReceiveNotice(id: id, grid: grid)
    try session.show(try await NoticeClient(session.connection).receive(request, session.options)) { $0.summary }
  }
}

struct NoticeCompleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "complete", abstract: "Says what a node has done 办结.")
  @Argument(help: "The notice's number.") var id: UInt64
  @Argument(help: "The node that has done it.") var grid: GridCode
  @Option(help: "What came of it.") var result: String
  @Option(help: "Who took the document.") var signedBy = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = CompleteNotice(id: id, grid: grid, result: result, signedBy: signedBy)
    try session.show(try await NoticeClient(session.connection).complete(request, session.options)) { $0.summary }
  }
}

struct NoticeWithdrawCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Takes a notice back from all who have not done it 撤回.")
  @Argument(help: "The notice's number.") var id: UInt64
  @Option(help: "Why.") var note: String
  @Option(help: "The version that you saw; another one refuses the command.") var expectedVersion: UInt64?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = WithdrawNotice(id: id, expectedVersion: expectedVersion, note: note)
    try session.show(try await NoticeClient(session.connection).withdraw(request, session.options)) { $0.summary }
  }
}

struct NoticeShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a notice, and where it stands with those who have it.")
  @Argument(help: "The notice's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = NoticeClient(session.connection)
    let notice = try await client.show(ShowNotice(id: id), session.options)
    try session.show(notice) { $0.summary }
    // With --json the notice alone is one object; its tasks are another.
    let page = try await client.tasks(ListNoticeTasks(id: id, limit: 1000), session.options)
    try session.show(page) { "\n" + $0.tasks.table() + more($0.next != nil) }
  }
}

struct NoticeListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the notices that the nodes of a subtree have given.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many at most, up to 1000.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListNotices(grid: grid)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await NoticeClient(session.connection).list(request, session.options)
    }
    try session.show(page) { page in
      var table = TextTable([
        localized("id", "编号"), localized("grid", "网格"), localized("kind", "类别"), localized("title", "标题"),
        localized("done", "办结"), localized("of", "接收"), localized("until", "截止"),
      ])
      for notice in page.notices {
        table.add([
          "\(notice.id)", "\(notice.grid)", notice.kind.text, TextTable.cut(notice.title, to: 40), "\(notice.done)",
          "\(notice.recipients)", notice.withdrawnAt == nil ? notice.lastDay : localized("withdrawn", "已撤回"),
        ])
      }
      return table.text() + more(page.next != nil)
    }
  }
}

struct NoticeCountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count", abstract: "Counts what the nodes of a subtree were given, by kind and state.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let counts = try await NoticeClient(session.connection).count(CountNotices(grid: grid), session.options)
    try session.show(counts) { counts in
      var table = TextTable([localized("kind", "类别"), localized("state", "状态"), localized("count", "数量")])
      for line in counts.counts { table.add([line.kind.text, line.state.text, "\(line.count)"]) }
      return table.text()
    }
  }
}

// MARK: Words

extension NoticeReceipt {
  fileprivate var summary: String {
    localized(
      "notice \(id): \(recipients) have it, \(received) have taken it up, \(done) have done it",
      "通知\(id)：接收\(recipients)，签收\(received)，办结\(done)")
  }
}

extension Notice {
  fileprivate var lastDay: String { dueAt.map { "\($0.localDate)" } ?? "–" }

  fileprivate var summary: String {
    details([
      (localized("notice", "通知"), "\(id)"), (localized("kind", "类别"), kind.text), (localized("title", "标题"), title),
      (localized("from", "下发"), "\(grid) \(issuedBy)"), (localized("text", "内容"), text),
      (localized("document", "文号"), document), (localized("enterprise", "对象"), enterpriseId.map { "\($0)" }),
      (localized("until", "截止"), lastDay),
      (localized("withdrawn", "撤回"), withdrawnNote),
      (localized("received", "签收"), "\(received)/\(recipients)"), (localized("done", "办结"), "\(done)/\(recipients)"),
    ])
  }
}

extension [NoticeTask] {
  fileprivate func table() -> String {
    var table = TextTable([
      localized("grid", "网格"), localized("state", "状态"), localized("by", "经办"), localized("signed", "签收人"),
      localized("result", "结果"),
    ])
    for task in self {
      table.add([
        "\(task.grid)", task.state.text, task.doneBy.isEmpty ? task.receivedBy : task.doneBy,
        task.signedBy.isEmpty ? "–" : task.signedBy, TextTable.cut(task.result, to: 40),
      ])
    }
    return table.text()
  }
}
