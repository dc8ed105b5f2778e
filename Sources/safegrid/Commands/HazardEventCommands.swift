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

enum ForwardUp: NoteEvent {
  static let name = "forward-up"
  static let abstract = "Hands the report to the grid above 逐级上报."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.forwardUp(request, options) }
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

enum ReturnTask: NoteEvent {
  static let name = "return-task"
  static let abstract = "Gives the task back 退回; --note says why it is not yours."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.returnTask(request, options) }
}

enum TransferEnforcement: NoteEvent {
  static let name = "transfer-enforcement"
  static let abstract = "Hands a violation to enforcement 移送执法."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.transferEnforcement(request, options) }
}

enum VerifyPass: NoteEvent {
  static let name = "verify-pass"
  static let abstract = "Accepts the rectification and closes the case 核查通过."
  static func call(
    _ client: HazardClient, _ request: HazardNote, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.verifyPass(request, options) }
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
  static let abstract = "Puts a case aside that cannot be solved in time 挂账; --note says why."
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

// MARK: Events that name a person

protocol AssignEvent {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: HazardClient, _ request: DispatchHazard, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt
}

struct AssignCommand<Event: AssignEvent>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: Event.name, abstract: Event.abstract) }
  @OptionGroup var hazard: CaseOptions
  @Option(help: "The person who is to rectify.") var assignee: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = DispatchHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, assignee: assignee, note: note)
    try session.show(try await Event.call(HazardClient(session.connection), request, session.options)) { $0.summary }
  }
}

enum DispatchTask: AssignEvent {
  static let name = "dispatch"
  static let abstract = "Gives the task to a person 派遣."
  static func call(
    _ client: HazardClient, _ request: DispatchHazard, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.dispatch(request, options) }
}

enum Reassign: AssignEvent {
  static let name = "reassign"
  static let abstract = "Gives the task to another person 改派."
  static func call(
    _ client: HazardClient, _ request: DispatchHazard, _ options: CallOptions
  ) async throws(CallFailure) -> HazardReceipt { try await client.reassign(request, options) }
}

// MARK: Events with contents of their own

struct HazardFileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "file", abstract: "Opens the case 立案.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "The class, if the report's is wrong.") var `class`: String?
  @Option(help: "The severity, if the report's is wrong.") var severity: HazardSeverity?
  @Option(help: "1 (worst) to 4, for a major hazard.") var majorGrade: UInt32?
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = FileHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, class: `class`, severity: severity,
      majorGrade: majorGrade, note: note)
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
  static let configuration = CommandConfiguration(commandName: "regrade", abstract: "Changes the severity 改级.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "general or major.") var severity: HazardSeverity
  @Option(help: "1 (worst) to 4, for a major hazard.") var majorGrade: UInt32?
  @Option(help: "The evidence.") var note: String
  @Option(help: "Who agrees; needed to go down from major.") var secondPerson: String?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = RegradeHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, severity: severity, majorGrade: majorGrade,
      note: note, secondPerson: secondPerson)
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
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = HazardFeedback(
      number: hazard.number, expectedVersion: hazard.expectedVersion, result: result,
      evidence: try photo.map(Attachment.init(file:)))
    try session.show(try await HazardClient(session.connection).feedback(request, session.options)) { $0.summary }
  }
}

struct HazardVoidCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "void", abstract: "Declares a wrong entry void 作废; two people are needed.")
  @OptionGroup var hazard: CaseOptions
  @Option(help: "Why.") var note: String
  @Option(help: "Who agrees.") var secondPerson: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = VoidHazard(
      number: hazard.number, expectedVersion: hazard.expectedVersion, note: note, secondPerson: secondPerson)
    try session.show(try await HazardClient(session.connection).void(request, session.options)) { $0.summary }
  }
}
