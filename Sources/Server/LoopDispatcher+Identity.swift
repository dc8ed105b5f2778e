internal import API
internal import Bytes
internal import Crypto
internal import Domain
internal import Logging
internal import NIOCore
internal import RPC
internal import Records
internal import Service
internal import Store
internal import Transport

/// Who is at the other end: what the kernel said when it connected, or whom its certificate names, or the holder of the
/// token that its HELLO shows.
extension LoopDispatcher {
  func greet(_ connection: Connection, token: String?) throws(FrameError) -> Greeting {
    if let token {
      try become(try holder(of: token, connection), connection)
    } else if let handler = handlers[connection.identifier], let certificate = handler.certificate {
      let principal = parts.identities.principal(for: handler.peer, showing: certificate)
      guard !principal.isStranger else { throw refuse(certificate, connection) }
      try become(principal, connection)
    }
    guard !connection.peer.isStranger else {
      throw .unauthenticated("who calls from here must show a token or a certificate")
    }
    return parts.greeting(connection.identifier, connection.peer)
  }

  /// The places of connections are counted by principal.
  private func become(_ principal: Principal, _ connection: Connection) throws(FrameError) {
    try move(connection, to: principal)
    connection.peer = principal
  }

  private func refuse(_ certificate: PeerCertificate, _ connection: Connection) -> FrameError {
    parts.log.warning(
      "certificate refused",
      metadata: [
        "connection": "\(connection.identifier)", "certificate": "\(certificate.fingerprint)",
        "names": "\(certificate.names)", "reason": "no rule of the policy names it",
      ])
    return .unauthenticated("no rule of the policy names the certificate \(certificate.fingerprint)")
  }

  /// Why a token is worth nothing, only the log is told: a guesser shall not learn that one was right once.
  private func holder(of token: String, _ connection: Connection) throws(FrameError) -> Principal {
    let hash = Array(SHA256.hash(data: Array(token.utf8)))
    switch try verdict(on: hash) {
    case .success(let principal): return principal
    case .failure(let fault):
      parts.log.warning(
        "token refused",
        metadata: [
          "connection": "\(connection.identifier)", "token": "\(Token.identifier(ofHash: hash))", "reason": "\(fault)",
        ])
      throw .unauthenticated("the token is not accepted: it is unknown, past its time, or revoked")
    }
  }

  private func verdict(on hash: [UInt8]) throws(FrameError) -> Result<Principal, TokenFault> {
    do throws(CallFailure) {
      return try withSnapshot { (snapshot) throws(CallFailure) in
        do throws(Refusal) {
          return try Domain.holder(ofTokenHash: hash, at: parts.services.clock.time(in: snapshot), in: snapshot)
        } catch {
          throw CallFailure(error, .query)
        }
      }
    } catch {
      throw .unauthenticated("no token can be looked up: \(error.message)")
    }
  }

  /// The rules have changed: who is somebody else by them now, or may do something else, must connect again. What they watch
  /// ends at once, and calls that still cross the news are judged by the new rules. Tokens are looked up at each call anyway.
  func rulesChanged() {
    loop.preconditionInEventLoop()
    for handler in handlers.values where handler.connection.isHandshaken && handler.connection.peer.token == nil {
      let connection = handler.connection
      let (before, now) = (connection.peer, parts.identities.principal(for: handler.peer, showing: handler.certificate))
      guard now != before else { continue }
      for place in streams.keys where place.connection == connection.identifier {
        end(place, with: CallFailure(.rulesChanged(RulesChanged(who: before.name)), .query))
      }
      // Its place among the connections of its principal stays where it was counted.
      connection.peer = Principal(name: before.name, grants: now.name == before.name ? now.grants : [])
      connection.drain(reason: "the rules for \(before.name) have changed; connect again")
      handler.flush()
    }
  }
}
