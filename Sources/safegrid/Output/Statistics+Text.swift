import Records
import Scalars

// Views of the work as people read them.

/// Rates under each other.
func shares(_ rows: [(name: String, share: Share)]) -> String {
  var table = TextTable(["", localized("of", "分子"), localized("all", "分母"), localized("share", "比率")])
  for row in rows {
    table.add([row.name, "\(row.share.numerator)", "\(row.share.denominator)", row.share.percent])
  }
  return table.text()
}

/// When and by which rules a view was made.
func madeAt(_ time: Instant, _ ruleset: String) -> String {
  localized(
    "as of \(time.localDescription), by the profile \(ruleset)", "截至\(time.localDescription)，依据配置方案 \(ruleset)")
}

extension Share {
  /// Without a denominator there is no share.
  var percent: String { hundredths.map { decimal($0) + "%" } ?? "–" }
}

/// A number that counts hundredths.
private func decimal(_ hundredths: some BinaryInteger) -> String {
  let rest = hundredths % 100
  return "\(hundredths / 100).\(rest / 10)\(rest % 10)"
}

extension HazardStatistics {
  func table(by dimensions: [HazardDimension]) -> String {
    var table = TextTable(dimensions.map(\.text) + [localized("cases", "件数")])
    for group in groups { table.add(dimensions.map(group.text) + ["\(group.count)"]) }
    let sum = localized("\(total) cases as of \(asOf.localDescription)", "截至\(asOf.localDescription)共\(total)件")
    return groups.isEmpty ? sum : table.text() + "\n" + sum
  }
}

extension HazardGroup {
  fileprivate func text(of dimension: HazardDimension) -> String {
    switch dimension {
    case .state: state?.text ?? ""
    case .severity: severity?.text ?? ""
    case .source: source?.text ?? ""
    case .domain: domain?.text ?? ""
    default: self.class ?? ""
    }
  }
}

extension ViolationStatistics {
  func table() -> String {
    var table = TextTable([
      localized("illegal act", "违法行为"), localized("class", "类别"), localized("state", "状态"), localized("cases", "件数"),
    ])
    for group in groups { table.add([group.by.text, group.class, group.state.text, "\(group.count)"]) }
    let sum = localized("\(total) cases as of \(asOf.localDescription)", "截至\(asOf.localDescription)共\(total)件")
    return groups.isEmpty ? sum : table.text() + "\n" + sum
  }
}

extension StaffStatistics {
  func table() -> String {
    var table = TextTable([
      localized("role", "角色"), localized("people", "人数"), localized("part-time", "兼职"),
      localized("uncertified", "无证"), localized("certificate ended", "证件过期"), localized("with terminal", "有终端"),
      localized("professional", "专业人员"), localized("certified of establishment", "在编持证"),
    ])
    for line in roles + [total] {
      table.add(
        [line.role?.text ?? localized("all", "合计"), "\(line.persons)"]
          + [line.partTime, line.uncertified, line.ended, line.terminals, line.professional, line.certified].map {
            "\($0.numerator)/\($0.denominator) \($0.percent)"
          })
    }
    return table.text() + "\n"
      + localized(
        "they look after \(objects) objects, as of \(asOf.localDescription)",
        "监管对象\(objects)个，截至\(asOf.localDescription)") + (target?.line ?? "")
  }
}

extension StaffRules {
  /// What is asked for, as a line of its own; empty: nothing.
  fileprivate var line: String {
    let parts = [
      professionalPercent.map { localized("professional \($0) %", "专业人员\($0)%") },
      certificatePercent.map { localized("certified of establishment \($0) %", "在编持证\($0)%") },
      terminalsPercent.map { localized("with terminal \($0) %", "执法人员有终端\($0)%") },
    ].compactMap(\.self)
    return parts.isEmpty ? "" : "\n" + localized("asked for: ", "要求：") + parts.joined(separator: localized(", ", "，"))
  }
}

extension EnterpriseHazardPage {
  func table() -> String {
    var table = TextTable([
      localized("enterprise", "对象"), localized("name", "名称"), localized("grid", "网格"), localized("general", "一般"),
      localized("closed", "已整改"), localized("major", "重大"), localized("closed", "已整改"),
      localized("self-reported", "自查自报"), localized("overdue", "逾期"),
    ])
    for line in lines {
      table.add(
        ["\(line.enterpriseId)", line.name, "\(line.grid)"]
          + [line.general, line.generalClosed, line.major, line.majorClosed, line.selfReported, line.overdue].map {
            "\($0)"
          })
    }
    let by = reportBy.map { localized(", to be reported by \($0)", "，须于\($0)前报送") } ?? ""
    return table.text() + "\n\(from) – \(to)"
      + localized(", as of \(asOf.localDescription)", "，截至\(asOf.localDescription)") + by
  }
}

