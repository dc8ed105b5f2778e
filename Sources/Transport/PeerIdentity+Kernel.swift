internal import Bytes
internal import Glibc
internal import NIOCore
internal import NIOPosix

extension PeerIdentity {
  /// Asks the kernel who is at the other end.
  ///
  /// On a Unix socket `SO_PEERCRED` names the account. On the loopback the kernel's table of sockets names the owner of
  /// the other end: no less than on a Unix socket, as long as no proxy stands between.
  static func ask(_ channel: any Channel, isTLS: Bool) -> PeerIdentity {
    guard let remote = channel.remoteAddress, remote.port != nil else { return unixPeer(channel) }
    let owner = isTLS ? nil : channel.localAddress.flatMap { loopbackOwner(of: remote, connectedTo: $0) }
    return PeerIdentity(user: owner, group: nil, address: "\(remote.ipAddress ?? "?"):\(remote.port ?? 0)")
  }

  /// `struct ucred`, which the Glibc module does not show.
  private struct Credentials: Sendable {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
  }

  private static func unixPeer(_ channel: any Channel) -> PeerIdentity {
    let unknown = PeerIdentity(user: nil, group: nil, address: "unix")
    guard let options = channel as? any SocketOptionProvider else { return unknown }
    // Safe: the type has the size and layout of `ucred`, which the option holds. The channel is on this event loop, so
    // that the future is complete.
    let future: EventLoopFuture<Credentials> = options.unsafeGetSocketOption(level: .socket, name: .peerCredentials)
    var credentials: Credentials?
    future.assumeIsolated().whenSuccess { credentials = $0 }
    return credentials.map { PeerIdentity(user: $0.user, group: $0.group, address: "unix") } ?? unknown
  }
}

extension NIOBSDSocket.Option {
  fileprivate static let peerCredentials = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
}

/// The account that owns the client's end of a loopback connection, from `/proc/net/tcp` or `tcp6`.
private func loopbackOwner(of client: SocketAddress, connectedTo server: SocketAddress) -> UInt32? {
  guard let clientText = procAddress(client), let serverText = procAddress(server) else { return nil }
  let path = client.protocol == .inet6 ? "/proc/net/tcp6" : "/proc/net/tcp"
  guard let file = unsafe fopen(path, "re") else { return nil }
  // Safe: the file is open until here.
  defer { unsafe fclose(file) }
  var line = [CChar](repeating: 0, count: 512)
  // Safe: the buffer has the length that is given.
  while unsafe fgets(&line, Int32(line.count), file) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if let row = SocketTableRow(text), row.local == clientText, row.remote == serverText { return row.owner }
  }
  return nil
}

/// A row of the kernel's table of TCP sockets.
struct SocketTableRow {
  let local: Substring
  let remote: Substring
  /// The account whose socket this is. `nil` for one that nobody holds any more: the kernel then shows account 0, and
  /// whoever closed early would pass for root.
  let owner: UInt32?

  init?(_ line: String) {
    // sl, local address, remote address, state, queues, timer, retransmits, user, timeout, inode
    let columns = line.split(whereSeparator: \.isWhitespace)
    guard columns.count > 9 else { return nil }
    let (isEstablished, isHeld) = (columns[3] == "01", columns[9] != "0")
    (local, remote) = (columns[1], columns[2])
    owner = isEstablished && isHeld ? UInt32(columns[7]) : nil
  }
}

/// An address as the kernel prints it: hexadecimal, each 32-bit word in the machine's byte order, then the port.
private func procAddress(_ address: SocketAddress) -> String? {
  func hexadecimal(_ value: some FixedWidthInteger, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: digits - text.count) + text
  }
  // Where `sockaddr_in` and `sockaddr_in6` have the address.
  let words: [Int]
  switch address {
  case .v4: words = [4]
  case .v6: words = [8, 12, 16, 20]
  case .unixDomainSocket: return nil
  }
  return unsafe address.withSockAddr { pointer, size in
    // Safe: the bytes are those of the address, and are read within its size.
    let span = unsafe UnsafeRawBufferPointer(start: pointer, count: size).bytes
    let text = words.map { hexadecimal(span.littleEndian(at: $0, as: UInt32.self), digits: 8) }.joined()
    return "\(text):\(hexadecimal(span.bigEndian(at: 2, as: UInt16.self), digits: 4))"
  }
}
