package import NIOCore
internal import NIOPosix
package import RPC

/// An open listening socket.
package struct Listener: Sendable {
  /// As bound: with the port that was given for port 0.
  package let endpoint: Endpoint
  private let channel: any Channel
  private let socketFile: SocketFile?

  /// Listens on `endpoint`. `accept` makes the handler of a new channel, on that channel's event loop, or turns it
  /// away.
  package static func bind<Handler: Dispatcher>(
    _ endpoint: Endpoint, on group: any EventLoopGroup,
    accept: @escaping @Sendable (any EventLoop, PeerIdentity) -> ServerChannelHandler<Handler>?
  ) async throws -> Listener {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        // Without descriptors a listening socket stays ready, and its loop would spin.
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
        }
      }
      // Requests are small and come many at once: one read takes what there is. A channel keeps the buffer of its last
      // read, so that one that rests should keep a small one.
      .childChannelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2 << 10, initial: 4 << 10, maximum: 64 << 10)
      )
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let handler = accept(channel.eventLoop, PeerIdentity.ask(channel)) else { throw TurnedAway() }
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
    switch endpoint {
    case .unix(let path):
      let file = try SocketFile(path: path)
      let channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
      file.open()
      return Listener(endpoint: endpoint, channel: channel, socketFile: file)
    case .tcp(let host, let port):
      let channel = try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(.tcpOption(.userTimeout), value: SocketOptionValue(Limits.silentSeconds * 1000))
        .bind(host: host, port: port).get()
      let bound = Endpoint.tcp(host: host, port: channel.localAddress?.port ?? port)
      return Listener(endpoint: bound, channel: channel, socketFile: nil)
    }
  }

  /// Closes a channel that was not accepted.
  private struct TurnedAway: Error {}

  /// Takes no more connections.
  package func close() async {
    socketFile?.remove()
    // Closing twice is the only way for this to fail.
    try? await channel.close()
  }
}

extension NIOBSDSocket.Option {
  /// `TCP_USER_TIMEOUT`: for how many milliseconds sent bytes may stay unacknowledged.
  fileprivate static let userTimeout = NIOBSDSocket.Option(rawValue: 18)
}
