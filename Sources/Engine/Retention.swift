package import Crypto
internal import Journal
package import Records
internal import Scalars

/// How long journal entries are kept.
package struct RetentionPolicy: Sendable {
  /// Entries may be forgotten when they are older.
  package var age: Duration?
  /// The oldest entries may be forgotten when all together take more.
  package var byteCountMax: Int?
  /// Signs where the journal begins then.
  package var key: Curve25519.Signing.PrivateKey

  package init(age: Duration?, byteCountMax: Int?, key: Curve25519.Signing.PrivateKey) {
    self.age = age
    self.byteCountMax = byteCountMax
    self.key = key
  }

  /// Whoever repeats a command within this time must get its first reply, which lies in the journal.
  package static let leastDays = RequestKeyTime.rememberedDays
}

extension StateKeeper {
  /// Whether journal entries are ever forgotten.
  package var forgets: Bool { retention != nil }

  /// The only key whose checkpoints count here, if this daemon has one.
  package var trustedKey: [UInt8]? { retention.map { [UInt8]($0.key.publicKey.rawRepresentation) } }

  /// Forgets the journal's oldest entries as far as the policy allows, by whole segments; never what the older of two
  /// verified copies lacks, so that a copy that turns out bad costs nothing.
  package func trimJournal() throws -> TrimReport {
    try takingTurn {
      guard let retention else {
        throw MaintenanceFault(
          reason: Label(
            "the daemon keeps everything: it was given neither age nor size", "未设置保留时长或容量，日志全部保留"))
      }
      // The journal's own time, which in a store for tests is not the system's.
      guard let newest = try journal.entry(journal.lastSequence) else {
        return TrimReport(firstSequence: journal.firstSequence)
      }
      let time = try JournalEntry(stored: newest).time
      let copies = try copies.list()
      let segments = try journal.sealedSegments()
      var report = TrimReport(firstSequence: journal.firstSequence)
      // With one copy alone everything behind its predecessor, the empty state, is kept.
      guard copies.count >= 2 else { return report }
      var byteCount = segments.reduce(0) { $0 + $1.byteCount }
      var kept = journal.firstSequence
      for segment in segments where segment.lastSequence <= copies[0].sequence {
        let age = Duration.milliseconds(time.millisecondsSince1970 - segment.endMilliseconds)
        guard retention.age.map({ age > $0 }) ?? false || retention.byteCountMax.map({ byteCount > $0 }) ?? false else {
          break
        }
        kept = segment.lastSequence + 1
        byteCount -= segment.byteCount
        report.segments += 1
        report.byteCount += UInt64(segment.byteCount)
      }
      report.firstSequence = try journal.forget(
        before: kept, at: time.millisecondsSince1970, signingWith: retention.key)
      return report
    }
  }
}
