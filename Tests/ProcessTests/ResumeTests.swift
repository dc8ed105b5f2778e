import API
import Client
import Foundation
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

/// Streams that end before they are done, and go on elsewhere.
@Suite struct ResumeTests {
  private static let village = GridCode("421222100001000")!

  private func connect(_ daemon: Daemon) async throws -> Connection {
    try await Connection.connect(to: try #require(Endpoint(daemon.endpoint)))
  }

  private func submit(_ texts: [String], _ connection: Connection) async throws {
    let relay = try await HazardClient(connection).relay()
    for text in texts {
      try await relay.send(
        RelayedHazard(
          requestKey: connection.makeRequestKey(), actingFor: "gm1", hazard: RequestStreamTests.report(text)))
    }
    await relay.finishSending()
    for try await receipt in relay.replies { #expect(receipt.refusal == nil) }
  }

  /// What tells one change from all others.
  private struct Seen: Hashable {
    let sequence: UInt64
    let number: HazardNumber
    let version: UInt64

    init(_ change: HazardChange) {
      (sequence, number, version) = (change.sequence, change.hazard.number, change.hazard.version)
    }
  }

  /// Follows until a case with the last words comes, through as many streams as it takes.
  private func follow(
    _ request: WatchHazards, _ time: Duration?, _ connection: Connection
  ) async throws -> (seen: [Seen], streams: Int) {
    var seen: [Seen] = []
    var options = CallOptions(streamTimeout: time)
    for streams in 1... {
      let before = seen.count
      do {
        for try await change in try await HazardClient(connection).watch(request, options) {
          seen.append(Seen(change))
          if change.hazard.description == "last" { return (seen, streams) }
        }
      } catch let failure as CallFailure {
        guard failure.code == .deadlineExceeded else { throw failure }
        let token: [UInt8] = try #require(failure.resumeToken, "nothing of the present state was asked for")
        options.resumeToken = token
        // On a busy machine nothing may come in so short a time.
        options.streamTimeout = seen.count > before ? time : options.streamTimeout.map { $0 * 2 }
      }
    }
    preconditionFailure("the streams end with a return")
  }

  @Test func `streams whose time ends anywhere, one after the other, are one without an end`() async throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let connection = try await connect(daemon)
    let start = try await AdminClient(connection).status(Empty()).sequence
    let request = WatchHazards(holder: Self.village, afterSequence: start)
    async let whole = follow(request, nil, connection)
    let other = try await connect(daemon)
    async let pieces = follow(request, .milliseconds(15), other)
    try await submit((0..<700).map { "\($0)" }, connection)
    // One entry now changes many cases.
    for _ in 0..<3 {
      _ = try await AdminClient(connection).advanceClock(AdvanceClock(milliseconds: 86_400_000 * 5))
    }
    try await submit(["last"], connection)
    let (one, many) = (try await whole, try await pieces)
    #expect(one.seen.count > 1000 && one.streams == 1 && Set(one.seen).count == one.seen.count)
    #expect(many.seen == one.seen && many.streams > 3, "\(many.seen.count) in \(many.streams) streams")
    // And from the beginning, read at a different pace.
    #expect(try await follow(request, .milliseconds(40), connection).seen == one.seen)
    daemon.end(by: SIGTERM)
  }

  @Test func `a watch goes on behind a restart, and is told when the history is another`() async throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let connection = try await connect(daemon)
    try await submit(["first"], connection)
    let start = try await AdminClient(connection).status(Empty()).sequence
    let request = WatchHazards(holder: Self.village)
    var changes = try await HazardClient(connection).watch(request).makeAsyncIterator()
    #expect(try await changes.next()?.hazard.description == "first")
    try await submit(["second"], connection)
    #expect(try await changes.next()?.hazard.description == "second")
    #expect(daemon.end(by: SIGTERM) == 0)
    let failure = await #expect(throws: CallFailure.self) { _ = try await changes.next() }
    let token = try #require(failure?.resumeToken)
    #expect(failure?.code == .unavailable)

    let again = try Daemon(in: daemon.folder)
    let other = try await connect(again)
    try await submit(["third", "last"], other)
    var options = CallOptions(resumeToken: token)
    var rest = try await HazardClient(other).watch(request, options).makeAsyncIterator()
    #expect(try await rest.next()?.hazard.description == "third")
    #expect(try await rest.next()?.hazard.description == "last")
    // The journal's own stream goes on as well; what no server gave is refused.
    let entries = try await AuditClient(other).read(ReadJournal(), options)
    var sequences: [UInt64] = []
    for try await entry in entries { sequences.append(entry.sequence) }
    #expect(sequences == [start + 2, start + 3])
    options.resumeToken = [1, 2, 3]
    let refused = await #expect(throws: CallFailure.self) {
      for try await _ in try await HazardClient(other).watch(request, options) {}
    }
    #expect(refused?.code == .invalidArgument)
    #expect(again.end(by: SIGTERM) == 0)

    let folder = TemporaryFolder()
    let restored = try Tools.safegrid("restore", daemon.data, "\(folder.path)/data")
    #expect(restored.status == 0, "\(restored.errors)")
    let third = try Daemon(in: folder)
    let elsewhere = try await connect(third)
    options.resumeToken = token
    let changed = await #expect(throws: CallFailure.self) {
      for try await _ in try await HazardClient(elsewhere).watch(request, options) {}
    }
    guard case .historyChanged = changed?.refusal else {
      Issue.record("\(String(describing: changed))")
      return
    }
    third.end(by: SIGTERM)
  }
}
