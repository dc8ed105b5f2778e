import API
import ArgumentParser
import Bytes
import Client
import RPC
import Records
import Scalars

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Brings files in: divisions, cells, boundaries, people, enterprises.",
    discussion: """
      Files are CSV with a header line, in UTF-8, plain or packed with gzip. A file is checked as a whole before \
      anything is sent: one bad line, and nothing is imported, unless --skip-bad-lines says otherwise.
      """,
    subcommands: [
      ImportDivisionsCommand.self, ImportCellsCommand.self, ImportBoundariesCommand.self, ImportPeopleCommand.self,
      ImportEnterprisesCommand.self,
    ])
}

/// What every import takes.
struct ImportOptions: ParsableArguments {
  @Argument(help: "The file, plain or .gz.", completion: .file())
  var file: String
  @Flag(help: "Leave bad lines out, say which, and import the others.")
  var skipBadLines = false
  @Option(help: "Write every bad line with its reason into this file, as CSV.", completion: .file())
  var report: String?

  /// Prints the faults; throws unless they may be skipped.
  func judge(_ faults: [LineFault]) throws {
    if let report {
      let rows = [["line", "reason"]] + faults.map { ["\($0.line)", $0.reason] }
      let file = try OutputFile(report)
      file.write(CSVText.mark + rows.map(CSVText.line).joined())
      try file.close()
    }
    guard !faults.isEmpty else { return }
    for fault in faults.prefix(Self.shownMax) { complain(of: fault) }
    let more = faults.count - Self.shownMax
    if more > 0 {
      safegrid.complain(localized("\(file): and \(more) more bad lines", "\(file)：另有\(more)行无法采用"))
    }
    guard skipBadLines else {
      throw InputFault(
        localized(
          "\(faults.count) of the lines cannot be taken; nothing was imported (--skip-bad-lines leaves them out)",
          "有\(faults.count)行无法采用；未导入任何内容（--skip-bad-lines可略过这些行）"))
    }
  }

  func complain(of fault: LineFault) {
    safegrid.complain(
      localized("\(file): line \(fault.line): \(fault.reason)", "\(file)：第\(fault.line)行：\(fault.reason)"))
  }

  private static let shownMax = 50
}

extension Array {
  /// The elements in runs of at most `size`.
  func chunks(of size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}

struct ImportDivisionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "divisions", abstract: "Imports division codes as counties, townships and villages.",
    discussion: """
      Columns: code,name,level,parent. Levels: 1 province (2 digits), 2 city (4), 3 county (6), 4 township (9), \
      5 village (12). Parents stand before their children. Provinces and cities are kept as names, not as grids.
      The rows become visible together, when the last one has arrived.
      """)
  @OptionGroup var input: ImportOptions
  @Option(help: "What this edition of the codes is called. Default: the file's name.")
  var edition: String?
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let table = try CSVFile(path: input.file, required: ["code", "name", "level", "parent"])
    var file = DivisionFile(table)
    let session = try await options.openForMany()
    // A parent stands in the file, or is known to the daemon.
    let codes = Set(file.lines.map(\.row.code))
    var named = NamedThings()
    for line in file.lines {
      guard let parent = line.parentCode, !codes.contains(parent) else { continue }
      named.add(try GridCode(division: parent), line: line.line)
    }
    file.leaveOut(try await named.faults(session))
    try input.judge(file.faults)
    if let oddity = file.oddity { complain(oddity) }
    guard !file.lines.isEmpty else {
      throw InputFault(
        localized(
          "\(input.file) holds no line that can be taken; nothing was imported",
          "\(input.file)没有可采用的行；未导入任何内容"))
    }
    let name = edition ?? input.file.split(separator: "/").last.map(String.init) ?? input.file
    try session.show(try await Self.send(file, edition: name, GridClient(session.connection), session.options)) {
      edition in
      localized(
        "edition \(edition.id) \"\(edition.name)\": \(edition.rowCount) divisions are active",
        "区划版本\(edition.id)“\(edition.name)”：已启用\(edition.rowCount)个区划")
    }
  }

  /// Stages all rows and activates them.
  static func send(
    _ file: DivisionFile, edition name: String, _ grid: GridClient, _ options: CallOptions
  ) async throws -> Edition {
    let edition = try await grid.openEdition(OpenEdition(name: name), options)
    for chunk in file.lines.chunks(of: 1000) {
      do throws(CallFailure) {
        _ = try await grid.stageDivisions(StageDivisions(edition: edition.id, rows: chunk.map(\.row)), options)
      } catch {
        guard case .rowRefused(let refused) = error.refusal else { throw error }
        let line = chunk[chunk.startIndex + Int(refused.row)].line
        throw InputFault(
          localized(
            "line \(line): \(refused.reason); nothing was imported", "第\(line)行：\(refused.reasonChinese)；未导入任何内容"))
      }
    }
    return try await grid.activateEdition(
      ActivateEdition(edition: edition.id, rowCount: UInt64(file.lines.count)), options)
  }
}

