import Records
import Scalars

/// A report on its way through one row of its workflow: read, checked, changed by its command, then finished.
struct ReportStep: Refusing {
  let row: Transition<ReportWorkflow>
  let stateBefore: ReportState?
  var report: PublicReport
  let act: Act
  let note: String
  let rules: ReportRules
  private let calendar: WorkingCalendar

  /// Begins the step of a report that exists: finds it, and checks version, row, party and guards, in this order.
  init(
    _ event: ReportEvent, _ id: UInt64, version expected: UInt64?, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    let known = try requireReport(id, in: state)
    try checkVersion(known.version, expected)
    try self.init(event, known, note: note, act, in: state)
  }

  init(
    _ event: ReportEvent, _ known: PublicReport, note: String, _ act: Act, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    guard let row = ReportWorkflow.row(event, in: known.state) else {
      throw .reportTransitionInvalid(ReportTransitionInvalid(id: known.id, state: known.state, event: event))
    }
    try self.init(row, known.state, known, note: note, act, in: state)
    try checkParty()
    for item in row.guards { try check(item, in: state) }
  }

  /// Begins a report.
  init(receiving report: PublicReport, _ act: Act, in state: borrowing some State & ~Copyable) throws(Refusal) {
    guard let row = ReportWorkflow.row(.receive, in: nil) else { preconditionFailure("no row begins a report") }
    try self.init(row, nil, report, note: "", act, in: state)
  }

  private init(
    _ row: Transition<ReportWorkflow>, _ stateBefore: ReportState?, _ report: PublicReport, note: String, _ act: Act,
    in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    self.row = row
    self.stateBefore = stateBefore
    self.report = report
    // An earlier version knew no holder: reports were the county's.
    if report.holder == .unset { self.report.holder = report.grid.ancestor(atDepth: 1) }
    self.act = act
    self.note = note
    let profile = try state.requireRules().profile
    // Without any rules each is missing where it is needed.
    rules = profile.report ?? ReportRules()
    calendar = WorkingCalendar(profile.calendar)
  }

  func refuse(_ reason: Label) -> Refusal { .reportNotAllowed(ReportNotAllowed(event: row.event, reason: reason)) }

  func configured<Value>(_ value: Value?, _ rule: String) throws(Refusal) -> Value {
    guard let value else { throw .unconfigured(Unconfigured(rule: "report.\(rule)")) }
    return value
  }

  // MARK: Who, and what must hold

  private func checkParty() throws(Refusal) {
    // What the daemon does follows from a command that was somebody's to give.
    guard row.who != .daemon else { return }
    guard report.department.isEmpty || act.serves(report.department, in: report.grid) else {
      throw refuse(
        "\(report.department) investigates it; you act for another department", "由\(report.department)调查，其他部门无权办理")
    }
    guard row.who == .investigator, report.deaths > 0 else { return }
    let grants = act.caller.grants(for: act.method, in: .grid(report.grid))
    guard grants.contains(where: { $0.role == .committeeOffice }) else {
      throw refuse(
        "people are said to have died: the committee's office organises the investigation", "举报涉及人员死亡，由安委办组织核查")
    }
  }

  private func check(
    _ item: ReportWorkflow.Guard, in state: borrowing some State & ~Copyable
  ) throws(Refusal) {
    switch item {
    case .hasReason:
      if note.isEmpty { throw .noteMissing }
    case .notExtended: if report.extensions > 0 { throw refuse("it was lengthened before", "已延长过办理期限") }
    case .caseOver:
      if let number = report.hazard, try requireHazard(number, in: state).dueAt != nil {
        throw refuse("its case \(number) goes on", "其案卷\(number)尚未办结")
      }
    case .named: if report.anonymous { throw refuse("nobody knows who reported it", "系匿名举报") }
    case .notObjected: if report.objections > 0 { throw refuse("an objection was looked into before", "异议已复查") }
    case .founded: if report.matter == nil { throw refuse("it was not verified", "未查证属实") }
    case .firstReporter: try checkFirst(in: state)
    case .otherPerson:
      if act.actor == report.reward?.proposedBy {
        throw refuse("nobody grants what they proposed themselves", "不得批准本人提请的奖励")
      }
    }
  }

  /// Reports about one matter that are looked at, from the first on.
  private static let togetherMax = 1000

  /// Of those who reported one matter the first who is known is rewarded, and nobody twice (安监总财〔2018〕19号).
  private func checkFirst(in state: borrowing some State & ~Copyable) throws(Refusal) {
    guard !report.anonymous else { throw refuse("only who is named is rewarded", "仅奖励实名举报人") }
    guard let matter = report.matter else { return }
    let prefix = KeyRange(prefix: PublicReportsByMatterIndex.prefix(matter))
    for entry in try state.entries(
      PublicReportsByMatterIndex.self, in: prefix, descending: false, limit: Self.togetherMax)
    where entry.key.id != report.id {
      let other = try requireReport(entry.key.id, in: state)
      if !other.anonymous, other.id < report.id {
        throw refuse("report \(other.id) was the first about the matter", "同一事项由举报\(other.id)最先举报")
      }
      if other.reward != nil {
        throw refuse("report \(other.id) about the same matter is rewarded", "同一事项的举报\(other.id)已获奖励")
      }
    }
  }

  // MARK: Finishing

