/// When the state is to be copied again: in a quiet moment behind so many journal entries, and behind far more of them
/// also when there is none. A copy holds a snapshot, so that the writer uses new pages for all that it changes, and it
/// takes some of a core and of the disk's best part: in a storm of reports each of them would wait for it.
///
/// Copying takes no more than a quarter of the time: its work grows with the state, and a fixed number of entries would
/// keep a daemon copying for ever.
package struct CopySchedule: Sendable {
  private let entriesBetween: UInt64
  private var copiedSequence: UInt64
  private var restsUntil: ContinuousClock.Instant?
  private var lastLook: (sequence: UInt64, at: ContinuousClock.Instant)?

  /// Entries behind which a copy is made whatever it costs: a start redoes them in half a minute.
  package static let entriesMax: UInt64 = 3_000_000
  /// Where fewer are written the writer has four fifths of its time left.
  package static let quietEntriesPerSecond: UInt64 = 2000
  /// For each second of copying, seconds without.
  private static let rest = 3

  /// - Parameter copiedSequence: the entry at which the newest copy was made; 0 without one.
  package init(entriesBetween: UInt64, copiedSequence: UInt64) {
    self.entriesBetween = entriesBetween
    self.copiedSequence = copiedSequence
  }

  /// Looks at how far the journal is. How quiet it is, is what was written since the look before: looks a second apart are
  /// right.
  package mutating func isDue(at sequence: UInt64, _ now: ContinuousClock.Instant) -> Bool {
    let before = lastLook
    lastLook = (sequence, now)
    guard sequence >= copiedSequence + entriesBetween else { return false }
    if sequence >= copiedSequence + max(Self.entriesMax, entriesBetween) { return true }
    guard let before, restsUntil.map({ $0 <= now }) ?? true else { return false }
    let seconds = (now - before.at) / .seconds(1)
    return Double(sequence - before.sequence) < seconds * Double(Self.quietEntriesPerSecond)
  }

  /// A copy was made, or tried, of the state at `sequence`.
  package mutating func copied(
    _ sequence: UInt64, from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant
  ) {
    copiedSequence = sequence
    restsUntil = end + (end - begin) * Self.rest
  }
}
