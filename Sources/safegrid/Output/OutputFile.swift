import Glibc
import Synchronization

/// A file that is written piece by piece, or standard output; the first failure is told at the end.
final class OutputFile: Sendable {
  private struct State {
    var descriptor: Int32
    var failure: Int32?
  }

  private let path: String
  private let state: Mutex<State>

  /// - Parameter path: absent: standard output.
  init(_ path: String?) throws {
    self.path = path ?? "the output"
    // Safe: the path is a string with its end.
    let descriptor =
      if let path { unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644) } else { dup(STDOUT_FILENO) }
    guard descriptor >= 0 else { throw Self.fault(self.path, errno) }
    state = Mutex(State(descriptor: descriptor))
  }

  private static func fault(_ path: String, _ code: Int32) -> InputFault {
    InputFault("cannot write \(path): \(unsafe String(cString: strerror(code)))")
  }

  func write(_ text: String) {
    state.withLock { state in
      var rest = Array(text.utf8)[...]
      while state.failure == nil, !rest.isEmpty {
        // Safe: the buffer is valid for the call.
        let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
        if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { state.failure = errno }
      }
    }
  }

  func close() throws {
    let failure = state.withLock { state in
      defer { state.descriptor = -1 }
      return Glibc.close(state.descriptor) == 0 ? state.failure : state.failure ?? errno
    }
    if let failure { throw Self.fault(path, failure) }
  }

  deinit { state.withLock { if $0.descriptor >= 0 { _ = Glibc.close($0.descriptor) } } }
}
