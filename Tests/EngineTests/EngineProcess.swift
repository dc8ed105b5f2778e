import Bytes
import Domain
import Engine
import Example
import Journal
import Records
import Scalars
import Store
import Support

/// A data folder with an engine on it. Dropping it is the death of its process: nothing is closed.
struct EngineProcess: ~Copyable {
  let folder: DataFolder
  let store: StateStore
  let journal: JournalReader<PosixDisk>
  let condition: DataFolder.Condition
  let redone: UInt64
  let copied: UInt64?
  let copies: StateCopies
  let history: HistoryIdentifier
  var engine: CommandEngine<JournalWriter<PosixDisk>>

  init(_ folder: String, mapBytes: Int = 256 << 20) throws {
    var options = JournalWriter<PosixDisk>.Options(
      history: [UInt8](repeating: 1, count: historyIdentifierBytes), createdMilliseconds: 0)
    options.segmentBytes = 9 << 20
    options.isTestStore = true
    let dataFolder = try DataFolder(path: folder)
    let copies = try dataFolder.copies
    let recovered = try RecoveredStore(dataFolder, mapBytes: mapBytes, journal: options)
    let (store, journal) = (recovered.store, recovered.journal.reader)
    let (condition, redone) = (recovered.condition, recovered.redoneEntries)
    let (copied, history) = (recovered.copiedSequence, recovered.journal.history)
    let engine = try recovered.engine { Instant("2026-03-02T08:30:00+08:00")! }
    self.folder = dataFolder
    (self.store, self.journal, self.condition, self.redone) = (store, journal, condition, redone)
    (self.copied, self.history, self.copies) = (copied, history, copies)
    self.engine = engine
  }

  func copy() throws -> CopyManifest? {
    try copies.make(of: store, journal, history: history, at: .unset, pace: { _ in true }, walkPace: { true }).manifest
  }

  mutating func step(_ commands: [PendingCommand]) -> [CommandResult] { engine.step(commands, at: .now) }

  /// Runs one command for a person, with a request key of its own.
  @discardableResult
  mutating func act(_ command: Command, by person: String? = nil, key: [UInt8]? = nil) -> CommandResult {
    step([Self.pending(command, by: person, key: key)])[0]
  }
}

extension EngineProcess {
  static func pending(
    _ command: Command, by person: String?, key: [UInt8]? = nil, hash: UInt8 = 1,
    deadline: ContinuousClock.Instant = .now + .seconds(60)
  ) -> PendingCommand {
    PendingCommand(
      command: command, principal: person == nil ? .system : World.gateway, actingFor: person == "admin" ? nil : person,
      requestKey: key, requestHash: [UInt8](repeating: hash, count: 16), deadline: deadline, byteCount: 1, address: nil)
  }

  /// A request key of the test clock's time.
  static func key(_ number: UInt8, at time: String = "2026-03-02T08:30:00+08:00") -> [UInt8] {
    let milliseconds = Instant(time)!.millisecondsSince1970
    return (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) } + [0x70, 0, 0x80]
      + [UInt8](repeating: number, count: 7)
  }

  /// The county of the model's world, by the same commands.
  static func setUp(_ process: inout EngineProcess) {
    let clock = Command.adminStartTestClock(ClockReading(now: Instant("2026-03-02T08:30:00+08:00")!))
    for (command, person) in [(clock, nil)] + World.founding() {
      guard case .executed = process.act(command, by: person) else {
        preconditionFailure("\(command.method.name) was not executed")
      }
    }
  }
}
