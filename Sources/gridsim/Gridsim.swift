import ArgumentParser
import Simulation

/// The simulated world, seed by seed.
@main
struct Gridsim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gridsim",
    abstract: "Runs clients, network, clock, daemon and disk on one thread, all from one seed, and audits the replies.",
    discussion: """
      The process dies and the power fails at any call to the disk. A seed that fails is printed; it fails again whenever
      it is run again. For a night: gridsim smoke --seeds 100000
      """, subcommands: [Run.self, Smoke.self, Canary.self], defaultSubcommand: Run.self)

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Runs one seed and says what came to pass.")
    @Option(help: "What everything follows from.")
    var seed: UInt64 = 1
    @Option(help: "Events before the world comes to rest.")
    var events = 5000

    func run() throws { print(try GridSimulation(seed: seed).run(eventCount: events)) }
  }

  struct Smoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Runs many seeds, and stops at the first that fails.")
    @Option(help: "The first seed.")
    var seed: UInt64 = 1
    @Option(help: "How many.")
    var seeds: UInt64 = 100
    @Option(help: "Events before each world comes to rest.")
    var events = 5000

    func run() throws {
      for seed in seed..<seed + seeds { print(try GridSimulation(seed: seed).run(eventCount: events)) }
    }
  }

  struct Canary: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Plants faults that the auditor must find; fails when it does not.")
    @Option(help: "Seeds that each fault has to be found in.")
    var seeds: UInt64 = 20

    func run() throws {
      for fault in PlantedFault.allCases {
        guard let found = canary(fault, seeds: 1...seeds) else {
          print("\(fault) went unnoticed in \(seeds) worlds")
          throw ExitCode(1)
        }
        print("\(fault): \(found)")
      }
    }
  }
}
