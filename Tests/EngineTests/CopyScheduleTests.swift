import Engine
import Testing

@Suite struct CopyScheduleTests {
  /// The schedule of a daemon that writes `perSecond` entries and copies in `secondsOfCopying`; answers when it copied.
  private func copies(seconds: Int, perSecond: UInt64, secondsOfCopying: Int, entriesBetween: UInt64) -> [Int] {
    let start = ContinuousClock.now
    var schedule = CopySchedule(entriesBetween: entriesBetween, copiedSequence: 0)
    var (begun, copies) = ([Int](), 0)
    for second in 0..<seconds {
      let sequence = UInt64(second) * perSecond
      if let last = begun.last, second < last + secondsOfCopying { continue }
      if begun.count > copies, let last = begun.last {
        schedule.copied(
          UInt64(last) * perSecond, from: start + .seconds(last), to: start + .seconds(last + secondsOfCopying))
        copies += 1
      }
      if schedule.isDue(at: sequence, start + .seconds(second)) { begun.append(second) }
    }
    return begun
  }

  @Test func `what is copied quickly is copied after so many entries`() {
    #expect(copies(seconds: 100, perSecond: 10, secondsOfCopying: 1, entriesBetween: 200) == [20, 40, 60, 80])
    #expect(copies(seconds: 1000, perSecond: 10, secondsOfCopying: 1, entriesBetween: 20_000) == [])
  }

  @Test func `what takes long is copied a quarter of the time`() {
    let begun = copies(seconds: 2000, perSecond: 10_000, secondsOfCopying: 20, entriesBetween: 200_000)
    #expect(begun == Array(stride(from: 20, to: 2000, by: 80)))
  }

  @Test func `a start never has more to redo than half a minute's work, however long a copy takes`() {
    let begun = copies(seconds: 4000, perSecond: 20_000, secondsOfCopying: 60, entriesBetween: 200_000)
    for (one, next) in zip(begun, begun.dropFirst()) { #expect(next - one == 150) }
    // Unless the operator wants it so.
    #expect(copies(seconds: 400, perSecond: 20_000, secondsOfCopying: 60, entriesBetween: 4_000_000) == [200])
  }
}
