internal import API
internal import Bytes
internal import Domain
internal import Engine
internal import Metrics
internal import NIOCore
internal import NIOPosix
internal import RPC
internal import Records
internal import Service
internal import Store
internal import Transport

// Queries that take longer than a loop may wait.

extension LoopDispatcher {
  /// Answers a query away from the loop, which must not wait for a page of rows.
  func scan(
    _ method: Method, _ call: IncomingCall, _ body: [UInt8], _ connection: Connection, _ arrival: Tick
  ) {
    let (parts, principal, identifier) = (parts, connection.peer, connection.identifier)
    let deadline = deadline(method, call)
    let work = Interruption(deadline: deadline)
    let place = StreamPlace(connection: identifier, stream: call.stream)
    scans[place] = RunningScan(
      method: method, byteCount: body.count, arrival: arrival, deadline: deadline, work: work)
    (method.isDetached ? parts.maintenance : parts.scans).submit { [self] state in
      if state != .active { work.interrupt(.goingDown) }
      var result = Result<CallReply, CallFailure>.failure(.interrupted(.cancelled))
      if work.reason == nil {
        result = work.whileWanted {
          do throws(CallFailure) { return .success(try Self.scan(method, call, body, principal, parts)) } catch {
            return .failure(error)
          }
        }
      }
      // What was given up in the middle says nothing.
      if let reason = work.reason { result = .failure(.interrupted(reason)) }
      loop.execute { [self, result] in
        scans[place] = nil
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
      try Gate.query(method, call, body: span, from: principal, at: parts.services.clock, in: snapshot)
    }
    // What takes minutes must not keep old pages for so long.
    if method.isDetached { snapshot.release() }
    var writer = ByteWriter(capacity: 4096)
    try answer(query, caller, snapshot, parts.services, into: &writer)
    return CallReply(body: writer.bytes(), sequence: sequence)
  }
}
