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
    /// Microseconds from sending to the reply.
    var latencies = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    /// Failures by their kind.
    var errors: [String: Int] = [:]
    var duration: Duration = .zero

    mutating func add(_ other: Outcome) {
      acknowledged += other.acknowledged
      inDoubt += other.inDoubt
      latencies.add(other.latencies)
      errors.merge(other.errors, uniquingKeysWith: +)
    }
  }

  let endpoint: Endpoint
  let connections: Int
  let inFlight: Int
  /// Makes the report number `index`.
  let make: @Sendable (_ index: Int, _ random: inout SplitMix64) -> (request: SubmitHazard, reporter: String)
  var seed: UInt64 = ExampleCounty.defaultSeed
  /// Whether the acknowledged reports are to be remembered; over minutes they take memory.
  var remembers = true

  /// Submits `count` reports, or until `deadline`, or until the daemon is gone.
  func run(count: Int = .max, until deadline: ContinuousClock.Instant? = nil) async throws -> Outcome {
    let next = Counter()
    var opened: [Connection] = []
    for _ in 0..<connections { opened.append(try await Connection.connect(to: endpoint, name: "safegrid load")) }
    let all = opened
    let start = ContinuousClock.now
    var outcome = await withTaskGroup(of: Outcome.self) { group in
      for connection in all {
        for _ in 0..<inFlight { group.addTask { await work(connection, next, count, deadline) } }
      }
      var total = Outcome()
      for await one in group { total.add(one) }
      return total
    }
    outcome.duration = .now - start
    for connection in all { await connection.close() }
    return outcome
  }

  private func work(
    _ connection: Connection, _ next: Counter, _ count: Int, _ deadline: ContinuousClock.Instant?
  ) async -> Outcome {
    let client = HazardClient(connection)
    var outcome = Outcome()
    while deadline.map({ .now < $0 }) ?? true {
      let index = next.take()
      guard index < count else { break }
      var random = SplitMix64(seed: seed &+ UInt64(index) &* 0x9e37_79b9)
      let (request, reporter) = make(index, &random)
      let submission = Submission(request: request, reporter: reporter, requestKey: connection.makeRequestKey())
      let start = ContinuousClock.now
      do throws(CallFailure) {
        let receipt = try await submit(submission, client)
        if remembers { outcome.acknowledged.append((submission, receipt.number)) }
        outcome.latencies.record(Self.microseconds(.now - start))
      } catch {
        outcome.errors[error.code.name, default: 0] += 1
        if error.outcome == .unknown { outcome.inDoubt.append(submission) }
        // A daemon that is gone stays gone for this storm.
        if error.code == .unavailable { break }
      }
    }
    return outcome
  }

  private func submit(_ submission: Submission, _ client: HazardClient) async throws(CallFailure) -> HazardReceipt {
    try await client.submit(
      submission.request, CallOptions(actingFor: submission.reporter, requestKey: submission.requestKey))
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
