import Foundation
import Glibc
import Support
import Testing

/// What an operator sees of a running daemon.
@Suite struct MetricsTests {
  @Test func `calls, refusals and batches are counted, and top shows them`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    for _ in 0..<3 { _ = try daemon.submit() }
    #expect(try daemon.safegrid("call", "Hazard.submit", Daemon.report, "--as", "nobody").status == 1)
    let metrics = try daemon.safegrid("call", "Admin.metrics", "{}").json
    let methods = try #require(metrics["methods"] as? [[String: Any]])
    let submit = try #require(methods.first { $0["method"] as? String == "Hazard.submit" })
    #expect(submit["calls"] as? String == "4")
    let failures = try #require(submit["failures"] as? [[String: Any]])
    #expect(failures.map { $0["count"] as? String } == ["1"])
    let times = try #require(submit["microseconds"] as? [String: Any])
    let ranges = try #require(times["ranges"] as? [[String: String]])
    #expect(ranges.compactMap { $0["count"].flatMap { Int($0) } }.reduce(0, +) == 4)
    let writing = try #require(metrics["writing"] as? [String: Any])
    let status = try daemon.safegrid("admin", "status", "--json").json
    // The daemon's own first commands, the profile and the clock, are entries like all others.
    #expect(writing["entries"] as? String == status["sequence"] as? String)
    let sync = try #require(writing["syncMicroseconds"] as? [String: Any])
    #expect(sync["count"] as? String == writing["batches"] as? String)
    let storage = try #require(metrics["storage"] as? [String: Any])
    #expect(storage["lastSequence"] as? String == status["sequence"] as? String)
    let top = try daemon.safegrid("top", "--count", "1")
    #expect(top.status == 0, "\(top.errors)")
    #expect(top.output.contains("1–\(status["sequence"] as? String ?? "?")"), "\(top.output)")
  }

  @Test func `Prometheus finds every count under one address, and nothing else is there`() throws {
    let daemon = try Daemon(["--metrics", "tcp://127.0.0.1:0"])
    try daemon.setUp()
    for _ in 0..<2 { _ = try daemon.submit() }
    let port = try #require(daemon.ready.split(separator: ":").last)
    let page = try get("GET", "/metrics", port)
    #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n"))
    let lines = Set(page.split(whereSeparator: \.isNewline).map(String.init))
    #expect(lines.contains(#"safegrid_calls_total{method="Hazard.submit",status="OK"} 2"#))
    #expect(lines.contains(#"safegrid_call_seconds_bucket{method="Hazard.submit",le="+Inf"} 2"#))
    #expect(lines.contains("safegrid_writer_failed 0"))
    // Every line is a comment or a name with a number, and buckets of a histogram never fall.
    var last: (name: Substring, count: Double) = ("", 0)
    for line in lines where line.hasPrefix("safegrid_") {
      #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)")
    }
    for line in page.split(whereSeparator: \.isNewline) where line.contains("_bucket{") {
      let name = line[..<(line.range(of: "le=")?.lowerBound ?? line.endIndex)]
      let count = try #require(line.split(separator: " ").last.flatMap { Double($0) })
      if name == last.name { #expect(count >= last.count, "\(line)") }
      last = (name, count)
    }
    #expect(try get("GET", "/", port).hasPrefix("HTTP/1.1 404"))
    #expect(try get("POST", "/metrics", port).hasPrefix("HTTP/1.1 405"))
    #expect(try get("GET / HTTP/9.9\r\nnonsense", "", port).hasPrefix("HTTP/1.1 400"))
  }

  @Test func `metrics are not served to other machines`() throws {
    let folder = TemporaryFolder()
    let result = try Tools.run(
      "safegridd", ["--data", "\(folder.path)/d", "--listen", "unix:\(folder.path)/s", "--metrics", "tcp://0.0.0.0:0"])
    #expect(result.status == 1)
    #expect(result.errors.contains("can be reached from outside"))
  }

  @Test func `slow calls are logged, with who made them`() throws {
    let daemon = try Daemon(["--slow-call", "0"])
    try daemon.setUp()
    let lines = daemon.log.split(separator: "\n").filter { $0.contains("slow call") }
    #expect(lines.contains { $0.contains("method=Grid.stage_divisions") || $0.contains("method=Grid.put_cells") })
    #expect(lines.allSatisfy { $0.contains("principal=uid:\(getuid())") && $0.contains("status=OK") })
    let quiet = try Daemon(["--slow-call", "60000"])
    try quiet.setUp()
    #expect(!quiet.log.contains("slow call"))
  }

  /// A request as any HTTP client makes it.
  private func get(_ method: String, _ path: String, _ port: Substring) throws -> String {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = try #require(UInt16(port)).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    let handle = FileHandle(fileDescriptor: socket)
    try handle.write(contentsOf: Data("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
  }
}
