import API
import Client
import Foundation
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

/// Secrets for callers whom the kernel does not know.
@Suite(.timeLimit(.minutes(20))) struct TokenTests {
  private let daemon: Daemon

  init() throws {
    daemon = try Daemon(["--listen", "tcp://127.0.0.1:0"])
    try daemon.setUp()
  }

  /// A new token for a person: its secret.
  private func make(_ person: String, days: Int = 30) throws -> String {
    let result = try daemon.safegrid("admin", "token", "create", "--for", person, "--expires-in-days", "\(days)")
    try #require(result.status == 0, "\(result.errors)")
    // The secret stands alone on standard output, and nowhere else.
    #expect(result.lines.count == 1 && !result.errors.contains(result.lines[0]))
    return result.lines[0]
  }

  private func safegrid(token: String, _ arguments: String...) throws -> Tools.Result {
    try Tools.run("safegrid", arguments, ["SAFEGRID_CONNECT": daemon.endpoint, "SAFEGRID_TOKEN": token])
  }

  private var list: [[String: Any]] {
    get throws {
      try daemon.safegrid("admin", "token", "list", "--all", "--json").json["tokens"] as? [[String: Any]] ?? []
    }
  }

  @Test func `a token lends what its person may do, and no more`() throws {
    let secret = try make("gm1")
    let greeting = try safegrid(token: secret, "ping", "--json")
    #expect(greeting.json["principal"] as? String == "person:gm1")
    #expect(greeting.json["roles"] as? [String] == ["grid_member@421222100001001"])
    let report = try safegrid(token: secret, "call", "Hazard.submit", Daemon.report)
    #expect(report.status == 0, "\(report.errors)")
    // Who did it is the person, whom nobody had to speak for.
    let number = try #require(report.json["number"] as? String)
    #expect(try daemon.safegrid("hazard", "show", number, "--json").json["reporter"] as? String == "gm1")
    for denied in [["admin", "token", "list"], ["person", "show", "gm1"], ["hazard", "list", "421222100001000"]] {
      let result = try Tools.run(
        "safegrid", denied, ["SAFEGRID_CONNECT": daemon.endpoint, "SAFEGRID_TOKEN": secret])
      #expect(result.status == 1 && result.errors.hasPrefix("safegrid: PERMISSION_DENIED"), "\(result.errors)")
    }
    let spoken = try safegrid(token: secret, "call", "Hazard.submit", Daemon.report, "--as", "gm2")
    #expect(spoken.errors.contains("may not act for gm2"), "\(spoken.errors)")
  }

  @Test func `what is stored, journaled and logged holds no secret`() throws {
    let secret = try make("gm1")
    _ = try safegrid(token: secret, "ping")
    // A well-formed one that nobody made.
    _ = try safegrid(token: AccessToken.make().text, "ping")
    #expect(try list.map { $0["person"] as? String } == ["gm1"])
    daemon.end(by: SIGTERM)
    let digits = secret.dropFirst(4).prefix(64)
    let raw = Data([UInt8](hexadecimalDigits: digits))
    var byteCount = 0
    for file in try FileManager.default.subpathsOfDirectory(atPath: daemon.folder.path) {
      let content = try written("\(daemon.folder.path)/\(file)")
      #expect(content.range(of: Data(digits.utf8)) == nil && content.range(of: raw) == nil, "\(file)")
      byteCount += content.count
    }
    #expect(byteCount > 4096)
    #expect(daemon.log.contains("token refused") && daemon.log.contains("reason=unknown"), "\(daemon.log)")
  }

  // `SEEK_DATA` and `SEEK_HOLE` of Linux, which Glibc hides behind `_GNU_SOURCE`.
  private static let (seekData, seekHole) = (Int32(3), Int32(4))

  /// What was ever written into a file; the state's ends in a hole of gigabytes.
  private func written(_ path: String) throws -> Data {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, Self.seekHole)
    let isFolder = (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
    guard end > 0, !isFolder else { return Data() }
    #expect(lseek(descriptor, end, Self.seekData) < 0, "\(path) has data behind a hole")
    let file = try #require(FileHandle(forReadingAtPath: path))
    return try file.read(upToCount: Int(end)) ?? Data()
  }

  @Test func `nobody is told whether a token is unknown, expired or revoked`() throws {
    let (expired, revoked) = (try make("gm1", days: 1), try make("gm1", days: 30))
    #expect(try daemon.safegrid("admin", "advance-clock", "1d").status == 0)
    let id = try #require(try list.first { $0["expiresAt"] as? String != "2026-03-03T00:30:00Z" }?["id"] as? String)
    #expect(try daemon.safegrid("admin", "token", "revoke", id).status == 0)
    let answers = try [expired, revoked, AccessToken.make().text].map { try safegrid(token: $0, "ping") }
    #expect(answers.allSatisfy { $0.status == 3 } && Set(answers.map(\.errors)).count == 1, "\(answers.map(\.errors))")
    #expect(answers[0].errors.contains("the token is not accepted"))
    for reason in ["expired", "revoked", "unknown"] { #expect(daemon.log.contains("reason=\(reason)"), "\(reason)") }
    // To revoke it twice changes nothing.
    let again = try daemon.safegrid("admin", "token", "revoke", id, "--json")
    #expect(again.json["revokedBy"] as? String == "uid:\(geteuid())")
  }

  @Test func `a slip in a token is found before anybody is asked`() throws {
    let text = AccessToken.make().text
    #expect(AccessToken(text)?.text == text && AccessToken(" \(text)\n")?.text == text)
    for index in text.indices.dropFirst(4) {
      var mistyped = text
      mistyped.replaceSubrange(index...index, with: text[index] == "0" ? "1" : "0")
      #expect(AccessToken(mistyped) == nil)
    }
    for wrong in ["", "sgt_", String(text.dropLast()), text + "0", text.uppercased(), String(text.dropFirst(4))] {
      #expect(AccessToken(wrong) == nil)
    }
    let result = try Tools.run(
      "safegrid", ["ping", "--connect", "tcp://192.0.2.1:1"], ["SAFEGRID_TOKEN": String(text.dropLast())])
    #expect(result.status == 1 && result.errors.contains("no token, or was not copied whole"), "\(result.errors)")
  }

  @Test func `a token's file is for its owner's eyes`() throws {
    let path = try daemon.file("token", make("gm1"))
    #expect(unsafe chmod(path, 0o640) == 0)
    let open = try daemon.safegrid("ping", "--token-file", path)
    #expect(open.status == 1 && open.errors.contains("others may read \(path)"), "\(open.errors)")
    #expect(unsafe chmod(path, 0o600) == 0)
    #expect(try daemon.safegrid("ping", "--token-file", path, "--json").json["principal"] as? String == "person:gm1")
  }

  /// On open connections: commands, queries and streams.
  @Test(arguments: [true, false])
  func `with its token's end a connection loses its power at the next call`(isRevoked: Bool) async throws {
    let secret = try #require(AccessToken(try make("vs1", days: 1)))
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!, token: secret)
    let grid = try #require(GridCode("421222100001000"))
    let watch = try await HazardClient(connection).watch(WatchHazards(holder: grid))
    var health = try await HealthClient(connection).watch(CheckHealth()).makeAsyncIterator()
    #expect(try await health.next()?.state == .ready)
    let number = try #require(HazardNumber(try daemon.submit()))
    var changes = watch.makeAsyncIterator()
    #expect(try await changes.next()?.hazard.holder == grid)
    #expect(try await HazardClient(connection).count(CountHazards(grid: grid)).grid == grid)
    if isRevoked {
      let id = try #require(try list.first?["id"] as? String)
      #expect(try daemon.safegrid("admin", "token", "revoke", id).status == 0)
    } else {
      #expect(try daemon.safegrid("admin", "advance-clock", "1d").status == 0)
    }
    await expectEnded { _ = try await HazardClient(connection).count(CountHazards(grid: grid)) }
    await expectEnded { _ = try await AdminClient(connection).status(Empty()) }
    await expectEnded {
      _ = try await HazardClient(connection).forwardUp(HazardNote(number: number, note: "转报"))
    }
    _ = try daemon.submit()
    await expectEnded { while try await changes.next() != nil {} }
    await expectEnded { while try await health.next() != nil {} }
    await connection.close()
  }

  private func expectEnded(_ call: () async throws -> Void) async {
    do {
      try await call()
      Issue.record("the call was answered")
    } catch let failure as CallFailure {
      #expect(failure.code == .unauthenticated && failure.refusal?.name == "TokenEnded", "\(failure)")
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func `what its person may do is looked up at each call`() async throws {
    let secret = try #require(AccessToken(try make("gm1")))
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!, token: secret)
    let cell = try #require(GridCode("421222100001001"))
    _ = try await HazardClient(connection).count(CountHazards(grid: cell))
    let moved = try daemon.safegrid(
      "call", "Person.put",
      #"{"persons":[{"id":"gm1","name":"张三","grants":[{"role":"GRID_MEMBER","grid":"421222100001002"}]}]}"#)
    #expect(moved.status == 0, "\(moved.errors)")
    await #expect(throws: CallFailure.self) { try await HazardClient(connection).count(CountHazards(grid: cell)) }
    let other = try #require(GridCode("421222100001002"))
    #expect(try await HazardClient(connection).count(CountHazards(grid: other)).grid == other)
    await connection.close()
  }
}

extension [UInt8] {
  fileprivate init(hexadecimalDigits text: Substring) {
    let digits = text.map { UInt8($0.hexDigitValue!) }
    self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
