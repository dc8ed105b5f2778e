import API
import Bytes
import ProtoJSON
import Records
import Scalars

// How records are shown to people.

extension Hazard {
  var summary: String {
    details([
      (localized("number", "编号"), "\(number)"),
      (localized("state", "状态"), state.text + urgencyMark),
      (localized("step", "环节"), state.step),
      (localized("severity", "等级"), severity.text),
      (localized("urgency", "紧急程度"), urgency.text),
      (localized("factor", "危险和有害因素"), factor),
      (localized("illegal act", "违法行为"), violation?.text),
      (localized("class", "类别"), `class`),
      (localized("domain", "领域"), domain.text),
      (localized("source", "来源"), source.text),
      (localized("grid", "网格"), "\(grid)"),
      (localized("enterprise", "监管对象"), enterpriseId.map { "\($0)" }),
      (localized("description", "描述"), description),
      (localized("photos", "照片"), "\(photos.count)"),
      (localized("reworks", "返工"), reworks == 0 ? nil : "\(reworks)"),
      (localized("urged", "催办"), urges == 0 ? nil : localized("\(urges) times", "\(urges)次")),
      (
        localized("leaders' attention", "领导督办"),
        attentions == 0 ? nil : localized("\(attentions) times", "\(attentions)次")
      ),
      (localized("holder", "办理层级"), "\(holder)"),
      (localized("department", "主管部门"), department),
      (localized("assignee", "整改责任人"), assignee),
      (localized("reported", "上报"), "\(submittedAt.localDescription) \(reporter)"),
      (localized("due", "期限"), dueAt?.localDescription),
      (
        localized("asked for", "申请延期至"),
        extensionUntil.map { until in
          until.localDescription
            + (extensionDecideBy.map { localized(", to be decided by ", "，审批期限") + $0.localDescription } ?? "")
        }
      ),
      (
        localized("proposed", "待复核"),
        proposal.map { localized("\($0.event.text) by \($0.proposedBy)", "\($0.event.text)（\($0.proposedBy)提请）") }
      ),
      (localized("arbitration", "疑难协调"), arbitration?.text),
      (localized("stop of work", "停产停业"), stopWork?.text),
      (localized("assessment", "治理情况评估"), assessment),
      (localized("result", "整改结果"), result),
      (localized("closed", "办结"), closedAt?.localDescription),
      (localized("merged into", "并入"), mergedInto.map { "\($0)" }),
      (localized("continues", "续办"), continues.map { "\($0)" }),
      (localized("version", "版本"), "\(version)"),
    ])
  }
}

extension Hazard {
  /// What presses: late, or soon so.
  fileprivate var urgencyMark: String {
    if overdueSince != nil { return localized(" (overdue)", "（逾期）") }
    return warnedAt == nil ? "" : localized(" (due soon)", "（临期）")
  }
}

extension [Hazard] {
  func table(indent: String = "") -> String {
    var table = TextTable([
      localized("number", "编号"), localized("state", "状态"), localized("severity", "等级"), localized("class", "类别"),
      localized("holder", "办理层级"), localized("due", "期限"), localized("description", "描述"),
    ])
    for hazard in self {
      table.add([
        "\(hazard.number)", hazard.state.text + hazard.urgencyMark, hazard.violation?.text ?? hazard.severity.text,
        hazard.class,
        "\(hazard.holder)",
        hazard.dueAt?.localDescription ?? "", TextTable.cut(hazard.description, to: 40),
      ])
    }
    return table.text(indent: indent)
  }
}

extension HazardReceipt {
  var summary: String {
    var parts = ["\(number)", state.text, localized("held by ", "办理：") + "\(holder)"]
    if let assignee { parts.append(localized("with ", "整改：") + assignee) }
    if let dueAt { parts.append(localized("due ", "期限 ") + dueAt.localDescription) }
    return parts.joined(separator: "  ")
  }
}

