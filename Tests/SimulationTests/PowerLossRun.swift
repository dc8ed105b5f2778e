import Engine
import Example
import Journal
import Records
import Scalars
import Simulation
import Store
import Support

/// A folder that lives through busy days and power cuts, one generation after the other. A generation begins with what
/// the last power cut left.
struct PowerLossRun {
  private(set) var random: SplitMix64
  private(set) var ledger = Ledger()
  /// What was rebuilt and checked so far: all, and those whose state was used as it was, or made from a copy.
  private(set) var counts = (states: 0, closed: 0, copied: 0)
  private var image = DiskImage(folders: [""])
  private var serial: UInt64 = 0
  private let options: Life.Options

  /// How a run begins.
  enum Kind: CaseIterable {
    case new
    /// On a folder that was restored, whose journal does not reach back to the beginning.
    case restored
  }

  private let kind: Kind

  init(seed: UInt64, _ kind: Kind) {
    self.kind = kind
    random = SplitMix64(seed: seed)
    options = Life.Options(history: [UInt8](repeating: 1, count: 16))
  }

  /// Lets the daemon work, cuts the power at `cutCount` moments of that, checks what is left each time, and goes on
  /// with the last of them.
  mutating func generation(cutCount: Int) throws {
    let folder = TemporaryFolder(isInMemory: true)
    try image.write(to: folder.path)
    if kind == .restored, image.files.isEmpty { try restore(to: "\(folder.path)/data") }
    let log = FileLog(of: folder.path)
    let start = log.count
    for _ in 0..<Int(2 + random.next() % 3) { try live("\(folder.path)/data", log) }
    let operations = log.take()
    let moments = moments(of: operations, from: start)
    try compare(operations, with: folder.path)
    var model = DiskModel()
    var place = 0
    for moment in (0..<cutCount).map({ _ in random.pick(random.pick(moments)) }).sorted() {
      for operation in operations[place..<moment] { model.apply(operation) }
      place = moment
      var left = model.afterPowerCut(.any(&random), &random)
      left.startMachine(dataFolder: "data")
      spoilState(&left)
      try check(left, moment, "after \(moment) of \(operations.count) operations")
      image = left
    }
    ledger.goBack(to: place)
  }

  /// The shim missed nothing: what it noted makes the same files as there are.
  private func compare(_ operations: [FileOperation], with path: String) throws {
    var random = SplitMix64(seed: 0)
    let images = [operations, FileLog(of: path).take()].map { operations in
      var model = DiskModel()
      for operation in operations { model.apply(operation) }
      return model.afterPowerCut(Luck(survival: 1, rubbish: 0), &random)
    }
    guard images[0].folders == images[1].folders, Set(images[0].files.keys) == Set(images[1].files.keys) else {
      throw LifeFault("the shim noted other names than there are")
    }
    // LMDB's readers are nothing that anybody keeps.
    for (name, content) in images[0].files where !name.hasSuffix("lock.mdb") {
      guard content.reads(like: images[1].files[name]!) else { throw LifeFault("the shim noted another \(name)") }
    }
  }

  /// When the power may be cut: any time, and close to the turns between one life and the next, which are rare.
  private func moments(of operations: [FileOperation], from start: Int) -> [[Int]] {
    // Many writes in a row differ little from one.
    let all = (start...operations.count).filter { $0 == operations.count || $0 == 0 || !operations[$0 - 1].isWrite }
    let turns = operations.indices.filter { operations[$0] == .noted(0) }
    return [all, all, turns.flatMap { turn in (-8...8).map { turn + $0 } }.filter(all.contains)]
  }

  // MARK: A busy day

  private mutating func live(_ path: String, _ log: FileLog) throws {
    var life = try Life(path, options)
    if life.journal.lastSequence == 0 {
      for result in life.step(County.founding()) {
        guard case .executed = result else { throw LifeFault("the county was not founded: \(result)") }
      }
    }
    // Whoever was not answered asks again: an answer counts, also one that an earlier life had left in the journal.
    let unanswered = ledger.pages.suffix(8).filter { $0.answer == .none }.map(\.command)
    try step(unanswered, &life, log)
    for _ in 0..<Int(5 + random.next() % 20) {
      try step(commands(life.store), &life, log)
      if random.chance(0.1) { log.observeMaps() }
      if random.chance(0.05) { try life.copy() }
    }
    log.observeMaps()
    if random.chance(0.3) {
      // The process dies between a write and its sync: the next one can read what is not on the disk.
      log.fail(.syncs, from: 1, through: .max, code: 5)
      let batch = try commands(life.store)
      for command in batch { ledger.ask(command) }
      _ = life.step(batch)
      log.heal()
      log.observeMaps()
    } else if random.chance(0.5) {
      try life.end()
    }
    log.note(0)
  }

