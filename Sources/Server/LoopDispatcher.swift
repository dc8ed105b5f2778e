internal import API
internal import Bytes
internal import Domain
internal import Engine
internal import Journal
internal import Logging
internal import Metrics
internal import NIOCore
internal import NIOPosix
internal import RPC
internal import Records
internal import Scalars
internal import Service
internal import Store
internal import Synchronization
internal import Transport

/// What the dispatchers of all event loops share.
struct ServerParts: Sendable {
  let store: StateStore
  let services: QueryServices
  let queue: CommandQueue
  let scans: NIOThreadPool
  /// One thread for what works on the folder: copies, verification.
  let maintenance: NIOThreadPool
  let admission: Admission
  /// Calls that take longer are logged.
  let slowMilliseconds: Int
  let greeting: @Sendable (_ session: UInt64, Principal) -> Greeting
  let log: Logger
}

/// The calls of one event loop: point queries are answered on it, commands go to the writer's queue, what takes longer
/// to a small pool. Everything but ``deliver(_:)`` and ``published(_:)`` happens on the loop.
///
/// Safe to share: other threads call only those two, which do nothing but hop onto the loop.
final class LoopDispatcher: Dispatcher, Mailbox, @unchecked Sendable {
  typealias Peer = Principal
  typealias Connection = ServerConnection<LoopDispatcher>

  let loop: any EventLoop
  let parts: ServerParts
  let recorder: CallRecorder
  private(set) var handlers: [UInt64: ServerChannelHandler<LoopDispatcher>] = [:]
  var streams: [StreamPlace: RunningStream] = [:]
  /// Streams that wait for the journal to grow; other threads look at it before they hop.
  let waitingStreams = Atomic<Int>(0)
  private var secondsWatch: RepeatedTask?
  /// One snapshot for each burst of queries.
  private var snapshot: Snapshot?
  private var isSnapshotFresh = false
  /// The journal sequence of that snapshot.
  private(set) var snapshotSequence: UInt64 = 0

  init(loop: any EventLoop, parts: ServerParts, counts: LoopCounts) {
    self.loop = loop
    self.parts = parts
    recorder = CallRecorder(counts, slowMilliseconds: parts.slowMilliseconds, log: parts.log)
  }

  // MARK: Connections

  /// A handler for a new channel of this loop; `nil` when there are too many.
  func accept(
    _ identifier: UInt64, _ peer: PeerIdentity, _ principal: Principal
  ) -> ServerChannelHandler<LoopDispatcher>? {
    loop.preconditionInEventLoop()
    guard parts.admission.enter(principal) else {
      parts.log.warning("too many connections: one is turned away", metadata: ["principal": "\(principal.name)"])
      return nil
    }
    let connection = Connection(
      identifier: identifier, peer: principal, limits: Limits(), isLocal: peer.address == "unix",
      dispatcher: self)
    let handler = ServerChannelHandler(connection) { [weak self] in self?.closed($0.connection) }
    handlers[identifier] = handler
    watchSeconds()
    parts.log.debug(
      "connected",
      metadata: ["connection": "\(identifier)", "peer": "\(peer.address)", "principal": "\(principal.name)"])
    return handler
  }

  /// Tells the connections of each second, as long as there are any.
  private func watchSeconds() {
    guard secondsWatch == nil else { return }
    let second = TimeAmount.seconds(1)
    secondsWatch = loop.scheduleRepeatedTask(initialDelay: second, delay: second) { [self] task in
      guard !handlers.isEmpty else {
        secondsWatch = nil
        return task.cancel()
      }
      for handler in handlers.values {
        handler.connection.secondPassed()
        handler.flush()
      }
    }
  }

  private func closed(_ connection: Connection) {
    handlers[connection.identifier] = nil
    parts.admission.leave(connection.peer)
    for place in streams.keys where place.connection == connection.identifier { remove(place) }
    if case .broken(let error) = connection.closeReason {
      parts.log.warning(
        "connection broken", metadata: ["connection": "\(connection.identifier)", "reason": "\(error)"])
    }
  }

  /// Tells every client that the server is going down. Answers how many connections there are.
  func drain() -> Int {
    loop.preconditionInEventLoop()
    for (place, _) in streams {
      handlers[place.connection]?.connection.end(
        place.stream, with: CallFailure(.unavailable, .query, "the server is going down", retryAfterMilliseconds: 1000))
      remove(place)
    }
    for handler in handlers.values {
      handler.connection.drain(reason: "the server is going down")
      handler.flush()
    }
    return handlers.count
  }

  func greeting(for connection: Connection) -> Greeting { parts.greeting(connection.identifier, connection.peer) }

  // MARK: Calls

