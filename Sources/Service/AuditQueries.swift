import API
import Bytes
import Engine
import Journal
package import RPC
package import Records

extension QueryServices: AuditService {
  package func verify(
    _ request: VerifyJournal, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<JournalReport>
  ) throws(Refusal) {
    let report = journal.verify(trustedKey: keeper.trustedKey) { Interruption.isWanted }
    reply.send(
      JournalReport(
        firstSequence: report.firstSequence, lastSequence: report.lastSequence, entries: report.entries,
        batches: report.batches, segments: report.segments, byteCount: report.byteCount,
        chainHead: report.chainHead.hexadecimal, intact: report.fault == nil, fault: report.fault?.description,
        checkpointSequence: report.checkpoint?.firstSequence, checkpointKey: report.checkpoint?.publicKey.hexadecimal))
  }

  package func read(
    _ request: ReadJournal, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> any MessageSource {
    try JournalReading(request, for: caller, in: snapshot, store, clock, journal)
  }
}
