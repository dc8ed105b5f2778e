internal import Domain
internal import Glibc
internal import Records
internal import Synchronization

/// How many connections there may be, and how many of one principal: nobody can take the descriptors that the journal
/// needs, and no single account all the others' places.
///
/// An administrator always gets in. Behind the places for everybody there are a few that only administrators take; when
/// these are taken as well, the newest gets the place of the one that came first, which may hang.
final class Admission: Sendable {
  /// What a connection got in by.
  enum Place: Sendable {
    case open
    case reserved
  }

  private struct Reserved {
    let connection: UInt64
    let giveUp: @Sendable () -> Void
  }

  private struct State {
    var open = 0
    var byPrincipal: [String: Int] = [:]
    /// In the order in which they came.
    var reserved: [Reserved] = []
  }

  private let state = Mutex(State())
  private let openMax: Int
  private let ofPrincipalMax: Int

  /// Enough for those who look after a daemon, and their tools.
  static let reservedMax = 8

  /// Descriptors that are not for connections: files of the store and the journal, sockets that listen, and some room.
  private static let reservedDescriptors = 256
  /// More than a county's gateways and tools ever hold; each costs some tens of kilobytes.
  private static let connectionsWanted = 4096

  /// Raises the process's limit of descriptors as far as that is allowed, and stays below it.
  convenience init() {
    let wanted = rlim_t(Self.connectionsWanted + Self.reservedDescriptors)
    var limit = rlimit()
    // Safe, here and below: the structure is valid for the call.
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < wanted {
      limit.rlim_cur = min(limit.rlim_max, wanted)
      _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    let descriptors = Int(min(limit.rlim_cur, wanted))
    self.init(connectionsMax: max(16, descriptors - Self.reservedDescriptors))
  }

  init(connectionsMax: Int) {
    openMax = connectionsMax - Self.reservedMax
    ofPrincipalMax = connectionsMax / 2
  }

  /// The place of one more connection, which must ``leave(_:_:from:)`` it; `nil` when there is none.
  ///
  /// - Parameter giveUp: called on any thread when somebody else gets its place. Its place is gone then.
  func enter(_ connection: UInt64, _ principal: Principal, giveUp: @escaping @Sendable () -> Void) -> Place? {
    let isAdministrator = principal.grants.contains { $0.role == .administrator && $0.grid == nil }
    let (place, replaced) = state.withLock { state -> (Place?, Reserved?) in
      let count = state.byPrincipal[principal.name, default: 0]
      if state.open < openMax, count < ofPrincipalMax {
        state.open += 1
        state.byPrincipal[principal.name] = count + 1
        return (.open, nil)
      }
      guard isAdministrator else { return (nil, nil) }
      let first = state.reserved.count == Self.reservedMax ? state.reserved.removeFirst() : nil
      state.reserved.append(Reserved(connection: connection, giveUp: giveUp))
      return (.reserved, first)
    }
    replaced?.giveUp()
    return place
  }

  var connections: Int { state.withLock { $0.open + $0.reserved.count } }

  func leave(_ connection: UInt64, _ principal: Principal, from place: Place) {
    state.withLock { state in
      switch place {
      case .open:
        state.open -= 1
        let count = state.byPrincipal[principal.name, default: 0]
        state.byPrincipal[principal.name] = count > 1 ? count - 1 : nil
      case .reserved: state.reserved.removeAll { $0.connection == connection }
      }
    }
  }
}
