internal import API
internal import Bytes
internal import Domain
internal import Engine
internal import Metrics
internal import NIOCore
internal import RPC
internal import Records
internal import Service
internal import Transport

/// A call whose requests stream. Lives on its event loop.
final class RunningCommands {
  /// A message that the writer has.
  struct Sent {
    let number: UInt64
    let requestKey: [UInt8]
    let byteCount: Int
  }

  let method: Method
  let call: IncomingCall
  let commands: any CommandStream
  let arrival = Tick.now
  /// When the whole stream must be over, if the client said so.
  let deadline: ContinuousClock.Instant?
  var deadlineTimer: Scheduled<Void>?
  var taken: UInt64 = 0
  /// The writer answers in the order in which it was asked.
  var sent: ArraySlice<Sent> = []
  /// Found no room in the writer's queue.
  var delayed: (PendingCommand, Sent)?
  /// Answers that wait for the client's credit, with the bytes of the messages that they answer.
  var answers: ArraySlice<(body: [UInt8], byteCount: Int)> = []
  var isEnded = false
  /// No more messages are taken: the server is going down.
  var isDraining = false

  init(_ method: Method, _ call: IncomingCall, _ commands: any CommandStream) {
    (self.method, self.call, self.commands) = (method, call, commands)
    deadline = call.timeout.map { .now + $0 }
  }

  /// Whether nothing that was taken is still to be answered.
  var isIdle: Bool { sent.isEmpty && delayed == nil && answers.isEmpty }
}

/// Streams of commands: each message is put into the writer's queue as a command of its own, and its bytes are given back
/// to the client's credit once it is decided and its answer sent. So neither a slow writer nor a client that takes no
/// answers lets anything grow: the messages stay with the client.
extension LoopDispatcher {
  func openCommands(_ method: Method, _ call: IncomingCall, _ connection: Connection) throws(CallFailure) {
    guard let commands = parts.services.commandStream(method) else { preconditionFailure("\(method.name) takes one") }
    do throws(Refusal) {
      if let person = call.actingFor { try connection.peer.requireDelegate(for: person) }
      try Caller(principal: connection.peer.name, person: nil, grants: connection.peer.grants)
        .authorize(method, in: .region)
    } catch {
      throw CallFailure(error, .notExecuted)
    }
    let running = RunningCommands(method, call, commands)
    let place = StreamPlace(connection: connection.identifier, stream: call.stream)
    commandStreams[place] = running
    recorder.streamsChanged(by: 1)
    running.deadlineTimer = timer(call.timeout) { [self] in
      finish(place, with: CallFailure(.deadlineExceeded, .notExecuted, "the stream's time is over"))
    }
  }

  /// Runs `body` on the loop when `time` has passed.
  func timer(_ time: Duration?, _ body: @escaping () -> Void) -> Scheduled<Void>? {
    guard let time else { return nil }
    return loop.assumeIsolated().scheduleTask(in: TimeAmount(time), body)
  }

  func requestsCame(stream: UInt32, on connection: Connection) {
    pumpCommands(StreamPlace(connection: connection.identifier, stream: stream))
  }

  /// Takes as many messages as can be decided, and sends what was.
  func pumpCommands(_ place: StreamPlace) {
    guard let running = commandStreams[place], let connection = handlers[place.connection]?.connection else { return }
    retry(running)
    while true {
      while connection.hasCredit(for: place.stream), let answer = running.answers.popFirst() {
        connection.send(answer.body, on: place.stream)
        connection.took(answer.byteCount, on: place.stream)
      }
      // Who takes no answers gets nothing more done.
      guard running.answers.isEmpty, running.delayed == nil, !running.isEnded, !running.isDraining else { break }
      switch connection.nextMessage(on: place.stream) {
      case .nothing: return
      case .end: running.isEnded = true
      case .message(let body):
        do throws(RecordFault) {
          let message = try body.withRawSpan { (span) throws(RecordFault) in try running.commands.read(span) }
          take(message, body.count, running, place, connection)
        } catch {
          let reason = "message \(running.taken) cannot be read: \(error)"
          return finish(place, with: CallFailure(.invalidArgument, .notExecuted, reason))
        }
      }
    }
    guard running.isIdle else { return }
    if running.isEnded {
      finish(place, with: nil)
    } else if running.isDraining {
      finish(place, with: .goingDown)
    }
  }

