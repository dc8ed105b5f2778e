import API
import ArgumentParser
import Client
import Records
import Scalars

// The five fixed things 五定 of a node, and its place on the map.

struct GridStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Shows a node's file, its people, and what it lacks of the five fixed things 五定.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var code: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = GridClient(session.connection)
    try await session.showLocally(try await client.status(ShowGrid(code: code), session.options)) { $0.summary }
  }
}

struct GridLeftOutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "left-out", abstract: "Lists living nodes that the newest edition of their county leaves out 撤销代码.")
  @Argument(help: "The root: 15 digits, or a division code of 6, 9 or 12.") var code: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = GridClient(session.connection)
    var all = LeftOutPage()
    repeat {
      let page = try await client.leftOut(ListLeftOut(grid: code, after: all.next, limit: 1000), session.options)
      all.grids += page.grids
      all.examined += page.examined
      all.next = page.next
    } while all.next != nil
    try session.show(all) { all in
      var table = TextTable([
        localized("code", "编码"), localized("name", "名称"), localized("edition", "版本"),
        localized("left out of", "未列入版本"),
      ])
      for grid in all.grids { table.add(["\(grid.code)", grid.name, "\(grid.edition)", "\(grid.leftOutOf)"]) }
      let count = localized(
        "\(all.grids.count) of \(all.examined) nodes are left out: \"safegrid grid retire\" says what takes their place",
        "共\(all.examined)个区划，\(all.grids.count)个未列入新版；用“safegrid grid retire”指定承接网格")
      return all.grids.isEmpty
        ? localized("none of \(all.examined) nodes is left out", "共\(all.examined)个区划，均在新版中")
        : table.text() + "\n" + count
    }
  }
}

struct GridIncompleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "incomplete", abstract: "Lists the nodes of a subtree that lack something.")
  @Argument(help: "The root: 15 digits, or a division code of 6, 9 or 12.") var code: GridCode
  @Option(help: "Which nodes.") var level: GridLevel = .cell
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = GridClient(session.connection)
    var all = IncompletePage()
    repeat {
      let request = ListIncomplete(grid: code, level: level, after: all.next, limit: 1000)
      let page = try await client.incomplete(request, session.options)
      all.grids += page.grids
      all.examined += page.examined
      all.next = page.next
    } while all.next != nil
    try session.show(all) { all in
      var table = TextTable([localized("code", "编码"), localized("name", "名称"), localized("lacks", "缺项")])
      for grid in all.grids { table.add(["\(grid.code)", grid.name, grid.lacks.text]) }
      let count = localized(
        "\(all.grids.count) of \(all.examined) nodes lack something",
        "共\(all.examined)个网格，\(all.grids.count)个有缺项")
      return all.grids.isEmpty ? count : table.text() + "\n" + count
    }
  }
}

struct GridFileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "file", abstract: "Changes what stands in a node's file; what is not named stays.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var code: GridCode
  @Option(help: "What kind of area it is.") var kind: GridKind?
  @Option(help: "Who answers for the node 责任主体.") var responsible: String?
  @Option(help: "Who supervises it 监管主体.") var supervising: String?
  @Option(help: "A duty of the profile's dictionary; may be given several times.") var duty: [String] = []
  @Option(help: "A task, likewise.") var task: [String] = []
  @Option(help: "A reward or penalty, likewise.") var reward: [String] = []
  @Option(help: "A mobile device in use there, likewise.") var device: [String] = []
  @Option(help: "What makes the area special, likewise.") var flag: [AreaFlag] = []
  @Option(help: "The node of another system that it reuses.") var base: String?
  @Option(help: "The first day on which it counts.") var from: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = GridClient(session.connection)
    let old = try await client.status(ShowGrid(code: code), session.options).file ?? GridFile()
    func kept<T>(_ new: [T], _ old: [T]) -> [T] { new.isEmpty ? old : new }
    let request = PutGridFile(
      code: code, expectedVersion: old.version, kind: kind ?? old.kind,
      responsibleBody: responsible ?? old.responsibleBody, supervisingBody: supervising ?? old.supervisingBody,
      duties: kept(duty, old.duties), tasks: kept(task, old.tasks), rewards: kept(reward, old.rewards),
      devices: kept(device, old.devices), areaFlags: kept(flag, old.areaFlags), baseGridRef: base ?? old.baseGridRef,
      validFrom: from ?? old.validFrom)
    try session.show(try await client.putFile(request, session.options)) { $0.summary }
  }
}

struct GridPostCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "post", abstract: "Puts a person into a post of a node 网格人员.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var code: GridCode
  @Argument(help: "A post of the profile, for example 网格员.") var post: String
  @Argument(help: "The person's identifier.") var person: String
  @Option(help: "The first day, for example 2026-03-02.") var from: Date
  @Option(help: "The last day.") var to: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = PutPost(grid: code, post: post, person: person, from: from, to: to)
    try session.show(try await GridClient(session.connection).putPost(request, session.options)) { [$0].table() }
  }
}

