import API
import Dispatch
import Histogram
import Records
import Scalars
import Synchronization

/// Nanoseconds of the machine's clock that never goes back.
enum LoadClock {
  static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }
}

/// A command that was sent: what the audit looks for in the journal.
struct SentCommand: Sendable {
  /// Number of the call.
  let index: Int
  let method: Method
  let requestKey: UInt128
  /// Where it was reported: a rank of ``Places``.
  let rank: Int32
  /// The case; unset while a report is in doubt.
  let number: HazardNumber
  /// Of the case, as it was acknowledged.
  var version: UInt64 = 0
}

extension UInt128 {
  /// A request key as one number.
  init(requestKey: [UInt8]) { self = requestKey.reduce(0) { $0 << 8 | UInt128($1) } }

  var requestKey: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: self >> (120 - 8 * $0)) } }
}

/// The calls of one kind, in microseconds.
struct KindTally: Sendable {
  /// From the moment when the call was to be made to the reply: what users feel. In a closed loop the call is to be made
  /// when it is made.
  var responses = KindTally.empty
  /// From sending to the reply: what the daemon does.
  var services = KindTally.empty
  /// Failures by what they are called.
  var errors: [String: Int] = [:]

  /// Three digits are more than two machines agree on.
  static let empty = Histogram<UInt64>(numberOfSignificantValueDigits: .three)

  mutating func add(_ other: KindTally) {
    responses.add(other.responses)
    services.add(other.services)
    errors.merge(other.errors, uniquingKeysWith: +)
  }
}

/// Nothing was acknowledged although calls were open: begin and end on ``LoadClock``.
struct LoadPause: Sendable {
  let begin: UInt64
  let end: UInt64
}

/// What happened between two looks.
struct LoadInterval: Sendable {
  /// Calls that were due after the warm-up.
  var kinds: [LoadKind: KindTally] = [:]
  /// Response times of all calls that were answered, in microseconds.
  var responses = KindTally.empty
  var failed = 0
  /// Microseconds by which calls were made later than they were due: the load tester's own fault.
  var delays = KindTally.empty
  /// Calls that were due and not made, because too many were open.
  var dropped = 0
  /// Attempts beyond the first, with the same request key.
  var repeated = 0
  var pauses: [LoadPause] = []
  var acknowledged: [SentCommand] = []
  var inDoubt: [SentCommand] = []
}

/// Takes down what came of each call. A single lock guards it: what happens behind it takes a fraction of a microsecond,
/// and histograms for each of hundreds of clients would not stay in the cache.
final class Recorder: Sendable {
  private struct State {
    var interval = LoadInterval()
    var remembered = 0
    var open = 0
    var isLost = false
    /// Since when calls are open and none was acknowledged.
    var quietSince: UInt64 = 0
  }

  private let state = Mutex(State())
  /// Calls that were due before do not count.
  private let measuredFrom: UInt64
  private let rememberedMax: Int

  /// Shorter ones are what two processes on the same cores do to each other.
  private static let pauseMin: UInt64 = 100_000_000

  init(measuredFrom: UInt64, rememberedMax: Int) {
    self.measuredFrom = measuredFrom
    self.rememberedMax = rememberedMax
  }

  /// A call begins.
  func begin(due: UInt64, at time: UInt64) {
    state.withLock { state in
      if state.open == 0 { state.quietSince = time }
      state.open += 1
      if time != due, due >= measuredFrom { state.interval.delays.record((time - min(due, time)) / 1000) }
    }
  }

  func drop() { state.withLock { $0.interval.dropped += 1 } }

  var open: Int { state.withLock { $0.open } }

  /// The daemon is gone, and nobody waits for it.
  var isLost: Bool { state.withLock { $0.isLost } }
  func lose() { state.withLock { $0.isLost = true } }

  /// A call was answered.
  func succeed(
    _ kind: LoadKind, due: UInt64, sent: UInt64, at end: UInt64 = LoadClock.now, repeats: Int = 0,
    _ command: SentCommand? = nil
  ) {
    state.withLock { state in
      state.open -= 1
      if end > state.quietSince + Self.pauseMin {
        state.interval.pauses.append(LoadPause(begin: state.quietSince, end: end))
      }
      state.quietSince = end
      let response = (end - min(due, end)) / 1000
      state.interval.responses.record(response)
      state.interval.repeated += repeats
      if due >= measuredFrom {
        state.interval.kinds[kind, default: KindTally()].responses.record(response)
        state.interval.kinds[kind]?.services.record((end - min(sent, end)) / 1000)
      }
      if let command, state.remembered < rememberedMax {
        state.remembered += 1
        state.interval.acknowledged.append(command)
      }
    }
  }

  /// A call failed.
  func fail(_ kind: LoadKind, _ error: String, repeats: Int = 0, inDoubt: SentCommand? = nil) {
    state.withLock { state in
      state.open -= 1
      state.interval.failed += 1
      state.interval.repeated += repeats
      state.interval.kinds[kind, default: KindTally()].errors[error, default: 0] += 1
      if let inDoubt { state.interval.inDoubt.append(inDoubt) }
    }
  }

  /// Hands out what was taken down since the last time.
  func take() -> LoadInterval {
    state.withLock { state in
      defer { state.interval = LoadInterval() }
      return state.interval
    }
  }
}
