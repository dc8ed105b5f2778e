internal import API
internal import Bytes
internal import Domain
internal import Engine
internal import Metrics
internal import RPC
internal import Records
internal import Service
internal import Store

/// The calls of all connections of one life, on one thread: what the daemon's event loops do, over the same gate, the
/// same queue and the same queries. Streams are left to the tests of processes.
///
/// Safe to share: there is one thread.
final class SimulatedDispatcher: Dispatcher, Mailbox, @unchecked Sendable {
  typealias Peer = Principal
  typealias Connection = ServerConnection<SimulatedDispatcher>

  private let queue = CommandQueue()
  /// Whether there is something for the writer.
  private(set) var hasWaitingCommands = false
  private let store: StateStore
  private let services: QueryServices
  private let history: [UInt8]
  private let moment: () -> ContinuousClock.Instant
  private let fault: PlantedFault?
  private var connections: [UInt64: Connection] = [:]
  private var lastIdentifier: UInt64 = 0
  private var keysSeen: UInt8 = 0
  /// An old state, for the planted fault.
  private var staleSnapshot: Snapshot?

  init(
    _ store: StateStore, _ services: QueryServices, history: [UInt8], fault: PlantedFault?,
    moment: @escaping () -> ContinuousClock.Instant
  ) {
    (self.store, self.services, self.history, self.fault, self.moment) = (store, services, history, fault, moment)
  }

  func accept(_ peer: Principal) -> Connection {
    lastIdentifier += 1
    let connection = Connection(
      identifier: lastIdentifier, peer: peer, limits: Limits(), isLocal: false, dispatcher: self)
    connections[lastIdentifier] = connection
    return connection
  }

  func close(_ connection: Connection) { connections[connection.identifier] = nil }

  /// The process is gone: connections and dispatcher let go of each other.
  func closeAll() {
    connections = [:]
    // What waits there knows where to answer, and so keeps us alive.
    _ = takeCommands()
  }

  func greet(_ connection: Connection, token: String?) -> Greeting {
    Greeting(
      server: "simulation", session: connection.identifier, historyIdentifier: history, schemaHash: interfaceHash,
      principal: connection.peer.name, roles: [], serverTimeMilliseconds: 0)
  }

  func begin(_ call: IncomingCall, body: RawSpan, on connection: Connection) {
    do throws(CallFailure) {
      guard let method = Method(rawValue: call.method), !method.isStreaming, !method.takesStream, !method.isDetached
      else {
        throw CallFailure(.unimplemented, .notExecuted, "not simulated")
      }
      if method.isCommand {
        try enqueue(method, call, body, connection)
      } else {
        try answer(method, call, body, connection)
      }
    } catch {
      connection.end(call.stream, with: error)
    }
  }

  private static let seal = ReporterSeal(secret: [UInt8](repeating: 7, count: 32))

  private func enqueue(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection
  ) throws(CallFailure) {
    var (command, key, hash) = try Gate.command(method, call, body: body, Self.seal)
    if fault == .doubleApplication {
      keysSeen &+= 1
      key[15] = keysSeen
    }
    let timeout = min(call.timeout ?? .seconds(method.deadlineSeconds), .seconds(method.deadlineSeconds))
    let pending = PendingCommand(
      command: command, principal: connection.peer, actingFor: call.actingFor, requestKey: key, requestHash: hash,
      deadline: moment() + timeout, byteCount: body.byteCount,
      address: ReplyAddress(mailbox: self, connection: connection.identifier, stream: call.stream, arrival: .now))
    hasWaitingCommands = true
    guard case .taken = queue.put(pending) else {
      throw CallFailure(.resourceExhausted, .notExecuted, "the queue of commands is full", retryAfterMilliseconds: 20)
    }
  }

  private func answer(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection
  ) throws(CallFailure) {
    if fault == .staleRead, let stale = staleSnapshot.take() {
      try answer(method, call, body, connection, in: stale)
      staleSnapshot = consume stale
      return
    }
    let snapshot: Snapshot
    do throws(StoreError) { snapshot = try Snapshot(store) } catch {
      throw CallFailure(.unavailable, .query, "\(error)", retryAfterMilliseconds: 100)
    }
    try answer(method, call, body, connection, in: snapshot)
    if fault == .staleRead { staleSnapshot = consume snapshot }
  }

  private func answer(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection, in snapshot: borrowing Snapshot
  ) throws(CallFailure) {
    let sequence: UInt64
    do throws(Refusal) { sequence = try snapshot.appliedSequence() } catch { throw CallFailure(error, .query) }
    let (query, caller) = try Gate.query(
      method, call, body: body, from: connection.peer, at: services.clock, in: snapshot)
    var writer = ByteWriter()
    do throws(Refusal) { try services.answer(query, for: caller, in: snapshot, into: &writer) } catch {
      throw CallFailure(error, .query)
    }
    let bytes = writer.bytes()
    connection.answer(call.stream, sequence: sequence, outcome: .query) { $0.append(bytes) }
  }

  func takeCommands() -> [PendingCommand] {
    hasWaitingCommands = false
    defer { queue.answered() }
    return queue.takeAll(patience: .zero).commands
  }

  func cancel(stream: UInt32, on connection: Connection) {}
  func burstEnded() {}
  func extendCredit(stream: UInt32, on connection: Connection) {}

  func deliver(_ replies: [CommandReply]) {
    for reply in replies {
      guard let connection = connections[reply.address.connection] else { continue }
      let stream = reply.address.stream
      switch reply.result {
      case .executed(let sequence, let body):
        connection.answer(stream, sequence: sequence, outcome: .executed) { $0.append(body) }
      case .refused(let refusal): connection.end(stream, with: CallFailure(refusal, .notExecuted))
      case .expired:
        connection.end(stream, with: CallFailure(.deadlineExceeded, .notExecuted, "too late"))
      case .withdrawn:
        connection.end(stream, with: CallFailure(.cancelled, .notExecuted, "withdrawn"))
      case .unavailable(let reason):
        connection.end(stream, with: CallFailure(.unavailable, .notExecuted, reason))
      case .replyForgotten: preconditionFailure("nothing is forgotten in a simulated life")
      case .unknown(let reason): connection.end(stream, with: CallFailure(.unavailable, .unknown, reason))
      }
    }
  }
}

/// A fault that the auditor must find: who finds none must not be believed when it finds nothing.
package enum PlantedFault: String, CaseIterable, Sendable {
  /// The disk says that the journal is synced, and sometimes it is not.
  case lostWrite
  /// Request keys are not looked at: a repetition is a new command.
  case doubleApplication
  /// Queries are answered from a state that is not the newest.
  case staleRead
}

/// Plants a fault in one world after the other until the auditor finds it.
///
/// - Returns: what it said; `nil` when it found nothing.
package func canary(_ fault: PlantedFault, seeds: ClosedRange<UInt64>) -> String? {
  for seed in seeds {
    do { _ = try GridSimulation(seed: seed, fault: fault).run(eventCount: 3000) } catch { return "\(error)" }
  }
  return nil
}
