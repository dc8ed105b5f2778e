import API
import Domain
package import Engine
package import Journal
package import Records
package import Scalars
package import Store

/// The queries of all services, answered from snapshots and from the journal.
package struct QueryServices: Services, Sendable {
  let store: StateStore
  package let journal: JournalReader<PosixDisk>
  let recent: RecentEntries
  let keeper: StateKeeper
  let metrics: MetricsSource
  let live: LiveActivity
  let health: DaemonHealth
  let facts: ServerFacts
  /// The time now: the test clock's in a store that has one.
  let now: @Sendable (_ testTime: Instant?) -> Instant

  package init(
    store: StateStore, journal: JournalReader<PosixDisk>, keeper: StateKeeper, metrics: MetricsSource,
    live: LiveActivity, health: DaemonHealth, facts: ServerFacts,
    now: @escaping @Sendable (_ testTime: Instant?) -> Instant
  ) {
    self.store = store
    self.journal = journal
    recent = RecentEntries(journal)
    self.keeper = keeper
    self.metrics = metrics
    self.live = live
    self.health = health
    self.facts = facts
    self.now = now
  }

  /// What a token may be judged by.
  package var clock: StateClock { StateClock(now: now) }

  func currentTime(in snapshot: borrowing some SnapshotReader & ~Copyable) throws(Refusal) -> Instant {
    try clock.time(in: snapshot)
  }

  /// A grid that nobody knows has no empty list: it is a typing error.
  func requireKnown(_ code: GridCode, in snapshot: borrowing some SnapshotReader & ~Copyable) throws(Refusal) {
    if try currentGrid(code, in: snapshot) == nil { throw .unknownGrid(UnknownGrid(code: code)) }
  }

  /// Rows of a page when the request names no number.
  static let defaultLimit: UInt32 = 100

  static func limit(_ wanted: UInt32?) -> Int { Int(wanted ?? defaultLimit) }
}

/// What time it is in a state.
package struct StateClock: Sendable {
  fileprivate let now: @Sendable (_ testTime: Instant?) -> Instant

  /// The test clock's time in a store that has one.
  package func time(in snapshot: borrowing some SnapshotReader & ~Copyable) throws(Refusal) -> Instant {
    now(try snapshot.record(TestClockTable.self, .init(id: 1))?.now)
  }
}

/// What does not change as long as the daemon runs.
package struct ServerFacts: Sendable {
  package let version: String
  package let historyIdentifier: String
  package let isTestStore: Bool
  package let startedAt: Instant

  package init(version: String, historyIdentifier: String, isTestStore: Bool, startedAt: Instant) {
    self.version = version
    self.historyIdentifier = historyIdentifier
    self.isTestStore = isTestStore
    self.startedAt = startedAt
  }
}

/// A snapshot for one step of a stream.
func newSnapshot(of store: StateStore) throws(Refusal) -> Snapshot {
  do throws(StoreError) { return try Snapshot(store) } catch {
    throw .storageFault(StorageFault(detail: "\(error)"))
  }
}
