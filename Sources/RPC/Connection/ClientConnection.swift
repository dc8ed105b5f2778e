package import Bytes

/// What a client does with what comes back; called on the connection's thread.
package protocol ClientDelegate: AnyObject {
  func connected(_ greeting: HelloOk)
  /// A call has ended, with its body.
  func ended(stream: UInt32, _ status: Status, body: [UInt8])
  /// A message of a stream.
  func message(stream: UInt32, _ body: [UInt8])
  /// The server takes more of what streams send.
  func creditCame()
  func pong(_ payload: [UInt8])
  /// The server takes no calls above `lastStream` any more.
  func goingAway(_ notice: GoAway)
}

extension ClientDelegate {
  package func creditCame() {}
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
  /// What the server may send on the whole connection. It is given back as bytes come, and only that of a stream as its
  /// messages are taken: streams that nobody reads hold back no other call, and what they hold is bounded by their own
  /// credit.
  private var grant = CreditGrant(window: ClientConnection.connectionCredit)
  /// What was sent on streams of requests, and what the server takes of it, on the whole connection.
  private var sending = Sending(limit: 0)

  /// What the server may send before it hears that it was taken. On a local socket a round trip is short; a megabyte
  /// keeps a stream busy.
  private static var connectionCredit: UInt64 { 8 << 20 }
  private static var streamCredit: UInt64 { 1 << 20 }

  private struct Stream {
    var partial: [UInt8] = []
    var isStreaming: Bool
    var grant = CreditGrant(window: ClientConnection.streamCredit)
    /// Of a stream of requests that has not been ended from this side.
    var sending: Sending?
    /// The reply of a unary call that came in DATA frames.
    var body: [UInt8]?
  }

  package init(client: String, schemaHash: [UInt8], token: AccessToken? = nil, delegate: Delegate) {
    self.delegate = delegate
    reader = FrameReader(frameBytesMax: Limits.frameBytesHardMax)
    outbound.append(Magic.bytes)
    send(
      Hello(
        versionMin: 1, versionMax: 1, frameBytesMax: UInt32(limits.frameBytesMax),
        messageBytesMax: UInt32(limits.messageBytesMax), streamCredit: Self.streamCredit,
        connectionCredit: Self.connectionCredit, client: client, schemaHash: schemaHash, waiveChecksum: true,
        token: token?.text),
      as: .hello)
  }

  package var streamCount: Int { streams.count }
  /// Calls that the server takes at once.
  package var streamsMax: Int { Int(greeting?.streamsMax ?? 0) }

  // MARK: Out

  /// Opens a call; answers its stream.
  package func open(_ head: Open, body: [UInt8], isStreaming: Bool) throws(CallFailure) -> UInt32 {
    let greeting = try admit(head)
    guard body.count <= Int(greeting.messageBytesMax) else {
      throw CallFailure(
        .resourceExhausted, .notExecuted,
        "the request has \(body.count) bytes; the server takes \(greeting.messageBytesMax): send it in parts")
    }
    let stream = begin(Stream(isStreaming: isStreaming))
    let frameBytesMax = self.frameBytesMax
    var head = head
    // A head takes less than half a kibibyte.
    let isWhole = body.count <= frameBytesMax - 512
    if !isWhole { head.messageBytes = UInt64(body.count) }
    body.withRawSpan { span in
      let start = outbound.beginFrame()
      outbound.appendHead(head)
      if isWhole { outbound.append(span) }
      outbound.endFrame(at: start, .open, flags: isWhole ? .end : .more, stream: stream, hasChecksum: hasChecksum)
      if !isWhole { appendData(span, on: stream, last: .end) }
    }
    return stream
  }

  /// Opens a call whose requests are sent as messages; answers its stream.
  package func openRequests(_ head: Open, isStreaming: Bool) throws(CallFailure) -> UInt32 {
    let greeting = try admit(head)
    guard greeting.streamCredit > 0 else {
      throw CallFailure(.unimplemented, .notExecuted, "the server takes no streams of requests; it is too old")
    }
    let stream = begin(Stream(isStreaming: isStreaming, sending: Sending(limit: greeting.streamCredit)))
    let start = outbound.beginFrame()
    outbound.appendHead(head)
    outbound.endFrame(at: start, .open, stream: stream, hasChecksum: hasChecksum)
    return stream
  }

  /// Sends a message as soon as the server's credit allows; answers whether it did.
  package func send(_ message: [UInt8], on stream: UInt32) throws(CallFailure) -> Bool {
    guard let state = streams[stream]?.sending, let greeting else {
      throw CallFailure(.failedPrecondition, .notExecuted, "the stream was ended; nothing can be sent on it")
    }
    let charge = UInt64(message.count + Limits.messageOverheadBytes)
    let most = min(greeting.streamCredit, greeting.connectionCredit)
    guard charge <= most else {
      throw CallFailure(
        .resourceExhausted, .notExecuted,
        "the message has \(message.count) bytes; the server takes \(Int(most) - Limits.messageOverheadBytes) on a stream"
      )
    }
    guard state.allows(charge), sending.allows(charge) else { return false }
    sending.sent += charge
    streams[stream]!.sending!.sent += charge
    message.withRawSpan { appendData($0, on: stream, last: []) }
    return true
  }

