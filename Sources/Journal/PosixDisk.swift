internal import Glibc

/// A folder of a real file system.
package struct PosixDisk: Disk {
  package let path: String

  /// - Parameter folder: must exist.
  package init(folder: String) { path = folder }

  private func path(_ name: String) -> String { "\(path)/\(name)" }

  package func list() throws(JournalError) -> [String] {
    guard let directory = unsafe opendir(path) else { throw .disk(DiskError(errno, "list \(path)")) }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    // Safe: the entry is copied before the next call; the folder is read by one thread.
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  package func open(_ name: String) throws(JournalError) -> PosixFile {
    try PosixFile(path: path(name), flags: O_RDONLY | O_CLOEXEC)
  }

  package func openForWriting(_ name: String) throws(JournalError) -> PosixFile {
    try openForWriting(name, syncsEachWrite: false)
  }

  /// - Parameter syncsEachWrite: a write returns when its bytes are on the disk.
  package func openForWriting(_ name: String, syncsEachWrite: Bool) throws(JournalError) -> PosixFile {
    try PosixFile(path: path(name), flags: O_RDWR | O_CLOEXEC | (syncsEachWrite ? O_DSYNC : 0))
  }

  package func create(_ name: String, size: Int) throws(JournalError) -> PosixFile {
    let file = try PosixFile(path: path(name), flags: O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC)
    // Written, not only allocated: to sync a write into blocks that were never written costs twice as much.
    let zeros = [UInt8](repeating: 0, count: min(size, 1 << 20))
    var offset = 0
    while offset < size {
      let step = min(zeros.count, size - offset)
      try zeros[..<step].withSpan { (span) throws(JournalError) in try file.write(span, at: offset) }
      offset += step
    }
    try file.synchronize()
    return file
  }

  package func rename(_ name: String, to newName: String) throws(JournalError) {
    // Safe, here and below: paths are valid for the call.
    guard unsafe Glibc.rename(path(name), path(newName)) == 0 else {
      throw .disk(DiskError(errno, "rename \(path(name))"))
    }
  }

  package func remove(_ name: String) throws(JournalError) {
    guard unsafe unlink(path(name)) == 0 else { throw .disk(DiskError(errno, "remove \(path(name))")) }
  }

  /// Makes a folder, and those above it, unless it is there. Its name is durable then.
  package static func createFolder(_ path: String) throws(JournalError) {
    // Safe, here and below: paths are valid for the call.
    if unsafe mkdir(path, 0o700) == 0 { return try parent(of: path).synchronizeFolder() }
    if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try createFolder(String(path[..<slash]))
      return try createFolder(path)
    }
    guard errno == EEXIST else { throw .disk(DiskError(errno, "make the folder \(path)")) }
    do throws(JournalError) { try parent(of: path).synchronizeFolder() } catch {
      // Whoever made it in a folder that we may not read has to see to its name.
      guard case .disk(let error) = error, error.code == EACCES else { throw error }
    }
  }

  /// Makes a folder that must not be there yet. Its name is durable then.
  package static func makeNewFolder(_ path: String) throws(JournalError) {
    guard unsafe mkdir(path, 0o700) == 0 else { throw .disk(DiskError(errno, "make the folder \(path)")) }
    try parent(of: path).synchronizeFolder()
  }

  private static func parent(of path: String) -> PosixDisk {
    var path = path[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else { return PosixDisk(folder: ".") }
    return PosixDisk(folder: slash == path.startIndex ? "/" : String(path[..<slash]))
  }

  /// Removes an empty folder, if it is there.
  package static func removeFolder(_ path: String) { _ = unsafe rmdir(path) }

  /// Locks the file for as long as the lock is kept; `nil` when another process has it.
  package func lock(_ name: String) throws(JournalError) -> FileLock? {
    let file = try PosixFile(path: path(name), flags: O_RDWR | O_CREAT | O_CLOEXEC)
    return try file.lock() ? FileLock(file) : nil
  }

  /// The content of a small file; `nil` when it is not there.
  package func contents(_ name: String, byteCountMax: Int = 4096) throws(JournalError) -> [UInt8]? {
    do throws(JournalError) {
      return try PosixFile(path: path(name), flags: O_RDONLY | O_CLOEXEC).read(at: 0, count: byteCountMax)
    } catch {
      if case .disk(let error) = error, error.code == ENOENT { return nil }
      throw error
    }
  }

  /// Replaces a small file, durably and as a whole.
  package func replace(_ name: String, with bytes: [UInt8]) throws(JournalError) {
    let file = try create(name + ".new", size: 0)
    try bytes[...].withSpan { (span) throws(JournalError) in try file.write(span, at: 0) }
    try file.synchronize()
    try rename(name + ".new", to: name)
    try synchronizeFolder()
  }

  /// The name of the folder's file system if other machines share it; `nil` for one of this machine.
  ///
  /// Locks, memory maps and syncs there do not mean what they mean on a disk (lmdb.h forbids such file systems).
  package func sharedFileSystem() throws(JournalError) -> String? {
    let device = try device()
    let mounts = try PosixDisk(folder: "/proc/self").contents("mountinfo", byteCountMax: 4 << 20) ?? []
    // As glibc's gnu_dev_major and gnu_dev_minor take a device number apart.
    let major = (device >> 8 & 0xfff) | (device >> 32 & 0xffff_f000)
    let minor = (device & 0xff) | (device >> 12 & 0xffff_ff00)
    return Self.sharedFileSystem(of: "\(major):\(minor)", in: String(decoding: mounts, as: UTF8.self))
  }

  /// - Parameters:
  ///   - device: major and minor number, as in the third column.
  ///   - mounts: the text of `/proc/self/mountinfo`, see proc(5).
  package static func sharedFileSystem(of device: String, in mounts: String) -> String? {
    for line in mounts.split(separator: "\n") {
      let columns = line.split(separator: " ")
      guard columns.count > 6, columns[2] == device, let dash = columns.firstIndex(of: "-"), dash + 1 < columns.count
      else { continue }
      let type = String(columns[dash + 1])
      return shared.contains(type) ? type : nil
    }
    return nil
  }

  private static let shared: Set<String> = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "gfs2", "ocfs2", "fuse.sshfs", "fuse.glusterfs",
    "fuse.ceph", "beegfs", "gpfs",
  ]

  /// Which file system the folder lies on.
  package func device() throws(JournalError) -> UInt64 {
    var information = stat()
    guard unsafe stat(path, &information) == 0 else { throw .disk(DiskError(errno, "look at \(path)")) }
    return UInt64(information.st_dev)
  }

  package func synchronizeFolder() throws(JournalError) {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .disk(DiskError(errno, "open \(path)")) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .disk(DiskError(errno, "sync \(path)")) }
  }
}

