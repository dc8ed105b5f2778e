import Bytes
import Foundation
import Support
import Testing

/// A daemon describes itself, and the tools need nothing else to speak with it.
@Suite struct DescribeTests {
  @Test func `services, methods, records, enums, errors and tables are described`() throws {
    let daemon = try Daemon()
    for (name, texts) in [
      ("Hazard", ["service Hazard 5", "command Hazard.submit(SubmitHazard) -> HazardReceipt", "Hazard.watch"]),
      (
        "Hazard.submit",
        [
          "command Hazard.submit", "grid_member Grid member", "UnknownGrid: ", "request SubmitHazard", "description",
          "GridCode",
        ]
      ), ("Hazard.watch", ["stream "]), ("Enterprise", ["service Enterprise", "record Enterprise", "USCC"]),
      ("Role", ["enum Role", "village_officer", "Village safety officer"]),
      ("UnknownGrid", ["error ", "not_found", "{code}"]),
      ("hazards", ["table hazards 40 of Hazard", "index worklist"]),
    ] as [(String, [String])] {
      let result = try daemon.safegrid("describe", name)
      #expect(result.status == 0, "\(name): \(result.errors)")
      for text in texts { #expect(result.output.contains(text), "\(name) lacks \(text): \(result.output)") }
    }
    let all = try daemon.safegrid("describe")
    for service in ["Grid", "Person", "Enterprise", "Credit", "Hazard", "Audit", "Admin", "Reflection", "Health"] {
      #expect(all.output.contains("service \(service) "), "\(service)")
    }
    let none = try daemon.safegrid("describe", "hazrd.submit")
    #expect(none.status == 1 && none.errors.contains("has nothing named hazrd.submit"))
    #expect(try daemon.safegrid("describe", "submit").errors.contains("Hazard.submit"))
    #expect(try daemon.safegrid("call", "Hazard.nothing").errors.contains("There is no method Hazard.nothing"))
  }

  @Test func `a role is described with what it may call, and the workflow with every row`() throws {
    let daemon = try Daemon()
    let role = try daemon.safegrid("describe", "auditor")
    for text in ["role auditor  Auditor", "Audit.read", "Hazard.show"] {
      #expect(role.output.contains(text), "\(role)")
    }
    #expect(!role.output.contains("Hazard.submit"))
    #expect(
      try daemon.safegrid("describe", "workflow").output
        == """
        hazard  The six-step loop of a hazard
        listing  Listing supervision of a major hazard
        enterprise  Life of an object of the ledger
        dishonesty  List of seriously dishonest subjects
        duty  Patrol and two-cadence duty
        report  A report of the public and its reward

        """)
    let workflow = try daemon.safegrid("describe", "workflow", "hazard")
    #expect(workflow.status == 0, "\(workflow.errors)")
    let rows = workflow.lines
    for (text, count) in [
      ("○ ─ submit Submit ", 1), ("► reported Reported", 3), (" └─ expire Deadline passed ", 6), (" ■", 3),
      ("closed Closed", 2), ("─ verify_pass Verify: passed ", 1),
    ] {
      #expect(rows.count { $0.contains(text) } == count, "\(text): \(workflow.output)")
    }
    let pass = try #require(rows.first { $0.hasPrefix("verify_pass ") })
    for text in ["fed_back", "closed", "nobody who took part", "village_officer", "the case is over"] {
      #expect(pass.contains(text), "\(pass)")
    }
    #expect(try daemon.safegrid("describe", "workflow", "hazards").errors.contains("it has hazard"))
    #expect(try daemon.safegrid("describe", "Hazard", "Grid").status == 2)
  }

