internal import Bytes
internal import RPC

/// A server's connection, driven by a script: frames right and wrong, seconds that pass, a peer that does not read, calls
/// that are answered late or stream in either direction.
enum ConnectionFuzz {
  static func run(_ input: [UInt8]) {
    var source = ByteSource(input)
    var script = Script(piece: Int(source.next()) + 1, options: source.next())
    var steps = 0
    while !source.isAtEnd, steps < 2000 {
      script.step(&source)
      script.check()
      steps += 1
    }
  }
}

private struct Script {
  private typealias Server = ServerConnection<ScriptDispatcher>

  private let piece: Int
  private let dispatcher = ScriptDispatcher()
  private let server: Server
  private let limits: Limits
  /// Reads what the server says: it must be frames, whatever it was sent.
  private var reader = FrameReader(frameBytesMax: Limits.frameBytesHardMax)
  private var opened: Set<UInt32> = []
  private var ended: Set<UInt32> = []
  private var lastStream: UInt32 = 0
  private var hasEnded = false
  /// What the server said last: of its end, and of credit by stream.
  private var lastTaken = UInt32.max
  private var credits: [UInt32: UInt64] = [:]

  init(piece: Int, options: UInt8) {
    self.piece = piece
    var limits = Limits()
    // Small enough that a short input reaches them.
    limits.streamsMax = 4
    limits.blockedBytesMax = 8192
    limits.partialBytesMax = 16_384
    limits.messageBytesMax = 8192
    limits.frameBytesMax = 4096
    limits.requestStreamCredit = 1024
    limits.requestConnectionCredit = 2048
    self.limits = limits
    server = Server(identifier: 1, peer: (), limits: limits, isLocal: options & 1 != 0, dispatcher: dispatcher)
    guard options & 2 == 0 else { return }
    let hello = Hello(
      versionMin: 1, versionMax: 1, frameBytesMax: 4096, messageBytesMax: 65_536,
      streamCredit: options & 4 != 0 ? 16 : 1 << 20, connectionCredit: options & 8 != 0 ? 64 : 1 << 20,
      waiveChecksum: options & 16 != 0)
    receive(Magic.bytes)
    receive(frame(FrameType.hello.rawValue, 0, 0, hello.encoded(), hasChecksum: true))
    if options & 1 != 0, options & 16 != 0 { waives = true }
  }

  private var waives = false

  mutating func step(_ source: inout ByteSource) {
    switch source.next() % 12 {
    case 0: receive(source.next(Int(source.next())))
    case 1, 2:
      let (type, flags, stream) = (source.next(), source.next(), UInt32(source.next()))
      let payload = source.next(Int(source.next()))
      send(type, flags, stream, payload)
    case 3, 4, 5:
      // A call as it should be, or nearly.
      lastStream += 2
      let stream = lastStream - 1
      let (method, flags) = (UInt32(source.next() % 7), source.next() % 4)
      let body = source.next(Int(source.next()))
      // Requests that stream have none here; now and then one is wrong.
      let isBare = flags == 0 && body.count.isMultiple(of: 2)
      let announced: UInt64? = flags & 2 != 0 ? UInt64(body.count) + UInt64(source.next()) * 64 : nil
      let head = Open(method: method, timeoutUs: nil, messageBytes: announced).encoded()
      send(FrameType.open.rawValue, flags, stream, [UInt8(head.count), 0] + head + (isBare ? [] : body))
    case 6: send(FrameType.data.rawValue, source.next() % 4, UInt32(source.next()), source.next(Int(source.next())))
    case 7:
      let total = UInt64(source.next()) << UInt64(source.next() % 24)
      send(FrameType.credit.rawValue, 0, UInt32(source.next() % 8), Credit(totalBytes: total).encoded())
    case 8: server.secondPassed()
    case 9: server.flowChanged(isFlowing: source.next() % 2 == 0)
    case 10: dispatcher.goOn(on: server, Int(source.next()) * 16)
    default:
      switch source.next() % 16 {
      case 0: server.drain(reason: "the script says so")
      case 1: send(FrameType.pong.rawValue, 0, 0, Array("draining".utf8))
      default: break
      }
    }
  }

  private mutating func send(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) {
    if type == FrameType.open.rawValue { opened.insert(stream) }
    receive(frame(type, flags, stream, payload, hasChecksum: !waives))
  }

