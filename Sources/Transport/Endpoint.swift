internal import NIOCore

/// Where a daemon listens, or where a client connects.
public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
  case unix(path: String)
  case tcp(host: String, port: Int)
  case tls(host: String, port: Int)

  /// How an endpoint is written, for messages.
  public static let forms = "unix:PATH, tcp://HOST:PORT or tls://HOST:PORT"

  /// `unix:/run/safegrid.sock`, `tcp://127.0.0.1:7421` or `tls://grid.example:7422`.
  public init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty else { return nil }
      self = .unix(path: path)
    } else if text.hasPrefix("tcp://"), let (host, port) = Self.place(text.dropFirst(6)) {
      self = .tcp(host: host, port: port)
    } else if text.hasPrefix("tls://"), let (host, port) = Self.place(text.dropFirst(6)) {
      self = .tls(host: host, port: port)
    } else {
      return nil
    }
  }

  private static func place(_ text: Substring) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else { return nil }
    let host = text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
    return host.isEmpty ? nil : (String(host), port)
  }

  public var description: String {
    func place(_ host: String, _ port: Int) -> String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    switch self {
    case .unix(let path): return "unix:\(path)"
    case .tcp(let host, let port): return "tcp://\(place(host, port))"
    case .tls(let host, let port): return "tls://\(place(host, port))"
    }
  }

  package var isTLS: Bool {
    if case .tls = self { true } else { false }
  }

  /// Whether nobody between the two ends can listen, or say what an end did not say. Plain TCP stays on the machine for
  /// that. Only addresses count, because a name may lead anywhere.
  package var isProtected: Bool {
    switch self {
    case .unix, .tls: true
    case .tcp(let host, _):
      switch try? SocketAddress(ipAddress: host, port: 0) {
      case .v4: host.hasPrefix("127.")
      case .v6: host == "::1"
      default: host == "localhost"
      }
    }
  }
}

/// What is known of a peer when it connects, before a byte of it is read: what the kernel says.
package struct PeerIdentity: Sendable, Equatable {
  /// The account that opened the peer's socket; absent when the kernel could not say, and on TLS, where it would be that
  /// of whatever proxy stands between.
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
