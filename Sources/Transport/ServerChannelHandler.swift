internal import Bytes
package import NIOCore
internal import NIOSSL
internal import NIOTLS
package import RPC

/// Carries bytes between a channel and its ``ServerConnection``. Everything that came in one piece is answered with
/// one write.
package final class ServerChannelHandler<Handler: Dispatcher>: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  package let connection: ServerConnection<Handler>
  /// What was known of the peer when it connected.
  package let peer: PeerIdentity
  /// What it has shown since, on TLS.
  package private(set) var certificate: PeerCertificate?
  private let sendBuffer: SendBuffer
  private let closed: (ServerChannelHandler) -> Void
  private var context: ChannelHandlerContext?
  private var handshakeTimer: Scheduled<Void>?
  private var isClosing = false

  /// - Parameters:
  ///   - sendBuffer: that of the channel's event loop.
  ///   - closed: called once, on the event loop, when the channel is gone.
  package init(
    _ connection: ServerConnection<Handler>, peer: PeerIdentity, sendBuffer: SendBuffer,
    closed: @escaping (ServerChannelHandler) -> Void
  ) {
    self.connection = connection
    self.peer = peer
    self.sendBuffer = sendBuffer
    self.closed = closed
  }

  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    handshakeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Limits.handshakeSeconds)) {
      [weak self] in
      guard let self, !self.connection.isHandshaken else { return }
      self.connection.fail(.timeout("the handshake"))
      self.flush()
    }
  }

  /// The one thing that happens at the end of every channel.
  package func handlerRemoved(context: ChannelHandlerContext) {
    handshakeTimer?.cancel()
    self.context = nil
    closed(self)
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    // Safe: the span cannot leave `receive`.
    unsafe buffer.withUnsafeReadableBytes { unsafe connection.receive($0.bytes) }
  }

  package func channelReadComplete(context: ChannelHandlerContext) { flush() }

  /// TLS is agreed upon; what the peer shows in it is known before its first byte of ours.
  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
      if negotiated != gridwireProtocol {
        connection.fail(.notGridwire("TLS for another protocol than \(gridwireProtocol)"))
      }
      let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
      certificate = (handler?.peerCertificate).flatMap(PeerCertificate.init)
      flush()
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// A peer that does not read what it asked for is not read either.
  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    // The option exists on every socket channel; elsewhere there is nothing to stop.
    try? context.channel.syncOptions?.setOption(.autoRead, value: context.channel.isWritable)
    connection.flowChanged(isFlowing: context.channel.isWritable)
    flush()
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  /// Sends what the connection has to say, and closes when it is done.
  package func flush() {
    guard let context else { return }
    if connection.outbound.count > 0 {
      let buffer = connection.outbound.withSpan { sendBuffer.filled(with: $0) }
      connection.outbound.removeAll()
      context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }
    if connection.closeReason != nil, !isClosing {
      isClosing = true
      close(context)
    }
  }

  /// How long a peer may take to read the last bytes.
  package static var farewellTime: TimeAmount { .seconds(5) }

  /// Closes once everything before it is sent.
  private func close(_ context: ChannelHandlerContext) {
    let sent = context.eventLoop.makePromise(of: Void.self)
    sent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)), promise: sent)
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.farewellTime) { context.close(promise: nil) }
  }
}
