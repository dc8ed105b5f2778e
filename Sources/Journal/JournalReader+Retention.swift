internal import Bytes
package import Crypto
internal import FaultPoints
internal import Synchronization

extension JournalReader {
  /// A segment that is complete, as retention sees it.
  package struct SealedSegment: Sendable {
    package let firstSequence: UInt64
    package let lastSequence: UInt64
    package let byteCount: Int
    /// No entry in it is newer, in milliseconds since 1970.
    package let endMilliseconds: Int64
  }

  /// The complete segments, oldest first.
  package func sealedSegments() throws(JournalError) -> [SealedSegment] {
    let firsts = firstSequences.withLock { $0 }
    var result: [SealedSegment] = []
    for (first, next) in zip(firsts, firsts.dropFirst()) {
      let file = try disk.open(SegmentHeader.fileName(firstSequence: first))
      let header = try Segment(try disk.open(SegmentHeader.fileName(firstSequence: next))).header
      result.append(
        SealedSegment(
          firstSequence: first, lastSequence: next - 1, byteCount: try file.size(),
          endMilliseconds: header.createdMilliseconds))
    }
    return result
  }

  /// Forgets the segments that end before `sequence`: signs and keeps a checkpoint first, so that the rest of the chain
  /// stays verifiable, then removes the files, oldest first. Who dies on the way leaves a journal that is longer than its
  /// checkpoint says, which is no fault; the next call removes the rest.
  ///
  /// - Returns: the first entry that is still kept.
  package func forget(
    before sequence: UInt64, at milliseconds: Int64, signingWith key: Curve25519.Signing.PrivateKey
  ) throws(JournalError) -> UInt64 {
    let firsts = firstSequences.withLock { $0 }
    // The segment that is written to stays in any case.
    guard let kept = firsts.last(where: { $0 <= sequence }), kept > firsts[0] else { return firsts[0] }
    let header = try Segment(try disk.open(SegmentHeader.fileName(firstSequence: kept))).header
    let checkpoint = try Checkpoint(
      history: header.history, firstSequence: kept, link: header.previousLink, createdMilliseconds: milliseconds,
      signedWith: key)
    reach(.checkpointBegins)
    try write(checkpoint)
    reach(.checkpointWritten)
    firstSequences.withLock { $0.removeAll { $0 < kept } }
    for first in firsts where first < kept {
      try disk.remove(SegmentHeader.fileName(firstSequence: first))
      reach(.segmentForgotten)
    }
    try disk.synchronizeFolder()
    return kept
  }

  private func write(_ checkpoint: Checkpoint) throws(JournalError) {
    let temporary = Checkpoint.fileName + ".new"
    let bytes = checkpoint.encoded()
    let file = try disk.create(temporary, size: bytes.count)
    try bytes.withRawSpan { (span) throws(JournalError) in try file.write(span, at: 0) }
    try file.synchronize()
    try disk.rename(temporary, to: Checkpoint.fileName)
    try disk.synchronizeFolder()
  }

  /// The checkpoint that is kept; `nil` when nothing was ever forgotten.
  func storedCheckpoint() throws(JournalError) -> Checkpoint? {
    guard try disk.list().contains(Checkpoint.fileName) else { return nil }
    let file = try disk.open(Checkpoint.fileName)
    return try Checkpoint(decoding: try file.read(at: 0, count: 4096))
  }
}
