internal import API
internal import Domain
internal import Engine
internal import Metrics
package import Records
internal import Synchronization

/// What an event loop holds: connections, and calls that have not ended and are not with the writer.
package struct LoopActivity: Sendable {
  package var connectionCount: Int
  /// Cut to what was asked for, like ``calls``.
  package var connections: [ConnectionReport]
  package var callCount: Int
  package var calls: [CallReport]
  package var queues: [QueueReport]

  package init(
    connectionCount: Int, connections: [ConnectionReport], callCount: Int, calls: [CallReport], queues: [QueueReport]
  ) {
    self.connectionCount = connectionCount
    self.connections = connections
    self.callCount = callCount
    self.calls = calls
    self.queues = queues
  }
}

/// Puts together what those know who hold connections and calls.
package final class LiveActivity: Sendable {
  private let loops = Mutex<[@Sendable (_ limit: Int) -> LoopActivity]>([])

  package init() {}

  /// - Parameter read: is called on any thread but an event loop's, and may wait for one.
  package func add(_ read: @escaping @Sendable (_ limit: Int) -> LoopActivity) { loops.withLock { $0.append(read) } }

  func activity(with queue: CommandQueue, limit: Int) -> Activity {
    let loops = loops.withLock { $0 }.map { $0(limit) }
    let (waiting, taken) = queue.commands
    var queues = [QueueReport("commands", waiting), QueueReport("writing", taken)]
    for report in loops.flatMap(\.queues) {
      if let index = queues.firstIndex(where: { $0.name == report.name }) {
        queues[index].add(report)
      } else {
        queues.append(report)
      }
    }
    let commands =
      waiting.prefix(limit).compactMap { CallReport($0, .queued) }
      + taken.prefix(limit).compactMap { CallReport($0, .writing) }
    return Activity(
      connectionCount: UInt64(loops.reduce(0) { $0 + $1.connectionCount }),
      connections: loops.flatMap(\.connections).largest(limit) { ($0.heldBytes, $0.openCalls, $0.ageMilliseconds) },
      callCount: UInt64(waiting.count + taken.count + loops.reduce(0) { $0 + $1.callCount }),
      calls: (commands + loops.flatMap(\.calls)).largest(limit) { ($0.ageMilliseconds, 0, 0) }, queues: queues)
  }
}

extension Array {
  /// The `limit` largest by `size`, the largest first.
  package func largest(_ limit: Int, by size: (Element) -> (UInt64, UInt64, UInt64)) -> [Element] {
    Array(sorted { size($0) > size($1) }.prefix(limit))
  }
}

extension QueueReport {
  fileprivate init(_ name: String, _ commands: [PendingCommand]) {
    self.init(
      name: name, count: UInt64(commands.count), byteCount: commands.reduce(0) { $0 + UInt64($1.byteCount) },
      oldestMilliseconds: commands.lazy.compactMap { $0.address?.arrival.milliseconds }.max())
  }

  fileprivate mutating func add(_ other: QueueReport) {
    count += other.count
    byteCount += other.byteCount
    oldestMilliseconds = [oldestMilliseconds, other.oldestMilliseconds].compactMap(\.self).max()
  }
}

extension CallReport {
  /// `nil` for the daemon's own commands.
  fileprivate init?(_ pending: PendingCommand, _ place: CallPlace) {
    guard let address = pending.address else { return nil }
    self.init(
      connection: address.connection, stream: address.stream, method: pending.command.method.name, place: place,
      ageMilliseconds: address.arrival.milliseconds, leftMilliseconds: pending.deadline.millisecondsLeft)
  }
}

extension Tick {
  /// Whole milliseconds from then to now.
  package var milliseconds: UInt64 { microseconds() / 1000 }
}

extension ContinuousClock.Instant {
  /// Whole milliseconds from now to then; 0 when it has passed.
  package var millisecondsLeft: UInt64 {
    let left = (self - .now).components
    return UInt64(Swift.max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000))
  }
}

extension QueryServices {
  package func activity(
    _ request: ListActivity, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Activity>
  ) throws(Refusal) {
    reply.send(live.activity(with: metrics.queue, limit: Self.limit(request.limit)))
  }
}
