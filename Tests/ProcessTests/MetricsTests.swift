import API
import Client
import Foundation
import Glibc
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

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
    let counts: [Int] = ranges.map { range in Int(range["count"] ?? "") ?? 0 }
    #expect(counts.reduce(0, +) == 4)
    let writing = try #require(metrics["writing"] as? [String: Any])
    let status = try daemon.safegrid("admin", "status", "--json").json
    // The daemon's own first commands, the profile and the clock, are entries like all others.
    #expect(writing["entries"] as? String == status["sequence"] as? String)
    let sync = try #require(writing["syncMicroseconds"] as? [String: Any])
    #expect(sync["count"] as? String == writing["batches"] as? String)
    let storage = try #require(metrics["storage"] as? [String: Any])
    #expect(storage["lastSequence"] as? String == status["sequence"] as? String)
    // The system's own account of the memory, in KiB.
    let lines = try String(contentsOfFile: "/proc/\(daemon.identifier)/status", encoding: .utf8).split(separator: "\n")
    let kibibytes = try #require(lines.first { $0.hasPrefix("VmRSS:") }?.split(whereSeparator: \.isWhitespace)[1])
    let resident = try #require((metrics["residentBytes"] as? String).flatMap { Double($0) })
    #expect((0.5...2).contains(resident / (Double(kibibytes)! * 1024)), "\(resident) and \(kibibytes) KiB")
    let top = try daemon.safegrid("top", "--count", "1")
    #expect(top.status == 0, "\(top.errors)")
    #expect(top.output.contains("1–\(status["sequence"] as? String ?? "?")"), "\(top.output)")
  }

  @Test func `the log names a call as its client does, with the trace that it belongs to`() async throws {
    let daemon = try Daemon(["--slow-call", "0"])
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let traced = try Tools.run(
      "safegrid", ["health"], ["SAFEGRID_CONNECT": daemon.endpoint, "TRACEPARENT": trace])
    #expect(traced.status == 0)
    let line = try #require(daemon.log.split(separator: "\n").first { $0.contains("trace=") })
    #expect(line.contains("slow call") && line.contains("method=Health.check") && line.contains("trace=\(trace)"))
    // A nonsensical one is passed over.
    _ = try Tools.run("safegrid", ["ping"], ["SAFEGRID_CONNECT": daemon.endpoint, "TRACEPARENT": "nonsense"])
    let connection = try await Connection.connect(to: try #require(Endpoint(daemon.endpoint)))
    let failure = await #expect(throws: CallFailure.self) {
      _ = try await HazardClient(connection).show(ShowHazard(number: .init("4212221000010012026030200001")!))
    }
    let identifier = try #require(failure?.callIdentifier)
    #expect(daemon.log.contains("call=\(identifier) "), "\(identifier): \(daemon.log)")
    #expect(daemon.log.split(separator: "\n").count { $0.contains("trace=") } == 1, "it is of one call alone")
  }

  @Test func `Prometheus finds every count under one address, and nothing else is there`() throws {
    let daemon = try Daemon(["--metrics", "tcp://127.0.0.1:0"])
    try daemon.setUp()
    for _ in 0..<2 { _ = try daemon.submit() }
    #expect(try daemon.safegrid("call", "Hazard.submit", Daemon.report, "--as", "nobody").status == 1)
    let port = try #require(daemon.ready.split(separator: ":").last)
    let page = try get("GET", "/metrics", port)
    #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n"))
    let lines = Set(page.split(whereSeparator: \.isNewline).map(String.init))
    #expect(lines.contains(#"safegrid_calls_total{method="Hazard.submit",status="OK"} 2"#))
    #expect(lines.contains(#"safegrid_calls_total{method="Hazard.submit",status="PERMISSION_DENIED"} 1"#))
    #expect(lines.contains(#"safegrid_call_seconds_bucket{method="Hazard.submit",le="+Inf"} 3"#))
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
    try expectSame(lines, daemon.safegrid("call", "Admin.metrics", "{}").json)
    #expect(try get("GET", "/", port).hasPrefix("HTTP/1.1 404"))
    #expect(try get("POST", "/metrics", port).hasPrefix("HTTP/1.1 405"))
    #expect(try get("GET / HTTP/9.9\r\nnonsense", "", port).hasPrefix("HTTP/1.1 400"))
  }

  /// The page says in Prometheus' units what the method says.
  private func expectSame(_ lines: Set<String>, _ metrics: [String: Any]) throws {
    func value(_ name: String) throws -> Double {
      try #require(lines.first { $0.hasPrefix("safegrid_\(name) ") }?.split(separator: " ").last.flatMap { Double($0) })
    }
    let storage = try #require(metrics["storage"] as? [String: Any])
    for (name, field) in [
      ("journal_first_sequence", "firstSequence"), ("journal_last_sequence", "lastSequence"),
      ("journal_segments", "journalSegments"), ("copied_sequence", "copiedSequence"), ("state_map_bytes", "mapBytes"),
      ("state_used_bytes", "usedBytes"), ("state_free_bytes", "freeBytes"),
    ] {
      #expect(try value(name) == (storage[field] as? String).flatMap { Double($0) } ?? 0, "\(name)")
    }
    #expect(try value("fill_level") == 1 && value("state_used_bytes") > value("state_free_bytes"))
    let methods = try #require(metrics["methods"] as? [[String: Any]])
    let submit = try #require(methods.first { $0["method"] as? String == "Hazard.submit" })
    let times = try #require(submit["microseconds"] as? [String: Any])
    let seconds = try value(#"call_seconds_sum{method="Hazard.submit"}"#)
    #expect((times["sum"] as? String).flatMap { Double($0) } == (seconds * 1e6).rounded())
    // Powers of two in microseconds, said in seconds.
    let bounds = lines.compactMap { line -> Double? in
      guard line.hasPrefix(#"safegrid_call_seconds_bucket{method="Hazard.submit",le=""#) else { return nil }
      return line.split(separator: "\"").dropLast().last.flatMap { Double($0) }
    }
    let powers = (6...26).map { Double(1 << $0) / 1e6 }
    #expect(bounds.sorted() == powers + [.infinity])
  }

  @Test func `some ask at once, any number one after the other`() throws {
    let daemon = try Daemon(["--metrics", "tcp://127.0.0.1:0"])
    let port = try #require(daemon.ready.split(separator: ":").last)
    for _ in 0..<40 { #expect(try get("GET", "/metrics", port).hasPrefix("HTTP/1.1 200")) }
    do {
      let waiting = try (0..<16).map { _ in try connect(port) }
      // Each is answered whole or not at all; those that only wait leave no room for more.
      #expect(try Tools.comesTrue { try get("GET", "/metrics", port).isEmpty })
      for socket in waiting { close(socket) }
    }
    #expect(try Tools.comesTrue { try get("GET", "/metrics", port).hasPrefix("HTTP/1.1 200") })
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
    // What took less than the limit is not among them.
    let some = try Daemon(["--slow-call", "3"])
    try some.setUp()
    let times = some.log.split(separator: "\n").filter { $0.contains("slow call") }.compactMap { line in
      line.split(separator: " ").first { $0.hasPrefix("milliseconds=") }.flatMap { Int($0.dropFirst(13)) }
    }
    #expect(times.allSatisfy { $0 >= 3 }, "\(times)")
    let quiet = try Daemon(["--slow-call", "60000"])
    try quiet.setUp()
    #expect(!quiet.log.contains("slow call"))
  }

  /// A request as any HTTP client makes it; empty when the connection is closed without an answer.
  private func get(_ method: String, _ path: String, _ port: Substring) throws -> String {
    let handle = FileHandle(fileDescriptor: try connect(port), closeOnDealloc: true)
    // The other side may have closed already.
    try? handle.write(contentsOf: Data("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
  }

  private func connect(_ port: Substring) throws -> Int32 {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = try #require(UInt16(port)).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    return socket
  }
}
