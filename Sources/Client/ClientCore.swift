internal import NIOCore
internal import RPC
internal import Synchronization
internal import Transport

/// The calls of one connection. Everything but its making happens on the connection's event loop.
///
/// Safe to share: other threads hold it only to hand it back to the loop.
final class ClientCore: ClientDelegate, @unchecked Sendable {
  typealias Reply = Result<CallReply, CallFailure>

  /// Lets a call be cancelled before it has a stream.
  final class Ticket: @unchecked Sendable {
    // Safe to share: touched on the loop alone.
    fileprivate var stream: UInt32?
    fileprivate var isCancelled = false
  }

  private struct Call {
    let continuation: CheckedContinuation<Reply, Never>
    let isCommand: Bool
    let deadline: ContinuousClock.Instant
  }

  /// A message that waits for the server's credit.
  private struct Sender {
    let message: [UInt8]
    let continuation: CheckedContinuation<Result<Void, CallFailure>, Never>
  }

  let greeting: EventLoopPromise<HelloOk>
  /// Whether calls can be begun; looked at from other threads.
  let isUsable = Atomic(true)
  private let loop: any EventLoop
  private var handler: ClientChannelHandler<ClientCore>?
  private var calls: [UInt32: Call] = [:]
  private var streams: [UInt32: ClientStream] = [:]
  private var senders: [UInt32: Sender] = [:]
  private var pings: [CheckedContinuation<Result<Void, CallFailure>, Never>] = []
  /// Pings that were answered or given up.
  private var pongs = 0
  private var farewell: GoAway?
  private var deadlineWatch: RepeatedTask?
  private var isGreeted = false
  /// The server's number of this connection.
  private var session: UInt64 = 0

  init(loop: any EventLoop) {
    self.loop = loop
    greeting = loop.makePromise()
  }

  func makeHandler(name: String, token: AccessToken?) -> ClientChannelHandler<ClientCore> {
    let handler = ClientChannelHandler(ClientConnection(client: name, schemaHash: [], token: token, delegate: self)) {
      [self] in closed($0)
    }
    self.handler = handler
    loop.scheduleTask(in: Self.patience) { [self] in
      guard !isGreeted else { return }
      greeting.fail(CallFailure(.unavailable, .notExecuted, "the server accepted the connection, but does not answer"))
    }
    return handler
  }

  /// How long a server may take for what costs it nothing: the handshake, a ping.
  private static let patience = TimeAmount.seconds(5)

  // MARK: Out

  func begin(
    _ head: Open, _ body: [UInt8], isCommand: Bool, deadline: ContinuousClock.Instant, _ ticket: Ticket,
    _ continuation: CheckedContinuation<Reply, Never>
  ) {
    do throws(CallFailure) {
      guard !ticket.isCancelled else { throw CallFailure(.cancelled, .notExecuted, "the call was cancelled") }
      let stream = try connection().open(head, body: body, isStreaming: false)
      ticket.stream = stream
      calls[stream] = Call(continuation: continuation, isCommand: isCommand, deadline: deadline)
      handler?.scheduleFlush()
      watchDeadlines()
    } catch {
      continuation.resume(returning: .failure(error))
    }
  }

  func beginStream(_ head: Open, _ body: [UInt8]) -> Result<ClientStream, CallFailure> {
    do throws(CallFailure) {
      let stream = try connection().open(head, body: body, isStreaming: true)
      return .success(keep(stream, .query))
    } catch {
      return .failure(error)
    }
  }

  private func keep(_ stream: UInt32, _ kind: ClientStream.Kind) -> ClientStream {
    let bodies = ClientStream(
      kind, taken: { [self] count in loop.execute { [self] in taken(count, on: stream) } },
      cancelled: { [self] in loop.execute { [self] in cancel(stream) } })
    streams[stream] = bodies
    handler?.scheduleFlush()
    return bodies
  }

  // MARK: Streams of requests

  func beginExchange(_ head: Open, isStreaming: Bool) -> Result<ClientExchange, CallFailure> {
    do throws(CallFailure) {
      let stream = try connection().openRequests(head, isStreaming: isStreaming)
      let bodies = keep(stream, isStreaming ? .exchange : .upload)
      return .success(ClientExchange(stream, bodies, self, loop))
    } catch {
      return .failure(error)
    }
  }

  func send(
    _ message: [UInt8], on stream: UInt32, _ continuation: CheckedContinuation<Result<Void, CallFailure>, Never>
  ) {
    precondition(senders[stream] == nil, "a stream is sent on by one task")
    do throws(CallFailure) {
      guard let handler else { throw lost(.unknown) }
      if try handler.connection.send(message, on: stream) {
        handler.scheduleFlush()
        continuation.resume(returning: .success(()))
      } else {
        senders[stream] = Sender(message: message, continuation: continuation)
      }
    } catch {
      continuation.resume(returning: .failure(error))
    }
  }

  func creditCame() {
    for (stream, sender) in senders.sorted(by: { $0.key < $1.key }) {
      senders[stream] = nil
      send(sender.message, on: stream, sender.continuation)
    }
  }

  func finishSending(_ stream: UInt32) {
    handler?.connection.finishSending(stream)
    handler?.scheduleFlush()
  }