extension [CaseEvent] {
  func table(indent: String = "") -> String {
    var table = TextTable([
      "#", localized("time", "时间"), localized("event", "事件"), localized("by", "办理人"), localized("state", "状态"),
      localized("holder", "办理层级"), localized("due", "期限"), localized("note", "说明"),
    ])
    for event in self {
      table.add([
        "\(event.ordinal)", event.at.localDescription,
        event.event.text + (event.proposed.map { ": \($0.text)" } ?? ""), event.who, event.to.text, "\(event.holder)",
        event.dueAt?.localDescription ?? "",
        TextTable.cut(event.note + (event.department.map { " → \($0)" } ?? ""), to: 36),
      ])
    }
    return table.text(indent: indent)
  }
}

extension CaseEvent {
  /// The actor, who had proposed it, and who spoke for them.
  fileprivate var who: String {
    actor + (secondPerson.map { " + \($0)" } ?? "") + (through.map { " (\($0))" } ?? "")
  }
}

extension HazardCounts {
  func table(indent: String = "") -> String {
    var table = TextTable([localized("state", "状态"), localized("severity", "等级"), localized("count", "数量")])
    for count in counts { table.add([count.state.text, count.severity.text, "\(count.count)"]) }
    return table.text(indent: indent)
  }
}

extension Listing {
  var details: String {
    safegrid.details([
      (localized("hazard", "隐患"), "\(number)"),
      (localized("state", "状态"), state.text + (overdueSince == nil ? "" : localized(" (overdue)", "（逾期）"))),
      (localized("level", "督办级别"), level?.text),
      (localized("grid", "网格"), "\(grid)"),
      (localized("item", "督办事项"), item),
      (localized("responsible", "责任单位"), responsible.isEmpty ? nil : responsible),
      (localized("document", "文号"), document.isEmpty ? nil : document),
      (localized("measures", "措施"), measures.isEmpty ? nil : measures.map(\.text).joined(separator: ", ")),
      (localized("term ends", "督办期限"), until?.localDescription),
      (localized("due", "期限"), dueAt?.localDescription),
      (localized("to be made public by", "公告期限"), publishBy?.localDescription),
      (localized("asked for", "申请延期至"), extensionUntil?.localDescription),
      (localized("proposed by", "提请"), proposedBy),
      (localized("approved by", "批准"), approvedBy),
      (localized("version", "版本"), "\(version)"),
    ])
  }

  var summary: String {
    var parts = ["\(number)", state.text]
    if let level { parts.append(level.text) }
    if let dueAt { parts.append(localized("due ", "期限 ") + dueAt.localDescription) }
    return parts.joined(separator: "  ")
  }
}

extension [Listing] {
  func table() -> String {
    var table = TextTable([
      localized("hazard", "隐患"), localized("state", "状态"), localized("level", "督办级别"), localized("due", "期限"),
      localized("item", "督办事项"),
    ])
    for listing in self {
      table.add([
        "\(listing.number)", listing.state.text, listing.level?.text ?? "–", listing.dueAt?.localDescription ?? "",
        TextTable.cut(listing.item, to: 40),
      ])
    }
    return table.text()
  }
}

extension [ListingEntry] {
  func table(indent: String = "") -> String {
    var table = TextTable([
      "#", localized("time", "时间"), localized("event", "事件"), localized("by", "办理人"), localized("state", "状态"),
      localized("due", "期限"), localized("note", "说明"),
    ])
    for entry in self {
      table.add([
        "\(entry.ordinal)", entry.at.localDescription, entry.event.text,
        entry.actor + (entry.through.map { " (\($0))" } ?? ""), entry.to.text, entry.dueAt?.localDescription ?? "",
        TextTable.cut(entry.note, to: 36),
      ])
    }
    return table.text(indent: indent)
  }
}

