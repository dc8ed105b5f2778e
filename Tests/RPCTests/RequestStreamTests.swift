import Bytes
import Example
import RPC
import Support
import Testing

/// Calls whose requests stream, between the two state machines.
@Suite struct RequestStreamTests {
  private func open(_ pair: Pair, isStreaming: Bool = false) throws -> UInt32 {
    try pair.client.openRequests(Open(method: 6), isStreaming: isStreaming)
  }

  /// Takes all that came on a stream; answers whether its end came as well.
  private func drain(_ stream: UInt32, of pair: Pair, into messages: inout [[UInt8]]) -> Bool {
    while true {
      switch pair.server.nextMessage(on: stream) {
      case .message(let message):
        messages.append(message)
        pair.server.took(message.count, on: stream)
      case .nothing: return false
      case .end: return true
      }
    }
  }

  @Test(arguments: [1, 3, 16, 17, 1000, .max])
  func `requests arrive whole and in order, in pieces of any size`(piece: Int) throws {
    let pair = Pair()
    pair.run(piece: piece)
    let stream = try open(pair)
    let messages = [[], [1], [UInt8](repeating: 2, count: 100_000), [], [3, 3]]
    for message in messages { #expect(try pair.client.send(message, on: stream)) }
    pair.run(piece: piece)
    var came: [[UInt8]] = []
    #expect(!drain(stream, of: pair, into: &came) && came == messages)
    pair.client.finishSending(stream)
    pair.run(piece: piece)
    #expect(drain(stream, of: pair, into: &came) && came == messages)
    pair.server.end(stream, with: Status(outcome: 2), body: [9])
    pair.run(piece: piece)
    #expect(pair.delegate.ends[stream]?.body == [9] && pair.server.streamCount == 0)
    #expect(pair.server.closeReason == nil && pair.client.failure == nil)
  }

  @Test func `a stream of requests cut at every place means the same`() throws {
    let pair = Pair()
    pair.run()
    let streams = try (0..<3).map { _ in try open(pair) }
    for round in 0..<4 {
      for stream in streams {
        let message = [UInt8](repeating: UInt8(stream), count: round * 7)
        #expect(try pair.client.send(message, on: stream))
      }
    }
    for stream in streams { pair.client.finishSending(stream) }
    let bytes = pair.take(&pair.client.outbound)
    for cut in 0...bytes.count {
      let fresh = Pair()
      fresh.run()
      Array(bytes[..<cut]).withRawSpan { fresh.server.receive($0) }
      Array(bytes[cut...]).withRawSpan { fresh.server.receive($0) }
      for stream in streams {
        var came: [[UInt8]] = []
        #expect(drain(stream, of: fresh, into: &came))
        #expect(came == (0..<4).map { [UInt8](repeating: UInt8(stream), count: $0 * 7) }, "cut at \(cut)")
      }
    }
  }

  @Test func `a client sends what is allowed, and more when it was taken`() throws {
    let pair = Pair()
    pair.run()
    let stream = try open(pair)
    let message = [UInt8](repeating: 1, count: 10_000)
    func fill() throws -> Int {
      var count = 0
      while try pair.client.send(message, on: stream) { count += 1 }
      pair.run()
      return count
    }
    let window = Int(Limits().requestStreamCredit) / (10_000 + Limits.messageOverheadBytes)
    #expect(try fill() == window)
    #expect(try fill() == 0 && pair.delegate.credits == 0, "nothing was taken")
    var came: [[UInt8]] = []
    _ = drain(stream, of: pair, into: &came)
    pair.run()
    #expect(pair.delegate.credits > 0)
    #expect(try fill() >= window / 2)
  }

  @Test func `all streams together hold no more than the connection allows`() throws {
    let pair = Pair()
    pair.run()
    let message = [UInt8](repeating: 1, count: 10_000)
    var sent = 0
    for _ in 0..<20 {
      let stream = try open(pair)
      while try pair.client.send(message, on: stream) { sent += message.count }
    }
    pair.run()
    #expect(sent <= Int(Limits().requestConnectionCredit) && pair.server.closeReason == nil)
    // The other calls are none the worse for it.
    let call = try pair.call(1, [4])
    pair.run()
    #expect(pair.delegate.ends[call]?.body == [4])
  }

  @Test func `a message that can never be sent is refused at once`() throws {
    let pair = Pair()
    pair.run()
    let stream = try open(pair)
    #expect(throws: CallFailure.self) { try pair.client.send([UInt8](repeating: 0, count: 128 << 10), on: stream) }
    #expect(try pair.client.send([UInt8](repeating: 0, count: (128 << 10) - 256), on: stream))
  }

  @Test func `an early status ends both directions, and what was under way costs no credit`() throws {
    let pair = Pair()
    pair.run()
    for round in 0..<30 {
      let stream = try open(pair)
      for _ in 0..<9 { #expect(try pair.client.send([UInt8](repeating: 1, count: 12_000), on: stream)) }
      let underWay = pair.take(&pair.client.outbound)
      // The OPEN comes first, the status crosses the rest.
      let some = round % 3 == 0 ? 50_000 : 40
      Array(underWay[..<some]).withRawSpan { pair.server.receive($0) }
      pair.server.end(stream, with: CallFailure(.permissionDenied, .notExecuted, "no"))
      Array(underWay[some...]).withRawSpan { pair.server.receive($0) }
      #expect(pair.server.streamCount == 0)
      pair.run()
      #expect(pair.delegate.ends[stream]?.status.code == StatusCode.permissionDenied.rawValue)
      #expect(throws: CallFailure.self) { try pair.client.send([1], on: stream) }
    }
    #expect(pair.server.closeReason == nil && pair.dispatcher.requestsCame.count == 10 * 4)
  }

  @Test func `cancelled in every state, a stream ends with its status and leaves nothing`() throws {
    for isFinished in [false, true] {
      for count in [0, 3] {
        let pair = Pair()
        pair.run()
        let stream = try open(pair, isStreaming: true)
        for _ in 0..<count { #expect(try pair.client.send([1], on: stream)) }
        if isFinished { pair.client.finishSending(stream) }
        pair.run()
        pair.client.cancel(stream)
        pair.run()
        #expect(throws: CallFailure.self, "nothing follows a CANCEL") { try pair.client.send([1], on: stream) }
        #expect(pair.delegate.ends[stream]?.status.code == StatusCode.cancelled.rawValue)
        #expect(pair.server.streamCount == 0 && pair.server.closeReason == nil)
        #expect(pair.server.nextMessage(on: stream) == .end)
      }
    }
  }

  @Test func `messages go both ways at once`() throws {
    let pair = Pair()
    pair.run()
    let stream = try open(pair, isStreaming: true)
    for index in 0..<20 as Range<UInt8> {
      #expect(try pair.client.send([index], on: stream))
      pair.run()
      guard case .message(let message) = pair.server.nextMessage(on: stream) else {
        Issue.record("message \(index) did not come")
        return
      }
      pair.server.took(1, on: stream)
      #expect(pair.server.hasCredit(for: stream))
      pair.server.send(message + message, on: stream)
    }
    pair.client.finishSending(stream)
    pair.run()
    pair.server.end(stream, with: Status())
    pair.run()
    #expect(pair.delegate.messages[stream] == (0..<20).map { [$0, $0] })
  }

  // MARK: Any order

  /// What a test knows of a stream.
  private struct Known {
    var sent: [[UInt8]] = []
    var came: [[UInt8]] = []
    var answered: [[UInt8]] = []
    var isFinished = false
    var isOver = false
  }

  /// Streams are opened, fed, taken from, answered, cancelled and ended in any order, and the bytes of both directions come
  /// in any pieces: what arrives on a stream is what was sent on it, in order, and nobody breaks the protocol.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func `whatever happens in whatever order, no stream gets what is another's`(run: UInt64) throws {
    var random = SplitMix64(seed: testSeed(run))
    let pair = Pair()
    pair.run()
    var known: [UInt32: Known] = [:]
    var pending: (up: ArraySlice<UInt8>, down: ArraySlice<UInt8>) = ([], [])
    func carry(_ share: Int) {
      pending.up += pair.take(&pair.client.outbound)
      pending.down += pair.take(&pair.server.outbound)
      let (up, down) = (pending.up.count * share / 100, pending.down.count * share / 100)
      Array(pending.up.prefix(up)).withRawSpan { pair.server.receive($0) }
      Array(pending.down.prefix(down)).withRawSpan { pair.client.receive($0) }
      (pending.up, pending.down) = (pending.up.dropFirst(up), pending.down.dropFirst(down))
    }
    func take(_ stream: UInt32, _ most: Int) {
      for _ in 0..<most {
        guard case .message(let message) = pair.server.nextMessage(on: stream) else { return }
        known[stream]!.came.append(message)
        pair.server.took(message.count, on: stream)
      }
    }
    for step in 0..<400 {
      let stream = known.keys.sorted().randomElement(using: &random)
      switch (Int.random(in: 0..<100, using: &random), stream) {
      case (0..<8, _), (_, nil):
        guard known.count < 60 else { continue }
        known[try open(pair, isStreaming: Bool.random(using: &random))] = Known()
      case (8..<45, let stream?) where !known[stream]!.isFinished && pair.delegate.ends[stream] == nil:
        let size = [0, 1, 300, 5000, 70_000].randomElement(using: &random)!
        let message = [UInt8(stream & 255), UInt8(step & 255)] + [UInt8](repeating: UInt8(stream & 255), count: size)
        if try pair.client.send(message, on: stream) { known[stream]!.sent.append(message) }
      case (45..<70, let stream?): take(stream, Int.random(in: 1..<6, using: &random))
      case (70..<80, let stream?) where !known[stream]!.isOver && pair.server.hasCredit(for: stream):
        let answer = [UInt8](repeating: UInt8(stream & 255), count: Int.random(in: 0..<3000, using: &random))
        known[stream]!.answered.append(answer)
        pair.server.send(answer, on: stream)
      case (80..<84, let stream?):
        pair.client.finishSending(stream)
        known[stream]!.isFinished = true
      case (84..<86, let stream?):
        pair.client.cancel(stream)
        known[stream]!.isFinished = true
      case (86..<88, let stream?):
        pair.server.end(stream, with: Status())
        known[stream]!.isOver = true
      default: carry(Int.random(in: 1...100, using: &random))
      }
    }
    carry(100)
    pair.run()
    for stream in known.keys.sorted() {
      take(stream, .max)
      pair.server.end(stream, with: Status())
      pair.client.finishSending(stream)
    }
    pair.run()
    for (stream, known) in known {
      #expect(known.sent.starts(with: known.came), "stream \(stream)")
      #expect(pair.delegate.ends[stream] != nil)
      #expect(known.answered.starts(with: pair.delegate.messages[stream] ?? []))
    }
    #expect(pair.server.closeReason == nil && pair.client.failure == nil)
    #expect(pair.server.streamCount == 0 && pair.client.streamCount == 0)
    // Nothing leaked: a new stream may send all that the first could.
    let last = try open(pair)
    var sent = 0
    while try pair.client.send([UInt8](repeating: 1, count: 1000), on: last) { sent += 1256 }
    pair.run()
    #expect(sent >= Int(Limits().requestStreamCredit) / 2 && pair.server.closeReason == nil)
  }

  // MARK: What no honest client does

  private func rude(_ frames: [(type: FrameType, flags: UInt8, payload: [UInt8])]) -> UInt32? {
    let server = ServerConnection(
      identifier: 2, peer: (), limits: Limits(), isLocal: false, dispatcher: ScriptedDispatcher())
    let client = RawClient()
    client.greet(server)
    for frame in frames { client.send(frame.type, stream: 1, flags: frame.flags, frame.payload, to: server) }
    if case .broken(let error) = server.closeReason { return error.code }
    return nil
  }

  @Test func `who breaks the rules of a stream of requests is hung up on`() {
    let open = (type: FrameType.open, flags: UInt8(0), payload: RawClient.open(method: 6))
    #expect(rude([open]) == nil)
    #expect(rude([(.open, 0, RawClient.open(method: 6, body: [1]))]) == 6, "a body where messages were announced")
    #expect(rude([(.open, 0, RawClient.open(method: 6, messageBytes: 5))]) == 6)
    #expect(rude([open, (.data, 1, [1])]) == 6, "END on a message")
    #expect(rude([open, (.data, 3, [])]) == 6, "END and MORE")
    #expect(rude([open, (.data, 2, [])]) == 6, "MORE on nothing")
    #expect(rude([open, (.data, 2, [1]), (.data, 1, [])]) == 6, "END inside a message")
    #expect(rude([open, (.data, 1, []), (.data, 0, [1])]) == 7, "more after END")
    let chunk = (type: FrameType.data, flags: UInt8(0), payload: [UInt8](repeating: 0, count: 60_000))
    #expect(rude([open] + [chunk, chunk]) == nil)
    #expect(rude([open] + [chunk, chunk, chunk]) == 10, "more than its credit")
    #expect(rude([open] + Array(repeating: (.data, 0, []), count: 513)) == 10, "empty messages are not free")
  }

  @Test func `streams that the server ended and the client did not keep their places`() {
    let server = ServerConnection(
      identifier: 2, peer: (), limits: Limits(), isLocal: false, dispatcher: ScriptedDispatcher())
    let client = RawClient()
    client.greet(server)
    // Method 99 is unknown: each ends at once.
    for index in 0..<1024 as Range<UInt32> {
      client.send(.open, stream: index * 2 + 1, flags: 0, RawClient.open(method: 99), to: server)
    }
    #expect(server.closeReason == nil && server.streamCount == 0)
    client.send(.open, stream: 5001, flags: 1, RawClient.open(method: 1), to: server)
    #expect(try! client.statuses(from: server)[5001]?.code == StatusCode.resourceExhausted.rawValue)
    client.send(.data, stream: 1, flags: 1, [], to: server)
    client.send(.open, stream: 5003, flags: 1, RawClient.open(method: 1), to: server)
    #expect(try! client.statuses(from: server)[5003]?.code == 0)
    for index in 0..<3 as Range<UInt32> {
      client.send(.open, stream: 6001 + index * 2, flags: 0, RawClient.open(method: 99), to: server)
    }
    guard case .broken(.limit) = server.closeReason else {
      Issue.record("\(String(describing: server.closeReason))")
      return
    }
  }
}
