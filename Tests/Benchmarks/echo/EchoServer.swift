internal import Bytes
internal import Glibc
internal import NIOPosix
internal import RPC
internal import Synchronization
internal import Transport

/// The daemon's way of a call without the daemon: its listener, channels, frames and dispatch, and a handler that answers
/// with the request.
///
///     echo-server SOCKET LOOPS
@main
struct EchoServer {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let loops = Int(arguments[2]) else {
      fatalError("usage: echo-server SOCKET LOOPS")
    }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    let dispatcher = EchoDispatcher()
    let listener = try await Listener.bind(.unix(path: arguments[1]), on: group, tls: nil) { [dispatcher] _, peer in
      let identifier = dispatcher.nextIdentifier()
      let connection = ServerConnection(
        identifier: identifier, peer: (), limits: Limits(), isLocal: true, dispatcher: dispatcher)
      return ServerChannelHandler(connection, peer: peer, sendBuffer: SendBuffer()) { _ in }
    }
    print("ready on \(listener.endpoint)")
    fflush(nil)
    while true { pause() }
  }
}

/// Echoes; the state of a call is the connection's.
private final class EchoDispatcher: Dispatcher, Sendable {
  typealias Peer = Void

  private let identifiers = Atomic<UInt64>(0)

  func nextIdentifier() -> UInt64 { identifiers.wrappingAdd(1, ordering: .relaxed).newValue }

  func greet(_ connection: ServerConnection<EchoDispatcher>, token: String?) -> Greeting {
    Greeting(
      server: "echo-server", session: connection.identifier, historyIdentifier: [UInt8](repeating: 0, count: 16),
      schemaHash: [], principal: "anyone", roles: [], serverTimeMilliseconds: 0)
  }

  func begin(_ call: IncomingCall, body: RawSpan, on connection: ServerConnection<EchoDispatcher>) {
    connection.answer(call.stream, sequence: 0, outcome: .query) { $0.append(body) }
  }

  func cancel(stream: UInt32, on connection: ServerConnection<EchoDispatcher>) {}
  func burstEnded() {}
  func extendCredit(stream: UInt32, on connection: ServerConnection<EchoDispatcher>) {}
}
