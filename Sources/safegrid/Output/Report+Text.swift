import Records
import Scalars

extension PublicReport {
  var details: String {
    safegrid.details([
      (localized("report", "举报"), "\(id)"),
      (localized("state", "状态"), state.text + (overdueSince == nil ? "" : localized(" (overdue)", "（逾期）"))),
      (localized("kind", "类别"), kind.text),
      (localized("received", "接报"), "\(receivedAt.localDescription) (\(channel.text))"),
      (localized("reporter", "举报人"), anonymous ? localized("anonymous", "匿名") : localized("named, sealed", "实名（已加密）")),
      (localized("signers", "联名人数"), signers > 1 ? "\(signers)" : nil),
      (localized("place", "地点"), "\(grid)"),
      (localized("enterprise", "对象"), enterpriseId.map { "\($0)" }),
      (localized("about", "被举报对象"), subject.isEmpty ? nil : subject),
      (localized("description", "内容"), description),
      (localized("deaths", "涉及死亡"), deaths > 0 ? "\(deaths)" : nil),
      (localized("department", "承办部门"), department.isEmpty ? nil : department),
      (localized("reason", "说明"), reason.isEmpty ? nil : reason),
      (localized("case", "案卷"), hazard.map { "\($0)" }),
      (localized("first report of the matter", "同一事项首报"), matter.map { "\($0)" }),
      (localized("answer", "答复"), answer.isEmpty ? nil : answer),
      (localized("due", "期限"), dueAt?.localDescription),
      (localized("with", "责任层级"), dueAt == nil ? nil : "\(holder)"),
      (localized("gone up", "逐级上报"), escalations == 0 ? nil : "\(escalations)"),
      (localized("reward", "奖励"), reward?.text),
      (localized("version", "版本"), "\(version)"),
    ])
  }
}

extension ReportReward {
  fileprivate var text: String {
    var parts = ["\(amount) " + localized("yuan", "元"), basis]
    if let fine { parts.append(localized("fine ", "罚款 ") + "\(fine)") }
    if let concealedDeaths { parts.append("\(concealedDeaths) × \(grade?.text ?? "")") }
    if !document.isEmpty { parts.append(document) }
    if let paidAt { parts.append(localized("paid ", "发放 ") + paidAt.localDescription) }
    return parts.joined(separator: ", ")
  }
}

extension ReportReceipt {
  var summary: String {
    var parts = ["\(id)", state.text]
    if let hazard { parts.append("\(hazard)") }
    if let reward { parts.append("\(reward) " + localized("yuan", "元")) }
    if let dueAt { parts.append(localized("due ", "期限 ") + dueAt.localDescription) }
    return parts.joined(separator: "  ")
  }
}

extension [PublicReport] {
  func table() -> String {
    var table = TextTable([
      localized("report", "举报"), localized("state", "状态"), localized("kind", "类别"), localized("place", "地点"),
      localized("due", "期限"), localized("with", "责任层级"), localized("department", "承办部门"),
      localized("description", "内容"),
    ])
    for known in self {
      table.add([
        "\(known.id)", known.state.text, known.kind.text, "\(known.grid)", known.dueAt?.localDescription ?? "",
        known.dueAt == nil ? "" : "\(known.holder)", known.department, TextTable.cut(known.description, to: 36),
      ])
    }
    return table.text()
  }
}

extension [ReportEntry] {
  func table() -> String {
    var table = TextTable([
      "#", localized("time", "时间"), localized("event", "事件"), localized("by", "办理人"), localized("state", "状态"),
      localized("due", "期限"), localized("with", "责任层级"), localized("note", "说明"),
    ])
    for entry in self {
      table.add([
        "\(entry.ordinal)", entry.at.localDescription, entry.event.text,
        entry.actor + (entry.through.map { " (\($0))" } ?? ""), entry.to.text, entry.dueAt?.localDescription ?? "",
        "\(entry.holder)",
        TextTable.cut(entry.note, to: 48),
      ])
    }
    return table.text()
  }
}

extension OutcomeOffice {
  var text: String { "\(name) \(role.text)" + (department.isEmpty ? "" : ", \(department)") + " (\(grid))" }
}

extension ReportOutcome {
  var details: String {
    safegrid.details([
      (localized("report", "举报"), "\(id)"),
      (localized("state", "状态"), "\(state.text), \(since.localDescription)"),
      (localized("reason", "说明"), reason.isEmpty ? nil : reason),
      (localized("answer", "答复"), answer.isEmpty ? nil : answer),
      (localized("office", "办理单位"), office.text),
      (localized("turn to", "可向其反映"), turnTo.text),
      (localized("case", "案卷"), caseState?.text),
      (localized("due", "期限"), dueAt?.localDescription),
      (localized("reward", "奖励"), reward.map { "\($0) " + localized("yuan", "元") }),
      (localized("claim until", "领奖截止"), claimUntil?.localDescription),
    ])
  }
}

extension HazardOutcome {
  var details: String {
    safegrid.details([
      (localized("case", "案卷"), "\(number)"),
      (localized("answer", "答复"), "\(answer.text), \(since.localDescription)"),
      (localized("state", "状态"), state.text),
      (localized("reason", "说明"), reason.isEmpty ? nil : reason),
      (localized("office", "办理单位"), office.text),
      (localized("turn to", "可向其反映"), turnTo.text),
      (localized("goes on in", "并入案卷"), into.map { "\($0)" }),
      (localized("done", "整改情况"), result.isEmpty ? nil : result),
      (localized("due", "期限"), dueAt?.localDescription),
    ])
  }
}

extension ReportStatistics {
  func table() -> String {
    var table = TextTable([
      localized("measure", "指标"), localized("value", "值"), localized("of", "分母"), localized("rate", "比率"),
    ])
    func add(_ name: String, _ share: Share) {
      table.add([name, "\(share.numerator)", "\(share.denominator)", share.percent])
    }
    table.add([localized("received", "接报"), "\(received)", "", ""])
    for kind in byKind { table.add(["  " + kind.kind.text, "\(kind.count)", "", ""]) }
    add(localized("accepted", "受理"), accepted)
    add(localized("verified", "属实"), verified)
    add(localized("decided in time", "按期受理"), decidedInTime)
    add(localized("investigated in time", "按期核查"), concludedInTime)
    add(localized("answered in time", "按期答复"), answeredInTime)
    table.add([localized("rewards granted (yuan)", "批准奖励（元）"), "\(rewardsGranted)", "", "\(granted)"])
    table.add([localized("rewards paid (yuan)", "发放奖励（元）"), "\(rewardsPaid)", "", "\(paid)"])
    return "\(grid)  \(from) – \(to)  " + localized("as of ", "截至 ") + asOf.localDescription + "\n\n" + table.text()
  }
}
