import Domain
import Records
import Scalars
import Support
import Testing

/// What goes down the grid 通知: tasks and documents, who has them, and what became of them.
@Suite struct NoticeTests {
  private func refusal(_ body: () throws(Refusal) -> Void) -> String? {
    do throws(Refusal) {
      try body()
      return nil
    } catch {
      return error.message.english
    }
  }

  private static func issue(
    _ kind: NoticeKind = .task, from grid: GridCode = World.county, to: [GridCode] = [], level: GridLevel? = nil,
    enterprise: UInt64? = nil, until: String? = nil
  ) -> Command {
    .noticeIssue(
      IssueNotice(
        grid: grid, kind: kind, title: "排查", to: to, level: level, enterpriseId: enterprise,
        until: until.map { Date($0)! }))
  }

  private static func receive(_ grid: GridCode, _ id: UInt64 = 1) -> Command {
    .noticeReceive(ReceiveNotice(id: id, grid: grid))
  }

  private static func complete(_ grid: GridCode, _ id: UInt64 = 1, signedBy: String = "") -> Command {
    .noticeComplete(CompleteNotice(id: id, grid: grid, result: "已办", signedBy: signedBy))
  }

  private func states(_ world: World, _ id: UInt64 = 1) -> [String] {
    world.model.all(NoticeTasksTable.self).filter { $0.noticeId == id }.sorted { $0.grid < $1.grid }
      .map { "\($0.grid) \($0.state.name)" }
  }

  /// What the notice counts is what its rows say.
  private func requireSums(_ world: World) {
    for notice in world.model.all(NoticesTable.self) {
      let tasks = world.model.all(NoticeTasksTable.self).filter { $0.noticeId == notice.id && $0.state != .handedOver }
      #expect(Int(notice.recipients) == tasks.count && Int(notice.done) == tasks.count { $0.state == .done })
      #expect(Int(notice.received) == tasks.count { $0.receivedAt != nil })
      #expect(tasks.allSatisfy { ($0.openIn == $0.grid) == ($0.state == .sent || $0.state == .received) })
    }
  }

