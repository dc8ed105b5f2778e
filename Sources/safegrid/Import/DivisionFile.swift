import Bytes
import Records
import Scalars

/// A file of division codes in the shape of the statistical office: `code,name,level,parent`, parents before children.
struct DivisionFile {
  struct Line {
    let line: Int
    let row: DivisionRow

    /// The grid under which it stands; the provinces and cities above a county are no grids.
    var parentCode: String? { row.level >= 4 ? String(row.code.prefix(DivisionFile.digits[Int(row.level) - 2])) : nil }
  }

  private(set) var lines: [Line]
  private(set) var faults: [LineFault]

  /// Digits of a code by its level.
  fileprivate static let digits = [2, 4, 6, 9, 12]

  init(_ table: CSVFile) {
    var lines: [Line] = []
    var faults = table.faults
    var seen: [String: Int] = [:]
    for row in table.rows {
      do throws(LineReason) {
        let division = try Self.division(row, seen)
        seen[division.code] = row.line
        lines.append(Line(line: row.line, row: division))
      } catch {
        faults.append(LineFault(line: row.line, reason: error.text))
      }
    }
    self.lines = lines
    self.faults = faults.sorted { $0.line < $1.line }
  }

  /// Codes whose last three digits no kind of township or village has: 001–099 streets, 100–199 towns, 200–399 townships,
  /// 400–599 others; 001–199 residents' and 200–399 villagers' committees, 400–599 what is like them (统计用区划代码). They are
  /// taken: the ranges are not everywhere kept. `nil`: there is none.
  var oddity: String? {
    let odd = lines.filter { $0.row.level >= 4 && $0.row.code.suffix(3) >= "600" }
    guard !odd.isEmpty else { return nil }
    let shown = odd.prefix(5).map { localized("line \($0.line): \($0.row.code)", "第\($0.line)行：\($0.row.code)") }
    let more = odd.count > shown.count ? localized(", …", "……") : ""
    return localized(
      "note: codes that end in 600 or more, as no township or village is numbered, are taken: \(odd.count) "
        + "(\(shown.joined(separator: ", "))\(more))",
      "提示：有\(odd.count)个代码末三位在600以上，不在乡级、村级编码范围内，仍予导入（\(shown.joined(separator: "、"))\(more)）")
  }

  /// Leaves out lines that only the daemon could find wrong, and what stands under them.
  mutating func leaveOut(_ bad: [LineFault]) {
    faults += bad
    let badLines = Set(bad.map(\.line))
    var leftOut: Set<String> = []
    var kept: [Line] = []
    for line in lines {
      if badLines.contains(line.line) {
        leftOut.insert(line.row.code)
      } else if let parent = line.parentCode, leftOut.contains(parent) {
        leftOut.insert(line.row.code)
        faults.append(
          LineFault(
            line: line.line,
            reason: localized("the line of its parent \(parent) cannot be taken", "其上级\(parent)所在行无法采用")))
      } else {
        kept.append(line)
      }
    }
    lines = kept
    faults.sort { $0.line < $1.line }
  }

  private static func division(_ row: CSVFile.Row, _ seen: [String: Int]) throws(LineReason) -> DivisionRow {
    let (code, name) = (row["code"], row["name"])
    guard let level = Int(row["level"]), (1...5).contains(level) else {
      throw LineReason(
        "level \"\(row["level"])\" is not 1 (province) to 5 (village)", "level“\(row["level"])”不是1（省）至5（村）")
    }
    guard code.utf8.allSatisfy({ (0x30...0x39).contains($0) }), code.utf8.count == digits[level - 1],
      code.first != "0"
    else {
      throw LineReason(
        "code \"\(code)\" of level \(level) does not have \(digits[level - 1]) digits",
        "第\(level)级的代码“\(code)”不是\(digits[level - 1])位数字")
    }
    guard !name.isEmpty, name.unicodeScalars.count <= 100 else {
      throw LineReason("the name has 1 to 100 characters", "名称须为1至100个字")
    }
    if level >= 4, code.hasSuffix("000") { throw LineReason("code \(code) ends in 000", "代码\(code)以000结尾") }
    if level >= 3 {
      do throws(RecordFault) { _ = try GridCode(division: code) } catch { throw LineReason(error) }
    }
    if let first = seen[code] {
      throw LineReason("code \(code) stands already in line \(first)", "代码\(code)已见于第\(first)行")
    }
    let parent = row["parent"]
    if level > 1 {
      guard parent == code.prefix(digits[level - 2]) else {
        throw LineReason(
          "code \(code) does not lie under its parent \"\(parent)\"", "代码\(code)不属于其上级“\(parent)”")
      }
    } else if !parent.isEmpty {
      throw LineReason("a province has no parent", "省级没有上级")
    }
    return DivisionRow(code: code, name: name, level: UInt32(level))
  }
}

/// Why a line cannot be taken.
struct LineReason: Error {
  /// In the language of the shell.
  let text: String

  init(_ english: String, _ chinese: String) { text = localized(english, chinese) }

  init(_ fault: RecordFault) {
    self.init("\(fault)", (fault.path.isEmpty ? "" : "\(fault.path)：") + fault.chinese)
  }

  /// What is wrong with the value of a column.
  init(_ column: String, _ fault: RecordFault) {
    self.init("\(column): \(fault.reason)", "\(column)：\(fault.chinese)")
  }
}
