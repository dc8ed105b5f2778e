import Foundation
import GRDB
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// grpc-swift-2 in front of SQLite: `ledger.proto` in `../grpc`.
///
///     grpc-swift-server PORT DATABASE
@main
struct Server {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let port = Int(arguments[1]) else {
      fatalError("usage: grpc-swift-server PORT DATABASE")
    }
    let transport = HTTP2ServerTransport.Posix(
      address: .ipv4(host: "127.0.0.1", port: port), transportSecurity: .plaintext)
    let server = GRPCServer(transport: transport, services: [LedgerService(try Ledger(path: arguments[2]))])
    async let serving: Void = server.serve()
    _ = try await server.listeningAddress
    print("ready")
    fflush(nil)
    try await serving
  }
}
