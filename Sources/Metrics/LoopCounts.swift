internal import Synchronization

/// The calls of one event loop, counted where they end.
package final class LoopCounts: Sendable {
  /// Of one method.
  package struct Calls: Sendable {
    /// Calls that ended, by status code; the first is success.
    package fileprivate(set) var byStatus = [UInt64](repeating: 0, count: LoopCounts.statusCodes)
    package fileprivate(set) var microseconds = Histogram()
  }

  /// gRPC's 17.
  private static let statusCodes = 17

  private struct Counts {
    /// By method number.
    var calls: [Calls?]
    var openStreams = 0
  }

  // Only its loop writes, so that the lock is free but for the moment when somebody reads.
  private let counts: Mutex<Counts>

  /// - Parameter methodsEnd: above the number of every method.
  package init(methodsEnd: Int) { counts = Mutex(Counts(calls: Array(repeating: nil, count: methodsEnd))) }

  package func ended(method: UInt32, status: UInt32, microseconds: UInt64) {
    counts.withLock { counts in
      let index = Int(method)
      if counts.calls[index] == nil { counts.calls[index] = Calls() }
      counts.calls[index]!.byStatus[Int(status)] += 1
      counts.calls[index]!.microseconds.record(microseconds)
    }
  }

  package func streamsChanged(by difference: Int) { counts.withLock { $0.openStreams += difference } }

  package var openStreams: Int { counts.withLock { $0.openStreams } }

  /// Adds what was counted here to `sums`, by method number.
  package func add(to sums: inout [UInt32: Calls]) {
    let calls = counts.withLock { $0.calls }
    for (method, one) in calls.enumerated() {
      guard let one else { continue }
      for (code, count) in one.byStatus.enumerated() {
        sums[UInt32(method), default: Calls()].byStatus[code] += count
      }
      sums[UInt32(method), default: Calls()].microseconds.add(one.microseconds)
    }
  }
}