  private func take(
    _ message: CommandMessage, _ byteCount: Int, _ running: RunningCommands, _ place: StreamPlace,
    _ connection: Connection
  ) {
    let sent = RunningCommands.Sent(number: running.taken, requestKey: message.requestKey, byteCount: byteCount)
    running.taken += 1
    switch message.command {
    case .failure(let refusal): decided(sent, .failure(CallFailure(refusal, .notExecuted)), running, connection)
    case .success(let command):
      let actingFor = message.actingFor ?? running.call.actingFor
      let ownDeadline = ContinuousClock.now + .seconds(running.method.deadlineSeconds)
      let pending = PendingCommand(
        command: command, principal: connection.peer, actingFor: actingFor, requestKey: message.requestKey,
        requestHash: Gate.hash(command, actingFor: actingFor),
        deadline: min(ownDeadline, running.deadline ?? ownDeadline), byteCount: byteCount,
        address: ReplyAddress(
          mailbox: self, connection: place.connection, stream: place.stream, arrival: .now))
      put(pending, sent, running)
    }
  }

  private func put(_ pending: PendingCommand, _ sent: RunningCommands.Sent, _ running: RunningCommands) {
    switch parts.queue.put(pending) {
    case .taken: running.sent.append(sent)
    case .closed: running.isDraining = true
    case .full:
      running.delayed = (pending, sent)
      let place = StreamPlace(connection: pending.address!.connection, stream: pending.address!.stream)
      loop.assumeIsolated().scheduleTask(in: Self.queueRetry) { [self] in
        pumpCommands(place)
        handlers[place.connection]?.flush()
      }
    }
  }

  /// As long as a full queue takes to get some room.
  private static var queueRetry: TimeAmount { .milliseconds(20) }

  private func retry(_ running: RunningCommands) {
    guard let (pending, sent) = running.delayed else { return }
    running.delayed = nil
    put(pending, sent, running)
  }

  private func decided(
    _ sent: RunningCommands.Sent, _ verdict: Result<CallReply, CallFailure>, _ running: RunningCommands,
    _ connection: Connection
  ) {
    guard let answer = running.commands.decided(sent.number, sent.requestKey, verdict) else {
      return connection.took(sent.byteCount, on: running.call.stream)
    }
    running.answers.append((answer, sent.byteCount))
  }

  /// What the writer made of a message; answers whether it came from a stream.
  func decided(
    _ reply: CommandReply, _ verdict: Result<CallReply, CallFailure>, on connection: Connection
  ) -> Bool {
    let place = StreamPlace(connection: reply.address.connection, stream: reply.address.stream)
    guard let running = commandStreams[place], let sent = running.sent.popFirst() else { return false }
    // What is nobody's fault concerns all that follows.
    if case .failure(let failure) = verdict, failure.code == .unavailable {
      finish(place, with: failure)
    } else {
      decided(sent, verdict, running, connection)
    }
    return true
  }

  /// Ends the stream: in order, with the summary, or with a failure that both directions end with.
  func finish(_ place: StreamPlace, with failure: CallFailure?) {
    guard let running = removeCommands(place), let handler = handlers[place.connection] else { return }
    defer { handler.flush() }
    recorder.ended(
      running.method, failure?.code ?? .ok, arrival: running.arrival, stream: place.stream, on: handler.connection)
    guard let failure else {
      let status = Status(outcome: CallOutcome.executed.rawValue)
      return handler.connection.end(place.stream, with: status, body: running.commands.summary() ?? [])
    }
    parts.queue.withdraw(connection: place.connection, stream: place.stream)
    // What the writer has may be executed yet.
    handler.connection.end(place.stream, with: running.sent.isEmpty ? failure : failure.ofUnknownOutcome)
  }

  @discardableResult
  func removeCommands(_ place: StreamPlace) -> RunningCommands? {
    guard let running = commandStreams.removeValue(forKey: place) else { return nil }
    running.deadlineTimer?.cancel()
    recorder.streamsChanged(by: -1)
    return running
  }

  /// Streams take no more messages, and end when those that they took are decided.
  func drainCommands(of connection: UInt64) {
    for (place, running) in commandStreams where place.connection == connection {
      running.isDraining = true
      pumpCommands(place)
    }
  }
}

extension CallFailure {
  static let goingDown = CallFailure(
    .unavailable, .notExecuted, "the server is going down", retryAfterMilliseconds: 1000)

  /// What is said of a query that was given up.
  static func interrupted(_ reason: Interruption.Reason) -> CallFailure {
    switch reason {
    case .cancelled: CallFailure(.cancelled, .query, "the client cancelled the call")
    case .late: CallFailure(.deadlineExceeded, .query, "the deadline passed")
    case .goingDown:
      CallFailure(.unavailable, .query, "the server is going down", retryAfterMilliseconds: 1000)
    }
  }

  /// The same, where a command may have been executed.
  fileprivate var ofUnknownOutcome: CallFailure {
    CallFailure(
      code, .unknown, "\(message); repeat what was not answered with the same request keys",
      retryAfterMilliseconds: retryAfterMilliseconds)
  }
}