struct ImportCellsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cells", abstract: "Imports the cells below the villages.",
    discussion: "Columns: code,name. A code has 15 digits: the village's 12 and three for the cell.")
  @OptionGroup var input: ImportOptions
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let table = try CSVFile(path: input.file, required: ["code", "name"])
    var faults = table.faults
    var cells: [(line: Int, village: GridCode, row: CellRow)] = []
    var named = NamedThings()
    var seen: [GridCode: Int] = [:]
    for row in table.rows {
      do throws(LineReason) {
        let (village, cell) = try Self.cell(row)
        if let first = seen[cell.code] {
          throw LineReason("cell \(cell.code) stands on line \(first) already", "单元格\(cell.code)已见于第\(first)行")
        }
        seen[cell.code] = row.line
        named.add(village, line: row.line)
        cells.append((row.line, village, cell))
      } catch {
        faults.append(LineFault(line: row.line, reason: error.text))
      }
    }
    let session = try await options.openForMany()
    faults += try await named.faults(session)
    try input.judge(faults.sorted { $0.line < $1.line })
    let bad = Set(faults.map(\.line))
    let villages = Dictionary(grouping: cells.filter { !bad.contains($0.line) }, by: \.village)
    let grid = GridClient(session.connection)
    var total = PutCellsReceipt()
    for (village, cells) in villages.sorted(by: { $0.key < $1.key }) {
      let receipt = try await grid.putCells(PutCells(village: village, cells: cells.map(\.row)), session.options)
      total.created += receipt.created
      total.replaced += receipt.replaced
    }
    try session.show(total) {
      localized("cells: \($0.created) created, \($0.replaced) replaced", "网格：新建\($0.created)，更新\($0.replaced)")
    }
  }

  private static func cell(_ row: CSVFile.Row) throws(LineReason) -> (village: GridCode, cell: CellRow) {
    guard let code = GridCode(row["code"]), code.depth == 4, let village = code.parent else {
      throw LineReason("code \"\(row["code"])\" is no cell of 15 digits", "code“\(row["code"])”不是15位的单元格代码")
    }
    let cell = CellRow(code: code, name: row["name"])
    do throws(RecordFault) { try cell.check() } catch { throw LineReason(error) }
    return (village, cell)
  }
}

