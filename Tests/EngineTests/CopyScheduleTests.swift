import Engine
import Testing

@Suite struct CopyScheduleTests {
  /// The schedule of a daemon that writes so many entries in a second and copies in `secondsOfCopying`; answers when it
  /// copied.
  private func copies(
    seconds: Int, secondsOfCopying: Int, entriesBetween: UInt64, perSecond: (_ second: Int) -> UInt64
  ) -> [Int] {
    let start = ContinuousClock.now
    var schedule = CopySchedule(entriesBetween: entriesBetween, copiedSequence: 0)
    var begun: [(second: Int, sequence: UInt64)] = []
    var (sequence, copies): (UInt64, Int) = (0, 0)
    for second in 0..<seconds {
      defer { sequence += perSecond(second) }
      let isCopying = begun.last.map { second < $0.second + secondsOfCopying } ?? false
      if !isCopying, begun.count > copies, let last = begun.last {
        schedule.copied(
          last.sequence, from: start + .seconds(last.second), to: start + .seconds(last.second + secondsOfCopying))
        copies += 1
      }
      // It also looks while it copies.
      if schedule.isDue(at: sequence, start + .seconds(second)), !isCopying { begun.append((second, sequence)) }
    }
    return begun.map(\.second)
  }

  @Test func `what is copied quickly is copied after so many entries`() {
    #expect(copies(seconds: 100, secondsOfCopying: 1, entriesBetween: 200) { _ in 10 } == [20, 40, 60, 80])
    #expect(copies(seconds: 1000, secondsOfCopying: 1, entriesBetween: 20_000) { _ in 10 } == [])
  }

  @Test func `what takes long is copied a quarter of the time`() {
    let begun = copies(seconds: 2000, secondsOfCopying: 20, entriesBetween: 20_000) { _ in 1000 }
    #expect(begun == Array(stride(from: 20, to: 2000, by: 80)))
  }

  @Test func `a storm is not disturbed, and the first quiet second behind it is used`() {
    let quiet = CopySchedule.quietEntriesPerSecond
    #expect(copies(seconds: 200, secondsOfCopying: 5, entriesBetween: 200_000) { _ in 10_000 } == [])
    #expect(copies(seconds: 200, secondsOfCopying: 5, entriesBetween: 200_000) { $0 < 90 ? 10_000 : 10 } == [91])
    #expect(copies(seconds: 200, secondsOfCopying: 5, entriesBetween: 200_000) { _ in quiet } == [])
    #expect(copies(seconds: 102, secondsOfCopying: 5, entriesBetween: 200_000) { _ in quiet - 1 } == [101])
  }

  @Test func `what was there when the daemon started waits for the second look`() {
    let now = ContinuousClock.now
    var schedule = CopySchedule(entriesBetween: 5, copiedSequence: 0)
    let looks = [now, now + .seconds(1)].map { schedule.isDue(at: 100, $0) }
    #expect(looks == [false, true])
  }

  @Test func `a start never has more to redo than half a minute of work, however long a copy takes`() {
    for secondsOfCopying in [5, 60] {
      let begun = copies(seconds: 4000, secondsOfCopying: secondsOfCopying, entriesBetween: 200_000) { _ in 20_000 }
      #expect(begun == Array(stride(from: 150, to: 4000, by: 150)))
    }
    // Unless the operator wants it so.
    let begun = copies(seconds: 400, secondsOfCopying: 60, entriesBetween: 4_000_000) { _ in 20_000 }
    #expect(begun == [200])
  }
}
