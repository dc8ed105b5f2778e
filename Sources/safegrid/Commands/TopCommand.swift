import API
import ArgumentParser
import Client
import Glibc
import Records
import Scalars

struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Shows what the daemon is doing, live.",
    discussion: """
      Every interval it asks for the daemon's counts and shows the difference: calls a second and how long they took, by \
      method; the writer's batches and syncs; the room that state and journal take. Ctrl-C ends it. With --json it prints \
      the counts since the start, one JSON value for each interval.
      """)
  @Option(help: "Seconds from one picture to the next.") var interval = 1
  @Option(help: "End after so many pictures. Default: never, or 1 when the output is no terminal.") var count: Int?
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    guard (1...3600).contains(interval) else { throw ValidationError("--interval lies between 1 and 3600 seconds") }
    guard count.map({ $0 >= 1 }) ?? true else { throw ValidationError("--count is at least 1") }
  }

  func run() async throws {
    let session = try await options.openForMany()
    let client = AdminClient(session.connection)
    let isTerminal = isatty(1) == 1
    var last = try await client.metrics(Empty(), session.options)
    for _ in 0..<(count ?? (isTerminal ? .max : 1)) {
      try await Task.sleep(for: .seconds(interval))
      let now = try await client.metrics(Empty(), session.options)
      try session.show(now) { metrics in
        // Home, and clear what was there.
        (isTerminal ? "\u{1b}[H\u{1b}[2J" : "") + TopPicture(from: last, to: metrics).text
      }
      last = now
    }
  }
}

/// What happened between two readings of the counts.
struct TopPicture {
  private let before: ServerMetrics
  private let now: ServerMetrics
  private let seconds: Double

  /// Methods that are shown: a terminal's height.
  private static let methodsMax = 20

  init(from before: ServerMetrics, to now: ServerMetrics) {
    self.before = before
    self.now = now
    // After a restart the counts begin anew; then there is nothing to compare.
    let passed = Double(now.uptimeMilliseconds) - Double(before.uptimeMilliseconds)
    seconds = passed > 0 ? passed / 1000 : 0
  }

  var text: String { [header, writing, storage, methods].joined(separator: "\n\n") }

  private var header: String {
    details([
      (localized("time", "时间"), now.now.localDescription),
      (localized("up for", "已运行"), "\(now.uptimeMilliseconds / 1000) s"),
      (localized("memory", "内存"), mebibytes(now.residentBytes)),
      (
        localized("connections", "连接"),
        "\(now.connections)" + localized(", open streams ", "，打开的流 ") + "\(now.openStreams)"
      ),
    ])
  }

  private var writing: String {
    let (one, other) = (before.writing, now.writing)
    let sync = other.syncMicroseconds.since(one.syncMicroseconds)
    let commit = other.commitMicroseconds.since(one.commitMicroseconds)
    let batch = other.batchCommands.since(one.batchCommands)
    return details([
      (localized("writer", "写入"), other.failure ?? localized("works", "正常")),
      (
        localized("entries", "日志条目"),
        localized(
          "\(rate(other.entries, one.entries))/s in \(rate(other.batches, one.batches)) batches/s, ",
          "每秒 \(rate(other.entries, one.entries))，每秒批次 \(rate(other.batches, one.batches))，")
          + localized("p50 \(batch.percentile(50)) commands a batch", "每批命令 p50 \(batch.percentile(50))")
      ),
      (localized("queue", "队列"), "\(other.queuedCommands) (\(mebibytes(other.queuedBytes)))"),
      (localized("sync", "落盘"), sync.times),
      (localized("commit", "提交"), commit.times),
    ])
  }

  private var storage: String {
    let storage = now.storage
    let (used, map, free) = (mebibytes(storage.usedBytes), mebibytes(storage.mapBytes), mebibytes(storage.freeBytes))
    let diskFree = mebibytes(storage.diskFreeBytes)
    let (first, last) = (storage.firstSequence, storage.lastSequence)
    let (segments, copied) = (storage.journalSegments, storage.copiedSequence)
    let (readers, commits) = (storage.readers, storage.oldestReaderCommits)
    return details([
      (
        localized("journal", "日志"),
        localized(
          "\(first)–\(last), segments \(segments), copied up to \(copied)",
          "\(first)–\(last)，分段 \(segments)，已复制到 \(copied)")
      ),
      (
        localized("state", "状态库"),
        localized("\(used) of \(map), \(free) of it free", "\(used) / \(map)，其中空闲 \(free)")
      ),
      (
        localized("room", "空间"),
        storage.fillLevel.text + localized(", disk free \(diskFree)", "，磁盘剩余 \(diskFree)")
      ),
      (
        localized("readers", "读者"),
        localized("\(readers), the oldest snapshot is \(commits) commits old", "\(readers)，最老快照落后 \(commits) 次提交")
      ),
    ])
  }

  private var methods: String {
    var earlier: [String: MethodMetrics] = [:]
    for method in before.methods { earlier[method.method] = method }
    var rows: [(calls: UInt64, cells: [String])] = []
    for method in now.methods {
      let old = earlier[method.method]
      let calls = method.calls.minus(old?.calls ?? 0)
      guard calls > 0 else { continue }
      let failures = method.failureCount.minus(old?.failureCount ?? 0)
      let times = method.microseconds.since(old?.microseconds ?? Distribution())
      rows.append(
        (
          calls,
          [
            method.method, rate(method.calls, old?.calls ?? 0), "\(failures)", milliseconds(times.percentile(50)),
            milliseconds(times.percentile(99)),
          ]
        ))
    }
    var table = TextTable([
      localized("method", "方法"), localized("calls/s", "次/秒"), localized("failed", "失败"), "p50", "p99",
    ])
    for row in rows.sorted(by: { $0.calls > $1.calls }).prefix(Self.methodsMax) { table.add(row.cells) }
    return table.text()
  }

  private func rate(_ later: UInt64, _ earlier: UInt64) -> String {
    seconds > 0 ? "\(Int(Double(later.minus(earlier)) / seconds))" : "–"
  }
}

private func mebibytes(_ bytes: UInt64) -> String { "\((bytes + 1 << 19) >> 20) MiB" }

extension UInt64 {
  /// How far it is above `earlier`; counts of a daemon that was restarted meanwhile begin anew.
  func minus(_ earlier: UInt64) -> UInt64 { self >= earlier ? self - earlier : self }
}

extension MethodMetrics {
  fileprivate var failureCount: UInt64 { failures.reduce(0) { $0 + $1.count } }
}

extension Distribution {
  /// What came in after `earlier` was read.
  func since(_ earlier: Distribution) -> Distribution {
    guard count >= earlier.count else { return self }
    var old: [UInt64: UInt64] = [:]
    for range in earlier.ranges { old[range.upperBound] = range.count }
    let ranges = ranges.compactMap { range in
      let count = range.count.minus(old[range.upperBound] ?? 0)
      return count == 0 ? nil : ValueRange(upperBound: range.upperBound, count: count)
    }
    return Distribution(count: count - earlier.count, sum: sum.minus(earlier.sum), max: max, ranges: ranges)
  }

  /// The upper bound of the range that holds it, at most a quarter too high; 0 when there is nothing.
  func percentile(_ percentile: Double) -> UInt64 {
    let wanted = UInt64((Double(count) * percentile / 100).rounded(.up))
    var below: UInt64 = 0
    for range in ranges {
      below += range.count
      if below >= wanted { return min(range.upperBound, max) }
    }
    return 0
  }

  fileprivate var times: String {
    "p50 \(milliseconds(percentile(50))), p99 \(milliseconds(percentile(99)))"
  }
}
