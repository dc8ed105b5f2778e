import API
import Bytes
import Client
import Example
import FaultPoints
import Foundation
import LMDB
import RPC
import Records
import Scalars
import Support
import Synchronization
import Testing
import Transport

/// SIGKILL at every named point of the write path and of maintenance, under load: the daemon comes up again, everything
/// that it keeps is intact, and what the clients wrote down is there, each once.
///
/// `KILLS=500 swift test --filter KillMatrixTests` is the long run: all points in turn, again and again.
/// Without it every fourth point is tried, and `SEED` says which.
@Suite struct KillMatrixTests {
  @Test func `wherever the daemon dies, nothing acknowledged is lost and nothing is done twice`() async throws {
    var random = SplitMix64(seed: testSeed(900))
    let points = FaultPoint.allCases
    let kills = ProcessInfo.processInfo.environment["KILLS"].flatMap(Int.init)
    let first = Int(random.next() % 4)
    var order = (0..<(kills ?? points.count / 4)).map { points[(kills == nil ? first + 4 * $0 : $0) % points.count] }[
      ...]
    while !order.isEmpty {
      // One folder lives through a round.
      let folder = TemporaryFolder()
      let ledger = Ledger()
      do {
        let daemon = try Daemon(in: folder)
        try daemon.setUp()
        #expect(daemon.end(by: SIGTERM) == 0)
      }
      for point in order.prefix(points.count) {
        try await kill(at: point, folder, ledger, &random)
        try await audit(folder, ledger, "\(point)")
      }
      order = order.dropFirst(points.count)
      if kills != nil {
        print("\(order.count) kills are left; \(ledger.numbers.count) reports of this round are there once")
      }
    }
  }

  // MARK: One kill

  private func kill(
    at point: FaultPoint, _ folder: TemporaryFolder, _ ledger: Ledger, _ random: inout SplitMix64
  ) async throws {
    let count = point.isOften ? 1 + Int(random.next() % 40) : 1
    let environment = ["SAFEGRID_KILL_AT": "\(point.rawValue):\(count)"]
    switch point.occasion {
    case .start, .startWithoutMark, .startWithOldIndexes:
      if point.occasion == .startWithOldIndexes { try forgetDefinitions(in: folder) }
      if point.occasion == .startWithoutMark {
        // A copy first, so that there is one to take the state's place; then something to redo.
        let daemon = try Daemon(in: folder)
        #expect(try daemon.safegrid("verify").status == 0)
        try await storm(daemon, ledger, until: .reports(10))
        #expect(daemon.end(by: SIGKILL) == -SIGKILL)
        try FileManager.default.removeItem(atPath: "\(folder.path)/data/mark")
      }
      #expect(throws: Daemon.Failure.self, "\(point) was not met at the start") {
        _ = try Daemon(in: folder, environment: environment)
      }
    case .end:
      let daemon = try Daemon(in: folder, environment: environment)
      try await storm(daemon, ledger, until: .reports(10))
      #expect(daemon.end(by: SIGTERM) == -SIGKILL, "\(point) was not met at the end")
    case .copy, .compaction:
      let daemon = try Daemon(in: folder, environment: environment)
      let endpoint = daemon.endpoint
      let command = point.occasion == .copy ? "verify" : "compact"
      // Each copy is made of a newer state, so that the third takes the place of the first.
      for _ in 0..<4 where !daemon.isGone {
        let maintenance = Task { try Tools.run("safegrid", [command], ["SAFEGRID_CONNECT": endpoint]) }
        try? await storm(daemon, ledger, until: .reports(50))
        _ = try await maintenance.value
      }
      #expect(daemon.isGone, "\(point) was not met during \(command)")
      daemon.end(by: SIGKILL)
    case .trim:
      // A full segment, and two copies behind it.
      let retention = ["--keep-journal-size", "1", "--signing-key", "\(folder.path)/signing.key"]
      let daemon = try Daemon(in: folder, retention, environment: environment)
      for count in [3000, 1, 1] {
        try await storm(daemon, ledger, until: .reports(count), isLarge: count > 1)
        #expect(try daemon.safegrid("verify").status == 0)
      }
      _ = try daemon.safegrid("audit", "trim")
      #expect(daemon.isGone, "\(point) was not met while old entries were forgotten")
      daemon.end(by: SIGKILL)
    case .load, .fullSegment:
      let daemon = try Daemon(in: folder, environment: environment)
      try await storm(daemon, ledger, until: .death, isLarge: point.occasion == .fullSegment)
      #expect(daemon.isGone, "\(point) was not met under load")
      daemon.end(by: SIGKILL)
    }
  }

  /// Leaves the state as a version with other indexes would have.
  private func forgetDefinitions(in folder: TemporaryFolder) throws {
    let environment = try Environment(path: "\(folder.path)/data/state", .init(mapBytes: 16 << 30, databasesMax: 200))
    let meta = try environment.openDatabases(["meta"])[0]
    var transaction = try WriteTransaction(environment)
    for index in HazardsTable.indexes {
      _ = try Array("tree:hazards.\(index.name)".utf8).withRawSpan { try transaction.delete(meta, key: $0) }
    }
    try transaction.commit()
  }

  private enum Limit { case death, reports(Int) }

  /// Reports from many clients at once. Each writes down what it was told, and what it does not know.
  private func storm(_ daemon: Daemon, _ ledger: Ledger, until limit: Limit, isLarge: Bool = false) async throws {
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    let most = if case .reports(let count) = limit { count } else { 5000 }
    let rest = Countdown(most)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<16 {
        group.addTask {
          let client = HazardClient(connection)
          while rest.take() {
            let entry = Ledger.Entry(request: Self.report(isLarge), key: connection.makeRequestKey())
            do throws(CallFailure) {
              let receipt = try await client.submit(entry.request, Self.options(entry.key))
              ledger.acknowledge(entry, receipt.number)
              // Moves the case to another place of its indexes.
              if receipt.number.sequence % 3 == 0 {
                _ = try await client.forwardUp(
                  HazardNote(number: receipt.number, note: "x"), CallOptions(timeout: .seconds(30), actingFor: "vs1"))
              }
            } catch {
              if error.outcome == .unknown, !ledger.knows(entry) { ledger.doubt(entry) }
              return
            }
          }
        }
      }
    }
    await connection.close()
  }

  private static func report(_ isLarge: Bool) -> SubmitHazard {
    let caption = isLarge ? String(repeating: "隐", count: 200) : ""
    let photos = (0..<(isLarge ? 20 : 1)).map { number in
      Attachment(sha256: [UInt8](repeating: UInt8(number), count: 32), caption: caption)
    }
    return SubmitHazard(
      source: .memberPatrol, grid: GridCode("421222100001001")!, class: "消防", domain: .fire, severity: .general,
      urgency: .normal, description: "消防通道堵塞", photos: photos)
  }

  private static func options(_ key: [UInt8]) -> CallOptions {
    CallOptions(timeout: .seconds(30), actingFor: "gm1", requestKey: key)
  }

  // MARK: Audit

  private func audit(_ folder: TemporaryFolder, _ ledger: Ledger, _ occasion: String) async throws {
    let daemon = try Daemon(in: folder)
    let verified = try daemon.safegrid("verify")
    #expect(verified.status == 0, "\(occasion): \(verified.output) \(verified.errors)")
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    let client = HazardClient(connection)
    // Who does not know asks again, with the same key: what was done is not done twice.
    for entry in ledger.takeDoubtful() {
      ledger.acknowledge(entry, try await client.submit(entry.request, Self.options(entry.key)).number)
    }
    for (entry, number) in ledger.sample(20) {
      #expect(try await client.submit(entry.request, Self.options(entry.key)).number == number, "\(occasion)")
    }
    let counts = try await client.count(CountHazards(grid: GridCode("421222000000000")!), .init())
    let total = counts.counts.reduce(0) { $0 + Int($1.count) }
    let numbers = ledger.numbers
    #expect(total == numbers.count && Set(numbers).count == numbers.count, "\(occasion)")
    await connection.close()
    // Also the next start finds a folder that was not left in order.
    #expect(daemon.end(by: SIGKILL) == -SIGKILL)
  }
}