struct ImportPeopleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "people", abstract: "Imports people with their roles.",
    discussion: """
      Columns: id,name,role,grid, and optionally enterprise_id,phone, and from,to (the first and the last day of the role, for example \
      2026-03-02), employment (\(Employment.allKnown.map(\.name).joined(separator: ", "))), certificate (its number), certificate_to (its \
      last day), department (of a department_officer or enforcement_officer: whose cases and objects alone they act on), \
      organization, on_establishment 在编 and professional 专业监管人员 (true or false), joined and left (days), \
      remuneration 待遇, and with semicolons between them concurrent_jobs 兼任职务, protective_kit 防护装备, terminals 移动终端. \
      Several lines with one id give the person \
      several roles. An empty grid means the whole region. Of who is known already the roles are those of the file from \
      now on; what another column leaves empty stays as it was.
      Roles: \(roleNames). A person of an enterprise needs the enterprise's number, which \
      "safegrid enterprise list" shows; so enterprises are imported before people.
      """)
  @OptionGroup var input: ImportOptions
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let table = try CSVFile(
      path: input.file, required: ["id", "name", "role", "grid"],
      optional: [
        "enterprise_id", "phone", "from", "to", "employment", "certificate", "certificate_to", "department",
        "organization", "on_establishment", "professional", "joined", "left", "remuneration", "concurrent_jobs",
        "protective_kit", "terminals",
      ])
    var faults = table.faults
    var rows: [(line: Int, person: Person)] = []
    var named = NamedThings()
    for row in table.rows {
      do throws(LineReason) {
        let person = try Self.person(row)
        if let grid = person.grants[0].grid { named.add(grid, line: row.line) }
        if let enterprise = person.enterpriseId { named.add(enterprise: enterprise, line: row.line) }
        rows.append((row.line, person))
      } catch {
        faults.append(LineFault(line: row.line, reason: error.text))
      }
    }
    let session = try await options.openForMany()
    faults += try await named.faults(session)
    let bad = Set(faults.map(\.line))
    var people: [String: Person] = [:]
    var order: [String] = []
    for (line, person) in rows where !bad.contains(line) {
      do throws(LineReason) {
        if people[person.id] == nil { order.append(person.id) }
        people[person.id] = try Self.joined(people[person.id], person)
      } catch {
        faults.append(LineFault(line: line, reason: error.text))
      }
    }
    try input.judge(faults.sorted { $0.line < $1.line })
    var total = PutPersonsReceipt()
    for chunk in order.chunks(of: 500) {
      let receipt = try await PersonClient(session.connection)
        .put(PutPersons(persons: chunk.compactMap { people[$0] }, keepUnsaid: true), session.options)
      total.created += receipt.created
      total.replaced += receipt.replaced
    }
    try session.show(total) {
      localized("people: \($0.created) created, \($0.replaced) replaced", "人员：新建\($0.created)，更新\($0.replaced)")
    }
  }

  /// What several lines say of one person.
  private static func joined(_ known: Person?, _ line: Person) throws(LineReason) -> Person {
    guard var person = known else { return line }
    guard person.name == line.name, person.phone == line.phone, person.enterpriseId == line.enterpriseId,
      person.employment == line.employment, person.certificate == line.certificate, person.staffing == line.staffing,
      person.terminals == line.terminals
    else {
      throw LineReason(
        "name, phone, enterprise, employment, certificate, staffing or terminals of \(line.id) differ from an earlier line's",
        "\(line.id)的姓名、电话、企业、用工、证件、任职信息或终端与前面的行不一致")
    }
    person.grants += line.grants
    do throws(RecordFault) { try person.check() } catch { throw LineReason(error) }
    return person
  }

  /// All but the daemon's own.
  private static let grantableRoles = Role.allKnown.filter { $0 != .system }
  private static let roleNames = grantableRoles.map(\.name).joined(separator: ", ")

  private static func person(_ row: CSVFile.Row) throws(LineReason) -> Person {
    guard let role = grantableRoles.first(where: { $0.name == row["role"].lowercased() }) else {
      throw LineReason("role \"\(row["role"])\" is none of \(roleNames)", "role“\(row["role"])”不是\(roleNames)之一")
    }
    var grid: GridCode?
    if !row["grid"].isEmpty {
      do throws(RecordFault) { grid = try GridCode(parsing: row["grid"]) } catch {
        throw LineReason("grid", error)
      }
    }
    var enterprise: UInt64?
    if !row["enterprise_id"].isEmpty {
      guard let id = UInt64(row["enterprise_id"]) else {
        throw LineReason("enterprise_id is no number", "enterprise_id不是数字")
      }
      enterprise = id
    }
    func day(_ column: String) throws(LineReason) -> Date? {
      guard !row[column].isEmpty else { return nil }
      do throws(RecordFault) { return try Date(parsing: row[column]) } catch {
        throw LineReason(column, error)
      }
    }
    var employment: Employment?
    if !row["employment"].isEmpty {
      employment = Employment.allKnown.first { $0.name == row["employment"].lowercased() }
      guard employment != nil else {
        throw LineReason("employment \"\(row["employment"])\" is not known", "employment“\(row["employment"])”未知")
      }
    }
    func answer(_ column: String) throws(LineReason) -> Bool? {
      switch row[column].lowercased() {
      case "": nil
      case "true": true
      case "false": false
      default:
        throw LineReason(
          "\(column) \"\(row[column])\" is neither true nor false", "\(column)“\(row[column])”须为true或false")
      }
    }
    let staffing = Staffing(
      organization: row["organization"], onEstablishment: try answer("on_establishment"),
      professional: try answer("professional"), joined: try day("joined"), left: try day("left"),
      concurrentJobs: row.list("concurrent_jobs"), remuneration: row["remuneration"],
      protectiveKit: row.list("protective_kit"))
    let certificateEnd = try day("certificate_to")
    guard certificateEnd == nil || !row["certificate"].isEmpty else {
      throw LineReason("certificate_to needs a certificate", "填写certificate_to须有certificate")
    }
    let certificate =
      row["certificate"].isEmpty ? nil : Certificate(number: row["certificate"], validTo: certificateEnd)
    let grant = Grant(
      role: role, grid: grid, from: try day("from"), to: try day("to"),
      department: row["department"].isEmpty ? nil : row["department"])
    let person = Person(
      id: row["id"], name: row["name"], grants: [grant], enterpriseId: enterprise,
      phone: row["phone"].isEmpty ? nil : row["phone"], terminals: row.list("terminals"), employment: employment,
      certificate: certificate,
      staffing: staffing == Staffing() ? nil : staffing)
    do throws(RecordFault) { try person.check() } catch { throw LineReason(error) }
    return person
  }
}

