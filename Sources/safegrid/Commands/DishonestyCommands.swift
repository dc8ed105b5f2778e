import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct DishonestyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dishonesty", abstract: "The list of seriously dishonest subjects 严重失信主体名单.",
    subcommands: [
      DishonestyListCommand.self, DishonestyShowCommand.self, DishonestyPersonCommand.self,
      DishonestyOutstandingCommand.self, DishonestyCountCommand.self, DishonestyOpenCommand.self,
      DishonestyNoteCommand.self, DishonestyDecideCommand.self, DishonestyApplyCommand.self,
      DishonestyOrderCommand.self, DishonestyFeedBackCommand.self, DishonestyRecordLegacyCommand.self,
    ])
}

/// What every event of an existing case takes.
struct DishonestyOptions: ParsableArguments {
  @Argument(help: "The case's number.") var id: UInt64
  @Option(help: "The version that you saw; the command is refused when the case has changed since.")
  var expectedVersion: UInt64?
}

// MARK: Looking

struct DishonestyListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the cases of a grid subtree, or those in given states.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "A state; may be given several times. Left out: every one that is not over.") var state:
    [DishonestyState] = []
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListDishonesty(grid: grid, states: state)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await DishonestyClient(session.connection).list(request, session.options)
    }
    try session.show(page) {
      $0.cases.table() + more($0.next != nil)
    }
  }
}

struct DishonestyShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a case and all that ever happened to it.")
  @Argument(help: "The case's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let trace = try await DishonestyClient(session.connection).trace(TraceDishonesty(id: id), session.options)
    try session.show(trace) { $0.case.details + "\n\n" + $0.entries.table() }
  }
}

struct DishonestyPersonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "person", abstract: "Lists the cases of a person, whatever enterprise they were with.",
    discussion: "The identity number is read from a file and hashed here: it never reaches the daemon.")
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let request = FindDishonestPerson(identityHash: try identity.required())
    let session = try await options.open()
    try session.show(try await DishonestyClient(session.connection).ofPerson(request, session.options)) {
      $0.cases.table()
    }
  }
}

struct DishonestyOutstandingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outstanding", abstract: "Lists what waits: registration, publication, departments' word 待办.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many cases at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListDishonesty(grid: grid)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await DishonestyClient(session.connection).outstanding(request, session.options)
    }
    try session.show(page) {
      $0.outstandingTable() + more($0.next != nil)
    }
  }
}

struct DishonestyCountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count", abstract: "Counts the cases of a grid subtree by state.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let counts = try await DishonestyClient(session.connection).count(CountDishonesty(grid: grid), session.options)
    try session.show(counts) { counts in
      var table = TextTable([localized("state", "状态"), localized("count", "数量")])
      for count in counts.counts { table.add([count.state.text, "\(count.count)"]) }
      return table.text()
    }
  }
}

// MARK: Events

struct DishonestyOpenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open", abstract: "Begins a case on the ground of a penalty.",
    discussion: "A person's identity number is read from a file and hashed here: it never reaches the daemon.")
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Option(help: "Why.") var ground: DishonestyGround
  @Option(help: "The penalty on which it rests 处罚决定文号.") var penalty: String
  @Option(help: "The day of the penalty.") var penaltyOn: Scalars.Date
  @Option(help: "Facts and law.") var reason: String
  @Option(help: "A person of the enterprise; left out: the enterprise itself.") var person: String?
  @Option(help: "The person's position, for example 主要负责人.") var position = ""
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard person == nil || identity.isThere else {
      throw ValidationError("--person needs --identity-file and --identity-key")
    }
  }

  func run() async throws {
    let session = try await options.open()
    let request = OpenDishonesty(
      enterpriseId: enterprise, subject: person == nil ? .unit : .person, name: person ?? "",
      identityHash: try identity.hash() ?? [], position: position, ground: ground, penalty: penalty,
      penaltyOn: penaltyOn,
      reason: reason)
    try session.show(try await DishonestyClient(session.connection).open(request, session.options)) { $0.summary }
  }
}

struct DishonestyRecordLegacyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record-legacy", abstract: "Writes down a listing by the rules of 2017, which is over 补录原黑名单.")
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Option(help: "Why it was listed.") var conduct: LegacyConduct
  @Option(help: "The decision 文号.") var document: String
  @Option(help: "The first day of publication.") var publishedOn: Scalars.Date
  @Option(help: "The first day off the list; left out: when its time was over.") var removedOn: Scalars.Date?
  @Option(help: "A person of the enterprise; left out: the enterprise itself.") var person: String?
  @Option(help: "The person's position, for example 主要负责人.") var position = ""
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard person == nil || identity.isThere else {
      throw ValidationError("--person needs --identity-file and --identity-key")
    }
  }

  func run() async throws {
    let session = try await options.open()
    let request = RecordLegacyListing(
      enterpriseId: enterprise, subject: person == nil ? .unit : .person, name: person ?? "",
      identityHash: try identity.hash() ?? [], position: position, conduct: conduct, document: document,
      publishedOn: publishedOn, removedOn: removedOn, note: note)
    try session.show(try await DishonestyClient(session.connection).recordLegacy(request, session.options)) {
      $0.summary
    }
  }
}

