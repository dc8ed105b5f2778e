import Bytes
import Crypto
import Journal
import Support
import Synchronization
import Testing

/// The forgetting of old entries, and what still vouches for the chain.
@Suite struct RetentionTests {
  private let key = Curve25519.Signing.PrivateKey()
  private var publicKey: [UInt8] { [UInt8](key.publicKey.rawRepresentation) }

  /// A journal of many small segments.
  private func journal(on disk: FaultyDisk, entries: Int = 100) throws -> JournalWriter<FaultyDisk> {
    var options = JournalWriter<FaultyDisk>.Options(
      history: [UInt8](repeating: 7, count: historyIdentifierBytes), createdMilliseconds: 1)
    options.segmentBytes = 8 << 10
    var journal = try JournalWriter.open(disk, options, wasClosed: true)
    for _ in 0..<entries {
      let sequence = journal.lastSequence + 1
      var batch = LogBatch(firstSequence: sequence, milliseconds: Int64(sequence) * 1000)
      batch.append { $0.appendLittleEndian(sequence) }
      try journal.append(&batch)
      journal.publish()
    }
    return journal
  }

  @Test func `what is kept verifies as before, for those who trust the key`() throws {
    let disk = FaultyDisk()
    var journal = try journal(on: disk)
    let sealed = try journal.reader.sealedSegments()
    #expect(sealed.count > 5)
    let head = journal.reader.verify().chainHead
    for (before, expected) in [
      (sealed[2].lastSequence, sealed[2].firstSequence), (sealed[4].lastSequence + 1, sealed[5].firstSequence),
    ] {
      #expect(try journal.reader.forget(before: before, at: 9, signingWith: key) == expected)
      #expect(journal.reader.firstSequence == expected)
      #expect(try journal.entry(expected - 1) == nil)
      #expect(try journal.entry(expected) != nil)
      let report = journal.reader.verify(trustedKey: publicKey)
      #expect(report.fault == nil && report.firstSequence == expected && report.chainHead == head)
      #expect(report.checkpoint?.firstSequence == expected && report.checkpoint?.createdMilliseconds == 9)
      let other = [UInt8](Curve25519.Signing.PrivateKey().publicKey.rawRepresentation)
      #expect(journal.reader.verify(trustedKey: other).fault != nil)
    }
    // It goes on, and is opened again.
    var options = JournalWriter<FaultyDisk>.Options(history: journal.history, createdMilliseconds: 1)
    options.segmentBytes = 8 << 10
    journal = try JournalWriter.open(disk, options, wasClosed: false)
    #expect(journal.lastSequence == 100 && journal.reader.verify(trustedKey: publicKey).fault == nil)
  }

  @Test func `the segment that is written to is never forgotten`() throws {
    let disk = FaultyDisk()
    let journal = try journal(on: disk)
    let first = try journal.reader.forget(before: .max, at: 9, signingWith: key)
    #expect(try journal.reader.sealedSegments().isEmpty && first == journal.reader.firstSequence)
    #expect(journal.reader.segmentCount == 1 && journal.lastSequence == 100)
    #expect(try journal.entry(100) != nil)
    #expect(journal.reader.verify().fault == nil)
  }

  @Test func `a journal whose beginning was cut off by hand does not verify`() throws {
    let disk = FaultyDisk()
    let reader = try journal(on: disk).reader
    let firsts = try reader.sealedSegments().map(\.firstSequence)
    func name(_ first: UInt64) -> String {
      String("\(100_000_000_000_000_000_000 as UInt128 + UInt128(first))".dropFirst()) + ".journal"
    }
    // Without a checkpoint.
    let cut = disk.copy()
    try cut.remove(name(firsts[0]))
    #expect(try JournalWriter.openReading(cut).reader.verify().fault != nil)
    // Beyond one.
    _ = try reader.forget(before: firsts[2], at: 9, signingWith: key)
    let beyond = disk.copy()
    try beyond.remove(name(firsts[2]))
    #expect(try JournalWriter.openReading(beyond).reader.verify().fault != nil)
    #expect(try JournalWriter.openReading(disk.copy()).reader.verify().fault == nil)
    // With a checkpoint that somebody changed, at every byte.
    for place in 0..<168 {
      let forged = disk.copy()
      forged.change("checkpoint") { $0[place] ^= 1 }
      #expect(try JournalWriter.openReading(forged).reader.verify().fault != nil, "byte \(place)")
    }
  }

  @Test func `a death or a power cut on the way leaves a journal that verifies`() throws {
    for failure in 0..<6 {
      let disk = FaultyDisk()
      let reader = try journal(on: disk).reader
      let before = try reader.sealedSegments()[3].firstSequence
      disk.state.withLock { state in
        if failure < 3 { state.writesUntilFailure = failure } else { state.syncsUntilFailure = failure - 3 }
      }
      _ = try? reader.forget(before: before, at: 9, signingWith: key)
      disk.state.withLock { ($0.writesUntilFailure, $0.syncsUntilFailure) = (.max, .max) }
      for left in [disk.copy(), disk.afterPowerCut()] {
        let opened = try JournalWriter.openReading(left).reader
        #expect(opened.verify().fault == nil && opened.lastSequence == 100, "failure \(failure)")
        #expect(try opened.forget(before: before, at: 10, signingWith: key) == before)
        #expect(opened.verify().fault == nil)
      }
    }
  }
}