  private mutating func step(_ batch: [PendingCommand], _ life: inout Life, _ log: FileLog) throws {
    for command in batch { ledger.ask(command) }
    for (command, result) in zip(batch, life.step(batch)) {
      switch result {
      case .executed, .refused: try ledger.answer(command.requestKey!, result, at: log.count)
      default: throw LifeFault("a command came to nothing: \(result)")
      }
    }
  }

  /// A county that was founded elsewhere.
  private func restore(to path: String) throws {
    let source = TemporaryFolder(isInMemory: true)
    var life = try Life("\(source.path)/data", options)
    _ = life.step(County.founding())
    try life.copy()
    try life.end()
    _ = try Restore.run(
      from: "\(source.path)/data", to: path, at: .newest, history: [UInt8](repeating: 2, count: 16),
      now: Life.clockStart, mapBytes: options.mapBytes)
    // A death makes the last segment anew, in the size that the run has.
    for _ in 0..<2 { _ = try Life(path, options) }
    try Life(path, options).end()
  }

  private mutating func commands(_ store: StateStore) throws -> [PendingCommand] {
    let snapshot = try Snapshot(store)
    let hazards = try snapshot.keys(HazardsTable.self, in: .all, descending: true, limit: 20).compactMap {
      try snapshot.record(HazardsTable.self, $0)
    }
    return (0..<(1 + random.next() % 6)).map { _ in
      let (command, person) = Histories.act(&random, hazards)
      serial += 1
      return County.pending(command, by: person, key: County.key(serial))
    }
  }

  // MARK: A power cut

  /// What LMDB wrote before the machine stopped may be anything, unless the mark says that it was synced.
  private mutating func spoilState(_ image: inout DiskImage) {
    let text = image.files["data/mark"]?.runs.first?.bytes ?? []
    if String(decoding: text, as: UTF8.self).hasSuffix("closed\n") { return }
    let name = "data/state/data.mdb"
    switch random.next() % 4 {
    case 0: image.files[name] = nil
    case 1: if image.folders.contains("data/state") { image.files[name] = FileContent() }
    case 2:
      let rubbish = (0..<8192).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      image.files[name]?.write(rubbish, at: Int(random.next() % 4) * 4096)
    default: break
    }
  }

  private mutating func check(_ image: DiskImage, _ moment: Int, _ description: String) throws {
    let folder = TemporaryFolder(isInMemory: true)
    do {
      try image.write(to: folder.path)
      try check("\(folder.path)/data", moment)
    } catch {
      let names = (image.folders.map { "\($0)/" } + image.files.keys).sorted().joined(separator: " ")
      throw LifeFault("\(description): \(error); there were: \(names)")
    }
  }

  private mutating func check(_ path: String, _ moment: Int) throws {
    var life = try Life(path, options)
    counts.states += 1
    if life.condition == .closed { counts.closed += 1 }
    if life.copiedSequence != nil { counts.copied += 1 }
    let found = try ledger.audit(life.journal, asOf: moment)
    let report = try Snapshot(life.store).verify()
    if let fault = report.faults.first { throw LifeFault(fault) }
    guard try life.hasIntactCopies() else { throw LifeFault("a copy counts that is not whole") }
    // Of what was asked for last, every command is asked for again: who was told something hears it once more, and for
    // the others it happens now, unless it has happened before.
    var last = life.journal.lastSequence
    if last == 0 { return }
    for page in ledger.pages.suffix(5).reversed() {
      let known = found[page.command.requestKey!]
      switch life.step([page.command])[0] {
      case .executed(let sequence, let body) where known == sequence:
        guard page.answeredAt > moment || page.answer == .executed(sequence: sequence, body: body) else {
          throw LifeFault("the repetition of entry \(sequence) got another reply")
        }
      case .executed(last + 1, _) where known == nil: last += 1
      case .refused where known == nil: continue
      case let result: throw LifeFault("a repetition of entry \(known ?? 0) got \(result)")
      }
    }
  }
}

extension FileOperation {
  var isWrite: Bool { if case .written = self { true } else { false } }
}
