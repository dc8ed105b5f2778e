// How a report is shown in a terminal.

extension LoadReport {
  func text() -> String {
    var parts = [details(planLines + resultLines)]
    parts.append(latencyTable)
    if let environment { parts.append(details(environment.lines.map { ($0.label, $0.value) })) }
    parts += faults.map { "FAILED: \($0)" }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var planLines: [(String, String?)] {
    guard let plan else { return [] }
    let loop =
      if let inFlight = plan.inFlight {
        "\(plan.connections) connections × \(inFlight) in flight"
      } else {
        "\(plan.connections) connections, \(plan.profile ?? "") at \(plan.rate ?? 0) a second"
      }
    return [
      ("\(plan.loop) loop", loop), ("mix", "\(plan.mix), over \(plan.grids) grids, skew \(plan.skew)"),
      ("warm-up", plan.warmUpSeconds > 0 ? "\(plan.warmUpSeconds) s, not counted" : nil),
    ]
  }

  private var resultLines: [(String, String?)] {
    let lost = [("began later than 1 ms", late), ("never began", dropped)].filter { ($0.1 ?? 0) > 0 }
    let longest = pauses?.map { $0.end - $0.begin }.max()
    let restarts = kills?.map(\.restartMilliseconds).sorted() ?? []
    return [
      ("acknowledged", "\(acknowledged) calls; every command is durable before its reply"),
      ("throughput", perSecond.map { "\($0) per second" }),
      ("schedule", lost.isEmpty ? nil : lost.map { "\($0.1 ?? 0) calls \($0.0)" }.joined(separator: ", ")),
      (
        "errors",
        errors.isEmpty ? nil : errors.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      ),
      ("pauses", longest.map { "\(pauses?.count ?? 0), the longest \(milliseconds(UInt64($0 * 1e6)))" }),
      ("repeated", (repeated ?? 0) > 0 ? "\(repeated ?? 0) attempts, with their request keys" : nil),
      ("watched", (watchedChanges ?? 0) > 0 ? "\(watchedChanges ?? 0) changes were pushed" : nil),
      (
        "kills",
        restarts.isEmpty
          ? nil
          : "\(restarts.count); ready again after \(Int(restarts[restarts.count / 2])) ms (median), \(Int(restarts[restarts.count - 1])) ms (longest)"
      ),
      ("daemon", daemon?.summary),
      ("audit", audit.map { ($0.clean ? "clean: " : "NOT CLEAN: ") + $0.found }),
    ]
  }

  /// One row for each percentile; the kinds side by side when there are several.
  private var latencyTable: String {
    var columns: [(String, LatencyCurve)] = [("response", latencyMicroseconds)]
    if serviceMicroseconds.count > 0 { columns.append(("service", serviceMicroseconds)) }
    if kinds.count > 1 { columns += kinds.sorted { $0.key < $1.key }.map { ($0.key, $0.value.latencyMicroseconds) } }
    var table = TextTable(["latency in ms"] + columns.map(\.0))
    for (row, percentile) in latencyMicroseconds.percentiles.enumerated() {
      table.add([percentile.name] + columns.map { $0.1.percentiles[row].text })
    }
    table.add(["max"] + columns.map { Self.figure($0.1.max) })
    table.add(["count"] + columns.map { "\($0.1.count)" })
    return table.text()
  }

  fileprivate static func figure(_ microseconds: UInt64) -> String { String(milliseconds(microseconds).dropLast(3)) }
}

extension LatencyCurve.Percentile {
  fileprivate var text: String { isTold ? LoadReport.figure(value) : "–" }
}

extension DaemonCounts {
  fileprivate var summary: String {
    let size = Double(Int(commandsPerBatch.mean * 10)) / 10
    return """
      \(entries) entries in \(batches) batches of \(size), one sync each (p50 \(milliseconds(syncMicroseconds.p50)), p99 \
      \(milliseconds(syncMicroseconds.p99))), commit p99 \(milliseconds(commitMicroseconds.p99)), queue up to \
      \(queuedCommandsMax), memory \(residentMebibytesBefore) → \(residentMebibytesAfter) MiB, state \
      \(stateMebibytesBefore) → \(stateMebibytesAfter) MiB
      """
  }
}

extension LoadAudit {
  fileprivate var found: String {
    counts.filter { $0.count > 0 }.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
  }
}

/// Microseconds as milliseconds.
func milliseconds(_ microseconds: UInt64) -> String {
  "\(microseconds / 1000).\(String(String(1000 + microseconds % 1000).dropFirst())) ms"
}
