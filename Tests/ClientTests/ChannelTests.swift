import API
import RPC
import Records
import Testing
import Transport

@testable import Client

/// A channel against servers that fail as planned, on a clock that only the test moves.
@Suite(.timeLimit(.minutes(20))) struct ChannelTests {
  private let time = ManualTime()

  /// - Parameter random: what chance says each time.
  private func channel(
    _ servers: [PlannedServer], waits: Bool = false, random: Double = 0
  ) -> Channel {
    var configuration = Channel.Configuration()
    configuration.waitsForReady = waits
    return Channel(
      to: servers.map(\.endpoint), configuration,
      ChannelSurroundings(
        connect: { (endpoint) throws(ConnectFailure) in try servers.first { $0.endpoint == endpoint }!.connect() },
        now: { [time] in time.now }, sleep: { [time] in await time.sleep($0) }, random: { random }))
  }

  private func ask(_ channel: Channel, _ method: UInt32 = 1, isCommand: Bool = false) async throws(CallFailure) {
    _ = try await channel.unary(
      method: method, isCommand: isCommand, [], CallOptions(timeout: .seconds(10)))
  }

  // MARK: Retries

  @Test func `a command keeps its request key over all attempts`() async throws {
    let server = PlannedServer(
      "a",
      [.failure(.planned()), .failure(.planned(.unavailable, .unknown)), .success(CallReply(body: [], sequence: 9))])
    try await ask(channel([server]), isCommand: true)
    #expect(server.asked.count == 3)
    let keys = Set(server.asked.map(\.requestKey))
    #expect(keys.count == 1 && keys.first??.count == 16)
  }

  @Test(arguments: [
    CallFailure.planned(.invalidArgument, .notExecuted, after: nil), .planned(.unavailable, .executed),
    .planned(.deadlineExceeded, .unknown, after: nil), .planned(.notFound, .query, after: nil),
  ])
  func `what would fail again, or has been executed, is not sent again`(failure: CallFailure) async throws {
    let server = PlannedServer("a", [.failure(failure), .success(CallReply(body: [], sequence: 1))])
    await #expect(throws: CallFailure.self) { try await ask(channel([server]), isCommand: failure.outcome != .query) }
    #expect(server.asked.count == 1)
  }

  @Test func `a query of unknown outcome is not sent again, and five sendings are enough`() async throws {
    let unknown = PlannedServer("a", [.failure(.planned(.internal, .unknown))])
    await #expect(throws: CallFailure.self) { try await ask(channel([unknown])) }
    #expect(unknown.asked.count == 1)
    let hopeless = PlannedServer("b", [.failure(.planned())])
    await #expect(throws: CallFailure.self) { try await ask(channel([hopeless])) }
    #expect(hopeless.asked.count == 5)
  }

  @Test func `the server's advice is obeyed, chance adds to it, and the deadline ends it`() async throws {
    let server = PlannedServer("a", [.failure(.planned(after: 3000))])
    let channel = channel([server], random: 0.5)
    let call = Task { () async -> CallFailure? in
      do throws(CallFailure) { try await ask(channel) } catch { return error }
      return nil
    }
    // Beyond the advice half of 50, 100 and 200 ms is waited.
    for pause in [3025, 3050, 3100] as [Int64] {
      try #require(await time.sleepers(1, for: .milliseconds(pause)))
      time.advance(by: .milliseconds(pause))
    }
    // The fourth attempt has 825 ms left; another wait would pass them.
    #expect(await call.value?.code == .unavailable)
    let left: [Duration?] = [10_000, 6975, 3925, 825].map { .milliseconds($0 as Int64) }
    #expect(server.asked.map(\.timeout) == left)
  }

  /// Planted: servers that turn everybody away at once. Without the budget there would be 5,000 sendings.
  @Test func `retries stay a tenth of the calls, whatever each call would like`() async throws {
    let server = PlannedServer("a", [.failure(.planned())])
    let channel = channel([server])
    for _ in 0..<1000 { await #expect(throws: CallFailure.self) { try await ask(channel) } }
    // Ten are in the bucket, and each call but the first, which finds it full, puts a tenth in.
    let retries = server.asked.count - 1000
    #expect(retries == 109)
  }

  @Test func `the bucket begins full, is never fuller, and is filled by calls alone`() {
    var budget = RetryBudget()
    for _ in 0..<1000 { budget.callMade() }
    func taken() -> Int {
      var count = 0
      while budget.takeRetry() { count += 1 }
      return count
    }
    #expect(taken() == 10)
    for _ in 0..<9 { budget.callMade() }
    #expect(taken() == 0)
    budget.callMade()
    #expect(taken() == 1)
  }

  @Test func `a call has the time that its declaration gives it, unless the caller says another`() async throws {
    let server = PlannedServer("a", [.success(CallReply(body: [], sequence: 1))])
    let connection = try server.connect()
    _ = try await AdminClient(connection).status(Empty())
    _ = try await AdminClient(connection).verify(Empty())
    _ = try await AdminClient(connection).verify(Empty(), CallOptions(timeout: .seconds(7)))
    let expected: [Duration?] = [.seconds(30), .seconds(3600), .seconds(7)]
    #expect(server.asked.map(\.timeout) == expected)
  }

  // MARK: Several endpoints

  @Test func `queries go to each endpoint in turn, commands to one`() async throws {
    let servers = ["a", "b", "c"].map { PlannedServer($0) }
    let channel = channel(servers)
    // All are ready once each was asked.
    while servers.contains(where: { $0.asked.isEmpty }) { try await ask(channel) }
    let before = servers.map { $0.asked.count }
    for _ in 0..<9 { try await ask(channel) }
    #expect(zip(servers, before).map { $0.asked.count - $1 } == [3, 3, 3])
    for _ in 0..<9 { try await ask(channel, 2, isCommand: true) }
    #expect(servers.map { $0.asked.count { $0.method == 2 } }.sorted() == [0, 0, 9])
  }

  @Test func `who is unavailable, or lost, is passed over at once, and comes back`() async throws {
    let (first, second) = (PlannedServer("a", [.failure(.planned(after: 60_000))]), PlannedServer("b"))
    let channel = channel([first, second])
    while first.asked.isEmpty || second.asked.isEmpty { try? await ask(channel) }
    // The advice was the first server's; the second has given none.
    for _ in 0..<4 { try await ask(channel, 2, isCommand: true) }
    #expect(second.asked.count { $0.method == 2 } == 4)
    second.loseConnections()
    second.setReachable(false)
    let failure = await #expect(throws: CallFailure.self) { try await ask(channel, 3, isCommand: true) }
    #expect(failure?.outcome == .notExecuted && first.asked.contains { $0.method == 3 })
  }

  @Test func `an endpoint of another history is never asked`() async throws {
    let (first, other) = (PlannedServer("a"), PlannedServer("b", history: 2))
    let channel = channel([first, other])
    for _ in 0..<20 { try? await ask(channel) }
    #expect(first.asked.isEmpty || other.asked.isEmpty)
    first.loseConnections()
    other.loseConnections()
    let known = first.asked.isEmpty ? other : first
    known.setReachable(false)
    let failure = await #expect(throws: CallFailure.self) { try await ask(channel) }
    #expect(failure?.message.contains("it serves another history") == true, "\(String(describing: failure))")
  }

  // MARK: Waiting for an endpoint

  @Test func `without an endpoint a call fails once each was tried`() async throws {
    let servers = ["a", "b"].map { PlannedServer($0) }
    for server in servers { server.setReachable(false) }
    let failure = await #expect(throws: CallFailure.self) { try await ask(channel(servers)) }
    #expect(failure?.code == .unavailable && failure?.outcome == .notExecuted)
    #expect(failure?.message.contains("cannot connect to unix:a: refused; cannot connect to unix:b") == true)
    #expect(servers.map(\.connects) == [1, 1])
  }

  @Test func `who waits for an endpoint goes on when it comes, and not beyond the deadline`() async throws {
    let server = PlannedServer("a")
    server.setReachable(false)
    let channel = channel([server], waits: true)
    let call = Task { try await ask(channel) }
    // Half of what the pause may be, since chance says nothing.
    for pause in [50, 100, 200] as [Int64] {
      try #require(await time.sleepers(1, for: .milliseconds(pause)))
      if pause == 200 { server.setReachable(true) }
      time.advance(by: .milliseconds(pause))
    }
    try await call.value
    #expect(server.connects == 4 && server.asked.map(\.timeout) == [.milliseconds(9650)])
    server.loseConnections()
    server.setReachable(false)
    let late = Task { () async -> CallFailure? in
      do throws(CallFailure) { try await ask(channel) } catch { return error }
      return nil
    }
    for _ in 0..<100 {
      try #require(await time.sleepers(1))
      time.advance(by: .milliseconds(100))
    }
    let failure = await late.value
    #expect(failure?.code == .deadlineExceeded && failure?.outcome == .notExecuted)
  }

  @Test func `at most a thousand wait, and one that is cancelled waits no more`() async throws {
    let server = PlannedServer("a")
    server.setReachable(false)
    let channel = channel([server], waits: true)
    let waiting = (0..<Endpoints.waitersMax).map { _ in Task { try await ask(channel) } }
    try #require(await time.sleepers(Endpoints.waitersMax))
    let failure = await #expect(throws: CallFailure.self) { try await ask(channel) }
    #expect(failure?.code == .resourceExhausted && failure?.outcome == .notExecuted)
    waiting[0].cancel()
    let cancelled = await #expect(throws: CallFailure.self) { try await waiting[0].value }
    #expect(cancelled?.code == .cancelled)
    await channel.close()
    for call in waiting { await #expect(throws: CallFailure.self) { try await call.value } }
  }
}
