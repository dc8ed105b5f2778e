import API
import Client
import Foundation
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

/// What is done to a daemon's files while it serves.
@Suite struct MaintenanceTests {
  @Test func `compaction under load loses nothing, and everybody sees the new file`() async throws {
    let folder = TemporaryFolder()
    var daemon = try Daemon(in: folder)
    try daemon.setUp()
    // One connection, whose event loop keeps its snapshot from one call to the next.
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    let client = HazardClient(connection)
    let before = try HazardNumber(daemon.submit())!
    _ = try await client.show(ShowHazard(number: before), .init())
    let endpoint = daemon.endpoint
    let load = Task {
      try Tools.run(
        "safegrid", ["load", "--connections", "2", "--in-flight", "8", "--duration", "3"],
        ["SAFEGRID_CONNECT": endpoint])
    }
    var reports: [[String: Any]] = []
    for _ in 0..<3 {
      let compacted = try daemon.safegrid("compact", "--json")
      #expect(compacted.status == 0, "\(compacted.errors)")
      reports.append(compacted.json)
      let after = try HazardNumber(daemon.submit())!
      #expect(try await client.show(ShowHazard(number: after), .init()).number == after)
    }
    let result = try await load.value
    // Its audit compares what was acknowledged with the journal.
    #expect(result.status == 0, "\(result.output) \(result.errors)")
    #expect(result.output.contains("clean"))
    for report in reports {
      #expect((report["pauseMicroseconds"] as? String).flatMap { UInt64($0) } ?? 0 > 0)
    }
    let verified = try daemon.safegrid("verify")
    #expect(verified.status == 0, "\(verified.output)")
    await connection.close()
    let counted = try daemon.safegrid("hazard", "count", "421222000000000", "--json").output
    #expect(!FileManager.default.fileExists(atPath: "\(daemon.data)/compaction/data.mdb"))
    #expect(daemon.end(by: SIGKILL) == -SIGKILL)
    daemon = try Daemon(in: folder)
    #expect(try daemon.safegrid("hazard", "count", "421222000000000", "--json").output == counted)
    #expect(try daemon.safegrid("verify").status == 0)
  }
}
