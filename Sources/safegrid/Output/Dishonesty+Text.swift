import Records
import Scalars

extension DishonestyCase {
  var details: String {
    var text = safegrid.details([
      (localized("case", "案件"), "\(id)"),
      (localized("state", "状态"), state.text + (overdueSince == nil ? "" : localized(" (overdue)", "（逾期）"))),
      (localized("subject", "当事人"), "\(name) (\(subject.text)\(position.isEmpty ? "" : ", \(position)"))"),
      (localized("enterprise", "对象"), "\(enterpriseId)" + (uscc.map { " \($0)" } ?? "")),
      (localized("ground", "情形"), ground.text),
      (localized("penalty", "处罚"), "\(penalty) \(penaltyOn)"),
      (localized("reason", "事由"), reason),
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
      localized("feedback", "反馈"),
    ])
    for (index, order) in enumerated() {
      table.add([
        "\(index + 1)", order.measure.text, order.department, order.orderedAt.localDescription,
        order.fedBackAt.map { "\($0.localDescription) \(TextTable.cut(order.feedback, to: 36))" } ?? "–",
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
        "\(known.id)", known.name, known.state.text, TextTable.cut(known.ground.text, to: 40),
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
