import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct ListingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listing", abstract: "Listing supervision of major hazards 挂牌督办.",
    subcommands: [
      ListingListCommand.self, ListingTraceCommand.self, ListingCountCommand.self, ListingQuarterCommand.self,
      ListingProposeCommand.self,
      ListingTermCommand<Approve>.self, ListingNoteCommand<Refuse>.self, ListingLiftCommand.self,
      ListingRequestExtensionCommand.self, ListingDecideExtensionCommand.self, ListingNoteCommand<RequestReview>.self,
      ListingNoteCommand<PassReview>.self, ListingFailReviewCommand.self, ListingTermCommand<Relist>.self,
      ListingNoteCommand<Publish>.self,
    ])
}

// MARK: Looking

struct ListingListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the supervised hazards of a grid subtree, or those in given states.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "A state; may be given several times. Left out: every one that is not over.") var state:
    [ListingState] = []
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListListings(grid: grid, states: state)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await ListingClient(session.connection).list(request, session.options)
    }
    try session.show(page) {
      $0.listings.table() + more($0.next != nil)
    }
  }
}

struct ListingTraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows the listing of a hazard and all that ever happened to it.")
  @Argument(help: "The hazard's number, 28 digits.") var number: HazardNumber
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let trace = try await ListingClient(session.connection).trace(TraceListing(number: number), session.options)
    try session.show(trace) { $0.listing.details + "\n\n" + $0.entries.table() }
  }
}

struct ListingCountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count", abstract: "Counts the listings of a grid subtree by state.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let counts = try await ListingClient(session.connection).count(CountListings(grid: grid), session.options)
    try session.show(counts) { counts in
      var table = TextTable([localized("state", "状态"), localized("count", "数量")])
      for count in counts.counts { table.add([count.state.text, "\(count.count)"]) }
      return table.text()
    }
  }
}

struct ListingQuarterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarter", abstract: "Says what was listed in a quarter, level by level, against the least number.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "A day of the quarter; left out: today.") var on: Date?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = MeasureListings(grid: grid, on: on)
    try session.show(try await ListingClient(session.connection).quarter(request, session.options)) { quarter in
      var table = TextTable([
        localized("level", "层级"), localized("listed", "挂牌"), localized("delisted", "销号"), localized("missing", "尚缺"),
      ])
      for line in quarter.lines {
        table.add([line.level.text, "\(line.listed)", "\(line.delisted)", line.missing.map { "\($0)" } ?? "–"])
      }
      return "\(quarter.from) – \(quarter.to)\n" + table.text() + "\n" + madeAt(quarter.asOf, quarter.ruleset)
    }
  }
}

// MARK: Events

struct ListingProposeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "propose", abstract: "Proposes to list a major hazard 拟挂牌.")
  @Argument(help: "The hazard's number, 28 digits.") var number: HazardNumber
  @Option(help: "What is to be put right.") var item: String
  @Option(help: "The unit that answers for it.") var responsible: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ProposeListing(number: number, item: item, responsible: responsible, note: note)
    try session.show(try await ListingClient(session.connection).propose(request, session.options)) { $0.summary }
  }
}

/// An event that sets a term.
protocol ListingTermEvent {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: ListingClient, _ request: ApproveListing, _ options: CallOptions
  ) async throws(CallFailure) -> Listing
}

enum Approve: ListingTermEvent {
  static let name = "approve"
  static let abstract = "Lists the hazard 批准挂牌: by somebody else than who proposed it."
  static func call(
    _ client: ListingClient, _ request: ApproveListing, _ options: CallOptions
  ) async throws(CallFailure) -> Listing { try await client.approve(request, options) }
}

enum Relist: ListingTermEvent {
  static let name = "relist"
  static let abstract = "Sets a new term after a failed review 重新挂牌."
  static func call(
    _ client: ListingClient, _ request: ApproveListing, _ options: CallOptions
  ) async throws(CallFailure) -> Listing { try await client.relist(request, options) }
}

