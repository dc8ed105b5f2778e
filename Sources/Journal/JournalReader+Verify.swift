internal import Bytes
internal import Synchronization

extension JournalReader {
  /// What a walk over the whole journal found.
  package struct Report: Sendable {
    package var firstSequence: UInt64 = 0
    package var lastSequence: UInt64 = 0
    package var entries: UInt64 = 0
    package var batches: UInt64 = 0
    package var segments: UInt32 = 0
    package var byteCount: UInt64 = 0
    package var chainHead: ChainLink = []
    /// What vouches for entries that are no longer kept.
    package var checkpoint: Checkpoint?
    /// The first fault; `nil` when all is intact.
    package var fault: JournalError?
  }

  /// Checks every checksum, every link and every number of what is published; where older entries are no longer kept,
  /// that a checkpoint vouches for them.
  ///
  /// - Parameter trustedKey: the only key whose checkpoints count; without one any key's do, and the report tells it.
  /// - Parameter mayGoOn: asked between batches; when it answers no, the report tells of nothing that follows.
  package func verify(trustedKey: [UInt8]? = nil, mayGoOn: () -> Bool = { true }) -> Report {
    var report = Report()
    let last = lastSequence
    do throws(JournalError) {
      report.checkpoint = try checkpoint(trustedKey: trustedKey)
      var expected: (sequence: UInt64, link: ChainLink)?
      for first in firstSequences.withLock({ $0 }) {
        let segment = try Segment(try disk.open(SegmentHeader.fileName(firstSequence: first)))
        if let expected, expected.sequence != first || expected.link != segment.header.previousLink {
          throw .gap(file: segment.file.name, "it begins at \(first), the one before ends at \(expected.sequence - 1)")
        }
        if report.segments == 0 {
          report.firstSequence = first
          try checkBeginning(segment.header, report.checkpoint)
        }
        if let checkpoint = report.checkpoint, checkpoint.firstSequence == first,
          checkpoint.link != segment.header.previousLink
        {
          throw .gap(file: segment.file.name, "the checkpoint names another link before it")
        }
        report.segments += 1
        expected = try verify(segment, upTo: last, into: &report, mayGoOn)
        guard mayGoOn() else { return report }
      }
      // A journal that has just begun behind another history holds nothing yet.
      let isEmpty = report.entries == 0 && report.firstSequence == last + 1
      if report.lastSequence != last, !isEmpty {
        throw .gap(file: "the journal", "it ends at \(report.lastSequence), but \(last) was acknowledged")
      }
    } catch {
      report.fault = error
    }
    return report
  }

  private func checkpoint(trustedKey: [UInt8]?) throws(JournalError) -> Checkpoint? {
    guard let checkpoint = try storedCheckpoint() else { return nil }
    guard trustedKey == nil || checkpoint.publicKey == trustedKey else {
      throw .gap(file: Checkpoint.fileName, "it is signed by the key \(checkpoint.publicKey.hexadecimal)")
    }
    return checkpoint
  }

  /// A journal begins where its history did, or at a checkpoint, or before one when a death kept the rest of the
  /// trimming from being done.
  private func checkBeginning(_ header: SegmentHeader, _ checkpoint: Checkpoint?) throws(JournalError) {
    let file = SegmentHeader.fileName(firstSequence: header.firstSequence)
    if header.previousLink.allSatisfy({ $0 == 0 }), checkpoint == nil { return }
    guard let checkpoint else {
      throw .gap(file: file, "older entries are missing, and no checkpoint vouches for them")
    }
    guard checkpoint.history == header.history, checkpoint.firstSequence >= header.firstSequence,
      firstSequences.withLock({ $0.contains(checkpoint.firstSequence) })
    else { throw .gap(file: file, "the checkpoint vouches for entries before \(checkpoint.firstSequence) only") }
  }

  private func verify(
    _ segment: Segment<Storage.File>, upTo last: UInt64, into report: inout Report, _ mayGoOn: () -> Bool
  ) throws(JournalError) -> (UInt64, ChainLink) {
    var walk = Segment.Walk(segment)
    report.chainHead = walk.link
    // The writer may be putting the next batch behind what is published.
    while walk.nextSequence <= last, mayGoOn() {
      let offset = walk.offset
      switch try walk.next() {
      case .sealed: return (walk.nextSequence, walk.link)
      case .stopped(let reason): throw .damaged(file: segment.file.name, offset: offset, reason)
      case .batch(let header, let entries):
        report.batches += 1
        report.entries += UInt64(entries.count)
        report.byteCount += UInt64(BatchHeader.bytes + header.entriesBytes)
        report.lastSequence = header.lastSequence
        report.chainHead = walk.link
      }
    }
    return (walk.nextSequence, walk.link)
  }
}