/// A file that this process has locked, until the last reference goes.
package final class FileLock: Sendable {
  private let file: PosixFile

  fileprivate init(_ file: PosixFile) { self.file = file }

  /// Said, not left to the closing: a child that is just being spawned still holds a copy of the descriptor.
  deinit { file.unlock() }
}

/// A file of a real file system, closed when the last reference goes.
package final class PosixFile: DiskFile {
  private let path: String
  private let descriptor: Int32

  fileprivate init(path: String, flags: Int32) throws(JournalError) {
    self.path = path
    descriptor = unsafe Glibc.open(path, flags, 0o600)
    guard descriptor >= 0 else { throw .disk(DiskError(errno, "open \(path)")) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  package var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  package func size() throws(JournalError) -> Int {
    var information = stat()
    // Safe: `information` is valid for the call.
    guard unsafe fstat(descriptor, &information) == 0 else { throw .disk(DiskError(errno, "look at \(path)")) }
    return Int(information.st_size)
  }

  package func read(at offset: Int, count: Int) throws(JournalError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        // Safe: the region lies inside the buffer.
        let got = unsafe pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { return }
        filled += got
      }
    }
    if failure != 0 { throw .disk(DiskError(failure, "read \(path)")) }
    return bytes
  }

  package func write(_ span: RawSpan, at offset: Int) throws(JournalError) {
    var failure: Int32 = 0
    // Safe: the buffer is valid for the closure, and writes stay inside it.
    unsafe span.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let wrote = unsafe pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
        if wrote < 0, errno == EINTR { continue }
        guard wrote > 0 else {
          failure = wrote == 0 ? EIO : errno
          return
        }
        done += wrote
      }
    }
    if failure != 0 { throw .disk(DiskError(failure, "write \(path)")) }
  }

  fileprivate func lock() throws(JournalError) -> Bool {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    throw .disk(DiskError(errno, "lock \(path)"))
  }

  fileprivate func unlock() { _ = flock(descriptor, LOCK_UN) }

  package func synchronize() throws(JournalError) {
    guard fdatasync(descriptor) == 0 else { throw .disk(DiskError(errno, "sync \(path)")) }
  }
}

extension DiskError {
  fileprivate init(_ code: Int32, _ operation: String) {
    // Safe: `strerror` answers with a string that is copied at once.
    self.init(code: code, operation: operation, text: unsafe String(cString: strerror(code)))
  }
}

extension ArraySlice where Element == UInt8 {
  fileprivate func withSpan<Failure: Error>(_ body: (RawSpan) throws(Failure) -> Void) throws(Failure) {
    // Safe: the span cannot leave `body`.
    try body(unsafe span.bytes)
  }
}