extension [EnterpriseEntry] {
  func table(indent: String = "") -> String {
    var table = TextTable([
      "#", localized("time", "时间"), localized("event", "事件"), localized("by", "办理人"), localized("state", "状态"),
      localized("grid", "网格"), localized("note", "说明"),
    ])
    for entry in self {
      table.add([
        "\(entry.ordinal)", entry.at.localDescription, entry.event.text,
        entry.actor + (entry.through.map { " (\($0))" } ?? ""), entry.to.text, "\(entry.grid)",
        TextTable.cut(entry.note, to: 36),
      ])
    }
    return table.text(indent: indent)
  }
}

extension Enterprise {
  var summary: String {
    details([
      (localized("id", "编号"), "\(id)"),
      (localized("name", "名称"), name),
      (localized("credit code", "统一社会信用代码"), uscc.map { "\($0) (\(usccStatus.text))" } ?? usccStatus.text),
      (localized("type", "类型"), type.text),
      (localized("state", "状态"), state.text),
      (localized("grid", "网格"), "\(grid)"),
      (localized("address", "地址"), address),
      (localized("industry", "行业"), industry),
      (localized("risk", "风险等级"), riskLevel.text),
      (localized("employees", "从业人数"), employees.map { "\($0)" }),
      (localized("output of a year", "年产值"), output.map { "\($0)" }),
      (localized("season of higher risk", "重点时段"), keyPeriod.map { "\($0.from)–\($0.to)" }),
      (localized("flags", "标志"), flags.isEmpty ? nil : flags.map(\.text).joined(separator: ", ")),
      (localized("registered in", "注册地"), registered.map { "\($0)" }),
      (localized("operated by", "经营单位"), siteOf.map { "\($0)" }),
      (
        localized("supervision", "监管方式"),
        ([supervision.text] + [directGround?.text].compactMap(\.self)).joined(separator: ": ")
      ),
      (localized("department", "主管部门"), responsibleDepartment),
      (localized("grid member", "网格员"), member),
      (localized("nobody's zone", "三不管"), gaps.isEmpty ? nil : gaps.map(\.text).joined(separator: ", ")),
      (
        localized("offered to", "申请迁往"),
        movingTo.map { "\($0)" + (acceptBy.map { " (\($0.localDescription))" } ?? "") }
      ),
      (localized("merged into", "并入"), mergedInto.map { "\($0)" }),
      (
        localized("update to be confirmed", "待确认更新"),
        proposedUpdate.map { "\($0.proposedBy) \($0.proposedAt.localDescription)" }
      ),
      (
        localized("standardisation", "标准化等级"),
        standardization.text + (standardizedOn.map { localized(" since \($0)", "（\($0)起）") } ?? "")
      ),
      (localized("verified", "核实日期"), verifiedOn.map { "\($0)" }),
      (localized("source", "来源"), source),
    ])
  }
}

extension EnterpriseContact {
  var summary: String {
    details([
      (localized("legal representative", "法定代表人"), legalRepresentative),
      (localized("safety officer", "安全管理员"), safetyOfficer), (localized("phone", "电话"), phone),
      (localized("version", "版本"), "\(version)"),
    ])
  }
}

extension [Enterprise] {
  func table(indent: String = "") -> String {
    var table = TextTable([
      localized("id", "编号"), localized("name", "名称"), localized("credit code", "信用代码"), localized("grid", "网格"),
      localized("industry", "行业"), localized("risk", "风险"),
    ])
    for enterprise in self {
      table.add([
        "\(enterprise.id)", enterprise.name, enterprise.uscc.map { "\($0)" } ?? "–", "\(enterprise.grid)",
        enterprise.industry ?? "–", enterprise.riskLevel.text,
      ])
    }
    return table.text(indent: indent)
  }
}

/// Tenths of a point as points: -20 → "-2.0".
func points(_ tenths: Int32) -> String { "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)" }

extension CreditRecord {
  var summary: String {
    localized("record \(ordinal) of enterprise \(enterpriseId): ", "对象\(enterpriseId)第\(ordinal)条：") + kind.text
      + localized(", ", "，") + status.text
  }

