import Client
import RPC
import Synchronization
import Transport

/// One of a run's connections. It can be made again when the daemon was away.
final class Line: Sendable {
  private struct State {
    var connection: Connection
    var renewal: Task<Bool, Never>?
  }

  private let state: Mutex<State>
  private let address: DaemonAddress

  init(to address: DaemonAddress) async throws {
    self.address = address
    state = Mutex(State(connection: try await Self.connect(to: address)))
  }

  private static func connect(to address: DaemonAddress) async throws(ConnectFailure) -> Connection {
    try await address.connect(name: "safegrid load")
  }

  var connection: Connection { state.withLock { $0.connection } }

  func close() async { await connection.close() }

  /// Whether the daemon answers, on a new connection if need be.
  func renewed(within seconds: Int) async -> Bool {
    let connection = connection
    do throws(CallFailure) { _ = try await connection.ping() } catch {
      return await renew(connection, by: LoadClock.now + UInt64(seconds) * 1_000_000_000)
    }
    return true
  }

  /// Connects again instead of `lost`, once for all who ask; answers whether there is a connection before the deadline.
  func renew(_ lost: Connection, by deadline: UInt64) async -> Bool {
    let renewal = state.withLock { state -> Task<Bool, Never>? in
      guard state.connection === lost else { return nil }
      if let renewal = state.renewal { return renewal }
      let renewal = Task { await self.reconnect(lost, by: deadline) }
      state.renewal = renewal
      return renewal
    }
    guard let renewal else { return true }
    return await renewal.value
  }

  private func reconnect(_ lost: Connection, by deadline: UInt64) async -> Bool {
    await lost.close()
    defer { state.withLock { $0.renewal = nil } }
    while LoadClock.now < deadline {
      do throws(ConnectFailure) {
        let connection = try await Self.connect(to: address)
        state.withLock { $0.connection = connection }
        return true
      } catch {
        try? await Task.sleep(for: Self.attemptInterval)
      }
    }
    return false
  }

  /// Short beside a restart, long beside a refused connection.
  private static let attemptInterval = Duration.milliseconds(5)
}
