import API
import Client
import Example
import Histogram
import RPC
import Records
import Scalars
import Synchronization
import Transport

/// Many clients that submit hazards at once, each call beginning when the one before it has ended (a closed loop), and a
/// record of what every one of them was told.
struct Storm: Sendable {
  /// One report, as it is sent and, if need be, sent again.
  struct Submission: Sendable {
    let request: SubmitHazard
    let reporter: String
    let requestKey: [UInt8]

    /// What tells this report from all others: the digest of its photo.
    var token: [UInt8] { request.photos[0].sha256 }
  }

  struct Outcome: Sendable {
    /// Reports that were acknowledged, with the number they got.
    var acknowledged: [(submission: Submission, number: HazardNumber)] = []
    /// Reports of which it is not known whether they were taken.
    var inDoubt: [Submission] = []
    /// Microseconds from the moment when the call was to be made to the reply. In a closed loop that is the moment when
    /// it was made.
    var latencies = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    /// Microseconds from sending to the reply.
    var serviceTimes = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    /// Microseconds by which calls were made later than they should have been: the load tester's own fault.
    var delays = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    /// Failures by their kind.
    var errors: [String: Int] = [:]
    var duration: Duration = .zero

    mutating func add(_ other: Outcome) {
      acknowledged += other.acknowledged
      inDoubt += other.inDoubt
      latencies.add(other.latencies)
      serviceTimes.add(other.serviceTimes)
      delays.add(other.delays)
      errors.merge(other.errors, uniquingKeysWith: +)
    }
  }

  let endpoint: Endpoint
  let connections: Int
  let inFlight: Int
  /// Makes the report number `index`.
  let make: @Sendable (_ index: Int, _ random: inout SplitMix64) -> (request: SubmitHazard, reporter: String)
  var seed: UInt64 = ExampleCounty.defaultSeed
  /// How many of the acknowledged reports are to be remembered, about; over minutes they take memory.
  var rememberedMax = Int.max

  /// Submits `count` reports, or until `deadline`, or until the daemon is gone.
  func run(count: Int = .max, until deadline: ContinuousClock.Instant? = nil) async throws -> Outcome {
    let next = Counter()
    return try await run { connections in
      await withTaskGroup(of: Outcome.self) { group in
        for connection in connections {
          for _ in 0..<inFlight { group.addTask { await work(connection, next, count, deadline) } }
        }
        var total = Outcome()
        for await one in group { total.add(one) }
        return total
      }
    }
  }

  /// Submits on a schedule that does not wait for the daemon (an open loop).
  func run(on schedule: Schedule) async throws -> Outcome {
    try await run { connections in
      let start = ContinuousClock.now
      return await withTaskGroup(of: Told.self) { group in
        var total = Outcome()
        var (begun, ended) = (0, 0)
        while begun < schedule.total {
          let passed = Double(Self.microseconds(.now - start)) / 1e6
          let due = min(schedule.total, Int(schedule.arrivals(by: passed)) + 1)
          while begun < due {
            if begun - ended >= Self.openMax, let one = await group.next() {
              add(one, to: &total)
              ended += 1
            }
            let (index, connection) = (begun, connections[begun % connections.count])
            let intended = start + .seconds(schedule.time(of: index))
            group.addTask { await submit(index, connection, intended: intended) }
            begun += 1
          }
          try? await Task.sleep(for: .milliseconds(1))
        }
        for await one in group { add(one, to: &total) }
        return total
      }
    }
  }

  /// Opens the connections, lets `ask` use them, and closes them.
  private func run(_ ask: ([Connection]) async -> Outcome) async throws -> Outcome {
    var opened: [Connection] = []
    for _ in 0..<connections { opened.append(try await Connection.connect(to: endpoint, name: "safegrid load")) }
    let start = ContinuousClock.now
    var outcome = await ask(opened)
    outcome.duration = .now - start
    for connection in opened { await connection.close() }
    return outcome
  }

  /// Calls that may be open at once: beyond it the schedule is lost anyway, and memory would be next.
  private static let openMax = 20_000

  /// What became of one report.
  private struct Told: Sendable {
    let submission: Submission
    let result: Result<HazardNumber, CallFailure>
    let intended: ContinuousClock.Instant
    let start: ContinuousClock.Instant
    let end: ContinuousClock.Instant
  }

  /// Submits the report number `index`.
  private func submit(
    _ index: Int, _ connection: Connection, intended: ContinuousClock.Instant? = nil
  ) async -> Told {
    var random = SplitMix64(seed: seed &+ UInt64(index) &* 0x9e37_79b9)
    let (request, reporter) = make(index, &random)
    let submission = Submission(request: request, reporter: reporter, requestKey: connection.makeRequestKey())
    let start = ContinuousClock.now
    let result: Result<HazardNumber, CallFailure>
    do throws(CallFailure) {
      let options = CallOptions(actingFor: reporter, requestKey: submission.requestKey)
      result = .success(try await HazardClient(connection).submit(request, options).number)
    } catch {
      result = .failure(error)
    }
    return Told(submission: submission, result: result, intended: intended ?? start, start: start, end: .now)
  }

  private func add(_ told: Told, to outcome: inout Outcome) {
    switch told.result {
    case .success(let number):
      if outcome.acknowledged.count < rememberedMax / max(1, inFlight * connections) {
        outcome.acknowledged.append((told.submission, number))
      }
      outcome.latencies.record(Self.microseconds(told.end - told.intended))
      outcome.serviceTimes.record(Self.microseconds(told.end - told.start))
      outcome.delays.record(Self.microseconds(told.start - told.intended))
    case .failure(let failure):
      outcome.errors[failure.code.name, default: 0] += 1
      if failure.outcome == .unknown { outcome.inDoubt.append(told.submission) }
    }
  }

  private func work(
    _ connection: Connection, _ next: Counter, _ count: Int, _ deadline: ContinuousClock.Instant?
  ) async -> Outcome {
    var outcome = Outcome()
    while deadline.map({ .now < $0 }) ?? true {
      let index = next.take()
      guard index < count else { break }
      let told = await submit(index, connection)
      add(told, to: &outcome)
      // A daemon that is gone stays gone for this storm.
      if case .failure(let failure) = told.result, failure.code == .unavailable { break }
    }
    return outcome
  }

  static func microseconds(_ duration: Duration) -> UInt64 {
    let parts = duration.components
    return UInt64(max(0, parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000))
  }
}

/// Numbers from 0 on, for many tasks.
final class Counter: Sendable {
  private let value = Atomic<Int>(0)
  func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
}

extension Storm.Outcome {
  var count: Int { Int(latencies.totalCount) }
  var perSecond: Double {
    let parts = duration.components
    return Double(count) / max(1e-9, Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
  }

  /// Percentile of the latency in microseconds.
  func latency(_ percentile: Double) -> UInt64 { latencies.valueAtPercentile(percentile) }
}