  /// Performs the row's effects, sets state and deadline, and writes report and history.
  @discardableResult
  mutating func finish(_ state: inout some State & ~Copyable) throws(Refusal) -> ReportReceipt {
    if let next = row.next { report.state = next }
    for effect in row.effects { try perform(effect) }
    try setDeadline()
    return write(&state)
  }

  private var isLate: Bool { report.dueAt.map { act.time > $0 } ?? false }

  private mutating func perform(_ effect: ReportWorkflow.Effect) throws(Refusal) {
    switch effect {
    case .decided:
      (report.decidedAt, report.lateDecision) = (act.time, isLate)
      report.reason = note
    case .concluded:
      // Once late, an investigation stays so.
      (report.concludedAt, report.lateConclusion) = (act.time, report.lateConclusion || isLate)
      report.reason = note
      if row.event == .dismiss { report.matter = nil }
    case .answered:
      (report.answeredAt, report.lateAnswer) = (act.time, report.lateAnswer || isLate)
      report.answer = note
    case .countExtension: report.extensions += 1
    case .countObjection: report.objections += 1
    case .pay: report.reward?.paidAt = act.time
    case .lapse: try lapse()
    // The command itself does it: what it needs stands in its request.
    case .keepIdentity, .openCase: break
    }
  }

  private mutating func lapse() throws(Refusal) {
    if report.state == .notified {
      report.state = .lapsed
      return endTerm()
    }
    (report.overdueSince, report.timerAt) = (report.dueAt, nil)
    guard let term = rules.escalateEvery, let above = report.holder.parent else { return }
    report.holder = above
    report.escalations += 1
    if above.parent != nil { report.timerAt = try calendar.due(term, from: act.time) }
  }

  private mutating func setDeadline() throws(Refusal) {
    switch row.deadline {
    case .accept: try begin(rules.accept, "accept")
    case .investigate: try begin(rules.investigate, "investigate")
    case .extended: try begin(rules.extension, "extension", from: report.dueAt)
    case .claim: try begin(rules.claim, "claim")
    case .answer:
      // A deployment that takes no reports any more still closes its hazards.
      guard !report.anonymous, rules.answer != nil || row.who != .daemon else { return endTerm() }
      try begin(rules.answer, "answer")
    case .keep: break
    case .none: endTerm()
    }
  }

  private mutating func begin(_ term: Term?, _ rule: String, from start: Instant? = nil) throws(Refusal) {
    let due = try calendar.due(try configured(term, rule), from: start ?? act.time)
    (report.dueAt, report.timerAt, report.overdueSince) = (due, due, nil)
  }

  private mutating func endTerm() { (report.dueAt, report.timerAt, report.overdueSince) = (nil, nil, nil) }

  private mutating func write(_ state: inout some State & ~Copyable) -> ReportReceipt {
    report.version += 1
    report.entryCount += 1
    report.openIn = ReportWorkflow.isOpen(report.state) ? report.grid : nil
    state.put(PublicReportsTable.self, report)
    state.put(
      ReportEntriesTable.self,
      ReportEntry(
        reportId: report.id, ordinal: report.entryCount, at: act.time, event: row.event, actor: act.actor,
        through: act.caller.through, from: stateBefore, to: report.state,
        dueAt: report.dueAt, note: note, sequence: act.sequence, holder: report.holder))
    return ReportReceipt(
      id: report.id, state: report.state, version: report.version, dueAt: report.dueAt, hazard: report.hazard,
      reward: report.reward?.amount)
  }
}

func requireReport(
  _ id: UInt64, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> PublicReport {
  guard let known = try reader.record(PublicReportsTable.self, .init(id: id)) else {
    throw .notFound(NotFound("report", "\(id)"))
  }
  return known
}

/// Reports that led to one case and follow it, at most.
private let followersMax = 1000

/// Lets the reports that led to a case follow what became of it, in the same act.
func moveReports(
  of hazard: Hazard, _ event: ReportEvent, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) {
  let prefix = KeyRange(prefix: PublicReportsByHazardIndex.prefix(hazard.number))
  for entry in try state.entries(
    PublicReportsByHazardIndex.self, in: prefix, descending: false, limit: followersMax)
  {
    let known = try requireReport(entry.key.id, in: state)
    guard ReportWorkflow.row(event, in: known.state) != nil else { continue }
    var step = try ReportStep(event, known, note: "", act, in: state)
    if event == .mergeCase { step.report.hazard = hazard.mergedInto }
    try step.finish(&state)
  }
}

/// The reports about a node that are not over.
func openReports(
  of code: GridCode, limit: Int, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [UInt64] {
  let range = KeyRange(prefix: PublicReportsOpenIndex.prefix(code))
  return try reader.entries(PublicReportsOpenIndex.self, in: range, descending: false, limit: limit).map(\.key.id)
}

/// Lets a report about a node that has come to its end go on where its enterprise stands now, or in the node's place.
///
/// - Parameters:
///   - successors: what takes the node's place, the first foremost.
///   - places: where enterprises that stood there stand now.
func handOver(
  report id: UInt64, to successors: [GridCode], _ places: [UInt64: GridCode], note: String, _ act: Act,
  _ state: inout some State & ~Copyable
) throws(Refusal) {
  var step = try ReportStep(.rezone, requireReport(id, in: state), note: note, act, in: state)
  let old = step.report.grid
  step.report.grid = step.report.enterpriseId.flatMap { places[$0] } ?? successors[0]
  if step.report.holder == old { step.report.holder = step.report.grid }
  try step.finish(&state)
}
