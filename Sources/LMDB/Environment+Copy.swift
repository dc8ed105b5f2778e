internal import Bytes
internal import CLMDB
internal import Dispatch
internal import Glibc

extension Environment {
  /// Lends the bytes of a whole copy of the newest state, part by part, while writers and readers go on. The copy is a
  /// file that can be opened as `data.mdb`.
  ///
  /// Its snapshot is held until the last part was taken: pages that are replaced meanwhile are not used again, and the
  /// file grows by them.
  ///
  /// - Parameters:
  ///   - isCompact: leave out the pages that are not in use; slower, and smaller.
  ///   - take: answers whether to go on.
  package func copy(isCompact: Bool, _ take: (RawSpan) -> Bool) throws(LMDBError) {
    var ends: [Int32] = [-1, -1]
    // Safe, here and below: the buffers are valid for the call.
    guard unsafe pipe(&ends) == 0 else {
      throw LMDBError(code: errno, operation: "make a pipe for a copy")
    }
    let (output, input) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let outcome = CopyOutcome()
    // LMDB writes into one end on another thread; closing the other end stops it.
    DispatchQueue.global().async { [self] in
      outcome.code = withoutBrokenPipeSignal {
        unsafe mdb_env_copyfd2(handle, input, isCompact ? UInt32(MDB_CP_COMPACT) : 0)
      }
      close(input)
      outcome.isDone.signal()
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var isStopped = false
    while !isStopped {
      let count = unsafe read(output, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      isStopped = !buffer.withRawSpan { take($0.extracting(0..<count)) }
    }
    close(output)
    outcome.isDone.wait()
    if !isStopped { try check(outcome.code, "copy the state") }
  }
}

/// A pipe whose other end is closed is an error inside and nothing else, whatever the program does with SIGPIPE.
private func withoutBrokenPipeSignal(_ body: () -> Int32) -> Int32 {
  var signals = sigset_t()
  var before = sigset_t()
  // Safe, here and below: the sets and the time are valid for the calls.
  unsafe sigemptyset(&signals)
  unsafe sigaddset(&signals, SIGPIPE)
  unsafe pthread_sigmask(SIG_BLOCK, &signals, &before)
  let result = body()
  // The signal was meant for this thread; what is not taken would come once it is allowed again.
  var atOnce = timespec()
  unsafe sigtimedwait(&signals, nil, &atOnce)
  unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
  return result
}

/// What LMDB answered on the other thread.
///
/// Safe to share: written before the signal, read after it.
private final class CopyOutcome: @unchecked Sendable {
  var code: Int32 = 0
  let isDone = DispatchSemaphore(value: 0)
}
