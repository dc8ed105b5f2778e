internal import API
internal import Bytes
internal import Domain
internal import Engine
internal import Journal
internal import Metrics
internal import NIOCore
internal import NIOPosix
internal import RPC
internal import Records
internal import Service
internal import Store
internal import Synchronization
internal import Transport

/// Streams of messages: produced step by step on the small pool, as far as the client's credit goes.
extension LoopDispatcher {
  /// A stream of messages on one of the loop's connections.
  struct StreamPlace: Hashable {
    let connection: UInt64
    let stream: UInt32
  }

  struct RunningStream {
    let method: Method
    let arrival: Tick
    let source: any MessageSource
    var isProducing = false
    /// What another stream goes on from.
    var position: StreamPosition?
    var deadlineTimer: Scheduled<Void>?
    /// Whether something changed while it was producing.
    var isStale = false
    /// Set while there is nothing to send: the sequence behind which there may be more.
    var waitsBehind: UInt64?
  }

  func open(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection, _ arrival: Tick
  ) throws(CallFailure) {
    let source = try withSnapshot { (snapshot) throws(CallFailure) -> any MessageSource in
      try Self.require(snapshotSequence, atLeast: call.sequenceMin)
      let (query, caller) = try Gate.query(
        method, call, body: body, from: connection.peer, at: parts.services.clock, in: snapshot)
      do throws(Refusal) { return try parts.services.open(query, for: caller, in: snapshot) } catch {
        throw CallFailure(error, .query)
      }
    }
    if let token = call.resume { try source.resume(from: try position(in: token)) }
    connection.beginStreaming(call.stream)
    let place = StreamPlace(connection: connection.identifier, stream: call.stream)
    var running = RunningStream(method: method, arrival: arrival, source: source, position: source.position)
    running.deadlineTimer = timer(call.timeout) { [self] in
      end(place, with: CallFailure(.deadlineExceeded, .query, "the stream's time is over"))
    }
    streams[place] = running
    recorder.streamsChanged(by: 1)
    pump(place)
  }

  /// Where the stream stood that this token came from.
  private func position(in token: [UInt8]) throws(CallFailure) -> StreamPosition {
    let read: ResumeToken
    do throws(RecordFault) { read = try ResumeToken(encoded: token) } catch {
      throw CallFailure(
        .invalid("resume", "it is no token of this server", "不是本服务器的令牌"), .query)
    }
    guard read.historyId == parts.history else { throw CallFailure(.historyChanged(HistoryChanged()), .query) }
    return StreamPosition(sequence: read.sequence, sent: read.sent)
  }

  /// Ends a stream before it is done, with what another one goes on from.
  func end(_ place: StreamPlace, with failure: CallFailure) {
    guard let running = remove(place), let handler = handlers[place.connection] else { return }
    var failure = failure
    failure.resumeToken = running.position.map {
      ResumeToken(historyId: parts.history, sequence: $0.sequence, sent: $0.sent).encoded()
    }
    handler.connection.end(place.stream, with: failure)
    handler.flush()
  }

  /// Lets the stream produce, if it has credit and nothing better to do.
  private func pump(_ place: StreamPlace) {
    guard var running = streams[place], !running.isProducing, running.waitsBehind == nil,
      let connection = handlers[place.connection]?.connection
    else { return }
    let credit = connection.reserve(for: place.stream)
    guard credit > 0 else { return running.source.rest() }
    running.isProducing = true
    running.isStale = false
    streams[place] = running
    let source = running.source
    parts.scans.submit { [self] state in
      var messages: [[UInt8]] = []
      var position: StreamPosition?
      let result: Result<MessageProgress, CallFailure>
      do throws(CallFailure) {
        guard state == .active else { throw CallFailure(.unavailable, .query, "the server is going down") }
        result = .success(try source.produce(bytesMax: Int(credit), into: &messages))
        position = source.position
      } catch {
        result = .failure(error)
      }
      loop.execute { [self, messages, position] in produced(messages, position, result, for: place, credit) }
    }
  }

  private func produced(
    _ messages: [[UInt8]], _ position: StreamPosition?, _ result: Result<MessageProgress, CallFailure>,
    for place: StreamPlace, _ credit: UInt64
  ) {
    guard let handler = handlers[place.connection] else { return }
    defer {
      handler.connection.release(credit)
      handler.flush()
    }
    guard var running = streams[place] else { return }
    for message in messages { handler.connection.send(message, on: place.stream) }
    running.isProducing = false
    if case .success = result { running.position = position }
    switch result {
    case .success(.more):
      streams[place] = running
      pump(place)
    case .success(.waiting) where running.isStale:
      streams[place] = running
      pump(place)
    case .success(.waiting(let sequence)):
      running.waitsBehind = sequence
      streams[place] = running
      waitingStreams.add(1, ordering: .sequentiallyConsistent)
      // What was published before this stream was counted as waiting would not wake it.
      wake(behind: parts.services.journal.lastSequence)
    case .success(.finished):
      remove(place)
      handler.connection.end(place.stream, with: Status(outcome: CallOutcome.query.rawValue))
    case .failure(let failure): end(place, with: failure)
    }
  }

  @discardableResult
  func remove(_ place: StreamPlace) -> RunningStream? {
    guard let running = streams.removeValue(forKey: place) else { return nil }
    running.deadlineTimer?.cancel()
    recorder.streamsChanged(by: -1)
    if running.waitsBehind != nil { waitingStreams.subtract(1, ordering: .sequentiallyConsistent) }
    return running
  }

  func wake(behind sequence: UInt64) {
    for (place, running) in streams {
      guard let waitsBehind = running.waitsBehind, waitsBehind < sequence || running.isStale else { continue }
      streams[place]?.waitsBehind = nil
      waitingStreams.subtract(1, ordering: .sequentiallyConsistent)
      pump(place)
    }
  }

  /// Has every stream look whether there is something to say. On any thread.
  func wakeStreams() {
    loop.execute { [self] in
      for place in streams.keys { streams[place]?.isStale = true }
      wake(behind: .max)
    }
  }

  /// Ends a stream because the server goes down.
  func dismiss(_ place: StreamPlace, _ connection: Connection, reason: String) {
    guard let farewell = streams[place]?.source.farewell else {
      return end(place, with: CallFailure(.unavailable, .query, reason, retryAfterMilliseconds: 1000))
    }
    remove(place)
    connection.send(farewell, on: place.stream)
    connection.end(place.stream, with: Status(outcome: CallOutcome.query.rawValue))
  }

  func cancel(stream: UInt32, on connection: Connection) {
    let place = StreamPlace(connection: connection.identifier, stream: stream)
    if commandStreams[place] != nil {
      return finish(place, with: CallFailure(.cancelled, .notExecuted, "the client cancelled the call"))
    }
    guard streams[place] != nil else {
      scans[place]?.work.interrupt(.cancelled)
      // A command that the writer has taken ends by itself.
      return parts.queue.withdraw(connection: connection.identifier, stream: stream)
    }
    end(place, with: CallFailure(.cancelled, .query, "the client cancelled the call"))
  }

  func extendCredit(stream: UInt32, on connection: Connection) {
    let place = StreamPlace(connection: connection.identifier, stream: stream)
    if commandStreams[place] == nil { pump(place) } else { pumpCommands(place) }
  }
}
