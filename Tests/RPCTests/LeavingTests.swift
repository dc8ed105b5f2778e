import Bytes
import RPC
import Testing

/// How a connection ends in two steps: no call that crosses the news is lost, and nobody delays it for long.
@Suite struct LeavingTests {
  private func greeted() -> Pair {
    let pair = Pair()
    pair.run()
    return pair
  }

  private func isOver(_ pair: Pair) -> Bool {
    if case .orderly = pair.server.closeReason { true } else { false }
  }

  @Test func `what is open is answered, and the client hears both steps`() throws {
    let pair = greeted()
    let open = try pair.call(2)
    pair.run()
    pair.server.drain(reason: "going down")
    pair.server.drain(reason: "once is enough")
    pair.run()
    #expect(pair.delegate.farewells.map(\.lastStream) == [Limits.streamMax, open])
    #expect(pair.delegate.farewells.allSatisfy { $0.code == 0 && $0.message == "going down" })
    #expect(pair.dispatcher.lastCalls == ["going down"] && pair.server.closeReason == nil)
    pair.server.answer(open, sequence: 1, outcome: .query) { $0.append([1]) }
    pair.run()
    #expect(pair.delegate.ends[open]?.body == [1] && isOver(pair))
  }

  /// One step alone would close before the call arrives, because nothing is open.
  @Test func `a call that crosses the first step is taken, and the end waits for it`() throws {
    let pair = greeted()
    pair.server.drain(reason: "going down")
    #expect(pair.server.closeReason == nil, "calls may be under way")
    let crossing = [try pair.call(1, [7]), try pair.call(2)]
    pair.run()
    #expect(pair.delegate.ends[crossing[0]]?.body == [7])
    #expect(pair.delegate.farewells.map(\.lastStream) == [Limits.streamMax, crossing[1]])
    #expect(pair.server.closeReason == nil)
    pair.server.answer(crossing[1], sequence: 1, outcome: .executed) { $0.append([8]) }
    pair.run()
    #expect(pair.delegate.ends[crossing[1]]?.body == [8] && isOver(pair))
  }

  @Test func `a client without calls goes as soon as it has answered`() {
    let pair = greeted()
    pair.server.drain(reason: "going down")
    pair.run()
    #expect(pair.delegate.farewells.map(\.lastStream) == [Limits.streamMax, 0] && isOver(pair))
  }

  @Test func `a call behind the second step was not executed`() throws {
    let (client, dispatcher) = (RawClient(), ScriptedDispatcher())
    let server = ServerConnection(identifier: 2, peer: (), limits: Limits(), isLocal: false, dispatcher: dispatcher)
    client.greet(server)
    client.send(.open, stream: 1, flags: 1, RawClient.open(method: 2), to: server)
    server.drain(reason: "going down")
    client.send(.pong, stream: 0, flags: 0, Array("draining".utf8), to: server)
    client.send(.open, stream: 3, flags: 1, RawClient.open(method: 1), to: server)
    let refused = try client.statuses(from: server)[3]
    #expect(refused?.code == StatusCode.unavailable.rawValue && refused?.outcome == 1)
    #expect(refused?.retryAfterMs != nil && dispatcher.received.count == 1)
    // Not even when the connection breaks is it taken back what was said.
    client.send(.status, stream: 3, flags: 1, [], to: server)
    let farewells = RawClient.frames(in: server.outbound.bytes()).filter { $0.type == FrameType.goAway.rawValue }
    #expect(try farewells.map { try GoAway(encoded: $0.payload).lastStream } == [Limits.streamMax, 1, 1])
  }

  @Test func `who does not answer is waited for two seconds, whatever else it says`() throws {
    let (client, dispatcher) = (RawClient(), ScriptedDispatcher())
    let server = ServerConnection(identifier: 2, peer: (), limits: Limits(), isLocal: true, dispatcher: dispatcher)
    client.greet(server)
    // Seconds that passed before do not count.
    for _ in 0..<10 { server.secondPassed() }
    server.drain(reason: "going down")
    for payload in [[], Array("drainin".utf8), Array("draining ".utf8), [0, 0, 0, 0, 0, 0, 0, 0]] {
      client.send(.pong, stream: 0, flags: 0, payload, to: server)
    }
    server.secondPassed()
    client.send(.open, stream: 1, flags: 1, RawClient.open(method: 1, body: [5]), to: server)
    #expect(try client.statuses(from: server)[1]?.code == 0)
    #expect(server.closeReason == nil && dispatcher.lastCalls.isEmpty)
    server.secondPassed()
    #expect(dispatcher.lastCalls.count == 1 && server.closeReason != nil)
    let farewells = RawClient.frames(in: server.outbound.bytes()).filter { $0.type == FrameType.goAway.rawValue }
    #expect(try farewells.map { try GoAway(encoded: $0.payload).lastStream } == [Limits.streamMax, 1])
  }

  @Test func `an answer that nobody asked for ends nothing`() {
    let (client, dispatcher) = (RawClient(), ScriptedDispatcher())
    let server = ServerConnection(identifier: 2, peer: (), limits: Limits(), isLocal: false, dispatcher: dispatcher)
    client.greet(server)
    client.send(.pong, stream: 0, flags: 0, Array("draining".utf8), to: server)
    #expect(server.closeReason == nil && dispatcher.lastCalls.isEmpty)
    server.drain(reason: "going down")
    client.send(.pong, stream: 0, flags: 0, Array("draining".utf8), to: server)
    client.send(.pong, stream: 0, flags: 0, Array("draining".utf8), to: server)
    #expect(dispatcher.lastCalls.count == 1)
  }

  @Test func `before the handshake there is nothing to end`() {
    let server = ServerConnection(
      identifier: 2, peer: (), limits: Limits(), isLocal: false, dispatcher: ScriptedDispatcher())
    Array(Magic.bytes.prefix(3)).withRawSpan { server.receive($0) }
    server.drain(reason: "going down")
    #expect(server.closeReason != nil && server.outbound.count == 0)
  }

  @Test func `a connection that has used up its numbers takes what crosses the news, and nothing above 31 bits`() throws
  {
    let client = RawClient()
    let server = ServerConnection(
      identifier: 2, peer: (), limits: Limits(), isLocal: false, dispatcher: ScriptedDispatcher())
    client.greet(server)
    let last = Limits.lastStreamMax + 1
    for stream in [last, last + 2, Limits.streamMax, Limits.streamMax + 2] {
      client.send(.open, stream: stream, flags: 1, RawClient.open(method: 1), to: server)
    }
    let statuses = try client.statuses(from: server)
    #expect([last, last + 2, Limits.streamMax].allSatisfy { statuses[$0]?.code == 0 })
    let above = statuses[Limits.streamMax + 2]
    #expect(above?.code == StatusCode.unavailable.rawValue && above?.outcome == 1)
    client.send(.pong, stream: 0, flags: 0, Array("draining".utf8), to: server)
    let farewells = RawClient.frames(in: server.outbound.bytes()).filter { $0.type == FrameType.goAway.rawValue }
    #expect(
      try farewells.map { try GoAway(encoded: $0.payload).lastStream } == [Limits.streamMax, Limits.streamMax])
    #expect(server.closeReason != nil)
  }
}
