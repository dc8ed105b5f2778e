internal import Domain
internal import Logging
internal import Metrics
internal import RPC
internal import Records

/// Notes how the calls of one event loop ended: counts them all, and logs those that took long.
///
/// Lives on its loop.
final class CallRecorder {
  private let counts: LoopCounts
  private let slowMicroseconds: UInt64
  private let log: Logger
  /// When the present second of the log began, and what was logged or left out in it.
  private var second = Tick.now
  private var logged = 0
  private var leftOut = 0

  /// When everything is slow, more lines say nothing new and make it slower.
  private static let loggedMax = 20

  init(_ counts: LoopCounts, slowMilliseconds: Int, log: Logger) {
    self.counts = counts
    slowMicroseconds = UInt64(slowMilliseconds) * 1000
    self.log = log
  }

  func ended(
    _ method: Method, _ status: StatusCode, arrival: Tick, stream: UInt32,
    on connection: ServerConnection<LoopDispatcher>
  ) {
    let end = Tick.now
    let microseconds = arrival.microseconds(until: end)
    counts.ended(method: method.rawValue, status: status.rawValue, microseconds: microseconds)
    // What works on the folder is expected to take its time.
    if microseconds >= slowMicroseconds, !method.isDetached {
      logSlow(method, status, microseconds, end, stream, connection)
    }
  }

  func streamsChanged(by difference: Int) { counts.streamsChanged(by: difference) }

  private func logSlow(
    _ method: Method, _ status: StatusCode, _ microseconds: UInt64, _ end: Tick, _ stream: UInt32,
    _ connection: ServerConnection<LoopDispatcher>
  ) {
    if second.microseconds(until: end) >= 1_000_000 {
      if leftOut > 0 { log.warning("more slow calls", metadata: ["count": "\(leftOut)"]) }
      (second, logged, leftOut) = (end, 0, 0)
    }
    guard logged < Self.loggedMax else {
      leftOut += 1
      return
    }
    logged += 1
    log.warning(
      "slow call",
      metadata: [
        "method": "\(method.name)", "milliseconds": "\(microseconds / 1000)", "status": "\(status.name)",
        "principal": "\(connection.peer.name)", "connection": "\(connection.identifier)", "stream": "\(stream)",
      ])
  }
}
