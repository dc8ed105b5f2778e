import Glibc
import Synchronization

/// A daemon of our own, as a process.
final class DaemonProcess {
  let identifier: pid_t
  private let output: Int32
  private var hasEnded = false
  private static let running = Mutex<Set<pid_t>>([])

  /// For who has no time to end them one by one.
  static func killRunning() { running.withLock { for identifier in $0 { kill(identifier, SIGKILL) } } }

  /// The daemon that was built beside this program.
  static var executable: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    // Safe: the buffer has the length that is given, less one for the end.
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
    return "\(folder)/safegridd"
  }

  /// Starts it, and waits until it says that it is ready.
  ///
  /// - Parameter log: the file that its log is appended to.
  init(arguments: [String], log: String) throws {
    var ends: [Int32] = [-1, -1]
    // Safe: two descriptors fit into the array.
    guard unsafe pipe(&ends) == 0 else { throw InputFault("cannot make a pipe: errno \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // Nor does it inherit what we did, which has low numbers: who waits for us to let go of it must not wait for a daemon
    // that outlives us.
    for inherited in 3..<Int32(64) { _ = fcntl(inherited, F_SETFD, FD_CLOEXEC) }
    var actions = unsafe posix_spawn_file_actions_t()
    // Safe, down to the spawn: all arguments outlive their calls.
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    var words = unsafe ([Self.executable] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let code = unsafe posix_spawn(&child, Self.executable, &actions, nil, &words, environ)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw InputFault("cannot start \(Self.executable): \(unsafe String(cString: strerror(code)))")
    }
    identifier = child
    Self.running.withLock { _ = $0.insert(child) }
    output = ends[0]
    guard readLine().contains("ready") else {
      end(by: SIGKILL)
      throw InputFault("the daemon did not come up; see \(log)")
    }
  }

  /// The next line of its standard output; what there is of it when the daemon ends.
  private func readLine() -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    // Safe: one byte fits.
    while unsafe read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }

  /// Sends the signal and waits for the end; answers the exit status, or the signal that ended it, negative.
  @discardableResult
  func end(by signal: Int32) -> Int32 {
    guard !hasEnded else { return 0 }
    hasEnded = true
    kill(identifier, signal)
    var status: Int32 = 0
    // Safe: `status` is valid for the call.
    while unsafe waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    Self.running.withLock { _ = $0.remove(identifier) }
    close(output)
    return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
  }

  deinit { end(by: SIGKILL) }
}
