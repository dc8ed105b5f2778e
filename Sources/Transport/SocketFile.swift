internal import Glibc

/// The file of a Unix socket, held by a lock beside it: a second daemon cannot steal a live socket, and what a dead one
/// left behind does not stop the next.
package final class SocketFile: Sendable {
  private let path: String
  private let lock: Int32

  /// Takes the lock and clears a stale socket away.
  package init(path: String) throws {
    self.path = path
    let lockPath = "\(path).lock"
    // Safe, here and below: paths are valid for the call.
    lock = unsafe Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw SocketFileError("cannot open \(lockPath): \(Self.reason(errno))") }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw SocketFileError("another daemon listens on \(path)")
    }
    var information = stat()
    if unsafe lstat(path, &information) == 0 {
      guard information.st_mode & S_IFMT == S_IFSOCK else {
        throw SocketFileError("\(path) exists and is no socket; it is left as it is")
      }
      guard unsafe unlink(path) == 0 else { throw SocketFileError("cannot remove \(path): \(Self.reason(errno))") }
    }
  }

  /// Lets every account on the machine connect; what each may do, its identity decides.
  package func open() { _ = unsafe chmod(path, 0o666) }

  /// Removes the socket, and then lets others have its place. The lock's file stays: removing it would let two
  /// daemons lock two files of that name.
  package func remove() {
    _ = unsafe unlink(path)
    close(lock)
  }

  private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}

package struct SocketFileError: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
