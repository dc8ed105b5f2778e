import API
import ArgumentParser
import Client
import Crypto
import RPC
import Records
import Scalars

/// What every event of an existing case takes.
struct CaseOptions: ParsableArguments {
  @Argument(help: "The hazard's number, 28 digits.") var number: HazardNumber
  @Option(help: "The version that you saw; the command is refused when the case has changed since.")
  var expectedVersion: UInt64?
}

extension Attachment {
  /// A file by its digest; the file itself stays where it is.
  init(file: String) throws {
    self.init(
      sha256: Array(SHA256.hash(data: try InputFile.read(file, isOpaque: true))), caption: String(file.suffix(200)))
  }
}

// MARK: Events that bring nothing but words

protocol NoteEvent {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt
}

struct NoteCommand<Event: NoteEvent>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: Event.name, abstract: Event.abstract) }
  @OptionGroup var hazard: CaseOptions
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = HazardNote(number: hazard.number, expectedVersion: hazard.expectedVersion, note: note)
    try session.show(try await Event.call(HazardClient(session.connection), request, session.options)) { $0.summary }
  }
}

enum Decline: NoteEvent {
  static let name = "decline"
  static let abstract = "Does not open a case 不予立案; --note says why."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.decline(request, options) }
}

enum Claim: NoteEvent {
  static let name = "claim"
  static let abstract = "Takes the task 签收."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.claim(request, options) }
}

enum NoteProgress: NoteEvent {
  static let name = "progress"
  static let abstract = "Notes how it goes 办理进展; neither state nor deadline changes."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.progress(request, options) }
}

enum Urge: NoteEvent {
  static let name = "urge"
  static let abstract = "Urges whoever must act next 催办."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.urge(request, options) }
}

enum Attend: NoteEvent {
  static let name = "attend"
  static let abstract = "Notes that a leader has taken the case up 领导督办."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.attend(request, options) }
}

enum Entrust: NoteEvent {
  static let name = "entrust"
  static let abstract =
    "No department is responsible: gives the case to the township of the place 属地兜底; --note says why."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.entrust(request, options) }
}

enum TransferEnforcement: NoteEvent {
  static let name = "transfer-enforcement"
  static let abstract = "Hands a violation to enforcement 移送执法."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.transferEnforcement(request, options) }
}

enum VerifyFail: NoteEvent {
  static let name = "verify-fail"
  static let abstract = "Sends the case back for rework 核查返工; --note says what is not in order."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.verifyFail(request, options) }
}

enum Park: NoteEvent {
  static let name = "park"
  static let abstract =
    "Proposes to put a case aside that cannot be solved in time 挂账; --note says why. The committee office confirms it."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.park(request, options) }
}

enum Unpark: NoteEvent {
  static let name = "unpark"
  static let abstract = "Takes a parked case up again 恢复办理."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.unpark(request, options) }
}

enum Escalate: NoteEvent {
  static let name = "escalate"
  static let abstract = "Takes the case up one level 升级督办."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.escalate(request, options) }
}

enum Terminate: NoteEvent {
  static let name = "terminate"
  static let abstract = "Ends the case of an object that no longer exists 终止; --note says why."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.terminate(request, options) }
}

enum Reopen: NoteEvent {
  static let name = "reopen"
  static let abstract = "Opens a closed case that came back 复发重启."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.reopen(request, options) }
}

enum ObjectToRefusal: NoteEvent {
  static let name = "object"
  static let abstract = "Objects to the refusal of one's report 异议, once; --note says why."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.object(request, options) }
}

enum ConfirmProposal: NoteEvent {
  static let name = "confirm"
  static let abstract = "Carries out what another person has proposed 复核同意."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.confirm(request, options) }
}

enum RejectProposal: NoteEvent {
  static let name = "reject"
  static let abstract = "Drops what another person has proposed 复核否决."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.reject(request, options) }
}

// MARK: Events with contents of their own

struct HazardDispatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "dispatch", abstract: "Gives the task to a person 派遣.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "The person who is to rectify.") var assignee: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = DispatchHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, assignee: assignee, note: note)
    try session.show(try await HazardClient(session.connection).dispatch(request, session.options)) { $0.summary }
  }
}

/// Cases that go together.
struct CasesOptions: ParsableArguments {
  @Argument(help: "The hazards' numbers, 28 digits each; 200 at most.") var numbers: [HazardNumber]
  @Option(help: "Of one: the version that you saw; the command is refused when the case has changed since.")
  var expectedVersion: UInt64?
  @Option(help: "Words for the record.") var note = ""

  func validate() throws {
    guard numbers.count <= 200 else { throw ValidationError("200 go together at most, not \(numbers.count)") }
    guard numbers.count == 1 || expectedVersion == nil else {
      throw ValidationError("--expected-version is for one case")
    }
  }

  /// The only one, if it is one.
  var single: HazardNumber? { numbers.count == 1 ? numbers[0] : nil }

  /// The least subtree in which all were numbered.
  var root: GridCode {
    var root = numbers[0].grid
    while let upper = root.parent, !numbers.allSatisfy({ root.contains($0.grid) }) { root = upper }
    return root
  }
}

