import API
import ArgumentParser
import Bytes
import ProtoJSON
import Records
import Scalars

/// How a table stands in a file.
enum TableForm: String, CaseIterable, ExpressibleByArgument {
  case csv
  /// One JSON object to a line.
  case jsonl

  /// As the file's name says it.
  static func named(by path: String) -> TableForm {
    let name = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
    return [".jsonl", ".ndjson"].contains(where: name.lowercased().hasSuffix) ? .jsonl : .csv
  }
}

/// A file of enterprises; the columns are described in `safegrid import enterprises --help`.
struct EnterpriseFile {
  struct Line {
    let line: Int
    let row: EnterpriseRow
  }

  static let required = ["name", "type", "grid", "risk_level"]
  static let optional = [
    "uscc", "address", "industry", "employees", "longitude", "latitude", "responsible_department", "standardization",
    "source", "accept_legacy", "flags", "registered", "site_of", "output", "key_from", "key_to", "standardized_on",
    "member", "supervision", "direct_ground",
  ]
  /// Whom to call: only read. An export leaves people out, and an import what its file does not say.
  static let contact = ["legal_representative", "safety_officer", "phone"]

  let lines: [Line]
  let faults: [LineFault]

  init(path: String, form: TableForm) throws {
    switch form {
    case .csv:
      let table = try CSVFile(path: path, required: Self.required, optional: Self.optional + Self.contact)
      self.init(table.rows, table.faults, line: \.line) { (row) throws(LineReason) in try Self.enterprise(row) }
    case .jsonl:
      let bytes = try InputFile.read(path)
      try TextEncoding.check(bytes, name: path)
      let mark = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
      let lines = bytes[mark...].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        .filter { $0.element.contains { $0 > UInt8(ascii: " ") } }
      self.init(lines, [], line: { $0.offset + 1 }) { (line) throws(LineReason) in try Self.enterprise(line.element) }
    }
  }

  private init<Source>(
    _ sources: [Source], _ faults: [LineFault], line: (Source) -> Int,
    _ read: (Source) throws(LineReason) -> EnterpriseRow
  ) {
    var lines: [Line] = []
    var faults = faults
    var twins = TwinRows()
    for source in sources {
      do throws(LineReason) {
        let enterprise = try read(source)
        do throws(RecordFault) { try enterprise.check() } catch { throw LineReason(error) }
        if enterprise.siteOf != nil, enterprise.uscc != nil {
          throw LineReason(
            "a further place of operation has no credit code of its own: uscc or site_of, not both",
            "其他经营场所没有自己的统一社会信用代码：uscc与site_of只填其一")
        }
        if let first = twins.add(enterprise, numbered: line(source)) {
          throw LineReason("the same object stands already in line \(first)", "同一对象已见于第\(first)行")
        }
        lines.append(Line(line: line(source), row: enterprise))
      } catch {
        faults.append(LineFault(line: line(source), reason: error.text))
      }
    }
    self.lines = lines
    self.faults = faults.sorted { $0.line < $1.line }
  }

  /// A line of JSON: the record EnterpriseRow in its ProtoJSON form.
  private static func enterprise(_ line: ArraySlice<UInt8>) throws(LineReason) -> EnterpriseRow {
    guard let text = String(validating: line, as: UTF8.self) else { throw LineReason("it is not UTF-8", "不是UTF-8编码") }
    let bytes: [UInt8]
    do throws(JSONFault) {
      bytes = try JSONEncoding(Interface.schema).encode(JSONNode(parsing: text), as: "EnterpriseRow")
    } catch {
      throw LineReason("\(error)", error.chineseDescription)
    }
    let row: EnterpriseRow
    do throws(RecordFault) { row = try EnterpriseRow(encoded: bytes) } catch { throw LineReason(error) }
    if let uscc = row.uscc {
      do throws(RecordFault) { _ = try USCC(parsing: uscc) } catch { throw LineReason("uscc", error) }
    }
    return row
  }

