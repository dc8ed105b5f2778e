internal import Records
import Scalars

extension ServerMetrics {
  /// The text that Prometheus reads (its exposition format, version 0.0.4). Times are in seconds, as is the custom there.
  var prometheusText: String {
    var page = PrometheusPage()
    page.family("calls_total", .counter, "Calls that have ended, by method and status code.")
    for method in methods {
      let failed = method.failures.reduce(0) { $0 + $1.count }
      page.sample("calls_total", [("method", method.method), ("status", "OK")], method.calls - failed)
      for failure in method.failures {
        page.sample("calls_total", [("method", method.method), ("status", failure.status)], failure.count)
      }
    }
    page.family("call_seconds", .histogram, "From the arrival of a request to its answer.")
    for method in methods { page.histogram("call_seconds", [("method", method.method)], method.microseconds, 1e6) }
    page.family("writer_decide_seconds", .histogram, "Until all commands of a batch were decided.")
    page.histogram("writer_decide_seconds", [], writing.decideMicroseconds, 1e6)
    page.family("writer_sync_seconds", .histogram, "To append a batch to the journal and wait for the disk.")
    page.histogram("writer_sync_seconds", [], writing.syncMicroseconds, 1e6)
    page.family("writer_commit_seconds", .histogram, "To commit a batch to the state.")
    page.histogram("writer_commit_seconds", [], writing.commitMicroseconds, 1e6)
    page.family("writer_batch_commands", .histogram, "Commands of a batch.")
    page.histogram("writer_batch_commands", [], writing.batchCommands, 1)
    let counters: [(String, String, UInt64)] = [
      ("journal_entries_total", "Commands that were accepted and are durable.", writing.entries),
      ("journal_bytes_total", "Bytes of the entries written to the journal.", writing.journalBytes),
    ]
    for (name, help, value) in counters {
      page.family(name, .counter, help)
      page.sample(name, [], value)
    }
    let gauges: [(String, String, UInt64)] = [
      ("up_milliseconds", "Since the daemon started.", uptimeMilliseconds),
      ("resident_bytes", "Memory in use.", residentBytes),
      ("connections", "Open connections.", connections),
      ("open_streams", "Open streams of messages.", openStreams),
      ("queued_commands", "Commands that wait for the writer.", writing.queuedCommands),
      ("queued_bytes", "Bytes of the commands that wait.", writing.queuedBytes),
      ("writer_failed", "1 once nothing is written any more.", writing.failure == nil ? 0 : 1),
      (
        "clock_fault_milliseconds", "When something fell due that could not be done, since 1970; 0: never so far.",
        UInt64(max(0, writing.putOff?.at.millisecondsSince1970 ?? 0))
      ),
      ("journal_first_sequence", "The oldest journal entry that is kept.", storage.firstSequence),
      ("journal_last_sequence", "The newest journal entry.", storage.lastSequence),
      ("journal_segments", "Files of the journal.", storage.journalSegments),
      ("copied_sequence", "The entry up to which the newest verified copy reaches.", storage.copiedSequence),
      ("state_map_bytes", "The most that the state may grow to.", storage.mapBytes),
      ("state_used_bytes", "What the state takes, free pages included.", storage.usedBytes),
      ("state_free_bytes", "Free pages of the state.", storage.freeBytes),
      ("state_readers", "Slots of readers in use.", storage.readers),
      ("disk_free_bytes", "What the disk has left.", storage.diskFreeBytes),
      (
        "fill_level", "1 ample, 2 scarce, 3 full: only administration may write.",
        UInt64(max(0, storage.fillLevel.number))
      ),
      ("oldest_reader_commits", "Commits since the oldest snapshot that is held.", storage.oldestReaderCommits),
    ]
    for (name, help, value) in gauges {
      page.family(name, .gauge, help)
      page.sample(name, [], value)
    }
    return page.text
  }
}

/// Lines of the exposition format.
private struct PrometheusPage {
  enum Kind: String { case counter, gauge, histogram }

  private(set) var text = ""
  /// Bounds are powers of two from 64 µs, below which nobody looks closer, to 67 s, the longest deadline of a call that
  /// people wait for; as plain numbers from 1 to 2²⁶.
  private static let exponents = 6...26

  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP safegrid_\(name) \(help)\n# TYPE safegrid_\(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ labels: [(String, String)], _ value: some CustomStringConvertible) {
    // Method and status names hold nothing that would have to be escaped.
    let pairs = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
    text += "safegrid_\(name)\(pairs.isEmpty ? "" : "{\(pairs)}") \(value)\n"
  }

  /// - Parameter unit: values of the distribution in one of the unit that is shown.
  mutating func histogram(
    _ name: String, _ labels: [(String, String)], _ distribution: Distribution, _ unit: Double
  ) {
    var ranges = distribution.ranges[...]
    var count: UInt64 = 0
    for exponent in unit == 1 ? 0...12 : Self.exponents {
      let bound = UInt64(1) << UInt64(exponent)
      // Whole microseconds below the bound; of plain numbers the bound itself belongs to it.
      while let first = ranges.first, first.upperBound < bound || unit == 1 && first.upperBound == bound {
        count += first.count
        ranges.removeFirst()
      }
      let label = unit == 1 ? "\(bound)" : "\(Double(bound) / unit)"
      sample("\(name)_bucket", labels + [("le", label)], count)
    }
    sample("\(name)_bucket", labels + [("le", "+Inf")], distribution.count)
    if unit == 1 {
      sample("\(name)_sum", labels, distribution.sum)
    } else {
      sample("\(name)_sum", labels, Double(distribution.sum) / unit)
    }
    sample("\(name)_count", labels, distribution.count)
  }
}
