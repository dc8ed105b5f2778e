import Bytes
import Glibc
import NIOCore
import NIOPosix
import RPC
import Support
import Testing

@testable import Transport

@Suite struct ListenerTests {
  @Test func `what a peer on TCP does not acknowledge is given up after 45 seconds`() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let accepted = group.any().makePromise(of: [Int32].self)
    let (endpoint, listener) = try await listen(try #require(Endpoint("tcp://127.0.0.1:0"))) { peer in
      // While it is accepted the socket is open, whatever becomes of it later; its peer has the client's port.
      // Safe: the function gets an address of the length that is given.
      let port = peer.address.split(separator: ":").last.flatMap { Int($0) }
      let descriptor = (3..<getdtablesize()).first { unsafe port == number(of: $0, getpeername) }
      accepted.succeed(
        descriptor.map { [option(IPPROTO_TCP, 18, of: $0), option(IPPROTO_TCP, TCP_NODELAY, of: $0)] } ?? [])
    }
    guard case .tcp(let host, let port) = endpoint else { return }
    let client = try await ClientBootstrap(group: group).connect(host: host, port: port).get()
    #expect(try await accepted.futureResult.get() == [45_000, 1])
    // A listener that hears nothing may have hung up first.
    try? await client.close().get()
    await listener.close()
  }

  @Test func `a socket file is left alone by a daemon whose place it is no more`() async throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/s"
    let (_, first) = try await listen(.unix(path: path))
    for name in [path, "\(path).lock"] { try #require(unsafe unlink(name) == 0) }
    let (_, second) = try await listen(.unix(path: path))
    await first.close()
    #expect(unsafe access(path, F_OK) == 0, "it belongs to the second")
    await second.close()
    #expect(unsafe access(path, F_OK) != 0)
  }

  @Test func `a live socket without a lock, and what is half made, are seen`() async throws {
    let folder = TemporaryFolder()
    let path = "\(folder.path)/s"
    // As systemd makes it, and as one leaves it that dies while it binds.
    let group = MultiThreadedEventLoopGroup.singleton
    let live = try await ServerBootstrap(group: group).bind(unixDomainSocketPath: path).get()
    let half = try await ServerBootstrap(group: group).bind(unixDomainSocketPath: "\(path).new").get()
    await #expect { _ = try await listen(.unix(path: path)) } throws: { "\($0)".contains("something listens on") }
    try await live.close()
    try await half.close()
    let (_, listener) = try await listen(.unix(path: path))
    #expect(unsafe access("\(path).new", F_OK) != 0)
    await listener.close()
  }

  private func listen(
    _ endpoint: Endpoint, accepting: @escaping @Sendable (PeerIdentity) -> Void = { _ in }
  ) async throws -> (Endpoint, Listener) {
    let listener = try await Listener.bind(endpoint, on: .singletonMultiThreadedEventLoopGroup, tls: nil) { _, peer in
      accepting(peer)
      return ServerChannelHandler(
        ServerConnection(identifier: 1, peer: peer, limits: Limits(), isLocal: false, dispatcher: Silent()), peer: peer,
        sendBuffer: SendBuffer()
      ) { _ in }
    }
    return (listener.endpoint, listener)
  }
}

private func number(
  of descriptor: Int32, _ name: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
) -> Int? {
  var address = sockaddr_in()
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  // Safe: the address has the length that is given.
  let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe name(descriptor, $0, &length) }
  }
  return result == 0 && address.sin_family == sa_family_t(AF_INET) ? Int(UInt16(bigEndian: address.sin_port)) : nil
}

private func option(_ level: Int, _ name: Int32, of descriptor: Int32) -> Int32 {
  var value: Int32 = 0
  var length = socklen_t(MemoryLayout<Int32>.size)
  // Safe: the value has the length that is given.
  return unsafe getsockopt(descriptor, Int32(level), name, &value, &length) == 0 ? value : -1
}

/// Says nothing.
private final class Silent: Dispatcher {
  typealias Peer = PeerIdentity

  func greet(_ connection: ServerConnection<Silent>, token: String?) -> Greeting {
    Greeting(
      server: "", session: 1, historyIdentifier: [], schemaHash: [], principal: "", roles: [],
      serverTimeMilliseconds: 0)
  }
  func begin(_ call: IncomingCall, body: RawSpan, on connection: ServerConnection<Silent>) {}
  func cancel(stream: UInt32, on connection: ServerConnection<Silent>) {}
  func burstEnded() {}
  func extendCredit(stream: UInt32, on connection: ServerConnection<Silent>) {}
}
