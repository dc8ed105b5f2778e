import API
import ArgumentParser
import Client
import Glibc
import RPC
import Records
import Scalars

struct HazardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hazard", abstract: "Hazards 隐患 and their six-step loop 六步闭环.",
    subcommands: [
      HazardSubmitCommand<Submit>.self, HazardSubmitCommand<DirectReport>.self, HazardSubmitCommand<ResolveOnSpot>.self,
      HazardShowCommand.self, HazardOutcomeCommand.self, HazardTraceCommand.self, HazardListCommand.self,
      HazardOfEnterpriseCommand.self,
      HazardCountCommand.self,
      HazardOverdueCommand.self, HazardWorklistCommand.self, HazardWatchCommand.self,
      HazardForwardCommand.self, HazardFileCommand.self, NoteCommand<Decline>.self, HazardMergeCommand.self,
      HazardDispatchCommand.self, NoteCommand<Claim>.self, HazardReturnCommand.self, HazardArbitrateCommand.self,
      NoteCommand<Entrust>.self,
      HazardReassignCommand.self, HazardRegradeCommand.self, HazardPlanCommand.self,
      HazardRequestExtensionCommand.self, HazardDecideExtensionCommand.self, NoteCommand<TransferEnforcement>.self,
      HazardFeedbackCommand.self, HazardVerifyCommand.self, NoteCommand<VerifyFail>.self, NoteCommand<Park>.self,
      NoteCommand<Unpark>.self, NoteCommand<Escalate>.self, NoteCommand<Terminate>.self, NoteCommand<Reopen>.self,
      HazardVoidCommand.self, NoteCommand<NoteProgress>.self, NoteCommand<Urge>.self, NoteCommand<Attend>.self,
      HazardHandOverCommand.self, NoteCommand<ObjectToRefusal>.self, NoteCommand<ConfirmProposal>.self,
      NoteCommand<RejectProposal>.self, HazardProposedCommand.self, HazardViolationsCommand.self,
      HazardOfPersonCommand.self, HazardClassesCommand.self,
    ])
}

struct HazardClassesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classes", abstract: "Lists the classes of the active profile 事件类别: terms, units, conditions.")
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let profile = try await AdminClient(session.connection).profile(Empty(), session.options)
    try session.show(profile) { profile in
      var table = TextTable([
        localized("class", "类别"), localized("term", "处置时限"), localized("unit", "责任单位"),
        localized("factor", "因素"), localized("filed when", "立案条件"), localized("done when", "结案条件"),
      ])
      for known in profile.hazard.classes {
        table.add([
          known.name, known.fix.map { "\($0)" } ?? "–", known.responsible ?? "–", known.factor ?? "–",
          known.filing ?? "–", known.closing ?? "–",
        ])
      }
      return table.text()
    }
  }
}

// MARK: Reporting

/// One of the ways to begin a case.
protocol Report {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: HazardClient, _ request: SubmitHazard, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt
}

enum Submit: Report {
  static let name = "submit"
  static let abstract = "Reports a hazard 上报."
  static func call(
    _ client: HazardClient, _ request: SubmitHazard, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.submit(request, options) }
}

enum DirectReport: Report {
  static let name = "direct-report"
  static let abstract = "Reports a major hazard straight to the township 重大直报."
  static func call(
    _ client: HazardClient, _ request: SubmitHazard, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.directReport(request, options) }
}

enum ResolveOnSpot: Report {
  static let name = "resolve-on-spot"
  static let abstract = "Reports a hazard that was removed at once 当场消除."
  static func call(
    _ client: HazardClient, _ request: SubmitHazard, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.resolveOnSpot(request, options) }
}

struct HazardSubmitCommand<Kind: Report>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: Kind.name, abstract: Kind.abstract) }
  @Option(help: "Where it is: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "The enterprise's number, if it belongs to one.") var enterprise: UInt64?
  @Option(help: "A class of the profile, for example 消防; \"safegrid admin profile\" shows all.") var `class`: String
  @Option(help: "What it is.") var description: String
  @Option(help: "How it was found.") var source: HazardSource = .memberPatrol
  @Option(help: "The field of safety.") var domain: SafetyDomain = .production
  @Option(help: "general or major.") var severity: HazardSeverity = .general
  @Option(help: "normal, urgent or emergency.") var urgency: HazardUrgency = .normal
  @Option(
    help: """
      A photo's file; its digest is reported. May be given several times: the profile asks for at least so many, and \
      removal on the spot for one before and one after.
      """, completion: .file())
  var photo: [String] = []
  @Option(help: "What it comes from, if not what its class says: a code of the profile's factors.") var factor: String?
  @OptionGroup var place: PointOptions
  @OptionGroup var violation: ViolationOptions
  @Flag(help: "Of an emergency's direct report: straight to the county, past the township.") var toCounty = false
  @Flag(help: "It is another hazard than the open one that looks the same.") var another = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let request = SubmitHazard(
      source: source, enterpriseId: enterprise, grid: grid, point: place.point, class: `class`, domain: domain,
      severity: severity, urgency: urgency, description: description, photos: try photo.map(Attachment.init(file:)),
      illegalAct: try violation.act(), factor: factor, isAnother: another, toCounty: toCounty)
    let session = try await options.open()
    try session.show(try await Kind.call(HazardClient(session.connection), request, session.options)) { $0.summary }
  }
}