  @Test func `any stream is watched by name, and what answers once is not`() throws {
    let daemon = try Daemon()
    let watched = try daemon.safegrid("watch", "Health.watch", "--count", "1")
    #expect(watched.status == 0 && watched.json["state"] as? String == "READY", "\(watched)")
    let entries = try daemon.safegrid("watch", "Audit.read", #"{"throughSequence":2}"#)
    #expect(entries.lines.count == 2 && entries.lines[1].contains(#""sequence":"2""#), "\(entries)")
    let once = try daemon.safegrid("watch", "Health.check")
    #expect(once.status == 2 && once.errors.contains("safegrid call Health.check"), "\(once.errors)")
    #expect(try daemon.safegrid("call", "nothing").errors.contains("nothing is not SERVICE.METHOD"))
  }

  @Test func `a daemon of another version is called as it describes itself`() throws {
    let daemon = try Daemon()
    let hash = try #require(
      Data(base64Encoded: try daemon.safegrid("call", "Reflection.interface").json["schemaHash"] as? String ?? ""))
    // The same daemon, with another hash and another name for one of its methods.
    let path = "\(daemon.folder.path)/p.sock"
    let proxy = try Proxy(listen: path, connect: daemon.socket) { bytes in
      Proxy.replaceHash([UInt8](hash), in: &bytes)
      Proxy.replace(Array("4: status(".utf8), by: Array("4: statux(".utf8), in: &bytes)
    }
    defer { proxy.stop() }
    let reply = try Tools.safegrid("call", "Admin.statux", connect: "unix:\(path)")
    #expect(reply.json["version"] as? String == "0.1.0", "\(reply.errors)")
    #expect(try Tools.safegrid("call", "Admin.status", connect: "unix:\(path)").errors.contains("There is no method"))
    #expect(
      try Tools.safegrid("watch", "Admin.statux", connect: "unix:\(path)").errors.contains("Admin.statux answers once"))
    #expect(try Tools.safegrid("describe", "Admin", connect: "unix:\(path)").output.contains("Admin.statux"))
    // Nothing but the hash says that it is another version.
    #expect(try daemon.safegrid("call", "Admin.statux").status == 2)
  }
}

/// Carries bytes between a client and a daemon, and changes what the daemon says.
private final class Proxy: @unchecked Sendable {
  // Safe to share: the descriptor is closed once, by the test.
  private let listening: Int32

  init(listen path: String, connect target: String, change: @escaping @Sendable (inout [UInt8]) -> Void) throws {
    let listening = try unsafe Self.socket(path) { unsafe bind($0, $1, $2) }
    self.listening = listening
    guard Glibc.listen(listening, 8) == 0 else { throw POSIXError(.EINVAL) }
    Thread.detachNewThread {
      while case let client = accept(listening, nil, nil), client >= 0 {
        guard let server = try? unsafe Self.socket(target, { unsafe connect($0, $1, $2) }) else { return }
        Thread.detachNewThread { Self.carry(client, server) { _ in } }
        Thread.detachNewThread { Self.carry(server, client, change) }
      }
    }
  }

  func stop() { shutdown(listening, Int32(SHUT_RDWR)) }

  private static func socket(
    _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws -> Int32 {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // Safe: paths of tests are shorter than the field; the address is valid for the call.
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe strcpy(UnsafeMutableRawPointer(pointer).advanced(by: 2).assumingMemoryBound(to: CChar.self), path)
      return unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EINVAL) }
    return descriptor
  }

  private static func carry(_ source: Int32, _ target: Int32, _ change: (inout [UInt8]) -> Void) {
    var room = [UInt8](repeating: 0, count: 256 << 10)
    // Safe: the buffers are valid for the calls.
    while case let count = unsafe read(source, &room, room.count), count > 0 {
      var bytes = Array(room.prefix(count))
      change(&bytes)
      var sent = 0
      while sent < bytes.count {
        let step = unsafe bytes.withUnsafeBytes { unsafe write(target, $0.baseAddress! + sent, bytes.count - sent) }
        guard step > 0 else { return }
        sent += step
      }
    }
    shutdown(target, Int32(SHUT_WR))
  }

  static func replace(_ old: [UInt8], by new: [UInt8], in bytes: inout [UInt8]) {
    guard let range = bytes.firstRange(of: old) else { return }
    bytes.replaceSubrange(range, with: new)
  }

  /// Changes the hash in HELLO_OK, which has a checksum.
  static func replaceHash(_ hash: [UInt8], in bytes: inout [UInt8]) {
    guard bytes.count > 16, bytes[4] == 2, let range = bytes.firstRange(of: hash) else { return }
    bytes[range.lowerBound] ^= 1
    let length = bytes.withRawSpan { Int($0.littleEndian(at: 0, as: UInt32.self)) }
    let checksum = (Array(bytes[..<12]) + bytes[16..<16 + length]).withRawSpan { Checksum.of($0) }
    var writer = ByteWriter()
    writer.appendLittleEndian(checksum)
    bytes.replaceSubrange(12..<16, with: writer.bytes())
  }
}
