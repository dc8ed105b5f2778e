import API
import Client
import RPC
import Records
import Scalars
import Synchronization
import Transport

/// Many clients at once: in a closed loop, in which each makes its next call when the one before has ended, or on a
/// schedule that does not wait for the daemon (an open loop).
struct Storm: Sendable {
  let address: DaemonAddress
  let connections: Int
  let workload: Workload
  /// For one attempt of a call.
  var timeout = Duration.seconds(10)
  /// For so long a call is repeated with its request key while the daemon is away; 0: a daemon that is gone stays gone.
  var patienceSeconds = 0
  var warmUpSeconds = 0.0
  /// How many of the acknowledged commands are remembered for the audit.
  var rememberedMax = Int.max
  var log: HistogramLogWriter?

  /// Calls in a closed loop, `inFlight` at once on each connection: `count` of them, or for so many seconds, or until the
  /// daemon is gone.
  func run(inFlight: Int, count: Int = .max, seconds: Double = .infinity) async throws -> LoadOutcome {
    try await run(on: nil) { lines, start, recorder, watches in
      let next = Counter()
      let end = seconds.isFinite ? start + UInt64(seconds * 1e9) : .max
      await withDiscardingTaskGroup { group in
        for line in lines {
          for _ in 0..<inFlight {
            group.addTask {
              while LoadClock.now < end {
                let index = next.take()
                guard index < count, await make(index, on: line, due: nil, recorder, watches) else { break }
              }
            }
          }
        }
      }
    }
  }

  /// Calls in an open loop, to the end of the schedule or until the daemon is gone.
  func run(on schedule: Schedule) async throws -> LoadOutcome {
    try await run(on: schedule) { lines, start, recorder, watches in
      // Ahead of the calls themselves, which it must not wait for.
      let conductor = Task(priority: .high) {
        await withDiscardingTaskGroup { group in
          var begun = 0
          while begun < schedule.total, !recorder.isLost {
            let due = schedule.due(by: Double(LoadClock.now - start) / 1e9)
            while begun < due {
              let (index, line) = (begun, lines[begun % lines.count])
              begun += 1
              guard recorder.open < lines.count * Self.openMax else {
                recorder.drop()
                continue
              }
              let time = start + UInt64(schedule.time(of: index) * 1e9)
              group.addTask(priority: .medium) {
                if await !make(index, on: line, due: time, recorder, watches) { recorder.lose() }
              }
            }
            try? await Task.sleep(for: .milliseconds(1))
          }
        }
      }
      await conductor.value
    }
  }

  /// Calls that may be open at once for each connection, of the 1024 that a daemon takes on one: they are not spread
  /// quite evenly.
  private static let openMax = 768

  private typealias Drive =
    @Sendable (
      _ lines: [Line], _ start: UInt64, _ recorder: Recorder, _ watches: OpenWatches
    ) async -> Void

  /// Opens the connections, lets `drive` use them, collects what happens, and closes them.
  private func run(on schedule: Schedule?, _ drive: @escaping Drive) async throws -> LoadOutcome {
    var lines: [Line] = []
    for _ in 0..<connections { lines.append(try await Line(to: address)) }
    let watches = OpenWatches()
    let start = LoadClock.now
    let recorder = Recorder(measuredFrom: start + UInt64(warmUpSeconds * 1e9), rememberedMax: rememberedMax)
    let collector = Task { await collect(recorder, from: start, schedule) }
    await drive(lines, start, recorder, watches)
    collector.cancel()
    var outcome = await collector.value
    outcome.changes = watches.changes
    watches.endAll()
    for line in lines { await line.close() }
    return outcome
  }

  /// Looks at the recorder once a second until it is cancelled, and one last time.
  private func collect(_ recorder: Recorder, from start: UInt64, _ schedule: Schedule?) async -> LoadOutcome {
    var outcome = LoadOutcome(start: start, startTime: wallTimeSeconds(), warmUpSeconds: warmUpSeconds)
    var (begin, next) = (start, start)
    var isLast = false
    while !isLast {
      next += 1_000_000_000
      let now = LoadClock.now
      if next > now { try? await Task.sleep(for: .nanoseconds(next - now)) }
      // Asked before the look: what happened until then is in it.
      isLast = Task.isCancelled
      let end = LoadClock.now
      let interval = recorder.take()
      outcome.add(interval, from: begin, to: end, on: schedule)
      log?.write(interval, begin: Double(begin - start) / 1e9, seconds: Double(end - begin) / 1e9)
      begin = end
    }
    outcome.durationSeconds = Double(begin - start) / 1e9
    return outcome
  }

