internal import Bytes
package import Journal
internal import Records
internal import Store

/// The folder that holds everything a daemon knows: `journal/` with the truth, `state/` with what follows from it, a
/// lock against a second daemon, a mark that says whether `state/` can be trusted, and, unless it is kept elsewhere, the
/// key that seals who made a report.
///
/// LMDB runs without syncs, so its file is right only as long as nothing but processes died. The mark names the boot
/// and the file system under which it was last opened, and whether it was closed in order.
package struct DataFolder: Sendable {
  package let path: String
  private let disk: PosixDisk
  /// Held until the process ends.
  private let lock: FileLock

  package var journal: PosixDisk { PosixDisk(folder: "\(path)/journal") }
  package var statePath: String { "\(path)/state" }
  /// Where the key that seals reporters' identities lies, unless the configuration names another place.
  package var identityKeyPath: String { "\(path)/identity.key" }
  /// Verified copies of the state.
  package var copies: StateCopies { get throws { try StateCopies(folder: "\(path)/copies") } }

  /// Makes the folder if it is not there, and takes it for this process.
  package init(path: String) throws {
    self.path = path
    disk = PosixDisk(folder: path)
    for folder in [path, "\(path)/journal", "\(path)/state"] { try PosixDisk.createFolder(folder) }
    if let name = try disk.sharedFileSystem() { throw DataFolderShared(path: path, fileSystem: name) }
    guard let lock = try disk.lock("lock") else { throw DataFolderInUse(path: path) }
    self.lock = lock
    removeCompactionFolder()
  }

  /// Takes a folder that is there, to look at it; `nil` when a daemon uses it.
  init?(existing path: String) throws {
    self.path = path
    disk = PosixDisk(folder: path)
    guard let lock = try disk.lock("lock") else { return nil }
    self.lock = lock
  }

  private struct Mark {
    var boot: String
    var device: UInt64
    var isClosed: Bool

    var text: String { "boot \(boot)\ndevice \(device)\n\(isClosed ? "closed" : "open")\n" }

    init(boot: String, device: UInt64, isClosed: Bool) {
      self.boot = boot
      self.device = device
      self.isClosed = isClosed
    }

    init?(_ text: String) {
      let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
      guard lines.count == 3, lines[0].first == "boot", lines[0].count == 2, lines[1].first == "device",
        lines[1].count == 2, let device = UInt64(lines[1][1]), lines[2] == ["closed"] || lines[2] == ["open"]
      else { return nil }
      self.init(boot: String(lines[0][1]), device: device, isClosed: lines[2] == ["closed"])
    }
  }

  private func presentMark(isClosed: Bool) throws -> Mark {
    let boot = try PosixDisk(folder: "/proc/sys/kernel/random").contents("boot_id") ?? []
    let identifier = String(decoding: boot, as: UTF8.self).filter { !$0.isWhitespace }
    return Mark(boot: identifier, device: try PosixDisk(folder: statePath).device(), isClosed: isClosed)
  }

  /// How the last process left the folder.
  package enum Condition: Sendable {
    case new
    /// In order: everything was synced.
    case closed
    /// The process died, but the machine went on: files are right, though the journal's end may not have reached the
    /// disk.
    case died
    /// The machine or the mount changed under it: the state is worth nothing.
    case untrusted
  }

  package func condition() throws -> Condition {
    guard let bytes = try disk.contents("mark") else { return try journal.list().isEmpty ? .new : .untrusted }
    guard let mark = Mark(String(decoding: bytes, as: UTF8.self)) else { return .untrusted }
    if mark.isClosed { return .closed }
    let present = try presentMark(isClosed: false)
    return mark.boot == present.boot && mark.device == present.device ? .died : .untrusted
  }

  /// Whether a state that was left well is lost or cut off all the same. The mark is withdrawn then: what takes the
  /// state's place must not be trusted before it is whole.
  func distrustsState(_ condition: Condition) throws -> Bool {
    guard condition == .closed || condition == .died, !StateStore.isWhole(path: statePath) else { return false }
    try disk.remove("mark")
    try disk.synchronizeFolder()
    return true
  }

  /// Throws the state away; the journal holds all that is needed to make it again.
  package func removeState() throws {
    let state = PosixDisk(folder: statePath)
    for name in try state.list() { try state.remove(name) }
    try state.synchronizeFolder()
  }

  /// Puts a copy in the place of the state, which must be gone.
  func placeState(_ manifest: CopyManifest, from copies: StateCopies) throws {
    let file = try PosixDisk(folder: statePath).create("data.mdb", size: 0)
    var offset = 0
    try copies.read(manifest) { part in
      try part.withRawSpan { (span) throws(JournalError) in try file.write(span, at: offset) }
      offset += part.count
    }
  }

  /// An empty folder for a state that is being compacted.
  func makeCompactionFolder() throws -> PosixDisk {
    removeCompactionFolder()
    try PosixDisk.createFolder(compactionPath)
    return PosixDisk(folder: compactionPath)
  }

  private var compactionPath: String { "\(path)/compaction" }

  /// Also what a process left behind that died on the way.
  func removeCompactionFolder() {
    let folder = PosixDisk(folder: compactionPath)
    // What cannot be removed now is met again, and then said, when the folder is needed.
    for name in (try? folder.list()) ?? [] { try? folder.remove(name) }
    PosixDisk.removeFolder(compactionPath)
  }

  /// Puts the compacted file in the place of the state's, as one step.
  func placeCompacted() throws { try disk.rename("compaction/data.mdb", to: "state/data.mdb") }

  /// Before the first commit: from here on the state is right only under this boot.
  package func markOpen() throws { try disk.replace("mark", with: Array(presentMark(isClosed: false).text.utf8)) }

  /// After the last sync: the state is right under any boot.
  package func markClosed() throws {
    // LMDB syncs its file, and not the file's name, which is new whenever the state was made again.
    try PosixDisk(folder: statePath).synchronizeFolder()
    try disk.replace("mark", with: Array(presentMark(isClosed: true).text.utf8))
  }
}

/// A folder on a network file system was named.
package struct DataFolderShared: Error, CustomStringConvertible {
  package let path: String
  package let fileSystem: String
  package var description: String {
    "\(path) lies on \(fileSystem), which other machines share; nothing is safe there: name a folder on a local disk"
  }
}

/// A second daemon was started on a folder.
package struct DataFolderInUse: Error, CustomStringConvertible {
  package let path: String
  package var description: String { "another process is using \(path); one daemon serves a data folder" }
}
