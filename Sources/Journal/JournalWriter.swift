internal import Bytes
internal import FaultPoints

/// The journal: the one truth, an append-only sequence of entries in a folder of segment files.
///
/// One thread appends; ``JournalReader`` reads on any thread, up to what has been published.
package struct JournalWriter<Storage: Disk>: Log, ~Copyable {
  package struct Options: Sendable {
    /// A segment's size; old entries are forgotten by whole segments.
    package var segmentBytes = 32 << 20
    /// For a journal that does not exist yet.
    package var isTestStore = false
    package var history: HistoryIdentifier
    /// Of a journal that does not exist yet: more than 1 when it goes on where another history was left.
    package var firstSequence: UInt64 = 1
    package var createdMilliseconds: Int64

    package init(history: HistoryIdentifier, createdMilliseconds: Int64) {
      self.history = history
      self.createdMilliseconds = createdMilliseconds
    }
  }

  private let disk: Storage
  private let segmentBytes: Int
  private var segment: Segment<Storage.File>
  private var offset: Int
  private var link: ChainLink
  /// Whether the present segment is complete, and the next one must be begun.
  private var isSealed = false
  private var isPoisoned = false
  package private(set) var lastSequence: UInt64
  package let reader: JournalReader<Storage>

  package var history: HistoryIdentifier { segment.header.history }
  package var isTestStore: Bool { segment.header.isTestStore }

  /// Opens the journal in `disk`, or creates it.
  ///
  /// - Parameter wasClosed: whether the last process closed the journal in order. Otherwise the last segment may hold
  ///   bytes that can be read but never reached the disk: they are written anew into a fresh file and synced before
  ///   anything is done with them. A batch torn at the end is dropped; nothing in it was acknowledged.
  package static func open(_ disk: Storage, _ options: Options, wasClosed: Bool) throws(JournalError) -> JournalWriter {
    let firsts = try firstSequences(in: disk)
    guard let last = firsts.last else { return try JournalWriter(creatingIn: disk, options) }
    let segment = try Segment(try disk.openForWriting(SegmentHeader.fileName(firstSequence: last)))
    for first in firsts {
      let file = try Segment(try disk.open(SegmentHeader.fileName(firstSequence: first)))
      guard file.header.firstSequence == first, file.header.history == segment.header.history else {
        throw .gap(file: file.file.name, "it is from another history, or has another file's name")
      }
    }
    let tail = try segment.tail()
    var journal = JournalWriter(
      disk, options, segment, tail, JournalReader(disk, firstSequences: firsts, published: tail.nextSequence - 1))
    if !wasClosed {
      reach(.tailRewrites)
      try journal.rewrite(isSealed: tail.isSealed)
      reach(.tailRewritten)
    }
    if tail.isSealed { try journal.beginSegment(milliseconds: options.createdMilliseconds) }
    return journal
  }

  /// Reads a journal that nobody writes, and changes nothing in it.
  package static func openReading(
    _ disk: Storage
  ) throws(JournalError) -> (reader: JournalReader<Storage>, history: HistoryIdentifier, isTestStore: Bool) {
    let firsts = try firstSequences(in: disk, clears: false)
    guard let last = firsts.last else { throw .gap(file: "the journal", "there are no segments") }
    let segment = try Segment(try disk.open(SegmentHeader.fileName(firstSequence: last)))
    let reader = JournalReader(disk, firstSequences: firsts, published: try segment.tail().nextSequence - 1)
    return (reader, segment.header.history, segment.header.isTestStore)
  }

  private init(creatingIn disk: Storage, _ options: Options) throws(JournalError) {
    let header = SegmentHeader(
      history: options.history, isTestStore: options.isTestStore, firstSequence: options.firstSequence,
      previousLink: ChainLink(repeating: 0, count: chainLinkBytes), createdMilliseconds: options.createdMilliseconds)
    let segment = try Self.create(header, bytes: options.segmentBytes, on: disk)
    self.init(
      disk, options, segment, Segment.Walk(segment),
      JournalReader(disk, firstSequences: [options.firstSequence], published: options.firstSequence - 1))
  }

  private init(
    _ disk: Storage, _ options: Options, _ segment: Segment<Storage.File>, _ tail: Segment<Storage.File>.Walk,
    _ reader: JournalReader<Storage>
  ) {
    self.disk = disk
    segmentBytes = options.segmentBytes
    self.segment = segment
    (offset, link, lastSequence) = (tail.offset, tail.link, tail.nextSequence - 1)
    self.reader = reader
  }

  /// First sequences of the segments, ascending; leftovers of an interrupted creation are removed.
  private static func firstSequences(in disk: Storage, clears: Bool = true) throws(JournalError) -> [UInt64] {
    var result: [UInt64] = []
    for name in try disk.list() {
      if name.hasSuffix(temporarySuffix) {
        if clears { try disk.remove(name) }
      } else if name.hasSuffix(".journal") {
        guard let sequence = UInt64(name.prefix { $0.isNumber }),
          SegmentHeader.fileName(firstSequence: sequence) == name
        else { throw .gap(file: name, "its name is not a sequence number") }
        result.append(sequence)
      }
    }
    return result.sorted()
  }

  private static var temporarySuffix: String { ".new" }

  /// Makes a segment that is whole and durable before it has its name.
  private static func create(
    _ header: SegmentHeader, bytes: Int, on disk: Storage,
    _ fill: (Storage.File) throws(JournalError) -> Void = { (_) throws(JournalError) in }
  ) throws(JournalError) -> Segment<Storage.File> {
    let name = SegmentHeader.fileName(firstSequence: header.firstSequence)
    let file = try disk.create(name + temporarySuffix, size: bytes)
    reach(.segmentCreated)
    let segment = try Segment(creating: header, in: file)
    try fill(file)
    reach(.segmentHeaderWritten)
    try file.synchronize()
    reach(.segmentSynced)
    try disk.rename(name + temporarySuffix, to: name)
    reach(.segmentRenamed)
    try disk.synchronizeFolder()
    reach(.segmentFolderSynced)
    return segment
  }

  /// Copies the whole batches of the last segment into a fresh file that takes its place.
  private mutating func rewrite(isSealed: Bool) throws(JournalError) {
    let old = segment
    let end = offset + (isSealed ? BatchHeader.bytes : 0)
    // A segment of another size may reach farther than one has to now; a seal must fit behind its end.
    let bytes = max(segmentBytes, offset + BatchHeader.alignment)
    segment = try Self.create(old.header, bytes: bytes, on: disk) { (file) throws(JournalError) in
      var place = SegmentHeader.bytes
      while place < end {
        let part = try old.file.read(at: place, count: min(1 << 20, end - place))
        guard !part.isEmpty else { throw .damaged(file: old.file.name, offset: place, "the file ends there") }
        try part.withRawSpan { (span) throws(JournalError) in try file.write(span, at: place) }
        place += part.count
      }
    }
  }

  // MARK: Appending

  package mutating func append(_ batch: inout LogBatch) throws(JournalError) {
    precondition(batch.firstSequence == lastSequence + 1, "a batch does not follow the log's last entry")
    precondition(!batch.isEmpty, "an empty batch")
    guard !isPoisoned else { throw .poisoned }
    let room = BatchHeader.room(entriesBytes: batch.entriesBytes)
    let capacity = segmentBytes - SegmentHeader.bytes - BatchHeader.alignment
    guard batch.entriesBytes <= LogBatch.entriesBytesMax, room <= capacity else {
      throw .tooLarge(bytes: batch.entriesBytes)
    }
    // A seal must always fit behind the last batch.
    if isSealed || offset + room > segmentBytes - BatchHeader.alignment { try changeSegment(batch.milliseconds) }
    do throws(JournalError) {
      var header = BatchHeader(
        entriesBytes: batch.entriesBytes, entryCount: batch.entryCount, firstSequence: batch.firstSequence,
        milliseconds: batch.milliseconds, link: link)
      header.link = batch.withEntries { header.linkAfter(link, entries: $0) }
      let (file, place) = (segment.file, offset)
      reach(.journalWrites)
      try batch.withBytes(header: header) { (span) throws(JournalError) in try file.write(span, at: place) }
      reach(.journalWritten)
      try file.synchronize()
      reach(.journalSynced)
      offset += room
      link = header.link
      lastSequence = header.lastSequence
    } catch {
      isPoisoned = true
      throw error
    }
  }

  package func publish() { reader.publish(lastSequence) }

  package func entry(_ sequence: UInt64) throws(JournalError) -> [UInt8]? { try reader.entry(sequence) }

  private mutating func changeSegment(_ milliseconds: Int64) throws(JournalError) {
    if !isSealed {
      do throws(JournalError) { try seal() } catch {
        isPoisoned = true
        throw error
      }
      isSealed = true
    }
    do throws(JournalError) { try beginSegment(milliseconds: milliseconds) } catch {
      // What was begun takes room from everybody.
      let name = SegmentHeader.fileName(firstSequence: lastSequence + 1) + Self.temporarySuffix
      if try disk.list().contains(name) { try disk.remove(name) }
      guard case .disk(let error) = error else { throw error }
      throw .segmentNotMade(error)
    }
  }

  /// Marks the segment as complete.
  private func seal() throws(JournalError) {
    let header = BatchHeader(
      entriesBytes: 0, entryCount: 0, firstSequence: lastSequence + 1, milliseconds: 0, link: link)
    reach(.sealWrites)
    try header.encoded().withRawSpan { (span) throws(JournalError) in try segment.file.write(span, at: offset) }
    reach(.sealWritten)
    try segment.file.synchronize()
    reach(.sealSynced)
  }

  private mutating func beginSegment(milliseconds: Int64) throws(JournalError) {
    let header = SegmentHeader(
      history: segment.header.history, isTestStore: segment.header.isTestStore, firstSequence: lastSequence + 1,
      previousLink: link, createdMilliseconds: milliseconds)
    segment = try Self.create(header, bytes: segmentBytes, on: disk)
    offset = SegmentHeader.bytes
    isSealed = false
    reader.add(segmentFrom: header.firstSequence)
  }
}
