internal import Bytes
internal import Dispatch
internal import Synchronization

/// A file of zeros that is made on another thread, before it is needed: to fill the next segment takes as long as many
/// batches.
final class SpareFile<Storage: Disk>: Sendable {
  /// Cleared away at the start like everything that was not finished.
  static var name: String { "spare.new" }

  private enum Progress: Sendable {
    case making
    case made(Storage.File)
    case failed
  }

  private let progress = Mutex(Progress.making)
  /// Written and synced in such parts, so that the journal's own syncs never wait for much of it.
  private static var partBytes: Int { 1 << 20 }

  init(on disk: Storage, size: Int) {
    DispatchQueue.global(qos: .utility).async { [self] in
      do throws(JournalError) {
        let file = try disk.create(Self.name, size: 0)
        let zeros = [UInt8](repeating: 0, count: Self.partBytes)
        for offset in stride(from: 0, to: size, by: zeros.count) {
          let count = min(zeros.count, size - offset)
          try zeros.withRawSpan { (span) throws(JournalError) in try file.write(span.extracting(0..<count), at: offset)
          }
          try file.synchronize()
        }
        progress.withLock { $0 = .made(file) }
      } catch {
        // Whoever needs the file makes it then, and meets the same error if it is still there.
        progress.withLock { $0 = .failed }
      }
    }
  }

  /// The file, once it is there. Only one may take it.
  var file: Storage.File? {
    progress.withLock { if case .made(let file) = $0 { file } else { nil } }
  }

  /// Whether there will be none.
  var hasFailed: Bool { progress.withLock { if case .failed = $0 { true } else { false } } }
}
