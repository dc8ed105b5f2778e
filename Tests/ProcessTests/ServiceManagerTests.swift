import Client
import Foundation
import Support
import Testing
import Transport

/// A daemon under systemd, played by the test: sockets that are handed over, and what the daemon says of itself.
@Suite struct ServiceManagerTests {
  @Test func `a socket that was handed over is served, outlives the daemon, and is nobody else's`() throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/s.sock"
    let socket = try Socket(.unix(path: path))
    // Who comes before the daemon is there waits, and is answered: this one speaks no gridwire and is hung up on.
    let early = try Socket(connectedTo: path)
    #expect(early.write("GET / HTTP/1.1\r\n\r\n"))
    for signal in [SIGKILL, SIGTERM] {
      let daemon = try ActivatedDaemon(folder, socket)
      #expect(daemon.ready == "safegridd is ready on unix:\(path)")
      if signal == SIGKILL { #expect(early.readsEnd()) }
      #expect(try Tools.safegrid("ping", connect: "unix:\(path)").status == 0)
      let thief = try Tools.run("safegridd", ["--data", "\(folder.path)/other", "--listen", "unix:\(path)"])
      #expect(thief.status == 1 && thief.errors.contains("something listens on"), "\(thief.errors)")
      #expect(daemon.end(by: signal) == (signal == SIGTERM ? 0 : -SIGKILL))
      #expect(FileManager.default.fileExists(atPath: path), "the file is its maker's")
    }
  }

  @Test func `a socket named metrics serves metrics, and calls go elsewhere`() throws {
    let folder = TemporaryFolder()
    let socket = try Socket(.tcp(host: "127.0.0.1", port: 0))
    let daemon = try ActivatedDaemon(folder, socket, names: "metrics", ["--listen", "unix:\(folder.path)/s"])
    #expect(daemon.ready.hasPrefix("safegridd is ready on unix:\(folder.path)/s, metrics on tcp://127.0.0.1:"))
    #expect(try Tools.safegrid("ping", connect: "unix:\(folder.path)/s").status == 0)
    #expect(daemon.end(by: SIGTERM) == 0)
  }

  @Test func `what does not listen, or can be reached from outside, is not served`() throws {
    let folder = TemporaryFolder()
    let deaf = try Socket(.unix(path: "\(folder.path)/deaf"), listens: false)
    #expect { _ = try ActivatedDaemon(folder, deaf) } throws: {
      "\($0)".contains("descriptor 3 is no stream socket that listens")
    }
    let open = try Socket(.tcp(host: "0.0.0.0", port: 0))
    #expect { _ = try ActivatedDaemon(folder, open) } throws: { "\($0)".contains("TCP without TLS") }
  }

  @Test(arguments: ["", "@"])
  func `the manager hears when the daemon is ready and when it ends`(mark: String) throws {
    let folder = TemporaryFolder()
    let name = mark + (mark.isEmpty ? "\(folder.path)/notify" : "safegrid-test-\(UUID())")
    let manager = try Socket(datagramsAt: name)
    let daemon = try Daemon(in: folder, environment: ["NOTIFY_SOCKET": name])
    #expect(manager.receive() == "READY=1\nSTATUS=Serves on \(daemon.endpoint)")
    #expect(daemon.end(by: SIGTERM) == 0)
    #expect(manager.receive()?.hasPrefix("STOPPING=1\n") == true)
  }

  @Test func `an administrator gets in although all places are taken`() async throws {
    let folder = TemporaryFolder()
    // 280 descriptors are 24 connections: 12 for one account, and the 8 that are reserved.
    let daemon = try ActivatedDaemon(
      folder, Socket(.unix(path: "\(folder.path)/s.sock")), script: "ulimit -n 280; ")
    let endpoint = Endpoint.unix(path: "\(folder.path)/s.sock")
    var connections: [Connection] = []
    for _ in 0..<40 { connections.append(try await Connection.connect(to: endpoint)) }
    #expect(try Tools.safegrid("ping", connect: "\(endpoint)").status == 0)
    // Those that came first, in the open places, are still there; the first of the reserved ones had to go.
    for connection in connections.prefix(12) { _ = try await connection.ping() }
    await #expect { _ = try await connections[12].ping() } throws: { "\($0)".contains("gets its place") }
    #expect(daemon.end(by: SIGTERM) == 0)
  }
}

/// A daemon with a socket as descriptor 3.
private final class ActivatedDaemon {
  let ready: String
  private let process: Process

  init(
    _ folder: TemporaryFolder, _ socket: Socket, names: String? = nil, _ arguments: [String] = [], script: String = ""
  ) throws {
    let names = names.map { "LISTEN_FDNAMES=\($0) " } ?? ""
    process = Tools.process(
      URL(filePath: "/bin/sh"),
      [
        "-c", "exec 3<&0 </dev/null; \(script)LISTEN_PID=$$ LISTEN_FDS=1 \(names)exec \"$0\" \"$@\"",
        Tools.folder.appending(path: "safegridd").path, "--data", "\(folder.path)/data",
      ] + arguments)
    process.standardInput = FileHandle(fileDescriptor: socket.descriptor)
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    var line = Data()
    while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
      line += byte
    }
    ready = String(decoding: line, as: UTF8.self)
    guard !ready.isEmpty else {
      throw Daemon.Failure(log: String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self))
    }
  }

  func end(by signal: Int32) -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}

/// A socket of the test's own; closed when the test lets go of it.
private final class Socket {
  let descriptor: Int32

  init(_ endpoint: Endpoint, listens: Bool = true) throws {
    switch endpoint {
    case .unix(let path):
      descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      try Self.check(unsafe Self.withAddress(path) { unsafe bind(descriptor, $0, $1) })
    case .tcp(let host, _), .tls(let host, _):
      descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      // Safe: text and address are valid for the calls.
      address.sin_addr.s_addr = unsafe inet_addr(host)
      try Self.check(
        unsafe withUnsafePointer(to: &address) { pointer in
          unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
          }
        })
    }
    if listens { try Self.check(listen(descriptor, 128)) }
  }

  init(connectedTo path: String) throws {
    descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    try Self.check(unsafe Self.withAddress(path) { unsafe connect(descriptor, $0, $1) })
  }

  init(datagramsAt name: String) throws {
    descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    try Self.check(unsafe Self.withAddress(name) { unsafe bind(descriptor, $0, $1) })
  }

  deinit { close(descriptor) }

  func write(_ text: String) -> Bool {
    // Safe: the bytes are valid for the call.
    unsafe Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count
  }

  /// Waits for the other side to hang up.
  func readsEnd() -> Bool {
    var byte: UInt8 = 0
    return unsafe read(descriptor, &byte, 1) == 0
  }

  /// Waits for a datagram.
  func receive() -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
    return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  private static func check(_ result: Int32) throws {
    guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EINVAL) }
  }

  private static func withAddress(
    _ name: String, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    // Safe: names of tests are shorter than the field; the address is valid for the call.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      unsafe bytes.copyBytes(from: name.utf8)
      if name.hasPrefix("@") { unsafe bytes[0] = 0 }
    }
    let length = socklen_t(MemoryLayout.size(ofValue: address) - room + name.utf8.count)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe use($0, length) }
    }
  }
}