struct ImportEnterprisesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enterprises", abstract: "Imports enterprises and other supervised objects.",
    discussion: """
      Columns, in any order (* is required):
        name*                    up to 200 characters
        type*                    \(EnterpriseType.allKnown.map(\.name).joined(separator: ", "))
        grid*                    15 digits: the cell, or the village, where it operates
        risk_level*              \(RiskLevel.allKnown.map(\.name).joined(separator: ", "))
        uscc                     unified social credit code; empty when it has none
        accept_legacy            true: take a credit code whose check character is wrong
        address, industry        industry after GB/T 4754-2017, for example C2671
        employees                a number
        longitude, latitude      degrees, CGCS2000
        responsible_department   the supervising department's name
        standardization          \(Standardization.allKnown.map(\.name).joined(separator: ", "))
        standardized_on          since when it has this level; empty: a new level begins today
        source                   where the row comes from
        registered               15 digits: where it is registered; empty: the county in the credit code
        site_of                  the credit code of the enterprise whose further place of operation it is
        output                   of a year, in yuan 年产值
        key_from, key_to         first and last day of its season of higher risk 重点时段
        member                   the grid member who answers for it; empty: as it was
        supervision              \(SupervisionMode.allKnown.map(\.name).joined(separator: ", ")); empty: as it was
        direct_ground            why a department supervises it itself: \(DirectGround.allKnown.map(\.name).joined(separator: ", "))
        legal_representative, safety_officer, phone
                                 whom to call 联系人; empty: as it was
        flags                    with blanks or semicolons between them: \(EnterpriseFlag.allKnown.map(\.name).joined(separator: ", "))
      An object is known again by its credit code, or where line or object has none, by grid and name: importing a file \
      again changes nothing, and after an interruption goes on where it stopped.
      A file named .jsonl (or --form jsonl) has one JSON object to a line instead; see "safegrid describe EnterpriseRow".
      """)
  @OptionGroup var input: ImportOptions
  @Option(help: "csv or jsonl. Default: as the file's name says.") var form: TableForm?
  @Flag(help: "Check the file against the daemon, and import nothing.") var dryRun = false
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let file = try EnterpriseFile(path: input.file, form: form ?? .named(by: input.file))
    let session = try await options.openForMany()
    let client = EnterpriseClient(session.connection)
    // What only the daemon knows: whether grids exist and codes are right. Nothing is written yet.
    var faults = file.faults
    var good: [EnterpriseFile.Line] = []
    var codes: Set<String> = []
    let checking = Progress(localized("checked", "已校验"), of: file.lines.count)
    // Enterprises before their further places: a place may be of an enterprise that comes with the same file.
    let enterprises = file.lines.filter { $0.row.siteOf == nil }.chunks(of: 500)
    let sites = file.lines.filter { $0.row.siteOf != nil }.chunks(of: 500)
    for (index, chunk) in (enterprises + sites).enumerated() {
      checking.show(index * 500)
      let rows = chunk.map { line in
        var row = line.row
        if let code = row.siteOf?.uppercased(), codes.contains(code) { row.siteOf = nil }
        return row
      }
      let check = try await client.checkImport(ImportEnterprises(rows: rows), session.options)
      let bad = Dictionary(
        check.faults.map { (Int($0.row), localized($0.reason, $0.reasonChinese)) },
        uniquingKeysWith: { first, _ in first })
      for (index, line) in chunk.enumerated() {
        if let reason = bad[index] {
          faults.append(LineFault(line: line.line, reason: reason))
        } else {
          good.append(line)
          if let code = line.row.uscc { codes.insert(code.uppercased()) }
        }
      }
    }
    checking.end()
    try input.judge(faults.sorted { $0.line < $1.line })
    if dryRun {
      return try put(
        localized(
          "\(good.count) lines can be taken, \(faults.count) cannot; nothing was imported",
          "可导入\(good.count)行，不能导入\(faults.count)行；未导入任何数据"))
    }
    var total = ImportReceipt()
    let importing = Progress(localized("imported", "已导入"), of: good.count)
    for (index, chunk) in good.chunks(of: 500).enumerated() {
      importing.show(index * 500)
      let receipt = try await client.import(ImportEnterprises(rows: chunk.map(\.row)), session.options)
      total.created += receipt.created
      total.updated += receipt.updated
      total.unchanged += receipt.unchanged
    }
    importing.end()
    try session.show(total) {
      localized(
        "enterprises: \($0.created) created, \($0.updated) updated, \($0.unchanged) unchanged",
        "监管对象：新建\($0.created)，更新\($0.updated)，未变\($0.unchanged)")
    }
  }
}
