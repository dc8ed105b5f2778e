package import Example

/// The bytes of a file in sectors, which a disk writes whole or not at all, or spoils when the power fails under it.
package struct FileContent: Sendable {
  package static let sectorBytes = 512

  package private(set) var size = 0
  /// By number; one that is missing is all zeros.
  private var sectors: [Int: ArraySlice<UInt8>] = [:]

  package init() {}

  /// The sectors that were ever written, in order, as runs of bytes at their offsets; ends at the file's end.
  package var runs: [(offset: Int, bytes: [UInt8])] {
    var runs: [(offset: Int, bytes: [UInt8])] = []
    var run: (offset: Int, bytes: [UInt8]) = (0, [])
    for number in sectors.keys.sorted() {
      let offset = number * Self.sectorBytes
      if run.offset + run.bytes.count != offset {
        if !run.bytes.isEmpty { runs.append(run) }
        run = (offset, [])
      }
      run.bytes += sectors[number]!.prefix(size - offset)
    }
    if !run.bytes.isEmpty { runs.append(run) }
    return runs
  }

  /// Whether a reader would find the same: a sector of zeros is as good as none.
  package func reads(like other: FileContent) -> Bool {
    let zeros = [UInt8](repeating: 0, count: Self.sectorBytes)[...]
    return size == other.size
      && Set(sectors.keys).union(other.sectors.keys).allSatisfy {
        (sectors[$0] ?? zeros) == (other.sectors[$0] ?? zeros)
      }
  }

  package mutating func resize(to newSize: Int) {
    if newSize < size {
      sectors = sectors.filter { $0.key * Self.sectorBytes < newSize }
      let (last, rest) = newSize.quotientAndRemainder(dividingBy: Self.sectorBytes)
      // Behind the end nothing is kept: a file that grows again has zeros there.
      if rest > 0, let sector = sectors[last] {
        sectors[last] = (sector.prefix(rest) + [UInt8](repeating: 0, count: Self.sectorBytes - rest))[...]
      }
    }
    size = newSize
  }

  /// Writes all of it.
  package mutating func write(_ bytes: [UInt8], at offset: Int) {
    size = max(size, offset + bytes.count)
    for part in Self.parts(of: bytes, at: offset) { put(part) }
  }

  /// Writes what a power cut leaves of it.
  package mutating func write(_ bytes: [UInt8], at offset: Int, _ luck: Luck, _ random: inout SplitMix64) {
    if random.chance(luck.survival) { size = max(size, offset + bytes.count) }
    for part in Self.parts(of: bytes, at: offset) where part.number * Self.sectorBytes < size {
      if random.chance(luck.rubbish) {
        sectors[part.number] = (0..<Self.sectorBytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }[...]
      } else if random.chance(luck.survival) {
        put(part)
      }
    }
  }

  /// The piece of a write that falls into one sector.
  private struct Part {
    let number: Int
    /// Where in the sector it begins.
    let start: Int
    let bytes: ArraySlice<UInt8>
  }

  private static func parts(of bytes: [UInt8], at offset: Int) -> [Part] {
    var parts: [Part] = []
    var place = 0
    while place < bytes.count {
      let (number, start) = (offset + place).quotientAndRemainder(dividingBy: sectorBytes)
      let count = min(sectorBytes - start, bytes.count - place)
      parts.append(Part(number: number, start: start, bytes: bytes[place..<place + count]))
      place += count
    }
    return parts
  }

  private mutating func put(_ part: Part) {
    if part.bytes.count == Self.sectorBytes {
      sectors[part.number] = part.bytes
      return
    }
    var sector = Array(sectors[part.number] ?? [UInt8](repeating: 0, count: Self.sectorBytes)[...])
    sector.replaceSubrange(part.start..<part.start + part.bytes.count, with: part.bytes)
    sectors[part.number] = sector[...]
  }
}

/// How a power cut treats what was not synced.
package struct Luck: Sendable {
  /// Probability that a change that was not synced is there all the same.
  package var survival: Double
  /// Probability that a sector that was being written holds neither old nor new.
  package var rubbish: Double

  package init(survival: Double, rubbish: Double) { (self.survival, self.rubbish) = (survival, rubbish) }

  /// Nothing but what was synced, everything that was done, and all between them.
  package static func any(_ random: inout SplitMix64) -> Luck {
    Luck(
      survival: random.pick([0, 0.1, 0.5, 0.5, 0.9, 1]), rubbish: random.chance(0.3) ? 0.2 : 0)
  }
}
