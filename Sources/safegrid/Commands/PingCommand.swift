import ArgumentParser
import Client
import Schema

struct PingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping", abstract: "Connects, and says who answers and whom it takes us for.")
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let greeting = session.connection.greeting
    let roundTrip = try await session.connection.ping()
    let microseconds = roundTrip.components.attoseconds / 1_000_000_000_000 + roundTrip.components.seconds * 1_000_000
    if options.json {
      let roles = greeting.roles.map(JSONValue.quoted).joined(separator: ",")
      try put(
        "{\"server\":\(JSONValue.quoted(greeting.server)),\"principal\":\(JSONValue.quoted(greeting.principal)),"
          + "\"roles\":[\(roles)],\"history\":\"\(hexadecimal(greeting.historyIdentifier))\","
          + "\"roundTripMicroseconds\":\(microseconds)}")
    } else {
      try put(
        details([
          (localized("server", "服务端"), greeting.server), (localized("address", "地址"), "\(session.connection.endpoint)"),
          (localized("principal", "身份"), greeting.principal),
          (
            localized("roles", "角色"),
            greeting.roles.isEmpty ? localized("none", "无") : greeting.roles.joined(separator: " ")
          ),
          (localized("round trip", "往返"), "\(microseconds) µs"),
        ]))
    }
  }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