  @Test func `the county gives a task to all townships, each takes it up and says what came of it`() throws {
    var world = try World()
    try world.act(Self.issue(level: .township, until: "2026-03-31"), by: "co")
    #expect(states(world) == ["\(World.township) sent", "\(World.otherTownship) sent"])
    #expect(try world.model.record(NoticesTable.self, .init(id: 1))?.dueAt == Instant(endOf: Date("2026-03-31")!))
    try world.act(Self.receive(World.township), by: "to")
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.receive(World.township), by: "to") }
        == "Notice 1: grid \(World.township) has received it.")
    // The other township is somebody else's.
    #expect(refusal { () throws(Refusal) in try world.act(Self.complete(World.otherTownship), by: "to") } != nil)
    try world.act(Self.complete(World.township), by: "to")
    requireSums(world)
    let notice = try #require(try world.model.record(NoticesTable.self, .init(id: 1)))
    #expect(notice.recipients == 2 && notice.received == 1 && notice.done == 1 && notice.version == 3)
    for command in [Self.receive(World.township), Self.complete(World.township)] {
      #expect(
        refusal { () throws(Refusal) in try world.act(command, by: "to") }?.contains("nothing more to do: Done") == true
      )
    }
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.complete(World.village), by: "vs") }?.contains("notice 1")
        == true)
  }

  @Test func `a document for an enterprise goes to its cell, and says who took it`() throws {
    var world = try World()
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.issue(enterprise: 1), by: "em") }?.contains("only a document")
        == true)
    try world.act(Self.issue(.document, enterprise: 1), by: "em")
    #expect(states(world) == ["\(World.cell) sent"])
    try world.act(Self.complete(World.cell, signedBy: "李四"), by: "gm")
    let task = try #require(
      try world.model.record(NoticeTasksTable.self, .init(noticeId: 1, grid: World.cell)))
    #expect(task.signedBy == "李四" && task.doneBy == "gm" && task.receivedBy == "gm" && task.result == "已办")
    try world.act(Self.issue(to: [World.cell]), by: "co")
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.complete(World.cell, 2, signedBy: "李四"), by: "gm") }?
        .contains("signed for") == true)
    requireSums(world)
  }

  @Test func `a notice goes to living nodes below whoever gives it, and to each once`() throws {
    var world = try World()
    let unknown = GridCode("421222999000000")!
    for (command, words) in [
      (Self.issue(), "one of the three"), (Self.issue(to: [World.cell], level: .village), "one of the three"),
      (Self.issue(from: World.township, to: [World.otherCell]), "does not lie in grid"),
      (Self.issue(to: [World.cell, World.cell]), "named twice"), (Self.issue(to: [unknown]), "\(unknown)"),
      (Self.issue(from: World.cell, level: .cell), "no living node"),
      (Self.issue(level: .cell, until: "2026-03-01"), "is over"),
      (Self.issue(.document, from: World.otherTownship, enterprise: 1), "operates in grid"),
      (Self.issue(.document, enterprise: 99), "99"),
    ] {
      let found = refusal { () throws(Refusal) in try world.act(command, by: "co") }
      #expect(found?.contains(words) == true, "\(found ?? "accepted")")
    }
    #expect(world.model.all(NoticesTable.self).isEmpty)
    // A grid member gives none.
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.issue(from: World.cell, to: [World.cell]), by: "gm") } != nil)
  }

  @Test func `what is withdrawn is nobody's any more, and what was done stays done`() throws {
    var world = try World()
    func withdraw(version: UInt64? = nil) -> String? {
      refusal { () throws(Refusal) in
        try world.act(
          .noticeWithdraw(WithdrawNotice(id: 1, expectedVersion: version, note: "有误")), by: "co")
      }
    }
    #expect(withdraw()?.contains("notice 1") == true)
    try world.act(Self.issue(to: [World.village, World.cell, World.otherCell]), by: "co")
    try world.act(Self.complete(World.cell), by: "gm")
    try world.act(Self.receive(World.village), by: "vs")
    #expect(withdraw(version: 1)?.contains("version") == true)
    #expect(withdraw(version: 3) == nil)
    #expect(
      states(world) == ["\(World.village) withdrawn", "\(World.cell) done", "\(World.otherCell) withdrawn"])
    #expect(withdraw()?.contains("withdrawn before") == true)
    #expect(
      refusal { () throws(Refusal) in try world.act(Self.complete(World.village), by: "vs") }?.contains("Withdrawn")
        == true)
    requireSums(world)
  }

  @Test func `what a cell has still to do goes to those that take its place, a document with its enterprise`() throws {
    var world = try World()
    try world.act(Self.issue(to: [World.cell, World.otherCell]), by: "co")
    try world.act(Self.issue(.document, enterprise: 1), by: "co")
    try world.act(Self.issue(to: [World.cell]), by: "co")
    try world.act(Self.receive(World.cell), by: "gm")
    try world.act(Self.complete(World.cell, 3), by: "gm")
    let parts = [2, 3].map { NewCell(code: GridCode("42122210000100\($0)")!, name: "第\($0)网格") }
    try world.act(.gridSplitCell(SplitCell(cell: World.cell, parts: parts, note: "分格")), by: "admin")
    #expect(
      states(world) == [
        "\(World.cell) handed_over", "\(parts[0].code) received", "\(parts[1].code) received",
        "\(World.otherCell) sent",
      ])
    #expect(states(world, 2) == ["\(World.cell) handed_over", "\(parts[0].code) sent"])
    #expect(states(world, 3) == ["\(World.cell) done"])
    requireSums(world)
    // Two that have it become one that has it once.
    let merge = MergeCells(
      village: World.village, cells: parts.map { CellVersion(code: $0.code) },
      into: NewCell(code: GridCode("421222100001004")!, name: "合并"))
    try world.act(.gridMergeCells(merge), by: "admin")
    #expect(
      states(world).filter { !$0.hasSuffix("handed_over") } == [
        "\(merge.into.code) received", "\(World.otherCell) sent",
      ])
    requireSums(world)
    try world.act(Self.complete(merge.into.code, 2, signedBy: "李四"), by: "gm")
    requireSums(world)
  }
}