  private func connection() throws(CallFailure) -> ClientConnection<ClientCore> {
    guard let handler, farewell == nil else { throw lost(.notExecuted) }
    return handler.connection
  }

  func cancel(_ ticket: Ticket) {
    ticket.isCancelled = true
    if let stream = ticket.stream { cancel(stream) }
  }

  private func cancel(_ stream: UInt32) {
    handler?.connection.cancel(stream)
    handler?.scheduleFlush()
  }

  private func taken(_ count: Int, on stream: UInt32) {
    handler?.connection.taken(count, on: stream)
    handler?.scheduleFlush()
  }

  func ping(_ continuation: CheckedContinuation<Result<Void, CallFailure>, Never>) {
    guard let handler else { return continuation.resume(returning: .failure(lost(.query))) }
    pings.append(continuation)
    handler.connection.ping([UInt8](repeating: 0, count: 8))
    handler.scheduleFlush()
    // Pongs come in order: as long as this one is missing, so are those behind it.
    let number = pongs + pings.count
    loop.scheduleTask(in: Self.patience) { [self] in
      while pongs < number, !pings.isEmpty {
        pong(.failure(CallFailure(.deadlineExceeded, .query, "the server did not answer a ping")))
      }
    }
  }

  private func pong(_ result: Result<Void, CallFailure>) {
    pongs += 1
    pings.removeFirst().resume(returning: result)
  }

  func close() {
    handler?.connection.goAway()
    handler?.close()
  }

  /// No connection came about.
  func giveUp(_ error: any Error) {
    greeting.fail(error)
    loop.execute { [self] in handler?.close() }
  }

  // MARK: Deadlines

  /// How exactly a deadline is kept on this side; the server keeps its own.
  private static let deadlineStep = TimeAmount.milliseconds(50)

  /// One look at all calls now and then costs less than a timer for each.
  private func watchDeadlines() {
    guard deadlineWatch == nil else { return }
    deadlineWatch = loop.scheduleRepeatedTask(
      initialDelay: Self.deadlineStep, delay: Self.deadlineStep
    ) { [self] task in
      guard !calls.isEmpty else {
        deadlineWatch = nil
        return task.cancel()
      }
      let now = ContinuousClock.now
      for (stream, call) in calls where call.deadline < now {
        calls[stream] = nil
        cancel(stream)
        call.continuation.resume(
          returning: .failure(
            CallFailure(.deadlineExceeded, call.isCommand ? .unknown : .query, "no reply came before the deadline")))
      }
    }
  }

  // MARK: In

  func connected(_ greeting: HelloOk) {
    isGreeted = true
    session = greeting.session
    self.greeting.succeed(greeting)
  }

  func ended(stream: UInt32, _ status: Status, body: [UInt8]) {
    let failure =
      status.code == StatusCode.ok.rawValue ? nil : CallFailure(status, body: body).of(call: "\(session)-\(stream)")
    if let bodies = streams.removeValue(forKey: stream) {
      if failure == nil, bodies.kind == .upload { bodies.add(body) }
      bodies.end(failure)
      let ended = CallFailure(
        .failedPrecondition, .notExecuted, "the server ended the stream; nothing can be sent on it")
      senders.removeValue(forKey: stream)?.continuation.resume(returning: .failure(failure ?? ended))
    } else if let call = calls.removeValue(forKey: stream) {
      call.continuation.resume(
        returning: failure.map { .failure($0) } ?? .success(CallReply(body: body, sequence: status.sequence)))
    }
  }

  func message(stream: UInt32, _ body: [UInt8]) { streams[stream]?.add(body) }

  func pong(_ payload: [UInt8]) {
    if !pings.isEmpty { pong(.success(())) }
  }

  func goingAway(_ notice: GoAway) {
    farewell = notice
    isUsable.store(false, ordering: .relaxed)
    if !isGreeted { handler?.close() }
  }

  func closed(_ failure: String?) {
    let reason = farewell?.message.isEmpty == false ? farewell?.message : failure
    if !isGreeted {
      greeting.fail(CallFailure(.unavailable, .notExecuted, reason ?? "the server closed the connection"))
    }
    handler = nil
    isUsable.store(false, ordering: .relaxed)
    deadlineWatch?.cancel()
    deadlineWatch = nil
    for (stream, call) in calls {
      call.continuation.resume(returning: .failure(lost(call.isCommand ? outcome(of: stream) : .query)))
    }
    for (number, stream) in streams { stream.end(lost(stream.kind == .query ? .query : outcome(of: number))) }
    for (stream, sender) in senders { sender.continuation.resume(returning: .failure(lost(outcome(of: stream)))) }
    for ping in pings { ping.resume(returning: .failure(lost(.query))) }
    (calls, streams, senders, pings) = ([:], [:], [:], [])
  }

  /// Of a command whose connection is gone.
  private func outcome(of stream: UInt32) -> CallOutcome {
    farewell.map { stream > $0.lastStream } ?? false ? .notExecuted : .unknown
  }

  private func lost(_ outcome: CallOutcome) -> CallFailure {
    let reason = farewell.map { $0.message.isEmpty ? "the server ended it" : $0.message } ?? "it was lost"
    return CallFailure(.unavailable, outcome, "the connection is gone: \(reason)", retryAfterMilliseconds: 1000)
  }
}
