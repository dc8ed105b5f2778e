internal import Bytes
internal import Synchronization

/// Reads entries that have been published, on any thread, while another thread appends.
package final class JournalReader<Storage: Disk>: Sendable {
  let disk: Storage
  /// First sequences of the segments, ascending; never empty.
  let firstSequences: Mutex<[UInt64]>
  private let published: Atomic<UInt64>
  /// Where the batches of the segments lie that are asked for most.
  private let places = Mutex(BatchPlaces())

  init(_ disk: Storage, firstSequences: [UInt64], published: UInt64) {
    self.disk = disk
    self.firstSequences = Mutex(firstSequences)
    self.published = Atomic(published)
  }

  /// Allows everything up to `sequence` to be read: it is durable and applied.
  package func publish(_ sequence: UInt64) { published.store(sequence, ordering: .releasing) }

  /// Sequence of the last entry that may be read; 0 when there is none.
  package var lastSequence: UInt64 { published.load(ordering: .acquiring) }

  /// Sequence of the oldest entry that is kept.
  package var firstSequence: UInt64 { firstSequences.withLock { $0[0] } }

  package var segmentCount: Int { firstSequences.withLock { $0.count } }

  func add(segmentFrom sequence: UInt64) { firstSequences.withLock { $0.append(sequence) } }

  /// The offset of the batch in `segment` that holds `sequence`; the segment is walked once.
  private func offset(
    of sequence: UInt64, in segment: Segment<Storage.File>, upTo last: UInt64
  ) throws(JournalError) -> Int {
    let first = segment.header.firstSequence
    if let known = places.withLock({ $0.offset(of: sequence, inSegment: first) }) { return known }
    var list = places.withLock { $0.list(ofSegment: first) } ?? BatchPlaces.List()
    var offset = list.end ?? SegmentHeader.bytes
    while list.nextSequence ?? 0 <= sequence, case .batch(let header) = try segment.item(at: offset),
      header.lastSequence <= last
    {
      list.add(header, at: offset)
      offset += BatchHeader.room(entriesBytes: header.entriesBytes)
    }
    places.withLock { $0.put(list, ofSegment: first) }
    return list.offset(of: sequence) ?? offset
  }

  private func segment(holding sequence: UInt64) throws(JournalError) -> Segment<Storage.File>? {
    guard let first = firstSequences.withLock({ $0.last { $0 <= sequence } }) else { return nil }
    do throws(JournalError) {
      return try Segment(try disk.open(SegmentHeader.fileName(firstSequence: first)))
    } catch {
      // Forgotten in this moment.
      if sequence < firstSequence { return nil }
      throw error
    }
  }

  /// Where somebody reads on.
  package struct Cursor: Sendable {
    /// The next entry to read.
    package private(set) var sequence: UInt64
    /// Place of the batch that holds it, once it is known.
    fileprivate var place: (segment: UInt64, offset: Int)?

    package init(after sequence: UInt64) { self.sequence = sequence + 1 }

    fileprivate mutating func advance(to sequence: UInt64, segment: UInt64, offset: Int) {
      self.sequence = sequence
      place = (segment, offset)
    }
  }

  package struct Entry: Sendable {
    package let sequence: UInt64
    package let bytes: [UInt8]
  }

  /// The entries from the cursor on: whole batches until `bytesMax` is passed; none when everything has been read.
  /// The cursor must not lie before ``firstSequence``.
  package func next(_ cursor: inout Cursor, bytesMax: Int) throws(JournalError) -> [Entry] {
    let last = lastSequence
    var entries: [Entry] = []
    var size = 0
    while cursor.sequence <= last, size < bytesMax {
      guard let segment = try segment(holding: cursor.sequence) else {
        throw .gap(file: SegmentHeader.fileName(firstSequence: cursor.sequence), "older entries are no longer kept")
      }
      var offset: Int
      if let place = cursor.place, place.segment == segment.header.firstSequence {
        offset = place.offset
      } else {
        offset = try self.offset(of: cursor.sequence, in: segment, upTo: last)
      }
      batches: while cursor.sequence <= last, size < bytesMax {
        switch try segment.item(at: offset) {
        case .nothing(let reason): throw .damaged(file: segment.file.name, offset: offset, reason)
        case .seal:
          guard firstSequences.withLock({ $0.contains(cursor.sequence) }) else {
            throw .gap(
              file: SegmentHeader.fileName(firstSequence: cursor.sequence), "\(segment.file.name) ends before it")
          }
          break batches
        case .batch(let header):
          let place = offset
          offset += BatchHeader.room(entriesBytes: header.entriesBytes)
          if header.lastSequence < cursor.sequence { continue }
          let bytes = try segment.entries(of: header, at: place)
          guard let split = bytes.withRawSpan({ BatchEntries.split($0, count: header.entryCount) }) else {
            throw .damaged(file: segment.file.name, offset: place, "the checksum of an entry is wrong")
          }
          for (index, bytes) in split.enumerated() where header.firstSequence + UInt64(index) >= cursor.sequence {
            entries.append(Entry(sequence: header.firstSequence + UInt64(index), bytes: bytes))
            size += bytes.count
          }
          cursor.advance(to: header.lastSequence + 1, segment: segment.header.firstSequence, offset: offset)
        }
      }
    }
    return entries
  }

  /// The entry with this sequence; `nil` when it is not kept or not published.
  package func entry(_ sequence: UInt64) throws(JournalError) -> [UInt8]? {
    guard sequence >= firstSequence, sequence <= lastSequence else { return nil }
    var cursor = Cursor(after: sequence - 1)
    return try next(&cursor, bytesMax: 1).first?.bytes
  }

  /// The chain's link behind an entry; `nil` when it is not kept, or not the last entry of its batch.
  package func link(after sequence: UInt64) throws(JournalError) -> ChainLink? {
    let last = lastSequence
    guard sequence <= last, sequence + 1 >= firstSequence else { return nil }
    if firstSequences.withLock({ $0.contains(sequence + 1) }) {
      return try segment(holding: sequence + 1)?.header.previousLink
    }
    guard sequence > 0, let segment = try segment(holding: sequence) else { return nil }
    let place = try offset(of: sequence, in: segment, upTo: last)
    guard case .batch(let header) = try segment.item(at: place), header.lastSequence == sequence else { return nil }
    return header.link
  }

  /// Copies what is published into another folder, file by file, durably.
  ///
  /// - Parameter pace: called after each part with its size; answers whether to go on.
  /// - Returns: the last entry that was copied, and how many bytes were; `nil` when it was stopped.
  package func copy(
    to other: PosixDisk, pace: (_ byteCount: Int) -> Bool
  ) throws(JournalError) -> (sequence: UInt64, byteCount: Int)? {
    let last = lastSequence
    var byteCount = 0
    for first in firstSequences.withLock({ $0 }) where first <= max(last, firstSequence) {
      let name = SegmentHeader.fileName(firstSequence: first)
      let segment = try Segment(try disk.open(name))
      let target = try other.create(name, size: try segment.file.size())
      // Of the newest file only as much as is published: the next batch may be on its way.
      var end = try segment.file.size()
      if last >= first, try self.segment(holding: last)?.header.firstSequence == first {
        let place = try offset(of: last, in: segment, upTo: last)
        if case .batch(let header) = try segment.item(at: place) {
          end = place + BatchHeader.room(entriesBytes: header.entriesBytes)
        }
      } else if last < first {
        end = SegmentHeader.bytes
      }
      var place = 0
      while place < end {
        let part = try segment.file.read(at: place, count: min(1 << 20, end - place))
        guard !part.isEmpty else { throw .damaged(file: name, offset: place, "the file ends there") }
        try part.withRawSpan { (span) throws(JournalError) in try target.write(span, at: place) }
        place += part.count
        byteCount += part.count
        guard pace(part.count) else { return nil }
      }
      try target.synchronize()
    }
    // What vouches for the entries before those.
    if let checkpoint = try storedCheckpoint() { try other.replace(Checkpoint.fileName, with: checkpoint.encoded()) }
    try other.synchronizeFolder()
    return (last, byteCount)
  }
}
