internal import Glibc
internal import Synchronization

/// The file of a Unix socket, held by a lock beside it: a second daemon cannot steal a live socket, and what a dead one
/// left behind does not stop the next.
package final class SocketFile: Sendable {
  /// Where the socket is bound. It gets its name once it listens, so that nobody finds it half made, and a stale one is
  /// replaced in one step.
  let bindingPath: String
  private let path: String
  private let lock: Int32
  private let bound = Mutex<Identity?>(nil)

  /// What tells one file from another of the same name.
  private struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64
  }

  /// Takes the lock, and makes sure that nobody listens there.
  package init(path: String) throws {
    self.path = path
    bindingPath = "\(path).new"
    let lockPath = "\(path).lock"
    // Safe, here and below: paths and structures are valid for the call.
    lock = unsafe Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw SocketFileError("cannot open \(lockPath): \(Self.reason(errno))") }
    do {
      try Self.claim(path, lock)
      try Self.clear(bindingPath)
    } catch {
      close(lock)
      throw error
    }
  }

  private static func claim(_ path: String, _ lock: Int32) throws {
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw SocketFileError("another daemon listens on \(path)") }
    var information = stat()
    guard unsafe lstat(path, &information) == 0 else { return }
    guard information.st_mode & S_IFMT == S_IFSOCK else {
      throw SocketFileError("\(path) exists and is no socket; it is left as it is")
    }
    // A socket that was handed to a daemon, as systemd does, has no lock.
    guard !isListening(path) else { throw SocketFileError("something listens on \(path) already") }
  }

  /// Takes away what one left behind that died while it was binding; the lock says that nobody else is.
  private static func clear(_ bindingPath: String) throws {
    guard unsafe unlink(bindingPath) == 0 || errno == ENOENT else {
      throw SocketFileError("cannot remove \(bindingPath): \(reason(errno))")
    }
  }

  private static func isListening(_ path: String) -> Bool {
    var address = sockaddr_un()
    let room = MemoryLayout.size(ofValue: address.sun_path)
    // No socket has a name that does not fit.
    guard path.utf8.count < room else { return false }
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { return false }
    defer { close(probe) }
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    // EAGAIN: so many wait there already that this one finds no place.
    return result == 0 || errno == EAGAIN
  }

  /// Gives the bound socket its name, and lets every account on the machine connect; what each may do, its identity
  /// decides.
  package func open() throws {
    var information = stat()
    guard unsafe chmod(bindingPath, 0o666) == 0, unsafe lstat(bindingPath, &information) == 0,
      unsafe rename(bindingPath, path) == 0
    else { throw SocketFileError("cannot make \(path): \(Self.reason(errno))") }
    bound.withLock { $0 = Identity(device: UInt64(information.st_dev), inode: UInt64(information.st_ino)) }
  }

  /// Removes the socket, unless something else has its name by now, and then lets others have its place. The lock's file
  /// stays: removing it would let two daemons lock two files of that name.
  package func remove() {
    var information = stat()
    if unsafe lstat(path, &information) == 0,
      bound.withLock({ $0 })
        == Identity(device: UInt64(information.st_dev), inode: UInt64(information.st_ino))
    {
      _ = unsafe unlink(path)
    }
    close(lock)
  }

  private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

package struct SocketFileError: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