  /// Says that all messages were sent.
  package func finishSending(_ stream: UInt32) {
    guard streams[stream]?.sending != nil else { return }
    streams[stream]!.sending = nil
    endRequests(stream)
  }

  private func endRequests(_ stream: UInt32) {
    let start = outbound.beginFrame()
    outbound.endFrame(at: start, .data, flags: .end, stream: stream, hasChecksum: hasChecksum)
  }

  private var frameBytesMax: Int { min(Int(greeting?.frameBytesMax ?? 4096), limits.frameBytesMax) }

  /// A message in frames of which all but the last have MORE.
  private func appendData(_ span: RawSpan, on stream: UInt32, last: FrameFlags) {
    let frameBytesMax = self.frameBytesMax
    var offset = 0
    repeat {
      let end = min(offset + frameBytesMax, span.byteCount)
      let start = outbound.beginFrame()
      outbound.append(span.extracting(offset..<end))
      let flags = end < span.byteCount ? .more : last
      outbound.endFrame(at: start, .data, flags: flags, stream: stream, hasChecksum: hasChecksum)
      offset = end
    } while offset < span.byteCount
  }

  /// Whether one more call may begin.
  private func admit(_ head: Open) throws(CallFailure) -> HelloOk {
    guard let greeting else { throw CallFailure(.unavailable, .notExecuted, "the connection is not open yet") }
    // The longest identifier of a person: `Open` in gridwire.idl.
    guard head.actingFor?.unicodeScalars.count ?? 0 <= 64 else {
      throw CallFailure(.invalidArgument, .notExecuted, "the name of the person to act for is too long")
    }
    guard streams.count < streamsMax else {
      throw CallFailure(
        .resourceExhausted, .notExecuted, "\(streams.count) calls are open on this connection already",
        retryAfterMilliseconds: 10)
    }
    guard nextStream < UInt32(Int32.max) else {
      throw CallFailure(.unavailable, .notExecuted, "the connection has used all its stream numbers; connect again")
    }
    return greeting
  }

  private func begin(_ state: Stream) -> UInt32 {
    defer { nextStream += 2 }
    streams[nextStream] = state
    return nextStream
  }

  /// Asks the server to stop; the call still ends with its status.
  package func cancel(_ stream: UInt32) {
    guard streams[stream] != nil else { return }
    // It says as well that no more requests come.
    streams[stream]!.sending = nil
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
    guard let total = streams[stream]?.grant.take(byteCount) else { return }
    send(Credit(totalBytes: total), as: .credit, stream: stream)
  }

  private func consume(_ byteCount: Int) {
    if let total = grant.take(byteCount) { send(Credit(totalBytes: total), as: .credit) }
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
      sending.limit = greeting.connectionCredit
      hasChecksum = !greeting.waiveChecksum
      reader.hasChecksum = hasChecksum
      delegate.connected(greeting)
    case .status: try status(header.stream, payload)
    case .data: try data(header, payload)
    case .credit: credit(header.stream, try decode(payload, .credit))
    case .pong: delegate.pong([UInt8](copying: payload))
    case .ping:
      let start = outbound.beginFrame()
      outbound.append(payload)
      outbound.endFrame(at: start, .pong, hasChecksum: hasChecksum)
    case .goAway: delegate.goingAway(try decode(payload, .goAway))
    case .hello, .open, .cancel: throw .unexpected(header.type, "only a client sends it")
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
    // Both sides end a stream of requests, so that the server knows what was under way.
    if state.sending != nil { endRequests(stream) }
    let inline = payload.extracting(bodyStart..<payload.byteCount)
    consume(inline.byteCount)
    delegate.ended(stream: stream, status, body: state.body ?? [UInt8](copying: inline))
  }

  private func credit(_ stream: UInt32, _ credit: Credit) {
    // Totals: an older one says nothing new. A stream that is over needs none.
    if stream == 0 {
      sending.limit = max(sending.limit, credit.totalBytes)
    } else {
      guard let limit = streams[stream]?.sending?.limit else { return }
      streams[stream]!.sending!.limit = max(limit, credit.totalBytes)
    }
    delegate.creditCame()
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

/// What was sent on streams of requests, as it is charged, and what the server takes.
private struct Sending {
  var sent: UInt64 = 0
  var limit: UInt64

  func allows(_ charge: UInt64) -> Bool { sent + charge <= limit }
}
