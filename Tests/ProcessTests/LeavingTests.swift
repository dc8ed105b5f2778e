import API
import Client
import Foundation
import RPC
import Records
import Scalars
import Support
import Synchronization
import Testing
import Transport

/// A daemon that goes down in order, seen by those who call it meanwhile.
@Suite struct LeavingTests {
  private final class Count: Sendable {
    let value = Atomic(0)
  }

  /// Callers that never stop: some of their commands are on their way when the daemon begins to go.
  @Test func `no command is in doubt, and what was said to be executed is there`() async throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let endpoint = try #require(Endpoint(daemon.endpoint))
    let grid = try #require(GridCode("421222100001001"))
    let request = SubmitHazard(
      source: .memberPatrol, grid: grid, class: "消防", domain: .fire, severity: .general, urgency: .normal,
      description: "消防通道堵塞", photos: [Attachment(sha256: [UInt8](repeating: 0, count: 32))])
    let (done, process) = (Count(), daemon.identifier)
    let failures = try await withThrowingTaskGroup(of: CallFailure.self) { group in
      for _ in 0..<8 {
        let client = HazardClient(try await Connection.connect(to: endpoint))
        for _ in 0..<4 {
          group.addTask {
            while true {
              do throws(CallFailure) { _ = try await client.submit(request, CallOptions(actingFor: "gm1")) } catch {
                return error
              }
              if done.value.add(1, ordering: .relaxed).newValue == 200 { kill(process, SIGTERM) }
            }
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(failures.count == 32)
    for failure in failures {
      #expect(failure.code == .unavailable && failure.outcome == .notExecuted, "\(failure)")
      #expect(failure.message.contains("going down"), "\(failure)")
    }
    #expect(daemon.end(by: SIGTERM) == 0)
    let again = try Daemon(in: daemon.folder)
    let other = try await Connection.connect(to: try #require(Endpoint(again.endpoint)))
    let count = try await HazardClient(other).count(CountHazards(grid: grid))
    #expect(count.counts.reduce(0) { $0 + Int($1.count) } == done.value.load(ordering: .relaxed))
  }
}
