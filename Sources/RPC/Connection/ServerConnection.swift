package import Bytes

/// The server's side of one connection, without any I/O: bytes and time go in, bytes come out in ``outbound``. It lives
/// on one thread.
package final class ServerConnection<Handler: Dispatcher> {
  /// Number of the connection in its server, never used twice.
  package let identifier: UInt64
  /// Who it is: what the transport proved, until the handshake tells it better.
  package var peer: Handler.Peer
  package let limits: Limits
  private let dispatcher: Handler

  /// Bytes for the peer. The transport takes them away.
  package var outbound = ByteWriter(capacity: 4096)
  /// Why the connection must be closed once ``outbound`` is sent; nothing is read any more.
  package private(set) var closeReason: CloseReason?

  package enum CloseReason: Sendable {
    case orderly
    case broken(FrameError)
  }

  // Without payload: each call asks for it several times.
  private enum Phase {
    case magic, hello, open
    /// The client was told to open no more, and has not yet shown that it knows.
    case leaving
    /// What the client had opened before it knew is all that there is.
    case draining
  }

  private var phase = Phase.magic
  /// Why the client is to leave, and how long ago it was told.
  private var farewell = (reason: "", seconds: 0)
  private var magic: [UInt8] = []
  private var reader: FrameReader
  private let isLocal: Bool
  private var patience: Patience
  private var receivedBytes: UInt64 = 0
  private var repliesPaid: UInt64 = 0
  private var hasChecksum = true
  private var peerFrameBytesMax = 16 << 10
  private var peerMessageBytesMax = 0

  private var lastStream: UInt32 = 0
  /// The last stream that a farewell names: behind it no call was looked at.
  private var lastTaken: UInt32 = 0
  private var streams: [UInt32: Stream] = [:]
  /// The call that the dispatcher is just being handed. Most are answered at once and never stand among `streams`.
  private var beginning: UInt32?
  private var partialBytes = 0
  private var requests: RequestFlows

  /// Body bytes that the client takes on the connection, and those sent, as totals.
  private var creditLimit: UInt64 = 0
  private var sentBytes: UInt64 = 0
  private var initialStreamCredit: UInt64 = 0
  /// What streams that are producing may still add.
  private var reservedBytes: UInt64 = 0
  private var blocked: [BlockedReply] = []
  private var blockedBytes = 0
  /// Whether the transport gets rid of what it is given.
  private var isFlowing = true

  /// - Parameter isLocal: whether it is a Unix socket: no wire can flip a bit of it, and the kernel says at once when
  ///   the peer is gone.
  package init(identifier: UInt64, peer: Handler.Peer, limits: Limits, isLocal: Bool, dispatcher: Handler) {
    self.identifier = identifier
    self.peer = peer
    self.limits = limits
    self.isLocal = isLocal
    patience = Patience(asks: !isLocal)
    self.dispatcher = dispatcher
    requests = RequestFlows(limits)
    reader = FrameReader(frameBytesMax: Limits.helloBytesMax)
  }

  package var isHandshaken: Bool { phase != .magic && phase != .hello }
  /// Whether no call comes any more that would be taken.
  package var isLastCallKnown: Bool { phase == .draining || closeReason != nil }
  /// Bytes of requests that are still arriving or wait to be taken, of replies that wait, and of what is about to be sent.
  package var heldBytes: Int { partialBytes + requests.heldBytes + blockedBytes + outbound.count }
  /// What the client calls itself.
  package private(set) var clientName = ""
  /// Calls that are open.
  package var streamCount: Int { streams.count + (beginning == nil ? 0 : 1) }

  // MARK: In

  /// Takes bytes as they come from the peer.
  package func receive(_ span: RawSpan) {
    guard closeReason == nil else { return }
    receivedBytes += UInt64(span.byteCount)
    do throws(FrameError) {
      var rest = span
      if phase == .magic {
        let taken = try takeMagic(span)
        rest = span.extracting(taken..<span.byteCount)
        if phase == .magic { return }
      }
      // The reader is moved out, so that handling a frame may change this object.
      var reader = self.reader
      self.reader = FrameReader(frameBytesMax: 0)
      defer { self.reader = reader }
      try reader.read(rest) { (reader, header, payload) throws(FrameError) in
        try self.handle(header, payload, &reader)
        return self.closeReason == nil
      }
    } catch {
      fail(error)
    }
    dispatcher.burstEnded()
  }

  /// Ends the connection because of the peer; says so to the peer and to the log.
  package func fail(_ error: FrameError) {
    guard closeReason == nil else { return }
    closeReason = .broken(error)
    // To somebody who speaks another protocol there is nothing to say.
    if case .notGridwire = error { return }
    send(GoAway(code: error.code, lastStream: lastTaken, message: error.description), as: .goAway)
  }

  private func takeMagic(_ span: RawSpan) throws(FrameError) -> Int {
    let taken = min(Magic.bytes.count - magic.count, span.byteCount)
    magic += [UInt8](copying: span.extracting(0..<taken))
    guard Magic.bytes.starts(with: magic) else {
      throw .notGridwire(magic.count > taken ? magic.withRawSpan { Magic.guess($0) } : Magic.guess(span))
    }
    if magic.count == Magic.bytes.count { phase = .hello }
    return taken
  }

  private func handle(_ header: FrameHeader, _ payload: RawSpan, _ reader: inout FrameReader) throws(FrameError) {
    if phase == .hello {
      guard header.type == .hello else { throw .unexpected(header.type, "HELLO comes first") }
      return try greet(try decode(payload, header.type), &reader)
    }
    switch header.type {
    case .open: try open(header, payload)
    case .data: try data(header, payload)
    case .cancel: try cancel(header.stream)
    case .credit: try credit(header.stream, try decode(payload, header.type))
    case .ping:
      try patience.idleFrame()
      let start = outbound.beginFrame()
      outbound.append(payload)
      outbound.endFrame(at: start, .pong, hasChecksum: hasChecksum)
    // Any other only shows that the peer is there.
    case .pong: if [UInt8](copying: payload) == Self.farewellPing { takeNoMore() }
    case .goAway: closeReason = .orderly
    case .hello, .helloOk, .status: throw .unexpected(header.type, "only the other side sends it")
    }
  }

  private func decode<Envelope: WireRecord>(_ payload: RawSpan, _ type: FrameType) throws(FrameError) -> Envelope {
    do throws(RecordFault) { return try Envelope(encoded: payload) } catch {
      throw .malformed(type, error.description)
    }
  }

  // MARK: Handshake

  private func greet(_ hello: Hello, _ reader: inout FrameReader) throws(FrameError) {
    guard hello.versionMin <= 1, hello.versionMax >= 1 else {
      throw .version(min: hello.versionMin, max: hello.versionMax)
    }
    guard hello.frameBytesMax >= 4096, hello.messageBytesMax >= hello.frameBytesMax else {
      throw .malformed(.hello, "a frame limit of at least 4096 is needed, and a message limit not below it")
    }
    peerFrameBytesMax = min(Int(hello.frameBytesMax), limits.frameBytesMax)
    peerMessageBytesMax = Int(hello.messageBytesMax)
    creditLimit = hello.connectionCredit
    initialStreamCredit = hello.streamCredit
    clientName = hello.client
    let waives = hello.waiveChecksum && isLocal
    let greeting = try dispatcher.greet(self, token: hello.token)
    send(
      HelloOk(
        version: 1, frameBytesMax: UInt32(limits.frameBytesMax), messageBytesMax: UInt32(limits.messageBytesMax),
        streamsMax: UInt32(limits.streamsMax), pingIntervalMinMs: limits.pingIntervalMinMilliseconds,
        server: greeting.server, schemaHash: greeting.schemaHash, waiveChecksum: waives, session: greeting.session,
        historyId: greeting.historyIdentifier, principal: greeting.principal, roles: greeting.roles,
        serverTimeMs: greeting.serverTimeMilliseconds, streamCredit: limits.requestStreamCredit,
        connectionCredit: limits.requestConnectionCredit),
      as: .helloOk)
    hasChecksum = !waives
    reader.hasChecksum = !waives
    reader.frameBytesMax = limits.frameBytesMax
    phase = .open
  }

  // MARK: Requests

  private func open(_ header: FrameHeader, _ payload: RawSpan) throws(FrameError) {
    guard header.stream % 2 == 1, header.stream > lastStream else {
      throw .unexpected(.open, "stream \(header.stream) does not follow \(lastStream); client streams are odd and rise")
    }
    lastStream = header.stream
    if phase != .draining, lastStream <= Limits.streamMax { lastTaken = lastStream }
    if lastStream > Limits.lastStreamMax { drain(reason: "the connection has used up its streams; connect again") }
    let bodyStart = try payload.splitHead(.open)
    let head: Open = try decode(payload.extracting(2..<bodyStart), .open)
    if let key = head.requestKey, key.count != 16 { throw .malformed(.open, "a request key has 16 bytes") }
    let takesStream = header.flags.isEmpty
    let call = IncomingCall(stream: header.stream, head, takesStream: takesStream)
    let body = payload.extracting(bodyStart..<payload.byteCount)
    let announced = Int(clamping: head.messageBytes ?? UInt64(body.byteCount))
    if takesStream {
      guard head.messageBytes == nil, body.byteCount == 0 else {
        throw .malformed(.open, "it has neither END nor MORE, and so announces messages; their first stands in DATA")
      }
      requests.open(header.stream)
    }
    if let refusal = admissionFailure(announced) {
      // Nothing is kept of it; the frames that still come for it are dropped.
      sendStatus(Status(refusal), to: header.stream)
      return closeRequests(header.stream)
    }
    if takesStream { return begin(call, body) }
    if header.flags.contains(.end) {
      guard body.byteCount == announced else { throw .malformed(.open, "the body is not as long as announced") }
      return begin(call, body)
    }
    guard body.byteCount <= announced else { throw .malformed(.open, "the body is longer than announced") }
    partialBytes += announced
    streams[header.stream] = .receiving(call, body: [UInt8](copying: body), announced: announced, secondsWaited: 0)
  }

  /// Why a call cannot even begin.
  private func admissionFailure(_ announced: Int) -> CallFailure? {
    if phase == .draining || lastStream > Limits.streamMax {
      return CallFailure(
        .unavailable, .notExecuted, "this connection takes no new calls; connect again", retryAfterMilliseconds: 1000)
    }
    if streams.count + requests.droppingCount >= limits.streamsMax {
      return CallFailure(
        .resourceExhausted, .notExecuted, "\(limits.streamsMax) calls are open on this connection already",
        retryAfterMilliseconds: 10)
    }
    if announced > limits.messageBytesMax {
      return CallFailure(
        .resourceExhausted, .notExecuted,
        "the request has \(announced) bytes; the limit is \(limits.messageBytesMax): send it in parts")
    }
    if partialBytes + announced > limits.partialBytesMax {
      return CallFailure(
        .resourceExhausted, .notExecuted, "too many large requests are arriving on this connection",
        retryAfterMilliseconds: 100)
    }
    return nil
  }

  private func data(_ header: FrameHeader, _ payload: RawSpan) throws(FrameError) {
    guard header.stream <= lastStream else { throw .unexpected(.data, "stream \(header.stream) was never opened") }
    if requests.isOpen(header.stream) {
      if try requests.receive(header, payload) { dispatcher.requestsCame(stream: header.stream, on: self) }
      return sendDueCredits()
    }
    // A stream that was refused or has ended: its frames were under way.
    guard case .receiving(let call, var body, let announced, _)? = streams[header.stream] else { return }
    // Taken out, so that the body grows in place.
    streams[header.stream] = nil
    guard header.flags.contains(.more) || header.flags.contains(.end) else {
      throw .malformed(.data, "it has neither END nor MORE")
    }
    guard payload.byteCount > 0 || header.flags.contains(.end) else {
      throw .malformed(.data, "it is empty and ends nothing")
    }
    body += [UInt8](copying: payload)
    guard body.count <= announced else { throw .malformed(.data, "the body is longer than announced") }
    guard header.flags.contains(.end) else {
      streams[header.stream] = .receiving(call, body: body, announced: announced, secondsWaited: 0)
      return
    }
    partialBytes -= announced
    guard body.count == announced else { throw .malformed(.data, "the body is shorter than announced") }
    body.withRawSpan { begin(call, $0) }
  }

  private func begin(_ call: IncomingCall, _ body: RawSpan) {
    beginning = call.stream
    if call.takesStream { beginStreaming(call.stream) }
    dispatcher.begin(call, body: body, on: self)
    if beginning != nil { streams[call.stream] = .running }
    beginning = nil
  }

  /// Takes a call off the open ones; answers whether it was one.
  private func close(_ stream: UInt32) -> Bool {
    guard beginning == stream else { return streams.removeValue(forKey: stream) != nil }
    beginning = nil
    return true
  }

  /// The call is over; answers whether it was open.
  private func conclude(_ stream: UInt32) -> Bool {
    guard close(stream) else { return false }
    closeRequests(stream)
    return true
  }

  private func cancel(_ stream: UInt32) throws(FrameError) {
    requests.cancel(stream)
    switch streams[stream] {
    // It has ended: there is nothing left to do.
    case nil: try patience.idleFrame()
    case .receiving(_, _, let announced, _)?:
      partialBytes -= announced
      end(stream, with: CallFailure(.cancelled, .notExecuted, "the client cancelled the call before it had sent it"))
    case .running?, .streaming?: dispatcher.cancel(stream: stream, on: self)
    }
  }

  // MARK: Streams of requests

  /// The next message of a stream of requests. It counts against the client's credit until it is ``took(_:on:)``.
  package func nextMessage(on stream: UInt32) -> RequestFlows.Next { requests.next(stream) }

  /// The dispatcher is done with a message of that many bytes.
  package func took(_ byteCount: Int, on stream: UInt32) {
    requests.took(byteCount, of: stream)
    sendDueCredits()
  }

  /// Nothing that still comes on this stream is wanted.
  private func closeRequests(_ stream: UInt32) {
    guard requests.isOpen(stream) else { return }
    requests.close(stream)
    sendDueCredits()
    // A client opens no more calls than it may, and ends each that was ended for it.
    if requests.droppingCount > limits.streamsMax {
      fail(.limit("\(requests.droppingCount) streams that are over were not ended by the client"))
    }
  }

  private func sendDueCredits() {
    for (stream, total) in requests.takeDueCredits() where closeReason == nil {
      let start = outbound.beginFrame()
      Credit(totalBytes: total).encodeFields(into: &outbound)
      outbound.endFrame(at: start, .credit, stream: stream, hasChecksum: hasChecksum)
    }
  }

  // MARK: Replies

  /// Answers a call that succeeded with the body that `write` writes; what `write` refuses is sent instead.
  package func answer(
    _ stream: UInt32, sequence: UInt64, outcome: CallOutcome,
    _ write: (inout ByteWriter) throws(CallFailure) -> Void
  ) {
    guard conclude(stream), closeReason == nil else { return }
    let start = outbound.beginFrame()
    outbound.appendHead(Status(outcome: outcome.rawValue, sequence: sequence))
    let bodyStart = outbound.count
    do throws(CallFailure) { try write(&outbound) } catch {
      outbound.truncate(to: start)
      sendWhenAllowed(Status(error), error.errorBody, to: stream)
      return finishDrain()
    }
    let bodyBytes = outbound.count - bodyStart
    let fits = outbound.count - start - FrameHeader.byteCount <= peerFrameBytesMax
    if fits, maySend(bodyBytes) {
      sentBytes += UInt64(bodyBytes)
      outbound.endFrame(at: start, .status, flags: .end, stream: stream, hasChecksum: hasChecksum)
    } else {
      let body = outbound.bytes(from: bodyStart)
      outbound.truncate(to: start)
      sendWhenAllowed(Status(outcome: outcome.rawValue, sequence: sequence), body, to: stream)
    }
    finishDrain()
  }

  /// Ends a call with a status, and a body if there is one.
  package func end(_ stream: UInt32, with status: Status, body: [UInt8] = []) {
    guard conclude(stream), closeReason == nil else { return }
    sendWhenAllowed(status, body, to: stream)
    finishDrain()
  }

  /// Ends a call that failed.
  package func end(_ stream: UInt32, with failure: CallFailure) {
    end(stream, with: Status(failure), body: failure.errorBody)
  }

  private func sendWhenAllowed(_ status: Status, _ body: [UInt8], to stream: UInt32) {
    guard body.count <= peerMessageBytesMax else {
      return sendStatus(
        Status(
          CallFailure(
            .resourceExhausted, CallOutcome(rawValue: status.outcome) ?? .unknown,
            "the reply has \(body.count) bytes; this client takes \(peerMessageBytesMax)")), to: stream)
    }
    if maySend(body.count) { return sendReply(status, body, to: stream) }
    let reply = BlockedReply(stream: stream, status: status, body: body)
    blocked.append(reply)
    blockedBytes += reply.byteCount
    if blockedBytes > limits.blockedBytesMax {
      fail(.limit("\(blocked.count) replies of \(blockedBytes) bytes wait for a client that takes none"))
    }
  }

  private func maySend(_ bodyBytes: Int) -> Bool {
    isFlowing && blocked.isEmpty && sentBytes + UInt64(bodyBytes) <= creditLimit
  }

  /// Sends a reply whose credit is there: whole in STATUS, or in DATA frames before it.
  private func sendReply(_ status: Status, _ body: [UInt8], to stream: UInt32) {
    sentBytes += UInt64(body.count)
    // A head with its longest text fits into two kibibytes.
    if body.count <= peerFrameBytesMax - 2048 { return sendStatus(status, body: body, to: stream) }
    sendMessage(body, to: stream)
    sendStatus(status, to: stream)
  }

  private func sendStatus(_ status: Status, body: [UInt8] = [], to stream: UInt32) {
    let start = outbound.beginFrame()
    outbound.appendHead(status)
    outbound.append(body)
    outbound.endFrame(at: start, .status, flags: .end, stream: stream, hasChecksum: hasChecksum)
  }

  private func sendMessage(_ body: [UInt8], to stream: UInt32) {
    body.withRawSpan { span in
      var offset = 0
      repeat {
        let end = min(offset + peerFrameBytesMax, span.byteCount)
        let start = outbound.beginFrame()
        outbound.append(span.extracting(offset..<end))
        let flags: FrameFlags = end < span.byteCount ? .more : []
        outbound.endFrame(at: start, .data, flags: flags, stream: stream, hasChecksum: hasChecksum)
        offset = end
      } while offset < span.byteCount
    }
  }

  private func send(_ envelope: some WireRecord, as type: FrameType) {
    let start = outbound.beginFrame()
    envelope.encodeFields(into: &outbound)
    outbound.endFrame(at: start, type, hasChecksum: hasChecksum)
  }

  // MARK: Streams of messages

  /// Makes a running call one that sends messages.
  package func beginStreaming(_ stream: UInt32) {
    guard close(stream) else { return }
    streams[stream] = .streaming(sent: 0, limit: initialStreamCredit)
  }

  /// Sets credit aside for one step of a stream; 0 when there is none now. ``release(_:)`` gives it back.
  package func reserve(for stream: UInt32) -> UInt64 {
    guard case .streaming(let sent, let limit) = streams[stream], isFlowing, blocked.isEmpty else { return 0 }
    func rest(_ limit: UInt64, _ used: UInt64) -> UInt64 { limit > used ? limit - used : 0 }
    let credit = min(
      rest(limit, sent), rest(creditLimit, sentBytes + reservedBytes), rest(limits.producedBytesMax, reservedBytes),
      limits.stepBytes)
    reservedBytes += credit
    return credit
  }

  /// Gives back what a step had set aside, after it has sent what it produced. Streams that had to wait go on.
  package func release(_ credit: UInt64) {
    reservedBytes -= credit
    resumeStreams()
  }

  /// Whether a message may be sent now; see ``send(_:on:)``.
  package func hasCredit(for stream: UInt32) -> Bool {
    guard case .streaming(let sent, let limit) = streams[stream] else { return false }
    return isFlowing && blocked.isEmpty && sent < limit && sentBytes + reservedBytes < creditLimit
  }

  /// Sends one message. A message may go beyond the credit, so that one larger than all of it does not stop for ever;
  /// the next then waits.
  package func send(_ message: [UInt8], on stream: UInt32) {
    guard case .streaming(let sent, let limit) = streams[stream], closeReason == nil else { return }
    streams[stream] = .streaming(sent: sent + UInt64(message.count), limit: limit)
    sentBytes += UInt64(message.count)
    sendMessage(message, to: stream)
  }

  private func credit(_ stream: UInt32, _ credit: Credit) throws(FrameError) {
    // Totals: an older one says nothing new.
    if stream == 0 {
      if credit.totalBytes < creditLimit + Limits.creditStepMin { try patience.idleFrame() }
      guard credit.totalBytes > creditLimit else { return }
      creditLimit = credit.totalBytes
      goOn()
    } else if case .streaming(let sent, let limit) = streams[stream] {
      if credit.totalBytes < limit + Limits.creditStepMin { try patience.idleFrame() }
      guard credit.totalBytes > limit else { return }
      streams[stream] = .streaming(sent: sent, limit: credit.totalBytes)
      dispatcher.extendCredit(stream: stream, on: self)
    } else {
      try patience.idleFrame()
    }
  }

  /// Sends what waited.
  private func goOn() {
    sendBlocked()
    resumeStreams()
  }

  private func resumeStreams() {
    for (stream, state) in streams {
      if case .streaming = state { dispatcher.extendCredit(stream: stream, on: self) }
    }
  }

  /// The transport says whether the peer takes what it is sent; as long as it does not, nothing is added.
  package func flowChanged(isFlowing: Bool) {
    self.isFlowing = isFlowing
    if isFlowing, closeReason == nil { goOn() }
  }

  private func sendBlocked() {
    var done = 0
    for reply in blocked {
      guard isFlowing, sentBytes + UInt64(reply.body.count) <= creditLimit else { break }
      sendReply(reply.status, reply.body, to: reply.stream)
      blockedBytes -= reply.byteCount
      done += 1
    }
    blocked.removeFirst(done)
    repliesPaid += UInt64(done)
    finishDrain()
  }

  // MARK: Time

  /// To be told of each second: the connection loses its patience with a peer that lets it wait.
  package func secondPassed() {
    // The handshake has a time of its own.
    guard closeReason == nil, isHandshaken else { return }
    let situation = Patience.Situation(
      receivedBytes: receivedBytes, frames: reader.frames, isInFrame: reader.isInFrame, isFlowing: isFlowing,
      repliesPaid: repliesPaid, repliesUnpaid: blocked.count)
    switch patience.second(situation) {
    case .wait: break
    case .ping: ping([])
    case .giveUp(let error): return fail(error)
    }
    giveUpArrivals()
    guard phase == .leaving else { return }
    farewell.seconds += 1
    if farewell.seconds >= Limits.farewellSeconds { takeNoMore() }
  }

  /// Ends the calls whose requests have stopped coming.
  private func giveUpArrivals() {
    for (stream, state) in streams {
      guard case .receiving(let call, let body, let announced, let seconds) = state else { continue }
      guard seconds + 1 >= Limits.frameSeconds else {
        streams[stream] = .receiving(call, body: body, announced: announced, secondsWaited: seconds + 1)
        continue
      }
      partialBytes -= announced
      end(
        stream,
        with: CallFailure(
          .deadlineExceeded, .notExecuted,
          "\(body.count) of the request's \(announced) bytes came, and no more for \(Limits.frameSeconds) seconds"))
    }
  }

  // MARK: Going away

  /// What comes back behind all that the client sent before it knew of the end; keepalive asks with nothing.
  private static var farewellPing: [UInt8] { Array("draining".utf8) }

  /// Ends the connection in two steps. The client is told to open no more calls; those that are under way are still
  /// taken. When it has answered, or ``Limits/farewellSeconds`` have passed, it is told which was the last, and so is the
  /// dispatcher; then the connection closes with its last call.
  package func drain(reason: String) {
    guard closeReason == nil else { return }
    guard isHandshaken else {
      closeReason = .orderly
      return
    }
    guard phase == .open else { return }
    phase = .leaving
    farewell.reason = reason
    sendFarewell(lastStream: Limits.streamMax)
    ping(Self.farewellPing)
  }

  private func takeNoMore() {
    guard phase == .leaving else { return }
    phase = .draining
    sendFarewell(lastStream: lastTaken)
    dispatcher.lastCallCame(on: self, reason: farewell.reason)
    finishDrain()
  }

  private func sendFarewell(lastStream: UInt32) {
    send(GoAway(code: 0, lastStream: lastStream, message: farewell.reason), as: .goAway)
  }

  private func ping(_ payload: [UInt8]) {
    let start = outbound.beginFrame()
    outbound.append(payload)
    outbound.endFrame(at: start, .ping, hasChecksum: hasChecksum)
  }

  private func finishDrain() {
    if phase == .draining, streamCount == 0, blocked.isEmpty { closeReason = .orderly }
  }
}

// Outside the connection, because types inside a generic one are looked up at run time.

private enum Stream {
  /// The request is still coming.
  case receiving(IncomingCall, body: [UInt8], announced: Int, secondsWaited: Int)
  /// The dispatcher has it.
  case running
  /// Messages go out as the client's credit allows.
  case streaming(sent: UInt64, limit: UInt64)
}

/// A reply that waits for credit.
private struct BlockedReply {
  let stream: UInt32
  let status: Status
  let body: [UInt8]

  /// What it costs to keep.
  var byteCount: Int { body.count + status.message.utf8.count + 256 }
}
