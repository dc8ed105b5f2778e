internal import Glibc
internal import Synchronization

/// Places at which a test can kill the process: before and after everything that changes what is on the disk or what
/// somebody is told. A process that dies at any of them must lose nothing that was acknowledged and do nothing twice.
package enum FaultPoint: String, Sendable, CaseIterable {
  // A batch, in the order of its steps.
  case batchBegins, batchBegun
  case commandDecided
  case recordPuts, recordPut
  case indexDeletes, indexDeleted, indexPuts, indexPut
  case commandAccepted
  case requestKeyPuts, requestKeyPut
  case countPuts, countPut
  case sequencePut
  case batchPrepares, batchPrepared
  case journalWrites, journalWritten, journalSynced
  case stateCommits, stateCommitted
  case sequencePublishes, sequencePublished
  case repliesGo, repliesGone

  // The change from one journal segment to the next.
  case sealWrites, sealWritten, sealSynced
  case segmentCreated, segmentHeaderWritten, segmentSynced, segmentRenamed, segmentFolderSynced

  // A copy of the state.
  case copyBegins, copyPartWritten, copyCached, copyWritten, copyVerified, copyRenamed, copyFolderSynced,
    copyManifestWritten
  case copyManifestRemoved, copyRemoved

  // The forgetting of old journal segments.
  case checkpointBegins, checkpointWritten, segmentForgotten

  // The change to a compacted state.
  case compactionBegins, compactionWritten, compactionCaughtUp, compactionRenames, compactionRenamed

  // A start by a version whose indexes differ.
  case rebuildBegins, rebuildChunkCommitted, rebuilt

  // The start.
  case tailRewrites, tailRewritten
  case stateRemoved, statePlaced
  case markOpens, markOpened
  case redoCommits, redoCommitted

  // The orderly end.
  case stateSyncs, stateSynced, markCloses, markClosed
}

/// Dies here if a test has asked for it: `SAFEGRID_KILL_AT=journalSynced:3` in the environment ends the process with
/// SIGKILL when it comes by the third time. Otherwise it costs one comparison.
@inline(__always)
package func reach(_ point: FaultPoint) {
  if let wanted, wanted.point == point { wanted.pass() }
}

private let wanted: Wanted? = Wanted()

private final class Wanted: Sendable {
  let point: FaultPoint
  private let left: Atomic<Int>

  init?() {
    // Safe: the string is copied at once.
    guard let text = unsafe getenv("SAFEGRID_KILL_AT").map({ unsafe String(cString: $0) }) else { return nil }
    let parts = text.split(separator: ":")
    guard parts.count == 2, let point = FaultPoint(rawValue: String(parts[0])), let count = Int(parts[1]) else {
      fatalError("SAFEGRID_KILL_AT=\(text) is not POINT:COUNT")
    }
    self.point = point
    left = Atomic(count)
  }

  func pass() {
    if left.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
  }
}
