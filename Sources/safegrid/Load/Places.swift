import Example
import Glibc
import Scalars
import Synchronization

/// The grids that reports are spread over, some of them more often than others: Zipf's law, by which the grid of rank r
/// is chosen in proportion to 1 / r^exponent.
final class Places: Sendable {
  /// By rank, the busiest first.
  let grids: [GridCode]
  /// Share of this rank and all before it.
  private let shares: [Double]
  /// Which of them have no numbers left.
  private let full: Mutex<[Bool]>

  /// - Parameters:
  ///   - exponent: 0 spreads evenly; from 1 on the first ranks take most.
  ///   - seed: decides which grids get the first ranks.
  init(_ grids: [GridCode], exponent: Double, seed: UInt64) {
    precondition(!grids.isEmpty)
    var random = SplitMix64(seed: seed)
    self.grids = grids.shuffled(using: &random)
    var sum = 0.0
    let sums = (1...grids.count).map { rank in
      sum += pow(Double(rank), -exponent)
      return sum
    }
    shares = sums.map { $0 / sum }
    full = Mutex([Bool](repeating: false, count: grids.count))
  }

  /// Draws a rank; one whose grid is full gives its turn to the next that is not.
  func pick(_ random: inout SplitMix64) -> Int {
    let drawn = rank(at: random.unit())
    return full.withLock { full in
      guard full[drawn] else { return drawn }
      let next = (1..<full.count).map { (drawn + $0) % full.count }.first { !full[$0] }
      return next ?? drawn
    }
  }

  /// The first rank whose share reaches so far.
  private func rank(at place: Double) -> Int {
    var (low, high) = (0, shares.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if shares[middle] < place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// A grid takes 99,999 reports a day. So many before that it counts as full: those that are on their way get theirs.
  static let reserve: UInt32 = 20_000

  /// Notes which number a report at this rank got.
  func took(_ number: HazardNumber, at rank: Int) {
    if number.sequence > HazardNumber.sequenceMax - Self.reserve { close(rank) }
  }

  /// Nothing more goes there.
  func close(_ rank: Int) { full.withLock { $0[rank] = true } }
}
