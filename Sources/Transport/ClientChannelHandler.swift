internal import Bytes
package import NIOCore
internal import NIOPosix
package import RPC

/// Carries bytes between a channel and its ``ClientConnection``. Calls made in one turn of the loop go out in one write.
package final class ClientChannelHandler<Delegate: ClientDelegate>: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  package let connection: ClientConnection<Delegate>
  private let closed: (String?) -> Void
  /// What went wrong below the protocol.
  private var fault: (any Error)?
  private var context: ChannelHandlerContext?
  private var isFlushScheduled = false

  /// - Parameter closed: called once, on the event loop, when the channel is gone; with what went wrong, if
  ///   anything did.
  package init(_ connection: ClientConnection<Delegate>, closed: @escaping (String?) -> Void) {
    self.connection = connection
    self.closed = closed
  }

  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { flush() }
  }

  package func channelActive(context: ChannelHandlerContext) { flush() }

  package func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    closed(connection.failure?.description ?? fault.map { "\($0)" })
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    // Safe: the span cannot leave `receive`.
    unsafe buffer.withUnsafeReadableBytes { unsafe connection.receive($0.bytes) }
  }

  package func channelReadComplete(context: ChannelHandlerContext) { flush() }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fault = fault ?? error
    context.close(promise: nil)
  }

  /// Sends what the connection has to say at the end of this turn of the loop.
  package func scheduleFlush() {
    guard !isFlushScheduled, let context else { return }
    isFlushScheduled = true
    context.eventLoop.assumeIsolated().execute { [self] in
      isFlushScheduled = false
      flush()
    }
  }

  package func flush() {
    guard let context else { return }
    if connection.outbound.count > 0 {
      var buffer = context.channel.allocator.buffer(capacity: connection.outbound.count)
      connection.outbound.withSpan { span in
        // Safe: the bytes are copied during the call.
        _ = unsafe span.withUnsafeBytes { unsafe buffer.writeBytes($0) }
      }
      connection.outbound.removeAll()
      context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }
    if connection.failure != nil { context.close(promise: nil) }
  }

  /// Closes the channel once everything is sent.
  package func close() {
    flush()
    context?.close(promise: nil)
  }
}

/// Opens a channel to `endpoint`; `make` makes its handler, on the channel's event loop.
///
/// - Parameter tls: for an endpoint with TLS; the system's authorities, and nothing shown, when absent.
package func connect<Delegate: ClientDelegate>(
  to endpoint: Endpoint, on loop: any EventLoop, tls: ClientTLS?,
  make: @escaping @Sendable () -> ClientChannelHandler<Delegate>
) async throws {
  let tls = endpoint.isTLS ? try tls ?? ClientTLS() : nil
  let bootstrap = ClientBootstrap(group: loop)
    .connectTimeout(.seconds(5))
    .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10))
    .channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        if let tls, case .tls(let host, _) = endpoint {
          try channel.pipeline.syncOperations.addHandler(tls.makeHandler(host: host))
        }
        try channel.pipeline.syncOperations.addHandler(make())
      }
    }
  switch endpoint {
  case .unix(let path): _ = try await bootstrap.connect(unixDomainSocketPath: path).get()
  case .tcp(let host, let port), .tls(let host, let port):
    _ = try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port).get()
  }
}
