/// Why the journal cannot go on.
package enum JournalError: Error, Equatable, CustomStringConvertible {
  case disk(DiskError)
  /// Bytes that were durable once are wrong now: the disk, or somebody, changed them.
  case damaged(file: String, offset: Int, _ reason: String)
  /// Two files do not follow upon each other.
  case gap(file: String, _ reason: String)
  /// A write or sync failed before; what is on the disk is not known until the journal is opened again.
  case poisoned
  case tooLarge(bytes: Int)
  /// The next segment could not be made; nothing was written, and the same may be tried again.
  case segmentNotMade(DiskError)

  package var description: String {
    switch self {
    case .disk(let error): "journal: \(error)"
    case .damaged(let file, let offset, let reason): "journal: \(file) is damaged at byte \(offset): \(reason)"
    case .gap(let file, let reason): "journal: \(file) does not follow: \(reason)"
    case .poisoned: "journal: an earlier write failed; restart the daemon to find out what is on the disk"
    case .segmentNotMade(let error): "journal: the next segment cannot be made: \(error)"
    case .tooLarge(let bytes): "journal: a batch of \(bytes) bytes does not fit into a segment"
    }
  }
}