struct GridEndPostCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "end-post", abstract: "Says on which day somebody leaves a post.")
  @Argument(help: "The post's number.") var id: UInt64
  @Option(help: "The last day.") var to: Date
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = GridClient(session.connection)
    try session.show(try await client.endPost(EndPost(id: id, to: to), session.options)) { [$0].table() }
  }
}

struct GridBoundaryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "boundary", abstract: "Shows the boundary of a node, or draws it 责任区域图.",
    discussion: "A boundary is POLYGON ((113.80 29.20, …)), in degrees of CGCS2000, east before north.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var code: GridCode
  @Argument(help: "The new boundary.") var polygon: String?
  @Flag(help: "Take the boundary away.") var remove = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = GridClient(session.connection)
    guard polygon != nil || remove else {
      return try session.show(try await client.boundary(ShowGrid(code: code), session.options)) {
        WellKnownText.text($0.rings)
      }
    }
    let rings = try polygon.map { try WellKnownText.rings($0) } ?? []
    try session.show(try await client.putBoundary(PutBoundary(code: code, rings: rings), session.options)) {
      localized(
        "\($0.code): boundary of \($0.vertices) vertices, version \($0.version)",
        "\($0.code)：边界顶点\($0.vertices)个，版本\($0.version)")
    }
  }
}

struct GridLocateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "locate", abstract: "Says in which cell a point lies.")
  @Argument(help: "Degrees east, CGCS2000.") var longitude: Double
  @Argument(help: "Degrees north.") var latitude: Double
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    guard let vertex = Vertex(Point(longitude: longitude, latitude: latitude)) else {
      throw ValidationError("\(longitude) \(latitude) is no place on earth")
    }
    let session = try await options.open()
    let located = try await GridClient(session.connection).locate(Locate(vertex: vertex), session.options)
    try await session.showLocally(located) { located in
      var table = TextTable([localized("code", "编码"), localized("level", "级别"), localized("name", "名称")])
      for grid in located.grids { table.add(["\(grid.code)", grid.level.text, grid.name]) }
      return located.grids.isEmpty ? localized("no boundary holds this point", "该点不在任何已划定的边界内") : table.text()
    }
  }
}

extension GridStatus {
  fileprivate var summary: String {
    var parts = [
      details([
        (localized("code", "编码"), "\(node.code)"), (localized("name", "名称"), node.name),
        (localized("level", "级别"), node.level.text),
        (
          localized("retired", "撤销"),
          retirement.map { "\($0.on) \($0.how.text) → " + $0.successors.map { "\($0)" }.joined(separator: ", ") }
        ),
        (localized("boundary", "边界"), boundary.map { localized("version \($0)", "版本\($0)") }),
        (localized("five fixed", "五定"), complete ? localized("complete", "齐全") : localized("incomplete", "不齐全")),
        (localized("lacks", "缺项"), lacks.isEmpty ? nil : lacks.text),
      ])
    ]
    if let file { parts.append(file.summary) }
    if !posts.isEmpty { parts.append(posts.table()) }
    return parts.joined(separator: "\n")
  }
}

extension [GridLack] {
  fileprivate var text: String {
    map { $0.item.text + ($0.what.isEmpty ? "" : localized(" (\($0.what))", "（\($0.what)）")) }
      .joined(separator: localized(", ", "、"))
  }
}

extension GridFile {
  fileprivate var summary: String {
    func list(_ values: [String]) -> String? { values.isEmpty ? nil : values.joined(separator: localized(", ", "、")) }
    return details([
      (localized("kind", "类型"), kind?.text),
      (localized("responsible body", "责任主体"), responsibleBody.isEmpty ? nil : responsibleBody),
      (localized("supervising body", "监管主体"), supervisingBody.isEmpty ? nil : supervisingBody),
      (localized("duties", "职责"), list(duties)), (localized("tasks", "任务"), list(tasks)),
      (localized("rewards", "奖惩"), list(rewards)), (localized("devices", "终端"), list(devices)),
      (localized("flags", "区域特征"), list(areaFlags.map(\.text))),
      (localized("base grid", "依托网格"), baseGridRef.isEmpty ? nil : baseGridRef),
      (localized("from", "启用日期"), validFrom.map { "\($0)" }),
      (localized("version", "版本"), "\(version)"),
    ])
  }
}

extension [Post] {
  fileprivate func table() -> String {
    var table = TextTable([
      "#", localized("post", "岗位"), localized("person", "人员"), localized("from", "自"), localized("to", "至"),
    ])
    for post in self {
      table.add(["\(post.id)", post.post, post.person, "\(post.from)", post.to.map { "\($0)" } ?? "–"])
    }
    return table.text()
  }
}
