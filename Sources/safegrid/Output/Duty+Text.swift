import Records
import Scalars

extension [Duty] {
  func table() -> String {
    var table = TextTable([
      localized("duty", "任务"), localized("kind", "类型"), localized("grid", "网格"), localized("enterprise", "对象"),
      localized("checklist", "检查表"), localized("state", "状态"), localized("last day", "截止日期"),
      localized("with", "责任层级"), localized("missed", "未完成期数"),
    ])
    for duty in self {
      table.add([
        "\(duty.id)", duty.kind.text, "\(duty.grid)", duty.enterpriseId.map { "\($0)" } ?? "–", duty.checklist,
        duty.state.text, "\(duty.to)", "\(duty.holder)", duty.missed.map { "\($0)" } ?? "",
      ])
    }
    return table.text()
  }
}

extension DutyReceipt {
  var summary: String {
    (["\(id)", state.text] + hazards.map { localized("case ", "案卷 ") + "\($0)" }).joined(separator: "  ")
  }
}

extension CadenceReceipt {
  var summary: String {
    [
      done?.summary, kind.text, localized("next time by ", "下次期限 ") + nextDueAt.localDescription,
    ].compactMap(\.self).joined(separator: "  ")
  }
}

extension CadenceAccount {
  var details: String {
    safegrid.details([
      (localized("enterprise", "对象"), "\(enterpriseId)"), (localized("account", "账户"), account),
      (localized("registered", "注册日期"), "\(registeredOn)"),
      (localized("last login", "最近登录"), lastLogin?.localDescription),
      (localized("last self-check", "最近自查"), lastSelfCheck?.localDescription),
      (localized("last upload", "最近上传"), lastUploadFix?.localDescription),
    ])
  }
}

extension DutyTrace {
  var text: String {
    var parts = [duty.details, entries.table()]
    if let patrol { parts.insert(patrol.details, at: 1) }
    if !answers.isEmpty { parts.insert(answers.table(), at: 2) }
    if let deed { parts.insert(deed.details, at: 1) }
    return parts.joined(separator: "\n\n")
  }
}

extension Duty {
  fileprivate var details: String {
    safegrid.details([
      (localized("duty", "任务"), "\(id) \(kind.text)"), (localized("state", "状态"), state.text),
      (localized("grid", "网格"), "\(grid)"), (localized("enterprise", "对象"), enterpriseId.map { "\($0)" }),
      (localized("checklist", "检查表"), checklist), (localized("period", "周期"), "\(from) – \(to)"),
      (localized("with", "责任层级"), isOpen ? "\(holder)" : nil),
      (localized("near since", "临期"), isOpen ? warnedAt?.localDescription : nil),
      (localized("reminders", "提醒"), reminders == 0 ? nil : "\(reminders)"),
      (localized("periods missed", "未完成期数"), missed.map { "\($0)" }),
      (localized("done", "完成"), doneAt.map { "\($0.localDescription) \(doneBy ?? "")" }),
      (localized("version", "版本"), "\(version)"),
    ])
  }

  private var isOpen: Bool { dueAt != nil }
}

extension PatrolRecord {
  fileprivate var details: String {
    safegrid.details([
      (localized("edition", "检查表版本"), edition),
      (localized("position", "位置"), point.map { "\($0.longitude) \($0.latitude)" }),
      (localized("from outside", "网格外登记原因"), outsideReason),
      (localized("entered", "走访对象"), visited.map { "\($0)" }.joined(separator: ", ")),
      (localized("households", "入户"), households == 0 ? nil : "\(households)"),
      (localized("result", "结果"), zeroReport ? localized("nothing found", "零报告") : nil),
      (localized("note", "说明"), note),
    ])
  }
}

extension CadenceDone {
  fileprivate var details: String {
    safegrid.details([
      (localized("result", "结果"), zeroReport ? localized("nothing found", "零报告") : nil),
      (localized("hazards", "隐患"), hazards.map { "\($0)" }.joined(separator: ", ")),
      (localized("rectified", "已整改隐患"), fixed.map { "\($0)" }), (localized("note", "说明"), note),
    ])
  }
}

extension [PatrolAnswer] {
  fileprivate func table() -> String {
    var table = TextTable([
      localized("item", "项目"), localized("result", "结果"), localized("note", "说明"), localized("case", "案卷"),
    ])
    for answer in self {
      table.add([
        answer.item, answer.result.text, TextTable.cut(answer.note, to: 48), answer.hazard.map { "\($0)" } ?? "",
      ])
    }
    return table.text()
  }
}

extension [DutyEntry] {
  fileprivate func table() -> String {
    var table = TextTable([
      "#", localized("time", "时间"), localized("event", "事件"), localized("by", "办理人"), localized("state", "状态"),
      localized("with", "责任层级"), localized("note", "说明"),
    ])
    for entry in self {
      table.add([
        "\(entry.ordinal)", entry.at.localDescription, entry.event.text,
        entry.actor + (entry.through.map { " (\($0))" } ?? ""), entry.to.text, "\(entry.holder)",
        TextTable.cut(entry.note, to: 36),
      ])
    }
    return table.text()
  }
}

extension Checklist {
  var text: String {
    var table = TextTable([
      localized("code", "编号"), localized("item", "项目"), localized("class", "事件类别"), localized("required", "必查"),
      localized("words needed", "须填说明"),
    ])
    for item in items {
      let yes = localized("yes", "是")
      table.add([item.code, item.text, item.class, item.required ? yes : "", item.evidence ? yes : ""])
    }
    return "\(name)  \(edition)\n" + table.text()
  }
}

extension [DutyRate] {
  func table() -> String {
    var table = TextTable([
      localized("kind", "类型"), localized("in time", "按期"), localized("of", "应完成"), localized("rate", "比率"),
      localized("done late", "逾期完成"), localized("still due", "未到期"), localized("waived", "免除"),
    ])
    for rate in self {
      table.add([
        rate.kind.text, "\(rate.share.numerator)", "\(rate.share.denominator)", rate.share.percent,
        "\(rate.doneLate)", "\(rate.stillDue)", "\(rate.waived)",
      ])
    }
    return isEmpty ? "" : table.text()
  }
}
