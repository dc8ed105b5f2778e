internal import NIOCore

/// Where a daemon listens, or where a client connects.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
  case unix(path: String)
  case tcp(host: String, port: Int)

  /// `unix:/run/safegrid.sock` or `tcp://127.0.0.1:7421`.
  public init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty else { return nil }
      self = .unix(path: path)
    } else if text.hasPrefix("tcp://") {
      let rest = text.dropFirst(6)
      guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
        (0...65535).contains(port)
      else { return nil }
      let host = rest[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
      guard !host.isEmpty else { return nil }
      self = .tcp(host: String(host), port: port)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port): host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
    }
  }

  /// Plain TCP stays on the machine: nothing protects it on a network. Only addresses count, because a name may lead
  /// anywhere.
  package var isLocal: Bool {
    switch self {
    case .unix: true
    case .tcp(let host, _):
      switch try? SocketAddress(ipAddress: host, port: 0) {
      case .v4: host.hasPrefix("127.")
      case .v6: host == "::1"
      default: host == "localhost"
      }
    }
  }
}

/// What the kernel knows of a peer, asked when it connects and before a byte of it is read.
package struct PeerIdentity: Sendable, Equatable {
  /// The account that opened the peer's socket; absent when the kernel could not say.
  package let user: UInt32?
  package let group: UInt32?
  /// For the log, for example `unix` or `127.0.0.1:40312`.
  package let address: String

  package init(user: UInt32?, group: UInt32?, address: String) {
    self.user = user
    self.group = group
    self.address = address
  }
}
