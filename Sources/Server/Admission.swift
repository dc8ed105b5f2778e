internal import Glibc
internal import Synchronization

/// How many connections there may be, and how many of one principal: nobody can take the descriptors that the journal
/// needs, and no single account all the others' places.
final class Admission: Sendable {
  private struct State {
    var total = 0
    var byPrincipal: [String: Int] = [:]
  }

  private let state = Mutex(State())
  private let connectionsMax: Int
  private let ofPrincipalMax: Int

  /// Descriptors that are not for connections: files of the store and the journal, sockets that listen, and some room.
  private static let reservedDescriptors = 256
  /// More than a county's gateways and tools ever hold; each costs some tens of kilobytes.
  private static let connectionsWanted = 4096

  /// Raises the process's limit of descriptors as far as that is allowed, and stays below it.
  init() {
    let wanted = rlim_t(Self.connectionsWanted + Self.reservedDescriptors)
    var limit = rlimit()
    // Safe, here and below: the structure is valid for the call.
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < wanted {
      limit.rlim_cur = min(limit.rlim_max, wanted)
      _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    let descriptors = Int(min(limit.rlim_cur, wanted))
    connectionsMax = max(16, descriptors - Self.reservedDescriptors)
    ofPrincipalMax = connectionsMax / 2
  }

  /// Whether one more connection of this principal may come; if so it must ``leave(_:)``.
  func enter(_ principal: String) -> Bool {
    state.withLock { state in
      let count = state.byPrincipal[principal, default: 0]
      guard state.total < connectionsMax, count < ofPrincipalMax else { return false }
      state.total += 1
      state.byPrincipal[principal] = count + 1
      return true
    }
  }

  var connections: Int { state.withLock { $0.total } }

  func leave(_ principal: String) {
    state.withLock { state in
      state.total -= 1
      let count = state.byPrincipal[principal, default: 0]
      state.byPrincipal[principal] = count > 1 ? count - 1 : nil
    }
  }
}
