import Bytes
import RPC

/// A server connection and a client connection with nothing but bytes between them: every cut, loss and delay is the
/// test's own.
final class Pair {
  let dispatcher = ScriptedDispatcher()
  let delegate = RecordingDelegate()
  let server: ServerConnection<ScriptedDispatcher>
  let client: ClientConnection<RecordingDelegate>

  init(limits: Limits = Limits(), isLocal: Bool = false) {
    server = ServerConnection(
      identifier: 1, peer: (), limits: limits, isLocal: isLocal, dispatcher: dispatcher)
    client = ClientConnection(client: "test", schemaHash: [], delegate: delegate)
  }

  /// Carries bytes in both directions until nobody has more to say, in pieces of at most `piece` bytes.
  func run(piece: Int = .max) {
    var isIdle = false
    while !isIdle {
      isIdle = true
      for chunk in Pair.pieces(take(&client.outbound), piece) {
        isIdle = false
        chunk.withRawSpan { server.receive($0) }
      }
      for chunk in Pair.pieces(take(&server.outbound), piece) {
        isIdle = false
        chunk.withRawSpan { client.receive($0) }
      }
    }
  }

  func take(_ writer: inout ByteWriter) -> [UInt8] {
    let bytes = writer.bytes()
    writer.removeAll()
    return bytes
  }

  static func pieces(_ bytes: [UInt8], _ size: Int) -> [[UInt8]] {
    guard !bytes.isEmpty else { return [] }
    guard size < bytes.count else { return [bytes] }
    return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
  }

  /// Opens a call and answers its stream.
  func call(
    _ method: UInt32, _ body: [UInt8] = [], isStreaming: Bool = false, timeoutMicroseconds: UInt64? = nil
  ) throws -> UInt32 {
    try client.open(Open(method: method, timeoutUs: timeoutMicroseconds), body: body, isStreaming: isStreaming)
  }
}

/// Answers by method number: 1 echoes at once, 2 answers when told, 3 streams, 4 refuses (in
/// the body's words, if it has any), 5 answers with as many bytes
/// as the body says, 6 takes a stream of requests when told.
final class ScriptedDispatcher: Dispatcher {
  typealias Peer = Void

  struct Received: Equatable {
    let stream: UInt32
    let method: UInt32
    let body: [UInt8]
  }

  private(set) var received: [Received] = []
  private(set) var calls: [IncomingCall] = []
  private(set) var cancelled: [UInt32] = []
  private(set) var credits: [UInt32] = []
  private(set) var bursts = 0
  private(set) var requestsCame: [UInt32] = []
  private(set) var lastCalls: [String] = []

  func greet(_ connection: ServerConnection<ScriptedDispatcher>, token: String?) -> Greeting {
    Greeting(
      server: "test/1", session: 9, historyIdentifier: [UInt8](repeating: 3, count: 16), schemaHash: [],
      principal: "tester", roles: ["auditor@*"], serverTimeMilliseconds: 1000)
  }

  func begin(_ call: IncomingCall, body: RawSpan, on connection: ServerConnection<ScriptedDispatcher>) {
    let bytes = [UInt8](copying: body)
    received.append(Received(stream: call.stream, method: call.method, body: bytes))
    calls.append(call)
    switch call.method {
    case 1: connection.answer(call.stream, sequence: 7, outcome: .query) { $0.append(bytes) }
    case 2, 6: break
    case 3: connection.beginStreaming(call.stream)
    case 4:
      connection.end(
        call.stream,
        with: CallFailure(
          .notFound, .notExecuted, bytes.isEmpty ? "nothing here" : String(decoding: bytes, as: UTF8.self),
          errorNumber: 20, errorBody: [1]))
    case 5:
      let size = bytes.withRawSpan { Int($0.littleEndian(at: 0, as: UInt32.self)) }
      connection.answer(call.stream, sequence: 8, outcome: .executed) { $0.append([UInt8](repeating: 6, count: size)) }
    default: connection.end(call.stream, with: CallFailure(.unimplemented, .notExecuted, "unknown"))
    }
  }

  func cancel(stream: UInt32, on connection: ServerConnection<ScriptedDispatcher>) {
    cancelled.append(stream)
    connection.end(stream, with: CallFailure(.cancelled, .query, "cancelled"))
  }

  func extendCredit(stream: UInt32, on connection: ServerConnection<ScriptedDispatcher>) { credits.append(stream) }
  func requestsCame(stream: UInt32, on connection: ServerConnection<ScriptedDispatcher>) { requestsCame.append(stream) }
  func burstEnded() { bursts += 1 }
  func lastCallCame(on connection: ServerConnection<ScriptedDispatcher>, reason: String) { lastCalls.append(reason) }
}

final class RecordingDelegate: ClientDelegate {
  private(set) var greeting: HelloOk?
  private(set) var ends: [UInt32: (status: Status, body: [UInt8])] = [:]
  private(set) var messages: [UInt32: [[UInt8]]] = [:]
  private(set) var pongs: [[UInt8]] = []
  private(set) var farewells: [GoAway] = []
  var farewell: GoAway? { farewells.last }
  private(set) var credits = 0

  func connected(_ greeting: HelloOk) { self.greeting = greeting }
  func ended(stream: UInt32, _ status: Status, body: [UInt8]) { ends[stream] = (status, body) }
  func message(stream: UInt32, _ body: [UInt8]) { messages[stream, default: []].append(body) }
  func creditCame() { credits += 1 }
  func pong(_ payload: [UInt8]) { pongs.append(payload) }
  func goingAway(_ notice: GoAway) { farewells.append(notice) }
}
