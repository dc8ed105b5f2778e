package import Scalars
internal import Synchronization

/// What is to happen when, in a time that passes only from one event to the next.
struct Schedule<Event> {
  /// Microseconds since the world began.
  private(set) var now: Int64 = 0
  /// The next one last. Few wait at a time.
  private var waiting: [(time: Int64, serial: UInt64, event: Event)] = []
  private var serial: UInt64 = 0

  mutating func add(_ event: Event, after microseconds: Int64) {
    serial += 1
    let entry = (time: now + microseconds, serial: serial, event: event)
    let place = waiting.firstIndex { ($0.time, $0.serial) < (entry.time, entry.serial) } ?? waiting.count
    waiting.insert(entry, at: place)
  }

  mutating func next() -> Event? {
    guard let entry = waiting.popLast() else { return nil }
    now = entry.time
    return entry.event
  }
}

/// The clock on the daemon's wall: it follows the world's time, but drifts, and somebody sets it now and then.
package final class VirtualClock: Sendable {
  private let milliseconds = Atomic<Int64>(Life.clockStart.millisecondsSince1970)

  package var now: Instant { Instant(millisecondsSince1970: milliseconds.load(ordering: .relaxed)) }

  func advance(by step: Int64) { milliseconds.add(step, ordering: .relaxed) }
}
