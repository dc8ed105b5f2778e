import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

// What happens to an object of the ledger, one command for each event.

/// Which object, as its caller knows it.
struct ObjectOptions: ParsableArguments {
  @Argument(help: "The object's number.") var id: UInt64
  @Option(help: "Refuse if the object has another version than this.") var expectedVersion: UInt64?
}

struct EnterpriseCollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect", abstract: "Enters a candidate that was found in the field 采集.")
  @Argument(help: "The cell or village: 15 digits, or a division code of 12.") var grid: GridCode
  @Argument(help: "Its name.") var name: String
  @Option(help: "What kind of object it is.") var type: EnterpriseType
  @Option(help: "Its colour of risk.") var riskLevel: RiskLevel
  @Option(help: "Its unified social credit code, if it has one.") var uscc: String?
  @Flag(help: "Take a credit code whose check character is wrong, because the registry has it so.")
  var acceptLegacy = false
  @Option(help: "Its address.") var address = ""
  @OptionGroup var place: PointOptions
  @Option(help: "The department that supervises it.") var department = ""
  @Option(name: .customLong("flag"), help: "What makes it special; may be given several times.")
  var flags: [EnterpriseFlag] = []
  @Option(help: "Where it is registered, if elsewhere.") var registered: GridCode?
  @Option(help: "The credit code of the enterprise whose further place of operation it is.") var siteOf: String?
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let row = EnterpriseRow(
      uscc: uscc, name: name, type: type, grid: grid, address: address, point: place.point, riskLevel: riskLevel,
      responsibleDepartment: department, acceptLegacy: acceptLegacy, flags: flags, registered: registered,
      siteOf: siteOf)
    let request = CollectEnterprise(grid: grid, object: row, note: note)
    try session.show(try await EnterpriseClient(session.connection).collect(request, session.options)) { receipt in
      let alike = receipt.alike.map { "\($0)" }.joined(separator: ", ")
      return localized("candidate \(receipt.id)", "待确认对象\(receipt.id)")
        + (alike.isEmpty ? "" : localized("; of the same name in the village: \(alike)", "；本村（社区）同名对象：\(alike)"))
    }
  }
}

/// An event that brings nothing but words.
protocol EnterpriseNoteEvent {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: EnterpriseClient, _ request: EnterpriseNote, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise
}

enum Confirm: EnterpriseNoteEvent {
  static let name = "confirm"
  static let abstract = "Takes a candidate into the ledger 确认入库."
  static func call(
    _ client: EnterpriseClient, _ request: EnterpriseNote, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.confirm(request, options) }
}

enum Reject: EnterpriseNoteEvent {
  static let name = "reject"
  static let abstract = "The candidate is no object of supervision 不予入库; --note says why."
  static func call(
    _ client: EnterpriseClient, _ request: EnterpriseNote, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.reject(request, options) }
}

enum ConfirmUpdate: EnterpriseNoteEvent {
  static let name = "confirm-update"
  static let abstract = "Writes down what the grid member has proposed 确认更新."
  static func call(
    _ client: EnterpriseClient, _ request: EnterpriseNote, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.confirmUpdate(request, options) }
}

enum RefuseUpdate: EnterpriseNoteEvent {
  static let name = "refuse-update"
  static let abstract = "Does not write down what was proposed 退回更新; --note says why."
  static func call(
    _ client: EnterpriseClient, _ request: EnterpriseNote, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.refuseUpdate(request, options) }
}

enum Suspend: EnterpriseNoteEvent {
  static let name = "suspend"
  static let abstract = "Production stops 停产停业, by order or by itself; --note says why."
  static func call(
    _ client: EnterpriseClient, _ request: EnterpriseNote, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.suspend(request, options) }
}

enum Resume: EnterpriseNoteEvent {
  static let name = "resume"
  static let abstract = "Production goes on 恢复生产: no major hazard is open."
  static func call(
    _ client: EnterpriseClient, _ request: EnterpriseNote, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.resume(request, options) }
}

enum Close: EnterpriseNoteEvent {
  static let name = "close"
  static let abstract = "The object is gone 注销; --note says why."
  static func call(
    _ client: EnterpriseClient, _ request: EnterpriseNote, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.close(request, options) }
}

