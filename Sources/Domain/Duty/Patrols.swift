import Records
import Scalars

// A patrol: what was found at each item, where it was recorded, and the cases that its problems open.

func recordPatrol(
  _ request: RecordPatrol, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DutyReceipt {
  let duty = try requireDuty(request.id, in: state)
  let terms = try DutyTerms(in: state)
  let known = terms.patrol?.checklists.first { $0.name == duty.checklist }
  // What is no patrol is refused by the workflow.
  guard let list = known ?? (duty.kind.isCadence ? Checklist() : nil) else {
    throw .unconfigured(Unconfigured(rule: "patrol.checklists (\(duty.checklist))"))
  }
  var step = try DutyStep(
    .record, duty, version: request.expectedVersion, doing: .patrol(request, list), note: request.note, terms, act,
    in: state)
  return try step.finish(&state)
}

/// A patrol that no plan asked for: a duty that begins and is done in one step.
func recordUnplanned(
  _ request: RecordUnplanned, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> DutyReceipt {
  try checkLiving(request.grid, in: state)
  let object: Enterprise? = if let id = request.enterpriseId { try requireEnterprise(id, in: state) } else { nil }
  if let object {
    guard request.grid.contains(object.grid) else {
      let reason = Label(
        "enterprise \(object.id) operates in grid \(object.grid), not in \(request.grid)",
        "监管对象\(object.id)在网格\(object.grid)，不在网格\(request.grid)")
      throw .dutyNotAllowed(DutyNotAllowed(event: .recordUnplanned, reason: reason))
    }
  }
  let terms = try DutyTerms(in: state)
  let kind = try state.record(GridFilesTable.self, .init(code: request.grid))?.kind
  let known =
    object.map { terms.patrol?.checklists(for: $0, in: kind) } ?? terms.patrol?.checklists(for: .cell, in: kind)
  guard let list = known?.first(where: { request.checklist.isEmpty || $0.name == request.checklist }) else {
    let name = request.checklist.isEmpty ? "" : " (\(request.checklist))"
    throw .unconfigured(Unconfigured(rule: "patrol.checklists" + name))
  }
  let duty = Duty(
    id: try nextDuty(in: state), kind: .unplannedPatrol, grid: request.grid, enterpriseId: request.enterpriseId,
    checklist: list.name, from: act.today, to: act.today, holder: request.grid, month: act.today.month)
  let patrol = RecordPatrol(
    id: duty.id, edition: request.edition, findings: request.findings, point: request.point,
    outsideReason: request.outsideReason, visited: request.visited, households: request.households, note: request.note)
  var step = try DutyStep(
    unplanned: duty, doing: .patrol(patrol, list), note: request.note, terms, act, in: state)
  return try step.finish(&state)
}

extension DutyStep {
  /// Refuses findings that are not those of the checklist, and a required item that has none.
  func check(_ request: RecordPatrol, against list: Checklist) throws(Refusal) {
    func wrong(_ item: String, _ english: String, _ chinese: String) -> Refusal {
      .answersMissing(
        AnswersMissing(checklist: list.name, edition: list.edition, item: item, reason: Label(english, chinese)))
    }
    guard request.edition.isEmpty || request.edition == list.edition else {
      throw .invalid(
        "edition", "the checklist has edition \(list.edition) now: walk through that one",
        "检查表现行版本为\(list.edition)，请按现行版本检查")
    }
    var answered: Set<String> = []
    for finding in request.findings {
      guard let item = list.items.first(where: { $0.code == finding.item }) else {
        throw wrong(finding.item, "is not on the list", "不在检查表中")
      }
      guard answered.insert(item.code).inserted else { throw wrong(item.code, "is answered twice", "重复填报") }
      guard (finding.result == .problem) == (finding.problem != nil) else {
        throw wrong(item.code, "names a problem with the result \"problem\", and only then", "结果为“有问题”时须填写问题，其他结果不得填写")
      }
      if item.evidence, finding.result == .ok, finding.note.isEmpty {
        throw wrong(item.code, "needs words on what was seen, in the finding's note", "须在备注中写明检查情况")
      }
    }
    if let item = list.items.first(where: { $0.required && !answered.contains($0.code) }) {
      throw wrong(item.code, "is required and has no answer", "为必查项，尚未填报")
    }
  }

  /// Refuses a record from outside the place's boundary without a reason, and visits to objects elsewhere.
  func checkPlace(_ request: RecordPatrol, in state: borrowing some State & ~Copyable) throws(Refusal) {
    let rings = try state.record(BoundariesTable.self, .init(code: duty.grid))?.rings ?? []
    let isInside = request.point.flatMap(Vertex.init).map { rings.contains(MapPoint($0)) } ?? false
    guard rings.isEmpty || isInside || !request.outsideReason.isEmpty else {
      throw .outsideArea(OutsideArea(grid: duty.grid))
    }
    for id in request.visited where !duty.grid.contains(try requireEnterprise(id, in: state).grid) {
      throw .invalid("visited", "enterprise \(id) does not operate in grid \(duty.grid)", "监管对象\(id)不在网格\(duty.grid)内")
    }
  }

  mutating func openCases(
    _ request: RecordPatrol, _ list: Checklist, _ state: inout some State & ~Copyable
  ) throws(Refusal) {
    let grants = act.caller.grants(for: act.method, in: .grid(duty.grid))
    var opened: UInt32 = 0
    for finding in request.findings {
      guard let problem = finding.problem, let item = list.items.first(where: { $0.code == finding.item }) else {
        continue
      }
      let report = SubmitHazard(
        source: grants.contains { $0.role == .gridMember } ? .memberPatrol : .villagePatrol,
        enterpriseId: problem.enterpriseId ?? duty.enterpriseId, grid: duty.grid,
        point: problem.point ?? request.point, class: item.class, domain: item.domain, severity: problem.severity,
        urgency: problem.urgency, description: problem.description, photos: problem.photos,
        illegalAct: problem.illegalAct)
      do throws(Refusal) {
        hazards.append(try submitHazard(report, .submit, behind: opened, act, &state).number)
        opened += 1
      } catch {
        // What is seen again goes on in its open case.
        guard case .duplicateOf(let open) = error else { throw error }
        hazards.append(open.number)
      }
    }
  }

  func keep(_ request: RecordPatrol, _ list: Checklist, _ state: inout some State & ~Copyable) {
    var opened = hazards[...]
    for finding in request.findings {
      let ordinal = (list.items.firstIndex { $0.code == finding.item } ?? 0) + 1
      state.put(
        PatrolAnswersTable.self,
        PatrolAnswer(
          dutyId: duty.id, ordinal: UInt32(ordinal), grid: duty.grid, checklist: list.name, item: finding.item,
          result: finding.result, month: act.today.month, note: finding.note,
          hazard: finding.problem == nil ? nil : opened.popFirst()))
    }
    state.put(
      PatrolRecordsTable.self,
      PatrolRecord(
        dutyId: duty.id, grid: duty.grid, checklist: list.name, edition: list.edition, at: act.time, by: act.actor,
        point: request.point, outsideReason: request.outsideReason, visited: request.visited,
        households: request.households, zeroReport: hazards.isEmpty, note: request.note))
  }
}
