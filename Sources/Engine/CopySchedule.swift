/// When the state is to be copied again: after so many journal entries, as long as copying takes no more than a quarter
/// of the time. The work of a copy grows with the state, so that a fixed number of entries would keep a busy daemon
/// copying for ever: it costs some of a core and of the disk's best part while it lasts.
package struct CopySchedule: Sendable {
  private let entriesBetween: UInt64
  private var copiedSequence: UInt64
  private var restsUntil: ContinuousClock.Instant?

  /// Entries behind which a copy is made whatever it costs: a start redoes them in half a minute.
  package static let entriesMax: UInt64 = 3_000_000
  /// For each second of copying, seconds without.
  private static let rest = 3

  /// - Parameter copiedSequence: the entry at which the newest copy was made; 0 without one.
  package init(entriesBetween: UInt64, copiedSequence: UInt64) {
    self.entriesBetween = entriesBetween
    self.copiedSequence = copiedSequence
  }

  package func isDue(at sequence: UInt64, _ now: ContinuousClock.Instant) -> Bool {
    guard sequence >= copiedSequence + entriesBetween else { return false }
    return restsUntil.map { $0 <= now } ?? true || sequence >= copiedSequence + max(Self.entriesMax, entriesBetween)
  }

  /// A copy was made, or tried, of the state at `sequence`.
  package mutating func copied(
    _ sequence: UInt64, from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant
  ) {
    copiedSequence = sequence
    restsUntil = end + (end - begin) * Self.rest
  }
}