  private func frame(
    _ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8], hasChecksum: Bool
  ) -> [UInt8] {
    var writer = ByteWriter()
    writer.appendLittleEndian(UInt32(payload.count))
    writer.append(type)
    writer.append(flags)
    writer.appendLittleEndian(UInt16(0))
    writer.appendLittleEndian(stream)
    let header = writer.bytes()
    writer.appendLittleEndian(hasChecksum ? Checksum.of(frameHeader: header, payload: payload) : 0)
    writer.append(payload)
    return writer.bytes()
  }

  private func receive(_ bytes: [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: piece) {
      Array(bytes[start..<min(start + piece, bytes.count)]).withRawSpan { server.receive($0) }
    }
  }

  /// What must be so after each step.
  mutating func check() {
    let said = server.outbound.bytes()
    server.outbound.removeAll()
    precondition(!hasEnded || said.isEmpty, "it speaks after its end")
    precondition(server.streamCount <= limits.streamsMax, "more calls are open than may be")
    let mayHold = limits.partialBytesMax + limits.blockedBytesMax + Int(limits.requestConnectionCredit)
    precondition(server.closeReason != nil || server.heldBytes <= mayHold, "it holds more than it may")
    var reader = self.reader
    defer { self.reader = reader }
    do throws(FrameError) {
      try said.withRawSpan { (span) throws(FrameError) in
        try reader.read(span) { (reader, header, payload) throws(FrameError) in
          check(header, [UInt8](copying: payload))
          if header.type == .helloOk, waives { reader.hasChecksum = false }
          return true
        }
      }
    } catch {
      preconditionFailure("what the server says is no gridwire: \(error)")
    }
    precondition(!reader.isInFrame, "half a frame")
    hasEnded = server.closeReason != nil
  }

  private mutating func check(_ header: FrameHeader, _ payload: [UInt8]) {
    switch header.type {
    case .status:
      precondition(header.stream % 2 == 1, "an answer to a call that nobody made")
      precondition(ended.insert(header.stream).inserted, "a call is answered twice")
      precondition(header.flags == .end)
      let headBytes = Int(payload[0]) | Int(payload[1]) << 8
      let status = try? Status(encoded: Array(payload[2..<2 + headBytes]))
      precondition(status != nil && StatusCode(rawValue: status!.code) != nil, "a status that no client reads")
    case .data: precondition(!ended.contains(header.stream), "a message behind the end of its call")
    case .goAway:
      guard let farewell = try? GoAway(encoded: payload) else { preconditionFailure("a farewell that no client reads") }
      precondition(farewell.lastStream <= lastTaken, "a farewell takes back what the last one said")
      lastTaken = farewell.lastStream
    case .helloOk: precondition((try? HelloOk(encoded: payload)) != nil)
    case .credit:
      guard let total = try? Credit(encoded: payload).totalBytes else {
        preconditionFailure("credit that no client reads")
      }
      precondition(header.stream.isMultiple(of: 2) == (header.stream == 0) && !ended.contains(header.stream))
      precondition(credits.updateValue(total, forKey: header.stream) ?? 0 < total, "credit that says nothing new")
    case .ping, .pong: break
    case .hello, .open, .cancel: preconditionFailure("a server says \(header.type)")
    }
  }
}

/// By method: 1 echoes, 2 waits until it is told, 3 streams, 4 refuses, 5 answers four kibibytes, others are not known. Of
/// requests that stream: 1 sends each back, 2 takes them when it is told, others end the stream at once.
private final class ScriptDispatcher: Dispatcher {
  typealias Peer = Void
  typealias Connection = ServerConnection<ScriptDispatcher>

  private var waiting: [UInt32] = []
  private var streaming: [UInt32] = []
  /// Streams whose requests are left where they are.
  private var holding: [UInt32] = []
  private var isLeaving = false

  func greet(_ connection: Connection, token: String?) -> Greeting {
    Greeting(
      server: "fuzz", session: 1, historyIdentifier: [UInt8](repeating: 3, count: 16), schemaHash: [],
      principal: "fuzz", roles: [], serverTimeMilliseconds: 0)
  }

  func begin(_ call: IncomingCall, body: RawSpan, on connection: Connection) {
    precondition(!isLeaving, "a call begins behind the last")
    guard !call.takesStream else {
      if call.method == 2 { holding.append(call.stream) }
      if ![1, 2].contains(call.method) { connection.end(call.stream, with: Status()) }
      return
    }
    let bytes = [UInt8](copying: body)
    switch call.method {
    case 1: connection.answer(call.stream, sequence: 1, outcome: .query) { $0.append(bytes) }
    case 2: waiting.append(call.stream)
    case 3:
      connection.beginStreaming(call.stream)
      streaming.append(call.stream)
    case 4:
      connection.end(
        call.stream, with: CallFailure(.notFound, .query, String(decoding: bytes, as: UTF8.self), errorNumber: 20))
    case 5:
      connection.answer(call.stream, sequence: 1, outcome: .executed) { $0.append([UInt8](repeating: 5, count: 4096)) }
    default: connection.end(call.stream, with: CallFailure(.unimplemented, .notExecuted, "unknown"))
    }
  }

  /// Answers the oldest call that waits, and sends a message on the oldest stream.
  func goOn(on connection: Connection, _ bytes: Int) {
    if !waiting.isEmpty {
      connection.answer(waiting.removeFirst(), sequence: 2, outcome: .executed) {
        $0.append([UInt8](repeating: 2, count: bytes))
      }
    }
    if !holding.isEmpty { requestsCame(stream: holding.removeFirst(), on: connection) }
    guard let stream = streaming.first else { return }
    let credit = connection.reserve(for: stream)
    if credit > 0 { connection.send([UInt8](repeating: 3, count: bytes), on: stream) }
    connection.release(credit)
    if bytes == 0 {
      streaming.removeFirst()
      connection.end(stream, with: CallFailure(.unavailable, .query, "the stream is over"))
    }
  }

  func cancel(stream: UInt32, on connection: Connection) {
    waiting.removeAll { $0 == stream }
    streaming.removeAll { $0 == stream }
    holding.removeAll { $0 == stream }
    connection.end(stream, with: CallFailure(.cancelled, .query, "cancelled"))
  }

  func requestsCame(stream: UInt32, on connection: Connection) {
    guard !holding.contains(stream) else { return }
    while true {
      switch connection.nextMessage(on: stream) {
      case .message(let bytes):
        if connection.hasCredit(for: stream) { connection.send(bytes, on: stream) }
        connection.took(bytes.count, on: stream)
      case .nothing: return
      case .end: return connection.end(stream, with: Status())
      }
    }
  }

  func lastCallCame(on connection: Connection, reason: String) {
    precondition(!isLeaving, "the last call comes twice")
    isLeaving = true
    for stream in streaming { connection.end(stream, with: CallFailure(.unavailable, .query, reason)) }
    streaming = []
  }

  func burstEnded() {}
  func extendCredit(stream: UInt32, on connection: Connection) {}
}
