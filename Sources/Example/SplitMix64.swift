internal import Glibc

/// A small, seeded generator (Steele, Lea and Flood 2014): the same seed gives the same numbers everywhere.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// Between 0 and 1, without either.
  package mutating func unit() -> Double { (Double(next() >> 11) + 0.5) / 9_007_199_254_740_992 }

  /// Whether something of this probability happens.
  package mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  package mutating func poisson(_ mean: Double) -> Int {
    let limit = exp(-mean)
    var product = unit()
    var count = 0
    while product > limit {
      product *= unit()
      count += 1
    }
    return count
  }

  package mutating func normal(mean: Double, deviation: Double) -> Double {
    mean + deviation * (-2 * log(unit())).squareRoot() * cos(2 * Double.pi * unit())
  }

  package mutating func logNormal(mean: Double, deviation: Double) -> Double {
    exp(normal(mean: mean, deviation: deviation))
  }

  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(next() % UInt64(elements.count))]
  }

  /// An element drawn by its weight.
  package mutating func pick<Element>(_ weighted: [(element: Element, weight: Double)]) -> Element {
    var place = unit() * weighted.reduce(0) { $0 + $1.weight }
    for (element, weight) in weighted {
      place -= weight
      if place < 0 { return element }
    }
    return weighted[weighted.count - 1].element
  }
}

/// FNV-1a, to make a seed of a text.
func fnv1a(_ text: String) -> UInt64 {
  text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
