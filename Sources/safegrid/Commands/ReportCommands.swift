import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Reports of the public to 12350 群众举报, and their rewards.",
    subcommands: [
      ReportReceiveCommand.self, ReportWorklistCommand.self, ReportListCommand.self, ReportShowCommand.self,
      ReportOutcomeCommand.self, ReportCountCommand.self, ReportStatisticsCommand.self, ReportAssignCommand.self,
      ReportNoteCommand.self, ReportVerifyCommand.self, ReportRewardCommand.self, ReportApproveCommand.self,
      ReportClaimCommand.self, ReportRevealCommand.self,
    ])
}

/// What every event of an existing report takes.
struct ReportOptions: ParsableArguments {
  @Argument(help: "The report's number.") var id: UInt64
  @Option(help: "The version that you saw; the command is refused when the report has changed since.")
  var expectedVersion: UInt64?
}

// MARK: Taking a report

struct ReportReceiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receive", abstract: "Takes a report down, and makes the reporter's code.",
    discussion: """
      The code is shown once: tell it to the reporter, who asks and claims with it. Who reports is read from a file, so \
      that it stands in no list of processes: name, phone and address, one a line. The daemon seals it at once.
      """)
  @Option(help: "hazard, violation or concealed_accident.") var kind: ReportKind
  @Option(help: "phone, web, mail, visit, app or opinion.") var channel: ReportChannel = .phone
  @Option(help: "Where it is said to be: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "The enterprise's number, if it is known.") var enterprise: UInt64?
  @Option(help: "Whom or what it is about.") var subject = ""
  @Option(help: "What is reported.") var description: String
  @Option(help: "People who are said to have died.") var deaths: UInt32 = 0
  @Option(help: "People who signed it.") var signers: UInt32 = 1
  @Option(
    help: "A file with the reporter's name, phone and address; /dev/stdin reads it from there. Left out: anonymous.",
    completion: .file())
  var reporterFile: String?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let code = ReporterCode.make()
    let request = ReceiveReport(
      kind: kind, channel: channel, grid: grid, enterpriseId: enterprise, subject: subject, description: description,
      deaths: deaths, signers: signers, reporter: try reporter(), codeHash: code.hash)
    let receipt = try await ReportClient(session.connection).receive(request, session.options)
    if session.isJSON {
      return try put("{\"code\":\"\(code.text)\",\(try receipt.json(in: Interface.schema).dropFirst())")
    }
    try put(receipt.summary + "\n" + localized("the reporter's code: ", "举报人查询码：") + code.text)
  }

  private func reporter() throws -> Reporter? {
    guard let reporterFile else { return nil }
    let lines = String(decoding: try InputFile.read(reporterFile), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map { String($0.trimmed) }
    guard let name = lines.first, !name.isEmpty else { throw ValidationError("the first line is the reporter's name") }
    return Reporter(name: name, phone: lines.count > 1 ? lines[1] : "", address: lines.count > 2 ? lines[2] : "")
  }
}

extension StringProtocol {
  /// Without the white space around it.
  fileprivate var trimmed: SubSequence {
    let start = drop(while: \.isWhitespace).startIndex
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? start
    return self[start..<end]
  }
}

// MARK: Looking

struct ReportWorklistCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worklist", abstract: "Lists what waits for an office, most pressing first.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Only what this department investigates.") var department = ""
  @Option(help: "Only what the offices of this node answer for.") var holder: GridCode?
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ReportWorklist(grid: grid, department: department, holder: holder)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await ReportClient(session.connection).worklist(request, session.options)
    }
    try session.show(page) {
      $0.reports.table() + more($0.next != nil)
    }
  }
}

struct ReportListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the reports about a grid subtree, in the order in which they came.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "A state; may be given several times. Left out: all.") var state: [ReportState] = []
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListReports(grid: grid, states: state)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await ReportClient(session.connection).list(request, session.options)
    }
    try session.show(page) {
      $0.reports.table() + more($0.next != nil)
    }
  }
}

