package import Records
package import Scalars

/// Objects that one page looks at, some ten microseconds each.
private let objectsMax = 10_000
/// Cases that one page looks at, some ten microseconds each.
private let casesMax = 20_000
/// Objects whose numbers are read at a time.
private let sliceLength = 500

/// What was found at each enterprise of a subtree in the quarter or the year of a day, and what became of it (安监总局令第16号 Art. 14).
/// What was reported and not filed, joined to another case or voided does not count.
/// - Throws: `unknownGrid`
package func enterpriseHazards(
  _ request: MeasureEnterprises, limit: Int, at time: Instant, in reader: borrowing some SnapshotReader & ~Copyable
) throws(Refusal) -> EnterpriseHazardPage {
  _ = try requireGrid(request.grid, in: reader)
  let day = request.on ?? time.localDate
  let period = request.year ? day.year : day.quarter
  let rules = try reader.record(ProfilesTable.self, .init(id: 1))?.profile.hazard
  let term = request.year ? rules?.yearReport : rules?.quarterReport
  var page = EnterpriseHazardPage(
    grid: request.grid, from: period.lowerBound, to: period.upperBound, asOf: time,
    reportBy: term.map { period.upperBound.adding($0) })
  let subtree = request.grid.subtree
  var range = KeyRange(
    from: EnterprisesByGridIndex.prefix(subtree.lowerBound), through: EnterprisesByGridIndex.prefix(subtree.upperBound))
  if let after = request.after {
    range = range.after(EnterprisesByGridIndex.Key(grid: after.grid, key: .init(id: after.id)).encoded)
  }
  var (objects, cases) = (0, 0)
  var last: EnterpriseCursor?
  while true {
    let slice = try reader.entries(EnterprisesByGridIndex.self, in: range, descending: false, limit: sliceLength)
    for entry in slice {
      if page.lines.count >= limit || objects >= objectsMax || cases >= casesMax {
        page.next = last
        return page
      }
      objects += 1
      last = EnterpriseCursor(grid: entry.grid, id: entry.key.id)
      var line = EnterpriseHazardLine(enterpriseId: entry.key.id, grid: entry.grid)
      cases += try line.count(in: period, reader)
      guard line.general + line.major > 0 else { continue }
      line.name = try reader.record(EnterprisesTable.self, entry.key)?.name ?? ""
      page.lines.append(line)
    }
    guard slice.count == sliceLength, let end = slice.last else { return page }
    range = range.after(end.encoded)
  }
}

extension EnterpriseHazardLine {
  /// Counts what was reported in a period; answers how many cases were looked at. They are numbered as they come, so that the walk
  /// from the newest on ends before the period begins.
  fileprivate mutating func count(
    in period: ClosedRange<Date>, _ reader: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> Int {
    let entries = try reader.entries(
      HazardsByEnterpriseIndex.self, in: KeyRange(prefix: HazardsByEnterpriseIndex.prefix(enterpriseId)),
      descending: true, limit: casesMax)
    for (looked, entry) in entries.enumerated() {
      guard let hazard = try reader.record(HazardsTable.self, entry.key) else { continue }
      let day = hazard.submittedAt.localDate
      if day < period.lowerBound { return looked + 1 }
      if day <= period.upperBound, ![.reported, .notFiled, .merged, .voided].contains(hazard.state) { add(hazard) }
    }
    return entries.count
  }

  private mutating func add(_ hazard: Hazard) {
    let isClosed = hazard.state == .closed
    if hazard.severity == .major {
      major += 1
      if isClosed { majorClosed += 1 }
    } else {
      general += 1
      if isClosed { generalClosed += 1 }
    }
    if hazard.source == .selfReport { selfReported += 1 }
    if hazard.overdueSince != nil, hazard.dueAt != nil { overdue += 1 }
  }
}

extension Date {
  /// The calendar quarter in which it lies.
  var quarter: ClosedRange<Date> {
    let first = adding(days: 1 - components.day).adding(months: -((components.month - 1) % 3))
    return first...first.adding(months: 3).adding(days: -1)
  }

  /// The calendar year in which it lies.
  var year: ClosedRange<Date> {
    let first = adding(days: 1 - components.day).adding(months: 1 - components.month)
    return first...first.adding(months: 12).adding(days: -1)
  }
}
