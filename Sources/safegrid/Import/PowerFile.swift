import Bytes
import Records
import Scalars

/// A list of powers and duties as a CSV.
enum PowerFile {
  static func read(_ path: String) throws -> [PowerItem] {
    let table = try CSVFile(
      path: path, required: ["code", "kind", "name", "basis"],
      optional: ["classes", "lent_in", "lent_by", "letter", "lent_from", "lent_to"])
    var faults = table.faults
    var items: [PowerItem] = []
    for row in table.rows {
      do throws(LineReason) { items.append(try item(row)) } catch {
        faults.append(LineFault(line: row.line, reason: error.text))
      }
    }
    // A list counts as a whole.
    if let fault = faults.min(by: { $0.line < $1.line }) {
      throw InputFault(
        localized("\(path): line \(fault.line): \(fault.reason)", "\(path)：第\(fault.line)行：\(fault.reason)"))
    }
    return items
  }

  private static func item(_ row: CSVFile.Row) throws(LineReason) -> PowerItem {
    guard let kind = PowerListKind.allKnown.first(where: { $0.name == row["kind"].lowercased() }) else {
      let known = PowerListKind.allKnown.map(\.name)
      throw LineReason(
        "kind \"\(row["kind"])\" is none of \(known.joined(separator: ", "))",
        "kind“\(row["kind"])”不是\(known.joined(separator: "、"))之一")
    }
    var item = PowerItem(
      code: row["code"], kind: kind, name: row["name"],
      classes: row["classes"].split(whereSeparator: { $0 == ";" || $0 == "；" }).map(String.init), basis: row["basis"])
    if !["lent_in", "lent_by", "letter", "lent_from", "lent_to"].allSatisfy({ row[$0].isEmpty }) {
      do throws(RecordFault) {
        item.delegation = Delegation(
          grid: try GridCode(parsing: row["lent_in"]), office: row["lent_by"], document: row["letter"],
          from: try Date(parsing: row["lent_from"]), to: try Date(parsing: row["lent_to"]))
      } catch {
        throw LineReason(
          "a power that is lent needs lent_in, lent_by, letter, lent_from and lent_to: \(error.reason)",
          "赋权或委托的权力须填写lent_in、lent_by、letter、lent_from和lent_to：\(error.chinese)")
      }
    }
    do throws(RecordFault) { try item.check() } catch { throw LineReason(error) }
    return item
  }
}
