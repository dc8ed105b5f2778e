import API
import ArgumentParser
import Client
import Records
import Scalars

struct GridCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grid", abstract: "The four-level grid 网格.",
    subcommands: [
      GridShowCommand.self, GridListCommand.self, GridStatusCommand.self, GridIncompleteCommand.self,
      GridLeftOutCommand.self,
      GridFileCommand.self, GridPostCommand.self, GridEndPostCommand.self, GridBoundaryCommand.self,
      GridLocateCommand.self, GridSplitCommand.self, GridMergeCommand.self, GridMoveCommand.self,
      GridRetireCommand.self, GridPublishPowersCommand.self, GridPowersCommand.self, GridWhoHasCommand.self,
    ])
}

struct GridShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one node.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var code: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    try await session.showLocally(try await GridClient(session.connection).show(ShowGrid(code: code), session.options))
    { grid in
      details([
        (localized("code", "编码"), "\(grid.code)"), (localized("name", "名称"), grid.name),
        (localized("level", "级别"), grid.level.text), (localized("parent", "上级"), grid.code.parent.map { "\($0)" }),
        (localized("edition", "区划版本"), "\(grid.edition)"),
      ])
    }
  }
}

struct GridListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the children of a node, or all counties; without retired ones.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12; left out: all counties.") var parent: GridCode?
  @Flag(help: "Retired nodes, too.") var retired = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = GridClient(session.connection)
    var all = GridPage()
    var after: GridCode?
    repeat {
      let page = try await client.list(
        ListGrids(parent: parent, after: after, limit: 1000, retired: retired), session.options)
      all.grids += page.grids
      after = page.next
    } while after != nil
    try await session.showLocally(all) { page in
      var table = TextTable([localized("code", "编码"), localized("level", "级别"), localized("name", "名称")])
      for grid in page.grids { table.add(["\(grid.code)", grid.level.text, grid.name]) }
      return table.text()
    }
  }
}
