internal import Glibc
package import Journal
internal import Records

/// What a data folder looks like to somebody who only looks: for `safegrid doctor`.
package struct Examination: Sendable {
  package enum Folder: Sendable {
    case missing
    /// It holds nothing of a daemon's.
    case empty
    /// A daemon serves it.
    case inUse
    case free
  }

  package private(set) var folder = Folder.missing
  /// Set when other machines share the file system.
  package private(set) var sharedFileSystem: String?
  package private(set) var diskFreeBytes: UInt64 = 0
  /// How the last process left it; `nil` when that cannot be said.
  package private(set) var condition: DataFolder.Condition?
  package private(set) var journal: JournalReader<PosixDisk>.Report?
  /// The entries of the verified copies, ascending, and the newest whose bytes are right.
  package private(set) var copies: [UInt64] = []
  package private(set) var usableCopy: UInt64?
  package private(set) var hasState = false
  /// What could not even be looked at, and why.
  package private(set) var failures: [String] = []

  /// Looks at the folder, the whole journal and all copies; changes nothing.
  package init(ofFolder path: String) {
    let disk = PosixDisk(folder: path)
    guard let names = try? disk.list() else { return }
    folder = names.contains("lock") ? .free : .empty
    guard folder == .free else { return }
    var information = statvfs()
    // Safe: the arguments are valid for the call.
    if unsafe statvfs(path, &information) == 0 {
      diskFreeBytes = UInt64(information.f_bavail) * UInt64(information.f_frsize)
    }
    do {
      sharedFileSystem = try disk.sharedFileSystem()
      guard let data = try DataFolder(existing: path) else {
        folder = .inUse
        return
      }
      condition = try data.condition()
      hasState = try names.contains("state") && PosixDisk(folder: "\(path)/state").list().contains("data.mdb")
      guard condition != .new else { return }
      let opened = try JournalWriter.openReading(data.journal)
      journal = opened.reader.verify()
      guard names.contains("copies") else { return }
      let copies = StateCopies(reading: "\(path)/copies")
      self.copies = try copies.list().map(\.sequence)
      usableCopy = try copies.newest(of: opened.history, opened.reader)?.sequence
    } catch {
      failures.append("\(error)")
    }
  }
}
