import Simulation
import Support
import Testing

/// A disk that fails, at every call in turn until a run no longer gets there: the daemon says so clearly, loses nothing
/// that it acknowledged, goes on reading, and needs nothing but a start once the cause is gone.
@Suite(.enabled(if: FileLog.isPresent, "the shim stands where a sanitizer must"))
struct DiskFaultTests {
  @Test(arguments: DiskFault.allCases)
  func `wherever the disk fails, reads go on, and a start is all that is needed afterwards`(fault: DiskFault) throws {
    let run = try DiskFaultRun(seed: testSeed())
    var number = 1
    do {
      while try run.strikes(fault, at: number) { number += 1 }
    } catch {
      Issue.record("\(fault) at call \(number): \(error)")
    }
    print("\(fault): struck at \(number - 1) calls")
    #expect(number > 10)
  }
}
