import Bytes
import RPC
import Testing

/// `calls.json` as far as it is about the connection alone: against the server's state machine, without a socket. The whole
/// of it runs against the daemon, in the Python client's tests.
@Suite struct CallTests {
  private static let cases = Vector.file("calls.json").filter { $0.text("about") == "connection" }

  @Test(arguments: cases, [1, 7, Int.max])
  func `a script, in pieces of any size`(vector: Vector, piece: Int) throws {
    let transports = vector.text("only").map { [$0] } ?? ["unix", "tcp"]
    for transport in transports {
      let run = ScriptRun(isLocal: transport == "unix", piece: piece)
      if vector.truth("handshake") ?? true { run.greet() }
      for step in vector.vectors("script") { try run.take(step) }
      #expect(run.frames.allSatisfy { $0.header.type == .credit }, "nothing is said that the script does not know")
    }
  }

  @Test func `most scripts end in a refusal, and none is left out`() {
    #expect(Self.cases.count > 60)
    let codes = Self.cases.flatMap { $0.vectors("script").compactMap { $0.number("goaway") } }
    #expect(Set(codes) == [2, 3, 4, 5, 6, 7, 8, 10])
  }
}

/// One connection of a script.
private final class ScriptRun {
  private let server: ServerConnection<StatusDispatcher>
  private let piece: Int
  private var reader = FrameReader(frameBytesMax: Limits.frameBytesHardMax)
  private(set) var frames: [(header: FrameHeader, payload: [UInt8])] = []

  init(isLocal: Bool, piece: Int) {
    self.piece = piece
    server = ServerConnection(
      identifier: 1, peer: (), limits: Limits(), isLocal: isLocal, dispatcher: StatusDispatcher())
  }

  func greet() {
    let hello = Hello(
      versionMin: 1, versionMax: 1, frameBytesMax: 65_536, messageBytesMax: 4 << 20, streamCredit: 1 << 20,
      connectionCredit: 8 << 20)
    send(Magic.bytes + Self.frame(.hello, hello.encoded()))
    #expect(first { $0.type == .helloOk } != nil)
  }

  private static func frame(_ type: FrameType, _ payload: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.appendLittleEndian(UInt32(payload.count))
    writer.appendLittleEndian(UInt32(type.rawValue))
    writer.appendLittleEndian(UInt32(0))
    let checksum = (writer.bytes() + payload).withRawSpan { Checksum.of($0) }
    writer.appendLittleEndian(checksum)
    return writer.bytes() + payload
  }

  private func send(_ bytes: [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: min(piece, bytes.count)) {
      Array(bytes[start..<min(bytes.count, start.addingReportingOverflow(piece).partialValue)]).withRawSpan {
        server.receive($0)
      }
    }
    let said = server.outbound.bytes()
    server.outbound.removeAll()
    do throws(FrameError) {
      try said.withRawSpan { (span) throws(FrameError) in
        var reader = self.reader
        defer { self.reader = reader }
        try reader.read(span) { (reader, header, payload) throws(FrameError) in
          let payload = [UInt8](copying: payload)
          frames.append((header, payload))
          if header.type == .helloOk { reader.hasChecksum = (try? HelloOk(encoded: payload))?.waiveChecksum != true }
          return true
        }
      }
    } catch {
      Issue.record("the server's frames cannot be read: \(error)")
    }
  }

  /// Takes the first frame that fits.
  private func first(_ fits: (FrameHeader) -> Bool) -> [UInt8]? {
    guard let index = frames.firstIndex(where: { fits($0.header) }) else { return nil }
    return frames.remove(at: index).payload
  }

  func take(_ step: Vector) throws {
    if let bytes = step.bytes("send") {
      send(bytes + [UInt8](repeating: 0, count: step.number("zeros") ?? 0))
    } else if let frame = step.vector("frame") {
      let payload = first { Int($0.type.rawValue) == frame.number("type") && Int($0.stream) == frame.number("stream") }
      #expect(payload != nil && (frame.bytes("payload") ?? payload) == payload)
    } else if let payload = step.bytes("pong") {
      #expect(first { $0.type == .pong } == payload)
    } else if let code = step.number("goaway") {
      let payload = try #require(first { $0.type == .goAway })
      #expect(try Int(GoAway(encoded: payload).code) == code && server.closeReason != nil)
    } else if let farewell = step.vector("goingAway") {
      let payload = try #require(first { $0.type == .goAway })
      let said = try GoAway(encoded: payload)
      #expect(said.code == 0 && Int(said.lastStream) == farewell.number("lastStream"))
    } else if step.truth("hangup") == true {
      #expect(server.closeReason != nil)
    } else {
      try take(status: #require(step.vector("status"), "an unknown step"))
    }
  }

  private func take(status wanted: Vector) throws {
    let payload = try #require(first { $0.type == .status && Int($0.stream) == wanted.number("stream") })
    let headEnd = 2 + Int(payload[0]) + Int(payload[1]) << 8
    let status = try Status(encoded: Array(payload[2..<headEnd]))
    #expect(Int(status.code) == wanted.number("code"))
    if let outcome = wanted.number("outcome") { #expect(Int(status.outcome) == outcome) }
    if let isRetried = wanted.truth("retry") { #expect((status.retryAfterMs != nil) == isRetried) }
  }
}

/// Knows `Admin.status`, and answers it with nothing; and `Hazard.relay`, whose reports it leaves where they are.
private final class StatusDispatcher: Dispatcher {
  typealias Peer = Void
  typealias Connection = ServerConnection<StatusDispatcher>

  func greet(_ connection: Connection, token: String?) -> Greeting {
    Greeting(
      server: "conformance", session: 1, historyIdentifier: [UInt8](repeating: 1, count: 16), schemaHash: [],
      principal: "anyone", roles: [], serverTimeMilliseconds: 1_772_411_400_000)
  }

  func begin(_ call: IncomingCall, body: RawSpan, on connection: Connection) {
    if call.method == 5 << 8 | 48, call.takesStream { return }
    if call.method != 7 << 8 | 4 {
      connection.end(call.stream, with: CallFailure(.unimplemented, .notExecuted, "unknown"))
    } else if call.timeout == .zero {
      connection.end(call.stream, with: CallFailure(.deadlineExceeded, .query, "too late"))
    } else {
      connection.answer(call.stream, sequence: 1, outcome: .query) { _ in }
    }
  }

  func cancel(stream: UInt32, on connection: Connection) {
    connection.end(stream, with: CallFailure(.cancelled, .notExecuted, "cancelled"))
  }
  func burstEnded() {}
  func extendCredit(stream: UInt32, on connection: Connection) {}
}
