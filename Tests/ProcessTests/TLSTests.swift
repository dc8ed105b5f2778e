import API
import Client
import Foundation
import RPC
import Records
import Support
import Testing
import Transport

/// Callers on a network: TLS, certificates, and what is read again while the daemon serves.
@Suite struct TLSTests {
  private let folder = TemporaryFolder()
  private let certificates: Certificates
  private let server: TLSCertificateFiles

  init() throws {
    certificates = try Certificates(in: folder)
    server = try certificates.sign("server", "DNS:localhost", "IP:127.0.0.1")
  }

  /// A daemon on TLS, and where it listens there.
  private func daemon(_ arguments: String...) throws -> (daemon: Daemon, endpoint: String) {
    let daemon = try Daemon(
      in: folder,
      [
        "--listen", "tls://127.0.0.1:0", "--tls-certificate", server.certificate, "--tls-key", server.key,
        "--tls-client-ca", certificates.authority,
      ] + arguments)
    return (daemon, String(try #require(daemon.ready.split(separator: " ").last)))
  }

  /// Calls by TLS, showing a certificate or a token, or neither.
  private func safegrid(
    _ endpoint: String, showing files: TLSCertificateFiles? = nil, token: String? = nil, _ arguments: String...
  ) throws -> Tools.Result {
    let shown = files.map { ["--tls-certificate", $0.certificate, "--tls-key", $0.key] } ?? []
    return try Tools.run(
      "safegrid", arguments + ["--connect", endpoint, "--tls-ca", certificates.authority] + shown,
      token.map { ["SAFEGRID_TOKEN": $0] } ?? [:])
  }

  private func policy(_ rules: String...) throws -> String {
    let path = "\(folder.path)/policy.json5"
    try Data("{rules: [\(rules.joined(separator: ", "))]}".utf8).write(to: URL(filePath: path))
    return path
  }

  @Test func `over TLS nobody is anybody without a token or a certificate`() throws {
    let (daemon, endpoint) = try daemon()
    try daemon.setUp()
    // Not even the account that runs the daemon: the other end may be a proxy's.
    let stranger = try safegrid(endpoint, "ping")
    #expect(
      stranger.status == 3 && stranger.errors.contains("must show a token or a certificate"), "\(stranger.errors)")
    let secret = try daemon.safegrid("admin", "token", "create", "--for", "gm1").lines[0]
    let greeting = try safegrid(endpoint, token: secret, "ping", "--json")
    #expect(greeting.json["principal"] as? String == "person:gm1", "\(greeting.errors)")
    #expect(try safegrid(endpoint, token: secret, "call", "Hazard.submit", Daemon.report).status == 0)
  }

  @Test func `a certificate is who the policy says, by its fingerprint or by a name in it`() throws {
    let gateway = try certificates.sign("gateway", "DNS:gateway.example", "URI:spiffe://grid/gateway")
    let pinned = try certificates.sign("pinned", "DNS:other.example")
    let unknown = try certificates.sign("unknown", "DNS:gateway.example.org", "email:gateway.example")
    let (daemon, endpoint) = try daemon(
      "--policy",
      policy(
        #"{certificate_name: "gateway.example", principal: "gateway", grants: [{role: "auditor"}]}"#,
        #"{certificate: "\#(try pinned.fingerprint)", principal: "pinned"}"#,
        #"{user: "4711", principal: "account"}"#))
    for (files, principal, roles) in [(gateway, "gateway", ["auditor@*"]), (pinned, "pinned", [])] {
      let greeting = try safegrid(endpoint, showing: files, "ping", "--json")
      #expect(greeting.json["principal"] as? String == principal, "\(greeting.errors)")
      #expect(greeting.json["roles"] as? [String] == roles)
    }
    #expect(try safegrid(endpoint, showing: gateway, "audit", "verify").status == 0)
    let refused = try safegrid(endpoint, showing: unknown, "ping")
    let fingerprint = try unknown.fingerprint
    #expect(refused.status == 3 && refused.errors.contains(fingerprint), "\(refused.errors)")
    #expect(daemon.log.contains("certificate refused"))
    // Another authority's word counts for nothing, whatever name it vouches for.
    let forger = try Certificates(in: TemporaryFolder(), name: "other")
    let hungUp = try safegrid(endpoint, showing: forger.sign("gateway", "DNS:gateway.example"), "ping")
    #expect(hungUp.status == 3 && !hungUp.errors.contains("no rule"), "\(hungUp.errors)")
  }

  @Test func `a client talks to nobody whom its authority does not vouch for`() throws {
    let (daemon, endpoint) = try daemon()
    let other = try Certificates(in: TemporaryFolder(), name: "other")
    for (connect, authority) in [
      (endpoint, other.authority), (endpoint.replacing("127.0.0.1", with: "127.0.0.2"), certificates.authority),
    ] {
      let result = try Tools.safegrid("ping", "--connect", connect, "--tls-ca", authority)
      #expect(result.status == 3 && !result.errors.contains("must show"), "\(result.errors)")
    }
    #expect(try Tools.safegrid("ping", "--connect", endpoint).status == 3)
    #expect(!daemon.log.contains("certificate refused"))
  }

  @Test func `nothing but TLS 1.3 with this protocol gets in`() throws {
    let (daemon, endpoint) = try daemon()
    let place = String(endpoint.dropFirst(6))
    func handshake(_ arguments: String...) throws -> String {
      let result = try Tools.run(
        URL(filePath: "/usr/bin/openssl"),
        ["s_client", "-connect", place, "-CAfile", certificates.authority] + arguments)
      return result.output + result.errors
    }
    #expect(try handshake("-alpn", "gridwire/1").contains("ALPN protocol: gridwire/1"))
    #expect(try handshake("-tls1_2", "-alpn", "gridwire/1").contains("Cipher is (NONE)"))
    #expect(try handshake("-alpn", "h2").contains("No ALPN negotiated"))
    #expect(
      try Tools.comesTrue {
        _ = try handshake("-alpn", "h2"); return daemon.log.contains("TLS for another protocol")
      })
    // A client without TLS is no client there, and one with TLS none on a plain port.
    #expect(try Tools.safegrid("ping", "--connect", "tcp://\(place)").status == 3)
  }

  @Test func `a daemon that would be open, or cannot show who it is, does not start`() throws {
    let other = try certificates.sign("other", "DNS:x")
    let shown = ["--tls-certificate", server.certificate, "--tls-key", server.key]
    for (arguments, reason) in [
      (["--listen", "tcp://0.0.0.0:0"], "TCP without TLS stays on the loopback"),
      (["--listen", "tls://0.0.0.0:0"], "needs --tls-certificate and --tls-key"),
      (["--tls-certificate", server.certificate], "--tls-certificate and --tls-key go together"),
      (["--tls-client-ca", certificates.authority], "--tls-client-ca goes with"),
      (["--tls-certificate", server.certificate, "--tls-key", other.key], "is not the key of"),
      (["--tls-certificate", "/nonexistent", "--tls-key", other.key], "cannot read /nonexistent: No such file"),
      (["--tls-certificate", server.key, "--tls-key", server.key], "holds no certificate in PEM"),
      (shown + ["--tls-client-ca", server.key], "holds no certificate in PEM"),
    ] {
      let data = "\(folder.path)/data"
      let result = try Tools.run("safegridd", ["--data", data, "--listen", "unix:\(folder.path)/s"] + arguments)
      #expect(result.status != 0 && result.errors.contains(reason), "\(arguments): \(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: data))
    }
  }

  /// What a new connection is shown.
  private func shown(at endpoint: String) throws -> Bool {
    let output = try Tools.run(
      URL(filePath: "/usr/bin/openssl"),
      ["s_client", "-connect", String(endpoint.dropFirst(6)), "-alpn", "gridwire/1"]
    ).output
    let text = try String(contentsOfFile: server.certificate, encoding: .utf8)
    return output.contains(text.trimmingCharacters(in: .newlines))
  }

  @Test func `at SIGHUP certificates are read again, and a bad one changes nothing`() async throws {
    let (daemon, endpoint) = try daemon()
    try daemon.setUp()
    let secret = try #require(
      AccessToken(try daemon.safegrid("admin", "token", "create", "--for", "gm1").lines[0]))
    let connection = try await Connection.connect(
      to: Endpoint(endpoint)!, token: secret, tls: ClientTLS(authority: certificates.authority))
    #expect(try shown(at: endpoint))
    _ = try certificates.sign("server", "DNS:localhost", "IP:127.0.0.1")
    #expect(try !shown(at: endpoint))
    kill(daemon.identifier, SIGHUP)
    #expect(try Tools.comesTrue { try shown(at: endpoint) })
    // Who was there stays.
    _ = try await connection.ping()
    #expect(connection.greeting.principal == "person:gm1")
    let good = try String(contentsOfFile: server.certificate, encoding: .utf8)
    try Data("nothing\n".utf8).write(to: URL(filePath: server.certificate))
    kill(daemon.identifier, SIGHUP)
    #expect(
      try Tools.comesTrue {
        _ = try daemon.safegrid("ping"); return daemon.log.contains("holds no certificate in PEM")
      })
    try Data(good.utf8).write(to: URL(filePath: server.certificate))
    #expect(try shown(at: endpoint))
    await connection.close()
  }

