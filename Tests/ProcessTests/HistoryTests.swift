import API
import Bytes
import Client
import Example
import Foundation
import Glibc
import RPC
import Records
import Scalars
import Support
import Synchronization
import Testing
import Transport

/// Histories of concurrent clients on the real daemon, which is killed meanwhile, against strict serialisability.
///
/// `CALLS=100000 swift test --filter HistoryTests` is the long run.
@Suite struct HistoryTests {
  private static let (clients, cases) = (8, 3)

  @Test func `what concurrent clients are told has one explanation, also when the daemon dies meanwhile`() async throws
  {
    let wanted = ProcessInfo.processInfo.environment["CALLS"].flatMap(Int.init) ?? 4000
    let kills = max(2, wanted / 5000)
    let folder = TemporaryFolder()
    var daemon = try Daemon(in: folder)
    try daemon.setUp()
    let centre = try daemon.file("centre.csv", "id,name,role,grid\ncm1,指挥中心,command_centre,421222000000000\n")
    #expect(try daemon.safegrid("import", "people", centre).status == 0)
    let numbers = try (0..<Self.cases).map { _ in try rectifying(daemon) }
    let endpoint = Endpoint(daemon.endpoint)!
    var connection = try await Connection.connect(to: endpoint)
    var initial: [(sequence: UInt64, version: UInt64)] = []
    for number in numbers {
      guard case .seen(let sequence, let version, _) = try await Asker(connection).ask(.read, number, nil) else {
        return
      }
      initial.append((sequence, version))
    }
    await connection.close()
    var history = History(initial: initial)
    let clock = Clock()
    let share = wanted / (kills + 1) / Self.clients
    for life in 0...kills {
      let victim = life < kills ? daemon.identifier : nil
      let told = try await withThrowingTaskGroup(of: Told.self) { group in
        for client in 0..<Self.clients {
          let random = SplitMix64(seed: testSeed(UInt64(life * 100 + client)))
          // The first client kills the daemon under the others, who go on until they notice.
          group.addTask {
            try await Self.work(
              client, numbers, endpoint, clock, calls: client == 0 || victim == nil ? share : .max,
              thenKill: client == 0 ? victim : nil, random)
          }
        }
        return try await group.reduce(into: Told()) { $0.add($1) }
      }
      history.calls += told.calls
      if victim != nil {
        daemon.end(by: SIGKILL)
        daemon = try Daemon(in: folder)
      }
      // Whoever does not know what became of a command asks again, with the same key.
      connection = try await Connection.connect(to: endpoint)
      let asker = Asker(connection)
      for doubt in told.doubts {
        let answer = try await asker.ask(doubt.kind, numbers[doubt.case], doubt.key)
        history.calls.append(doubt.call(answer, end: clock.tick()))
      }
      await connection.close()
    }
    #expect(history.faults().prefix(5).isEmpty, "\(history.faults().prefix(5))")
    let executed = history.calls.count { if case .executed = $0.answer { true } else { false } }
    #expect(history.calls.count >= wanted / 2 && executed > wanted / 10, "\(executed) of \(history.calls.count)")
    #expect(try daemon.safegrid("verify").status == 0)
  }

  /// A case that can be fed back.
  private func rectifying(_ daemon: Daemon) throws -> HazardNumber {
    let number = try daemon.submit()
    for event in [["file", number], ["dispatch", number, "--assignee", "gm1"], ["claim", number]] {
      let person = event[0] == "claim" ? "gm1" : "vs1"
      let result = try Tools.run(
        "safegrid", ["hazard"] + event + ["--as", person], ["SAFEGRID_CONNECT": daemon.endpoint])
      guard result.status == 0 else { throw Daemon.Failure(log: result.errors) }
    }
    return HazardNumber(number)!
  }

  // MARK: A client

  /// A command of which nobody said what became of it.
  private struct Doubt {
    let client: Int
    let `case`: Int
    let kind: History.Kind
    let begin: Int
    let key: [UInt8]

    func call(_ answer: History.Answer, end: Int) -> History.Call {
      History.Call(client: client, case: `case`, kind: kind, begin: begin, end: end, answer: answer)
    }
  }

  private struct Told {
    var calls: [History.Call] = []
    var doubts: [Doubt] = []

    mutating func add(_ other: Told) {
      calls += other.calls
      doubts += other.doubts
    }
  }

  private static func work(
    _ client: Int, _ numbers: [HazardNumber], _ endpoint: Endpoint, _ clock: Clock, calls: Int,
    thenKill victim: Int32?, _ random: SplitMix64
  ) async throws -> Told {
    var random = random
    let connection = try await Connection.connect(to: endpoint)
    let asker = Asker(connection)
    var told = Told()
    for _ in 0..<calls {
      let place = Int.random(in: numbers.indices, using: &random)
      let kind = [History.Kind.feedBack, .sendBack, .read][Int.random(in: 0..<3, using: &random)]
      let key = kind == .read ? nil : connection.makeRequestKey()
      let doubt = Doubt(client: client, case: place, kind: kind, begin: clock.tick(), key: key ?? [])
      do throws(CallFailure) {
        let answer = try await asker.ask(kind, numbers[place], key)
        told.calls.append(doubt.call(answer, end: clock.tick()))
      } catch {
        // Dead: a read is of no interest, nor is a command that was never sent.
        if error.outcome == .unknown { told.doubts.append(doubt) }
        break
      }
    }
    if let victim { kill(victim, SIGKILL) }
    await connection.close()
    return told
  }