// MARK: Looking

struct HazardShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one case.")
  @Argument(help: "The hazard's number, 28 digits.") var number: HazardNumber
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let hazard = try await HazardClient(session.connection).show(ShowHazard(number: number), session.options)
    try await session.showLocally(hazard) { $0.summary }
  }
}

struct HazardOutcomeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outcome", abstract: "Says what became of a report: taken up or not, why, and where to turn to.")
  @Argument(help: "The hazard's number, 28 digits.") var number: HazardNumber
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let outcome = try await HazardClient(session.connection).outcome(ShowHazard(number: number), session.options)
    try session.show(outcome) { $0.details }
  }
}

struct HazardTraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Shows a case and all that ever happened to it 痕迹.")
  @Argument(help: "The hazard's number, 28 digits.") var number: HazardNumber
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let trace = try await HazardClient(session.connection).trace(TraceHazard(number: number), session.options)
    try await session.showLocally(trace) { trace in
      [trace.hazard.summary, trace.illegalAct?.details, trace.events.table()].compactMap(\.self)
        .joined(separator: "\n\n")
    }
  }
}

struct HazardListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the cases of a grid subtree: the open ones, or those in given states.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "A state; may be given several times. Left out: every open case.") var state: [HazardState] = []
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListHazards(grid: grid, states: state)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await HazardClient(session.connection).list(request, session.options)
    }
    try session.show(page) {
      $0.hazards.table() + more($0.next != nil)
    }
  }
}

struct HazardOfEnterpriseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "of-enterprise", abstract: "Lists the cases of one enterprise, oldest first, those that are over too.")
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = EnterpriseHazards(enterpriseId: enterprise)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await HazardClient(session.connection).ofEnterprise(request, session.options)
    }
    try session.show(page) {
      $0.hazards.table() + more($0.next != nil)
    }
  }
}

struct HazardCountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count", abstract: "Counts the cases of a grid subtree by state and severity.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let counts = try await HazardClient(session.connection).count(CountHazards(grid: grid), session.options)
    try session.show(counts) { $0.table() }
  }
}

struct HazardOverdueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overdue", abstract: "Lists late cases of a grid subtree, longest late first 逾期.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = OverdueHazards(grid: grid)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await HazardClient(session.connection).overdue(request, session.options)
    }
    try session.show(page) {
      $0.hazards.table() + more($0.next != nil)
    }
  }
}

struct HazardWorklistCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worklist", abstract: "Lists what a grid's officers must act on, most pressing first 待办.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var holder: GridCode
  @Option(help: "Only what is this department's.") var department: String?
  @Option(help: "Only the tasks of this person below the grid, whoever holds them.") var assignee: String?
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = HazardWorklist(holder: holder, department: department, assignee: assignee)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await HazardClient(session.connection).worklist(request, session.options)
    }
    try session.show(page) {
      $0.hazards.table() + more($0.next != nil)
    }
  }
}

struct HazardProposedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proposed", abstract: "Lists the cases in which something waits for a second person 待复核.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListProposed(grid: grid)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await HazardClient(session.connection).proposed(request, session.options)
    }
    try session.show(page) { page in
      var table = TextTable([
        localized("number", "编号"), localized("proposed", "提请事项"), localized("by", "提请人"), localized("until", "期限"),
        localized("why", "理由"),
      ])
      for hazard in page.hazards {
        guard let proposal = hazard.proposal else { continue }
        table.add([
          "\(hazard.number)", proposal.event.text, proposal.proposedBy, hazard.proposalLapsesAt?.localDescription ?? "",
          TextTable.cut(proposal.note, to: 40),
        ])
      }
      return table.text() + more(page.next != nil)
    }
  }
}

struct HazardWatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Shows the changes of a case or of a worklist as they happen.",
    discussion: "Runs until it is interrupted, or until --count changes were shown.")
  @Argument(help: "The hazard's number, 28 digits.") var number: HazardNumber?
  @Option(help: "Watch the worklist of this grid instead.") var holder: GridCode?
  @Option(help: "Go on after this journal sequence, instead of beginning with the present state.") var after: UInt64?
  @Option(help: "End after so many changes.") var count: Int?
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (number == nil) != (holder == nil) else { throw ValidationError("name either a number or --holder") }
    guard count ?? 1 >= 1 else { throw ValidationError("--count is at least 1") }
  }

  func run() async throws {
    let session = try await options.open()
    let request = WatchHazards(number: number, holder: holder, afterSequence: after)
    let stream = try await HazardClient(session.connection).watch(request, session.options)
    var shown = 0
    for try await change in stream {
      try session.show(change) { change in
        let event = change.event.map { "\($0.event.text) \($0.actor)" } ?? localized("now", "当前")
        let mark = change.left ? localized(" (left)", "（移出）") : ""
        return "\(change.sequence)  \(change.hazard.number)  \(change.hazard.state.text)\(mark)  \(event)"
      }
      shown += 1
      if shown == count { break }
    }
  }
}