extension CoverageTarget {
  var summary: String {
    let days =
      daysLeft < 0
      ? localized("late by \(-daysLeft) days", "已逾期\(-daysLeft)天")
      : localized("\(daysLeft) days left", "剩余\(daysLeft)天")
    let gaps = [
      (localized("objects", "监管对象"), objectsMissing), (localized("cells", "网格"), cellsMissing),
      (localized("villages", "村(社区)"), villagesMissing), (localized("townships", "乡镇"), townshipsMissing),
    ]
    let missing = gaps.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: localized(", ", "、"))
    let rest =
      full
      ? localized("coverage is full", "已全覆盖")
      : missing.isEmpty
        ? localized("there are no cells", "尚无网格")
        : localized("missing: ", "尚缺：") + missing + "\n"
          + localized(
            "safegrid statistics blind-spots \(grid) lists them", "明细：safegrid statistics blind-spots \(grid)")
    return localized("full coverage by \(target): ", "\(target)前实现全覆盖：") + days + "\n" + rest + "\n"
      + madeAt(asOf, ruleset)
  }
}

extension FourClearPage {
  func table() -> String {
    var table = TextTable([
      localized("code", "编码"), localized("name", "名称"), localized("area", "辖区清"), localized("people", "人员清"),
      localized("duties", "职责清"), localized("objects", "底数清"), localized("fresh", "一年内核实"),
      localized("clear", "四清"),
    ])
    for node in nodes {
      table.add([
        "\(node.code)", node.name, node.area.percent, node.persons.percent, node.duties.percent, node.base.percent,
        node.fresh.percent, node.clear ? localized("yes", "是") : localized("no", "否"),
      ])
    }
    let clear = nodes.count { $0.clear }
    let sum = localized("\(clear) of \(nodes.count) nodes are clear", "共\(nodes.count)个，四清达标\(clear)个")
    return table.text() + "\n" + sum + localized(", ", "，") + madeAt(asOf, ruleset)
  }
}

extension BlindSpotPage {
  func table() -> String {
    guard !spots.isEmpty else { return localized("no blind spots", "无盲点") + more(next != nil) }
    var table = TextTable([
      localized("blind spot", "盲点"), localized("grid", "网格"), localized("object", "对象"), localized("name", "名称"),
      localized("what", "说明"),
    ])
    for spot in spots {
      table.add([
        spot.kind.text, "\(spot.grid)", spot.enterpriseId.map { "\($0)" } ?? "–", spot.name, spot.explanation,
      ])
    }
    return table.text() + more(next != nil)
  }
}

extension BlindSpot {
  fileprivate var explanation: String {
    let parts = gaps.map(\.text) + uses.map(\.text) + (elsewhere.map { ["→ \($0)"] } ?? [])
    return parts.joined(separator: localized(", ", "、"))
  }
}

extension WorkReport {
  var summary: String {
    var table = TextTable([
      localized("member", "网格员"), localized("name", "姓名"), localized("objects", "对象数"), localized("points", "对象分"),
      localized("open cases", "在办案件"), localized("patrols", "待办巡查"), localized("work", "工作量"),
    ])
    for member in members {
      table.add([
        member.person, member.name, "\(member.objects)", "\(member.objectPoints)", "\(member.openCases)",
        "\(member.patrols)", "\(member.points)",
      ])
    }
    var parts = [members.isEmpty ? localized("no grid members", "无网格员") : table.text()]
    if unassigned > 0 {
      parts.append(
        localized(
          "\(unassigned) objects (\(unassignedPoints) points) without a grid member",
          "无网格员的对象\(unassigned)个（\(unassignedPoints)分）"))
    }
    if let ratioHundredths {
      parts.append(localized("most to least", "最大最小比") + " \(decimal(ratioHundredths))")
    }
    if !moves.isEmpty {
      parts.append(localized("proposed moves", "调整建议") + "\n" + moveTable)
      if let after = ratioAfterHundredths {
        parts.append(localized("most to least afterwards", "调整后最大最小比") + " \(decimal(after))")
      }
    }
    return (parts + [madeAt(asOf, ruleset)]).joined(separator: "\n")
  }

  private var moveTable: String {
    var table = TextTable([
      localized("object", "对象"), localized("name", "名称"), localized("grid", "网格"), localized("from", "原网格员"),
      localized("to", "新网格员"), localized("points", "分值"), localized("then", "调整后"), localized("first", "前提"),
    ])
    for move in moves {
      table.add([
        "\(move.enterpriseId)", move.name, "\(move.grid)", move.from, move.to, "\(move.points)",
        "\(move.fromPoints) / \(move.toPoints)",
        move.needsGrant ? localized("grant \(move.to) the role there", "先授予\(move.to)该处网格员角色") : "–",
      ])
    }
    return table.text()
  }
}

extension StepTimes {
  func table() -> String {
    var table = TextTable([
      localized("step", "环节"), localized("ended", "已办"), localized("median, hours", "中位数(小时)"),
      localized("nine in ten, hours", "九成不超过(小时)"), localized("in it now", "在办"),
    ])
    for step in steps {
      table.add([
        step.state.text, "\(step.count)", step.medianHundredths.map(decimal) ?? "–",
        step.p90Hundredths.map(decimal) ?? "–", "\(step.staying)",
      ])
    }
    return table.text() + "\n"
      + localized(
        "\(cases) cases, reported from \(from) to \(to), as of \(asOf.localDescription)",
        "\(from)至\(to)上报\(cases)件，截至\(asOf.localDescription)")
  }
}
