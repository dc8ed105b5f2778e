internal import RPC
internal import Transport

/// The endpoints of a channel and their connections: made when they are needed, made again when they are lost.
actor Endpoints {
  private enum State {
    /// Not connected, and not to be tried before this moment.
    case idle(until: Duration)
    case connecting
    case ready(any ChannelConnection)
  }

  private struct Place {
    let endpoint: Endpoint
    var state = State.idle(until: .zero)
    /// Attempts that failed since the last that did not.
    var failures = 0
    var lastFailure: ConnectFailure?
  }

  /// A connection, and which endpoint it leads to.
  struct Choice: Sendable {
    let index: Int
    let connection: any ChannelConnection
  }

  private let surroundings: ChannelSurroundings
  private let waitsForReady: Bool
  private var places: [Place]
  /// Where commands go, and where the next query begins to look.
  private var primary = 0
  private var turn = 0
  private var history: [UInt8]?
  private var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
  private var lastWaiter: UInt64 = 0
  private var isClosed = false

  /// Calls that wait until an endpoint is ready: each holds its request. Who comes later is told so at once.
  static let waitersMax = 1000
  /// Between two attempts to connect to an endpoint; doubles from the first to the last bound, and is random below.
  private static let firstPause = Duration.milliseconds(100)
  private static let lastPause = Duration.seconds(10)

  init(_ endpoints: [Endpoint], waitsForReady: Bool, _ surroundings: ChannelSurroundings) {
    places = endpoints.map { Place(endpoint: $0) }
    self.waitsForReady = waitsForReady
    self.surroundings = surroundings
  }

  // MARK: Choosing

  /// A connection for a call: commands go to one endpoint as long as it is there, queries to each in turn.
  ///
  /// - Parameter avoiding: the endpoint that has just failed; it is taken only when there is no other.
  func choose(isCommand: Bool, avoiding: Int?, deadline: Duration) async throws(CallFailure) -> Choice {
    while true {
      guard !isClosed else { throw CallFailure(.cancelled, .notExecuted, "the channel was closed") }
      if let choice = ready(isCommand: isCommand, avoiding: avoiding) { return choice }
      let isTrying = connectIdle()
      guard isTrying || waitsForReady else { throw notReady }
      guard surroundings.now() < deadline else {
        throw CallFailure(.deadlineExceeded, .notExecuted, "no endpoint was ready before the deadline: \(lastFailures)")
      }
      try await wait(until: min(deadline, nextAttempt))
    }
  }

  /// Whether another endpoint than this one is ready.
  func hasOther(than index: Int) -> Bool {
    places.indices.contains { $0 != index && connection(at: $0) != nil }
  }

  private func ready(isCommand: Bool, avoiding: Int?) -> Choice? {
    let start = isCommand ? primary : turn
    let order = places.indices.map { (start + $0) % places.count }
    let chosen =
      order.first { $0 != avoiding && connection(at: $0) != nil } ?? order.first { connection(at: $0) != nil }
    guard let chosen, let connection = connection(at: chosen) else { return nil }
    if isCommand { primary = chosen } else { turn = (chosen + 1) % places.count }
    // An endpoint that was lost comes back although the others do its work meanwhile.
    _ = connectIdle()
    return Choice(index: chosen, connection: connection)
  }

  private func connection(at index: Int) -> (any ChannelConnection)? {
    guard case .ready(let connection) = places[index].state else { return nil }
    if connection.isUsable { return connection }
    places[index].state = .idle(until: .zero)
    return nil
  }

  private var notReady: CallFailure {
    CallFailure(.unavailable, .notExecuted, "no endpoint is ready: \(lastFailures)", retryAfterMilliseconds: 1000)
  }

  private var lastFailures: String {
    places.map { $0.lastFailure?.description ?? "\($0.endpoint) has not answered yet" }.joined(separator: "; ")
  }

  // MARK: Connecting

  /// Begins to connect where it is time to; answers whether an attempt is under way.
  private func connectIdle() -> Bool {
    let now = surroundings.now()
    for index in places.indices {
      guard case .idle(let until) = places[index].state, until <= now else { continue }
      places[index].state = .connecting
      Task { [surroundings, endpoint = places[index].endpoint] in
        let result: Result<any ChannelConnection, ConnectFailure>
        do throws(ConnectFailure) { result = .success(try await surroundings.connect(endpoint)) } catch {
          result = .failure(error)
        }
        await connected(index, result)
      }
    }
    return places.contains { if case .connecting = $0.state { true } else { false } }
  }

  private func connected(_ index: Int, _ result: Result<any ChannelConnection, ConnectFailure>) async {
    switch result {
    case .success(let connection):
      guard !isClosed else { return await connection.close() }
      guard history == nil || history == connection.historyIdentifier else {
        // Request keys count within one history: a command repeated elsewhere could be applied twice.
        await connection.close()
        return failed(index, ConnectFailure(endpoint: places[index].endpoint, reason: "it serves another history"))
      }
      history = connection.historyIdentifier
      places[index].state = .ready(connection)
      places[index].failures = 0
      places[index].lastFailure = nil
      wakeAll()
    case .failure(let failure): failed(index, failure)
    }
  }

  private func failed(_ index: Int, _ failure: ConnectFailure) {
    let bound = min(Self.lastPause, Self.firstPause * (1 << min(places[index].failures, 10)))
    let pause = bound / 2 + bound / 2 * surroundings.random()
    places[index].failures += 1
    places[index].lastFailure = failure
    places[index].state = .idle(until: surroundings.now() + pause)
    wakeAll()
  }

  /// When an endpoint is to be tried again that is not being tried.
  private var nextAttempt: Duration {
    places.map { place in
      if case .idle(let until) = place.state { until } else { .seconds(Int64.max) }
    }.min()!
  }

  // MARK: Waiting

  /// Until something has changed, or the moment has come.
  private func wait(until moment: Duration) async throws(CallFailure) {
    guard waiters.count < Self.waitersMax else {
      throw CallFailure(
        .resourceExhausted, .notExecuted, "\(waiters.count) calls wait for an endpoint already: \(lastFailures)",
        retryAfterMilliseconds: 1000)
    }
    lastWaiter += 1
    let number = lastWaiter
    let timer = Task { [surroundings] in
      await surroundings.sleep(moment - surroundings.now())
      wake(number)
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { continuation.resume() } else { waiters[number] = continuation }
      }
    } onCancel: {
      Task { await wake(number) }
    }
    timer.cancel()
    if Task.isCancelled { throw CallFailure(.cancelled, .notExecuted, "the call was cancelled") }
  }

  private func wake(_ number: UInt64) { waiters.removeValue(forKey: number)?.resume() }

  private func wakeAll() {
    let all = waiters
    waiters = [:]
    for waiter in all.values { waiter.resume() }
  }

  func close() async {
    isClosed = true
    wakeAll()
    for index in places.indices {
      guard case .ready(let connection) = places[index].state else { continue }
      places[index].state = .idle(until: .zero)
      await connection.close()
    }
  }
}
