internal import API
internal import Bytes
internal import Domain
internal import Journal
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
    let source: any MessageSource
    var isProducing = false
    /// Set while there is nothing to send: the sequence behind which there may be more.
    var waitsBehind: UInt64?
  }

  func open(
    _ method: Method, _ call: IncomingCall, _ body: RawSpan, _ connection: Connection
  ) throws(CallFailure) {
    let source = try withSnapshot { (snapshot) throws(CallFailure) -> any MessageSource in
      try Self.require(snapshotSequence, atLeast: call.sequenceMin)
      let (query, caller) = try Gate.query(method, call, body: body, from: connection.peer, in: snapshot)
      do throws(Refusal) { return try parts.services.open(query, for: caller, in: snapshot) } catch {
        throw CallFailure(error, .query)
      }
    }
    connection.beginStreaming(call.stream)
    let place = StreamPlace(connection: connection.identifier, stream: call.stream)
    streams[place] = RunningStream(source: source)
    recorder.streamsChanged(by: 1)
    pump(place)
  }

  /// Lets the stream produce, if it has credit and nothing better to do.
  private func pump(_ place: StreamPlace) {
    guard var running = streams[place], !running.isProducing, running.waitsBehind == nil,
      let connection = handlers[place.connection]?.connection
    else { return }
    let credit = connection.reserve(for: place.stream)
    guard credit > 0 else { return }
    running.isProducing = true
    streams[place] = running
    let source = running.source
    parts.scans.submit { [self] state in
      var messages: [[UInt8]] = []
      let result: Result<MessageProgress, CallFailure>
      do throws(CallFailure) {
        guard state == .active else { throw CallFailure(.unavailable, .query, "the server is going down") }
        result = .success(try source.produce(bytesMax: Int(credit), into: &messages))
      } catch {
        result = .failure(error)
      }
      loop.execute { [self, messages] in produced(messages, result, for: place, credit) }
    }
  }

  private func produced(
    _ messages: [[UInt8]], _ result: Result<MessageProgress, CallFailure>, for place: StreamPlace, _ credit: UInt64
  ) {
    guard let handler = handlers[place.connection] else { return }
    defer {
      handler.connection.release(credit)
      handler.flush()
    }
    guard var running = streams[place] else { return }
    for message in messages { handler.connection.send(message, on: place.stream) }
    running.isProducing = false
    switch result {
    case .success(.more):
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
    case .failure(let failure):
      remove(place)
      handler.connection.end(place.stream, with: failure)
    }
  }

  func remove(_ place: StreamPlace) {
    guard let running = streams.removeValue(forKey: place) else { return }
    recorder.streamsChanged(by: -1)
    if running.waitsBehind != nil { waitingStreams.subtract(1, ordering: .sequentiallyConsistent) }
  }

  func wake(behind sequence: UInt64) {
    for (place, running) in streams {
      guard let waitsBehind = running.waitsBehind, waitsBehind < sequence else { continue }
      streams[place]?.waitsBehind = nil
      waitingStreams.subtract(1, ordering: .sequentiallyConsistent)
      pump(place)
    }
  }

  func cancel(stream: UInt32, on connection: Connection) {
    let place = StreamPlace(connection: connection.identifier, stream: stream)
    // A command that is in the writer's hands, or a scan under way, ends by itself.
    guard streams[place] != nil else { return }
    remove(place)
    connection.end(stream, with: CallFailure(.cancelled, .query, "the client cancelled the call"))
  }

  func extendCredit(stream: UInt32, on connection: Connection) {
    pump(StreamPlace(connection: connection.identifier, stream: stream))
  }
}
