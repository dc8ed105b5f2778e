import Bytes
import Example
import RPC
import Support
import Testing

/// gridwire/1 between its two state machines, without a socket.
@Suite struct ConnectionTests {
  @Test func `the handshake says who is who`() throws {
    let pair = Pair()
    pair.run()
    let greeting = try #require(pair.delegate.greeting)
    #expect(greeting.version == 1 && greeting.principal == "tester" && greeting.roles == ["auditor@*"])
    #expect(greeting.serverTimeMs == 1000 && greeting.streamsMax == 1024)
  }

  @Test func `no call before the handshake`() {
    let pair = Pair()
    #expect(throws: CallFailure.self) { _ = try pair.call(1) }
  }

  @Test(arguments: [1, 2, 3, 7, 16, 17, 100, 4096])
  func `bytes in pieces of any size mean the same`(piece: Int) throws {
    for mayWaive in [false, true] {
      let pair = Pair(isLocal: mayWaive)
      pair.run(piece: piece)
      let bodies = [[], [1], [UInt8](repeating: 2, count: 300), [UInt8](repeating: 3, count: 200_000)]
      let streams = try bodies.map { try pair.call(1, $0) }
      pair.run(piece: piece)
      for (stream, body) in zip(streams, bodies) {
        let end = try #require(pair.delegate.ends[stream])
        #expect(end.body == body && end.status.code == 0 && end.status.sequence == 7)
      }
      #expect(pair.client.streamCount == 0 && pair.server.streamCount == 0)
    }
  }

  @Test func `a stream of bytes cut at every place means the same`() throws {
    let pair = Pair()
    pair.run()
    for index in 0..<5 as Range<UInt8> { _ = try pair.call(1, [UInt8](repeating: index, count: Int(index) * 20)) }
    let bytes = pair.take(&pair.client.outbound)
    for cut in 0...bytes.count {
      let dispatcher = ScriptedDispatcher()
      let server = ServerConnection(
        identifier: 1, peer: (), limits: Limits(), isLocal: false, dispatcher: dispatcher)
      let fresh = ClientConnection(client: "test", schemaHash: [], delegate: RecordingDelegate())
      (fresh.outbound.bytes()).withRawSpan { server.receive($0) }
      Array(bytes[..<cut]).withRawSpan { server.receive($0) }
      Array(bytes[cut...]).withRawSpan { server.receive($0) }
      #expect(dispatcher.received == pair.dispatcher.received || dispatcher.received.count == 5)
      #expect(server.closeReason == nil)
    }
  }

  @Test func `calls are multiplexed: replies come in any order`() throws {
    let pair = Pair()
    pair.run()
    let slow = try pair.call(2)
    let fast = try pair.call(1, [5])
    pair.run()
    #expect(pair.delegate.ends[fast]?.body == [5] && pair.delegate.ends[slow] == nil)
    pair.server.answer(slow, sequence: 3, outcome: .executed) { $0.append([6]) }
    pair.run()
    #expect(pair.delegate.ends[slow]?.body == [6] && pair.delegate.ends[slow]?.status.outcome == 2)
  }

  @Test func `a refusal carries code, outcome, error and text`() throws {
    let pair = Pair()
    pair.run()
    let stream = try pair.call(4)
    pair.run()
    let end = try #require(pair.delegate.ends[stream])
    let failure = CallFailure(end.status, body: end.body)
    #expect(failure.code == .notFound && failure.outcome == .notExecuted && failure.errorNumber == 20)
    #expect(failure.errorBody == [1] && failure.message == "nothing here")
  }

