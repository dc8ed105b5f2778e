/// Where batches lie in their segments, for a few segments: reading one entry then costs one read, however many stand
/// before it.
struct BatchPlaces {
  /// The batches of one segment, from its beginning on.
  struct List {
    /// Ascending.
    private var places: [(sequence: UInt64, offset: Int)] = []
    /// Sequence and place behind the last batch that is known.
    private(set) var nextSequence: UInt64?
    private(set) var end: Int?

    mutating func add(_ header: BatchHeader, at offset: Int) {
      places.append((header.firstSequence, offset))
      nextSequence = header.lastSequence + 1
      end = offset + BatchHeader.room(entriesBytes: header.entriesBytes)
    }

    /// The batch that holds the sequence, if it is known.
    func offset(of sequence: UInt64) -> Int? {
      guard let nextSequence, sequence < nextSequence else { return nil }
      var (low, high) = (0, places.count)
      while low < high {
        let middle = (low + high) / 2
        if places[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
      }
      return low == 0 ? nil : places[low - 1].offset
    }
  }

  /// Newest use last.
  private var lists: [(segment: UInt64, list: List)] = []
  /// A list of a full segment takes a mebibyte at most.
  private static let segmentsMax = 4

  func list(ofSegment first: UInt64) -> List? { lists.first { $0.segment == first }?.list }

  func offset(of sequence: UInt64, inSegment first: UInt64) -> Int? { list(ofSegment: first)?.offset(of: sequence) }

  mutating func put(_ list: List, ofSegment first: UInt64) {
    lists.removeAll { $0.segment == first }
    if lists.count == Self.segmentsMax { lists.removeFirst() }
    lists.append((first, list))
  }
}
