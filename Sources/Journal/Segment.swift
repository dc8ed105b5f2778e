internal import Bytes

/// One file of the journal, open.
struct Segment<File: DiskFile> {
  let file: File
  let header: SegmentHeader

  init(_ file: File) throws(JournalError) {
    self.file = file
    header = try SegmentHeader(decoding: try file.read(at: 0, count: SegmentHeader.bytes), file: file.name)
  }

  init(creating header: SegmentHeader, in file: File) throws(JournalError) {
    self.file = file
    self.header = header
    try header.encoded().withRawSpan { (span) throws(JournalError) in try file.write(span, at: 0) }
  }

  /// What stands at an offset.
  enum Item {
    case batch(BatchHeader)
    case seal(BatchHeader)
    /// No whole header; why.
    case nothing(String)
  }

  /// Reads the header that stands at `offset`, without looking at the chain.
  func item(at offset: Int) throws(JournalError) -> Item {
    let bytes = try file.read(at: offset, count: BatchHeader.bytes)
    guard let header = BatchHeader(decoding: bytes) else {
      return .nothing(bytes.allSatisfy { $0 == 0 } ? "nothing is written there" : "no whole batch begins there")
    }
    if header.isSeal { return .seal(header) }
    guard header.entriesBytes <= LogBatch.entriesBytesMax else {
      return .nothing("a batch there claims too many bytes")
    }
    return .batch(header)
  }

  /// Reads the entries behind a header.
  func entries(of header: BatchHeader, at offset: Int) throws(JournalError) -> [UInt8] {
    try file.read(at: offset + BatchHeader.bytes, count: header.entriesBytes)
  }

  /// Walks the chain from one batch to the next.
  struct Walk {
    private let segment: Segment
    private(set) var offset = SegmentHeader.bytes
    private(set) var link: ChainLink
    private(set) var nextSequence: UInt64
    private(set) var isSealed = false

    init(_ segment: Segment) {
      self.segment = segment
      link = segment.header.previousLink
      nextSequence = segment.header.firstSequence
    }

    enum Step {
      case batch(BatchHeader, entries: [[UInt8]])
      case sealed
      case stopped(String)
    }

    /// The next whole batch, if it continues chain and numbering.
    mutating func next() throws(JournalError) -> Step {
      switch try segment.item(at: offset) {
      case .nothing(let reason): return .stopped(reason)
      case .seal(let header):
        guard header.firstSequence == nextSequence, header.link == link else {
          return .stopped("the seal does not belong to the chain")
        }
        isSealed = true
        return .sealed
      case .batch(let header):
        guard header.firstSequence == nextSequence else {
          return .stopped("a batch begins at sequence \(header.firstSequence) instead of \(nextSequence)")
        }
        let bytes = try segment.entries(of: header, at: offset)
        let (entries, expected) = bytes.withRawSpan { span in
          (BatchEntries.split(span, count: header.entryCount), header.linkAfter(link, entries: span))
        }
        guard let entries else { return .stopped("the checksum of an entry is wrong, or an entry is cut off") }
        guard header.link == expected else { return .stopped("the hash chain is broken") }
        offset += BatchHeader.room(entriesBytes: header.entriesBytes)
        link = header.link
        nextSequence += UInt64(header.entryCount)
        return .batch(header, entries: entries)
      }
    }
  }

  /// Where the last whole batch of an unsealed segment ends.
  ///
  /// A power cut can tear only the last batch, because each is synced before the next is written. So a fault with a
  /// whole batch somewhere behind it is damage to bytes that were durable, and refused.
  func tail() throws(JournalError) -> Walk {
    var walk = Walk(self)
    while true {
      switch try walk.next() {
      case .batch: continue
      case .sealed: return walk
      case .stopped(let reason):
        if try hasWholeBatch(behind: walk.offset) {
          throw .damaged(file: file.name, offset: walk.offset, "\(reason), but later batches are whole")
        }
        guard try hasRoom(at: walk.offset) else {
          throw .damaged(file: file.name, offset: walk.offset, "the file was cut off")
        }
        return walk
      }
    }
  }

  /// Whether the file goes on as it must: a segment has its full size from the beginning, so that what is written at
  /// `offset`, and a seal behind it, lie inside.
  private func hasRoom(at offset: Int) throws(JournalError) -> Bool {
    let size = try file.size()
    guard offset + BatchHeader.alignment <= size else { return false }
    guard case .batch(let header) = try item(at: offset) else { return true }
    return offset + BatchHeader.room(entriesBytes: header.entriesBytes) + BatchHeader.alignment <= size
  }

  private func hasWholeBatch(behind start: Int) throws(JournalError) -> Bool {
    let end = try file.size()
    let window = 1 << 20
    var windowStart = start
    while windowStart < end {
      let bytes = try file.read(at: windowStart, count: min(window, end - windowStart))
      for place in stride(from: 0, to: bytes.count, by: BatchHeader.alignment) where windowStart + place > start {
        let part = bytes[place..<min(place + BatchHeader.bytes, bytes.count)]
        guard part.contains(where: { $0 != 0 }), BatchHeader(decoding: part) != nil else { continue }
        switch try item(at: windowStart + place) {
        case .nothing: continue
        case .seal: return true
        case .batch(let header):
          let entries = try entries(of: header, at: windowStart + place)
          if entries.withRawSpan({ BatchEntries.split($0, count: header.entryCount) }) != nil { return true }
        }
      }
      windowStart += window
    }
    return false
  }
}
