import API
import Domain
package import Records
import Scalars

extension QueryServices: ReportService {
  package func show(
    _ request: ShowReport, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<PublicReport>
  ) throws(Refusal) {
    reply.send(try knownReport(request.id, snapshot))
  }

  private func knownReport(
    _ id: UInt64, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> PublicReport {
    guard let known = try snapshot.record(PublicReportsTable.self, .init(id: id)) else { throw Self.noReport(id) }
    return known
  }

  private static func noReport(_ id: UInt64) -> Refusal { .notFound(NotFound("report", "\(id)")) }

  /// Reports that are walked for one page at most.
  private static let walkedMax = 10_000

  package func list(
    _ request: ListReports, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ReportPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    var range = KeyRange.all
    if let after = request.after {
      range = range.after(PublicReportsByReceivedIndex.Key(receivedAt: after.at, key: .init(id: after.id)).encoded)
    }
    let entries = try snapshot.entries(
      PublicReportsByReceivedIndex.self, in: range, descending: false, limit: Self.walkedMax + 1)
    reply.send(
      try page(entries.map { ReportCursor(at: $0.receivedAt, id: $0.key.id) }, request.limit, snapshot) {
        request.grid.contains($0.grid) && (request.states.isEmpty || request.states.contains($0.state))
      })
  }

  package func worklist(
    _ request: ReportWorklist, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ReportPage>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    var range = KeyRange.all
    if let after = request.after {
      range = range.after(PublicReportsDueIndex.Key(dueAt: after.at, key: .init(id: after.id)).encoded)
    }
    let entries = try snapshot.entries(
      PublicReportsDueIndex.self, in: range, descending: false, limit: Self.walkedMax + 1)
    reply.send(
      try page(entries.map { ReportCursor(at: $0.dueAt, id: $0.key.id) }, request.limit, snapshot) {
        request.grid.contains($0.grid) && (request.department.isEmpty || request.department == $0.department)
          && (request.holder.map { [holder = $0.holder] in $0 == holder } ?? true)
      })
  }

  /// The reports that are wanted among those at `places`, as many as a page holds.
  private func page(
    _ places: [ReportCursor], _ wanted: UInt32?, _ snapshot: borrowing some SnapshotReader & ~Copyable,
    where isWanted: (PublicReport) -> Bool
  ) throws(Refusal) -> ReportPage {
    var page = ReportPage()
    for (index, place) in places.enumerated() {
      if page.reports.count == Self.limit(wanted) || index == Self.walkedMax {
        page.next = places[index - 1]
        break
      }
      let known = try knownReport(place.id, snapshot)
      if isWanted(known) { page.reports.append(known) }
    }
    return page
  }

  package func trace(
    _ request: TraceReport, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ReportTrace>
  ) throws(Refusal) {
    var trace = ReportTrace(report: try knownReport(request.id, snapshot))
    let keys = try snapshot.keys(
      ReportEntriesTable.self, in: KeyRange(prefix: ReportEntriesTable.prefix(request.id)), descending: false,
      limit: 10_000)
    for key in keys {
      if let entry = try snapshot.record(ReportEntriesTable.self, key) { trace.entries.append(entry) }
    }
    reply.send(trace)
  }

  package func count(
    _ request: CountReports, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ReportCounts>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let groups = try snapshot.counts(
      PublicReportsCountByState.self, in: KeyRange(prefix: PublicReportsCountByState.prefix(request.grid)), limit: 20)
    reply.send(
      ReportCounts(grid: request.grid, counts: groups.map { ReportCount(state: $0.group.state, count: $0.count) }))
  }

  // MARK: What the reporter is told

  package func outcome(
    _ request: AskReportOutcome, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<ReportOutcome>
  ) throws(Refusal) {
    let known = try knownReport(request.id, snapshot)
    // Whoever guesses numbers learns nothing: without the code there is no such report.
    guard let identity = try snapshot.record(ReportIdentitiesTable.self, .init(reportId: known.id)),
      identity.codeHash == ReporterCode.hash(of: request.code)
    else { throw Self.noReport(request.id) }
    var outcome = ReportOutcome(
      id: known.id, state: known.state, receivedAt: known.receivedAt, since: try since(known, snapshot),
      reason: known.reason, answer: known.answer, dueAt: known.dueAt)
    if let number = known.hazard {
      outcome.caseState = try snapshot.record(HazardsByNumberIndex.self, .init(number: number))?.state
    }
    if let reward = known.reward, reward.approvedAt != nil {
      outcome.reward = reward.amount
      if known.state == .notified { outcome.claimUntil = known.dueAt }
    }
    let county = known.grid.ancestor(atDepth: 1)
    outcome.office = try office(.publicDesk, county, snapshot)
    outcome.turnTo = outcome.office
    switch known.state {
    case .received, .unspecified, .unrecognized: break
    case .refused: outcome.turnTo = try office(.committeeOffice, county, snapshot)
    case .transferred: outcome.turnTo.department = known.department
    default: outcome.office.department = known.department
    }
    reply.send(outcome)
  }

  /// When the report came to its present state.
  private func since(
    _ known: PublicReport, _ snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Instant {
    let keys = try snapshot.keys(
      ReportEntriesTable.self, in: KeyRange(prefix: ReportEntriesTable.prefix(known.id)), descending: true,
      limit: 10_000)
    for key in keys {
      if let entry = try snapshot.record(ReportEntriesTable.self, key), entry.from != entry.to { return entry.at }
    }
    return known.receivedAt
  }

  // MARK: Statistics

  /// Reports of one period that are looked at: a large county's in ten years, in less than a second.
  private static let measuredMax = 200_000

  package func statistics(
    _ request: MeasureReports, for caller: borrowing Caller,
    in snapshot: borrowing some SnapshotReader & ~Copyable, into reply: inout Reply<ReportStatistics>
  ) throws(Refusal) {
    try requireKnown(request.grid, in: snapshot)
    let range = KeyRange(
      from: PublicReportsByReceivedIndex.prefix(Instant(endOf: request.from.adding(days: -1)).adding(milliseconds: 1)),
      through: PublicReportsByReceivedIndex.prefix(Instant(endOf: request.to)))
    let entries = try snapshot.entries(
      PublicReportsByReceivedIndex.self, in: range, descending: false, limit: Self.measuredMax + 1)
    guard entries.count <= Self.measuredMax else {
      throw .invalid(
        "from", "more than \(Self.measuredMax) reports came since: ask for less time",
        "此后举报超过\(Self.measuredMax)件，请缩短时段")
    }
    let now = try currentTime(in: snapshot)
    var measure = ReportMeasure(now: now)
    for entry in entries {
      let known = try knownReport(entry.key.id, snapshot)
      if request.grid.contains(known.grid) { measure.add(known) }
    }
    var statistics = measure.statistics(request)
    statistics.ruleset = try rulesetName(in: snapshot)
    reply.send(statistics)
  }
}

/// What is counted of reports, one by one.
private struct ReportMeasure {
  let now: Instant
  private var statistics = ReportStatistics()

  init(now: Instant) { self.now = now }

  mutating func add(_ known: PublicReport) {
    statistics.received += 1
    if let index = statistics.byKind.firstIndex(where: { $0.kind == known.kind }) {
      statistics.byKind[index].count += 1
    } else {
      statistics.byKind.append(ReportKindCount(kind: known.kind, count: 1))
    }
    if known.decidedAt != nil {
      statistics.accepted.add(![.refused, .transferred].contains(known.state))
    }
    if known.concludedAt != nil, known.state != .accepted { statistics.verified.add(known.matter != nil) }
    measure(known.decidedAt, known.lateDecision, while: known.state == .received, known, \.decidedInTime)
    measure(known.concludedAt, known.lateConclusion, while: known.state == .accepted, known, \.concludedInTime)
    let waits = [.verified, .unfounded, .handling].contains(known.state)
    measure(known.answeredAt, known.lateAnswer, while: waits, known, \.answeredInTime)
    guard let reward = known.reward, reward.approvedAt != nil else { return }
    statistics.rewardsGranted += 1
    statistics.granted = Fen(statistics.granted.rawValue + reward.amount.rawValue)
    guard reward.paidAt != nil else { return }
    statistics.rewardsPaid += 1
    statistics.paid = Fen(statistics.paid.rawValue + reward.amount.rawValue)
  }

  /// Counts a step that was done, or that waits and is late by now.
  private mutating func measure(
    _ doneAt: Instant?, _ wasLate: Bool, while waits: Bool, _ known: PublicReport,
    _ rate: WritableKeyPath<ReportStatistics, Share>
  ) {
    let isLate = waits && (known.dueAt.map { $0 < now } ?? false)
    if isLate {
      statistics[keyPath: rate].add(false)
    } else if doneAt != nil {
      statistics[keyPath: rate].add(!wasLate)
    }
  }

  func statistics(_ request: MeasureReports) -> ReportStatistics {
    var result = statistics
    (result.grid, result.from, result.to, result.asOf) = (request.grid, request.from, request.to, now)
    result.byKind.sort { $0.kind.number < $1.kind.number }
    for rate in [
      \ReportStatistics.accepted, \.verified, \.decidedInTime, \.concludedInTime, \.answeredInTime,
    ] { result[keyPath: rate].settle() }
    return result
  }
}

extension Share {
  fileprivate mutating func add(_ counts: Bool) {
    denominator += 1
    if counts { numerator += 1 }
  }

  fileprivate mutating func settle() { self = Share(numerator, of: denominator) }
}
