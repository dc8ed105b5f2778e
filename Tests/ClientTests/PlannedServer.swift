import RPC
import Synchronization
import Transport

@testable import Client

/// A server in this process that answers by a plan, and notes what it was asked.
final class PlannedServer: Sendable {
  typealias Answer = Result<CallReply, CallFailure>

  struct Asked: Sendable {
    let method: UInt32
    let requestKey: [UInt8]?
    let timeout: Duration?
  }

  private struct State {
    var plan: [Answer]
    var asked: [Asked] = []
    var connects = 0
    var isReachable = true
  }

  let endpoint: Endpoint
  private let history: [UInt8]
  private let state: Mutex<State>
  /// The connections that were made, to break them.
  private let connections = Mutex<[PlannedConnection]>([])

  /// - Parameter plan: answers in their order; the last is given again and again.
  init(_ name: String, history: UInt8 = 1, _ plan: [Answer] = [.success(CallReply(body: [], sequence: 1))]) {
    endpoint = .unix(path: name)
    self.history = [UInt8](repeating: history, count: 16)
    state = Mutex(State(plan: plan))
  }

  var asked: [Asked] { state.withLock { $0.asked } }
  var connects: Int { state.withLock { $0.connects } }

  func setReachable(_ isReachable: Bool) { state.withLock { $0.isReachable = isReachable } }
  /// Loses the connections that there are.
  func loseConnections() {
    for connection in connections.withLock({ $0 }) { connection.isUsable = false }
  }

  func connect() throws(ConnectFailure) -> PlannedConnection {
    let isReachable = state.withLock { state in
      state.connects += 1
      return state.isReachable
    }
    guard isReachable else { throw ConnectFailure(endpoint: endpoint, reason: "refused") }
    let connection = PlannedConnection(self, history)
    connections.withLock { $0.append(connection) }
    return connection
  }

  fileprivate func answer(_ asked: Asked) throws(CallFailure) -> CallReply {
    try state.withLock { state -> Answer in
      state.asked.append(asked)
      return state.plan.count > 1 ? state.plan.removeFirst() : state.plan[0]
    }.get()
  }
}

final class PlannedConnection: ChannelConnection {
  private let server: PlannedServer
  let historyIdentifier: [UInt8]
  private let usable = Mutex(true)
  private let keys = RequestKeys(serverTimeMilliseconds: 1_700_000_000_000)

  init(_ server: PlannedServer, _ history: [UInt8]) {
    self.server = server
    historyIdentifier = history
  }

  var isUsable: Bool {
    get { usable.withLock { $0 } }
    set { usable.withLock { $0 = newValue } }
  }

  func makeRequestKey() -> [UInt8] { keys.next() }
  func close() async { isUsable = false }

  func unary(
    method: UInt32, isCommand: Bool, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> CallReply {
    try server.answer(.init(method: method, requestKey: options.requestKey, timeout: options.timeout))
  }

  func stream(
    method: UInt32, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> any MessageBodies {
    _ = try server.answer(.init(method: method, requestKey: nil, timeout: options.timeout))
    throw CallFailure(.unimplemented, .query, "no messages are planned")
  }

  func exchange(
    method: UInt32, isStreaming: Bool, _ options: CallOptions
  ) async throws(CallFailure) -> any MessageExchange {
    _ = try server.answer(.init(method: method, requestKey: nil, timeout: options.timeout))
    throw CallFailure(.unimplemented, .notExecuted, "no messages are planned")
  }
}

extension CallFailure {
  static func planned(
    _ code: StatusCode = .unavailable, _ outcome: CallOutcome = .notExecuted, after milliseconds: UInt32? = 0
  ) -> CallFailure {
    CallFailure(code, outcome, "planned", retryAfterMilliseconds: milliseconds)
  }
}
