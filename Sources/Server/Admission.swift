internal import Domain
internal import Glibc
internal import Records
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

  /// Places that only administrators take, so that whoever must see what is wrong gets in.
  private static let reservedPlaces = 8

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
  func enter(_ principal: Principal) -> Bool {
    let isAdministrator = principal.grants.contains { $0.role == .administrator && $0.grid == nil }
    let reserved = isAdministrator ? 0 : Self.reservedPlaces
    return state.withLock { state in
      let count = state.byPrincipal[principal.name, default: 0]
      guard state.total < connectionsMax - reserved, count < ofPrincipalMax else { return false }
      state.total += 1
      state.byPrincipal[principal.name] = count + 1
      return true
    }
  }

  var connections: Int { state.withLock { $0.total } }

  func leave(_ principal: Principal) {
    state.withLock { state in
      state.total -= 1
      let count = state.byPrincipal[principal.name, default: 0]
      state.byPrincipal[principal.name] = count > 1 ? count - 1 : nil
    }
  }
}
