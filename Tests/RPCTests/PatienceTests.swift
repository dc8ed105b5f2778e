import Bytes
import RPC
import Support
import Testing

/// Peers that let the server wait. The seconds are the test's own.
@Suite struct PatienceTests {
  private func pair(isLocal: Bool = false) -> Pair {
    let pair = Pair(isLocal: isLocal)
    // Frames written by hand have checksums, which our own client waives on a Unix socket.
    if isLocal { RawClient().greet(pair.server) } else { pair.run() }
    return pair
  }

  private func pass(_ seconds: Int, on pair: Pair, _ eachSecond: (Int) -> Void = { _ in }) {
    for second in 0..<seconds {
      eachSecond(second)
      pair.server.secondPassed()
    }
  }

  private func give(_ bytes: [UInt8], to pair: Pair) { bytes.withRawSpan { pair.server.receive($0) } }

  private func fault(of pair: Pair) -> FrameError? {
    guard case .broken(let error) = pair.server.closeReason else { return nil }
    return error
  }

  @Test func `a frame that trickles in must be whole in ten seconds`() {
    let frame = RawClient.frame(
      3, stream: 1, flags: 1, RawClient.open(method: 1, body: [UInt8](repeating: 1, count: 99)))
    let hurried = pair(isLocal: true)
    // A byte a second, and all of it in the tenth.
    pass(9, on: hurried) { second in give([frame[second]], to: hurried) }
    give(Array(frame[9...]), to: hurried)
    pass(1, on: hurried)
    #expect(fault(of: hurried) == nil && hurried.dispatcher.received.count == 1)
    let slow = pair(isLocal: true)
    // The first second sees a frame that has just begun.
    pass(11, on: slow) { second in give([frame[second]], to: slow) }
    #expect(fault(of: slow) == .timeout("the rest of a frame"))
    // Always in the middle of a frame, but never of the same one for long.
    let busy = pair(isLocal: true)
    let credit = RawClient.frame(7, stream: 0, Credit(totalBytes: 1 << 40).encoded())
    give(Array(credit[..<5]), to: busy)
    pass(60, on: busy) { _ in give(Array(credit[5...]) + Array(credit[..<5]), to: busy) }
    #expect(fault(of: busy) == nil)
  }

  @Test func `a request whose frames stop coming is given up, and its room is free again`() throws {
    let pair = pair(isLocal: true)
    let raw = RawClient()
    func begin(_ stream: UInt32) {
      raw.send(
        .open, stream: stream, flags: 2, RawClient.open(method: 1, messageBytes: 4 << 20, body: [1]), to: pair.server)
    }
    for stream in [1, 3, 5, 7] as [UInt32] { begin(stream) }
    begin(9)
    #expect(try raw.statuses(from: pair.server)[9]?.code == StatusCode.resourceExhausted.rawValue)
    pass(10, on: pair) { _ in raw.send(.data, stream: 3, flags: 2, [1], to: pair.server) }
    let statuses = try raw.statuses(from: pair.server)
    #expect(statuses[1]?.code == StatusCode.deadlineExceeded.rawValue && statuses[3] == nil)
    #expect(statuses[1]?.outcome == CallOutcome.notExecuted.rawValue)
    #expect(fault(of: pair) == nil && pair.server.streamCount == 1)
    begin(11)
    #expect(pair.server.streamCount == 2)
  }

  @Test func `a peer that does not read is hung up on after thirty seconds, and one that reads now and then is not`() {
    let stalled = pair(isLocal: true)
    stalled.server.flowChanged(isFlowing: false)
    pass(29, on: stalled)
    #expect(fault(of: stalled) == nil)
    pass(1, on: stalled)
    #expect(fault(of: stalled) == .timeout("reading what was sent"))
    let slow = pair(isLocal: true)
    pass(100, on: slow) { second in slow.server.flowChanged(isFlowing: second % 20 == 0) }
    #expect(fault(of: slow) == nil)
  }

  @Test func `replies that nobody gives credit for are kept a minute`() throws {
    let pair = Pair(isLocal: true)
    let raw = RawClient()
    RawClient.hello { $0.connectionCredit = 10 }.withRawSpan { pair.server.receive($0) }
    for stream in [1, 3] as [UInt32] {
      raw.send(
        .open, stream: stream, flags: 1, RawClient.open(method: 1, body: [UInt8](repeating: 7, count: 20)),
        to: pair.server)
    }
    pass(59, on: pair)
    // Credit for one of them: the other's minute begins anew.
    raw.send(.credit, stream: 0, flags: 0, Credit(totalBytes: 20).encoded(), to: pair.server)
    pass(60, on: pair)
    #expect(fault(of: pair) == nil)
    pass(1, on: pair)
    #expect(fault(of: pair) == .timeout("credit for 1 replies"))
  }

  @Test func `a silent peer on TCP is asked after thirty seconds, and given up when it does not answer`() {
    func pings(_ pair: Pair) -> Int {
      RawClient.frames(in: pair.server.outbound.bytes()).count { $0.type == FrameType.ping.rawValue }
    }
    let gone = pair()
    // In the first second it was heard.
    pass(1 + 29, on: gone)
    #expect(pings(gone) == 0)
    pass(15, on: gone)
    #expect(pings(gone) == 1 && fault(of: gone) == nil)
    pass(1, on: gone)
    #expect(fault(of: gone) == .timeout("the answer to a PING"))
    // Our own client answers.
    let alive = pair()
    pass(1000, on: alive) { _ in alive.run() }
    #expect(fault(of: alive) == nil)
    let local = pair(isLocal: true)
    pass(1000, on: local)
    #expect(fault(of: local) == nil && pings(local) == 0)
  }

  /// What costs the peer nothing, and moves nothing.
  private static let idleFrames: [(FrameType, UInt32, [UInt8])] = [
    (.ping, 0, []), (.cancel, 77, []), (.credit, 77, Credit(totalBytes: 1 << 40).encoded()),
    (.credit, 0, Credit(totalBytes: 5).encoded()),
  ]

  @Test(arguments: 0..<4) func `a flood of frames that move nothing ends the connection`(kind: Int) {
    let (type, stream, payload) = Self.idleFrames[kind]
    func flood(_ pair: Pair, _ count: Int) {
      for _ in 0..<count { RawClient().send(type, stream: stream, flags: 0, payload, to: pair.server) }
    }
    func isFlooded(_ pair: Pair) -> Bool { if case .limit = fault(of: pair) { true } else { false } }
    let steady = pair(isLocal: true)
    pass(60, on: steady) { second in flood(steady, second % 3 == 2 ? 100 : 101) }
    #expect(fault(of: steady) == nil)
    pass(3, on: steady) { _ in flood(steady, 101) }
    #expect(isFlooded(steady))
    let sudden = pair(isLocal: true)
    flood(sudden, 10_000)
    #expect(fault(of: sudden) == nil)
    flood(sudden, 1)
    #expect(isFlooded(sudden))
  }

  @Test func `credit in steps of a kibibyte is no flood`() {
    let pair = pair(isLocal: true)
    var total: UInt64 = 8 << 20
    pass(10, on: pair) { _ in
      for _ in 0..<5000 {
        total += 1024
        RawClient().send(.credit, stream: 0, flags: 0, Credit(totalBytes: total).encoded(), to: pair.server)
      }
    }
    #expect(fault(of: pair) == nil)
  }
}