  @Test(arguments: [
    String(repeating: "a", count: 2000), String(repeating: "隐患", count: 500), String(repeating: "🔥", count: 300),
    "e" + String(repeating: "\u{301}", count: 1000),
  ])
  func `a long text of a refusal is cut between scalars`(text: String) throws {
    let pair = Pair()
    pair.run()
    let stream = try pair.call(4, Array(text.utf8))
    pair.run()
    let message = CallFailure(try #require(pair.delegate.ends[stream]).status, body: []).message
    #expect((1021...1024).contains(message.utf8.count) && text.utf8.starts(with: message.utf8))
  }

  @Test func `what the head of a call says arrives`() throws {
    let pair = Pair()
    pair.run()
    let head = Open(
      method: 1, timeoutUs: 1500, requestKey: [UInt8](repeating: 4, count: 16), actingFor: "gm-1", sequenceMin: 12)
    _ = try pair.client.open(head, body: [], isStreaming: false)
    pair.run()
    let call = try #require(pair.dispatcher.calls.first)
    #expect(call.timeout == .microseconds(1500) && call.actingFor == "gm-1" && call.sequenceMin == 12)
    #expect(call.requestKey == head.requestKey)
  }

  @Test func `a ping comes back with its payload`() {
    let pair = Pair()
    pair.run()
    pair.client.ping([1, 2, 3, 4, 5, 6, 7, 8])
    pair.run()
    #expect(pair.delegate.pongs == [[1, 2, 3, 4, 5, 6, 7, 8]])
  }

  // MARK: Streams and credit

  @Test func `messages of a stream arrive in order, whole, and end with a status`() throws {
    let pair = Pair()
    pair.run(piece: 50)
    let stream = try pair.call(3, isStreaming: true)
    pair.run(piece: 50)
    let messages = [[1], [UInt8](repeating: 2, count: 150_000), [], [3]]
    for message in messages { pair.server.send(message, on: stream) }
    pair.server.end(stream, with: Status())
    pair.run(piece: 5000)
    #expect(pair.delegate.messages[stream] == messages)
    #expect(pair.delegate.ends[stream]?.status.code == 0)
  }

  @Test func `a client that takes nothing gets no more than it allowed, and more when it takes`() throws {
    let pair = Pair()
    pair.run()
    let stream = try pair.call(3, isStreaming: true)
    pair.run()
    let message = [UInt8](repeating: 1, count: 10_000)
    var sent = 0
    func pump() {
      while case let credit = pair.server.reserve(for: stream), credit > 0 {
        pair.server.send(message, on: stream)
        pair.server.release(credit)
        sent += 1
      }
      pair.run()
    }
    pump()
    #expect(sent * message.count <= (1 << 20) + message.count, "the stream's credit is a mebibyte")
    let before = sent
    for _ in 0..<60 { pair.client.taken(message.count, on: stream) }
    pair.run()
    #expect(pair.dispatcher.credits.contains(stream))
    pump()
    #expect(sent > before)
    #expect(pair.delegate.messages[stream]?.count == sent)
  }

  @Test func `streams that nobody reads hold back no other call`() throws {
    let pair = Pair()
    pair.run()
    // More than the connection's credit, and nothing of it is taken.
    let streams = try (0..<12).map { _ in try pair.call(3, isStreaming: true) }
    pair.run()
    for stream in streams {
      pair.server.send([UInt8](repeating: 1, count: 1 << 20), on: stream)
      pair.run()
      #expect(pair.server.reserve(for: stream) == 0, "its own credit is used up")
    }
    let call = try pair.call(1, [1])
    pair.run()
    #expect(pair.delegate.ends[call]?.body == [1])
  }

  @Test func `replies beyond the connection's credit wait for it, in order`() throws {
    let pair = Pair()
    let raw = RawClient()
    RawClient.hello { $0.connectionCredit = 3 }.withRawSpan { pair.server.receive($0) }
    for (stream, body) in [(1, [1, 1]), (3, [2, 2]), (5, [3])] as [(UInt32, [UInt8])] {
      raw.send(.open, stream: stream, flags: 1, RawClient.open(method: 1, body: body), to: pair.server)
    }
    #expect(try Set(raw.statuses(from: pair.server).keys) == [1], "the third would fit, but the second comes first")
    raw.send(.credit, stream: 0, flags: 0, Credit(totalBytes: 4).encoded(), to: pair.server)
    #expect(try Set(raw.statuses(from: pair.server).keys) == [1, 3])
    raw.send(.credit, stream: 0, flags: 0, Credit(totalBytes: 5).encoded(), to: pair.server)
    #expect(try Set(raw.statuses(from: pair.server).keys) == [1, 3, 5])
  }

  @Test func `a client that lets replies pile up is cut off at the limit`() throws {
    let pair = Pair()
    pair.run()
    let stream = try pair.call(3, isStreaming: true)
    pair.run()
    for _ in 0..<9 { pair.server.send([UInt8](repeating: 1, count: 1 << 20), on: stream) }
    var size: [UInt8] = []
    UInt32(3 << 20).littleEndianBytes(into: &size)
    for _ in 0..<8 { _ = try pair.call(5, size) }
    pair.run()
    guard case .broken(.limit) = pair.server.closeReason else {
      Issue.record("\(String(describing: pair.server.closeReason))")
      return
    }
    #expect(pair.delegate.farewell?.code == 10)
  }

  @Test func `a cancelled stream ends with its status, once`() throws {
    let pair = Pair()
    pair.run()
    let stream = try pair.call(3, isStreaming: true)
    pair.run()
    pair.client.cancel(stream)
    pair.client.cancel(stream)
    pair.run()
    #expect(pair.dispatcher.cancelled == [stream])
    #expect(pair.delegate.ends[stream]?.status.code == StatusCode.cancelled.rawValue)
    pair.server.send([1], on: stream)
    pair.server.end(stream, with: Status())
    pair.run()
    #expect(pair.delegate.messages[stream] == nil)
  }

  // MARK: Limits

  @Test func `too many calls at once, and too large requests, are refused one by one`() throws {
    var limits = Limits()
    limits.streamsMax = 2
    let pair = Pair(limits: limits)
    pair.run()
    _ = try pair.call(2)
    _ = try pair.call(2)
    // The client knows the limit and says so itself.
    #expect(throws: CallFailure.self) { _ = try pair.call(2) }
    #expect(throws: CallFailure.self) { _ = try pair.call(1, [UInt8](repeating: 0, count: (4 << 20) + 1)) }
    pair.run()
    #expect(pair.server.closeReason == nil)
    // A client that does not is refused by the server, and the connection goes on.
    let rude = RawClient()
    let server = ServerConnection(
      identifier: 2, peer: (), limits: limits, isLocal: false, dispatcher: ScriptedDispatcher())
    rude.greet(server)
    for stream in [1, 3, 5] as [UInt32] {
      rude.send(.open, stream: stream, flags: 1, RawClient.open(method: 2), to: server)
    }
    let refused = try rude.statuses(from: server)[5]
    #expect(refused?.code == StatusCode.resourceExhausted.rawValue && refused?.outcome == 1)
    #expect(server.closeReason == nil)
    // A request that announces too much is refused before anything is kept of it; its frames are dropped.
    let other = ServerConnection(
      identifier: 3, peer: (), limits: limits, isLocal: false, dispatcher: ScriptedDispatcher())
    rude.greet(other)
    rude.send(.open, stream: 1, flags: 2, RawClient.open(method: 1, messageBytes: 100 << 20), to: other)
    rude.send(.data, stream: 1, flags: 2, [UInt8](repeating: 0, count: 1000), to: other)
    let large = try rude.statuses(from: other)[1]
    #expect(large?.code == StatusCode.resourceExhausted.rawValue && large?.message.contains("send it in parts") == true)
    #expect(other.closeReason == nil && other.streamCount == 0)
  }
}

extension UInt32 {
  fileprivate func littleEndianBytes(into bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: self >> UInt32(shift))) }
  }
}

