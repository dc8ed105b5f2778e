import Foundation
import GRDB
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// grpc-swift-2 in front of SQLite: `ledger.proto` in `../grpc`.
///
///     grpc-swift-server PORT|SOCKET DATABASE
@main
struct Server {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      fatalError("usage: grpc-swift-server PORT|SOCKET DATABASE")
    }
    let transport = HTTP2ServerTransport.Posix(
      address: Int(arguments[1]).map { .ipv4(host: "127.0.0.1", port: $0) } ?? .unixDomainSocket(path: arguments[1]),
      transportSecurity: .plaintext)
    let server = GRPCServer(transport: transport, services: [LedgerService(try Ledger(path: arguments[2]))])
    async let serving: Void = server.serve()
    _ = try await server.listeningAddress
    print("ready")
    fflush(nil)
    try await serving
  }
}
