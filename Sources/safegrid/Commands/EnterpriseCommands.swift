import API
import ArgumentParser
import Client
import RPC
import Records
import Scalars

struct EnterpriseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enterprise", abstract: "The enterprise ledger 企业台账.",
    subcommands: [
      EnterpriseShowCommand.self, EnterpriseFindCommand.self, EnterpriseSearchCommand.self, EnterpriseListCommand.self,
      EnterpriseUnsupervisedCommand.self, EnterpriseOfferedCommand.self, EnterpriseAwayCommand.self,
      EnterpriseSitesCommand.self,
      EnterpriseHistoryCommand.self,
      EnterpriseCollectCommand.self, EnterpriseNoteCommand<Confirm>.self, EnterpriseNoteCommand<Reject>.self,
      EnterpriseMergeCommand.self, EnterpriseUpdateCommand<Update>.self,
      EnterpriseUpdateCommand<ProposeUpdate>.self, EnterpriseNoteCommand<ConfirmUpdate>.self,
      EnterpriseNoteCommand<RefuseUpdate>.self, EnterpriseUpdatesCommand.self, EnterpriseAssignCommand.self,
      EnterprisePutContactCommand.self, EnterpriseContactCommand.self, EnterprisePutDossierCommand.self,
      EnterpriseDossierCommand.self,
      EnterpriseNoteCommand<Suspend>.self, EnterpriseNoteCommand<Resume>.self, EnterpriseRelocateCommand.self,
      EnterpriseDecisionCommand<AcceptRelocation>.self, EnterpriseDecisionCommand<RefuseRelocation>.self,
      EnterpriseSetDirectCommand.self, EnterpriseUnsetDirectCommand.self, EnterpriseNoteCommand<Close>.self,
    ])
}

struct EnterpriseShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows one object of the ledger.")
  @Argument(help: "The object's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let enterprise = try await EnterpriseClient(session.connection).show(ShowEnterprise(id: id), session.options)
    try session.show(enterprise) { $0.summary }
  }
}

struct EnterpriseFindCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "find", abstract: "Finds an object by its credit code.")
  @Argument(help: "The unified social credit code, 18 characters.") var uscc: USCC
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let enterprise = try await EnterpriseClient(session.connection).find(FindEnterprise(uscc: uscc), session.options)
    try session.show(enterprise) { $0.summary }
  }
}

struct EnterpriseSearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Finds objects by any part of their name, by credit code, or by flags.",
    discussion: """
      The text may be one character or several; small and capital letters, full-width and plain signs are the same. A whole \
      credit code finds its object. Without a text the flags alone decide; an object must have all of them.
      Flags: \(EnterpriseFlag.allKnown.map(\.name).joined(separator: ", ")).
      """)
  @Argument(help: "A part of the name, or a credit code of 18 characters.") var text = ""
  @Option(help: "Only in this grid's subtree: 15 digits, or a division code of 6, 9 or 12.") var grid: GridCode?
  @Option(name: .customLong("flag"), help: "An object must have it; may be given several times.")
  var flags: [EnterpriseFlag] = []
  @Option(name: .customLong("state"), help: "Only in this state; may be given several times.")
  var states: [EnterpriseState] = []
  @Option(name: .customLong("section"), help: "Only of this section 门类 of the industries; may be given several times.")
  var sections: [IndustrySection] = []
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = EnterpriseClient(session.connection)
    func show(_ found: EnterpriseSearchPage) throws {
      try session.show(found) { $0.enterprises.table() + more($0.next != nil) }
    }
    if let uscc = USCC(text) {
      return try show(
        EnterpriseSearchPage(enterprises: [await client.find(FindEnterprise(uscc: uscc), session.options)]))
    }
    let search = SearchEnterprises(grid: grid, text: text, flags: flags, states: states, sections: sections)
    try show(
      await firstRows(limit, of: search) { (request) async throws(CallFailure) in
        try await client.search(request, session.options)
      })
  }
}

/// What every list of objects by place takes.
struct EnterpriseListOptions: ParsableArguments {
  @Argument(help: "15 digits, or a division code of 6, 9 or 12.") var grid: GridCode
  @Option(help: "How many at most.") var limit: UInt32 = 100
  @OptionGroup var options: ConnectionOptions

  func show(
    _ list: (EnterpriseClient, ListEnterprises, CallOptions) async throws(CallFailure) -> EnterprisePage
  ) async throws {
    let session = try await options.open()
    let client = EnterpriseClient(session.connection)
    let page = try await firstRows(limit, of: ListEnterprises(grid: grid)) { (request) async throws(CallFailure) in
      try await list(client, request, session.options)
    }
    try session.show(page) {
      $0.enterprises.table() + more($0.next != nil)
    }
  }
}

struct EnterpriseListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the objects of a grid subtree.")
  @OptionGroup var list: EnterpriseListOptions

  func run() async throws {
    try await list.show { (client, request, options) async throws(CallFailure) in
      try await client.list(request, options)
    }
  }
}

struct EnterpriseUnsupervisedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unsupervised", abstract: "Lists what nobody supervises 三不管: no grid member, or no department.")
  @OptionGroup var list: EnterpriseListOptions

  func run() async throws {
    try await list.show { (client, request, options) async throws(CallFailure) in
      try await client.unsupervised(request, options)
    }
  }
}

struct EnterpriseOfferedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offered", abstract: "Lists the objects that are offered to a grid subtree 待接收迁移.")
  @OptionGroup var list: EnterpriseListOptions

  func run() async throws {
    try await list.show { (client, request, options) async throws(CallFailure) in
      try await client.offered(request, options)
    }
  }
}

struct EnterpriseAwayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "away", abstract: "Lists what is registered in a grid subtree and operates outside it 异地经营.")
  @OptionGroup var list: EnterpriseListOptions

  func run() async throws {
    try await list.show { (client, request, options) async throws(CallFailure) in
      try await client.away(request, options)
    }
  }
}

struct EnterpriseSitesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sites", abstract: "Lists the further places of operation of an enterprise 生产经营场所.")
  @Argument(help: "The enterprise's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let sites = try await EnterpriseClient(session.connection).sites(ShowEnterprise(id: id), session.options)
    try session.show(sites) { $0.enterprises.table() }
  }
}

struct EnterpriseUpdatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "updates", abstract: "Lists the objects of which an update waits to be confirmed 待确认更新.")
  @OptionGroup var list: EnterpriseListOptions

  func run() async throws {
    try await list.show { (client, request, options) async throws(CallFailure) in
      try await client.updates(request, options)
    }
  }
}

struct EnterpriseHistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Shows an object and all that ever happened to it.")
  @Argument(help: "The object's number.") var id: UInt64
  @Option(help: "For the place where it is registered, or which it has left: that place. Left out: where it operates.")
  var grid: GridCode?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = EnterpriseClient(session.connection)
    let place = if let grid { grid } else { try await client.show(ShowEnterprise(id: id), session.options).grid }
    let trace = try await client.trace(TraceEnterprise(id: id, grid: place), session.options)
    try session.show(trace) { trace in
      [trace.enterprise?.summary, trace.entries.table()].compactMap(\.self).joined(separator: "\n\n")
    }
  }
}
