import Records
import Scalars
import Testing

@testable import safegrid

/// The load tester's judgement: the audit finds each kind of difference, and the schedules have the shape they say.
@Suite struct LoadTests {
  private func submission(_ key: UInt8) -> Storm.Submission {
    Storm.Submission(request: SubmitHazard(), reporter: "x", requestKey: [key])
  }

  private func number(_ sequence: UInt32) -> HazardNumber {
    HazardNumber("4212221000010012026030200001").map {
      HazardNumber(grid: $0.grid, date: $0.date, sequence: sequence)
    }!
  }

  /// Keys and numbers that were acknowledged, and those in the journal.
  private func audit(_ told: [(UInt8, UInt32)], _ journal: [(UInt8, UInt32)], doubt: [UInt8] = []) -> LoadAudit {
    var outcome = Storm.Outcome()
    outcome.acknowledged = told.map { (submission($0.0), number($0.1)) }
    outcome.inDoubt = doubt.map(submission)
    return LoadAudit(outcome, journal.map { LoadAudit.Journaled(requestKey: [$0.0], number: number($0.1)) })
  }

  @Test func `what agrees is clean, also what nobody was told of`() {
    let audit = audit([(1, 1), (2, 2)], [(1, 1), (2, 2), (3, 3)], doubt: [3, 4])
    #expect(audit.isClean && audit.journaled == 3 && audit.doubtfulExecuted == 1)
  }

  @Test func `each difference is found`() {
    #expect(audit([(1, 1), (2, 2)], [(1, 1)]).missing == 1)
    #expect(audit([(1, 1)], [(1, 1), (1, 2)]).doubled == 1)
    #expect(audit([(1, 1)], [(1, 2), (2, 1)]).renumbered == 1)
    #expect(audit([], [(1, 1), (2, 1)]).repeatedNumbers == 1)
    #expect(audit([], [(1, 1), (2, 3)]).gaps == 1)
    #expect(!audit([(1, 1), (2, 2)], [(1, 1)]).isClean)
  }

  @Test(arguments: [(Schedule.Profile.constant, 1000), (.ramp, 500), (.step, 625), (.spike, 325)])
  func `a profile makes as many calls as its shape says, and never goes back`(profile: Schedule.Profile, total: Int) {
    let schedule = Schedule(profile: profile, rate: 100, seconds: 10)
    #expect(abs(schedule.total - total) <= 1)
    var last = 0.0
    for tick in 0...1000 {
      let arrivals = schedule.arrivals(by: Double(tick) / 100)
      #expect(arrivals >= last && arrivals - last <= 1.001)
      last = arrivals
    }
    #expect(schedule.arrivals(by: 99) == schedule.arrivals(by: 10) && schedule.arrivals(by: -1) == 0)
  }
}
