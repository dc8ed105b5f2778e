import Records
import Scalars

extension DishonestyCase {
  var details: String {
    var text = safegrid.details([
      (localized("case", "案件"), "\(id)"),
      (localized("state", "状态"), state.text + (overdueSince == nil ? "" : localized(" (overdue)", "（逾期）"))),
      (localized("subject", "当事人"), "\(name) (\(subject.text)\(position.isEmpty ? "" : ", \(position)"))"),
      (localized("enterprise", "对象"), "\(enterpriseId)" + (uscc.map { " \($0)" } ?? "")),
      (localized("ground", "情形"), why),
      (localized("penalty", "处罚"), legacy == nil ? "\(penalty) \(penaltyOn)" : nil),
      (localized("reason", "事由"), legacy == nil ? reason : nil),
      (localized("decision", "决定书"), document.isEmpty ? nil : document),
      (localized("decided by", "决定人"), decidedBy),
      (localized("listed", "列入日期"), listedOn.map { "\($0)" }),
      (localized("last day", "截止日期"), expiresOn.map { "\($0)" }),
      (localized("removed", "移出日期"), removedOn.map { "\($0)" }),
      (localized("due", "期限"), dueAt?.localDescription),
      (localized("to be registered by", "录入期限"), registerBy?.localDescription),
      (localized("publication due by", "公示期限"), publishBy?.localDescription),
      (localized("contested", "复议诉讼"), contested ? localized("yes", "是") : nil),
      (localized("version", "版本"), "\(version)"),
    ])
    if !orders.isEmpty { text += "\n\n" + orders.table() }
    return text
  }
}

extension DishonestyCase {
  fileprivate var why: String { legacy?.text ?? ground.text }

  /// What waits, line by line, and by when.
  fileprivate func outstanding(at now: Instant) -> [(what: String, who: String, by: String)] {
    func by(_ due: Instant) -> String {
      due.localDescription + (due < now ? localized(" (late)", "（逾期）") : "")
    }
    let isOn = !isOver
    var lines: [(what: String, who: String, by: String)] = []
    if let due = registerBy {
      lines.append((isOn ? localized("register", "录入系统") : localized("register the end", "录入移出"), "", by(due)))
    }
    if let due = publishBy {
      lines.append((isOn ? localized("publish", "公示") : localized("end publication", "停止公示"), "", by(due)))
    }
    for (index, order) in orders.enumerated() where order.fedBackAt == nil && order.endedAt == nil {
      let since = localized("sent \(order.orderedAt.localDate)", "\(order.orderedAt.localDate)通知")
      lines.append(("#\(index + 1) " + order.measure.text, order.department, since))
    }
    return lines
  }

  private var isOver: Bool { [.removed, .dropped, .revoked].contains(state) }
}

extension DishonestyPage {
  /// What waits of each case.
  func outstandingTable() -> String {
    var table = TextTable([
      localized("case", "案件"), localized("subject", "当事人"), localized("waits", "待办"), localized("department", "部门"),
      localized("by", "期限"),
    ])
    for known in cases {
      for line in known.outstanding(at: asOf) { table.add(["\(known.id)", known.name, line.what, line.who, line.by]) }
    }
    return table.text()
  }
}

extension DishonestyReceipt {
  var summary: String {
    var parts = ["\(id)", state.text]
    if let dueAt { parts.append(localized("due ", "期限 ") + dueAt.localDescription) }
    return parts.joined(separator: "  ")
  }
}

extension [DishonestyOrder] {
  fileprivate func table() -> String {
    var table = TextTable([
      "#", localized("measure", "措施"), localized("department", "部门"), localized("sent", "通知时间"),
      localized("feedback", "反馈"), localized("ended", "解除时间"),
    ])
    for (index, order) in enumerated() {
      table.add([
        "\(index + 1)", order.measure.text, order.department, order.orderedAt.localDescription,
        order.fedBackAt.map { "\($0.localDescription) \(TextTable.cut(order.feedback, to: 36))" } ?? "–",
        order.endedAt?.localDescription ?? "",
      ])
    }
    return table.text()
  }
}

extension [DishonestyCase] {
  func table() -> String {
    var table = TextTable([
      localized("case", "案件"), localized("subject", "当事人"), localized("state", "状态"), localized("ground", "情形"),
      localized("last day", "截止日期"),
    ])
    for known in self {
      table.add([
        "\(known.id)", known.name, known.state.text, TextTable.cut(known.why, to: 40),
        known.expiresOn.map { "\($0)" } ?? "",
      ])
    }
    return table.text()
  }
}

extension [DishonestyEntry] {
  func table() -> String {
    var table = TextTable([
      "#", localized("time", "时间"), localized("event", "事件"), localized("by", "办理人"), localized("state", "状态"),
      localized("due", "期限"), localized("document", "文号"), localized("note", "说明"),
    ])
    for entry in self {
      table.add([
        "\(entry.ordinal)", entry.at.localDescription, entry.event.text,
        entry.actor + (entry.through.map { " (\($0))" } ?? ""), entry.to.text, entry.dueAt?.localDescription ?? "",
        TextTable.cut(entry.document, to: 24), TextTable.cut(entry.note, to: 36),
      ])
    }
    return table.text()
  }
}