  // MARK: One call

  /// Makes the call number `index`; answers whether its client can go on.
  private func make(
    _ index: Int, on line: Line, due: UInt64?, _ recorder: Recorder, _ watches: OpenWatches
  ) async -> Bool {
    let call = workload.call(index)
    var options = CallOptions(timeout: timeout)
    if call.command != nil { options.requestKey = line.connection.makeRequestKey() }
    let sent = LoadClock.now
    let due = due ?? sent
    recorder.begin(due: due, at: sent)
    var repeats = 0
    while true {
      let connection = line.connection
      do throws(CallFailure) {
        let answer = try await ask(call, connection, options, watches)
        guard answer.isRight else {
          recorder.fail(call.kind, Self.wrongAnswer, repeats: repeats, inDoubt: nil)
          return true
        }
        let command = answer.receipt.flatMap { call.sent(index, options.requestKey, $0) }
        recorder.succeed(call.kind, due: due, sent: sent, repeats: repeats, command)
        return true
      } catch {
        let isAway = error.code == .unavailable
        if isAway, await line.renew(connection, by: sent + UInt64(patienceSeconds) * 1_000_000_000) {
          repeats += 1
          continue
        }
        if case .submit(_, _, let rank) = call, case .sequenceExhausted = error.refusal { workload.places.close(rank) }
        let doubt = error.outcome == .unknown ? call.sent(index, options.requestKey, nil) : nil
        recorder.fail(call.kind, error.refusal?.name ?? error.code.name, repeats: repeats, inDoubt: doubt)
        return !isAway
      }
    }
  }

  /// What an answer that contradicts its question counts as.
  private static let wrongAnswer = "WRONG_ANSWER"

  /// Makes the call once. The answer is right when it is about what was asked.
  private func ask(
    _ call: LoadCall, _ connection: Connection, _ options: CallOptions, _ watches: OpenWatches
  ) async throws(CallFailure) -> (isRight: Bool, receipt: HazardReceipt?) {
    let client = HazardClient(connection)
    switch call {
    case .submit(let request, let reporter, let rank):
      var options = options
      options.actingFor = reporter
      let receipt = try await client.submit(request, options)
      workload.book?.add(receipt.number)
      workload.places.took(receipt.number, at: rank)
      return (receipt.number.grid == request.grid && receipt.state == .reported, receipt)
    case .step(let taken):
      let receipt = try await taken.take(client, options)
      let isRight = receipt.number == taken.number && receipt.state == taken.step.result
      if isRight { workload.book?.putBack(taken) }
      return (isRight, receipt)
    case .show(let number):
      return (try await client.show(ShowHazard(number: number), options).number == number, nil)
    case .list(let village):
      let page = try await client.list(ListHazards(grid: village, limit: Self.pageLength), options)
      return (page.hazards.allSatisfy { village.contains($0.grid) }, nil)
    case .count(let township):
      return (try await client.count(CountHazards(grid: township), options).grid == township, nil)
    case .watch(let number):
      let stream = try await client.watch(WatchHazards(number: number), options)
      var changes = stream.makeAsyncIterator()
      let first: HazardChange?
      do { first = try await changes.next() } catch {
        throw error as? CallFailure ?? CallFailure(.internal, .query, "\(error)")
      }
      watches.keep(stream)
      return (first?.hazard.number == number, nil)
    }
  }

  /// What a screen shows.
  private static let pageLength: UInt32 = 20
}

extension LoadCall {
  /// The command as it was sent; with the receipt, if there was one.
  fileprivate func sent(_ index: Int, _ requestKey: [UInt8]?, _ receipt: HazardReceipt?) -> SentCommand? {
    guard let command, let requestKey else { return nil }
    var (rank, number) = (0, HazardNumber.unset)
    switch self {
    case .submit(_, _, let placed): rank = placed
    case .step(let taken): number = taken.number
    case .show, .list, .count, .watch: break
    }
    return SentCommand(
      index: index, method: command, requestKey: UInt128(requestKey: requestKey), rank: Int32(rank),
      number: receipt?.number ?? number, version: receipt?.version ?? 0)
  }
}

/// Numbers from 0 on, for many tasks.
final class Counter: Sendable {
  private let value = Atomic<Int>(0)
  func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
