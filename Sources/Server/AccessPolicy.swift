internal import Domain
internal import Glibc
package import Records
internal import Scalars
internal import Transport

/// What accounts of this machine may do. Deny by default: an account without a rule has a name and no role.
///
/// The account that runs the daemon, and root, who could read the files anyway, administer it and speak for others,
/// unless a rule says otherwise.
package struct AccessPolicy: Sendable {
  private struct Rule: Sendable {
    let user: UInt32?
    let group: UInt32?
    let principal: Principal

    func fits(_ peer: PeerIdentity) -> Bool {
      (user == nil || user == peer.user) && (group == nil || group == peer.group)
    }
  }

  private let rules: [Rule]
  private let owners: Set<UInt32> = [0, geteuid()]

  /// The policy of a daemon that was given none.
  package static let builtIn = AccessPolicy(rules: [])

  private init(rules: [Rule]) { self.rules = rules }

  /// - Throws: ``ConfigurationFault`` for a file that cannot be read, an account that this machine does not have, and a
  ///   rule that says too little or too much.
  package static func read(path: String) throws -> AccessPolicy {
    try AccessPolicy(RecordFile.read("policy", path: path, as: Policy.self), name: path)
  }

  package init(_ policy: Policy, name: String) throws {
    rules = try policy.rules.map { rule in
      func fault(_ text: String) -> ConfigurationFault {
        ConfigurationFault("\(name): the rule for \(rule.principal): \(text)")
      }
      guard rule.user != nil || rule.group != nil else { throw fault("it names neither a user nor a group") }
      // Nobody but the daemon itself acts as it: not through a grant, and not by its name.
      guard rule.principal != Principal.system.name, !rule.grants.contains(where: { $0.role == .system }) else {
        throw fault("the name and the role system belong to the daemon alone")
      }
      return Rule(
        user: try rule.user.map { text in
          guard let number = UInt32(text) ?? Self.user(named: text) else { throw fault("there is no account \(text)") }
          return number
        },
        group: try rule.group.map { text in
          guard let number = UInt32(text) ?? Self.group(named: text) else { throw fault("there is no group \(text)") }
          return number
        }, principal: Principal(name: rule.principal, grants: rule.grants))
    }
  }

  // Safe, both: the answers point into the C library's own memory and are read at once, at the start, on one thread.
  private static func user(named name: String) -> UInt32? { unsafe getpwnam(name).map { unsafe $0.pointee.pw_uid } }
  private static func group(named name: String) -> UInt32? { unsafe getgrnam(name).map { unsafe $0.pointee.gr_gid } }

  func principal(for peer: PeerIdentity) -> Principal {
    if let rule = rules.first(where: { $0.fits(peer) }) { return rule.principal }
    guard let user = peer.user else { return Principal(name: "unknown", grants: []) }
    let roles: [Role] = owners.contains(user) ? [.administrator, .auditor, .delegate] : []
    return Principal(name: "uid:\(user)", grants: roles.map { Grant(role: $0) })
  }
}

extension Grant {
  /// For people and logs: `administrator@*`, `grid_member@421222100001001`.
  var text: String { "\(role.name)@\(grid?.description ?? "*")" }
}