struct ReportShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows a report and all that ever happened to it.")
  @Argument(help: "The report's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let trace = try await ReportClient(session.connection).trace(TraceReport(id: id), session.options)
    try session.show(trace) { $0.report.details + "\n\n" + $0.entries.table() }
  }
}

struct ReportOutcomeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outcome", abstract: "Says what became of a report, to whoever has its code.")
  @Argument(help: "The report's number.") var id: UInt64
  @Argument(help: "The code that the reporter was given.") var code: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = AskReportOutcome(id: id, code: code)
    try session.show(try await ReportClient(session.connection).outcome(request, session.options)) { $0.details }
  }
}

struct ReportCountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count", abstract: "Counts the reports about a grid subtree by state.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    try session.show(try await ReportClient(session.connection).count(CountReports(grid: grid), session.options)) {
      counts in
      var table = TextTable([localized("state", "状态"), localized("count", "数量")])
      for count in counts.counts { table.add([count.state.text, "\(count.count)"]) }
      return table.text()
    }
  }
}

struct ReportStatisticsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics", abstract: "Volume, timeliness, verified share and rewards of the reports of a period.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Reports received from this day on, for example 2026-01-01.") var from: Scalars.Date
  @Option(help: "Reports received up to this day.") var to: Scalars.Date
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = MeasureReports(grid: grid, from: from, to: to)
    try session.show(try await ReportClient(session.connection).statistics(request, session.options)) { $0.table() }
  }
}

// MARK: Events

/// Events that name a department.
enum ReportAssignment: String, CaseIterable, ExpressibleByArgument {
  case accept, transfer
}

struct ReportAssignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assign", abstract: "Gives a report to a department: accept 受理, or transfer 移送 to one outside.")
  @Argument(help: "The step.") var step: ReportAssignment
  @OptionGroup var known: ReportOptions
  @Option(help: "The department.") var department: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = ReportClient(session.connection)
    let request = AssignReport(
      id: known.id, expectedVersion: known.expectedVersion, department: department, note: note)
    let receipt =
      switch step {
      case .accept: try await client.accept(request, session.options)
      case .transfer: try await client.transfer(request, session.options)
      }
    try session.show(receipt) { $0.summary }
  }
}

/// Events that bring nothing but words.
enum ReportWords: String, CaseIterable, ExpressibleByArgument {
  case refuse, extend, dismiss, answer, object
  case declineReward = "decline-reward"
}

struct ReportNoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "note", abstract: "Takes a report on by a step that needs words only.",
    discussion: """
      refuse 不予受理, extend 延长办理, dismiss 查无实据, answer 答复 (the words are the answer), object 异议复查, \
      decline-reward 不予奖励.
      """)
  @Argument(help: "The step.") var step: ReportWords
  @OptionGroup var known: ReportOptions
  @Option(help: "Words for the record.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = ReportClient(session.connection)
    let request = ReportNote(id: known.id, expectedVersion: known.expectedVersion, note: note)
    let receipt =
      switch step {
      case .refuse: try await client.refuse(request, session.options)
      case .extend: try await client.extend(request, session.options)
      case .dismiss: try await client.dismiss(request, session.options)
      case .answer: try await client.answer(request, session.options)
      case .object: try await client.object(request, session.options)
      case .declineReward: try await client.declineReward(request, session.options)
      }
    try session.show(receipt) { $0.summary }
  }
}

