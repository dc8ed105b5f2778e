internal import Synchronization

/// What the writer does, batch by batch.
package final class WriterCounts: Sendable {
  package struct Values: Sendable {
    package fileprivate(set) var batches: UInt64 = 0
    package fileprivate(set) var entries: UInt64 = 0
    package fileprivate(set) var journalBytes: UInt64 = 0
    /// Commands of a batch.
    package fileprivate(set) var batchCommands = Histogram()
    /// From the beginning of the transaction until all commands are decided.
    package fileprivate(set) var decideMicroseconds = Histogram()
    /// To append to the journal and wait for the disk.
    package fileprivate(set) var syncMicroseconds = Histogram()
    /// To commit the state, which waits for no disk.
    package fileprivate(set) var commitMicroseconds = Histogram()
    /// Set once nothing is written any more.
    package fileprivate(set) var failure: String?
    package fileprivate(set) var putOff: PutOffTimer?
  }

  private let counts = Mutex(Values())

  package init() {}

  package struct Batch: Sendable {
    package var commands = 0
    package var entries = 0
    package var journalBytes = 0
    package var decideMicroseconds: UInt64 = 0
    package var syncMicroseconds: UInt64 = 0
    package var commitMicroseconds: UInt64 = 0

    package init() {}
  }

  package func committed(_ batch: Batch) {
    counts.withLock { counts in
      counts.batches += 1
      counts.entries += UInt64(batch.entries)
      counts.journalBytes += UInt64(batch.journalBytes)
      counts.batchCommands.record(UInt64(batch.commands))
      counts.decideMicroseconds.record(batch.decideMicroseconds)
      counts.syncMicroseconds.record(batch.syncMicroseconds)
      counts.commitMicroseconds.record(batch.commitMicroseconds)
    }
  }

  package func failed(_ reason: String) { counts.withLock { $0.failure = reason } }

  package func putOff(_ timer: PutOffTimer) { counts.withLock { $0.putOff = timer } }

  package var values: Values { counts.withLock { $0 } }
}

/// Something that fell due and could not be done.
package struct PutOffTimer: Sendable {
  package let atMilliseconds: Int64
  package let reason: (english: String, chinese: String)

  package init(atMilliseconds: Int64, reason: (english: String, chinese: String)) {
    self.atMilliseconds = atMilliseconds
    self.reason = reason
  }
}
