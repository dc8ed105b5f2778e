internal import LMDB
package import Records

extension StateStore {
  /// Pages, readers and the disk.
  package struct Space: Sendable {
    /// The most that the state may grow to.
    package let mapBytes: Int
    /// What the state takes, free pages included.
    package let usedBytes: Int
    package let freeBytes: Int
    /// Slots of readers in use.
    package let readers: Int
    /// Commits since the oldest snapshot that is held.
    package let oldestReaderCommits: Int
    package let diskTotalBytes: UInt64
    package let diskFreeBytes: UInt64

    package init(
      mapBytes: Int, usedBytes: Int, freeBytes: Int, readers: Int, oldestReaderCommits: Int, diskTotalBytes: UInt64,
      diskFreeBytes: UInt64
    ) {
      self.mapBytes = mapBytes
      self.usedBytes = usedBytes
      self.freeBytes = freeBytes
      self.readers = readers
      self.oldestReaderCommits = oldestReaderCommits
      self.diskTotalBytes = diskTotalBytes
      self.diskFreeBytes = diskFreeBytes
    }
  }

  /// How much room the state takes, and how much there is.
  package func space() throws(StoreError) -> Space {
    let environment = file.environment
    do throws(LMDBError) {
      let oldest = environment.oldestSnapshot()
      let statistics = environment.statistics()
      let disk = try environment.diskBytes()
      return Space(
        mapBytes: statistics.mapBytes, usedBytes: (statistics.lastPage + 1) * Environment.pageBytes,
        freeBytes: try ReadTransaction(environment).freePages() * Environment.pageBytes, readers: statistics.readers,
        oldestReaderCommits: oldest.map { max(0, statistics.lastTransaction - $0) } ?? 0, diskTotalBytes: disk.total,
        diskFreeBytes: disk.free)
    } catch {
      throw .lmdb(error)
    }
  }

  /// Of the state's map, what its file takes, free pages included; costs nothing to ask.
  package var filePercent: Int {
    let statistics = file.environment.statistics()
    return (statistics.lastPage + 1) * Environment.pageBytes * 100 / statistics.mapBytes
  }

  /// Gives back the slots of processes that died with a snapshot; answers how many there were.
  package func clearStaleReaders() throws(StoreError) -> Int {
    do throws(LMDBError) { return try file.environment.clearStaleReaders() } catch { throw .lmdb(error) }
  }
}

extension StateStore.Space {
  // At 85 % somebody can still act in peace; from 92 % on the rest is kept for the commands that make room. LMDB itself
  // needs free pages to free pages: a map that is quite full cannot be helped but by enlarging it.
  package static let scarcePercent = 85
  private static let fullPercent = 92
  /// Of a disk so much is kept free: some segments of the journal, and what a copy's end takes. Of a small disk, less.
  private static let (diskScarceBytes, diskFullBytes) = (1 << 30 as UInt64, 256 << 20 as UInt64)
  private static let smallDiskParts: UInt64 = 20

  /// Of the state's map, in use and not free.
  package var statePercent: Int { (usedBytes - freeBytes) * 100 / mapBytes }
  package var diskPercent: Int {
    diskTotalBytes == 0 ? 0 : Int((diskTotalBytes - diskFreeBytes) * 100 / diskTotalBytes)
  }

  private func isBelow(_ bytes: UInt64) -> Bool { diskFreeBytes < min(bytes, diskTotalBytes / Self.smallDiskParts) }

  package var isDiskFull: Bool { isBelow(Self.diskFullBytes) }

  package var fillLevel: FillLevel {
    if statePercent >= Self.fullPercent || isDiskFull { return .full }
    return statePercent >= Self.scarcePercent || isBelow(Self.diskScarceBytes) ? .scarce : .ample
  }
}
