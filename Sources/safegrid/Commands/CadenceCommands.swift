import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct CadenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cadence", abstract: "The two-cadence duty of enterprises 两化: login, self-check, upload.",
    subcommands: [
      CadenceRegisterCommand.self, CadenceLoginCommand.self, CadenceSelfCheckCommand.self, CadenceUploadCommand.self,
      CadenceShowCommand.self, CadenceSilentCommand.self, CadenceUnregisteredCommand.self, CadenceRatesCommand.self,
    ])
}

struct CadenceRegisterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "register", abstract: "Brings an enterprise into the two-cadence system.")
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Argument(help: "Its account in that system.") var account: String
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = RegisterCadence(enterpriseId: enterprise, account: account)
    try session.show(try await CadenceClient(session.connection).register(request, session.options)) { $0.details }
  }
}

/// What every deed takes.
struct DeedOptions: ParsableArguments {
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @Option(help: "Words for the record.") var note = ""
  @OptionGroup var options: ConnectionOptions

  func record(_ deed: CadenceDeed) async throws {
    let session = try await options.open()
    let request = RecordCadence(enterpriseId: enterprise, deed: deed, note: note)
    try session.show(try await CadenceClient(session.connection).record(request, session.options)) { $0.summary }
  }
}

struct CadenceLoginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login", abstract: "Notes that the enterprise has logged in 登录.")
  @OptionGroup var deed: DeedOptions

  func run() async throws { try await deed.record(.login(Empty())) }
}

struct CadenceSelfCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "self-check",
    abstract: "Notes that the enterprise has checked itself 自查; without hazards a zero report.")
  @OptionGroup var deed: DeedOptions
  @Option(help: "A hazard that it found, and has reported before; may be given several times.")
  var hazard: [HazardNumber] = []

  func run() async throws {
    try await deed.record(.selfCheck(SelfCheck(zeroReport: hazard.isEmpty, hazards: hazard)))
  }
}

struct CadenceUploadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upload-fix", abstract: "Names a hazard that the enterprise has reported itself and rectified 上传整改.")
  @OptionGroup var deed: DeedOptions
  @Option(help: "Its number, 28 digits.") var hazard: HazardNumber

  func run() async throws { try await deed.record(.uploadFix(UploadFix(number: hazard))) }
}

struct CadenceShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows what an enterprise has done last, and what it owes.")
  @Argument(help: "The enterprise's number.") var enterprise: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ShowCadence(enterpriseId: enterprise)
    try session.show(try await CadenceClient(session.connection).show(request, session.options)) {
      $0.account.details + "\n\n" + $0.duties.table()
    }
  }
}

struct CadenceSilentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "silent", abstract: "Lists enterprises that have let more than so many periods pass.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "More than so many.") var periods: UInt32 = 0
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListSilent(grid: grid, periods: periods)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await CadenceClient(session.connection).silent(request, session.options)
    }
    try session.show(page) {
      $0.duties.table() + more($0.next != nil)
    }
  }
}

struct CadenceUnregisteredCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unregistered", abstract: "Lists active objects that are not in the two-cadence system yet.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let request = ListUnregistered(grid: grid)
    let page = try await firstRows(limit, of: request) { (request) async throws(CallFailure) in
      try await CadenceClient(session.connection).unregistered(request, session.options)
    }
    try session.show(page) {
      $0.enterprises.table() + more($0.next != nil)
    }
  }
}

struct CadenceRatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rates", abstract: "Says how many enterprises are registered, and how many of them keep the cadence.")
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let rates = try await CadenceClient(session.connection).rates(CountCadence(grid: grid), session.options)
    try session.show(rates) { rates in
      let (of, share) = ("\(rates.registered.numerator)/\(rates.registered.denominator)", rates.registered.percent)
      let registered = localized("registered", "已注册") + "  \(of)  \(share)"
      let unset = rates.unconfigured.map { $0.text + localized("  not configured", "  未配置") }
      return ([registered] + unset + [rates.rates.table(), madeAt(rates.asOf, rates.ruleset)])
        .filter { !$0.isEmpty }.joined(separator: "\n")
    }
  }
}
