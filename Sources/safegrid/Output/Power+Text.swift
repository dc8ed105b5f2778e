import Records
import Scalars

// Powers and duties as people read them.

extension PowerList {
  var text: String {
    var table = TextTable([
      localized("code", "编码"), localized("list", "清单"), localized("item", "事项"), localized("classes", "类别"),
      localized("source", "来源"), localized("basis", "依据"),
    ])
    for item in items {
      table.add([
        item.code, item.kind.text, TextTable.cut(item.name, to: 40),
        item.classes.isEmpty ? localized("all", "全部") : item.classes.joined(separator: localized(", ", "、")),
        item.kind == .power ? item.delegation.source : "–", TextTable.cut(item.basis, to: 40),
      ])
    }
    let heading = localized(
      "\(office) (\(grid)), edition \(edition) from \(from), \(document)",
      "\(office)（\(grid)）第\(edition)版，自\(from)起施行，\(document)")
    return items.isEmpty ? heading : heading + "\n" + table.text()
  }
}

extension PowerHolder {
  var text: String { "\(grid)  \(office)  \(code) \(name)  \(delegation.source)" }
}

extension IllegalAct {
  var details: String {
    safegrid.details([
      (localized("illegal act", "违法行为"), act),
      (localized("whose", "行为人"), by.text),
      (localized("person known", "身份"), identityHash == nil ? nil : localized("as a hash", "已加密登记")),
      (localized("handled by", "处理权限"), power?.text ?? localized("nobody yet", "尚未处理")),
    ])
  }
}

extension Delegation? {
  /// Of its own, or by which letter and until when.
  fileprivate var source: String {
    guard let self else { return localized("own", "法定职权") }
    return localized(
      "lent by \(self.office), \(self.document), to \(self.to)", "受\(self.office)委托，\(self.document)，至\(self.to)")
  }
}
