import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct StatisticsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics", abstract: "Counts, rates and views of the work 统计.",
    subcommands: [
      StatisticsHazardsCommand.self, StatisticsRatesCommand.self, StatisticsCoverageCommand.self,
      StatisticsFourClearCommand.self, StatisticsBlindSpotsCommand.self, StatisticsWorkloadCommand.self,
      StatisticsStepsCommand.self, StatisticsViolationsCommand.self, StatisticsStaffCommand.self,
      StatisticsTargetCommand.self, StatisticsEnterprisesCommand.self,
    ])
}

struct StatisticsHazardsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hazards", abstract: "Counts cases of a grid subtree by state, severity, class, source and domain.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "By what; may be given several times. Left out: state and severity.") var by: [HazardDimension] = []
  @Flag(help: "Open cases only.") var open = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = HazardBreakdown(grid: grid, by: by, open: open)
    let statistics = try await StatisticsClient(session.connection).hazards(request, session.options)
    try session.show(statistics) { $0.table(by: by.isEmpty ? [.state, .severity] : by) }
  }
}

struct StatisticsRatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rates", abstract: "Shows rates of cases, each with numerator and denominator 整改率等.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = StatisticsClient(session.connection)
    try session.show(try await client.rates(StatisticsPlace(grid: grid), session.options)) { rates in
      shares(rates.rates.map { ($0.kind.text, $0.share) }) + "\n" + madeAt(rates.asOf, rates.ruleset)
    }
  }
}

struct StatisticsCoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage", abstract: "Shows how far supervision reaches 覆盖率.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = StatisticsClient(session.connection)
    try session.show(try await client.coverage(StatisticsPlace(grid: grid), session.options)) { coverage in
      shares([
        (localized("objects", "监管对象"), coverage.objects), (localized("cells", "网格"), coverage.cells),
        (localized("villages", "村(社区)"), coverage.villages), (localized("townships", "乡镇"), coverage.townships),
      ]) + "\n" + madeAt(coverage.asOf, coverage.ruleset)
    }
  }
}

struct StatisticsFourClearCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "four-clear", abstract: "Shows how clear nodes are about area, people, duties and objects 四清.")
  @Argument(help: "The root: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Which nodes.") var level: GridLevel = .village
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = StatisticsClient(session.connection)
    var all = FourClearPage()
    repeat {
      let request = ListFourClear(grid: grid, level: level, after: all.next, limit: 1000)
      let page = try await client.fourClear(request, session.options)
      (all.asOf, all.ruleset, all.next) = (page.asOf, page.ruleset, page.next)
      all.nodes += page.nodes
    } while all.next != nil
    try session.show(all) { $0.table() }
  }
}

struct StatisticsBlindSpotsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blind-spots", abstract: "Lists where nobody may look 盲点、三不管.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Which; may be given several times. Left out: all kinds.") var kind: [BlindSpotKind] = []
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = StatisticsClient(session.connection)
    let request = ListBlindSpots(grid: grid, kinds: kind)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await client.blindSpots(request, session.options)
    }
    try session.show(page) { $0.table() }
  }
}

struct StatisticsWorkloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workload", abstract: "Shows what each grid member has to do, and how to share it more evenly 工作量.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many moves are proposed at most.") var moves: UInt32 = 10
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = WeighWork(grid: grid, movesMax: moves)
    try session.show(try await StatisticsClient(session.connection).workload(request, session.options)) { $0.summary }
  }
}

struct StatisticsStepsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steps", abstract: "Shows how long the steps of cases took: median and nine in ten 各环节用时.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Cases that were reported from this day on.") var from: Date
  @Option(help: "Up to this day; left out: that day only.") var to: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = MeasureSteps(grid: grid, from: from, to: to ?? from)
    try session.show(try await StatisticsClient(session.connection).steps(request, session.options)) { $0.table() }
  }
}

struct StatisticsViolationsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "violations", abstract: "Counts illegal acts by whose they are, class and state 违法行为.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = StatisticsClient(session.connection)
    try session.show(try await client.violations(StatisticsPlace(grid: grid), session.options)) { $0.table() }
  }
}

struct StatisticsStaffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "staff", abstract: "Shows how many people serve part-time or without a certificate 人员队伍.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = StatisticsClient(session.connection)
    try session.show(try await client.staff(StatisticsPlace(grid: grid), session.options)) { $0.table() }
  }
}

struct StatisticsEnterprisesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enterprises",
    abstract: "Shows what was found at each enterprise in a quarter or a year, and what became of it 隐患排查治理统计.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "A day of the period; left out: today.") var on: Date?
  @Flag(help: "The whole year.") var year = false
  @Option(help: "How many at most.") var limit: UInt32 = 1000
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = StatisticsClient(session.connection)
    let request = MeasureEnterprises(grid: grid, on: on, year: year)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await client.enterprises(request, session.options)
    }
    try session.show(page) { $0.table() + more($0.next != nil) }
  }
}

struct StatisticsTargetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "target", abstract: "Shows the days left until coverage has to be full, and what is missing.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = StatisticsClient(session.connection)
    try session.show(try await client.target(StatisticsPlace(grid: grid), session.options)) { $0.summary }
  }
}
