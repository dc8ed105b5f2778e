import API
import Client
import Foundation
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

/// Who is who: accounts of the machine and the file that names them.
@Suite struct PolicyTests {
  private let folder = TemporaryFolder()

  private func policy(_ text: String) throws -> String {
    let path = "\(folder.path)/policy.json5"
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  /// Runs `safegrid` under another account.
  private func safegrid(user: Int, group: Int, _ endpoint: String, _ arguments: String...) throws -> Tools.Result {
    let program = Tools.folder.appending(path: "safegrid").path
    return try Tools.run(
      URL(filePath: "/usr/bin/setpriv"),
      ["--reuid", "\(user)", "--regid", "\(group)", "--clear-groups", program, "--connect", endpoint] + arguments)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can be somebody else"))
  func `an account is who the first fitting rule says, on a Unix socket and on the loopback`() throws {
    let path = try policy(
      """
      {
        rules: [
          // The provincial gateway.
          {user: "4711", principal: "gateway", grants: [{role: "auditor"}, {role: "delegate", grid: "421222100000000"}]},
          {group: "4712", principal: "tools", grants: [{role: "auditor"}]},
          {user: "nobody", principal: "guest"},
        ],
      }
      """)
    let daemon = try Daemon(in: folder, ["--policy", path, "--listen", "tcp://127.0.0.1:0"])
    let loopback = String(try #require(daemon.ready.split(separator: " ").last))
    // The socket is for everybody; the folder of this test has to be.
    #expect(unsafe chmod(folder.path, 0o711) == 0)
    for (user, group, endpoint, principal, roles) in [
      (4711, 4712, daemon.endpoint, "gateway", ["auditor@*", "delegate@421222100000000"]),
      (4711, 1, loopback, "gateway", ["auditor@*", "delegate@421222100000000"]),
      (4713, 4712, daemon.endpoint, "tools", ["auditor@*"]),
      // On the loopback the kernel names no group.
      (4713, 4712, loopback, "uid:4713", []), (65534, 65534, daemon.endpoint, "guest", []),
      (0, 0, daemon.endpoint, "uid:0", ["administrator@*", "auditor@*", "delegate@*"]),
    ] {
      let greeting = try safegrid(user: user, group: group, endpoint, "ping", "--json")
      #expect(greeting.json["principal"] as? String == principal, "\(greeting.errors)")
      #expect(greeting.json["roles"] as? [String] == roles)
    }
    #expect(try safegrid(user: 4711, group: 1, loopback, "audit", "verify").status == 0)
    let denied = try safegrid(user: 65534, group: 65534, daemon.endpoint, "audit", "verify")
    #expect(denied.status == 1 && denied.errors.hasPrefix("safegrid: PERMISSION_DENIED"), "\(denied.errors)")
  }

  @Test func `at SIGHUP a grant that is dropped ends what was opened under it at once, and a token's streams go on`()
    async throws
  {
    func rules(_ grants: String) throws -> String {
      try policy(#"{rules: [{user: "\#(geteuid())", principal: "gateway", grants: [\#(grants)]}]}"#)
    }
    let all = #"{role: "administrator"}, {role: "auditor"}, {role: "delegate"}"#
    let daemon = try Daemon(in: folder, ["--policy", rules(all)])
    try daemon.setUp()
    let village = try #require(GridCode("421222100001000"))
    let address = try #require(Endpoint(daemon.endpoint))
    let gateway = try await Connection.connect(to: address)
    var cases = try await HazardClient(gateway).watch(WatchHazards(holder: village)).makeAsyncIterator()
    var health = try await HealthClient(gateway).watch(CheckHealth()).makeAsyncIterator()
    let secret = try #require(AccessToken(try daemon.safegrid("admin", "token", "create", "--for", "vs1").lines[0]))
    let person = try await Connection.connect(to: address, token: secret)
    var own = try await HazardClient(person).watch(WatchHazards(holder: village)).makeAsyncIterator()
    #expect(try await health.next()?.state == .ready)
    // The same rules once more end nothing.
    kill(daemon.identifier, SIGHUP)
    #expect(
      try Tools.comesTrue {
        _ = try daemon.safegrid("ping"); return daemon.log.contains("were read again")
      })
    _ = try daemon.submit()
    #expect(try await cases.next()?.hazard.holder == village)
    #expect(try await own.next()?.hazard.holder == village)
    _ = try rules(#"{role: "grid_member", grid: "421222100001001"}"#)
    kill(daemon.identifier, SIGHUP)
    for end in [{ while try await cases.next() != nil {} }, { while try await health.next() != nil {} }] {
      let failure = await #expect(throws: CallFailure.self) { try await end() }
      #expect(
        failure?.code == .permissionDenied && failure?.refusal?.name == "RulesChanged", "\(String(describing: failure))"
      )
    }
    // Who connects again is who the rules say.
    let again = try await Connection.connect(to: address)
    #expect(again.greeting.roles == ["grid_member@421222100001001"])
    _ = try await HazardClient(again).submit(
      SubmitHazard(
        source: .memberPatrol, grid: #require(GridCode("421222100001001")), class: "消防", domain: .fire,
        severity: .general, urgency: .normal, description: "堵塞",
        photos: [Attachment(sha256: [UInt8](repeating: 1, count: 32))]))
    #expect(try await own.next()?.hazard.holder == village)
    await person.close()
    await again.close()
  }

  @Test(arguments: [
    (#"{rules: [{principal: "x"}]}"#, "the rule for x: it names neither a user, a group nor a certificate"),
    (#"{rules: [{user: "1", principal: "x", grants: [{role: "system"}]}]}"#, "belong to the daemon alone"),
    (#"{rules: [{user: "1", certificate_name: "x", principal: "x"}]}"#, "it names both an account and a certificate"),
    (#"{rules: [{certificate: "AB", principal: "x"}]}"#, "rules[0].certificate"),
    (#"{rules: [{user: "1", principal: "person:gm1"}]}"#, "are the daemon's own"),
    (#"{rules: [{user: "1", principal: "stranger"}]}"#, "are the daemon's own"),
    (#"{rules: [{user: "1", principal: "system"}]}"#, "belong to the daemon alone"),
    (#"{rules: [{user: "nobody-of-that-name", principal: "x"}]}"#, "there is no account nobody-of-that-name"),
    (#"{rules: [{group: "nobody-of-that-name", principal: "x"}]}"#, "there is no group nobody-of-that-name"),
    ("{\n  rules: [\n    {user: \"1\", principal: \"x\", grants: [{role: \"king\"}]}]}", "policy.json5:3:"),
    (#"{rules: [{user: "1", principal: "x", grants: [{}]}]}"#, "rules[0].grants[0].role: is missing"),
    (#"{rules: [{user: "1", principal: "a b"}]}"#, "rules[0].principal"),
    (#"{rule: []}"#, "policy.json5:1:"),
  ])
  func `a policy that cannot be meant so is refused with the reason`(text: String, reason: String) throws {
    let data = "\(folder.path)/data"
    let result = try Tools.run(
      "safegridd", ["--data", data, "--listen", "unix:\(folder.path)/s", "--policy", policy(text)])
    #expect(result.status == 1 && result.errors.contains(reason), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: data))
  }
}
