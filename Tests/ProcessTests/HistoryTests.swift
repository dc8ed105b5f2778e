import API
import Bytes
import Client
import Example
import Foundation
import RPC
import Records
import Scalars
import Support
import Synchronization
import Testing
import Transport

/// Histories of many clients on a real daemon that is killed in between: what each was told, and when it asked, must fit
/// one order, the journal's, in which everything takes effect between question and answer (strict serialisability), and
/// each answer must be right at its place in that order.
@Suite struct HistoryTests {
  @Test func `what clients see at once fits one order, through kills`() async throws {
    let folder = TemporaryFolder()
    let history = History()
    var cases: [HazardNumber] = []
    for round in 0..<3 {
      let daemon = try Daemon(in: folder)
      if round == 0 {
        try daemon.setUp()
        for _ in 0..<3 { cases.append(try #require(HazardNumber(try daemon.dispatched()))) }
      }
      let (endpoint, process) = (daemon.endpoint, daemon.identifier)
      await withTaskGroup(of: Void.self) { [cases] group in
        for client in 0..<8 {
          group.addTask {
            await Self.act(
              endpoint, cases, history, SplitMix64(seed: testSeed(UInt64(7000 + 100 * round + client))))
          }
        }
        // Killed once every client is well under way.
        while history.count < 300 * (round + 1), !history.isGivenUp { await Task.yield() }
        kill(process, SIGKILL)
        await group.waitForAll()
      }
      #expect(daemon.end(by: SIGKILL) == -SIGKILL)
    }
    let daemon = try Daemon(in: folder)
    // Whoever was not told asks again, and hears when it happened.
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    for question in history.takeUnanswered() {
      #expect(await Self.reassign(connection, question, history))
    }
    await connection.close()
    let (changes, looks) = history.check()
    print("\(changes) changes and \(looks) looks fit one order")
    #expect(changes > 100 && looks > 100)
  }

  private static func act(
    _ endpoint: String, _ cases: [HazardNumber], _ history: History, _ random: SplitMix64
  ) async {
    var random = random
    // Whoever comes when the daemon has been killed already has nothing to tell.
    guard let connection = try? await Connection.connect(to: Endpoint(endpoint)!) else { return }
    var isThere = true
    while isThere {
      let number = random.pick(cases)
      if random.chance(0.5) {
        let question = History.Question(
          number: number, assignee: random.pick(["gm1", "vs1"]), key: connection.makeRequestKey(), askedAt: .now)
        isThere = await reassign(connection, question, history)
      } else {
        isThere = await look(connection, number, history)
      }
    }
    await connection.close()
  }

  /// Answers whether the daemon is still there.
  private static func reassign(
    _ connection: Connection, _ question: History.Question, _ history: History
  ) async -> Bool {
    let body = DispatchHazard(number: question.number, assignee: question.assignee).encoded()
    do throws(CallFailure) {
      let reply = try await connection.unary(
        method: Method.hazardReassign.rawValue, isCommand: true, body,
        CallOptions(timeout: .seconds(30), actingFor: "to1", requestKey: question.key))
      history.changed(question, reply)
      return true
    } catch {
      if error.outcome == .unknown { history.leftOpen(question) }
      if error.code != .unavailable { history.giveUp("a reassignment: \(error)") }
      return false
    }
  }

  /// Answers whether the daemon is still there.
  private static func look(_ connection: Connection, _ number: HazardNumber, _ history: History) async -> Bool {
    let askedAt = ContinuousClock.now
    do throws(CallFailure) {
      let reply = try await connection.unary(
        method: Method.hazardShow.rawValue, isCommand: false, ShowHazard(number: number).encoded(),
        CallOptions(timeout: .seconds(30), actingFor: "to1"))
      history.looked(number, reply, askedAt: askedAt)
      return true
    } catch {
      if error.code != .unavailable { history.giveUp("a look: \(error)") }
      return false
    }
  }
}

extension Daemon {
  /// A case that is on somebody's list.
  fileprivate func dispatched() throws -> String {
    let number = try submit()
    for arguments in [
      ["forward-up", number, "--note", "x", "--as", "vs1"], ["file", number, "--as", "to1"],
      ["dispatch", number, "--assignee", "gm1", "--as", "to1"],
    ] {
      let result = try Tools.run("safegrid", ["hazard"] + arguments, ["SAFEGRID_CONNECT": endpoint])
      guard result.status == 0 else { throw Failure(log: result.errors) }
    }
    return number
  }
}

/// What all clients asked and were told.
private final class History: Sendable {
  struct Question: Sendable {
    let number: HazardNumber
    let assignee: String
    let key: [UInt8]
    let askedAt: ContinuousClock.Instant
  }

  private struct Change {
    let question: Question
    let sequence: UInt64
    let version: UInt64
    let answeredAt: ContinuousClock.Instant
  }

  private struct Look {
    let number: HazardNumber
    let assignee: String?
    let version: UInt64
    /// Of the state that was looked at.
    let sequence: UInt64
    let askedAt: ContinuousClock.Instant
    let answeredAt: ContinuousClock.Instant
  }

  private struct Pages {
    var changes: [Change] = []
    var looks: [Look] = []
    var unanswered: [Question] = []
    var isGivenUp = false
  }

  private let pages = Mutex(Pages())

  var isGivenUp: Bool { pages.withLock { $0.isGivenUp } }

  func giveUp(_ reason: String) {
    Issue.record("\(reason)")
    pages.withLock { $0.isGivenUp = true }
  }

  var count: Int { pages.withLock { $0.changes.count + $0.looks.count } }

  func changed(_ question: Question, _ reply: CallReply) {
    guard let receipt = try? HazardReceipt(encoded: reply.body) else {
      Issue.record("a receipt does not parse")
      return
    }
    let change = Change(question: question, sequence: reply.sequence, version: receipt.version, answeredAt: .now)
    pages.withLock { $0.changes.append(change) }
  }

  func leftOpen(_ question: Question) { pages.withLock { $0.unanswered.append(question) } }

  func takeUnanswered() -> [Question] {
    pages.withLock { pages in
      defer { pages.unanswered = [] }
      return pages.unanswered
    }
  }

  func looked(_ number: HazardNumber, _ reply: CallReply, askedAt: ContinuousClock.Instant) {
    guard let hazard = try? Hazard(encoded: reply.body) else {
      Issue.record("a case does not parse")
      return
    }
    let look = Look(
      number: number, assignee: hazard.assignee, version: hazard.version, sequence: reply.sequence, askedAt: askedAt,
      answeredAt: .now)
    pages.withLock { $0.looks.append(look) }
  }

  /// The journal's sequences are the order; it remains to check that time and contents agree with it.
  func check() -> (changes: Int, looks: Int) {
    let pages = pages.withLock { $0 }
    let changes = pages.changes.sorted { $0.sequence < $1.sequence }
    #expect(Set(changes.map(\.sequence)).count == changes.count, "two changes are one entry")
    // No change comes before one that was answered before it was asked for.
    var firstAnswer = ContinuousClock.Instant.now
    for change in changes.reversed() {
      #expect(change.question.askedAt <= firstAnswer, "entry \(change.sequence) is too early in the order")
      firstAnswer = min(firstAnswer, change.answeredAt)
    }
    for (number, ofCase) in Dictionary(grouping: changes, by: \.question.number) {
      // Each change makes the next version, and none is missing between two.
      for (earlier, later) in zip(ofCase, ofCase.dropFirst()) {
        #expect(later.version == earlier.version + 1, "case \(number), entries \(earlier.sequence), \(later.sequence)")
      }
      for look in pages.looks where look.number == number {
        let seen = ofCase.last { $0.sequence <= look.sequence }
        if let seen {
          #expect(look.version == seen.version && look.assignee == seen.question.assignee, "a look at \(look.sequence)")
        } else if let first = ofCase.first {
          #expect(look.version < first.version)
        }
      }
    }
    for look in pages.looks {
      #expect(
        !changes.contains { $0.answeredAt < look.askedAt && $0.sequence > look.sequence }, "a look misses a change")
      #expect(!changes.contains { $0.question.askedAt > look.answeredAt && $0.sequence <= look.sequence })
      // Looks do not go back either.
      #expect(!pages.looks.contains { $0.answeredAt < look.askedAt && $0.sequence > look.sequence }, "a look goes back")
    }
    return (changes.count, pages.looks.count)
  }
}
