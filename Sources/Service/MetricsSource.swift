internal import Bytes
package import Engine
internal import Glibc
internal import Journal
package import Metrics
internal import RPC
package import Records
import Scalars
internal import Store

/// Where the daemon's counts are kept while it runs.
package struct MetricsSource: Sendable {
  package let loops: [LoopCounts]
  package let writer: WriterCounts
  package let queue: CommandQueue
  /// How many connections are open.
  package let connections: @Sendable () -> Int
  private let start = Tick.now

  package init(
    loops: [LoopCounts], writer: WriterCounts, queue: CommandQueue, connections: @escaping @Sendable () -> Int
  ) {
    self.loops = loops
    self.writer = writer
    self.queue = queue
    self.connections = connections
  }

  fileprivate var uptimeMilliseconds: UInt64 { start.microseconds() / 1000 }

  fileprivate var methods: [MethodMetrics] {
    var sums: [UInt32: LoopCounts.Calls] = [:]
    for loop in loops { loop.add(to: &sums) }
    return sums.sorted { $0.key < $1.key }.compactMap { number, calls in
      guard let method = Method(rawValue: number) else { return nil }
      let failures = StatusCode.allCases.compactMap { code in
        let count = calls.byStatus[Int(code.rawValue)]
        return code == .ok || count == 0 ? nil : FailureCount(status: code.name, count: count)
      }
      return MethodMetrics(
        method: method.name, calls: calls.microseconds.count, failures: failures,
        microseconds: Distribution(calls.microseconds))
    }
  }

  fileprivate var writerMetrics: WriterMetrics {
    let (values, load) = (writer.values, queue.load)
    return WriterMetrics(
      queuedCommands: UInt64(load.count), queuedBytes: UInt64(load.byteCount), batches: values.batches,
      entries: values.entries, journalBytes: values.journalBytes, batchCommands: Distribution(values.batchCommands),
      decideMicroseconds: Distribution(values.decideMicroseconds),
      syncMicroseconds: Distribution(values.syncMicroseconds),
      commitMicroseconds: Distribution(values.commitMicroseconds), failure: values.failure,
      putOff: values.putOff.map { timer in
        PutOff(
          at: Instant(millisecondsSince1970: timer.atMilliseconds), reason: String(timer.reason.english.prefix(1000)),
          reasonChinese: String(timer.reason.chinese.prefix(1000)))
      })
  }
}

extension QueryServices {
  /// Everything that is counted, as it stands now.
  package func serverMetrics() throws(Refusal) -> ServerMetrics {
    let space: StateStore.Space
    do throws(StoreError) { space = try store.space() } catch {
      throw .storageFault(StorageFault(detail: String("\(error)".prefix(500))))
    }
    return ServerMetrics(
      now: now(nil), uptimeMilliseconds: metrics.uptimeMilliseconds, residentBytes: residentBytes(),
      connections: UInt64(metrics.connections()), openStreams: UInt64(metrics.loops.reduce(0) { $0 + $1.openStreams }),
      methods: metrics.methods, writing: metrics.writerMetrics,
      storage: StorageMetrics(
        firstSequence: journal.firstSequence, lastSequence: journal.lastSequence,
        journalSegments: UInt64(journal.segmentCount), copiedSequence: keeper.newestCopy,
        mapBytes: UInt64(space.mapBytes),
        usedBytes: UInt64(space.usedBytes), freeBytes: UInt64(space.freeBytes), readers: UInt64(space.readers),
        oldestReaderCommits: UInt64(space.oldestReaderCommits), diskFreeBytes: space.diskFreeBytes,
        fillLevel: space.fillLevel))
  }
}

extension Distribution {
  init(_ histogram: Histogram) {
    self.init(
      count: histogram.count, sum: histogram.sum, max: histogram.max,
      ranges: histogram.occupied.map { ValueRange(upperBound: $0.upperBound, count: $0.count) })
  }
}

/// Memory of this process that is in use; 0 where the system does not say.
private func residentBytes() -> UInt64 {
  let text = try? PosixDisk(folder: "/proc/self").contents("statm")
  let words = String(decoding: text ?? [], as: UTF8.self).split(separator: " ")
  return words.count > 1 ? (UInt64(words[1]) ?? 0) * UInt64(sysconf(Int32(_SC_PAGESIZE))) : 0
}