struct ListingTermCommand<Event: ListingTermEvent>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: Event.name, abstract: Event.abstract) }
  @OptionGroup var hazard: CaseOptions
  @Option(help: "The last day of the term, for example 2026-06-30.") var until: Date
  @Option(help: "The document that lists it 文号.") var document: String
  @Option(help: "What is ordered or asked for; may be given several times.")
  var measure: [ListingMeasure] = []
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ApproveListing(
      number: hazard.number, expectedVersion: hazard.expectedVersion, until: until, document: document,
      measures: measure, note: note)
    try session.show(try await Event.call(ListingClient(session.connection), request, session.options)) { $0.summary }
  }
}

/// An event that brings nothing but words.
protocol ListingNoteEvent {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: ListingClient, _ request: ListingNote, _ options: CallOptions
  ) async throws(CallFailure) -> Listing
}

enum Refuse: ListingNoteEvent {
  static let name = "refuse"
  static let abstract = "Does not list the hazard 不予挂牌; --note says why."
  static func call(
    _ client: ListingClient, _ request: ListingNote, _ options: CallOptions
  ) async throws(CallFailure) -> Listing { try await client.refuse(request, options) }
}

enum RequestReview: ListingNoteEvent {
  static let name = "request-review"
  static let abstract = "Asks for the review on the spot 申请复查; --note names the assessment report."
  static func call(
    _ client: ListingClient, _ request: ListingNote, _ options: CallOptions
  ) async throws(CallFailure) -> Listing { try await client.requestReview(request, options) }
}

enum PassReview: ListingNoteEvent {
  static let name = "pass-review"
  static let abstract = "Delists the hazard 复查核销: its case may be closed."
  static func call(
    _ client: ListingClient, _ request: ListingNote, _ options: CallOptions
  ) async throws(CallFailure) -> Listing { try await client.passReview(request, options) }
}

enum Publish: ListingNoteEvent {
  static let name = "publish"
  static let abstract = "Notes that the listing or the delisting was made public 公告."
  static func call(
    _ client: ListingClient, _ request: ListingNote, _ options: CallOptions
  ) async throws(CallFailure) -> Listing { try await client.publish(request, options) }
}

struct ListingNoteCommand<Event: ListingNoteEvent>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: Event.name, abstract: Event.abstract) }
  @OptionGroup var hazard: CaseOptions
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListingNote(number: hazard.number, expectedVersion: hazard.expectedVersion, note: note)
    try session.show(try await Event.call(ListingClient(session.connection), request, session.options)) { $0.summary }
  }
}

struct ListingLiftCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lift", abstract: "A higher committee takes the listing over 提级督办.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "city or province.") var level: SupervisionLevel
  @Option(help: "Why, and by which document.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = LiftListing(
      number: hazard.number, expectedVersion: hazard.expectedVersion, level: level, note: note)
    try session.show(try await ListingClient(session.connection).lift(request, session.options)) { $0.summary }
  }
}

struct ListingRequestExtensionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request-extension", abstract: "Asks the listing body for a longer term 申请延期.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "The last day of the longer term, for example 2026-06-30.") var until: Date
  @Option(help: "Why.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ExtendListing(
      number: hazard.number, expectedVersion: hazard.expectedVersion, until: until, note: note)
    try session.show(try await ListingClient(session.connection).requestExtension(request, session.options)) {
      $0.summary
    }
  }
}

struct ListingDecideExtensionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decide-extension", abstract: "Grants or refuses a longer term 延期审批.")
  @OptionGroup var hazard: CaseOptions
  @Flag(inversion: .prefixedNo, help: "Grant it.") var grant: Bool
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = DecideListingExtension(
      number: hazard.number, expectedVersion: hazard.expectedVersion, granted: grant, note: note)
    try session.show(try await ListingClient(session.connection).decideExtension(request, session.options)) {
      $0.summary
    }
  }
}

struct ListingFailReviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fail-review", abstract: "The hazard is still there: back to the term, or failed 复查不合格.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "What is still wrong.") var note: String
  @Option(help: "What is ordered or asked for; may be given several times.") var measure: [ListingMeasure] = []
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = FailListingReview(
      number: hazard.number, expectedVersion: hazard.expectedVersion, measures: measure, note: note)
    try session.show(try await ListingClient(session.connection).failReview(request, session.options)) { $0.summary }
  }
}