extension HazardsReceipt {
  fileprivate var summary: String { localized("done with all \(cases) cases", "\(cases)件全部办理") }
}

struct HazardReassignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reassign", abstract: "Gives tasks to another person 改派; several go together, all or none.")
  @OptionGroup var cases: CasesOptions
  @Option(help: "The person who is to rectify.") var assignee: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = HazardClient(session.connection)
    guard let number = cases.single else {
      let request = ReassignHazards(grid: cases.root, numbers: cases.numbers, assignee: assignee, note: cases.note)
      return try session.show(try await client.reassignMany(request, session.options)) { $0.summary }
    }
    let request = DispatchHazard(
      number: number, expectedVersion: cases.expectedVersion, assignee: assignee, note: cases.note)
    try session.show(try await client.reassign(request, session.options)) { $0.summary }
  }
}

struct HazardForwardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward-up", abstract: "Hands reports to the grid above 逐级上报; several go together 村汇总, all or none.")
  @OptionGroup var cases: CasesOptions
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = HazardClient(session.connection)
    guard let number = cases.single else {
      let request = ForwardHazards(grid: cases.root, numbers: cases.numbers, note: cases.note)
      return try session.show(try await client.forwardMany(request, session.options)) { $0.summary }
    }
    let request = HazardNote(number: number, expectedVersion: cases.expectedVersion, note: cases.note)
    try session.show(try await client.forwardUp(request, session.options)) { $0.summary }
  }
}

struct HazardReturnCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "return-task", abstract: "Gives the task back 退回; --note says why it is not yours.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "Why.") var note: String
  @Option(help: "The department whose task it is instead.") var department: String?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ReturnHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, note: note, department: department)
    try session.show(try await HazardClient(session.connection).returnTask(request, session.options)) { $0.summary }
  }
}

struct HazardArbitrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arbitrate", abstract: "Says whose task it is that was returned too often 疑难协调, and gives it to them.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "Who rectifies.") var assignee: String
  @Option(help: "The department whose case it is from now on; left out: as it was.") var department: String?
  @Option(help: "Why it is theirs.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ArbitrateHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, assignee: assignee, department: department,
      note: note)
    try session.show(try await HazardClient(session.connection).arbitrate(request, session.options)) { $0.summary }
  }
}

struct HazardVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-pass", abstract: "Accepts the rectification and closes the case 核查通过.")
  @OptionGroup var hazard: CaseOptions
  @Flag(help: "You were at the place 现场核查; a major hazard needs it.") var onSite = false
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = VerifyHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, note: note, onSite: onSite)
    try session.show(try await HazardClient(session.connection).verifyPass(request, session.options)) { $0.summary }
  }
}

/// The accident that a major hazard could cause; its grade follows.
struct HarmOptions: ParsableArguments {
  @Option(help: "Instead of a grade: how many people the accident that it could cause would kill.") var deaths: UInt32?
  @Option(help: "The same: how many it would injure seriously.") var injuries: UInt32?
  @Option(help: "The same: the direct loss, in yuan.") var loss: UInt32?

  var harm: PossibleHarm? {
    guard deaths != nil || injuries != nil || loss != nil else { return nil }
    return PossibleHarm(deaths: deaths ?? 0, injuries: injuries ?? 0, loss: Fen(Int64(loss ?? 0) * 100))
  }
}

struct HazardFileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "file", abstract: "Opens the case 立案.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "The class, if the report's is wrong.") var `class`: String?
  @Option(help: "The severity, if the report's is wrong.") var severity: HazardSeverity?
  @Option(help: "1 (worst) to 4, for a major hazard.") var majorGrade: UInt32?
  @OptionGroup var harm: HarmOptions
  @Option(help: "What it comes from, if the report's factor is wrong: a code of the profile's factors.") var factor:
    String?
  @OptionGroup var violation: ViolationOptions
  @Option(help: "Of a major hazard: none, part or all of the work stops 停产停业.") var stopWork: StopWork?
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = FileHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, class: `class`, severity: severity,
      majorGrade: majorGrade, note: note, illegalAct: try violation.act(), harm: harm.harm, factor: factor,
      stopWork: stopWork)
    try session.show(try await HazardClient(session.connection).file(request, session.options)) { $0.summary }
  }
}

struct HazardMergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Ends a case in favour of another one of the same subject and class 并案.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "The case that goes on.") var into: HazardNumber
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = MergeHazard(number: hazard.number, expectedVersion: hazard.expectedVersion, into: into, note: note)
    try session.show(try await HazardClient(session.connection).merge(request, session.options)) { $0.summary }
  }
}

struct HazardRegradeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regrade", abstract: "Changes the severity 改级; down from major, another person confirms it.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "general or major.") var severity: HazardSeverity
  @Option(help: "1 (worst) to 4, for a major hazard.") var majorGrade: UInt32?
  @OptionGroup var harm: HarmOptions
  @Option(help: "The evidence.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = RegradeHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, severity: severity, majorGrade: majorGrade,
      note: note, harm: harm.harm)
    try session.show(try await HazardClient(session.connection).regrade(request, session.options)) { $0.summary }
  }
}

