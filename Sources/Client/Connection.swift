internal import Bytes
internal import Glibc
internal import NIOCore
internal import NIOPosix
public import RPC
internal import Synchronization
public import Transport

/// What the server said when the connection was made.
public struct ServerGreeting: Sendable {
  /// For example `safegridd/0.1.0`.
  public let server: String
  /// The history that sequences and cursors belong to; another one after a restore.
  public let historyIdentifier: [UInt8]
  /// Who the server takes this side for.
  public let principal: String
  /// `role@grid` or `role@*`.
  public let roles: [String]
  /// SHA-256 over the server's IDL: another one, another version.
  public let schemaHash: [UInt8]
  /// Calls that may be open at once.
  public let streamsMax: Int
}

/// No connection came about.
public struct ConnectFailure: Error, Sendable, CustomStringConvertible {
  public let endpoint: Endpoint
  public let reason: String
  public var description: String { "cannot connect to \(endpoint): \(reason)" }
}

/// One connection to a daemon; any number of calls run on it at once.
public final class Connection: Calls, Sendable {
  public let endpoint: Endpoint
  public let greeting: ServerGreeting
  private let loop: any EventLoop
  private let core: ClientCore
  private let keys: RequestKeys

  /// Connects and greets.
  ///
  /// - Parameters:
  ///   - name: what the server's log calls this client.
  ///   - token: who calls, where the transport does not say it, or somebody else is meant.
  ///   - tls: whom to trust at `tls://`, and what to show; the system's authorities, and nothing, when absent.
  public static func connect(
    to endpoint: Endpoint, name: String = "safegrid-swift", token: AccessToken? = nil, tls: ClientTLS? = nil
  ) async throws(ConnectFailure) -> Connection {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let core = ClientCore(loop: loop)
    do {
      try await Transport.connect(to: endpoint, on: loop, tls: tls) { core.makeHandler(name: name, token: token) }
      let greeting = try await core.greeting.futureResult.get()
      return Connection(endpoint, loop, core, greeting)
    } catch {
      core.giveUp(error)
      throw ConnectFailure(endpoint: endpoint, reason: Self.reason(error))
    }
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    // Safe: `strerror` answers with a string that is copied at once.
    case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
    case let error as NIOConnectionError: error.connectionErrors.first.map { reason($0.error) } ?? "no address answered"
    case let failure as CallFailure: failure.message
    default: "\(error)"
    }
  }

  private init(_ endpoint: Endpoint, _ loop: any EventLoop, _ core: ClientCore, _ greeting: HelloOk) {
    self.endpoint = endpoint
    self.loop = loop
    self.core = core
    self.greeting = ServerGreeting(
      server: greeting.server, historyIdentifier: greeting.historyId, principal: greeting.principal,
      roles: greeting.roles, schemaHash: greeting.schemaHash, streamsMax: Int(greeting.streamsMax))
    keys = RequestKeys(serverTimeMilliseconds: greeting.serverTimeMs)
  }

  /// Whether calls can still be begun on it: the server has not said goodbye, and it was not lost.
  public var isUsable: Bool { core.isUsable.load(ordering: .relaxed) }

  /// A request key for a command that may have to be repeated.
  public func makeRequestKey() -> [UInt8] { keys.next() }

  public func unary(
    method: UInt32, isCommand: Bool, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> CallReply {
    let key = isCommand ? options.requestKey ?? keys.next() : nil
    let timeout = options.timeout ?? CallOptions.defaultTimeout
    let head = head(method, key, options, timeout: timeout)
    let deadline = ContinuousClock.now + timeout
    let core = core
    let ticket = ClientCore.Ticket()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.execute { core.begin(head, body, isCommand: isCommand, deadline: deadline, ticket, continuation) }
      }
    } onCancel: {
      loop.execute { core.cancel(ticket) }
    }
    do throws(CallFailure) { return try result.get() } catch { throw error.of(requestKey: key) }
  }

  public func stream(
    method: UInt32, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> any MessageBodies {
    let head = head(method, nil, options, timeout: options.streamTimeout)
    let core = core
    let result: Result<ClientStream, CallFailure> = await withCheckedContinuation { continuation in
      loop.execute { continuation.resume(returning: core.beginStream(head, body)) }
    }
    return ClientStream.Handle(try result.get())
  }

  public func exchange(
    method: UInt32, isStreaming: Bool, _ options: CallOptions
  ) async throws(CallFailure) -> any MessageExchange {
    let head = head(method, nil, options, timeout: options.streamTimeout)
    let core = core
    let result: Result<ClientExchange, CallFailure> = await withCheckedContinuation { continuation in
      loop.execute { continuation.resume(returning: core.beginExchange(head, isStreaming: isStreaming)) }
    }
    return try result.get()
  }

  private func head(_ method: UInt32, _ key: [UInt8]?, _ options: CallOptions, timeout: Duration?) -> Open {
    let microseconds = timeout.map { duration in
      UInt64(max(0, duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000))
    }
    return Open(
      method: method, timeoutUs: microseconds, requestKey: key, actingFor: options.actingFor,
      sequenceMin: options.sequenceMin, resume: options.resumeToken, traceParent: options.trace?.description)
  }

  /// Goes to the server and back, within five seconds.
  public func ping() async throws(CallFailure) -> Duration {
    let start = ContinuousClock.now
    let core = core
    let result: Result<Void, CallFailure> = await withCheckedContinuation { continuation in
      loop.execute { core.ping(continuation) }
    }
    try result.get()
    return .now - start
  }

  /// Ends the connection; calls that are still open fail.
  public func close() async {
    let core = core
    // The loop outlives the process's last connection.
    try? await loop.submit { core.close() }.get()
  }
}
