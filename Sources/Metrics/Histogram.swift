/// How values are spread: a count for each of some ranges, four ranges to a doubling, so that a percentile read from it
/// is at most a fifth too high. Small enough (1 KiB) to be kept for every method of every event loop, which the
/// histograms of the load tester, with their three digits, are not.
package struct Histogram: Sendable, Equatable {
  private static let rangesOfDoubling = 4
  /// Values from 7·2³⁰ on, more than two hours in microseconds, share the last range.
  private static let ranges = 32 * rangesOfDoubling

  private var counts = [UInt64](repeating: 0, count: ranges)
  package private(set) var count: UInt64 = 0
  package private(set) var sum: UInt64 = 0
  package private(set) var max: UInt64 = 0

  package init() {}

  package mutating func record(_ value: UInt64) {
    counts[Self.range(of: value)] += 1
    count += 1
    sum += value
    max = Swift.max(max, value)
  }

  package mutating func add(_ other: Histogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
    count += other.count
    sum += other.sum
    max = Swift.max(max, other.max)
  }

  /// The ranges that hold something, ascending, each by the largest value in it.
  package var occupied: [(upperBound: UInt64, count: UInt64)] {
    counts.indices.compactMap { counts[$0] == 0 ? nil : (Self.upperBound(of: $0), counts[$0]) }
  }

  /// Values below 4 have a range each; then the two bits behind the highest one choose among the four of a doubling.
  static func range(of value: UInt64) -> Int {
    guard value >= 4 else { return Int(value) }
    let highest = 63 - value.leadingZeroBitCount
    return min(ranges - 1, (highest - 1) * rangesOfDoubling + Int(value >> (highest - 2)) & 3)
  }

  static func upperBound(of range: Int) -> UInt64 {
    guard range >= rangesOfDoubling else { return UInt64(range) }
    if range == ranges - 1 { return .max }
    let highest = range / rangesOfDoubling + 1
    return (UInt64(range % rangesOfDoubling + 5) << (highest - 2)) - 1
  }
}
