import API
import Client
import RPC
import Records
import Scalars
import Synchronization

/// What the daemon counted during a run, by its own account.
struct DaemonCounts: Encodable, Sendable {
  /// How values were spread; percentiles are at most a quarter too high.
  struct Spread: Encodable, Sendable {
    let mean: Double
    let p50: UInt64
    let p99: UInt64
    let max: UInt64

    init(_ distribution: Distribution) {
      mean = distribution.count == 0 ? 0 : Double(distribution.sum) / Double(distribution.count)
      p50 = distribution.percentile(50)
      p99 = distribution.percentile(99)
      // The daemon's maximum is that since its start; the last range that holds something ends where the run's lies.
      max = distribution.percentile(100)
    }
  }

  /// Between two readings.
  struct Reading: Encodable, Sendable {
    /// Seconds since the start.
    let at: Double
    let entries: UInt64
    let batches: UInt64
    let commandsPerBatch: Double
    /// When it was read.
    let queuedCommands: UInt64
    let syncP99Microseconds: UInt64
    let commitP99Microseconds: UInt64
    let residentMebibytes: UInt64
  }

  /// Journal entries, and batches with one sync each.
  let entries: UInt64
  let batches: UInt64
  let journalBytes: UInt64
  let commandsPerBatch: Spread
  let decideMicroseconds: Spread
  let syncMicroseconds: Spread
  let commitMicroseconds: Spread
  /// The greatest of the readings.
  let queuedCommandsMax: UInt64
  let residentMebibytesBefore: UInt64
  let residentMebibytesAfter: UInt64
  let stateMebibytesBefore: UInt64
  let stateMebibytesAfter: UInt64
  let readings: [Reading]
}

/// Reads the daemon's counts now and then. A daemon that was started again counts anew: what came in between the last
/// reading and its end is not known.
final class DaemonObserver: Sendable {
  fileprivate struct State {
    var last: ServerMetrics
    var startedAt: Instant
    var total = WriterMetrics()
    var readings: [DaemonCounts.Reading] = []
  }

  private let line: Line
  private let first: ServerMetrics
  private let state: Mutex<State>

  /// - Returns: `nil` for a daemon that does not tell.
  init?(_ line: Line) async {
    let startedAt: Instant
    do throws(CallFailure) {
      (first, startedAt) = try await Self.ask(line.connection)
    } catch {
      return nil
    }
    self.line = line
    state = Mutex(State(last: first, startedAt: startedAt))
  }

  /// The counts, and when the daemon that made them was started: both from the same one, as a connection ends with it.
  private static func ask(_ connection: Connection) async throws(CallFailure) -> (ServerMetrics, startedAt: Instant) {
    let client = AdminClient(connection)
    let metrics = try await client.metrics(Empty(), CallOptions())
    return (metrics, try await client.status(Empty(), CallOptions()).startedAt)
  }

  /// A restart takes less.
  private static let patience: UInt64 = 1_000_000_000

  /// Reads once a second until the task is cancelled.
  ///
  /// - Parameter start: what the times of the readings count from, on ``LoadClock``.
  func run(since start: UInt64) async {
    while true {
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
      await read(since: start)
    }
  }

  func read(since start: UInt64) async {
    let connection = line.connection
    do throws(CallFailure) {
      let (now, startedAt) = try await Self.ask(connection)
      let at = Double(LoadClock.now - start) / 1e9
      state.withLock { $0.add(now, startedAt: startedAt, at: at) }
    } catch {
      if error.code == .unavailable { _ = await line.renew(connection, by: LoadClock.now + Self.patience) }
    }
  }

  var counts: DaemonCounts {
    state.withLock { state in
      let total = state.total
      return DaemonCounts(
        entries: total.entries, batches: total.batches, journalBytes: total.journalBytes,
        commandsPerBatch: .init(total.batchCommands), decideMicroseconds: .init(total.decideMicroseconds),
        syncMicroseconds: .init(total.syncMicroseconds), commitMicroseconds: .init(total.commitMicroseconds),
        queuedCommandsMax: state.readings.map(\.queuedCommands).max() ?? 0,
        residentMebibytesBefore: first.residentBytes >> 20, residentMebibytesAfter: state.last.residentBytes >> 20,
        stateMebibytesBefore: first.storage.usedBytes >> 20, stateMebibytesAfter: state.last.storage.usedBytes >> 20,
        readings: state.readings)
    }
  }
}

extension DaemonObserver.State {
  fileprivate mutating func add(_ now: ServerMetrics, startedAt: Instant, at: Double) {
    // A test clock stands still; then the counts themselves tell.
    let isSame = startedAt == self.startedAt && now.writing.batches >= last.writing.batches
    let news = now.writing.since(isSame ? last.writing : WriterMetrics())
    total = total.with(news)
    (last, self.startedAt) = (now, startedAt)
    readings.append(
      DaemonCounts.Reading(
        at: at, entries: news.entries, batches: news.batches,
        commandsPerBatch: DaemonCounts.Spread(news.batchCommands).mean, queuedCommands: now.writing.queuedCommands,
        syncP99Microseconds: news.syncMicroseconds.percentile(99),
        commitP99Microseconds: news.commitMicroseconds.percentile(99), residentMebibytes: now.residentBytes >> 20))
  }
}

extension WriterMetrics {
  fileprivate func since(_ earlier: WriterMetrics) -> WriterMetrics {
    WriterMetrics(
      batches: batches.minus(earlier.batches), entries: entries.minus(earlier.entries),
      journalBytes: journalBytes.minus(earlier.journalBytes), batchCommands: batchCommands.since(earlier.batchCommands),
      decideMicroseconds: decideMicroseconds.since(earlier.decideMicroseconds),
      syncMicroseconds: syncMicroseconds.since(earlier.syncMicroseconds),
      commitMicroseconds: commitMicroseconds.since(earlier.commitMicroseconds))
  }

  fileprivate func with(_ news: WriterMetrics) -> WriterMetrics {
    WriterMetrics(
      batches: batches + news.batches, entries: entries + news.entries, journalBytes: journalBytes + news.journalBytes,
      batchCommands: batchCommands.with(news.batchCommands),
      decideMicroseconds: decideMicroseconds.with(news.decideMicroseconds),
      syncMicroseconds: syncMicroseconds.with(news.syncMicroseconds),
      commitMicroseconds: commitMicroseconds.with(news.commitMicroseconds))
  }
}

extension Distribution {
  fileprivate func with(_ news: Distribution) -> Distribution {
    var counts: [UInt64: UInt64] = [:]
    for range in ranges + news.ranges { counts[range.upperBound, default: 0] += range.count }
    return Distribution(
      count: count + news.count, sum: sum + news.sum, max: Swift.max(max, news.max),
      ranges: counts.sorted { $0.key < $1.key }.map { ValueRange(upperBound: $0.key, count: $0.value) })
  }
}