  private static func enterprise(_ row: CSVFile.Row) throws(LineReason) -> EnterpriseRow {
    func optional(_ column: String) -> String? { row[column].isEmpty ? nil : row[column] }
    func choice<Value: WireEnum>(
      _ column: String, _ text: String, _ type: Value.Type
    ) throws(LineReason) -> Value {
      guard let value = Value.allKnown.first(where: { $0.name == text.lowercased() }) else {
        let known = Value.allKnown.map(\.name)
        throw LineReason(
          "\(column) \"\(text)\" is none of \(known.joined(separator: ", "))",
          "\(column)“\(text)”不是\(known.joined(separator: "、"))之一")
      }
      return value
    }
    func grid(_ column: String) throws(LineReason) -> GridCode {
      do throws(RecordFault) { return try GridCode(parsing: row[column]) } catch {
        throw LineReason(column, error)
      }
    }
    var flags: [EnterpriseFlag] = []
    for word in row["flags"].split(whereSeparator: { $0 == " " || $0 == ";" }) {
      flags.append(try choice("flags", String(word), EnterpriseFlag.self))
    }
    func degrees(_ column: String) throws(LineReason) -> Double? {
      guard let text = optional(column) else { return nil }
      guard let value = Double(text) else {
        throw LineReason("\(column) \"\(text)\" is no number", "\(column)“\(text)”不是数字")
      }
      return value
    }
    if let uscc = optional("uscc") {
      do throws(RecordFault) { _ = try USCC(parsing: uscc) } catch { throw LineReason("uscc", error) }
    }
    let place = try grid("grid")
    var employees: UInt32?
    if let text = optional("employees") {
      guard let count = UInt32(text) else {
        throw LineReason("employees \"\(text)\" is no number", "employees“\(text)”不是数字")
      }
      employees = count
    }
    var output: Fen?
    if let text = optional("output") {
      guard let yuan = Int64(text), (0...90_000_000_000_000_000).contains(yuan) else {
        throw LineReason("output \"\(text)\" is no number of yuan", "output“\(text)”不是整数（元）")
      }
      output = Fen(yuan * 100)
    }
    func day(_ column: String) throws(LineReason) -> Date? {
      guard let text = optional(column) else { return nil }
      guard let date = Date(text) else {
        throw LineReason(
          "\(column) \"\(text)\" is no date such as 2026-03-02", "\(column)“\(text)”不是日期，例如2026-03-02")
      }
      return date
    }
    let (keyFrom, keyTo) = (try day("key_from"), try day("key_to"))
    guard (keyFrom == nil) == (keyTo == nil) else {
      throw LineReason("key_from and key_to belong together", "key_from与key_to须同时填写")
    }
    let (longitude, latitude) = (try degrees("longitude"), try degrees("latitude"))
    guard (longitude == nil) == (latitude == nil) else {
      throw LineReason("longitude and latitude belong together", "longitude与latitude须同时填写")
    }
    guard ["", "true", "false"].contains(row["accept_legacy"]) else {
      throw LineReason("accept_legacy is true or false", "accept_legacy须为true或false")
    }
    return EnterpriseRow(
      uscc: optional("uscc"), name: row["name"], type: try choice("type", row["type"], EnterpriseType.self),
      grid: place, address: row["address"], point: longitude.map { Point(longitude: $0, latitude: latitude!) },
      industry: optional("industry"), riskLevel: try choice("risk_level", row["risk_level"], RiskLevel.self),
      employees: employees, responsibleDepartment: row["responsible_department"],
      standardization: row["standardization"].isEmpty
        ? nil : try choice("standardization", row["standardization"], Standardization.self), source: row["source"],
      acceptLegacy: row["accept_legacy"] == "true", flags: flags,
      registered: optional("registered") == nil ? nil : try grid("registered"), siteOf: optional("site_of"),
      output: output, keyPeriod: keyFrom.map { KeyPeriod(from: $0, to: keyTo!) },
      legalRepresentative: optional("legal_representative"), safetyOfficer: optional("safety_officer"),
      phone: optional("phone"), standardizedOn: try day("standardized_on"), member: optional("member"),
      supervision: optional("supervision") == nil
        ? nil : try choice("supervision", row["supervision"], SupervisionMode.self),
      directGround: optional("direct_ground") == nil
        ? nil : try choice("direct_ground", row["direct_ground"], DirectGround.self))
  }
}

extension Enterprise {
  /// What an import makes it from.
  var row: EnterpriseRow {
    EnterpriseRow(
      uscc: uscc.map { "\($0)" }, name: name, type: type, grid: grid, address: address, point: point,
      industry: industry, riskLevel: riskLevel, employees: employees, responsibleDepartment: responsibleDepartment,
      standardization: standardization, source: source, acceptLegacy: usccStatus == .legacyUnverified, flags: flags,
      registered: registered, siteOf: siteOf.map { "\($0)" }, output: output, keyPeriod: keyPeriod,
      standardizedOn: standardizedOn, member: member, supervision: supervision, directGround: directGround)
  }
}

extension EnterpriseRow {
  static let columns = EnterpriseFile.required + EnterpriseFile.optional

  /// In the order of the columns.
  var fields: [String] {
    [
      name, type.name, "\(grid)", riskLevel.name, uscc ?? "", address, industry ?? "",
      employees.map { "\($0)" } ?? "", point.map { "\($0.longitude)" } ?? "", point.map { "\($0.latitude)" } ?? "",
      responsibleDepartment, standardization?.name ?? "", source, acceptLegacy ? "true" : "",
      flags.map(\.name).joined(separator: " "), registered.map { "\($0)" } ?? "", siteOf ?? "",
      output.map { "\($0.rawValue / 100)" } ?? "", keyPeriod.map { "\($0.from)" } ?? "",
      keyPeriod.map { "\($0.to)" } ?? "", standardizedOn.map { "\($0)" } ?? "", member ?? "", supervision?.name ?? "",
      directGround?.name ?? "",
    ]
  }
}
