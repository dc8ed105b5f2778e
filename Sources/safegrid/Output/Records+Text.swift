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
      (localized("state", "状态"), state.text + (overdueSince == nil ? "" : localized(" (overdue)", "（逾期）"))),
      (localized("severity", "等级"), severity.text),
      (localized("urgency", "紧急程度"), urgency.text),
      (localized("class", "类别"), `class`),
      (localized("domain", "领域"), domain.text),
      (localized("source", "来源"), source.text),
      (localized("grid", "网格"), "\(grid)"),
      (localized("enterprise", "监管对象"), enterpriseId.map { "\($0)" }),
      (localized("description", "描述"), description),
      (localized("photos", "照片"), "\(photos.count)"),
      (localized("reworks", "返工"), reworks == 0 ? nil : "\(reworks)"),
      (localized("holder", "办理层级"), "\(holder)"),
      (localized("assignee", "整改责任人"), assignee),
      (localized("reported", "上报"), "\(submittedAt.localDescription) \(reporter)"),
      (localized("due", "期限"), dueAt?.localDescription),
      (localized("result", "整改结果"), result),
      (localized("closed", "办结"), closedAt?.localDescription),
      (localized("merged into", "并入"), mergedInto.map { "\($0)" }),
      (localized("version", "版本"), "\(version)"),
    ])
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
        "\(hazard.number)", hazard.state.text, hazard.severity.text, hazard.class, "\(hazard.holder)",
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
        "\(event.ordinal)", event.at.localDescription, event.event.text, event.who, event.to.text, "\(event.holder)",
        event.dueAt?.localDescription ?? "", TextTable.cut(event.note, to: 36),
      ])
    }
    return table.text(indent: indent)
  }
}

extension CaseEvent {
  /// The actor, who agreed, and who spoke for them.
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
      (localized("supervision", "监管方式"), supervision.text),
      (localized("department", "主管部门"), responsibleDepartment),
      (localized("standardisation", "标准化等级"), standardization.text),
      (localized("source", "来源"), source),
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

extension CreditReport {
  func summary(indent: String = "") -> String {
    var lines = [
      details(
        [
          (
            localized("score", "得分"),
            "\(points(scoreTenths))" + localized(" (grade \(grade.label.english))", "（\(grade.label.chinese)）")
          ),
          (localized("as of", "截至"), "\(asOf)"), (localized("ruleset", "规则"), ruleset),
          (localized("base", "基础分"), points(baseTenths)),
        ], indent: indent)
    ]
    if !self.lines.isEmpty {
      var table = TextTable([localized("fact", "事项"), localized("count", "次数"), localized("points", "分值")])
      for line in self.lines {
        table.add([
          line.kind.text, "\(line.count)", points(line.pointsTenths) + (line.capped ? localized(" (cap)", "（封顶）") : ""),
        ])
      }
      lines.append(table.text(indent: indent))
    }
    if !records.isEmpty {
      var table = TextTable([
        "#", localized("date", "日期"), localized("fact", "事项"), localized("hazard", "隐患"), localized("basis", "依据"),
        localized("by", "认定"),
      ])
      for record in records {
        table.add([
          "\(record.ordinal)", "\(record.occurredOn)", record.kind.text, record.hazard.map { "\($0)" } ?? "–",
          TextTable.cut(record.basis, to: 30), record.decidedBy,
        ])
      }
      lines.append(table.text(indent: indent))
    }
    return lines.joined(separator: "\n")
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
