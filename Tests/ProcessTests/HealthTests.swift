import API
import Client
import Foundation
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

/// Whether a daemon says how it stands, and what is going on in it.
@Suite struct HealthTests {
  @Test func `a daemon is ready, each of its services is, and no other`() throws {
    let daemon = try Daemon()
    let whole = try daemon.safegrid("health")
    #expect(whole.status == 0 && whole.output == "ready Ready\n", "\(whole)")
    #expect(try daemon.safegrid("health", "Hazard", "--json").json["state"] as? String == "READY")
    let none = try daemon.safegrid("health", "Hazrd")
    #expect(none.status == 1 && none.errors.contains("There is no service Hazrd"), "\(none.errors)")
    #expect(daemon.end(by: SIGTERM) == 0)
    #expect(try daemon.safegrid("health").status == 3)
  }

  @Test func `a watch sees the state, waits, and ends well with the daemon`() async throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let connection = try await Connection.connect(to: try #require(Endpoint(daemon.endpoint)))
    var reports = try await HealthClient(connection).watch(CheckHealth()).makeAsyncIterator()
    #expect(try await reports.next()?.state == .ready)
    // Another stream, which has nothing to say at the end, is told why it is over.
    var entries = try await HazardClient(connection).watch(WatchHazards(holder: .init("421222100001000")!))
      .makeAsyncIterator()
    let ending = Task.detached { daemon.end(by: SIGTERM) }
    #expect(try await reports.next()?.state == .draining)
    #expect(try await reports.next() == nil)
    await #expect { _ = try await entries.next() } throws: { "\($0)".contains("going down") }
    #expect(await ending.value == 0)
  }

  @Test func `a channel waits for a daemon that was killed, and its command is applied once`() async throws {
    let folder = TemporaryFolder()
    var daemon = try Daemon(in: folder)
    try daemon.setUp()
    var configuration = Channel.Configuration()
    configuration.waitsForReady = true
    let channel = Channel(to: [try #require(Endpoint(daemon.endpoint))], configuration)
    let options = CallOptions(timeout: .seconds(600), actingFor: "gm1")
    let grid = try #require(GridCode("421222100001001"))
    let request = SubmitHazard(
      source: .memberPatrol, grid: grid, class: "消防", domain: .fire, severity: .general, urgency: .normal,
      description: "消防通道堵塞", photos: [Attachment(sha256: [UInt8](repeating: 0, count: 32))])
    let first = try await HazardClient(channel).submit(request, options)
    daemon.end(by: SIGKILL)
    async let second = HazardClient(channel).submit(request, options)
    daemon = try Daemon(in: folder)
    #expect(try await second.number != first.number)
    let listed = try await HazardClient(channel).list(ListHazards(grid: grid))
    #expect(listed.hazards.count == 2)
    await channel.close()
  }

  @Test func `connections, streams and queues are listed as far as they were asked for`() async throws {
    let daemon = try Daemon()
    let endpoint = try #require(Endpoint(daemon.endpoint))
    let connection = try await Connection.connect(to: endpoint, name: "quiet")
    let other = try await Connection.connect(to: endpoint, name: "watcher")
    let watch = try await HealthClient(other).watch(CheckHealth())
    var reports = watch.makeAsyncIterator()
    _ = try await reports.next()
    let admin = AdminClient(connection)
    let activity = try await admin.activity(ListActivity())
    #expect(activity.connectionCount == 2)
    #expect(activity.connections.map(\.client).sorted() == ["quiet", "watcher"])
    #expect(activity.connections.allSatisfy { $0.peer == "unix" && $0.principal == "uid:\(getuid())" })
    // The query that asks is itself under way.
    #expect(activity.callCount == 2)
    #expect(Set(activity.calls.map(\.method)) == ["Admin.activity", "Health.watch"])
    let asking = try #require(activity.calls.first { $0.method == "Admin.activity" })
    #expect(asking.place == .scanning && asking.leftMilliseconds.map { $0 > 0 && $0 <= 30_000 } == true)
    let watching = try #require(activity.calls.first { $0.method == "Health.watch" })
    #expect(watching.place == .streaming && watching.leftMilliseconds == nil)
    let watcher = try #require(activity.connections.first { $0.client == "watcher" })
    #expect(watching.connection == watcher.id && watcher.openCalls == 1)
    #expect(activity.queues.map(\.name) == ["commands", "writing", "scans", "maintenance"])
    #expect(activity.queues[2].count == 1 && activity.queues[3].count == 0)
    #expect(try await admin.activity(ListActivity(limit: 1)).connections.count == 1)
    watch.cancel()
    await #expect { while try await reports.next() != nil {} } throws: { ($0 as? CallFailure)?.code == .cancelled }
    #expect(try await admin.activity(ListActivity()).calls.map(\.method) == ["Admin.activity"])
    await other.close()
    let shown = try daemon.safegrid("status")
    #expect(shown.status == 0 && shown.output.contains("Admin.activity"), "\(shown)")
  }
}