/// Events that bring nothing but words.
enum DishonestyWords: String, CaseIterable, ExpressibleByArgument {
  case notify, defend, drop
  case acceptRemoval = "accept-removal"
  case refuseRemoval = "refuse-removal"
  case contest, uphold, register, publish
}

struct DishonestyNoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "note", abstract: "Takes a case on by a step that needs words only.",
    discussion: """
      notify 告知, defend 陈述申辩, drop 不予列入, accept-removal 受理移出申请, refuse-removal 不予移出, contest 复议诉讼, \
      uphold 维持决定, register 录入系统, publish 公示或停止公示.
      """)
  @Argument(help: "The step.") var step: DishonestyWords
  @OptionGroup var known: DishonestyOptions
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = DishonestyClient(session.connection)
    let request = DishonestyNote(id: known.id, expectedVersion: known.expectedVersion, note: note)
    let receipt =
      switch step {
      case .notify: try await client.notify(request, session.options)
      case .defend: try await client.defend(request, session.options)
      case .drop: try await client.drop(request, session.options)
      case .acceptRemoval: try await client.acceptRemoval(request, session.options)
      case .refuseRemoval: try await client.refuseRemoval(request, session.options)
      case .contest: try await client.contest(request, session.options)
      case .uphold: try await client.uphold(request, session.options)
      case .register: try await client.register(request, session.options)
      case .publish: try await client.publish(request, session.options)
      }
    try session.show(receipt) { $0.summary }
  }
}

/// Events that a written decision brings.
enum DishonestyDecision: String, CaseIterable, ExpressibleByArgument {
  case enter
  case grantRemoval = "grant-removal"
  case restore, revoke
}

struct DishonestyDecideCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decide", abstract: "Takes a case on by a written decision.",
    discussion: "enter 列入, grant-removal 准予移出, restore 恢复列入, revoke 撤销列入.")
  @Argument(help: "The decision.") var decision: DishonestyDecision
  @OptionGroup var known: DishonestyOptions
  @Option(help: "Its number 决定书文号.") var document: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = DishonestyClient(session.connection)
    let request = DecideDishonesty(
      id: known.id, expectedVersion: known.expectedVersion, document: document, note: note)
    let receipt =
      switch decision {
      case .enter: try await client.enter(request, session.options)
      case .grantRemoval: try await client.grantRemoval(request, session.options)
      case .restore: try await client.restore(request, session.options)
      case .revoke: try await client.revoke(request, session.options)
      }
    try session.show(receipt) { $0.summary }
  }
}

struct DishonestyApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply-removal", abstract: "Asks to leave the list before the time is over 申请提前移出.")
  @OptionGroup var known: DishonestyOptions
  @Flag(help: "Every penalty is carried out.") var penaltiesDone = false
  @Flag(help: "The harm is removed.") var harmRemoved = false
  @Option(help: "The grounds of the application.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ApplyRemoval(
      id: known.id, expectedVersion: known.expectedVersion, penaltiesDone: penaltiesDone, harmRemoved: harmRemoved,
      note: note)
    try session.show(try await DishonestyClient(session.connection).applyRemoval(request, session.options)) {
      $0.summary
    }
  }
}

struct DishonestyOrderCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order-measure", abstract: "Sends a measure to the department that carries it out.")
  @OptionGroup var known: DishonestyOptions
  @Option(help: "What is to be done.") var measure: DishonestyMeasure
  @Option(help: "Who carries it out.") var department: String
  @Option(help: "Of a ban to which the law sets an end: its last day.") var until: Date?
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = OrderDishonestyMeasure(
      id: known.id, expectedVersion: known.expectedVersion, measure: measure, department: department, note: note,
      until: until)
    try session.show(try await DishonestyClient(session.connection).orderMeasure(request, session.options)) {
      $0.summary
    }
  }
}

struct DishonestyFeedBackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feed-back", abstract: "Says what the department has done.")
  @OptionGroup var known: DishonestyOptions
  @Option(help: "The order's place in the case, from 1.") var order: UInt32
  @Option(help: "What was done.") var feedback: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = FeedBackDishonestyMeasure(
      id: known.id, expectedVersion: known.expectedVersion, order: order, feedback: feedback)
    try session.show(try await DishonestyClient(session.connection).feedBackMeasure(request, session.options)) {
      $0.summary
    }
  }
}
