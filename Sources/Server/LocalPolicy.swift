internal import Domain
internal import Glibc
internal import Records
internal import Scalars
internal import Transport

/// What accounts of this machine may do. Deny by default: an account without an entry has a name and no role.
///
/// The account that runs the daemon, and root, who could read the files anyway, administer it and speak for others.
struct LocalPolicy: Sendable {
  private let owners: Set<UInt32> = [0, geteuid()]

  func principal(for peer: PeerIdentity) -> Principal {
    guard let user = peer.user else { return Principal(name: "unknown", grants: []) }
    let roles: [Role] = owners.contains(user) ? [.administrator, .auditor, .delegate] : []
    return Principal(name: "uid:\(user)", grants: roles.map { Grant(role: $0) })
  }
}

extension Grant {
  /// For people and logs: `administrator@*`, `grid_member@421222100001001`.
  var text: String { "\(role.name)@\(grid?.description ?? "*")" }
}
