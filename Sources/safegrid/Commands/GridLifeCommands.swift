import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

// What becomes of cells: each command hands over what hangs on them.

/// A new cell: `421222100001003=第三网格`.
struct NewCellArgument: ExpressibleByArgument {
  let cell: NewCell

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let code = GridCode(String(parts[0])) else { return nil }
    cell = NewCell(code: code, name: String(parts[1]))
  }
}

struct GridSplitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "split", abstract: "Divides a cell into new ones 拆分.",
    discussion: """
      Objects and open cases go where their coordinates lie once the parts have boundaries, and to the first part \
      otherwise; people serve in each part.
      """)
  @Argument(help: "The cell, 15 digits.") var cell: GridCode
  @Argument(help: "The parts, each as CODE=NAME.") var parts: [NewCellArgument]
  @Option(help: "The boundary of a part, in the order of the parts: POLYGON ((…)).") var boundary: [String] = []
  @OptionGroup var change: CellChangeOptions

  func run() async throws {
    guard boundary.isEmpty || boundary.count == parts.count else {
      throw ValidationError("--boundary stands once for each part, or not at all")
    }
    var cells = parts.map(\.cell)
    for (index, text) in boundary.enumerated() { cells[index].rings = try WellKnownText.rings(text) }
    let request = SplitCell(cell: cell, expectedVersion: change.version, parts: cells, note: change.note)
    try await change.run { client, options in try await client.splitCell(request, options) }
  }
}

struct GridMergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Joins cells of one village 合并.")
  @Argument(help: "The cells that come to their end, 15 digits each.") var cells: [GridCode]
  @Option(help: "Who takes their place, as CODE=NAME: a new cell, or one that is there.") var into: NewCellArgument
  @OptionGroup var change: CellChangeOptions

  func run() async throws {
    let rows = cells.map { CellVersion(code: $0, expectedVersion: change.version) }
    let village = into.cell.code.ancestor(atDepth: 3)
    let request = MergeCells(village: village, cells: rows, into: into.cell, note: change.note)
    try await change.run { client, options in try await client.mergeCells(request, options) }
  }
}

struct GridMoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "move", abstract: "Gives a cell to another village, under a new code 划转.")
  @Argument(help: "The cell, 15 digits.") var cell: GridCode
  @Argument(help: "What it becomes, as CODE=NAME.") var to: NewCellArgument
  @OptionGroup var change: CellChangeOptions

  func run() async throws {
    let request = MoveCell(cell: cell, expectedVersion: change.version, to: to.cell, note: change.note)
    try await change.run { client, options in try await client.moveCell(request, options) }
  }
}

struct GridRetireCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire", abstract: "Ends a cell, or an empty village or township 撤销.")
  @Argument(help: "15 digits, or a division code of 9 or 12.") var code: GridCode
  @Argument(help: "The node of the same level that takes its place.") var successor: GridCode
  @OptionGroup var change: CellChangeOptions

  func run() async throws {
    let request = RetireGrid(code: code, expectedVersion: change.version, successor: successor, note: change.note)
    try await change.run { client, options in try await client.retire(request, options) }
  }
}

struct CellChangeOptions: ParsableArguments {
  @Option(help: "Refuse if the node is no longer at this version.") var version: UInt64?
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run(_ call: (GridClient, CallOptions) async throws -> CellChange) async throws {
    let session = try await options.open()
    try session.show(try await call(GridClient(session.connection), session.options)) { change in
      let codes = { (codes: [GridCode]) in codes.map { "\($0)" }.joined(separator: ", ") }
      return localized(
        """
        \(codes(change.retired)) → \(codes(change.successors)): \(change.enterprises) enterprises, \
        \(change.hazards) open cases, \(change.persons) people, \(change.posts) posts, \(change.reports) public reports handed over
        """,
        """
        \(codes(change.retired)) → \(codes(change.successors))：移交监管对象\(change.enterprises)个、\
        未结案卷\(change.hazards)件、授权人员\(change.persons)人、岗位\(change.posts)个、举报\(change.reports)件
        """)
    }
  }
}
