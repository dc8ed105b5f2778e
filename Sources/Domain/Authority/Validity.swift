package import Records
package import Scalars

// A grant counts from its first to its last day, by the civil date of the clock in China.

extension Grant {
  /// Whether it ever begins or ends by itself.
  package var hasTerm: Bool { from != nil || to != nil }

  package func isValid(on date: Date) -> Bool { (from.map { $0 <= date } ?? true) && (to.map { date <= $0 } ?? true) }
}

extension [Grant] {
  /// Those that count on a day: most often all, which costs no copy.
  package func valid(on date: Date) -> [Grant] {
    contains(where: \.hasTerm) ? filter { $0.isValid(on: date) } : self
  }
}
