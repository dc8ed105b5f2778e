import Bytes
import Example
import RPC
import Support
import Testing

/// What a peer may do wrong: each has its answer, and none of them a trap.
@Suite struct HostileTests {
  private func server(waives: Bool = false) -> ServerConnection<ScriptedDispatcher> {
    ServerConnection(
      identifier: 1, peer: (), limits: Limits(), isLocal: waives, dispatcher: ScriptedDispatcher())
  }

  private func fault(_ bytes: [UInt8], afterGreeting: Bool = true) -> FrameError? {
    let server = server()
    if afterGreeting { RawClient().greet(server) }
    bytes.withRawSpan { server.receive($0) }
    guard case .broken(let error) = server.closeReason else { return nil }
    // The peer is told why, unless it speaks another language.
    let farewells = RawClient.frames(in: server.outbound.bytes()).filter { $0.type == FrameType.goAway.rawValue }
    if case .notGridwire = error {
      #expect(farewells.isEmpty)
    } else {
      let said = farewells.last.flatMap { try? GoAway(encoded: $0.payload) }
      #expect(said?.code == error.code && said?.message == error.description)
    }
    return error
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\n", "HTTP"), ("POST /x HTTP/1.1\r\n", "HTTP"), ("PRI * HTTP/2.0\r\n\r\nSM\r\n", "HTTP/2 (gRPC)"),
    ("\u{16}\u{3}\u{1}\u{2}\u{0}", "TLS"), ("hello\r\n", "text"),
  ])
  func `other protocols are recognised`(text: String, name: String) {
    #expect(fault(Array(text.utf8), afterGreeting: false) == .notGridwire(name))
  }

  @Test func `magic bytes that go wrong late are still not ours`() {
    #expect(fault(Array(Magic.bytes[..<7]) + [0xff], afterGreeting: false) == .notGridwire("unknown binary data"))
  }

  @Test func `versions and limits that cannot be served are refused`() {
    #expect(
      fault(RawClient.hello { ($0.versionMin, $0.versionMax) = (2, 3) }, afterGreeting: false)
        == .version(min: 2, max: 3))
    for change in [{ $0.frameBytesMax = 100 }, { $0.messageBytesMax = 100 }] as [(inout Hello) -> Void] {
      guard case .malformed(.hello, _) = fault(RawClient.hello(change), afterGreeting: false) else {
        Issue.record("limits too small were taken")
        return
      }
    }
  }

  @Test func `frames that are wrong by themselves end the connection`() {
    var badChecksum = RawClient.frame(8, stream: 0, [1, 2, 3])
    badChecksum[17] ^= 1
    var reserved = RawClient.frame(8, stream: 0, [])
    reserved[6] = 1
    var flags = RawClient.frame(8, stream: 0, [])
    flags[5] = 0x80
    let cases: [([UInt8], FrameError)] = [
      (badChecksum, .checksum), (reserved, .reservedBits), (flags, .reservedBits),
      (RawClient.frame(99, stream: 0, []), .unknownType(99)), (RawClient.frame(0, stream: 0, []), .unknownType(0)),
      (RawClient.frame(8, stream: 0, [], length: 65_537), .tooLarge(bytes: 65_537, limit: 65_536)),
      (RawClient.frame(8, stream: 0, [], length: .max), .tooLarge(bytes: Int(UInt32.max), limit: 65_536)),
      (RawClient.frame(1, stream: 0, []), .unexpected(.hello, "only the other side sends it")),
      (RawClient.frame(5, stream: 1, []), .unexpected(.status, "only the other side sends it")),
      (RawClient.frame(4, stream: 1, [1]), .unexpected(.data, "stream 1 was never opened")),
      (
        RawClient.frame(3, stream: 2, flags: 1, RawClient.open(method: 1)),
        .unexpected(.open, "stream 2 does not follow 0; client streams are odd and rise")
      ),
      (RawClient.frame(3, stream: 1, flags: 1, []), .malformed(.open, "it is too short")),
      (RawClient.frame(3, stream: 1, flags: 1, [9, 0, 1]), .malformed(.open, "its head is longer than the frame")),
      (
        RawClient.frame(3, stream: 1, flags: 1, [1, 0, 0xff]),
        .malformed(.open, "the bytes end in the middle of a field")
      ),
      (RawClient.frame(7, stream: 0, [0xff]), .malformed(.credit, "the bytes end in the middle of a field")),
    ]
    for (bytes, expected) in cases { #expect(fault(bytes) == expected) }
  }

  @Test func `streams that go backwards, and bodies that differ from what was announced`() {
    let open3 = RawClient.frame(3, stream: 3, flags: 1, RawClient.open(method: 2))
    #expect(
      fault(open3 + RawClient.frame(3, stream: 1, flags: 1, RawClient.open(method: 2)))
        == .unexpected(.open, "stream 1 does not follow 3; client streams are odd and rise"))
    let begin = RawClient.frame(3, stream: 1, flags: 2, RawClient.open(method: 1, messageBytes: 10))
    #expect(
      fault(begin + RawClient.frame(4, stream: 1, flags: 1, [UInt8](repeating: 0, count: 11)))
        == .malformed(.data, "the body is longer than announced"))
    #expect(
      fault(begin + RawClient.frame(4, stream: 1, flags: 1, [UInt8](repeating: 0, count: 9)))
        == .malformed(.data, "the body is shorter than announced"))
    #expect(
      fault(begin + RawClient.frame(4, stream: 1, flags: 2, [])) == .malformed(.data, "it is empty and ends nothing"))
    #expect(fault(begin + RawClient.frame(4, stream: 1, flags: 1, [UInt8](repeating: 0, count: 10))) == nil)
  }

  @Test func `a cancel or credit for a stream that has ended is no fault`() {
    #expect(fault(RawClient.frame(6, stream: 77, [])) == nil)
    #expect(fault(RawClient.frame(7, stream: 77, Credit(totalBytes: 5).encoded())) == nil)
  }

  @Test func `an empty checksum is taken only where it was agreed upon`() {
    let server = server(waives: true)
    RawClient.hello { $0.waiveChecksum = true }.withRawSpan { server.receive($0) }
    RawClient.frame(8, stream: 0, [1]).withRawSpan { server.receive($0) }
    guard case .broken(.reservedBits) = server.closeReason else {
      Issue.record("a checksum was taken that was waived")
      return
    }
  }

  @Test func `a HELLO that is too long is refused before it is read`() {
    let server = server()
    (Magic.bytes + RawClient.frame(1, stream: 0, [], length: 5000)).withRawSpan { server.receive($0) }
    guard case .broken(.tooLarge(5000, 4096)) = server.closeReason else {
      Issue.record("\(String(describing: server.closeReason))")
      return
    }
  }

  @Test func `random and corrupted bytes never trap, and after a fault nothing is read`() throws {
    var random = SplitMix64(seed: testSeed(400))
    let pair = Pair()
    pair.run()
    for index in 0..<5 as Range<UInt8> { _ = try pair.call(UInt32(index % 5), [UInt8](repeating: index, count: 60)) }
    let calls = pair.take(&pair.client.outbound)
    for _ in 0..<2000 {
      let server = server()
      RawClient().greet(server)
      var bytes = calls
      switch random.next() % 3 {
      case 0: bytes = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      case 1:
        for _ in 0..<3 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
      default: bytes.removeSubrange(Int(random.next() % 100)..<(100 + Int(random.next() % 100)))
      }
      for piece in Pair.pieces(bytes, 1 + Int(random.next() % 50)) { piece.withRawSpan { server.receive($0) } }
      if server.closeReason != nil {
        let said = server.outbound.count
        calls.withRawSpan { server.receive($0) }
        #expect(server.outbound.count == said)
      }
    }
  }

  @Test func `a client survives whatever a server sends`() throws {
    var random = SplitMix64(seed: testSeed(401))
    let pair = Pair()
    pair.run()
    _ = try pair.call(1, [UInt8](repeating: 1, count: 100))
    _ = try pair.call(4)
    pair.take(&pair.client.outbound).withRawSpan { pair.server.receive($0) }
    let replies = pair.take(&pair.server.outbound)
    for _ in 0..<2000 {
      let delegate = RecordingDelegate()
      let client = ClientConnection(client: "test", schemaHash: [], delegate: delegate)
      RawClient.frame(
        2, stream: 0, HelloOk(version: 1, frameBytesMax: 65_536, messageBytesMax: 4 << 20, streamsMax: 9).encoded()
      )
      .withRawSpan { client.receive($0) }
      _ = try client.open(Open(method: 1), body: [], isStreaming: false)
      _ = try client.open(Open(method: 4), body: [], isStreaming: false)
      var bytes = replies
      for _ in 0..<3 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
      for piece in Pair.pieces(bytes, 1 + Int(random.next() % 50)) { piece.withRawSpan { client.receive($0) } }
    }
  }
}
