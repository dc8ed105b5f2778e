internal import Bytes
internal import CLMDB
internal import Dispatch
internal import Glibc

extension Environment {
  /// What is taken over at once: as much as Linux lets a pipe hold.
  private static let partBytes = 1 << 20
  /// `F_SETPIPE_SZ` of Linux, which Swift does not import.
  private static let setPipeSize: Int32 = 1031

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
    var growth = Growth(try descriptor())
    var ends: [Int32] = [-1, -1]
    // Safe, here and below: the buffers are valid for the call.
    guard unsafe pipe(&ends) == 0 else {
      throw LMDBError(code: errno, operation: "make a pipe for a copy")
    }
    let (output, input) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // The fewer parts the sooner the snapshot ends. A system that allows less gives less.
    _ = fcntl(input, Self.setPipeSize, Int32(Self.partBytes))
    growth.warm(statistics())
    let outcome = CopyOutcome()
    // LMDB writes into one end on another thread; closing the other end stops it.
    DispatchQueue.global().async { [self] in
      outcome.code = withoutBrokenPipeSignal {
        unsafe mdb_env_copyfd2(handle, input, isCompact ? UInt32(MDB_CP_COMPACT) : 0)
      }
      close(input)
      outcome.isDone.signal()
    }
    var buffer = [UInt8](repeating: 0, count: Self.partBytes)
    var isStopped = false
    while !isStopped {
      let count = unsafe read(output, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      isStopped = !buffer.withRawSpan { take($0.extracting(0..<count)) }
      growth.warm(statistics())
    }
    close(output)
    outcome.isDone.wait()
    if !isStopped { try check(outcome.code, "copy the state") }
  }
}

/// Where a file grows while a snapshot is held.
///
/// The first touch of a page that was never used fills it with zeros. It is the writer that would do it, page after page,
/// at a third of its speed, as long as the snapshot keeps it from using old pages again.
private struct Growth {
  private let descriptor: Int32
  /// The file up to here is in memory, as far as it was seen to grow.
  private var warmBytes = 0

  /// More than a writer uses between two parts of a copy.
  private static let aheadBytes = 16 << 20
  /// The kernel reads no more at once, however much it is asked for.
  private static let stepBytes = 128 << 10

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Brings what lies behind the last page into memory: zeros, which nothing is read for.
  mutating func warm(_ statistics: Environment.Statistics) {
    let end = (statistics.lastPage + 1) * Environment.pageBytes
    warmBytes = max(warmBytes, end)
    while warmBytes < min(end + Self.aheadBytes, statistics.mapBytes) {
      // Advice: what it answers changes nothing.
      _ = posix_fadvise(descriptor, warmBytes, Self.stepBytes, POSIX_FADV_WILLNEED)
      warmBytes += Self.stepBytes
    }
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