struct EnterpriseNoteCommand<Event: EnterpriseNoteEvent>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: Event.name, abstract: Event.abstract) }
  @OptionGroup var object: ObjectOptions
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = EnterpriseNote(id: object.id, expectedVersion: object.expectedVersion, note: note)
    try session.show(try await Event.call(EnterpriseClient(session.connection), request, session.options)) {
      $0.summary
    }
  }
}

struct EnterpriseMergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "The candidate is in the ledger already 合并.")
  @OptionGroup var object: ObjectOptions
  @Option(help: "The number of the object that it is.") var into: UInt64
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = MergeEnterprise(id: object.id, expectedVersion: object.expectedVersion, into: into, note: note)
    try session.show(try await EnterpriseClient(session.connection).merge(request, session.options)) { $0.summary }
  }
}

protocol EnterpriseUpdate {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: EnterpriseClient, _ request: UpdateEnterprise, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise
}

enum Update: EnterpriseUpdate {
  static let name = "update"
  static let abstract = "Writes down what has changed; what is left out stays as it is."
  static func call(
    _ client: EnterpriseClient, _ request: UpdateEnterprise, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.update(request, options) }
}

enum ProposeUpdate: EnterpriseUpdate {
  static let name = "propose-update"
  static let abstract = "Proposes what has changed 申请更新; the village confirms it."
  static func call(
    _ client: EnterpriseClient, _ request: UpdateEnterprise, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.proposeUpdate(request, options) }
}

struct EnterpriseUpdateCommand<Kind: EnterpriseUpdate>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: Kind.name, abstract: Kind.abstract) }
  @OptionGroup var object: ObjectOptions
  @Option(help: "Its name.") var name: String?
  @Option(help: "Its unified social credit code 统一社会信用代码.") var uscc: String?
  @Flag(help: "Take a credit code whose check character is wrong, because the registry has it so.")
  var acceptLegacy = false
  @Option(help: "What kind of object it is.") var type: EnterpriseType?
  @Option(help: "Its address.") var address: String?
  @OptionGroup var place: PointOptions
  @Option(help: "Industry after GB/T 4754-2017, for example C2671.") var industry: String?
  @Option(help: "Its colour of risk.") var riskLevel: RiskLevel?
  @Option(help: "How many people work there.") var employees: UInt32?
  @Option(help: "Its level of standardisation 标准化等级.") var standardization: Standardization?
  @Option(help: "Since when it has this level; left out: a new level begins today.") var standardizedOn: Date?
  @Option(help: "What it produces in a year, in yuan 年产值.") var output: UInt32?
  @Option(help: "The first day of its season of higher risk 重点时段.") var keyFrom: Date?
  @Option(help: "The last day of it.") var keyTo: Date?
  @Option(name: .customLong("flag"), help: "All flags that it has from now on; may be given several times.")
  var flags: [EnterpriseFlag] = []
  @Flag(help: "It has no flags any more.") var noFlags = false
  @Option(help: "Where it is registered.") var registered: GridCode?
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (keyFrom == nil) == (keyTo == nil) else { throw ValidationError("--key-from and --key-to go together") }
  }

  func run() async throws {
    let session = try await options.open()
    let request = UpdateEnterprise(
      id: object.id, expectedVersion: object.expectedVersion, name: name, address: address, point: place.point,
      industry: industry, riskLevel: riskLevel, employees: employees, standardization: standardization,
      flags: flags.isEmpty && !noFlags ? nil : EnterpriseFlags(flags: flags), registered: registered, note: note,
      output: output.map { Fen(Int64($0) * 100) }, keyPeriod: keyFrom.map { KeyPeriod(from: $0, to: keyTo!) },
      standardizedOn: standardizedOn, uscc: uscc, type: type, acceptLegacy: acceptLegacy)
    try session.show(try await Kind.call(EnterpriseClient(session.connection), request, session.options)) { $0.summary }
  }
}