/// What a client does that no honest one does, and what it must not cost.
@Suite struct MisuseTests {
  private static var end: UInt8 { FrameFlags.end.rawValue }
  private static var more: UInt8 { FrameFlags.more.rawValue }

  private func greet(_ pair: Pair) { pair.run() }

  @Test func `data on a call that is under way neither ends it nor hides it`() throws {
    let pair = Pair()
    greet(pair)
    let stream = try pair.call(2)
    pair.run()
    pair.server.receive(RawClient.frame(FrameType.data.rawValue, stream: stream, flags: Self.end, [1, 2, 3]))
    #expect(pair.server.streamCount == 1 && pair.server.closeReason == nil)
    pair.server.answer(stream, sequence: 1, outcome: .executed) { $0.append([9]) }
    pair.run()
    #expect(pair.delegate.ends[stream]?.body == [9])
  }

  @Test func `a call that is cancelled while it arrives ends, and its room is free again`() throws {
    let pair = Pair()
    greet(pair)
    for _ in 0..<10 {
      // Four mebibytes are announced each time, sixteen may be under way.
      let stream = try pair.call(2)
      _ = pair.take(&pair.client.outbound)
      let open = RawClient.open(method: 1, messageBytes: 4 << 20, body: [1])
      pair.server.receive(RawClient.frame(FrameType.open.rawValue, stream: stream, flags: Self.more, open))
      #expect(pair.server.streamCount == 1)
      pair.client.cancel(stream)
      pair.run()
      #expect(pair.delegate.ends[stream]?.status.code == StatusCode.cancelled.rawValue)
      #expect(pair.server.streamCount == 0)
    }
  }

  @Test func `refusals that nobody takes are counted as well, and end the connection`() throws {
    let pair = Pair()
    greet(pair)
    pair.server.flowChanged(isFlowing: false)
    var stream: UInt32 = 1
    while pair.server.closeReason == nil, stream < 1_000_000 {
      let open = RawClient.open(method: 99)
      pair.server.receive(RawClient.frame(FrameType.open.rawValue, stream: stream, flags: Self.end, open))
      stream += 2
    }
    #expect(stream < 200_000)
  }

  @Test func `what stands still goes on when the peer reads again, in order`() throws {
    let pair = Pair()
    greet(pair)
    pair.server.flowChanged(isFlowing: false)
    let calls = try (1...3).map { try pair.call(1, [UInt8($0)]) }
    pair.run()
    #expect(calls.allSatisfy { pair.delegate.ends[$0] == nil })
    pair.server.flowChanged(isFlowing: true)
    pair.run()
    #expect(calls.map { pair.delegate.ends[$0]?.body } == [[1], [2], [3]])
  }

  @Test func `what an ended stream left untaken does not stop the connection`() throws {
    let pair = Pair()
    greet(pair)
    for _ in 0..<20 {
      let stream = try pair.call(3, isStreaming: true)
      pair.run()
      pair.server.send([UInt8](repeating: 1, count: 1 << 20), on: stream)
      pair.server.end(stream, with: Status())
      pair.run()
      // The application takes it only now, or never.
      pair.client.taken(1 << 20, on: stream)
      pair.run()
    }
    let call = try pair.call(1, [7])
    pair.run()
    #expect(pair.delegate.ends[call]?.body == [7])
  }
}

extension ServerConnection {
  fileprivate func receive(_ bytes: [UInt8]) { bytes.withRawSpan { receive($0) } }
}
