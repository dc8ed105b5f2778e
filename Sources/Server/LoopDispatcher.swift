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
  let identities: Identities
  let seal: ReporterSeal
  /// Calls that take longer are logged.
  let slowMilliseconds: Int
  /// The id of the history that the journal belongs to.
  let history: [UInt8]
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
  private let sendBuffer = SendBuffer()
  private(set) var handlers: [UInt64: ServerChannelHandler<LoopDispatcher>] = [:]
  private(set) var guests: [UInt64: Guest] = [:]
  var streams: [StreamPlace: RunningStream] = [:]
  /// Queries that are answered away from the loop.
  var scans: [StreamPlace: RunningScan] = [:]
  var commandStreams: [StreamPlace: RunningCommands] = [:]
  /// Streams that wait for the journal to grow; other threads look at it before they hop.
  let waitingStreams = Atomic<Int>(0)
  /// Set when the server goes down.
  var leaving: Leaving?
  private var secondsWatch: RepeatedTask?
  /// One snapshot for the queries of one turn of the loop. It is looked at again before each burst, because what a
  /// client has seen committed must be in what it reads next.
  private var snapshot: Snapshot?
  /// Good for the queries of this burst.
  private var isSnapshotFresh = false
  /// Taken in this turn of the loop, at whose end it is released.
  private var isSnapshotTaken = false
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
    _ identifier: UInt64, _ peer: PeerIdentity
  ) -> ServerChannelHandler<LoopDispatcher>? {
    loop.preconditionInEventLoop()
    let principal = parts.identities.principal(for: peer, showing: nil)
    let place = parts.admission.enter(identifier, principal) { [weak self] in self?.giveUp(identifier) }
    guard let place else {
      parts.log.warning("too many connections: one is turned away", metadata: ["principal": "\(principal.name)"])
      return nil
    }
    let connection = Connection(
      identifier: identifier, peer: principal, limits: Limits(), isLocal: peer.address == "unix",
      dispatcher: self)
    let handler = ServerChannelHandler(connection, peer: peer, sendBuffer: sendBuffer) { [weak self] in
      self?.closed($0.connection)
    }
    handlers[identifier] = handler
    guests[identifier] = Guest(address: peer.address, place: place)
    watchSeconds()
    parts.log.debug(
      "connected",
      metadata: ["connection": "\(identifier)", "peer": "\(peer.address)", "principal": "\(principal.name)"])
    return handler
  }

  /// Closes a connection whose place an administrator gets. On any thread.
  private func giveUp(_ identifier: UInt64) {
    loop.execute { [self] in
      guard let handler = handlers[identifier] else { return }
      handler.connection.fail(.limit("a newer connection of an administrator gets its place"))
      handler.flush()
    }
  }

  /// Gives the connection's place back, and takes one of `principal`.
  func move(_ connection: Connection, to principal: Principal) throws(FrameError) {
    let identifier = connection.identifier
    guard var guest = guests.removeValue(forKey: identifier) else { return }
    parts.admission.leave(identifier, connection.peer, from: guest.place)
    let place = parts.admission.enter(identifier, principal) { [weak self] in self?.giveUp(identifier) }
    guard let place else { throw .limit("\(principal.name) has too many connections") }
    guest.place = place
    guests[identifier] = guest
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
    left(connection.identifier)
    if let guest = guests.removeValue(forKey: connection.identifier) {
      parts.admission.leave(connection.identifier, connection.peer, from: guest.place)
    }
    recorder.forget(connection.identifier)
    for place in streams.keys where place.connection == connection.identifier { remove(place) }
    for (place, scan) in scans where place.connection == connection.identifier { scan.work.interrupt(.cancelled) }
    for place in commandStreams.keys where place.connection == connection.identifier { removeCommands(place) }
    if case .broken(let error) = connection.closeReason {
      parts.log.warning(
        "connection broken", metadata: ["connection": "\(connection.identifier)", "reason": "\(error)"])
    }
  }

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
      try recorder.begins(method, call, on: connection)
      guard method.takesStream == call.takesStream else {
        let wanted = method.takesStream ? "a stream of requests" : "one request"
        throw CallFailure(
          .invalidArgument, method.isCommand ? .notExecuted : .query, "\(method.name) takes \(wanted)")
      }
      if method.takesStream {
        try openCommands(method, call, connection)
      } else if method.isCommand {
        try enqueue(method, call, body, connection, arrival)
      } else if method.isStreaming {
        try open(method, call, body, connection, arrival)
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

  func deadline(_ method: Method, _ call: IncomingCall) -> ContinuousClock.Instant {
    .now + min(call.timeout ?? .seconds(method.deadlineSeconds), .seconds(method.deadlineSeconds))
  }

  private func enqueue(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection, _ arrival: Tick
  ) throws(CallFailure) {
    let (command, key, hash) = try Gate.command(method, call, body: body, parts.seal)
    let pending = PendingCommand(
      command: command, principal: connection.peer, actingFor: call.actingFor, requestKey: key, requestHash: hash,
      deadline: deadline(method, call), byteCount: body.byteCount,
      address: ReplyAddress(mailbox: self, connection: connection.identifier, stream: call.stream, arrival: arrival))
    switch parts.queue.put(pending) {
    case .taken: return
    case .full:
      throw CallFailure(
        .resourceExhausted, .notExecuted, "the queue of commands is full; try again", retryAfterMilliseconds: 20)
    case .closed: throw .goingDown
    }
  }

  private func answer(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection
  ) throws(CallFailure) -> StatusCode {
    try withSnapshot { (snapshot) throws(CallFailure) in
      let sequence = snapshotSequence
      try Self.require(sequence, atLeast: call.sequenceMin)
      let (query, caller) = try Gate.query(
        method, call, body: body, from: connection.peer, at: parts.services.clock, in: snapshot)
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

  static func answer(
    _ query: Query, _ caller: Caller, _ snapshot: borrowing Snapshot, _ services: QueryServices,
    into writer: inout ByteWriter
  ) throws(CallFailure) {
    do throws(Refusal) { try services.answer(query, for: caller, in: snapshot, into: &writer) } catch {
      throw CallFailure(error, .query)
    }
  }

  /// Lends the snapshot of this turn.
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
    if isSnapshotTaken, snapshot?.isNewest() == true {
      isSnapshotFresh = true
      return
    }
    // A snapshot that cannot be renewed is replaced.
    if var kept = snapshot.take(), Self.renew(&kept) {
      snapshot = consume kept
    } else {
      snapshot = try Self.newSnapshot(parts.store)
    }
    isSnapshotFresh = true
    snapshotSequence = try Self.appliedSequence(snapshot!)
    guard !isSnapshotTaken else { return }
    isSnapshotTaken = true
    // What is executed on the loop comes after everything that was ready with this connection.
    loop.execute { self.releaseSnapshot() }
  }

  private func releaseSnapshot() {
    snapshot?.release()
    isSnapshotTaken = false
    isSnapshotFresh = false
  }

  private static func renew(_ snapshot: inout Snapshot) -> Bool {
    do throws(StoreError) { try snapshot.renew() } catch { return false }
    return true
  }

  static func newSnapshot(_ store: StateStore) throws(CallFailure) -> Snapshot {
    do throws(StoreError) { return try Snapshot(store) } catch {
      throw CallFailure(.unavailable, .query, "\(error)", retryAfterMilliseconds: 100)
    }
  }

  func burstEnded() { isSnapshotFresh = false }

  static func appliedSequence(_ snapshot: borrowing Snapshot) throws(CallFailure) -> UInt64 {
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
      // Those that had something decided can take more.
      for place in commandStreams.keys where touched[place.connection] != nil { pumpCommands(place) }
      for handler in touched.values { handler.flush() }
    }
  }

  private func end(_ reply: CommandReply, on connection: Connection) -> StatusCode {
    let verdict = opened(Self.verdict(of: reply.result), reply.method)
    if commandStreams.isEmpty || !decided(reply, verdict, on: connection) {
      switch verdict {
      case .success(let done):
        connection.answer(reply.address.stream, sequence: done.sequence, outcome: .executed) {
          (writer) throws(CallFailure) in
          writer.append(done.body)
        }
      case .failure(let failure): connection.end(reply.address.stream, with: failure)
      }
    }
    return switch verdict {
    case .success: .ok
    case .failure(let failure): failure.code
    }
  }

  /// What is sent: as the journal keeps it, but for who made a report.
  private func opened(
    _ verdict: Result<CallReply, CallFailure>, _ method: Method
  ) -> Result<CallReply, CallFailure> {
    guard method == .reportReveal, case .success(let done) = verdict else { return verdict }
    do throws(Refusal) {
      return .success(CallReply(body: try parts.seal.opening(done.body), sequence: done.sequence))
    } catch {
      return .failure(CallFailure(error, .executed))
    }
  }

  private static func verdict(of result: CommandResult) -> Result<CallReply, CallFailure> {
    let failure: CallFailure
    switch result {
    case .executed(let sequence, let body): return .success(CallReply(body: body, sequence: sequence))
    case .replyForgotten(let sequence):
      failure = CallFailure(
        .failedPrecondition, .executed, "the command was executed as entry \(sequence); its reply is no longer kept")
    case .refused(let refusal): failure = CallFailure(refusal, .notExecuted)
    case .expired:
      failure = CallFailure(.deadlineExceeded, .notExecuted, "the deadline passed before the command's turn")
    case .withdrawn:
      failure = CallFailure(.cancelled, .notExecuted, "the client cancelled the command before its turn")
    case .unavailable(let reason):
      failure = CallFailure(.unavailable, .notExecuted, reason, retryAfterMilliseconds: 1000)
    case .unknown(let reason):
      failure = CallFailure(
        .unavailable, .unknown, "\(reason); repeat with the same request key after the restart",
        retryAfterMilliseconds: 5000)
    }
    return .failure(failure)
  }

  /// The journal has grown: streams that wait for it go on.
  func published(_ sequence: UInt64) {
    guard waitingStreams.load(ordering: .sequentiallyConsistent) > 0 else { return }
    loop.execute { [self] in wake(behind: sequence) }
  }
}
