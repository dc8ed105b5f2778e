internal import Glibc

/// Tells whoever started the daemon how it gets on: systemd's notification protocol, sd_notify(3). Without
/// `NOTIFY_SOCKET` nobody wants to know.
package struct ServiceManager: Sendable {
  private let socketPath: String?

  /// Takes the address, once: no process that this one starts speaks for it.
  package init() {
    // Safe: the string is copied at once.
    socketPath = unsafe getenv("NOTIFY_SOCKET").map { unsafe String(cString: $0) }
    unsafe unsetenv("NOTIFY_SOCKET")
  }

  /// Calls are answered from now on.
  package func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

  /// No more calls are taken.
  package func stopping() { send("STOPPING=1\nSTATUS=Answers what is open, and ends") }

  /// A notification that is lost changes nothing here: whoever waits for it will say so.
  private func send(_ text: String) {
    var address = sockaddr_un()
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard let socketPath, socketPath.utf8.count < room, let first = socketPath.utf8.first,
      first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
    else { return }
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      unsafe bytes.copyBytes(from: socketPath.utf8)
      // An abstract name begins with a zero byte, and has no other end than its length.
      if first == UInt8(ascii: "@") { unsafe bytes[0] = 0 }
    }
    let length = MemoryLayout.size(ofValue: address) - room + socketPath.utf8.count
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    let message = Array(text.utf8)
    // Safe: address and message are valid for the call.
    _ = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
      }
    }
    close(descriptor)
  }
}
