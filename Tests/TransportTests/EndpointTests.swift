import Testing

@testable import Transport

@Suite struct EndpointTests {
  @Test(arguments: [
    "unix:/run/x.sock", "tcp://127.0.0.1:1", "tcp://127.8.9.10:1", "tcp://localhost:1", "tcp://[::1]:1",
    "tls://0.0.0.0:1", "tls://grid.example:7422", "tls://[::]:1",
  ])
  func `plain TCP stays on the machine, TLS goes anywhere`(text: String) throws {
    #expect(try #require(Endpoint(text)).isProtected)
    #expect(Endpoint(text)?.description == text)
  }

  @Test(arguments: [
    "tcp://0.0.0.0:1", "tcp://127.0.0.1.example.org:1", "tcp://127.evil:1", "tcp://10.0.0.1:1", "tcp://[::]:1",
    "tcp://localhost.example.org:1",
  ])
  func `what may lead elsewhere does not count as local`(text: String) throws {
    #expect(try #require(Endpoint(text)).isProtected == false)
  }

  @Test(arguments: [
    "", "unix:", "tcp://", "tcp://x", "tcp://x:", "tcp://:1", "tcp://x:65536", "http://x:1", "tls://x", "tls:x:1",
  ])
  func `other texts are no endpoints`(text: String) { #expect(Endpoint(text) == nil) }
}

/// Rows of `/proc/net/tcp` as Linux prints them.
@Suite struct SocketTableTests {
  private func row(state: String, user: String, inode: String) -> SocketTableRow? {
    SocketTableRow(
      "  12: 0100007F:A2B4 0100007F:1CFD \(state) 00000000:00000000 00:00000000 00000000 \(user)        0 \(inode) 1 "
        + "0000000000000000 20 4 30 10 -1\n")
  }

  @Test func `an open socket belongs to its account`() throws {
    let row = try #require(self.row(state: "01", user: "65534", inode: "48213"))
    #expect(row.local == "0100007F:A2B4" && row.remote == "0100007F:1CFD" && row.owner == 65534)
    #expect(self.row(state: "01", user: "    0", inode: "48213")?.owner == 0)
  }

  /// The kernel shows account 0 for a socket that was closed: nobody becomes root by closing early.
  @Test(arguments: [("05", "0"), ("06", "0"), ("08", "48213"), ("01", "0"), ("04", "0")])
  func `a socket that nobody holds belongs to nobody`(state: String, inode: String) throws {
    let row = try #require(self.row(state: state, user: "0", inode: inode))
    #expect(row.owner == nil)
  }

  @Test func `a header or a cut line is no row`() {
    let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
    #expect(SocketTableRow(header)?.owner == nil)
    #expect(SocketTableRow("") == nil && SocketTableRow("  12: 0100007F:A2B4 0100007F:1CFD 01") == nil)
  }
}
