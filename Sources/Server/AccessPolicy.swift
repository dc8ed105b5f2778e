internal import Domain
internal import Glibc
package import Records
internal import Scalars
internal import Transport

/// What accounts of this machine, and clients with certificates, may do. Deny by default: an account without a rule has a
/// name and no role, and a certificate without one says nothing.
///
/// The account that runs the daemon, and root, who could read the files anyway, administer it and speak for others,
/// unless a rule says otherwise.
package struct AccessPolicy: Sendable {
  private struct Rule: Sendable {
    let user: UInt32?
    let group: UInt32?
    let certificate: String?
    let certificateName: String?
    let principal: Principal

    var isForCertificates: Bool { certificate != nil || certificateName != nil }

    func fits(_ peer: PeerIdentity) -> Bool {
      !isForCertificates && (user == nil || user == peer.user) && (group == nil || group == peer.group)
    }

    func fits(_ shown: PeerCertificate) -> Bool {
      isForCertificates && (certificate == nil || certificate == shown.fingerprint)
        && (certificateName.map(shown.names.contains) ?? true)
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
    try AccessPolicy(RecordFile.parse(RecordFile.text("policy", path: path), name: path), name: path)
  }

  package init(_ policy: Policy, name: String) throws {
    rules = try policy.rules.map { rule in
      func fault(_ text: String) -> ConfigurationFault {
        ConfigurationFault("\(name): the rule for \(rule.principal): \(text)")
      }
      let isForAccounts = rule.user != nil || rule.group != nil
      let isForCertificates = rule.certificate != nil || rule.certificateName != nil
      guard isForAccounts || isForCertificates else {
        throw fault("it names neither a user, a group nor a certificate")
      }
      // Over TLS nobody knows an account, so that such a rule would fit nobody.
      guard !isForAccounts || !isForCertificates else { throw fault("it names both an account and a certificate") }
      // Nobody but the daemon itself acts as it: not through a grant, and not by its name.
      guard rule.principal != Principal.system.name, !rule.grants.contains(where: { $0.role == .system }) else {
        throw fault("the name and the role system belong to the daemon alone")
      }
      // The same name would be the same owner of request keys, and the same actor in the journal.
      guard !rule.principal.hasPrefix(Principal.personPrefix), rule.principal != Principal.stranger.name else {
        throw fault("the names \(Principal.stranger.name) and \(Principal.personPrefix)… are the daemon's own")
      }
      return Rule(
        user: try rule.user.map { text in
          guard let number = UInt32(text) ?? Self.user(named: text) else { throw fault("there is no account \(text)") }
          return number
        },
        group: try rule.group.map { text in
          guard let number = UInt32(text) ?? Self.group(named: text) else { throw fault("there is no group \(text)") }
          return number
        }, certificate: rule.certificate, certificateName: rule.certificateName,
        principal: Principal(name: rule.principal, grants: rule.grants))
    }
  }

  // Safe, both: the answers point into the C library's own memory and are read at once, at the start, on one thread.
  private static func user(named name: String) -> UInt32? { unsafe getpwnam(name).map { unsafe $0.pointee.pw_uid } }
  private static func group(named name: String) -> UInt32? { unsafe getgrnam(name).map { unsafe $0.pointee.gr_gid } }

  func principal(for peer: PeerIdentity) -> Principal {
    if let rule = rules.first(where: { $0.fits(peer) }) { return rule.principal }
    guard let user = peer.user else { return .stranger }
    let roles: [Role] = owners.contains(user) ? [.administrator, .auditor, .delegate] : []
    return Principal(name: "uid:\(user)", grants: roles.map { Grant(role: $0) })
  }

  /// Who shows this certificate; `nil` when no rule says it.
  func principal(showing certificate: PeerCertificate) -> Principal? {
    rules.first { $0.fits(certificate) }?.principal
  }
}

extension Grant {
  /// For people and logs: `administrator@*`, `grid_member@421222100001001`.
  var text: String { "\(role.name)@\(grid?.description ?? "*")" }
}
