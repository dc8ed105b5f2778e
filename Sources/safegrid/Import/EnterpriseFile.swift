import Bytes
import Records
import Scalars

/// A file of enterprises; the columns are described in `safegrid import enterprises --help`.
struct EnterpriseFile {
  struct Line {
    let line: Int
    let row: EnterpriseRow
  }

  static let required = ["name", "type", "grid", "risk_level"]
  static let optional = [
    "uscc", "address", "industry", "employees", "longitude", "latitude", "responsible_department", "standardization",
    "source", "accept_legacy",
  ]

  let lines: [Line]
  let faults: [LineFault]

  init(_ table: CSVFile) {
    var lines: [Line] = []
    var faults = table.faults
    var seen: [String: Int] = [:]
    for row in table.rows {
      do throws(LineReason) {
        let enterprise = try Self.enterprise(row)
        let key = enterprise.uscc?.uppercased() ?? "\(enterprise.grid) \(enterprise.name)"
        if let first = seen[key] { throw LineReason("the same object stands already in line \(first)") }
        seen[key] = row.line
        lines.append(Line(line: row.line, row: enterprise))
      } catch {
        faults.append(LineFault(line: row.line, reason: error.text))
      }
    }
    self.lines = lines
    self.faults = faults.sorted { $0.line < $1.line }
  }

  private static func enterprise(_ row: CSVFile.Row) throws(LineReason) -> EnterpriseRow {
    func optional(_ column: String) -> String? { row[column].isEmpty ? nil : row[column] }
    func choice<Value: WireEnum>(_ column: String, _ type: Value.Type) throws(LineReason) -> Value {
      let text = row[column].lowercased()
      guard let value = Value.allKnown.first(where: { $0.name == text }) else {
        let known = Value.allKnown.map(\.name).joined(separator: ", ")
        throw LineReason("\(column) \"\(row[column])\" is none of \(known)")
      }
      return value
    }
    func degrees(_ column: String) throws(LineReason) -> Double? {
      guard let text = optional(column) else { return nil }
      guard let value = Double(text) else { throw LineReason("\(column) \"\(text)\" is no number") }
      return value
    }
    if let uscc = optional("uscc") {
      do throws(RecordFault) { _ = try USCC(parsing: uscc) } catch { throw LineReason("uscc: \(error.reason)") }
    }
    let grid: GridCode
    do throws(RecordFault) { grid = try GridCode(parsing: row["grid"]) } catch {
      throw LineReason("grid: \(error.reason)")
    }
    var employees: UInt32?
    if let text = optional("employees") {
      guard let count = UInt32(text) else { throw LineReason("employees \"\(text)\" is no number") }
      employees = count
    }
    let (longitude, latitude) = (try degrees("longitude"), try degrees("latitude"))
    guard (longitude == nil) == (latitude == nil) else { throw LineReason("longitude and latitude belong together") }
    guard ["", "true", "false"].contains(row["accept_legacy"]) else {
      throw LineReason("accept_legacy is true or false")
    }
    let standardization: Standardization? =
      if optional("standardization") == nil { nil } else { try choice("standardization", Standardization.self) }
    let enterprise = EnterpriseRow(
      uscc: optional("uscc"), name: row["name"], type: try choice("type", EnterpriseType.self), grid: grid,
      address: row["address"],
      point: longitude.map { Point(longitude: $0, latitude: latitude!) }, industry: optional("industry"),
      riskLevel: try choice("risk_level", RiskLevel.self), employees: employees,
      responsibleDepartment: row["responsible_department"], standardization: standardization, source: row["source"],
      acceptLegacy: row["accept_legacy"] == "true")
    do throws(RecordFault) { try enterprise.check() } catch { throw LineReason("\(error)") }
    return enterprise
  }
}