  func begin(_ call: IncomingCall, body: RawSpan, on connection: Connection) {
    guard let method = Method(rawValue: call.method) else {
      return connection.end(
        call.stream,
        with: CallFailure(
          .unimplemented, .notExecuted, "method \(call.method >> 8).\(call.method & 255) is not known here"))
    }
    let arrival = Tick.now
    do throws(CallFailure) {
      if call.timeout == .zero {
        throw CallFailure(
          .deadlineExceeded, method.isCommand ? .notExecuted : .query, "the deadline had passed when the call arrived")
      }
      // Who may do nothing does not take anybody's turn either.
      if connection.peer.grants.isEmpty { try Self.deny(method, call, connection.peer) }
      if method.isCommand {
        try enqueue(method, call, body, connection, arrival)
      } else if method.isStreaming {
        try open(method, call, body, connection)
        recorder.ended(method, .ok, arrival: arrival, stream: call.stream, on: connection)
      } else if method.isPaginated || method.isDetached {
        scan(method, call, [UInt8](copying: body), connection, arrival)
      } else {
        let status = try answer(method, call, body, connection)
        recorder.ended(method, status, arrival: arrival, stream: call.stream, on: connection)
      }
    } catch {
      connection.end(call.stream, with: error)
      recorder.ended(method, error.code, arrival: arrival, stream: call.stream, on: connection)
    }
  }

  private static func deny(_ method: Method, _ call: IncomingCall, _ peer: Principal) throws(CallFailure) {
    do throws(Refusal) {
      if let person = call.actingFor { try peer.requireDelegate(for: person) }
      try Caller(principal: peer.name, person: nil, grants: []).authorize(method, in: .region)
    } catch {
      throw CallFailure(error, method.isCommand ? .notExecuted : .query)
    }
  }

  private func deadline(_ method: Method, _ call: IncomingCall) -> ContinuousClock.Instant {
    .now + min(call.timeout ?? .seconds(method.deadlineSeconds), .seconds(method.deadlineSeconds))
  }

  private func enqueue(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection, _ arrival: Tick
  ) throws(CallFailure) {
    let (command, key, hash) = try Gate.command(method, call, body: body)
    let pending = PendingCommand(
      command: command, principal: connection.peer, actingFor: call.actingFor, requestKey: key, requestHash: hash,
      deadline: deadline(method, call), byteCount: body.byteCount,
      address: ReplyAddress(mailbox: self, connection: connection.identifier, stream: call.stream, arrival: arrival))
    switch parts.queue.put(pending) {
    case .taken: return
    case .full:
      throw CallFailure(
        .resourceExhausted, .notExecuted, "the queue of commands is full; try again", retryAfterMilliseconds: 20)
    case .closed:
      throw CallFailure(.unavailable, .notExecuted, "the server is going down", retryAfterMilliseconds: 1000)
    }
  }

  private func answer(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection
  ) throws(CallFailure) -> StatusCode {
    try withSnapshot { (snapshot) throws(CallFailure) in
      let sequence = snapshotSequence
      try Self.require(sequence, atLeast: call.sequenceMin)
      let (query, caller) = try Gate.query(method, call, body: body, from: connection.peer, in: snapshot)
      var status = StatusCode.ok
      connection.answer(call.stream, sequence: sequence, outcome: .query) { (writer) throws(CallFailure) in
        do throws(CallFailure) {
          try Self.answer(query, caller, snapshot, parts.services, into: &writer)
        } catch {
          status = error.code
          throw error
        }
      }
      return status
    }
  }

  private static func answer(
    _ query: Query, _ caller: Caller, _ snapshot: borrowing Snapshot, _ services: QueryServices,
    into writer: inout ByteWriter
  ) throws(CallFailure) {
    do throws(Refusal) { try services.answer(query, for: caller, in: snapshot, into: &writer) } catch {
      throw CallFailure(error, .query)
    }
  }

  /// Lends the snapshot of this burst.
  func withSnapshot<Result>(
    _ body: (borrowing Snapshot) throws(CallFailure) -> Result
  ) throws(CallFailure) -> Result {
    try renewSnapshot()
    // Moved out for the call: what a class holds cannot be lent while the class itself is in use.
    guard let lent = snapshot.take() else { preconditionFailure("a renewed snapshot is gone") }
    do throws(CallFailure) {
      let result = try body(lent)
      snapshot = consume lent
      return result
    } catch {
      snapshot = consume lent
      throw error
    }
  }

  private func renewSnapshot() throws(CallFailure) {
    guard !isSnapshotFresh else { return }
    // A snapshot that cannot be renewed is replaced.
    if var kept = snapshot.take(), Self.renew(&kept) {
      snapshot = consume kept
    } else {
      snapshot = try Self.newSnapshot(parts.store)
    }
    isSnapshotFresh = true
    snapshotSequence = try Self.appliedSequence(snapshot!)
  }

  private static func renew(_ snapshot: inout Snapshot) -> Bool {
    do throws(StoreError) { try snapshot.renew() } catch { return false }
    return true
  }

  private static func newSnapshot(_ store: StateStore) throws(CallFailure) -> Snapshot {
    do throws(StoreError) { return try Snapshot(store) } catch {
      throw CallFailure(.unavailable, .query, "\(error)", retryAfterMilliseconds: 100)
    }
  }

