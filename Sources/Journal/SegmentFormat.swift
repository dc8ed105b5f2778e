internal import Bytes
internal import Crypto

/// Identity of a history: 128 random bits, new whenever a store is created or restored.
package typealias HistoryIdentifier = [UInt8]

/// A link of the hash chain: SHA-256 over the link before, the batch's header and its entries.
package typealias ChainLink = [UInt8]

package let chainLinkBytes = 32
package let historyIdentifierBytes = 16

/// The first page of a segment; see the drawing in README.md.
struct SegmentHeader: Equatable {
  static let bytes = 4096
  private static let magic: [UInt8] = [0x53, 0x47, 0x4a, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a]
  private static let formatVersion: UInt32 = 1
  private static let checkedBytes = 80

  var history: HistoryIdentifier
  var isTestStore: Bool
  var firstSequence: UInt64
  /// The link before the segment's first batch.
  var previousLink: ChainLink
  var createdMilliseconds: Int64

  func encoded() -> [UInt8] {
    var writer = ByteWriter(capacity: Self.bytes)
    writer.append(Self.magic)
    writer.appendLittleEndian(Self.formatVersion)
    writer.appendLittleEndian(UInt32(isTestStore ? 1 : 0))
    writer.append(history)
    writer.appendLittleEndian(firstSequence)
    writer.append(previousLink)
    writer.appendLittleEndian(createdMilliseconds)
    writer.appendLittleEndian(writer.withSpan { Checksum.of($0) })
    writer.appendZeros(Self.bytes - writer.count)
    return writer.bytes()
  }

  init(
    history: HistoryIdentifier, isTestStore: Bool, firstSequence: UInt64, previousLink: ChainLink,
    createdMilliseconds: Int64
  ) {
    self.history = history
    self.isTestStore = isTestStore
    self.firstSequence = firstSequence
    self.previousLink = previousLink
    self.createdMilliseconds = createdMilliseconds
  }

  init(decoding bytes: [UInt8], file: String) throws(JournalError) {
    guard bytes.count == Self.bytes, Array(bytes[..<8]) == Self.magic else {
      throw .damaged(file: file, offset: 0, "it does not begin as a journal segment")
    }
    let (version, flags, first, created, checksum) = bytes.withRawSpan { span in
      (
        span.littleEndian(at: 8, as: UInt32.self), span.littleEndian(at: 12, as: UInt32.self),
        span.littleEndian(at: 32, as: UInt64.self), span.littleEndian(at: 72, as: Int64.self),
        span.littleEndian(at: 80, as: UInt32.self)
      )
    }
    guard version == Self.formatVersion else {
      throw .damaged(file: file, offset: 8, "its format \(version) is not known to this version")
    }
    guard checksum == bytes.withRawSpan({ Checksum.of($0.extracting(0..<Self.checkedBytes)) }) else {
      throw .damaged(file: file, offset: 0, "the checksum of its header is wrong")
    }
    history = Array(bytes[16..<32])
    isTestStore = flags & 1 == 1
    firstSequence = first
    previousLink = Array(bytes[40..<72])
    createdMilliseconds = created
  }

  static func fileName(firstSequence: UInt64) -> String {
    firstSequence.decimal(width: 20) + ".journal"
  }
}

/// What stands before the entries of a batch; a header without entries seals its segment.
struct BatchHeader: Equatable {
  static let bytes = 64
  /// Batches begin at multiples of a disk sector, so that a torn write never touches one that was synced before.
  static let alignment = 512

  var entriesBytes: Int
  var entryCount: Int
  var firstSequence: UInt64
  var milliseconds: Int64
  var link: ChainLink

  var isSeal: Bool { entryCount == 0 }
  var lastSequence: UInt64 { firstSequence + UInt64(entryCount) - 1 }

  /// Room that a batch takes in its segment.
  static func room(entriesBytes: Int) -> Int {
    (bytes + entriesBytes + alignment - 1) / alignment * alignment
  }

  /// The first 24 bytes, which the link covers.
  private func linkedPart() -> ByteWriter {
    var writer = ByteWriter(capacity: Self.bytes)
    writer.appendLittleEndian(UInt32(entriesBytes))
    writer.appendLittleEndian(UInt32(entryCount))
    writer.appendLittleEndian(firstSequence)
    writer.appendLittleEndian(milliseconds)
    return writer
  }

  func linkAfter(_ previous: ChainLink, entries: RawSpan) -> ChainLink {
    var hash = SHA256()
    hash.update(data: previous)
    // Safe: the buffers do not leave the closures.
    linkedPart().withSpan { span in unsafe span.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) } }
    unsafe entries.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    return Array(hash.finalize())
  }

  func encoded() -> [UInt8] {
    var writer = linkedPart()
    writer.append(link)
    writer.appendZeros(4)
    writer.appendLittleEndian(writer.withSpan { Checksum.of($0) })
    return writer.bytes()
  }

  init(entriesBytes: Int, entryCount: Int, firstSequence: UInt64, milliseconds: Int64, link: ChainLink) {
    self.entriesBytes = entriesBytes
    self.entryCount = entryCount
    self.firstSequence = firstSequence
    self.milliseconds = milliseconds
    self.link = link
  }

  /// `nil` when the bytes are no whole header.
  init?(decoding bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.bytes else { return nil }
    let isWhole = bytes.withRawSpan { span in
      span.littleEndian(at: 60, as: UInt32.self) == Checksum.of(span.extracting(0..<60))
    }
    guard isWhole else { return nil }
    (entriesBytes, entryCount, firstSequence, milliseconds) = bytes.withRawSpan { span in
      (
        Int(span.littleEndian(at: 0, as: UInt32.self)), Int(span.littleEndian(at: 4, as: UInt32.self)),
        span.littleEndian(at: 8, as: UInt64.self), span.littleEndian(at: 16, as: Int64.self)
      )
    }
    link = Array(bytes[24..<56])
  }
}

/// The entries of a batch: each a length, a checksum and its bytes.
enum BatchEntries {
  static let headerBytes = 8

  /// Splits the entries; `nil` when they are not whole.
  static func split(_ span: RawSpan, count: Int) -> [[UInt8]]? {
    var entries: [[UInt8]] = []
    entries.reserveCapacity(count)
    var offset = 0
    while entries.count < count {
      guard span.byteCount - offset >= headerBytes else { return nil }
      let length = Int(span.littleEndian(at: offset, as: UInt32.self))
      let checksum = span.littleEndian(at: offset + 4, as: UInt32.self)
      offset += headerBytes
      guard span.byteCount - offset >= length else { return nil }
      let entry = span.extracting(offset..<offset + length)
      guard Checksum.of(entry) == checksum else { return nil }
      entries.append([UInt8](copying: entry))
      offset += length
    }
    return offset == span.byteCount ? entries : nil
  }
}
