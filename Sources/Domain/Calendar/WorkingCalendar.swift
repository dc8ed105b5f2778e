package import Records
package import Scalars

extension Date {
  /// The day on which a term is over that begins on this one, whatever days of rest lie between.
  package func adding(_ term: Term) -> Date {
    switch term.unit {
    case .month: adding(months: Int(term.count))
    case .year: adding(months: Int(term.count) * 12)
    case .day, .workingDay: adding(days: Int(term.count))
    case .hour: adding(days: Int(term.count) / 24)
    case .workingHour: adding(days: Int(term.count) / 8)
    }
  }
}

/// Counts terms in hours, working hours, natural days, working days, months and years (Civil Code 民法典 Art. 200–203).
package struct WorkingCalendar {
  private let calendar: Calendar

  package init(_ calendar: Calendar) { self.calendar = calendar }

  /// The moment by which something that begins at `start` must be done.
  ///
  /// The day of the start is not counted. A term in days or longer ends with the last millisecond of its last day in
  /// China; when that day is a rest day, of the next working day. Hours are clock hours; working hours 工作时 are those
  /// of the profile's `hours`, on working days only.
  /// - Throws: `unconfigured` when a day lies in a year whose calendar is not loaded and the profile forbids a guess, or when
  ///   the profile does not say which hours are worked.
  package func due(_ term: Term, from start: Instant) throws(Refusal) -> Instant {
    let first = start.localDate
    switch term.unit {
    case .hour: return start.adding(milliseconds: Int64(term.count) * 3_600_000)
    case .workingHour: return try due(workingHours: term.count, from: start)
    case .day: return Instant(endOf: try nextWorkingDay(from: first.adding(days: Int(term.count))))
    case .month: return Instant(endOf: try nextWorkingDay(from: first.adding(months: Int(term.count))))
    case .year: return Instant(endOf: try nextWorkingDay(from: first.adding(months: Int(term.count) * 12)))
    case .workingDay:
      var date = first
      for _ in 0..<term.count { date = try nextWorkingDay(from: date.adding(days: 1)) }
      return Instant(endOf: date)
    }
  }

  private func due(workingHours count: UInt32, from start: Instant) throws(Refusal) -> Instant {
    let periods = calendar.hours.compactMap { hours in
      hours.span.map { (from: Int64($0.from) * 60_000, to: Int64($0.to) * 60_000) }
    }
    guard !periods.isEmpty else { throw .unconfigured(Unconfigured(rule: "calendar.hours")) }
    var rest = Int64(count) * 3_600_000
    guard rest > 0 else { return start }
    var day = start.localDate
    while true {
      day = try nextWorkingDay(from: day)
      let midnight = Instant(startOf: day)
      for period in periods {
        let from = max(start, midnight.adding(milliseconds: period.from))
        let length = midnight.adding(milliseconds: period.to).millisecondsSince1970 - from.millisecondsSince1970
        guard length > 0 else { continue }
        if rest <= length { return from.adding(milliseconds: rest) }
        rest -= length
      }
      day = day.adding(days: 1)
    }
  }

  /// The first working day that is not before `date`.
  package func nextWorkingDay(from date: Date) throws(Refusal) -> Date {
    var day = date
    while try !isWorkingDay(day) { day = day.adding(days: 1) }
    return day
  }

  package func isWorkingDay(_ date: Date) throws(Refusal) -> Bool {
    let year = date.components.year
    let isWeekend = date.weekday > 5
    guard let listed = calendar.years.first(where: { Int($0.year) == year }) else {
      guard calendar.unlistedYears == .weekends else {
        throw .unconfigured(Unconfigured(rule: "calendar.years (\(year))"))
      }
      return !isWeekend
    }
    if listed.workdays.contains(date) { return true }
    return !isWeekend && !listed.holidays.contains(date)
  }
}

extension WorkedHours {
  /// In minutes of the day; `nil` when they are none.
  var span: (from: UInt32, to: UInt32)? {
    guard let first = Self.minutes(from), let last = Self.minutes(to), first < last else { return nil }
    return (first, last)
  }

  private static func minutes(_ text: String) -> UInt32? {
    let parts = text.split(separator: ":").compactMap { UInt32($0) }
    guard parts.count == 2, parts[1] < 60, parts[0] * 60 + parts[1] <= 1440 else { return nil }
    return parts[0] * 60 + parts[1]
  }
}
