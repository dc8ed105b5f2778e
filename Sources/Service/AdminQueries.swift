import API
import Engine
package import Records

extension QueryServices: AdminService {
  package func profile(
    _ request: Empty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<Profile>
  ) throws(Refusal) {
    reply.send(try activeProfile(in: snapshot))
  }

  package func status(
    _ request: Empty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ServerStatus>
  ) throws(Refusal) {
    let profile = try snapshot.record(ProfilesTable.self, .init(id: 1))?.profile
    reply.send(
      ServerStatus(
        version: facts.version, historyId: facts.historyIdentifier, sequence: try snapshot.appliedSequence(),
        now: try currentTime(in: snapshot), profile: profile?.name ?? "", profileEdition: profile?.edition ?? "",
        testStore: facts.isTestStore, startedAt: facts.startedAt))
  }

  package func metrics(
    _ request: Empty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ServerMetrics>
  ) throws(Refusal) {
    reply.send(try serverMetrics())
  }

  package func verify(
    _ request: Empty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<StateReport>
  ) throws(Refusal) {
    reply.send(try working { try keeper.verify(at: now(nil)).report })
  }

  package func backup(
    _ request: MakeBackup, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<BackupReport>
  ) throws(Refusal) {
    reply.send(try working { try keeper.backup(to: request.path, at: now(nil)) })
  }

  package func trimJournal(
    _ request: Empty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<TrimReport>
  ) throws(Refusal) {
    reply.send(try working { try keeper.trimJournal() })
  }

  package func compact(
    _ request: Empty, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<CompactionReport>
  ) throws(Refusal) {
    reply.send(try working { try keeper.compact() })
  }

  /// Works on the daemon's files, and says what went wrong in the words of the interface.
  private func working<Report>(_ body: () throws -> Report) throws(Refusal) -> Report {
    do { return try body() } catch let fault as BackupFolderFault {
      throw .invalid("path", fault.reason)
    } catch let fault as MaintenanceFault {
      throw .notDone(NotDone(reason: fault.reason))
    } catch {
      throw .storageFault(StorageFault(detail: String("\(error)".prefix(500))))
    }
  }
}

/// - Throws: `unconfigured` before the first profile was activated.
func activeProfile(in snapshot: borrowing some SnapshotReader & ~Copyable) throws(Refusal) -> Profile {
  guard let active = try snapshot.record(ProfilesTable.self, .init(id: 1)) else {
    throw .unconfigured(Unconfigured(rule: "profile"))
  }
  return active.profile
}
