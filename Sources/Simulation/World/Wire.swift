internal import Bytes
internal import Example
internal import RPC

/// A connection between a client and the daemon, with what is under way on it. Bytes arrive in order, in pieces of any
/// size, a single byte at a time if it must be.
final class Wire {
  let client: ClientConnection<SimulatedClient>
  let server: ServerConnection<SimulatedDispatcher>
  private var toServer: [UInt8] = []
  private var toClient: [UInt8] = []
  /// Whether an arrival is on the schedule.
  var isScheduled = false

  init(_ client: ClientConnection<SimulatedClient>, _ server: ServerConnection<SimulatedDispatcher>) {
    (self.client, self.server) = (client, server)
  }

  var isLoaded: Bool { !toServer.isEmpty || !toClient.isEmpty }

  /// Takes what both sides have to say; answers whether anything is under way.
  func takeOutbound() -> Bool {
    toServer += Self.take(&client.outbound)
    toClient += Self.take(&server.outbound)
    return isLoaded
  }

  private static func take(_ writer: inout ByteWriter) -> [UInt8] {
    let bytes = writer.bytes()
    writer.removeAll()
    return bytes
  }

  func carry(_ random: inout SplitMix64) {
    let inward = Self.piece(of: &toServer, &random)
    let outward = Self.piece(of: &toClient, &random)
    if !inward.isEmpty { inward.withRawSpan { server.receive($0) } }
    if !outward.isEmpty { outward.withRawSpan { client.receive($0) } }
  }

  private static func piece(of bytes: inout [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    let wanted = random.pick([1, 7, 100, Int.max, Int.max])
    defer { bytes.removeFirst(min(wanted, bytes.count)) }
    return Array(bytes.prefix(wanted))
  }

  /// What one side did that it must not do.
  var breach: String? {
    if let failure = client.failure { return "the server broke the protocol: \(failure)" }
    if case .broken(let error) = server.closeReason { return "the client broke the protocol: \(error)" }
    if server.streamCount > server.limits.streamsMax { return "\(server.streamCount) calls are open" }
    if toClient.count > server.limits.blockedBytesMax { return "\(toClient.count) bytes wait for a client" }
    return nil
  }
}
