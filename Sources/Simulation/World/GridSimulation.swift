internal import Bytes
internal import Engine
internal import Example
internal import Journal
internal import Metrics
internal import RPC
internal import Records
internal import Scalars
internal import Service
internal import Store
internal import Support

/// Clients, network, clock, daemon and disk on one thread, all from one seed.
///
/// The daemon is the real one from its connections down to its files; the world supplies what comes from outside. The
/// process dies, and the power fails, at any call to the disk, in the middle of a batch or of a start; what is on the
/// disk afterwards is one of the states that ``DiskModel`` allows.
package final class GridSimulation {
  enum Event {
    case clientActs(Int)
    /// Bytes that are under way arrive, some of them.
    case bytesArrive(Int)
    case writerSteps
    case diskFails
    case starts
    case copies
    case clockMoves
  }

  package let seed: UInt64
  private let fault: PlantedFault?
  private var random: SplitMix64
  private var schedule = Schedule<Event>()
  private let clock = VirtualClock()
  /// Where the monotonic clock began.
  private let beginning = ContinuousClock.now
  var auditor = Auditor()
  private var failure: String?
  private var serial: UInt64 = 0

  private let machine: Machine
  private var life: Life?
  private var dispatcher: SimulatedDispatcher?
  private var isWriterAwake = false
  private var isEnding = false

  private var clients: [SimulatedClient] = []
  private var wires: [Wire?] = []

  /// - Parameter fault: what is planted for the auditor to find.
  package init(seed: UInt64, fault: PlantedFault? = nil) throws {
    machine = try Machine(fault)
    self.seed = seed
    self.fault = fault
    random = SplitMix64(seed: seed)
  }

  /// Runs the world, and answers what came to pass.
  ///
  /// - Parameter eventCount: after so many, clients ask only for what they were not told, and nothing fails any more.
  package func run(eventCount: Int) throws -> String {
    defer { end() }
    for index in 0..<4 {
      clients.append(SimulatedClient(self, seed: random.next()))
      wires.append(nil)
      schedule.add(.clientActs(index), after: 0)
    }
    start()
    schedule.add(.diskFails, after: wait(400_000))
    schedule.add(.clockMoves, after: 1000)
    schedule.add(.copies, after: wait(200_000))
    var left = eventCount
    while failure == nil, let event = schedule.next() {
      try handle(event)
      left -= 1
      if left == 0 { isEnding = true }
      if isEnding, life != nil, clients.allSatisfy(\.isDone) { break }
      guard left > -20 * eventCount else { throw LifeFault("the clients never hear what became of their commands") }
    }
    if failure == nil { try audit() }
    if let failure { throw LifeFault("seed \(seed), after \(schedule.now) µs: \(failure)") }
    return "seed \(seed): \(auditor.counts)"
  }

  /// Lets go of everything: the inhabitants hold the world, and it them.
  private func end() {
    for index in wires.indices { cut(index) }
    dispatcher?.closeAll()
    (dispatcher, clients) = (nil, [])
    life = nil
  }

  /// The auditor has caught somebody.
  func fail(_ reason: String) { if failure == nil { failure = reason } }

  func nextSerial() -> UInt64 {
    serial += 1
    return serial
  }

  /// A request key of the clients' clock, which is right.
  func key(_ serial: UInt64) -> [UInt8] { County.key(serial, at: clock.now) }

  private func wait(_ microseconds: UInt64) -> Int64 { Int64(random.next() % microseconds) + 1 }

  private var moment: ContinuousClock.Instant { beginning + .microseconds(schedule.now) }

  private func handle(_ event: Event) throws {
    switch event {
    case .clientActs(let index):
      if wires[index] == nil { connect(index) }
      try clients[index].act(isEnding: isEnding)
      pump(index)
      schedule.add(.clientActs(index), after: wait(20_000))
    case .bytesArrive(let index): arrive(index)
    case .writerSteps: step()
    case .diskFails:
      if !isEnding, life != nil {
        if random.chance(0.2) {
          endInOrder()
        } else {
          machine.failDisk(within: 8, &random)
          wakeWriter()
        }
      }
      schedule.add(.diskFails, after: wait(400_000))
    case .starts: start()
    case .copies:
      if life != nil { try? life?.copy() }
      dieIfFailed()
      schedule.add(.copies, after: wait(400_000))
    case .clockMoves:
      // It goes on, drifts, and is set now and then, back and forth.
      clock.advance(by: random.chance(0.02) ? Int64(random.next() % 7_200_000) - 3_600_000 : Int64(random.next() % 200))
      wakeWriter()
      schedule.add(.clockMoves, after: 100_000)
    }
  }

  // MARK: The network

  private func connect(_ index: Int) {
    guard let dispatcher, life != nil else { return }
    wires[index] = Wire(clients[index].connect(), dispatcher.accept(World.gateway))
  }

  /// Puts what both sides have to say on the wire.
  private func pump(_ index: Int) {
    guard let wire = wires[index], wire.takeOutbound(), !wire.isScheduled else { return }
    wire.isScheduled = true
    schedule.add(.bytesArrive(index), after: wait(random.chance(0.05) ? 50_000 : 500))
  }

  private func arrive(_ index: Int) {
    guard let wire = wires[index] else { return }
    wire.isScheduled = false
    if !isEnding, random.chance(0.002) {
      auditor.counts.cutConnections += 1
      return cut(index)
    }
    wire.carry(&random)
    if let reason = wire.breach { fail(reason) }
    if dispatcher?.hasWaitingCommands == true { wakeWriter() }
    if wire.isLoaded {
      wire.isScheduled = true
      schedule.add(.bytesArrive(index), after: wait(500))
    }
    pump(index)
  }

  private func cut(_ index: Int) {
    if let wire = wires[index] { dispatcher?.close(wire.server) }
    wires[index] = nil
    clients[index].lose()
  }

  // MARK: The daemon

  private func wakeWriter() {
    guard !isWriterAwake, life != nil else { return }
    isWriterAwake = true
    schedule.add(.writerSteps, after: wait(3000))
  }

  private func step() {
    isWriterAwake = false
    guard let dispatcher else { return }
    let commands = dispatcher.takeCommands()
    guard let results = life?.step(commands, at: moment) else { return }
    // Who dies in the middle of it answers nobody.
    if dieIfFailed() { return }
    var replies: [CommandReply] = []
    for (command, result) in zip(commands, results) {
      guard let address = command.address else { continue }
      replies.append(CommandReply(address: address, method: command.command.method, result: result))
    }
    dispatcher.deliver(replies)
    for index in wires.indices { pump(index) }
  }

  @discardableResult
  private func dieIfFailed() -> Bool {
    guard machine.hasFailed else { return false }
    die()
    return true
  }

  /// The process is gone; in half of all cases the machine with it.
  private func die() {
    leave()
    life = nil
    machine.healDisk()
    auditor.counts.deaths += 1
    goDark()
  }

  /// Answers what was taken in, and leaves the folder in order.
  private func endInOrder() {
    step()
    guard let life = life.take() else { return }
    machine.healDisk()
    leave()
    do { try life.end() } catch { fail("the end was not in order: \(error)") }
    auditor.counts.orderlyEnds += 1
    goDark()
  }

  private func leave() {
    for index in wires.indices { cut(index) }
    dispatcher?.closeAll()
    dispatcher = nil
  }

  /// Until the next start; in half of all cases the power fails meanwhile.
  private func goDark() {
    if random.chance(0.5) {
      auditor.counts.powerCuts += 1
      do { try machine.cutPower(&random) } catch { fail("\(error)") }
    }
    schedule.add(.starts, after: wait(50_000))
  }

  private func start() {
    var options = Life.Options(history: [UInt8](repeating: 1, count: 16))
    options.wallClock = { [clock] in clock.now }
    if !isEnding, random.chance(0.3) {
      machine.failDisk(within: 40, &random)
    }
    do {
      var life = try Life(machine.dataFolder, options)
      if life.journal.lastSequence < County.founding(isTestStore: false).count {
        _ = life.step(Array(County.founding(isTestStore: false).dropFirst(Int(life.journal.lastSequence))), at: moment)
      }
      if machine.hasFailed { throw LifeFault("it died at its start") }
      machine.healDisk()
      let keeper = try life.makeKeeper()
      let facts = ServerFacts(version: "0", historyIdentifier: "", isTestStore: false, startedAt: clock.now)
      // Nobody reads the counts of a simulated daemon.
      let metrics = MetricsSource(loops: [], writer: WriterCounts(), queue: CommandQueue(), connections: { 0 })
      let services = QueryServices(
        store: life.store, journal: life.journal, keeper: keeper, metrics: metrics, live: LiveActivity(),
        health: DaemonHealth(), facts: facts
      ) { [clock] in $0 ?? clock.now }
      dispatcher = SimulatedDispatcher(life.store, services, history: life.history, fault: fault) { [unowned self] in
        moment
      }
      self.life = consume life
    } catch {
      guard machine.hasFailed else { return fail("the daemon does not start: \(error)") }
      auditor.counts.deathsAtStart += 1
      die()
    }
  }

  // MARK: The end

  private func audit() throws {
    guard let journal = life?.journal else { preconditionFailure("the world ended without a daemon") }
    try auditor.ledger.audit(journal)
    if let fault = try life?.firstFault() { throw LifeFault(fault) }
  }
}