  /// How it stands, and who has decided so.
  fileprivate var standing: String {
    guard let endedOn else { return status.text }
    return status.text + " \(endedOn) \(endedBy)"
  }
}

extension PersonCreditReceipt {
  var summary: String { localized("record \(id) of a person: ", "个人信用记录\(id)：") + status.text }
}

extension PersonCreditReport {
  var summary: String {
    var table = TextTable([
      "#", localized("date", "日期"), localized("fact", "事项"), localized("name", "姓名"), localized("position", "职务"),
      localized("enterprise", "对象"), localized("basis", "依据"), localized("by", "认定"), localized("status", "状态"),
    ])
    for known in records {
      table.add([
        "\(known.id)", "\(known.record.occurredOn)", known.record.kind.text, known.name, known.position,
        "\(known.record.enterpriseId)", TextTable.cut(known.record.basis, to: 30), known.record.decidedBy,
        known.record.standing,
      ])
    }
    let listed = dishonestyCases.map { "#\($0)" }.joined(separator: ", ")
    let lines = [
      records.isEmpty ? localized("no records as of \(asOf)", "截至\(asOf)无记录") : table.text(),
      listed.isEmpty ? "" : localized("on the dishonesty list: ", "列入严重失信主体名单：") + listed,
    ]
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

/// The grade, with the step of the scale where that says more.
func gradeText(_ grade: CreditGrade, _ step: String) -> String {
  localized(grade.label.english, grade.label.chinese) + (step == grade.label.english ? "" : " (\(step))")
}

extension CreditReport {
  func summary(indent: String = "") -> String {
    var parts = [
      details(
        [
          (localized("score", "得分"), points(scoreTenths)),
          (localized("grade", "等级"), gradeText(grade, step)),
          (localized("as of", "截至"), "\(asOf)"),
          (localized("ruleset", "规则"), profile.isEmpty ? ruleset : "\(ruleset) (\(profile))"),
        ], indent: indent)
    ]
    var table = TextTable([localized("line", "项目"), localized("count", "次数"), localized("points", "分值")])
    table.add([localized("base", "基础分"), "", points(baseTenths)])
    for line in lines {
      table.add([
        line.kind.text, "\(line.count)", points(line.pointsTenths) + (line.capped ? localized(" (cap)", "（封顶）") : ""),
      ])
    }
    let sum = lines.reduce(baseTenths) { $0 + $1.pointsTenths }
    let held = sum == scoreTenths ? "" : localized(" (held between 0 and 100)", "（限0至100）")
    table.add([localized("sum", "合计"), "", points(scoreTenths) + held + " → \(stepByPoints)"])
    if let dishonestyCase {
      table.add([localized("on the dishonesty list", "列入严重失信主体名单"), "#\(dishonestyCase)", "→ \(step)"])
    }
    for override in overrides { table.add([override.name, "\(override.count)", "→ \(override.step)"]) }
    parts.append(table.text(indent: indent))
    if !records.isEmpty { parts.append(records.table(indent: indent)) }
    return parts.joined(separator: "\n")
  }
}

extension [CreditRecord] {
  func table(indent: String = "") -> String {
    var table = TextTable([
      "#", localized("date", "日期"), localized("fact", "事项"), localized("hazard", "隐患"), localized("basis", "依据"),
      localized("by", "认定"), localized("status", "状态"),
    ])
    for record in self {
      table.add([
        "\(record.ordinal)", "\(record.occurredOn)", record.kind.text, record.hazard.map { "\($0)" } ?? "–",
        TextTable.cut(record.basis, to: 30), record.decidedBy, record.standing,
      ])
    }
    return table.text(indent: indent)
  }
}

extension Profile {
  var prettyJSON: String {
    do throws(RecordFault) {
      return try JSONDecoding(Interface.schema, isPretty: true).json(encoded(), as: "Profile")
    } catch {
      preconditionFailure("a record that was decoded does not decode: \(error)")
    }
  }
}