  /// Asks for something to be done with a case, or how it stands.
  private struct Asker {
    private let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    func ask(_ kind: History.Kind, _ number: HazardNumber, _ key: [UInt8]?) async throws(CallFailure) -> History.Answer
    {
      switch kind {
      case .read:
        let reply = try await connection.unary(
          method: Method.hazardShow.rawValue, isCommand: false, ShowHazard(number: number).encoded(), .init())
        guard let hazard = try? Hazard(encoded: reply.body) else { preconditionFailure("a reply does not parse") }
        return .seen(sequence: reply.sequence, version: hazard.version, isFedBack: hazard.state == .fedBack)
      case .feedBack, .sendBack:
        do throws(CallFailure) {
          let photo = Attachment(sha256: [UInt8](repeating: 1, count: 32))
          let (method, body, person) =
            kind == .feedBack
            ? (
              Method.hazardFeedback, HazardFeedback(number: number, result: "x", evidence: [photo]).encoded(), "gm1"
            ) : (.hazardVerifyFail, HazardNote(number: number, note: "x").encoded(), "cm1")
          let reply = try await connection.unary(
            method: method.rawValue, isCommand: true, body,
            CallOptions(timeout: .seconds(60), actingFor: person, requestKey: key))
          return .executed(sequence: reply.sequence)
        } catch {
          if error.code == .failedPrecondition, error.outcome == .notExecuted { return .refused }
          throw error
        }
      }
    }
  }

  /// Counts the beginnings and ends of all calls.
  private final class Clock: Sendable {
    private let time = Atomic<Int>(0)
    func tick() -> Int { time.add(1, ordering: .sequentiallyConsistent).newValue }
  }
}

/// The judge of histories finds what it is there to find.
@Suite struct HistoryCheckTests {
  private func history(_ answers: [(History.Kind, Int, Int, History.Answer)]) -> [String] {
    var history = History(initial: [(sequence: 10, version: 5)])
    history.calls = answers.enumerated().map { client, call in
      History.Call(client: client, case: 0, kind: call.0, begin: call.1, end: call.2, answer: call.3)
    }
    return history.faults()
  }

  private let fedBack: (History.Kind, Int, Int, History.Answer) = (.feedBack, 1, 4, .executed(sequence: 11))

  @Test func `overlapping calls may come in either order`() {
    for seen in [
      History.Answer.seen(sequence: 10, version: 5, isFedBack: false), .seen(sequence: 11, version: 6, isFedBack: true),
    ] {
      #expect(history([fedBack, (.read, 2, 3, seen), (.sendBack, 2, 5, .refused)]) == [])
    }
    #expect(history([fedBack, (.sendBack, 5, 6, .executed(sequence: 12)), (.sendBack, 7, 8, .refused)]) == [])
  }

  @Test func `a stale read is found`() {
    #expect(history([fedBack, (.read, 5, 6, .seen(sequence: 10, version: 5, isFedBack: false))]).count == 1)
  }

  @Test func `a read of what was not done yet is found`() {
    #expect(
      !history([
        (.read, 1, 2, .seen(sequence: 11, version: 6, isFedBack: true)), (.feedBack, 3, 4, .executed(sequence: 11)),
      ])
      .isEmpty)
  }

  @Test func `a lost command is found`() {
    #expect(!history([fedBack, (.read, 5, 6, .seen(sequence: 12, version: 5, isFedBack: false))]).isEmpty)
  }

  @Test func `a command that was done twice is found`() {
    #expect(!history([fedBack, (.feedBack, 5, 6, .executed(sequence: 12))]).isEmpty)
    #expect(!history([fedBack, (.read, 5, 6, .seen(sequence: 12, version: 7, isFedBack: true))]).isEmpty)
    #expect(!history([fedBack, (.sendBack, 5, 6, .executed(sequence: 11))]).isEmpty)
  }

  @Test func `an order against time is found`() {
    #expect(!history([(.feedBack, 1, 2, .executed(sequence: 13)), (.sendBack, 3, 4, .executed(sequence: 12))]).isEmpty)
  }

  @Test func `a refusal without a reason is found`() {
    #expect(!history([fedBack, (.sendBack, 5, 6, .refused)]).isEmpty)
    #expect(!history([(.feedBack, 1, 2, .refused)]).isEmpty)
  }

  @Test func `a client whose reads go back is found`() {
    var history = History(initial: [(sequence: 10, version: 5), (sequence: 10, version: 1)])
    history.calls = [
      .init(
        client: 1, case: 0, kind: .read, begin: 1, end: 2, answer: .seen(sequence: 12, version: 5, isFedBack: false)),
      .init(
        client: 1, case: 1, kind: .read, begin: 3, end: 4, answer: .seen(sequence: 11, version: 1, isFedBack: false)),
    ]
    #expect(history.faults().count == 1)
  }
}
