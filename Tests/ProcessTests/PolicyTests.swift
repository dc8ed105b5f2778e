import Foundation
import Support
import Testing

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

  @Test(arguments: [
    (#"{rules: [{principal: "x"}]}"#, "the rule for x: it names neither a user nor a group"),
    (#"{rules: [{user: "1", principal: "x", grants: [{role: "system"}]}]}"#, "belong to the daemon alone"),
    (#"{rules: [{user: "1", principal: "system"}]}"#, "belong to the daemon alone"),
    (#"{rules: [{user: "nobody-of-that-name", principal: "x"}]}"#, "there is no account nobody-of-that-name"),
    (#"{rules: [{group: "nobody-of-that-name", principal: "x"}]}"#, "there is no group nobody-of-that-name"),
    ("{\n  rules: [\n    {user: \"1\", principal: \"x\", grants: [{role: \"king\"}]}]}", "policy.json5:3:"),
    (#"{rules: [{user: "1", principal: "x", grants: [{}]}]}"#, "rules.grants.role: is missing"),
    (#"{rules: [{user: "1", principal: "a b"}]}"#, "rules.principal"),
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
