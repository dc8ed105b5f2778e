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
  private static let stateCount = ProcessInfo.processInfo.environment["STATES"].flatMap(Int.init) ?? 1000

  /// The second makes segments ahead on another thread, so that its order of operations does not follow from the seed.
  @Test(arguments: [false, true])
  func `whatever a power cut leaves opens, is intact, and holds what was acknowledged`(preparesAhead: Bool) throws {
    var round: UInt64 = 0
    var counts = (states: 0, closed: 0, copied: 0)
    while counts.states < Self.stateCount / 2 {
      var run = PowerLossRun(seed: testSeed(round), preparesAhead: preparesAhead)
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
    print("power cuts: \(counts)")
    #expect(counts.closed > 0 && counts.copied > 0)
  }
}
