import API
import RPC
import Records
import Synchronization

/// The watches of a run stay open behind the calls that began them, so that changes are pushed while others work.
final class OpenWatches: Sendable {
  private let readers = Mutex<[Task<Void, Never>]>([])
  private let count = Atomic<Int>(0)

  /// The newest ones; those before are ended.
  private static let openMax = 64

  /// Changes that were pushed behind the present state.
  var changes: Int { count.load(ordering: .relaxed) }

  /// Reads on until the watch is ended.
  func keep(_ stream: MessageStream<HazardChange>) {
    let reader = Task {
      // A watch that is lost with its connection has nothing more to say.
      do { for try await _ in stream { self.count.add(1, ordering: .relaxed) } } catch {}
    }
    let oldest = readers.withLock { readers -> Task<Void, Never>? in
      readers.append(reader)
      return readers.count > Self.openMax ? readers.removeFirst() : nil
    }
    oldest?.cancel()
  }

  func endAll() {
    readers.withLock { readers in
      for reader in readers { reader.cancel() }
      readers = []
    }
  }
}
