internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization
internal import Transport

/// Serves the metrics over HTTP, for Prometheus: `GET /metrics`, one request to a connection.
struct MetricsListener: Sendable {
  let endpoint: Endpoint
  private let channel: any Channel

  /// Prometheus and a person or two; more is a mistake.
  private static let connectionsMax = 16
  /// A peer that neither asks nor reads is not kept.
  private static let idleTime = TimeAmount.seconds(10)

  /// - Parameters:
  ///   - pool: where the page is made, which takes longer than an event loop may wait.
  ///   - page: makes it; `nil` when it cannot be made.
  static func bind(
    _ endpoint: Endpoint, inherited: InheritedSocket?, on group: any EventLoopGroup, in pool: NIOThreadPool,
    page: @escaping @Sendable () -> String?
  ) async throws -> MetricsListener {
    let connections = Connections()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard connections.enter() else { throw TooMany() }
          channel.closeFuture.whenComplete { _ in connections.leave() }
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(IdleStateHandler(allTimeout: idleTime))
          try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: true)
          try pipeline.addHandler(PageHandler(pool: pool, page: page))
        }
      }
    guard case .tcp(let host, let port) = endpoint else {
      throw ConfigurationFault("\(endpoint) is not tcp://HOST:PORT")
    }
    let binding =
      inherited.map { bootstrap.withBoundSocket($0.descriptor) } ?? bootstrap.bind(host: host, port: port)
    let channel = try await binding.get()
    return MetricsListener(endpoint: .tcp(host: host, port: channel.localAddress?.port ?? port), channel: channel)
  }

  /// Takes no more connections; those that are open end by themselves.
  func close() async { try? await channel.close() }

  private struct TooMany: Error {}

  private final class Connections: Sendable {
    private let count = Atomic<Int>(0)

    func enter() -> Bool {
      if count.add(1, ordering: .relaxed).newValue <= connectionsMax { return true }
      leave()
      return false
    }

    func leave() { count.subtract(1, ordering: .relaxed) }
  }
}

/// Answers the first request of a connection and closes it.
private final class PageHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let pool: NIOThreadPool
  private let page: @Sendable () -> String?
  private var isAnswering = false

  init(pool: NIOThreadPool, page: @escaping @Sendable () -> String?) {
    self.pool = pool
    self.page = page
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = unwrapInboundIn(data), !isAnswering else { return }
    isAnswering = true
    guard head.uri == "/metrics" else { return answer(.notFound, "only /metrics is here\n", context) }
    guard head.method == .GET else { return answer(.methodNotAllowed, "only GET\n", context) }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let page = page
    pool.runIfActive(eventLoop: context.eventLoop) { page() }.whenComplete { result in
      let (handler, context) = bound.value
      if let text = try? result.get() {
        handler.answer(.ok, text, context)
      } else {
        handler.answer(.serviceUnavailable, "the daemon is going down, or its state cannot be read\n", context)
      }
    }
  }

  private func answer(_ status: HTTPResponseStatus, _ text: String, _ context: ChannelHandlerContext) {
    var headers = HTTPHeaders()
    headers.add(name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8")
    headers.add(name: "content-length", value: "\(text.utf8.count)")
    headers.add(name: "connection", value: "close")
    context.write(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: text)))), promise: nil)
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
