internal import Bytes
internal import Engine
internal import Example
internal import RPC
internal import Records
internal import Scalars
internal import Support

/// A gateway that reports hazards and moves cases on: it asks again, under the same key, for whatever it was not told,
/// and now and then for what it was told.
final class SimulatedClient: ClientDelegate {
  /// A command, for as long as the world lasts.
  private struct Command {
    let pending: PendingCommand
    let isSubmission: Bool
    /// The highest sequence that anybody had been told when it was asked for first.
    let floor: UInt64
    var attempts = 0
    var isUnderWay = false
    var isAnswered = false
    var isRefused = false
  }

  private enum Call {
    case command(Int)
    case show(HazardNumber, floor: UInt64, version: UInt64)
    case count(floor: UInt64, least: Int)
  }

  private let world: GridSimulation
  private var random: SplitMix64
  private(set) var connection: ClientConnection<SimulatedClient>?
  private var calls: [UInt32: Call] = [:]
  private var commands: [Command] = []
  /// Own cases, and the version that was last seen of each.
  private var cases: [(number: HazardNumber, version: UInt64)] = []

  /// Calls under way at once.
  private static let callsMax = 6

  init(_ world: GridSimulation, seed: UInt64) {
    self.world = world
    random = SplitMix64(seed: seed)
  }

  /// Whether nothing is left to be told.
  var isDone: Bool { commands.allSatisfy { $0.isAnswered || $0.isRefused } }

  func connect() -> ClientConnection<SimulatedClient> {
    let connection = ClientConnection(client: "simulation", schemaHash: [], delegate: self)
    self.connection = connection
    return connection
  }

  /// The connection is gone: what was under way is not known.
  func lose() {
    connection = nil
    for case .command(let index) in calls.values { commands[index].isUnderWay = false }
    calls = [:]
  }

  /// - Parameter isEnding: ask for nothing new any more.
  func act(isEnding: Bool) throws {
    guard let connection, connection.greeting != nil, calls.count < Self.callsMax else { return }
    let doubtful = commands.indices.filter {
      !commands[$0].isAnswered && !commands[$0].isUnderWay && !commands[$0].isRefused
    }
    let known = commands.indices.filter { commands[$0].isAnswered && !commands[$0].isUnderWay }
    if let index = doubtful.randomElement(using: &random), isEnding || random.chance(0.5) {
      try send(index, connection)
    } else if isEnding || random.chance(0.3) {
      try query(connection)
    } else if let index = known.randomElement(using: &random), random.chance(0.15) {
      try send(index, connection)
    } else {
      try send(makeCommand(), connection)
    }
  }

  private func makeCommand() -> Int {
    let serial = world.nextSerial()
    let isSubmission = cases.isEmpty || random.chance(0.7)
    let command: Records.Command
    if isSubmission {
      // Without photos it is refused.
      command = .hazardSubmit(World.report(photos: random.chance(0.1) ? 0 : 1))
    } else {
      command = .hazardForwardUp(HazardNote(number: random.pick(cases).number, note: "x"))
    }
    let pending = County.pending(command, by: isSubmission ? "gm" : "vs", key: world.key(serial))
    world.auditor.asks(pending, isSubmission: isSubmission)
    commands.append(Command(pending: pending, isSubmission: isSubmission, floor: world.auditor.sequenceMax))
    return commands.count - 1
  }

  private func send(_ index: Int, _ connection: ClientConnection<SimulatedClient>) throws {
    let pending = commands[index].pending
    commands[index].attempts += 1
    commands[index].isUnderWay = true
    let head = Open(
      method: pending.command.method.rawValue, timeoutUs: random.chance(0.2) ? random.next() % 20_000 : 10_000_000,
      requestKey: pending.requestKey, actingFor: pending.actingFor)
    calls[try connection.open(head, body: pending.command.request.encoded(), isStreaming: false)] = .command(index)
  }

  private func query(_ connection: ClientConnection<SimulatedClient>) throws {
    let floor = world.auditor.sequenceMax
    let (method, body, call): (Method, [UInt8], Call)
    if let shown = cases.randomElement(using: &random), random.chance(0.7) {
      (method, body) = (.hazardShow, ShowHazard(number: shown.number).encoded())
      call = .show(shown.number, floor: floor, version: shown.version)
    } else {
      (method, body) = (.hazardCount, CountHazards(grid: World.county).encoded())
      call = .count(floor: floor, least: world.auditor.submissionsAcknowledged)
    }
    let head = Open(method: method.rawValue, actingFor: "cd")
    calls[try connection.open(head, body: body, isStreaming: false)] = call
  }

  // MARK: Replies

  func ended(stream: UInt32, _ status: Status, body: [UInt8]) {
    guard let call = calls.removeValue(forKey: stream) else { return world.fail("a reply to no call") }
    do {
      switch call {
      case .command(let index): try commandEnded(index, status, body)
      case .show(let number, let floor, let version):
        guard status.code == 0 else { throw LifeFault("case \(number) is not shown: \(status.message)") }
        try world.auditor.saw(status.sequence, floor: floor)
        try note(try Hazard(encoded: body).number, try Hazard(encoded: body).version, atLeast: version)
      case .count(let floor, let least):
        guard status.code == 0 else { throw LifeFault("nothing is counted: \(status.message)") }
        try world.auditor.saw(status.sequence, floor: floor)
        try world.auditor.checkCount(HazardCounts(encoded: body).counts.reduce(0) { $0 + $1.count }, atLeast: least)
      }
    } catch {
      world.fail("\(error)")
    }
  }

  private func commandEnded(_ index: Int, _ status: Status, _ body: [UInt8]) throws {
    commands[index].isUnderWay = false
    let command = commands[index]
    if status.code == 0 {
      commands[index].isAnswered = true
      try world.auditor.executed(
        command.pending, isSubmission: command.isSubmission, status, body, floor: command.floor,
        isRepetition: command.isAnswered)
      let receipt = try HazardReceipt(encoded: body)
      if !command.isAnswered { try note(receipt.number, receipt.version, atLeast: 0) }
    } else if status.outcome == CallOutcome.notExecuted.rawValue, !command.isAnswered {
      // What was not done in time this time may have been done the time before.
      let isFinal = command.attempts == 1 || status.error != 0
      commands[index].isRefused = isFinal
      if isFinal { try world.auditor.notExecuted(command.pending) }
    }
  }

  private func note(_ number: HazardNumber, _ version: UInt64, atLeast least: UInt64) throws {
    guard version >= least else { throw LifeFault("case \(number) went back from version \(least) to \(version)") }
    if let place = cases.firstIndex(where: { $0.number == number }) {
      cases[place].version = max(cases[place].version, version)
    } else {
      cases.append((number, version))
    }
  }

  func connected(_ greeting: HelloOk) {}
  func message(stream: UInt32, _ body: [UInt8]) {}
  func pong(_ payload: [UInt8]) {}
  func goingAway(_ notice: GoAway) { world.fail("the server hung up: \(notice.message)") }
}
