internal import Bytes
internal import Domain
internal import Engine
internal import Journal
internal import Records
internal import Store

/// The daemon's own commands before it serves: the clock of a new test store, what an older version's records need, and
/// the profile that it was given.
struct Preparation {
  private let configuration: SafeGridServer.Configuration
  private let isTestStore: Bool

  init(_ configuration: SafeGridServer.Configuration, isTestStore: Bool) {
    self.configuration = configuration
    self.isTestStore = isTestStore
  }

  /// - Throws: `ConfigurationFault` when a command is refused, or the store is from a newer version.
  func run(_ engine: inout CommandEngine<JournalWriter<PosixDisk>>, _ store: StateStore) throws {
    if isTestStore, SafeGridServer.testTime(of: store) == nil {
      let start = configuration.testClockStart ?? SafeGridServer.wallTime()
      _ = try execute(.adminStartTestClock(ClockReading(now: start)), on: &engine)
    }
    try migrate(&engine, store)
    if try Snapshot(store).record(ProfilesTable.self, .init(id: 1))?.profile != configuration.profile {
      _ = try execute(.adminActivateProfile(ActivateProfile(profile: configuration.profile)), on: &engine)
    }
  }

  private func migrate(_ engine: inout CommandEngine<JournalWriter<PosixDisk>>, _ store: StateStore) throws {
    var last = try Snapshot(store).record(SchemaVersionTable.self, .init(id: 1))?.number ?? 0
    guard last <= Migration.newest else {
      throw ConfigurationFault(
        "the records were written by a newer version (migration \(last); this one knows \(Migration.newest)): install that "
          + "version or a later one")
    }
    while last < Migration.newest {
      let reply = try execute(.adminMigrate(Migrate(number: last + 1)), on: &engine)
      if try MigrationProgress(encoded: reply).done { last += 1 }
    }
  }

  private func execute(_ command: Command, on engine: inout CommandEngine<JournalWriter<PosixDisk>>) throws -> [UInt8] {
    let pending = PendingCommand(
      command: command, principal: .system, actingFor: nil, requestKey: nil, requestHash: [],
      deadline: .now + .seconds(60), byteCount: 0, address: nil)
    switch engine.step([pending], at: .now)[0] {
    case .executed(_, let reply): return reply
    case .replyForgotten: preconditionFailure("a command without a key was recognised")
    case .refused(let refusal): throw ConfigurationFault("\(command.method.name): \(refusal.message.english)")
    case .unavailable(let reason), .unknown(let reason): throw ConfigurationFault(reason)
    case .expired, .withdrawn: throw ConfigurationFault("\(command.method.name) took too long")
    }
  }
}
