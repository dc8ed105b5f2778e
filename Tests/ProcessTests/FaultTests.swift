import Bytes
import Client
import Foundation
import Glibc
import RPC
import Support
import Testing
import Transport

/// What goes wrong around a daemon, and how it goes on.
@Suite struct FaultTests {
  /// Submit, show, SIGKILL, restart, show: the first thing that this product has to do.
  @Test func `what was acknowledged survives SIGKILL, and is repeated by its request key`() throws {
    let folder = TemporaryFolder()
    var daemon = try Daemon(in: folder)
    try daemon.setUp()
    // 2026-03-02 00:30 UTC and a counter of its own.
    let key = "019cabf3-af40-7000-8000-000000000001"
    let first = try daemon.safegrid("call", "Hazard.submit", Daemon.report, "--as", "gm1", "--request-key", key)
    let number = try #require(first.json["number"] as? String, "\(first.errors)")
    let shown = try daemon.safegrid("hazard", "show", number, "--json").output
    for _ in 0..<3 {
      #expect(daemon.end(by: SIGKILL) == -SIGKILL)
      daemon = try Daemon(in: folder)
      #expect(try daemon.safegrid("hazard", "show", number, "--json").output == shown)
    }
    let again = try daemon.safegrid("call", "Hazard.submit", Daemon.report, "--as", "gm1", "--request-key", key)
    #expect(again.status == 0 && again.output == first.output)
    let other = Daemon.report.replacing("堵塞", with: "占用")
    let reused = try daemon.safegrid("call", "Hazard.submit", other, "--as", "gm1", "--request-key", key)
    #expect(reused.status == 1)
    #expect(
      reused.errors
        == "safegrid: ALREADY_EXISTS (not executed): This request key was used for another request; choose a new key.\n"
    )
    #expect(
      try daemon.safegrid("hazard", "list", "421222000000000", "--json").json["hazards"].map { ($0 as? [Any])?.count }
        == 1)
    #expect(try daemon.safegrid("audit", "verify").status == 0)
  }

  @Test func `a wrong-state event is refused and changes nothing`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let number = try daemon.submit()
    let before = try daemon.safegrid("hazard", "show", number, "--json").output
    let refused = try daemon.safegrid("hazard", "verify-pass", number, "--as", "vs1")
    #expect(refused.status == 1)
    #expect(
      refused.errors
        == "safegrid: FAILED_PRECONDITION (not executed): Verify: passed is not possible while case \(number) is Reported.\n"
    )
    #expect(try daemon.safegrid("hazard", "show", number, "--json").output == before)
    let elsewhere = try daemon.safegrid("hazard", "file", number, "--as", "gm2")
    #expect(elsewhere.status == 1 && elsewhere.errors.contains("PERMISSION_DENIED"))
    let unknown = try daemon.safegrid(
      "call", "Hazard.submit", Daemon.report.replacing("421222100001001", with: "421222100001777"), "--as", "to1")
    #expect(unknown.status == 1 && unknown.errors.contains("There is no active grid 421222100001777."))
  }

  /// A plain socket to the daemon.
  private func dial(_ daemon: Daemon) throws -> FileHandle {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // Safe: the path fits, and the address has the size that is given.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: daemon.socket.utf8) }
    let code = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(code == 0)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  @Test func `garbage, other protocols, floods and half frames harm nobody else`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    var rude: [FileHandle] = []
    for bytes in [
      Data("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), Data((0..<100_000).map { _ in UInt8.random(in: 0...255) }),
      Data(Magic.bytes), Data(Magic.bytes + [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      Data([0x89]), Data(Magic.bytes + [10, 0, 0, 0, 1]), Data([0x16, 0x03, 0x01]), Data(repeating: 0, count: 1 << 20),
    ] {
      let handle = try dial(daemon)
      // The daemon may hang up in the middle of it.
      signal(SIGPIPE, SIG_IGN)
      try? handle.write(contentsOf: bytes)
      rude.append(handle)
      #expect(try daemon.safegrid("ping").status == 0)
    }
    let number = try daemon.submit()
    #expect(try daemon.safegrid("hazard", "show", number).status == 0)
    // Whoever broke the protocol is hung up on; HTTP hears nothing that it could not understand.
    let answer = try rude[0].readToEnd()
    #expect(answer == nil || answer == Data())
    #expect(daemon.log.contains("the first bytes look like HTTP"))
  }

  @Test func `an unknown method and an unknown field are refused, each on its own call`() async throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    await #expect {
      _ = try await connection.unary(method: 77 << 8 | 1, isCommand: false, [], CallOptions())
    } throws: { error in
      (error as? CallFailure)?.code == .unimplemented && (error as? CallFailure)?.outcome == .notExecuted
    }
    // PutPersons with a field 99 that this version does not know.
    var writer = ByteWriter()
    writer.field(99, "future")
    let future = writer.bytes()
    await #expect {
      _ = try await connection.unary(method: 2 << 8 | 1, isCommand: true, future, CallOptions())
    } throws: { error in
      (error as? CallFailure)?.message.contains("fields that this version does not know") == true
    }
    await #expect {
      _ = try await connection.unary(method: 5 << 8 | 40, isCommand: false, [0xff], CallOptions())
    } throws: { error in
      (error as? CallFailure)?.code == .invalidArgument
    }
    // Nothing left of the deadline: nothing is done.
    await #expect {
      _ = try await connection.unary(method: 5 << 8 | 43, isCommand: false, [], CallOptions(timeout: .zero))
    } throws: { error in
      (error as? CallFailure)?.code == .deadlineExceeded
    }
    #expect(try await connection.ping() > .zero)
    await connection.close()
  }

  @Test func `two daemons cannot share a folder or a socket, and a stale socket stops nobody`() throws {
    let folder = TemporaryFolder()
    let daemon = try Daemon(in: folder)
    let sameFolder = try Tools.run(
      "safegridd", ["--data", daemon.data, "--listen", "unix:\(folder.path)/other.sock"])
    #expect(sameFolder.status == 1 && sameFolder.errors.contains("another process is using"))
    let sameSocket = try Tools.run(
      "safegridd", ["--data", "\(folder.path)/other", "--listen", daemon.endpoint])
    #expect(sameSocket.status == 1 && sameSocket.errors.contains("another daemon listens on"))
    #expect(try daemon.safegrid("ping").status == 0)
    daemon.end(by: SIGKILL)
    #expect(FileManager.default.fileExists(atPath: daemon.socket))
    #expect(try Daemon(in: folder).safegrid("ping").status == 0)
    let file = try daemon.file("precious", "not a socket")
    let notASocket = try Tools.run("safegridd", ["--data", "\(folder.path)/third", "--listen", "unix:\(file)"])
    #expect(notASocket.status == 1 && notASocket.errors.contains("exists and is no socket"))
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "not a socket")
  }

  @Test func `plain TCP stays on the machine, and a test clock in its store`() throws {
    let folder = TemporaryFolder()
    let open = try Tools.run("safegridd", ["--data", "\(folder.path)/d", "--listen", "tcp://0.0.0.0:0"])
    #expect(open.status == 1 && open.errors.contains("TCP without TLS stays on the loopback"))
    let daemon = try Daemon(in: folder)
    let advanced = try daemon.safegrid("admin", "advance-clock", "2d")
    #expect(advanced.output == "it is 2026-03-04 08:30:00\n")
    daemon.end(by: SIGTERM)
    // The clock stands where it was left, and an ordinary store has none.
    let again = try Daemon(in: folder)
    #expect(try again.safegrid("admin", "status").output.contains("2026-03-04 08:30:00 (test clock)"))
    let ordinary = TemporaryFolder()
    let plain = Tools.process(
      "safegridd", ["--data", "\(ordinary.path)/d", "--listen", "unix:\(ordinary.path)/s.sock"])
    let pipe = Pipe()
    plain.standardOutput = pipe
    try plain.run()
    _ = try pipe.fileHandleForReading.read(upToCount: 20)
    let refused = try Tools.safegrid("admin", "advance-clock", "1d", connect: "unix:\(ordinary.path)/s.sock")
    #expect(refused.status == 1 && refused.errors.contains("not created for tests"))
    plain.terminate()
    plain.waitUntilExit()
    #expect(plain.terminationStatus == 0)
    let wrongStore = try Tools.run(
      "safegridd", ["--data", "\(ordinary.path)/d", "--listen", "unix:\(ordinary.path)/s.sock", "--manual-clock"])
    #expect(wrongStore.status == 1 && wrongStore.errors.contains("was not created for tests"))
  }

  @Test func `a profile with a fault is refused with its line`() throws {
    let folder = TemporaryFolder()
    for (text, message) in [
      ("{\n  name: \"x\",\n  hazard: { accept: \"1 wd\" },\n}", ":3:21: hazard.accept: \"1 wd\" is not a term"),
      ("{\n  name: \"x\",\n  limits: {}\n}", ":3:3: Profile has no field \"limits\""),
      ("{\n  name: \"x\"\n  edition: \"1\"\n}", ":3:3: a comma or } is missing"),
      ("{ edition: \"1\" }", ":1:1: name: is missing"),
    ] {
      let path = "\(folder.path)/p.json5"
      try Data(text.utf8).write(to: URL(filePath: path))
      let result = try Tools.run(
        "safegridd", ["--data", "\(folder.path)/d", "--listen", "unix:\(folder.path)/s.sock", "--profile", path])
      #expect(result.status == 1 && result.errors.contains("p.json5\(message)"), "\(result.errors)")
    }
  }

  @Test func `a journal that was spoiled is found out`() throws {
    let folder = TemporaryFolder()
    let daemon = try Daemon(in: folder)
    try daemon.setUp()
    for _ in 0..<5 { _ = try daemon.submit() }
    let path = "\(daemon.data)/journal/00000000000000000001.journal"
    var bytes = try #require(try FileBytes(path).content)
    // Inside an entry of the third batch or so, far before the end.
    bytes[4096 + 64 + 40] ^= 1
    try FileBytes(path).replace(bytes)
    let verified = try daemon.safegrid("audit", "verify")
    #expect(verified.status == 1 && verified.output.contains("DAMAGED"))
    daemon.end(by: SIGKILL)
    #expect(throws: Daemon.Failure.self) { _ = try Daemon(in: folder) }
    #expect(daemon.log.contains("is damaged at byte"))
  }

  @Test func `the state is copied as work goes on, and a start that cannot trust it begins with the copy`() throws {
    let folder = TemporaryFolder()
    var numbers: [String] = []
    do {
      let daemon = try Daemon(in: folder, ["--copy-every", "5"])
      try daemon.setUp()
      for _ in 0..<6 { numbers.append(try daemon.submit()) }
      let copies = "\(daemon.data)/copies"
      func manifests() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: copies).filter { $0.hasSuffix(".manifest") }
      }
      while try manifests().isEmpty { sched_yield() }
      numbers.append(try daemon.submit())
      #expect(daemon.end(by: SIGKILL) == -SIGKILL)
    }
    for name in ["mark", "state/data.mdb"] {
      try FileManager.default.removeItem(atPath: "\(folder.path)/data/\(name)")
    }
    let daemon = try Daemon(in: folder, ["--log-level", "info"])
    #expect(daemon.log.contains("condition=untrusted") && !daemon.log.contains("copy=none"), "\(daemon.log)")
    for number in numbers { #expect(try daemon.safegrid("hazard", "show", number).status == 0) }
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `a backup is made while reports come in, and holds all of them up to its entry`() async throws {
    let daemon = try Daemon()
    try daemon.setUp()
    for _ in 0..<3 { _ = try daemon.submit() }
    let endpoint = daemon.endpoint
    let load = Task {
      try Tools.run("safegrid", ["load", "--in-flight", "4", "--duration", "1"], ["SAFEGRID_CONNECT": endpoint])
    }
    let other = TemporaryFolder()
    let backup = try daemon.safegrid("backup", "\(other.path)/backup", "--json")
    #expect(backup.status == 0, "\(backup.errors)")
    #expect(try await load.value.status == 0)
    #expect(try daemon.safegrid("backup", "\(other.path)/backup").errors.contains("File exists"))
    #expect(try daemon.safegrid("backup", "relative/path").status == 1)
    let sequence = try #require(backup.json["sequence"] as? String)
    let restored = try Tools.safegrid("restore", "\(other.path)/backup", "\(other.path)/data")
    #expect(restored.status == 0 && restored.output.contains("up to entry \(sequence)"), "\(restored.errors)")
    // The backup is a data folder itself, too.
    try FileManager.default.removeItem(atPath: "\(other.path)/data")
    try FileManager.default.moveItem(atPath: "\(other.path)/backup", toPath: "\(other.path)/data")
    let again = try Daemon(in: other)
    let verified = try again.safegrid("verify", "--json")
    #expect(verified.status == 0)
    #expect(try again.safegrid("audit", "verify", "--json").json["lastSequence"] as? String == sequence)
  }

  @Test func `a folder is restored to the moment before a mistake, and served again`() throws {
    let folder = TemporaryFolder()
    let daemon = try Daemon(in: folder)
    try daemon.setUp()
    let number = try daemon.submit()
    let good = try daemon.safegrid("audit", "verify", "--json").json["lastSequence"] as? String ?? ""
    #expect(try daemon.safegrid("hazard", "decline", number, "--note", "误操作", "--as", "vs1").status == 0)
    #expect(daemon.end(by: SIGKILL) == -SIGKILL)
    let other = TemporaryFolder()
    let restored = try Tools.safegrid("restore", daemon.data, "\(other.path)/data", "--sequence", good)
    #expect(restored.status == 0 && restored.output.contains("up to entry \(good)"), "\(restored.errors)")
    let again = try Daemon(in: other)
    let shown = try again.safegrid("hazard", "show", number, "--json")
    #expect(shown.json["state"] as? String == "REPORTED")
    #expect(try again.safegrid("hazard", "file", number, "--as", "vs1").status == 0)
    #expect(try again.safegrid("verify").status == 0)
    let refused = try Tools.safegrid("restore", daemon.data, "\(other.path)/data")
    #expect(refused.status == 1 && refused.errors.contains("another process is using"), "\(refused.errors)")
    let wrong = try Tools.safegrid("restore", daemon.data, "\(other.path)/x", "--sequence", "99999")
    #expect(wrong.status == 1 && wrong.errors.contains("99999 is not in it"))
  }

  @Test func `the demonstration tells its whole story, through a kill, and leaves nothing behind`() throws {
    func leftovers() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "/tmp").filter { $0.hasPrefix("safegrid-demo-") }
    }
    let before = try leftovers()
    let result = try Tools.safegrid("demo", "--hazards", "1000", "--enterprises", "500")
    #expect(result.status == 0, "\(result.errors)")
    for line in [
      "207 divisions: 1 county 县, 16 townships 乡镇, 190 villages", "Closed 结案销号", "立案 → 派遣 → 签收 → 反馈 → 核查返工 → 反馈 → 核查通过",
      "The overdue list 逾期清单", "skips the village: held by township", "PERMISSION_DENIED", "1000 acknowledged in",
      "every checksum, every link of the chain, no gap", "The daemon is dead (signal 9)", "0 missing, 0 doubled",
      "left in order with exit status 0",
    ] {
      #expect(result.output.contains(line), "\(line)")
    }
    #expect(try leftovers() == before)
  }

  @Test func `the demonstration keeps its folder when asked, and takes only a new one`() throws {
    let folder = TemporaryFolder()
    let kept = "\(folder.path)/kept"
    #expect(try Tools.safegrid("demo", "--hazards", "100", "--enterprises", "500", "--keep", kept).status == 0)
    #expect(FileManager.default.fileExists(atPath: "\(kept)/data/mark"))
    let again = try Tools.safegrid("demo", "--keep", kept)
    #expect(again.status == 1 && again.errors.contains("is not empty"))
  }
}
