package import RPC
package import Transport

/// A connection as a ``Channel`` uses it.
package protocol ChannelConnection: Calls {
  /// Whether calls can still be begun on it.
  var isUsable: Bool { get }
  var historyIdentifier: [UInt8] { get }
  func makeRequestKey() -> [UInt8]
  func close() async
}

extension Connection: ChannelConnection {
  package var historyIdentifier: [UInt8] { greeting.historyIdentifier }
}

/// Where time and chance come from; tests have their own.
package struct ChannelSurroundings: Sendable {
  package var connect: @Sendable (Endpoint) async throws(ConnectFailure) -> any ChannelConnection
  /// Time since some moment; only goes forward.
  package var now: @Sendable () -> Duration
  /// Ends early when the task is cancelled.
  package var sleep: @Sendable (Duration) async -> Void
  /// Between 0 and 1.
  package var random: @Sendable () -> Double

  package init(
    connect: @escaping @Sendable (Endpoint) async throws(ConnectFailure) -> any ChannelConnection,
    now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.connect = connect
    self.now = now
    self.sleep = sleep
    self.random = random
  }

  /// The system's.
  static func real(_ configuration: Channel.Configuration) -> ChannelSurroundings {
    let start = ContinuousClock.now
    return ChannelSurroundings(
      connect: { (endpoint) throws(ConnectFailure) in
        try await Connection.connect(
          to: endpoint, name: configuration.name, token: configuration.token, tls: configuration.tls)
      },
      now: { .now - start }, sleep: { try? await Task.sleep(for: $0) }, random: { Double.random(in: 0..<1) })
  }
}
