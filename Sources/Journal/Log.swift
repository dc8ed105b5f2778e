package import Bytes

/// Order and durability, behind which a replicated log can stand later: entries go in at an expected sequence and come
/// out in that order.
package protocol Log: ~Copyable {
  /// Sequence of the last durable entry; 0 when there is none.
  var lastSequence: UInt64 { get }
  /// Makes the batch durable. When it throws `segmentNotMade`, nothing was done; otherwise nothing is known about the batch, and
  /// nothing may be appended any more.
  mutating func append(_ batch: inout LogBatch) throws(JournalError)
  /// Allows readers to see everything that was appended: it is applied.
  func publish()
  /// The entry with this sequence; `nil` when it is not kept.
  func entry(_ sequence: UInt64) throws(JournalError) -> [UInt8]?
}

/// Entries on their way into a log, in one buffer.
package struct LogBatch: ~Copyable {
  /// Sequence of the first entry.
  package let firstSequence: UInt64
  package let milliseconds: Int64
  package private(set) var entryCount = 0
  /// Room for the header, then the entries.
  private var writer: ByteWriter

  /// The most that the entries of a batch may take: a batch fits into a segment, and into memory when it is read back.
  package static let entriesBytesMax = 8 << 20

  package init(firstSequence: UInt64, milliseconds: Int64) {
    self.firstSequence = firstSequence
    self.milliseconds = milliseconds
    writer = ByteWriter(capacity: 64 << 10)
    writer.appendZeros(BatchHeader.bytes)
  }

  package var isEmpty: Bool { entryCount == 0 }
  package var entriesBytes: Int { writer.count - BatchHeader.bytes }

  /// Adds the entry that `build` writes.
  package mutating func append(_ build: (inout ByteWriter) -> Void) {
    let start = writer.count
    writer.appendZeros(BatchEntries.headerBytes)
    build(&writer)
    let length = writer.count - start - BatchEntries.headerBytes
    let checksum = writer.withSpan(from: start + BatchEntries.headerBytes) { Checksum.of($0) }
    writer.overwriteLittleEndian(at: start, UInt32(length))
    writer.overwriteLittleEndian(at: start + 4, checksum)
    entryCount += 1
  }

  /// The entries one by one, for a log that keeps them apart.
  package var entries: [[UInt8]] {
    guard let entries = withEntries({ BatchEntries.split($0, count: entryCount) }) else {
      preconditionFailure("a batch cannot be split where it was joined")
    }
    return entries
  }

  /// Lends the entries' bytes.
  func withEntries<Result>(_ body: (RawSpan) -> Result) -> Result {
    writer.withSpan(from: BatchHeader.bytes, body)
  }

  /// Puts the header in its place and lends the whole batch.
  mutating func withBytes<Failure: Error>(
    header: BatchHeader, _ body: (RawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    for (offset, byte) in header.encoded().enumerated() { writer.overwriteLittleEndian(at: offset, byte) }
    try writer.withSpan(body)
  }
}
