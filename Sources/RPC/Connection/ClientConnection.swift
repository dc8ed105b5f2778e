package import Bytes

/// What a client does with what comes back; called on the connection's thread.
package protocol ClientDelegate: AnyObject {
  func connected(_ greeting: HelloOk)
  /// A call has ended, with its body.
  func ended(stream: UInt32, _ status: Status, body: [UInt8])
  /// A message of a stream.
  func message(stream: UInt32, _ body: [UInt8])
  func pong(_ payload: [UInt8])
  /// The server takes no calls above `lastStream` any more.
  func goingAway(_ notice: GoAway)
}

/// The client's side of one connection, without any I/O: bytes go in, bytes come out in ``outbound``. It lives on one
/// thread.
package final class ClientConnection<Delegate: ClientDelegate> {
  private unowned let delegate: Delegate
  package var outbound = ByteWriter(capacity: 4096)
  /// Set when the server broke the protocol.
  package private(set) var failure: FrameError?
  package private(set) var greeting: HelloOk?

  private var reader: FrameReader
  private let limits = Limits()
  private var hasChecksum = true
  private var nextStream: UInt32 = 1
  private var streams: [UInt32: Stream] = [:]
  /// Body bytes that came, and the total that the server may send, on the whole connection. Credit of the connection is
  /// given back as bytes come, and only that of a stream as its messages are taken: streams that nobody reads hold back
  /// no other call, and what they hold is bounded by their own credit.
  private var receivedBytes: UInt64 = 0
  private var creditLimit = ClientConnection.connectionCredit

  /// What the server may send before it hears that it was taken. On a local socket a round trip is short; a megabyte
  /// keeps a stream busy.
  private static var connectionCredit: UInt64 { 8 << 20 }
  private static var streamCredit: UInt64 { 1 << 20 }

  private struct Stream {
    var partial: [UInt8] = []
    var isStreaming: Bool
    /// Bytes of messages that the application has taken.
    var takenBytes: UInt64 = 0
    var creditLimit: UInt64
    /// The reply of a unary call that came in DATA frames.
    var body: [UInt8]?
  }

  package init(client: String, schemaHash: [UInt8], delegate: Delegate) {
    self.delegate = delegate
    reader = FrameReader(frameBytesMax: Limits.frameBytesHardMax)
    outbound.append(Magic.bytes)
    send(
      Hello(
        versionMin: 1, versionMax: 1, frameBytesMax: UInt32(limits.frameBytesMax),
        messageBytesMax: UInt32(limits.messageBytesMax), streamCredit: Self.streamCredit,
        connectionCredit: Self.connectionCredit, client: client, schemaHash: schemaHash, waiveChecksum: true),
      as: .hello)
  }

  package var streamCount: Int { streams.count }
  /// Calls that the server takes at once.
  package var streamsMax: Int { Int(greeting?.streamsMax ?? 0) }

  // MARK: Out

  /// Opens a call; answers its stream.
  package func open(_ head: Open, body: [UInt8], isStreaming: Bool) throws(CallFailure) -> UInt32 {
    guard let greeting else { throw CallFailure(.unavailable, .notExecuted, "the connection is not open yet") }
    // The longest identifier of a person: `Open` in gridwire.idl.
    guard head.actingFor?.unicodeScalars.count ?? 0 <= 64 else {
      throw CallFailure(.invalidArgument, .notExecuted, "the name of the person to act for is too long")
    }
    guard body.count <= Int(greeting.messageBytesMax) else {
      throw CallFailure(
        .resourceExhausted, .notExecuted,
        "the request has \(body.count) bytes; the server takes \(greeting.messageBytesMax): send it in parts")
    }
    guard streams.count < streamsMax else {
      throw CallFailure(
        .resourceExhausted, .notExecuted, "\(streams.count) calls are open on this connection already",
        retryAfterMilliseconds: 10)
    }
    guard nextStream < UInt32(Int32.max) else {
      throw CallFailure(.unavailable, .notExecuted, "the connection has used all its stream numbers; connect again")
    }
    let stream = nextStream
    nextStream += 2
    streams[stream] = Stream(isStreaming: isStreaming, creditLimit: Self.streamCredit)
    let frameBytesMax = min(Int(greeting.frameBytesMax), limits.frameBytesMax)
    var head = head
    // A head takes less than half a kibibyte.
    let isWhole = body.count <= frameBytesMax - 512
    if !isWhole { head.messageBytes = UInt64(body.count) }
    body.withRawSpan { span in
      let start = outbound.beginFrame()
      outbound.appendHead(head)
      if isWhole { outbound.append(span) }
      outbound.endFrame(at: start, .open, flags: isWhole ? .end : .more, stream: stream, hasChecksum: hasChecksum)
      var offset = 0
      while !isWhole, offset < span.byteCount {
        let end = min(offset + frameBytesMax, span.byteCount)
        let start = outbound.beginFrame()
        outbound.append(span.extracting(offset..<end))
        let flags: FrameFlags = end < span.byteCount ? .more : .end
        outbound.endFrame(at: start, .data, flags: flags, stream: stream, hasChecksum: hasChecksum)
        offset = end
      }
    }
    return stream
  }

  /// Asks the server to stop; the call still ends with its status.
  package func cancel(_ stream: UInt32) {
    guard streams[stream] != nil else { return }
    send(Cancel(), as: .cancel, stream: stream)
  }

  package func ping(_ payload: [UInt8]) {
    let start = outbound.beginFrame()
    outbound.append(payload)
    outbound.endFrame(at: start, .ping, hasChecksum: hasChecksum)
  }

  /// Says goodbye; the connection can be closed once this is sent.
  package func goAway() { send(GoAway(), as: .goAway) }

  /// The application took a message of `byteCount` bytes: the server may send as many more.
  package func taken(_ byteCount: Int, on stream: UInt32) {
    guard var state = streams[stream] else { return }
    state.takenBytes += UInt64(byteCount)
    if state.takenBytes + Self.streamCredit / 2 > state.creditLimit {
      state.creditLimit = state.takenBytes + Self.streamCredit
      send(Credit(totalBytes: state.creditLimit), as: .credit, stream: stream)
    }
    streams[stream] = state
  }

  private func consume(_ byteCount: Int) {
    receivedBytes += UInt64(byteCount)
    if receivedBytes + Self.connectionCredit / 2 > creditLimit {
      creditLimit = receivedBytes + Self.connectionCredit
      send(Credit(totalBytes: creditLimit), as: .credit)
    }
  }

  private func send(_ envelope: some WireRecord, as type: FrameType, stream: UInt32 = 0) {
    let start = outbound.beginFrame()
    envelope.encodeFields(into: &outbound)
    outbound.endFrame(at: start, type, stream: stream, hasChecksum: hasChecksum)
  }

  // MARK: In

  /// Takes bytes as they come from the server.
  package func receive(_ span: RawSpan) {
    guard failure == nil else { return }
    do throws(FrameError) {
      var reader = self.reader
      self.reader = FrameReader(frameBytesMax: 0)
      defer { self.reader = reader }
      try reader.read(span) { (reader, header, payload) throws(FrameError) in
        try self.handle(header, payload, &reader)
        return true
      }
    } catch {
      failure = error
    }
  }

  private func handle(_ header: FrameHeader, _ payload: RawSpan, _ reader: inout FrameReader) throws(FrameError) {
    switch header.type {
    case .helloOk:
      guard greeting == nil else { throw .unexpected(.helloOk, "the handshake is over") }
      let greeting: HelloOk = try decode(payload, .helloOk)
      guard greeting.version == 1, greeting.frameBytesMax >= 4096, greeting.messageBytesMax >= greeting.frameBytesMax
      else { throw .malformed(.helloOk, "version 1 and a frame limit of at least 4096 are needed") }
      self.greeting = greeting
      hasChecksum = !greeting.waiveChecksum
      reader.hasChecksum = hasChecksum
      delegate.connected(greeting)
    case .status: try status(header.stream, payload)
    case .data: try data(header, payload)
    case .pong: delegate.pong([UInt8](copying: payload))
    case .ping:
      let start = outbound.beginFrame()
      outbound.append(payload)
      outbound.endFrame(at: start, .pong, hasChecksum: hasChecksum)
    case .goAway: delegate.goingAway(try decode(payload, .goAway))
    case .hello, .open, .cancel, .credit: throw .unexpected(header.type, "only a client sends it")
    }
  }

  private func decode<Envelope: WireRecord>(_ payload: RawSpan, _ type: FrameType) throws(FrameError) -> Envelope {
    do throws(RecordFault) { return try Envelope(encoded: payload) } catch {
      throw .malformed(type, error.description)
    }
  }

  private func status(_ stream: UInt32, _ payload: RawSpan) throws(FrameError) {
    let bodyStart = try payload.splitHead(.status)
    let status: Status = try decode(payload.extracting(2..<bodyStart), .status)
    guard let state = streams.removeValue(forKey: stream) else {
      throw .unexpected(.status, "no call is open on stream \(stream)")
    }
    let inline = payload.extracting(bodyStart..<payload.byteCount)
    consume(inline.byteCount)
    delegate.ended(stream: stream, status, body: state.body ?? [UInt8](copying: inline))
  }

  private func data(_ header: FrameHeader, _ payload: RawSpan) throws(FrameError) {
    guard var state = streams[header.stream] else {
      throw .unexpected(.data, "no call is open on stream \(header.stream)")
    }
    state.partial += [UInt8](copying: payload)
    guard state.partial.count <= limits.messageBytesMax else {
      throw .tooLarge(bytes: state.partial.count, limit: limits.messageBytesMax)
    }
    if header.flags.contains(.more) {
      streams[header.stream] = state
      return
    }
    let message = state.partial
    state.partial = []
    consume(message.count)
    if state.isStreaming {
      streams[header.stream] = state
      delegate.message(stream: header.stream, message)
    } else {
      state.body = message
      streams[header.stream] = state
    }
  }
}
