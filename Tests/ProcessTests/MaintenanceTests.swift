import API
import Client
import Domain
import Foundation
import RPC
import Records
import Scalars
import Store
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

  @Test func `nothing is forgotten without a key outside of the data folder`() throws {
    let daemon = try Daemon()
    let trim = try daemon.safegrid("audit", "trim")
    #expect(
      trim.errors
        == "safegrid: FAILED_PRECONDITION: Nothing was done: the daemon keeps everything: it was given neither age nor size.\n"
    )
    #expect(trim.status == 1)
    let folder = TemporaryFolder()
    let listen = ["--listen", "unix:\(folder.path)/s", "--data", "\(folder.path)/d"]
    let cases: [([String], String)] = [
      (["--keep-journal-size", "64"], "name a --signing-key"),
      (["--keep-journal-days", "34", "--signing-key", "\(folder.path)/k"], "at least 35"),
      (["--keep-journal-days", "35", "--signing-key", "\(folder.path)/d/k"], "must lie outside of"),
    ]
    try FileManager.default.createDirectory(atPath: "\(folder.path)/d", withIntermediateDirectories: false)
    for (arguments, message) in cases {
      let refused = try Tools.run("safegridd", listen + arguments)
      #expect(refused.status != 0 && refused.errors.contains(message), "\(arguments): \(refused.errors)")
    }
    try Data("no key\n".utf8).write(to: URL(filePath: "\(folder.path)/k"))
    let refused = try Tools.run(
      "safegridd", listen + ["--keep-journal-days", "35", "--signing-key", "\(folder.path)/k"])
    #expect(refused.status == 1 && refused.errors.contains("holds no key"), "\(refused.errors)")
  }

  @Test func `records of an older version are migrated by a journaled command, those of a newer one are refused`()
    throws
  {
    let folder = TemporaryFolder()
    var daemon = try Daemon(in: folder)
    let first = try daemon.safegrid("audit", "export").lines
    #expect(first.count { $0.contains(#""method":"Admin.migrate""#) } == Int(Migration.newest))
    #expect(daemon.end(by: SIGTERM) == 0)
    daemon = try Daemon(in: folder)
    #expect(try daemon.safegrid("audit", "export").lines == first)
    #expect(daemon.end(by: SIGTERM) == 0)
    let store = try StateStore(path: "\(daemon.data)/state", mapBytes: 1 << 30)
    var state = try WriteState(store)
    try state.putDirectly(SchemaVersionTable.self, SchemaVersion(id: 1, number: 99))
    try state.commit()
    #expect {
      _ = try Daemon(in: folder)
    } throws: { error in
      "\(error)".contains("written by a newer version (migration 99")
    }
  }
}