struct EnterprisePutContactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put-contact", abstract: "Says whom to call about it 联系人; what is left out stays as it is.")
  @OptionGroup var object: ObjectOptions
  @Option(help: "The legal representative 法定代表人.") var legalRepresentative: String?
  @Option(help: "The safety officer 安全管理员.") var safetyOfficer: String?
  @Option(help: "The telephone number.") var phone: String?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = PutEnterpriseContact(
      id: object.id, expectedVersion: object.expectedVersion, legalRepresentative: legalRepresentative,
      safetyOfficer: safetyOfficer, phone: phone)
    try session.show(try await EnterpriseClient(session.connection).putContact(request, session.options)) {
      localized("contact of \($0.id): version \($0.version)", "\($0.id)的联系人：第\($0.version)版")
    }
  }
}

struct EnterpriseContactCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contact", abstract: "Shows whom to call about it; who may see it, the phone.")
  @Argument(help: "The object's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ShowEnterprise(id: id)
    try session.show(try await EnterpriseClient(session.connection).contact(request, session.options)) { $0.summary }
  }
}

struct EnterpriseAssignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assign", abstract: "Says who answers for it 落实监管责任: department, grid member.")
  @OptionGroup var object: ObjectOptions
  @Option(help: "The grid member.") var member: String?
  @Option(help: "The department.") var department: String?
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = AssignEnterprise(
      id: object.id, expectedVersion: object.expectedVersion, member: member, department: department, note: note)
    try session.show(try await EnterpriseClient(session.connection).assign(request, session.options)) { $0.summary }
  }
}

struct EnterpriseRelocateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relocate", abstract: "Asks another village to take the object over 迁移.")
  @OptionGroup var object: ObjectOptions
  @Option(help: "The cell or village that it moves to.") var to: GridCode
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = RelocateEnterprise(id: object.id, expectedVersion: object.expectedVersion, to: to, note: note)
    try session.show(try await EnterpriseClient(session.connection).relocate(request, session.options)) { $0.summary }
  }
}

/// What the place that an object was offered to decides.
protocol RelocationDecision {
  static var name: String { get }
  static var abstract: String { get }
  static func call(
    _ client: EnterpriseClient, _ request: DecideRelocation, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise
}

enum AcceptRelocation: RelocationDecision {
  static let name = "accept-relocation"
  static let abstract = "Takes over an object that was offered to this place 接收迁移."
  static func call(
    _ client: EnterpriseClient, _ request: DecideRelocation, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.acceptRelocation(request, options) }
}

enum RefuseRelocation: RelocationDecision {
  static let name = "refuse-relocation"
  static let abstract = "Does not take over an object that was offered to this place 拒收迁移; --note says why."
  static func call(
    _ client: EnterpriseClient, _ request: DecideRelocation, _ options: CallOptions
  ) async throws(CallFailure) -> Enterprise { try await client.refuseRelocation(request, options) }
}

struct EnterpriseDecisionCommand<Decision: RelocationDecision>: AsyncParsableCommand {
  static var configuration: CommandConfiguration { .init(commandName: Decision.name, abstract: Decision.abstract) }
  @OptionGroup var object: ObjectOptions
  @Option(help: "The cell, or the village, in the place that it was offered to.") var grid: GridCode
  @Option(help: "Its address there; left out: as it was.") var address = ""
  @OptionGroup var place: PointOptions
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = DecideRelocation(
      id: object.id, expectedVersion: object.expectedVersion, grid: grid, address: address, point: place.point,
      note: note)
    try session.show(try await Decision.call(EnterpriseClient(session.connection), request, session.options)) {
      $0.summary
    }
  }
}

struct EnterpriseSetDirectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set-direct", abstract: "A department supervises the object itself 直接监管.")
  @OptionGroup var object: ObjectOptions
  @Option(help: "On which ground.") var ground: DirectGround
  @Option(help: "The department.") var department: String
  @Option(help: "Why.") var note: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = SetDirect(
      id: object.id, expectedVersion: object.expectedVersion, ground: ground, department: department, note: note)
    try session.show(try await EnterpriseClient(session.connection).setDirect(request, session.options)) { $0.summary }
  }
}

struct EnterpriseUnsetDirectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unset-direct", abstract: "Gives the object back to a grid member 退回网格监管.")
  @OptionGroup var object: ObjectOptions
  @Option(help: "The grid member who takes it over.") var member: String
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = UnsetDirect(id: object.id, expectedVersion: object.expectedVersion, member: member, note: note)
    try session.show(try await EnterpriseClient(session.connection).unsetDirect(request, session.options)) {
      $0.summary
    }
  }
}
