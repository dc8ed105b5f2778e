internal import Bytes
public import RPC
internal import Synchronization
public import Transport

/// Calls to a daemon that may come and go, through one or several endpoints.
///
/// A call goes out again by itself when the server advised it, as far as the retry budget and its deadline allow: what was
/// not executed, queries, and commands of unknown outcome, which have the same request key at each attempt and so are
/// applied at most once. Commands go to one endpoint as long as it answers; queries to each in turn. All endpoints must
/// serve the same history.
public final class Channel: Calls, Sendable {
  public struct Configuration: Sendable {
    /// Whether calls wait, up to their deadlines, while no endpoint is ready; otherwise they fail as soon as each was
    /// tried. At most 1,000 wait.
    public var waitsForReady = false
    /// What the servers' logs call this client.
    public var name = "safegrid-swift"
    /// Who calls, where the transport does not say it; see ``Connection/connect(to:name:token:tls:)``.
    public var token: AccessToken?
    /// Whom to trust at `tls://`, and what to show.
    public var tls: ClientTLS?

    public init() {}
  }

  private let endpoints: Endpoints
  private let budget = Mutex(RetryBudget())
  private let surroundings: ChannelSurroundings

  /// Connects with the first call.
  ///
  /// - Parameter endpoints: at least one; ways to the same daemon.
  public convenience init(to endpoints: [Endpoint], _ configuration: Configuration = .init()) {
    self.init(to: endpoints, configuration, .real(configuration))
  }

  package init(to endpoints: [Endpoint], _ configuration: Configuration, _ surroundings: ChannelSurroundings) {
    precondition(!endpoints.isEmpty, "a channel leads somewhere")
    self.endpoints = Endpoints(endpoints, waitsForReady: configuration.waitsForReady, surroundings)
    self.surroundings = surroundings
  }

  public func unary(
    method: UInt32, isCommand: Bool, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> CallReply {
    let deadline = surroundings.now() + (options.timeout ?? CallOptions.defaultTimeout)
    var options = options
    var attempts = 0
    var failed: Int?
    budget.withLock { $0.callMade() }
    while true {
      let choice = try await endpoints.choose(isCommand: isCommand, avoiding: failed, deadline: deadline)
      // Made once: each attempt is the same command.
      if isCommand, options.requestKey == nil { options.requestKey = choice.connection.makeRequestKey() }
      options.timeout = deadline - surroundings.now()
      attempts += 1
      do throws(CallFailure) {
        return try await choice.connection.unary(method: method, isCommand: isCommand, body, options)
      } catch {
        failed = choice.index
        let verdict = RetryPolicy.verdict(
          on: error, attempts: attempts, isCommand: isCommand,
          hasOther: await endpoints.hasOther(than: choice.index), left: deadline - surroundings.now(),
          random: surroundings.random())
        guard case .after(let pause) = verdict, budget.withLock({ $0.takeRetry() }) else { throw error }
        if pause > .zero { await surroundings.sleep(pause) }
        if Task.isCancelled { throw error }
      }
    }
  }

  /// A stream is opened once: where it breaks off, only its reader knows how to go on.
  public func stream(
    method: UInt32, _ body: [UInt8], _ options: CallOptions
  ) async throws(CallFailure) -> any MessageBodies {
    try await connection(isCommand: false, options).stream(method: method, body, options)
  }

  /// Opened once as well: who sends knows which messages were not answered.
  public func exchange(
    method: UInt32, isStreaming: Bool, _ options: CallOptions
  ) async throws(CallFailure) -> any MessageExchange {
    try await connection(isCommand: true, options).exchange(method: method, isStreaming: isStreaming, options)
  }

  private func connection(
    isCommand: Bool, _ options: CallOptions
  ) async throws(CallFailure) -> any ChannelConnection {
    let deadline = surroundings.now() + (options.timeout ?? CallOptions.defaultTimeout)
    return try await endpoints.choose(isCommand: isCommand, avoiding: nil, deadline: deadline).connection
  }

  /// Ends its connections; calls that are still open fail.
  public func close() async { await endpoints.close() }
}