struct HazardPlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Brings the treatment plan of a major hazard 治理方案.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "What is to be reached.") var target: String
  @Option(help: "By what means.") var method: String
  @Option(help: "Funds in yuan.") var funds: Int64
  @Option(help: "Which bodies and persons.") var responsible: String
  @Option(help: "By when, for example 2026-06-30.") var timeLimit: Date
  @Option(help: "Safety measures and emergency plan.") var safetyMeasures: String
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (0...90_000_000_000_000_000).contains(funds) else { throw ValidationError("--funds is no amount of money") }
  }

  func run() async throws {
    let session = try await options.open()
    let plan = RectificationPlan(
      target: target, method: method, funds: Fen(funds * 100), responsible: responsible, timeLimit: timeLimit,
      safetyMeasures: safetyMeasures)
    let request = PlanHazard(number: hazard.number, expectedVersion: hazard.expectedVersion, plan: plan)
    try session.show(try await HazardClient(session.connection).plan(request, session.options)) { $0.summary }
  }
}

struct HazardRequestExtensionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request-extension", abstract: "Asks for more time 申请延期.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "Until when, for example 2026-03-20T18:00:00+08:00.") var until: Instant
  @Option(help: "Why.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = RequestExtension(
      number: hazard.number, expectedVersion: hazard.expectedVersion, until: until, note: note)
    try session.show(try await HazardClient(session.connection).requestExtension(request, session.options)) {
      $0.summary
    }
  }
}

struct HazardDecideExtensionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decide-extension", abstract: "Grants or refuses more time 延期审批.")
  @OptionGroup var hazard: CaseOptions
  @Flag(inversion: .prefixedNo, help: "Grant it.") var grant: Bool
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = DecideExtension(
      number: hazard.number, expectedVersion: hazard.expectedVersion, granted: grant, note: note)
    try session.show(try await HazardClient(session.connection).decideExtension(request, session.options)) {
      $0.summary
    }
  }
}

struct HazardFeedbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feedback", abstract: "Reports that the hazard is removed 反馈.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "What was done.") var result: String
  @Option(help: "A photo's file; its digest is reported. May be given several times.", completion: .file())
  var photo: [String] = []
  @Option(help: "Of a major hazard: who assessed its treatment, and what they found 治理情况评估.") var assessment: String?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = HazardFeedback(
      number: hazard.number, expectedVersion: hazard.expectedVersion, result: result,
      evidence: try photo.map(Attachment.init(file:)), assessment: assessment)
    try session.show(try await HazardClient(session.connection).feedback(request, session.options)) { $0.summary }
  }
}

struct HazardVoidCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "void", abstract: "Proposes to declare a wrong entry void 作废; another person confirms it.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "Why.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = VoidHazard(number: hazard.number, expectedVersion: hazard.expectedVersion, note: note)
    try session.show(try await HazardClient(session.connection).void(request, session.options)) { $0.summary }
  }
}

struct HazardHandOverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hand-over",
    abstract: "Gives all tasks of a person to another 移交; deadlines do not move.")
  @Argument(help: "The grid subtree: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "Whose tasks they are.") var from: String
  @Option(help: "Who takes them over.") var to: String
  @Option(help: "Why.") var note: String
  @Flag(help: "The person leaves: objects of the ledger, posts and mobile terminals go along.") var leaves = false
  @Flag(help: "Only say what one command would hand over, or why it could not.") var dryRun = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = HazardClient(session.connection)
    let request = HandOverTasks(grid: grid, from: from, to: to, note: note, leaves: leaves)
    guard !dryRun else {
      return try session.show(try await client.checkHandOver(request, session.options)) {
        localized("to be handed over: ", "待移交：") + $0.summary + ($0.more ? localized(" and more", "，以及其他") : "")
      }
    }
    var total = HandOverReceipt(more: true)
    // Each command takes a part, so that others need not wait for all.
    while total.more {
      let part = try await client.handOver(request, session.options)
      total.cases += part.cases
      total.enterprises += part.enterprises
      total.posts += part.posts
      total.terminals += part.terminals
      total.roles += part.roles
      total.more = part.more && part.cases + part.enterprises + part.posts > 0
    }
    try session.show(total) { receipt in
      localized(
        "\(receipt.summary) handed over from \(from) to \(to)", "\(from)的\(receipt.summary)移交\(to)")
    }
  }
}

extension HandOverReceipt {
  fileprivate var summary: String {
    var parts = [localized("\(cases) tasks", "\(cases)项任务")]
    if enterprises > 0 { parts.append(localized("\(enterprises) enterprises", "\(enterprises)个监管对象")) }
    if posts > 0 { parts.append(localized("\(posts) posts", "\(posts)个岗位")) }
    if terminals > 0 { parts.append(localized("\(terminals) terminals", "\(terminals)台终端")) }
    if roles > 0 { parts.append(localized("\(roles) roles end", "终止角色\(roles)项")) }
    return parts.joined(separator: localized(", ", "、"))
  }
}
