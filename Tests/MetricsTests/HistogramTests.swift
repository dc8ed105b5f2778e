import Example
import Support
import Testing

@testable import Metrics

@Suite struct HistogramTests {
  @Test func `a value lies in a range whose bounds are at most a quarter apart`() {
    var random = SplitMix64(seed: testSeed())
    let edges = (0..<64).flatMap { shift in [-1, 0, 1].map { (UInt64(1) << UInt64(shift)) &+ UInt64(bitPattern: $0) } }
    let others = (0..<10_000).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0...63)
    }
    for value in edges + others {
      let range = Histogram.range(of: value)
      let upper = Histogram.upperBound(of: range)
      #expect(value <= upper)
      if range > 0 { #expect(value > Histogram.upperBound(of: range - 1)) }
      if value < 7 << 30 { #expect(upper - value <= value / 4) }
    }
  }

  @Test func `nothing is lost when histograms are added`() {
    var random = SplitMix64(seed: testSeed())
    var (one, other, both) = (Histogram(), Histogram(), Histogram())
    for _ in 0..<1000 {
      let value = UInt64.random(in: 0...100_000, using: &random)
      if Bool.random(using: &random) { one.record(value) } else { other.record(value) }
      both.record(value)
    }
    // The greatest of all comes from the other one, too.
    other.record(200_000)
    both.record(200_000)
    one.add(other)
    #expect(one == both)
    #expect(both.occupied.reduce(0) { $0 + $1.count } == 1001)
    #expect(both.count == 1001)
  }
}

@Suite struct LoopCountsTests {
  @Test func `calls are added up over loops, by method and status`() {
    let loops = [LoopCounts(methodsEnd: 10), LoopCounts(methodsEnd: 10)]
    loops[0].ended(method: 3, status: 0, microseconds: 5)
    loops[1].ended(method: 3, status: 5, microseconds: 9)
    loops[1].ended(method: 9, status: 0, microseconds: 1)
    var sums: [UInt32: LoopCounts.Calls] = [:]
    for loop in loops { loop.add(to: &sums) }
    #expect(sums.keys.sorted() == [3, 9])
    #expect(sums[3]?.byStatus.enumerated().filter { $0.element > 0 }.map(\.offset) == [0, 5])
    #expect(sums[3]?.microseconds.sum == 14)
    #expect(sums[9]?.microseconds.count == 1)
  }
}
