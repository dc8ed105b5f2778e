internal import Bytes
internal import Records

/// What one snapshot has in hand between its reads: the encoded key, in room that is used again, and the record that
/// was read last, because a query's scope and then its answer ask for the same one.
///
/// It belongs to its snapshot, which is used by one thread at a time, and forgets when that one is released.
@safe
final class SnapshotMemory {
  private var wanted = ByteWriter(capacity: 64)
  private var found = ByteWriter(capacity: 64)
  /// The table of the record under `found`; no table has the number 0.
  private var table: UInt32 = 0
  private var knownSequence: (transaction: Int, value: UInt64)?
  private var record = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

  /// The key in hand.
  var key: RawSpan {
    @_lifetime(borrow self)
    get {
      // Safe: nobody takes another key in hand while this one is looked up or named.
      unsafe _overrideLifetime(wanted.span, borrowing: self)
    }
  }

  /// Takes a key in hand.
  func begin(_ key: some TableKey) {
    wanted.removeAll()
    key.encodeKey(into: &wanted)
  }

  func begin(_ encoded: RawSpan) {
    wanted.removeAll()
    wanted.append(encoded)
  }

  /// The record of `table` under the key in hand, if it is the one read last.
  @_lifetime(borrow self)
  func last(of table: UInt32) -> RawSpan? {
    guard self.table == table, wanted.span.hasSameBytes(as: found.span) else { return nil }
    // Safe: the snapshot is not released, or `table` were 0.
    let span = unsafe RawSpan(_unsafeBytes: record)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Keeps the record that the key in hand led to.
  func keep(_ record: RawSpan, of table: UInt32) {
    swap(&wanted, &found)
    self.table = table
    // Safe: it lies in the map until the snapshot is released, which calls `forget`.
    unsafe record.withUnsafeBytes { unsafe self.record = $0 }
  }

  /// The journal sequence that the state of an LMDB transaction contains, if it is the one asked for last: without a
  /// commit in between, a snapshot that is renewed is the same.
  func sequence(in transaction: Int) -> UInt64? {
    knownSequence?.transaction == transaction ? knownSequence?.value : nil
  }

  func keep(sequence: UInt64, of transaction: Int) { knownSequence = (transaction, sequence) }

  /// The snapshot is released: what it saw may be overwritten.
  func forget() { table = 0 }
}
