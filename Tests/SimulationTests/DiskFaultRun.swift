import Bytes
import Engine
import Example
import Glibc
import Journal
import Records
import Scalars
import Simulation
import Store
import Support

/// What a disk can do to a daemon.
enum DiskFault: CaseIterable {
  /// One sync answers EIO; what it should have made durable may be lost.
  case syncFails
  /// One write finds no room, or none does any more.
  case writeFails, writesFail
  /// One file cannot be made or made longer, or none can.
  case allocationFails, allocationsFail
  /// One rename or removal answers EIO.
  case nameFails
  /// From some moment on the file system takes nothing.
  case turnsReadOnly

  var calls: FileLog.Calls {
    switch self {
    case .syncFails: .syncs
    case .writeFails, .writesFail: .writes
    case .allocationFails, .allocationsFail: .allocations
    case .nameFails: .names
    case .turnsReadOnly: [.syncs, .writes, .allocations, .names, .openings]
    }
  }

  var isLasting: Bool { self == .writesFail || self == .allocationsFail || self == .turnsReadOnly }

  var code: Int32 {
    switch self {
    case .syncFails, .nameFails: EIO
    case .writeFails, .writesFail, .allocationFails, .allocationsFail: ENOSPC
    case .turnsReadOnly: EROFS
    }
  }

  /// What an operator has to read.
  var text: String {
    switch code {
    case EIO: "Input/output error"
    case ENOSPC: "No space left on device"
    default: "Read-only file system"
    }
  }
}

/// One day of a daemon whose disk fails: a start that makes the state again, reports over several segments, copies, and
/// the end.
struct DiskFaultRun {
  private var random: SplitMix64
  private var ledger = Ledger()
  private let options: Life.Options
  /// A county in which there is something to redo, as a power cut left it.
  private let image: DiskImage
  private var serial: UInt64 = 0

  init(seed: UInt64) throws {
    random = SplitMix64(seed: seed)
    var options = Life.Options(history: [UInt8](repeating: 1, count: 16))
    options.segmentBytes = 24 << 10
    self.options = options
    let folder = TemporaryFolder(isInMemory: true)
    let log = FileLog(of: folder.path)
    var life = try Life("\(folder.path)/data", options)
    _ = life.step(County.founding())
    for round in 0..<4 {
      let command = Self.report(serial)
      serial += 1
      ledger.ask(command)
      try ledger.answer(command.requestKey!, life.step([command])[0], at: 0)
      if round == 1 { try life.copy() }
    }
    var model = DiskModel()
    for operation in log.take() { model.apply(operation) }
    var image = model.afterPowerCut(Luck(survival: 1, rubbish: 0), &random)
    image.startMachine(dataFolder: "data")
    self.image = image
  }

  private static func report(_ serial: UInt64) -> PendingCommand {
    var report = World.report()
    report.description = String(repeating: "消防通道堵塞", count: 40)
    return County.pending(.hazardSubmit(report), by: "gm", key: County.key(serial))
  }

  /// Lets the fault strike at its `number`th occasion.
  ///
  /// - Returns: whether there was one.
  func strikes(_ fault: DiskFault, at number: Int) throws -> Bool {
    var run = self
    let folder = TemporaryFolder(isInMemory: true)
    try image.write(to: folder.path)
    let log = FileLog(of: folder.path)
    log.fail(fault.calls, from: number, through: fault.isLasting ? .max : number, code: fault.code)
    do {
      try run.live("\(folder.path)/data", fault, log)
    } catch let error as LifeFault {
      throw error
    } catch {
      // The start, a copy or the end was given up; it says why.
      guard "\(error)".contains(fault.text) else { throw LifeFault("an unclear error: \(error)") }
    }
    guard log.faultCount > 0 else { return false }
    log.heal()
    // The power fails as well, which spoils what the failed call left unsynced.
    var model = DiskModel()
    for operation in log.take() { model.apply(operation) }
    var left = model.afterPowerCut(.any(&run.random), &run.random)
    left.startMachine(dataFolder: "data")
    let other = TemporaryFolder(isInMemory: true)
    try left.write(to: other.path)
    try run.check("\(other.path)/data")
    // Or the daemon is started again once the disk is well.
    try run.check("\(folder.path)/data")
    return true
  }

  private mutating func live(_ path: String, _ fault: DiskFault, _ log: FileLog) throws {
    var life = try Life(path, options)
    for round in 0..<12 {
      let batch = (0..<2).map { Self.report(serial + $0) }
      serial += 2
      for command in batch { ledger.ask(command) }
      for (command, result) in zip(batch, life.step(batch)) {
        switch result {
        case .unavailable(let reason), .unknown(let reason):
          guard reason.contains(fault.text) else { throw LifeFault("an unclear error: \(reason)") }
        default: break
        }
        try ledger.answer(command.requestKey!, result, at: 0)
      }
      try read(life.store, life.journal)
      // A copy that fails is tried again later.
      if round % 5 == 4 { try? life.copy() }
    }
    try life.end()
  }

  /// Reads go on: everything that was acknowledged is to be seen.
  private func read(_ store: StateStore, _ journal: JournalReader<PosixDisk>) throws {
    do {
      let snapshot = try Snapshot(store)
      guard try snapshot.appliedSequence() == journal.lastSequence else { throw LifeFault("the state is behind") }
      for case .executed(let sequence, let body) in ledger.pages.suffix(6).map(\.answer) {
        let number = try HazardReceipt(encoded: body).number
        guard try snapshot.record(HazardsByNumberIndex.self, .init(number: number)) != nil,
          try journal.entry(sequence) != nil
        else { throw LifeFault("entry \(sequence) cannot be read while the disk fails") }
      }
    } catch let error as LifeFault {
      throw error
    } catch {
      throw LifeFault("reads do not go on: \(error)")
    }
  }

  /// The disk is well again: nothing more than a start is needed.
  private func check(_ path: String) throws {
    var ledger = ledger
    do {
      var life = try Life(path, options)
      try ledger.audit(life.journal)
      if let fault = try Snapshot(life.store).verify().faults.first { throw LifeFault(fault) }
      guard try life.hasIntactCopies() else { throw LifeFault("a copy counts that is not whole") }
      for page in ledger.pages.suffix(30) {
        try ledger.answer(page.command.requestKey!, life.step([page.command])[0], at: 0)
      }
      try ledger.audit(life.journal)
      try life.copy()
      try life.end()
      guard try Life(path, options).condition == .closed else { throw LifeFault("the end was not in order") }
    } catch {
      throw LifeFault("once the disk was well: \(error)")
    }
  }
}
