internal import API
internal import Domain
internal import Engine
internal import Metrics
internal import NIOCore
internal import RPC
internal import Records
internal import Service
internal import Transport

/// What is going on here, for those who ask.
extension LoopDispatcher {
  /// Who came, and when.
  struct Guest {
    let address: String
    var place: Admission.Place
    let arrival = Tick.now
  }

  /// A query on its way through the small pool.
  struct RunningScan {
    let method: Method
    let byteCount: Int
    let arrival: Tick
    let deadline: ContinuousClock.Instant
    let work: Interruption
  }

  /// Called on any thread but an event loop's.
  func activity(limit: Int) -> LoopActivity {
    // A loop that is gone holds nothing.
    (try? loop.submit { [self] in activityNow(limit: limit) }.wait())
      ?? LoopActivity(connectionCount: 0, connections: [], callCount: 0, calls: [], queues: [])
  }

  private func activityNow(limit: Int) -> LoopActivity {
    let connections = handlers.values.map { handler in
      let connection = handler.connection
      let guest = guests[connection.identifier]
      return ConnectionReport(
        id: connection.identifier, peer: guest?.address ?? "", principal: connection.peer.name,
        client: connection.clientName, ageMilliseconds: guest?.arrival.milliseconds ?? 0,
        openCalls: UInt64(connection.streamCount), heldBytes: UInt64(connection.heldBytes))
    }
    let scanned = scans.map { place, scan in
      CallReport(
        connection: place.connection, stream: place.stream, method: scan.method.name, place: .scanning,
        ageMilliseconds: scan.arrival.milliseconds, leftMilliseconds: scan.deadline.millisecondsLeft)
    }
    let streamed = streams.map { place, stream in
      CallReport(
        connection: place.connection, stream: place.stream, method: stream.method.name, place: .streaming,
        ageMilliseconds: stream.arrival.milliseconds)
    }
    return LoopActivity(
      connectionCount: connections.count,
      connections: connections.largest(limit) { ($0.heldBytes, $0.openCalls, $0.ageMilliseconds) },
      callCount: scanned.count + streamed.count,
      calls: (scanned + streamed).largest(limit) { ($0.ageMilliseconds, 0, 0) },
      queues: [queue("scans") { !$0.isDetached }, queue("maintenance") { $0.isDetached }])
  }

  private func queue(_ name: String, _ belongs: (Method) -> Bool) -> QueueReport {
    let members = scans.values.filter { belongs($0.method) }
    return QueueReport(
      name: name, count: UInt64(members.count), byteCount: members.reduce(0) { $0 + UInt64($1.byteCount) },
      oldestMilliseconds: members.map(\.arrival.milliseconds).max())
  }
}