struct ReportVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "What was reported is so: opens the case, or joins that of an earlier report.",
    discussion:
      "The case takes what --grid to --photo say. Without --class none is opened; --joins names one that is open.")
  @OptionGroup var known: ReportOptions
  @Option(help: "What was found.") var note: String
  @Option(help: "An earlier verified report about the same matter.") var sameAs: UInt64?
  @Option(help: "An open case about the same, whoever reported it: no other is opened.") var joins: HazardNumber?
  @Option(help: "Where it is: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode?
  @Option(help: "The enterprise's number, if it belongs to one.") var enterprise: UInt64?
  @Option(help: "A class of the profile, for example 消防; \"safegrid admin profile\" shows all.") var `class`: String?
  @Option(help: "What it is.") var description = ""
  @Option(help: "The field of safety.") var domain: SafetyDomain = .production
  @Option(help: "general or major.") var severity: HazardSeverity = .general
  @Option(help: "normal, urgent or emergency.") var urgency: HazardUrgency = .normal
  @Option(help: "A photo's file; its digest is kept. May be given several times.", completion: .file())
  var photo: [String] = []
  @OptionGroup var violation: ViolationOptions
  @Flag(help: "It is another hazard than the open one that looks the same.") var another = false
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (`class` == nil) == (grid == nil) else { throw ValidationError("--class and --grid go together") }
  }

  func run() async throws {
    var request = VerifyReport(
      id: known.id, expectedVersion: known.expectedVersion, sameAs: sameAs, note: note, joins: joins)
    if let `class`, let grid {
      request.case = SubmitHazard(
        source: .publicReport, enterpriseId: enterprise, grid: grid, class: `class`, domain: domain,
        severity: severity, urgency: urgency, description: description.isEmpty ? note : description,
        photos: try photo.map(Attachment.init(file:)), illegalAct: try violation.act(), isAnother: another)
    }
    let session = try await options.open()
    try session.show(try await ReportClient(session.connection).verify(request, session.options)) { $0.summary }
  }
}

// MARK: Rewards

struct ReportRewardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "propose-reward", abstract: "Proposes a reward; the amount follows from the profile.")
  @OptionGroup var known: ReportOptions
  @Option(help: "The fine that the report led to, in yuan; 0 when there was none.") var fine: Int64?
  @Option(help: "Of a concealed accident: the deaths that were concealed.") var concealedDeaths: UInt32?
  @Option(help: "Of a concealed accident: general, larger, serious or extra_serious.") var grade: AccidentGrade?
  @Option(help: "The penalty or other decision on which it rests 文号.") var basis: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    // More than any fine, and still a number of fen.
    guard fine.map({ (0...1_000_000_000_000).contains($0) }) ?? true else {
      throw ValidationError("--fine lies between 0 and 1,000,000,000,000 yuan")
    }
  }

  func run() async throws {
    let session = try await options.open()
    let request = ProposeReward(
      id: known.id, expectedVersion: known.expectedVersion, fine: fine.map { Fen($0 * 100) },
      concealedDeaths: concealedDeaths, grade: grade, basis: basis, note: note)
    try session.show(try await ReportClient(session.connection).proposeReward(request, session.options)) { $0.summary }
  }
}

struct ReportApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve-reward", abstract: "Grants a reward, with a second person.")
  @OptionGroup var known: ReportOptions
  @Option(help: "Who agrees for the finance office.") var secondPerson: String
  @Option(help: "The decision that grants it 文号.") var document: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ApproveReward(
      id: known.id, expectedVersion: known.expectedVersion, secondPerson: secondPerson, document: document, note: note)
    try session.show(try await ReportClient(session.connection).approveReward(request, session.options)) { $0.summary }
  }
}

struct ReportClaimCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claim", abstract: "Notes that the reward was paid to whoever has the reporter's code.")
  @OptionGroup var known: ReportOptions
  @Option(help: "The code that the reporter was given.") var code: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ClaimReward(
      id: known.id, expectedVersion: known.expectedVersion, codeHash: ReporterCode.hash(of: code), note: note)
    try session.show(try await ReportClient(session.connection).claim(request, session.options)) { $0.summary }
  }
}

struct ReportRevealCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reveal", abstract: "Shows who made a report. That you looked, and why, is kept for ever.")
  @OptionGroup var known: ReportOptions
  @Option(help: "Why you must know.") var reason: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ReportNote(id: known.id, expectedVersion: known.expectedVersion, note: reason)
    try session.show(try await ReportClient(session.connection).reveal(request, session.options)) { reporter in
      details([
        (localized("name", "姓名"), reporter.name), (localized("phone", "电话"), reporter.phone),
        (localized("address", "地址"), reporter.address),
      ])
    }
  }
}
