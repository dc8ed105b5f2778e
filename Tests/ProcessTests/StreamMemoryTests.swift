import API
import Bytes
import Client
import Foundation
import Glibc
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

/// What clients that take nothing cost the daemon: next to nothing, however much they ask for.
@Suite struct StreamMemoryTests {
  /// A client that writes frames and never reads a byte.
  private final class Deaf {
    private let descriptor: Int32

    init(_ path: String) throws {
      descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      // Safe: the path of a test's folder is shorter than the field, which is zero behind it.
      let status = unsafe withUnsafeMutableBytes(of: &address) { bytes in
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
        for (index, byte) in path.utf8.enumerated() { unsafe bytes[start + index] = byte }
        return unsafe connect(
          descriptor, unsafe bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self),
          socklen_t(MemoryLayout<sockaddr_un>.size))
      }
      guard status == 0 else { throw Daemon.Failure(log: "cannot connect: errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// Writes as much as the daemon takes; the rest is not sent.
    func write(_ bytes: [UInt8]) {
      var offset = 0
      while offset < bytes.count {
        let part = bytes[offset..<min(offset + 4096, bytes.count)]
        // Safe: the buffer is valid for the call.
        let sent = unsafe part.withUnsafeBytes {
          unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        guard sent > 0 else { return }
        offset += sent
      }
    }
  }

  private static func frame(_ type: FrameType, _ flags: FrameFlags, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.appendLittleEndian(UInt32(payload.count))
    writer.append(type.rawValue)
    writer.append(flags.rawValue)
    writer.appendLittleEndian(UInt16(0))
    writer.appendLittleEndian(stream)
    writer.appendLittleEndian(UInt32(0))
    writer.append(payload)
    let bytes = writer.bytes()
    // A checksum covers what stands before it and behind it.
    let sum = (Array(bytes[..<12]) + payload).withRawSpan { Checksum.of($0) }
    return bytes[..<12] + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt32($0))) } + bytes[16...]
  }

  private static func hello(credit: UInt64) -> [UInt8] {
    Magic.bytes
      + frame(
        .hello, [], stream: 0,
        Hello(
          versionMin: 1, versionMax: 1, frameBytesMax: 65_536, messageBytesMax: 4 << 20, streamCredit: credit,
          connectionCredit: credit, client: "deaf"
        ).encoded())
  }

  private static func open(_ method: Method, _ flags: FrameFlags, stream: UInt32, _ body: [UInt8]) -> [UInt8] {
    let head = Open(method: method.rawValue).encoded()
    return frame(.open, flags, stream: stream, [UInt8(head.count), 0] + head + body)
  }

  /// The most that the daemon has held since ``forgetPeak(_:)``, which does not depend on when it is asked.
  private func peakKiB(_ daemon: Daemon) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(daemon.identifier)/status", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
  }

  private func forgetPeak(_ daemon: Daemon) throws {
    // proc(5): 5 sets the peak of a process to what it holds now.
    try Data("5".utf8).write(to: URL(filePath: "/proc/\(daemon.identifier)/clear_refs"))
  }

  /// A daemon with a worklist and a journal of some mebibytes, which a client has read once.
  private func filled() async throws -> (Daemon, Connection) {
    let daemon = try Daemon()
    try daemon.setUp()
    let connection = try await Connection.connect(to: try #require(Endpoint(daemon.endpoint)))
    try await relay(800, connection)
    for try await _ in try await AuditClient(connection).read(ReadJournal()) {}
    var changes = try await HazardClient(connection).watch(Self.worklist).makeAsyncIterator()
    for _ in 0..<800 { _ = try await changes.next() }
    return (daemon, connection)
  }

  private static let worklist = WatchHazards(holder: GridCode("421222100001000")!)

  private func relay(_ count: Int, _ connection: Connection) async throws {
    let relay = try await HazardClient(connection).relay()
    for index in 0..<count {
      let report = RequestStreamTests.report("\(index)" + String(repeating: "隐患", count: 500))
      try await relay.send(
        RelayedHazard(requestKey: connection.makeRequestKey(), actingFor: "gm1", hazard: report))
    }
    await relay.finishSending()
    for try await receipt in relay.replies { #expect(receipt.refusal == nil) }
  }

  /// The KiB that the daemon comes to hold at most while `streams` of the deaf are open and it serves others.
  ///
  /// A client that takes nothing for half a minute is let go. On a slow machine that may come before the end, but not
  /// before all were seen open.
  private func peak(
    _ daemon: Daemon, _ connection: Connection, streams: UInt64, _ clients: [Deaf]
  ) async throws -> Int {
    var open: UInt64 = 0
    for _ in 0..<10_000 where open < streams {
      open = try await AdminClient(connection).metrics(Empty()).openStreams
    }
    #expect(open >= streams, "they were never all there: \(open)")
    for _ in 0..<4 { try await relay(50, connection) }
    withExtendedLifetime(clients) {}
    return try peakKiB(daemon)
  }

  /// - Parameter credit: what the clients allow: nothing holds the daemon back but their sockets, or the protocol does.
  @Test(arguments: [UInt64.max >> 2, 64 << 10])
  func `a hundred clients ask for endless streams and read nothing`(credit: UInt64) async throws {
    let (daemon, connection) = try await filled()
    try forgetPeak(daemon)
    let before = try peakKiB(daemon)
    let clients = try (0..<100).map { _ in try Deaf(daemon.socket) }
    for client in clients {
      client.write(Self.hello(credit: credit))
      for index in 0..<10 as Range<UInt32> {
        let journal = Self.open(.auditRead, .end, stream: index * 4 + 1, [])
        client.write(journal + Self.open(.hazardWatch, .end, stream: index * 4 + 3, Self.worklist.encoded()))
      }
    }
    let after = try await peak(daemon, connection, streams: 1000, clients)
    #expect(after - before < 32 << 10, "\(before) KiB before, \(after) KiB then")
    daemon.end(by: SIGTERM)
  }

  @Test func `a hundred clients send all that they may and take no answer`() async throws {
    let (daemon, connection) = try await filled()
    try forgetPeak(daemon)
    let before = try peakKiB(daemon)
    let clients = try (0..<100).map { _ in try Deaf(daemon.socket) }
    // Refused one by one, with answers that are larger than the questions.
    let message = RelayedHazard(requestKey: [1], hazard: SubmitHazard(class: "消防")).encoded()
    for client in clients {
      client.write(Self.hello(credit: 1))
      for stream in [1, 3] as [UInt32] {
        var bytes = Self.open(.hazardRelay, [], stream: stream, [])
        for _ in 0..<(Int(Limits().requestStreamCredit) / (message.count + Limits.messageOverheadBytes)) {
          bytes += Self.frame(.data, [], stream: stream, message)
        }
        client.write(bytes)
      }
    }
    let after = try await peak(daemon, connection, streams: 200, clients)
    #expect(after - before < 32 << 10, "\(before) KiB before, \(after) KiB then")
    daemon.end(by: SIGTERM)
  }
}
