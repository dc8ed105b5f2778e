internal import Domain
internal import Synchronization
package import Transport

/// Who is who, and what the daemon shows of itself. Both are read from files, at the start and when the daemon is told to
/// read them again.
package final class Identities: Sendable {
  private let policyPath: String?
  private let policy: Mutex<AccessPolicy>
  let tls: ServerTLS?

  /// Nobody but the account that runs the daemon, and root; no TLS.
  package static func builtIn() -> Identities { Identities(nil, .builtIn, nil) }

  /// - Parameter policyPath: a file of IDL/policy.idl's form.
  /// - Throws: ``ConfigurationFault``, `TLSFault` for files that cannot be meant so.
  package init(policyPath: String?, tls: ServerTLS?) throws {
    self.policyPath = policyPath
    self.tls = tls
    policy = Mutex(try policyPath.map(AccessPolicy.read) ?? .builtIn)
  }

  private init(_ policyPath: String?, _ policy: AccessPolicy, _ tls: ServerTLS?) {
    self.policyPath = policyPath
    self.policy = Mutex(policy)
    self.tls = tls
  }

  /// Reads the files again, each for itself: what cannot be used leaves what was.
  ///
  /// - Returns: what is wrong with them.
  func reload() -> [String] {
    var faults: [String] = []
    do {
      if let policyPath {
        let renewed = try AccessPolicy.read(path: policyPath)
        policy.withLock { $0 = renewed }
      }
    } catch { faults.append("\(error)") }
    do { try tls?.reload() } catch { faults.append("\(error)") }
    return faults
  }

  /// Who is at the other end, as far as the transport says it.
  func principal(for peer: PeerIdentity, showing certificate: PeerCertificate?) -> Principal {
    policy.withLock { policy in
      certificate.flatMap(policy.principal(showing:)) ?? policy.principal(for: peer)
    }
  }
}
