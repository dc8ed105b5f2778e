internal import Bytes
internal import Crypto
internal import FaultPoints
package import Journal
package import Records
package import Scalars
package import Store

/// The verified copies of the state that a folder holds: where recovery begins when the state itself cannot be trusted,
/// and what a backup consists of.
///
/// A copy is two files named after the last journal entry that it contains: `….state`, which LMDB can open, and
/// `….manifest`, which exists only once the copy was verified.
package struct StateCopies: Sendable {
  private let folder: String
  private let disk: PosixDisk
  private let isReadOnly: Bool

  /// The newest, and the one before in case that a disk loses the newest.
  private static let keptCount = 2
  /// What goes to the disk at once: a few milliseconds' work, for which the journal may have to wait.
  private static let partBytes = 1 << 20

  /// - Parameter folder: is made if it is not there.
  package init(folder: String) throws {
    self.folder = folder
    disk = PosixDisk(folder: folder)
    isReadOnly = false
    try PosixDisk.createFolder(folder)
  }

  /// The copies in a folder that is not to be changed.
  package init(reading folder: String) {
    self.folder = folder
    disk = PosixDisk(folder: folder)
    isReadOnly = true
  }

  private static func name(_ sequence: UInt64, _ suffix: String) -> String {
    sequence.decimal(width: 20) + suffix
  }

  // MARK: Making

  /// Copies the state while everything else goes on, verifies the copy, and only then lets it count.
  ///
  /// - Parameters:
  ///   - pace: called after each part with its size; may take its time, so that the disk is left to others, and answers
  ///     whether to go on.
  ///   - walkPace: called now and then while the copy is walked; the same.
  /// - Returns: what was found, and the new copy; none when something is wrong, or the newest is as new as the state.
  package func make<Storage: Disk>(
    of store: StateStore, _ journal: JournalReader<Storage>, history: HistoryIdentifier, at time: Instant,
    pace: (_ byteCount: Int) -> Bool, walkPace: () -> Bool
  ) throws -> (report: StateReport, manifest: CopyManifest?) {
    let temporary = "copy.new"
    var isPlaced = false
    // A copy that is given up must not keep the room that it took: it may have been the last that the disk had.
    defer { if !isPlaced { try? disk.remove(temporary) } }
    reach(.copyBegins)
    let (byteCount, digest) = try write(store, to: temporary, pace)
    reach(.copyWritten)
    let report = try Snapshot(StateStore(copy: "\(folder)/\(temporary)")).verify(mayGoOn: walkPace)
    guard report.faults.isEmpty, try list().last?.sequence != report.appliedSequence else {
      return (report, nil)
    }
    guard let link = try journal.link(after: report.appliedSequence) else {
      throw StateCopyFault("the copy ends at entry \(report.appliedSequence), where the journal has no link")
    }
    let manifest = CopyManifest(
      sequence: report.appliedSequence, history: history, link: link, byteCount: UInt64(byteCount), sha256: digest,
      createdAt: time)
    reach(.copyVerified)
    try disk.rename(temporary, to: Self.name(manifest.sequence, ".state"))
    isPlaced = true
    reach(.copyRenamed)
    try disk.synchronizeFolder()
    reach(.copyFolderSynced)
    try disk.replace(Self.name(manifest.sequence, ".manifest"), with: Self.sealed(manifest))
    reach(.copyManifestWritten)
    for old in try list().dropLast(Self.keptCount) { try remove(old) }
    return (report, manifest)
  }

  /// First the whole copy goes into the system's page cache, as fast as it can: its snapshot keeps pages from being used
  /// again, and must be short. Then part after part goes to the disk, at a pace that leaves the disk to the journal.
  private func write(
    _ store: StateStore, to name: String, _ pace: (Int) -> Bool
  ) throws -> (byteCount: Int, digest: [UInt8]) {
    let file = try disk.create(name, size: 0)
    var byteCount = 0
    var failure: JournalError?
    var isStopped = false
    try store.copy(isCompact: false) { part in
      do throws(JournalError) {
        try file.write(part, at: byteCount)
        reach(.copyPartWritten)
        byteCount += part.byteCount
      } catch {
        failure = error
      }
      isStopped = !pace(0)
      return failure == nil && !isStopped
    }
    if let failure { throw failure }
    if isStopped { throw MaintenanceFault.goingDown }
    reach(.copyCached)
    let digest = try synchronize(name, pace)
    return (byteCount, digest)
  }

  /// Makes what lies in the page cache durable; answers its SHA-256.
  private func synchronize(_ name: String, _ pace: (Int) -> Bool) throws -> [UInt8] {
    // A write through this descriptor returns when its own bytes are on the disk, and waits for no others.
    let file = try disk.openForWriting(name, syncsEachWrite: true)
    var hash = SHA256()
    var offset = 0
    while true {
      let part = try file.read(at: offset, count: Self.partBytes)
      if part.isEmpty { break }
      try part.withRawSpan { (span) throws(JournalError) in
        // Safe: the buffer does not leave the closure.
        unsafe span.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        try file.write(span, at: offset)
      }
      offset += part.count
      if !pace(part.count) { throw MaintenanceFault.goingDown }
    }
    try file.synchronize()
    return Array(hash.finalize())
  }

  private func remove(_ manifest: CopyManifest) throws {
    // The manifest first: a copy without one does not count.
    try disk.remove(Self.name(manifest.sequence, ".manifest"))
    try disk.synchronizeFolder()
    reach(.copyManifestRemoved)
    try disk.remove(Self.name(manifest.sequence, ".state"))
    reach(.copyRemoved)
  }

  // MARK: Finding

  /// The copies that were verified once, oldest first. What an interruption left behind is removed.
  package func list() throws -> [CopyManifest] {
    let names = try disk.list()
    var manifests: [CopyManifest] = []
    for name in names where name.hasSuffix(".manifest") {
      if let manifest = try manifest(in: name) { manifests.append(manifest) }
    }
    let wanted = Set(manifests.flatMap { [Self.name($0.sequence, ".state"), Self.name($0.sequence, ".manifest")] })
    for name in names where !isReadOnly && !wanted.contains(name) && name != "copy.new" { try disk.remove(name) }
    return manifests.sorted { $0.sequence < $1.sequence }
  }

  /// `nil` when the file does not hold a whole manifest.
  private func manifest(in name: String) throws -> CopyManifest? {
    guard let bytes = try disk.contents(name), bytes.count > 4 else { return nil }
    let isWhole = bytes.withRawSpan { span in
      span.littleEndian(at: 0, as: UInt32.self) == Checksum.of(span.extracting(4..<span.byteCount))
    }
    guard isWhole, let manifest = try? CopyManifest(encoded: Array(bytes[4...])),
      name == Self.name(manifest.sequence, ".manifest")
    else { return nil }
    return manifest
  }

  /// Checksum, then encoding.
  private static func sealed(_ manifest: CopyManifest) -> [UInt8] {
    let encoding = manifest.encoded()
    var writer = ByteWriter()
    writer.appendLittleEndian(encoding.withRawSpan { Checksum.of($0) })
    writer.append(encoding)
    return writer.bytes()
  }

  /// The newest copy that belongs to this journal and whose bytes are right; `nil` when there is none.
  package func newest<Storage: Disk>(
    of history: HistoryIdentifier, _ journal: JournalReader<Storage>, through last: UInt64 = .max
  ) throws -> CopyManifest? {
    for manifest in try list().reversed() {
      guard manifest.history == history, manifest.sequence <= min(last, journal.lastSequence),
        try journal.link(after: manifest.sequence) == manifest.link, isIntact(manifest)
      else { continue }
      return manifest
    }
    return nil
  }

  /// A copy that cannot be read is not worth more than one whose bytes are wrong: there may be another.
  private func isIntact(_ manifest: CopyManifest) -> Bool {
    var hash = SHA256()
    var byteCount: UInt64 = 0
    do {
      try read(manifest) { part in
        part.withRawSpan { span in
          // Safe: the buffer does not leave the closure.
          unsafe span.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
        }
        byteCount += UInt64(part.count)
      }
    } catch {
      return false
    }
    return byteCount == manifest.byteCount && Array(hash.finalize()) == manifest.sha256
  }

  /// Puts a copy into another folder of copies.
  func copy(_ manifest: CopyManifest, to other: StateCopies, pace: (_ byteCount: Int) -> Bool) throws {
    let file = try other.disk.create(Self.name(manifest.sequence, ".state"), size: 0)
    var offset = 0
    try read(manifest) { part in
      try part.withRawSpan { (span) throws(JournalError) in try file.write(span, at: offset) }
      offset += part.count
      if !pace(part.count) { throw MaintenanceFault.goingDown }
    }
    try file.synchronize()
    try other.disk.synchronizeFolder()
    try other.disk.replace(Self.name(manifest.sequence, ".manifest"), with: Self.sealed(manifest))
  }

  /// Lends the bytes of a copy.
  package func read(_ manifest: CopyManifest, _ take: ([UInt8]) throws -> Void) throws {
    let file = try disk.open(Self.name(manifest.sequence, ".state"))
    var offset = 0
    while true {
      let part = try file.read(at: offset, count: 1 << 20)
      if part.isEmpty { return }
      try take(part)
      offset += part.count
    }
  }
}

/// Why a copy was not made, or not taken.
package struct StateCopyFault: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
