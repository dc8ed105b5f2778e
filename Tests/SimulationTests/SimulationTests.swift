import Foundation
import Simulation
import Support
import Testing

/// Clients, network, clock, daemon and disk on one thread, all from one seed, and an auditor that knows only requests
/// and replies. `gridsim --seed N` runs one world again.
///
/// `SECONDS=3600 SEED=1 swift test --filter SimulationTests`, or `gridsim smoke --seed 1 --seeds 100000`, is the long
/// run: it stops at the first seed that fails.
@Suite(.enabled(if: FileLog.isPresent, "the shim stands where a sanitizer must"))
struct SimulationTests {
  @Test func `in every world the replies keep what they promise, through deaths and power cuts`() throws {
    let seconds = ProcessInfo.processInfo.environment["SECONDS"].flatMap(Int.init)
    let end = ContinuousClock.now + .seconds(seconds ?? 0)
    var (seed, worlds) = (testSeed(), 0)
    // A fixed number of worlds, or as many as the time allows.
    while seconds == nil ? worlds < 30 : ContinuousClock.now < end {
      do { _ = try GridSimulation(seed: seed).run(eventCount: 4000) } catch {
        Issue.record("\(error)")
        return
      }
      seed += 1
      worlds += 1
    }
    print("\(worlds) worlds were audited")
  }

  @Test func `a world follows from its seed`() throws {
    let seed = testSeed(1000)
    #expect(try GridSimulation(seed: seed).run(eventCount: 3000) == GridSimulation(seed: seed).run(eventCount: 3000))
  }

  /// Whoever never finds anything must not be believed.
  @Test(arguments: PlantedFault.allCases)
  func `the auditor finds a fault that was planted`(fault: PlantedFault) {
    #expect(canary(fault, seeds: 1...20) != nil)
  }
}