/// Reports that are still to be made.
private final class Countdown: Sendable {
  private let left: Atomic<Int>
  init(_ count: Int) { left = Atomic(count) }
  func take() -> Bool { left.subtract(1, ordering: .relaxed).oldValue > 0 }
}

/// What the clients wrote down.
private final class Ledger: Sendable {
  struct Entry: Sendable {
    let request: SubmitHazard
    let key: [UInt8]
  }

  private struct Pages {
    var acknowledged: [(entry: Entry, number: HazardNumber)] = []
    var doubtful: [Entry] = []
  }

  private let pages = Mutex(Pages())

  var numbers: [HazardNumber] { pages.withLock { $0.acknowledged.map(\.number) } }

  func acknowledge(_ entry: Entry, _ number: HazardNumber) {
    pages.withLock { $0.acknowledged.append((entry, number)) }
  }

  func knows(_ entry: Entry) -> Bool { pages.withLock { $0.acknowledged.contains { $0.entry.key == entry.key } } }

  func doubt(_ entry: Entry) { pages.withLock { $0.doubtful.append(entry) } }

  func takeDoubtful() -> [Entry] {
    pages.withLock { pages in
      defer { pages.doubtful = [] }
      return pages.doubtful
    }
  }

  /// The newest, which a kill endangers most.
  func sample(_ count: Int) -> [(Entry, HazardNumber)] {
    pages.withLock { pages in pages.acknowledged.suffix(count).map { ($0.entry, $0.number) } }
  }
}

extension FaultPoint {
  enum Occasion { case load, copy, compaction, trim, fullSegment, start, startWithoutMark, startWithOldIndexes, end }

  /// When the daemon comes by.
  var occasion: Occasion {
    switch self {
    case .stateRemoved, .statePlaced, .redoCommits, .redoCommitted: .startWithoutMark
    case .tailRewrites, .tailRewritten, .markOpens, .markOpened, .segmentCreated, .segmentHeaderWritten,
      .segmentSynced, .segmentRenamed, .segmentFolderSynced:
      .start
    case .rebuildBegins, .rebuildChunkCommitted, .rebuilt: .startWithOldIndexes
    case .stateSyncs, .stateSynced, .markCloses, .markClosed: .end
    case .sealWrites, .sealWritten, .sealSynced: .fullSegment
    case .copyBegins, .copyPartWritten, .copyCached, .copyWritten, .copyVerified, .copyRenamed, .copyFolderSynced,
      .copyManifestWritten, .copyManifestRemoved, .copyRemoved:
      .copy
    case .checkpointBegins, .checkpointWritten, .segmentForgotten: .trim
    case .compactionBegins, .compactionWritten, .compactionCaughtUp, .compactionRenames, .compactionRenamed: .compaction
    default: .load
    }
  }

  /// Whether it is met many times in a short storm.
  var isOften: Bool {
    switch self {
    case .recordPuts, .recordPut, .indexPuts, .indexPut, .commandDecided, .commandAccepted, .requestKeyPuts,
      .requestKeyPut, .journalWrites, .journalWritten, .journalSynced, .stateCommits, .stateCommitted,
      .sequencePublishes, .sequencePublished, .batchBegins, .batchBegun, .repliesGo, .repliesGone:
      true
    default: false
    }
  }
}
