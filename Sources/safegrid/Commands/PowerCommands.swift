import API
import ArgumentParser
import Client
import Records
import Scalars

// Who may and must do what: the lists of powers and duties 权责清单.

struct GridPublishPowersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish-powers", abstract: "Publishes an office's list of powers and duties, as a whole 权责清单.",
    discussion: """
      The file is a CSV. Columns, in any order (* is required):
        code*           of the line, once in the list
        kind*           \(PowerListKind.allKnown.map(\.name).joined(separator: ", "))
        name*           the power or duty
        basis*          law, regulation or rule
        classes         hazard classes of the profile, with semicolons between them; empty: all of them
        lent_in         of a power that is lent 委托: 15 digits, where the lending office is
        lent_by         the lending office
        letter          the letter of delegation 委托书文号
        lent_from, lent_to
                        its first and last day
      The lists of lending offices are published first.
      """)
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Argument(help: "The office, for example 隽水镇人民政府.") var office: String
  @Argument(help: "The file.", completion: .file()) var file: String
  @Option(help: "The first day on which it counts.") var from: Date
  @Option(help: "With which document it is published 文号.") var document: String
  @Option(help: "The edition that you saw last, 0 for none; another one refuses the command.") var expectedEdition:
    UInt32?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let request = PublishPowers(
      grid: grid, office: office, expectedEdition: expectedEdition, from: from, document: document,
      items: try PowerFile.read(file))
    let session = try await options.open()
    try session.show(try await GridClient(session.connection).publishPowers(request, session.options)) {
      localized(
        "\($0.office): edition \($0.edition) counts from \($0.from)", "\($0.office)：第\($0.edition)版自\($0.from)起施行")
    }
  }
}

struct GridPowersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "powers", abstract: "Shows what the offices of a node may and must do 权责清单.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "On which day; left out: today.") var on: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListPowers(grid: grid, on: on)
    try session.show(try await GridClient(session.connection).powers(request, session.options)) { found in
      found.lists.isEmpty
        ? localized("no list of powers is published", "未公布权责清单")
        : found.lists.map(\.text).joined(separator: "\n\n")
    }
  }
}

struct GridWhoHasCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "who-has", abstract: "Says which offices may handle illegal acts of a class in a place, nearest first."
  )
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Argument(help: "A class of the profile, for example 消防.") var `class`: String
  @Option(help: "On which day; left out: today.") var on: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = FindPower(grid: grid, class: `class`, on: on)
    try session.show(try await GridClient(session.connection).whoHas(request, session.options)) { found in
      found.holders.isEmpty
        ? localized("nobody, as far as lists of powers are published", "已公布的权责清单中无有权单位")
        : found.holders.map(\.text).joined(separator: "\n")
    }
  }
}
