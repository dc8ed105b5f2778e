internal import Synchronization

/// Makes request keys: UUIDv7 (RFC 9562), rising, on the server's clock, so that the server's index of them grows at
/// its end and a wrong clock on this machine does no harm.
package final class RequestKeys: Sendable {
  private struct State {
    var lastMilliseconds: Int64 = 0
    /// Rises within a millisecond; 12 bits, then the millisecond is borrowed from the future.
    var counter: UInt16 = 0
  }

  private let state = Mutex(State())
  private let serverTimeAtStart: Int64
  private let start: ContinuousClock.Instant

  /// - Parameter serverTimeMilliseconds: the server's clock now.
  package init(serverTimeMilliseconds: Int64) {
    serverTimeAtStart = serverTimeMilliseconds
    start = .now
  }

  /// 16 bytes, greater than all made before.
  package func next() -> [UInt8] {
    let elapsed = (ContinuousClock.now - start).components
    let now = serverTimeAtStart + elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
    let (milliseconds, counter) = state.withLock { state in
      if now > state.lastMilliseconds {
        state.lastMilliseconds = now
        // Room above for those of the same millisecond.
        state.counter = UInt16.random(in: 0..<0x800)
      } else if state.counter < 0xfff {
        state.counter += 1
      } else {
        state.lastMilliseconds += 1
        state.counter = 0
      }
      return (state.lastMilliseconds, state.counter)
    }
    var key = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) }
    key += [0x70 | UInt8(counter >> 8), UInt8(counter & 0xff)]
    let random = UInt64.random(in: .min ... .max)
    key += (0..<8).map { UInt8(truncatingIfNeeded: random >> (56 - 8 * $0)) }
    key[8] = 0x80 | key[8] & 0x3f
    return key
  }
}
