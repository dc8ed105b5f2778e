internal import Glibc
internal import NIOCore

/// A socket that listens already, handed over by whoever started the process: systemd's socket activation,
/// sd_listen_fds(3). Its file, if it has one, belongs to whoever made it.
package struct InheritedSocket: Sendable {
  package let descriptor: Int32
  /// What the one who made it calls it (`FileDescriptorName=`); `unknown` when it has no name.
  package let name: String
  package let endpoint: Endpoint

  /// More is a mistake.
  private static let socketsMax = 16
  private static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

  /// Takes the sockets that are meant for this process, once: no process that it starts takes them too.
  package static func takeAll() throws(InheritanceFault) -> [InheritedSocket] {
    let places = try places(of: getpid()) { name in
      // Safe: the string is copied at once.
      unsafe getenv(name).map { unsafe String(cString: $0) }
    }
    for name in variables { unsafe unsetenv(name) }
    return try places.map { (place) throws(InheritanceFault) in
      _ = fcntl(place.descriptor, F_SETFD, FD_CLOEXEC)
      return InheritedSocket(
        descriptor: place.descriptor, name: place.name, endpoint: try endpoint(of: place.descriptor))
    }
  }

  /// What the environment says: the descriptors begin at 3.
  static func places(
    of process: pid_t, _ variable: (String) -> String?
  ) throws(InheritanceFault) -> [(descriptor: Int32, name: String)] {
    // Those of another process, which did not clear them away.
    guard variable("LISTEN_PID") == "\(process)" else { return [] }
    let text = variable("LISTEN_FDS") ?? ""
    guard let count = Int32(text), (0...Int32(socketsMax)).contains(count) else {
      throw InheritanceFault("LISTEN_FDS is \(text), not a number up to \(socketsMax)")
    }
    let names = variable("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard names.map({ $0.count == Int(count) }) ?? true else {
      throw InheritanceFault("LISTEN_FDNAMES has \(names?.count ?? 0) names for \(count) sockets")
    }
    return (0..<count).map { (3 + $0, names?[Int($0)] ?? "unknown") }
  }

  private static func endpoint(of descriptor: Int32) throws(InheritanceFault) -> Endpoint {
    guard option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue), option(SO_ACCEPTCONN, of: descriptor) == 1
    else { throw InheritanceFault("descriptor \(descriptor) is no stream socket that listens") }
    let address = address(of: descriptor)
    if let path = address?.pathname, !path.isEmpty { return .unix(path: path) }
    if let host = address?.ipAddress, let port = address?.port { return .tcp(host: host, port: port) }
    throw InheritanceFault("descriptor \(descriptor) listens where no client can name it")
  }

  private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    // Safe: the value has the length that is given.
    return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
  }

  private static func address(of descriptor: Int32) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // Safe: the storage is large enough for every address, and is read as the family that the kernel has written.
    return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      let isKnown = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length) == 0
      }
      guard isKnown else { return nil }
      switch Int32(unsafe pointer.pointee.ss_family) {
      case AF_INET:
        return unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { unsafe SocketAddress($0.pointee) }
      case AF_INET6:
        return unsafe pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { unsafe SocketAddress($0.pointee) }
      case AF_UNIX:
        return unsafe pointer.withMemoryRebound(to: sockaddr_un.self, capacity: 1) { unsafe SocketAddress($0.pointee) }
      default: return nil
      }
    }
  }
}

/// What was handed over cannot be served.
package struct InheritanceFault: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