  func burstEnded() {
    guard isSnapshotFresh else { return }
    snapshot?.release()
    isSnapshotFresh = false
  }

  // MARK: Scans

  /// Answers a query away from the loop, which must not wait for a page of rows.
  private func scan(
    _ method: Method, _ call: IncomingCall, _ body: [UInt8], _ connection: Connection, _ arrival: Tick
  ) {
    let (parts, principal, identifier) = (parts, connection.peer, connection.identifier)
    let deadline = deadline(method, call)
    (method.isDetached ? parts.maintenance : parts.scans).submit { [self] state in
      let result: Result<CallReply, CallFailure>
      do throws(CallFailure) {
        guard state == .active else { throw CallFailure(.unavailable, .query, "the server is going down") }
        guard deadline > .now else { throw CallFailure(.deadlineExceeded, .query, "the deadline passed in the queue") }
        result = .success(try Self.scan(method, call, body, principal, parts))
      } catch {
        result = .failure(error)
      }
      loop.execute { [self] in
        guard let handler = handlers[identifier] else { return }
        switch result {
        case .success(let reply):
          handler.connection.answer(call.stream, sequence: reply.sequence, outcome: .query) {
            (writer) throws(CallFailure) in
            writer.append(reply.body)
          }
          recorder.ended(method, .ok, arrival: arrival, stream: call.stream, on: handler.connection)
        case .failure(let failure):
          handler.connection.end(call.stream, with: failure)
          recorder.ended(method, failure.code, arrival: arrival, stream: call.stream, on: handler.connection)
        }
        handler.flush()
      }
    }
  }

  private static func scan(
    _ method: Method, _ call: IncomingCall, _ body: [UInt8], _ principal: Principal, _ parts: ServerParts
  ) throws(CallFailure) -> CallReply {
    var snapshot = try newSnapshot(parts.store)
    let sequence = try appliedSequence(snapshot)
    try require(sequence, atLeast: call.sequenceMin)
    let (query, caller) = try body.withRawSpan { (span) throws(CallFailure) in
      try Gate.query(method, call, body: span, from: principal, in: snapshot)
    }
    // What takes minutes must not keep old pages for so long.
    if method.isDetached { snapshot.release() }
    var writer = ByteWriter(capacity: 4096)
    try answer(query, caller, snapshot, parts.services, into: &writer)
    return CallReply(body: writer.bytes(), sequence: sequence)
  }

  private static func appliedSequence(_ snapshot: borrowing Snapshot) throws(CallFailure) -> UInt64 {
    do throws(Refusal) { return try snapshot.appliedSequence() } catch { throw CallFailure(error, .query) }
  }

  /// Refuses a caller who needs a newer state.
  static func require(_ applied: UInt64, atLeast least: UInt64) throws(CallFailure) {
    guard applied < least else { return }
    throw CallFailure(
      .unavailable, .query, "the state contains the journal up to \(applied), not \(least) yet",
      retryAfterMilliseconds: 10)
  }

  // MARK: From other threads

  func deliver(_ replies: [CommandReply]) {
    loop.execute { [self] in
      var touched: [UInt64: ServerChannelHandler<LoopDispatcher>] = [:]
      for reply in replies {
        guard let handler = handlers[reply.address.connection] else { continue }
        touched[reply.address.connection] = handler
        let status = end(reply, on: handler.connection)
        recorder.ended(
          reply.method, status, arrival: reply.address.arrival, stream: reply.address.stream, on: handler.connection)
      }
      for handler in touched.values { handler.flush() }
    }
  }

  private func end(_ reply: CommandReply, on connection: Connection) -> StatusCode {
    let failure: CallFailure
    switch reply.result {
    case .executed(let sequence, let body):
      connection.answer(reply.address.stream, sequence: sequence, outcome: .executed) {
        (writer) throws(CallFailure) in
        writer.append(body)
      }
      return .ok
    case .replyForgotten(let sequence):
      failure = CallFailure(
        .failedPrecondition, .executed, "the command was executed as entry \(sequence); its reply is no longer kept")
    case .refused(let refusal): failure = CallFailure(refusal, .notExecuted)
    case .expired:
      failure = CallFailure(.deadlineExceeded, .notExecuted, "the deadline passed before the command's turn")
    case .unavailable(let reason):
      failure = CallFailure(.unavailable, .notExecuted, reason, retryAfterMilliseconds: 1000)
    case .unknown(let reason):
      failure = CallFailure(
        .unavailable, .unknown, "\(reason); repeat with the same request key after the restart",
        retryAfterMilliseconds: 5000)
    }
    connection.end(reply.address.stream, with: failure)
    return failure.code
  }

  /// The journal has grown: streams that wait for it go on.
  func published(_ sequence: UInt64) {
    guard waitingStreams.load(ordering: .sequentiallyConsistent) > 0 else { return }
    loop.execute { [self] in wake(behind: sequence) }
  }
}