  @Test func `at SIGHUP the policy is read again, and who is somebody else by it must connect again`() async throws {
    let gateway = try certificates.sign("gateway", "DNS:gateway.example")
    let staying = try certificates.sign("staying", "DNS:staying.example")
    let stays = #"{certificate_name: "staying.example", principal: "staying", grants: [{role: "auditor"}]}"#
    func rule(_ role: String) -> String {
      #"{certificate_name: "gateway.example", principal: "gateway", grants: [{role: "\#(role)"}]}"#
    }
    let path = try policy(rule("auditor"), stays)
    let (daemon, endpoint) = try daemon("--policy", path)
    func connect(_ files: TLSCertificateFiles) async throws -> Connection {
      try await Connection.connect(
        to: Endpoint(endpoint)!, tls: ClientTLS(authority: certificates.authority, showing: files))
    }
    let (leaver, stayer) = (try await connect(gateway), try await connect(staying))
    _ = try await AuditClient(leaver).verify(VerifyJournal())
    // A file that cannot be meant so changes nothing.
    _ = try policy("{principal: 1}")
    kill(daemon.identifier, SIGHUP)
    #expect(
      try Tools.comesTrue {
        _ = try daemon.safegrid("ping"); return daemon.log.contains("not read again")
      })
    _ = try await AuditClient(leaver).verify(VerifyJournal())
    _ = try policy(rule("grid_member"), stays)
    kill(daemon.identifier, SIGHUP)
    #expect(
      try Tools.comesTrue {
        try safegrid(endpoint, showing: gateway, "ping", "--json").json["roles"] as? [String] == ["grid_member@*"]
      })
    let failure = await #expect(throws: CallFailure.self) { try await AuditClient(leaver).verify(VerifyJournal()) }
    #expect(failure?.message.contains("the rules for gateway have changed; connect again") == true, "\(failure!)")
    _ = try await AuditClient(stayer).verify(VerifyJournal())
    await stayer.close()
  }

  @Test func `large requests and long streams pass through TLS as they are`() throws {
    let boss = try certificates.sign("boss", "DNS:boss.example")
    let (daemon, endpoint) = try daemon(
      "--policy",
      policy(
        #"{certificate_name: "boss.example", principal: "boss", grants: [{role: "administrator"}, {role: "auditor"}, {role: "delegate"}]}"#
      ))
    let load = try safegrid(
      endpoint, showing: boss, "load", "--duration", "1", "--connections", "4", "--in-flight", "8", "--json")
    #expect(load.status == 0, "\(load.output) \(load.errors)")
    let export = try safegrid(endpoint, showing: boss, "audit", "verify", "--json")
    #expect(export.json["intact"] as? Bool == true)
    #expect(daemon.end(by: SIGTERM) == 0)
  }
}
