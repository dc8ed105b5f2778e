import Example
import Foundation
import Simulation
import Support
import Testing

/// A shim under the process notes every call that changes or syncs journal, copies, mark and state. From that, states
/// are rebuilt that a power cut could have left at any moment, with any part of what was not synced. Each must open,
/// be intact, and hold every acknowledged command once and nothing that was refused.
///
/// `STATES=20000 SEED=1 swift test --filter PowerLossTests` is the long run.
@Suite(.enabled(if: FileLog.isPresent, "the shim stands where a sanitizer must"))
struct PowerLossTests {
  private static let stateCount = ProcessInfo.processInfo.environment["STATES"].flatMap(Int.init) ?? 600

  @Test(arguments: PowerLossRun.Kind.allCases)
  func `whatever a power cut leaves opens, is intact, and holds what was acknowledged`(_ kind: PowerLossRun.Kind) throws
  {
    var round: UInt64 = 0
    var counts = (states: 0, closed: 0, copied: 0)
    while counts.states < Self.stateCount / PowerLossRun.Kind.allCases.count {
      var run = PowerLossRun(seed: testSeed(round), kind)
      do {
        for _ in 0..<5 { try run.generation(cutCount: 20) }
      } catch {
        Issue.record("SEED=\(testSeed(round)): \(error)")
        return
      }
      counts.states += run.counts.states
      counts.closed += run.counts.closed
      counts.copied += run.counts.copied
      round += 1
    }
    print("power cuts, \(kind): \(counts)")
    #expect(counts.closed > 0 && counts.copied > 0)
  }
}
