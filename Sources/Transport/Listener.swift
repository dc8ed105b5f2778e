package import NIOCore
internal import NIOPosix
package import RPC

/// An open listening socket.
package struct Listener: Sendable {
  /// As bound: with the port that was given for port 0.
  package let endpoint: Endpoint
  private let channel: any Channel
  private let socketFile: SocketFile?

  /// Listens on `endpoint`, where `inherited` does already if it is given. `accept` makes the handler of a new channel, on that channel's event loop, or turns it
  /// away.
  ///
  /// - Parameter tls: for an endpoint with TLS.
  package static func bind<Handler: Dispatcher>(
    _ endpoint: Endpoint, inherited: InheritedSocket? = nil, on group: any EventLoopGroup, tls: ServerTLS?,
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
      // What a peer has not read yet stays with us: of a hundred that read nothing this is most of what they cost.
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 64 << 10))
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let peer = PeerIdentity.ask(channel, isTLS: endpoint.isTLS)
          guard let handler = accept(channel.eventLoop, peer) else { throw TurnedAway() }
          if endpoint.isTLS, let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
    switch endpoint {
    case .unix(let path):
      if let inherited {
        let channel = try await bootstrap.withBoundSocket(inherited.descriptor).get()
        return Listener(endpoint: endpoint, channel: channel, socketFile: nil)
      }
      let file = try SocketFile(path: path)
      let channel = try await bootstrap.bind(unixDomainSocketPath: file.bindingPath).get()
      try file.open()
      return Listener(endpoint: endpoint, channel: channel, socketFile: file)
    case .tcp(let host, let port), .tls(let host, let port):
      let bootstrap = bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(.tcpOption(.userTimeout), value: SocketOptionValue(Limits.silentSeconds * 1000))
      let binding =
        inherited.map { bootstrap.withBoundSocket($0.descriptor) } ?? bootstrap.bind(host: host, port: port)
      let channel = try await binding.get()
      let bound = channel.localAddress?.port ?? port
      return Listener(
        endpoint: endpoint.isTLS ? .tls(host: host, port: bound) : .tcp(host: host, port: bound), channel: channel,
        socketFile: nil)
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
