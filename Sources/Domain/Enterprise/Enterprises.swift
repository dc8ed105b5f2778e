import Bytes
package import Records
package import Scalars

/// - Throws: `unknownEnterprise`
func requireEnterprise(_ id: UInt64, in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> Enterprise {
  guard let enterprise = try reader.record(EnterprisesTable.self, .init(id: id)) else {
    throw .unknownEnterprise(UnknownEnterprise(id: id))
  }
  return enterprise
}

/// Who bears the credit of an object: itself, or the enterprise whose further place of operation it is.
/// - Throws: `unknownEnterprise`
package func creditBearer(
  of id: UInt64, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Enterprise {
  let enterprise = try requireEnterprise(id, in: reader)
  guard let code = enterprise.siteOf else { return enterprise }
  guard let bearer = try reader.record(EnterprisesByUsccIndex.self, .init(uscc: code)) else {
    preconditionFailure("enterprise \(id) operates for \(code), which has left the ledger")
  }
  return bearer
}

/// Further places of operation that one enterprise may have: who has more registers branches 分公司 with codes of their own.
private let sitesMax = 200

/// The further places of operation of whoever has this code, closed ones too, in the order of their numbers.
package func sites(
  of uscc: USCC?, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [Enterprise] {
  guard let uscc else { return [] }
  let entries = try reader.entries(
    EnterprisesByOperatorIndex.self, in: KeyRange(prefix: EnterprisesByOperatorIndex.prefix(uscc)),
    descending: false, limit: sitesMax)
  var sites: [Enterprise] = []
  for entry in entries {
    if let site = try reader.record(EnterprisesTable.self, entry.key) { sites.append(site) }
  }
  return sites
}

func importEnterprises(
  _ request: ImportEnterprises, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> ImportReceipt {
  var receipt = ImportReceipt()
  var nextID = try nextEnterpriseID(in: state)
  var twins = TwinRows()
  var known = KnownObjects()
  var earlier = EarlierRows()
  for (index, row) in request.rows.enumerated() {
    if let first = twins.add(row, numbered: index) { throw refused(row: index, .twin(ofRow: first)) }
    let wanted: Enterprise
    do throws(ImportFault) { wanted = try enterprise(from: row, behind: earlier, on: act.today, in: state) } catch {
      throw error.refusal(row: index)
    }
    var enterprise = wanted
    let old = try known.object(meantBy: wanted, state)
    if let old {
      enterprise = old.updated(by: wanted)
      enterprise.rate(row.standardization, since: row.standardizedOn, act)
    }
    enterprise.bringSupervision(row)
    do throws(ImportFault) { try enterprise.checkSupervision(before: old, on: act.today, in: state) } catch {
      throw error.refusal(row: index)
    }
    if let old {
      enterprise.settle()
      if enterprise == old {
        if try bringContact(row, to: old.id, act, &state) { receipt.updated += 1 } else { receipt.unchanged += 1 }
        continue
      }
      do throws(ImportFault) { try old.checkTaking(wanted) } catch { throw error.refusal(row: index) }
      // As accept_relocation does: no offer waits any longer.
      if old.grid != enterprise.grid { (enterprise.movingTo, enterprise.acceptBy) = (nil, nil) }
      enterprise.version += 1
      receipt.updated += 1
    } else {
      do throws(ImportFault) { try checkRoom(for: enterprise, behind: earlier, in: state) } catch {
        throw error.refusal(row: index)
      }
      enterprise.id = nextID
      enterprise.createdAt = act.time
      enterprise.version = 1
      nextID += 1
      receipt.created += 1
    }
    enterprise.updatedAt = act.time
    // A row that says nothing new verifies nothing: a file that is sent every night would keep every entry fresh for ever.
    enterprise.verifiedOn = act.today
    enterprise.entryCount += 1
    enterprise.settle()
    state.put(EnterprisesTable.self, enterprise)
    enterprise.remember(
      .import, from: old?.state, at: old?.grid ?? enterprise.grid, note: enterprise.source, act, &state)
    _ = try bringContact(row, to: enterprise.id, act, &state)
    earlier.add(enterprise, isNew: old == nil)
    if let old, old.grid != enterprise.grid || old.uscc != enterprise.uscc {
      try moveDishonesty(with: enterprise, &state)
      try moveDuties(with: enterprise, &state)
    }
  }
  return receipt
}

/// Puts down whom to call, as far as the row says it; `false` when that is known already.
func bringContact(
  _ row: EnterpriseRow, to id: UInt64, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> Bool {
  guard row.legalRepresentative != nil || row.safetyOfficer != nil || row.phone != nil else { return false }
  let before = try state.record(EnterpriseContactsTable.self, .init(enterpriseId: id))
  let isKnown =
    (row.legalRepresentative ?? before?.legalRepresentative) == before?.legalRepresentative
    && (row.safetyOfficer ?? before?.safetyOfficer) == before?.safetyOfficer
    && (row.phone ?? before?.phone) == before?.phone
  guard !isKnown else { return false }
  putContact(id, row.legalRepresentative, row.safetyOfficer, row.phone, over: before, act, &state)
  return true
}

func nextEnterpriseID(in reader: borrowing some RecordReader & ~Copyable) throws(Refusal) -> UInt64 {
  (try reader.firstKey(EnterprisesTable.self, in: .all, descending: true)?.id ?? 0) + 1
}

/// The object that a row describes, new to the ledger, for a command of one row.
/// - Throws: `rowRefused`
func newObject(
  of row: EnterpriseRow, on today: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Enterprise {
  do throws(ImportFault) {
    let object = try enterprise(from: row, on: today, in: reader)
    try checkRoom(for: object, in: reader)
    return object
  } catch {
    throw error.refusal(row: 0)
  }
}

/// Refuses one more place of operation than an enterprise may have.
private func checkRoom(
  for object: Enterprise, behind earlier: EarlierRows = EarlierRows(),
  in reader: borrowing some RecordReader & ~Copyable
) throws(ImportFault) {
  guard let bearer = object.siteOf else { return }
  let range = KeyRange(prefix: EnterprisesByOperatorIndex.prefix(bearer))
  do throws(Refusal) {
    let known = try reader.entries(EnterprisesByOperatorIndex.self, in: range, descending: false, limit: sitesMax)
    if known.count + earlier.sites[bearer, default: 0] < sitesMax { return }
  } catch {
    throw .store(error)
  }
  throw .row(
    "\(bearer) has \(sitesMax) further places of operation, and no more are kept", "\(bearer)的经营场所已达\(sitesMax)处上限")
}

/// Every fault that an import of these rows would meet, row by row; nothing is changed.
package func importFaults(
  _ request: ImportEnterprises, on today: Date, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [RowFault] {
  var faults: [RowFault] = []
  var known = KnownObjects()
  var earlier = EarlierRows()
  var twins = TwinRows()
  for (index, row) in request.rows.enumerated() {
    if let first = twins.add(row, numbered: index) {
      faults.append(RowFault(row: index, .twin(ofRow: first)))
      continue
    }
    do throws(ImportFault) {
      let enterprise = try enterprise(from: row, behind: earlier, on: today, in: reader)
      let old: Enterprise?
      do throws(Refusal) { old = try known.object(meantBy: enterprise, reader) } catch { throw .store(error) }
      var after = old?.updated(by: enterprise) ?? enterprise
      after.bringSupervision(row)
      try after.checkSupervision(before: old, on: today, in: reader)
      if let old {
        after.settle()
        if after != old { try old.checkTaking(enterprise) }
      } else {
        try checkRoom(for: enterprise, behind: earlier, in: reader)
      }
      earlier.add(enterprise, isNew: old == nil)
    } catch {
      switch error {
      case .row(let reason): faults.append(RowFault(row: index, reason))
      case .store(let refusal): throw refusal
      }
    }
  }
  return faults
}

/// Why a row cannot be taken: itself, or the store.
private enum ImportFault: Error {
  case row(Label)
  case store(Refusal)

  static func row(_ english: String, _ chinese: String) -> ImportFault { .row(Label(english, chinese)) }

  func refusal(row index: Int) -> Refusal {
    switch self {
    case .row(let reason): refused(row: index, reason)
    case .store(let refusal): refusal
    }
  }
}

extension Label {
  fileprivate static func twin(ofRow first: Int) -> Label {
    Label("it names the same object as row \(first)", "与第\(first)行是同一对象")
  }
}

/// What rows of a command have put down before another one, as far as that one may lean on it.
private struct EarlierRows {
  private(set) var enterprises: [USCC: Enterprise] = [:]
  /// How many further places of operation came with them.
  private(set) var sites: [USCC: Int] = [:]

  mutating func add(_ object: Enterprise, isNew: Bool) {
    if let uscc = object.uscc { enterprises[uscc] = object }
    if let bearer = object.siteOf, isNew { sites[bearer, default: 0] += 1 }
  }
}

/// The object that a row describes, without identifier, times and version.
///
/// - Parameter earlier: what rows before it in the same command have put down, which the store does not show yet.
private func enterprise(
  from row: EnterpriseRow, behind earlier: EarlierRows = EarlierRows(), on today: Date,
  in reader: borrowing some RecordReader & ~Copyable
) throws(ImportFault) -> Enterprise {
  var uscc: USCC?
  if let text = row.uscc {
    do throws(RecordFault) { uscc = try USCC(parsing: text) } catch { throw .row(error.reason, error.chinese) }
  }
  if let fault = uscc?.fault(acceptLegacy: row.acceptLegacy) { throw .row(fault) }
  do throws(Refusal) { try checkLiving(row.grid, in: reader) } catch {
    switch error {
    case .unknownGrid: throw .row("there is no active grid \(row.grid)", "网格\(row.grid)不存在或未启用")
    case .gridRetired(let retired):
      throw .row("grid \(row.grid) was retired; use \(retired.successors)", "网格\(row.grid)已撤销，请使用\(retired.successors)")
    default: throw .store(error)
    }
  }
  guard row.grid.depth >= 3 else {
    throw .row("grid \(row.grid) is neither a cell nor a village", "网格\(row.grid)既非村级，也非网格员网格")
  }
  if let fault = IndustrySection.fault(in: row.industry) { throw .row(fault) }
  if let fault = row.keyPeriod?.fault { throw .row(fault) }
  if let date = row.standardizedOn, date > today {
    throw .row("standardized_on: \(date) lies in the future", "达标日期\(date)晚于今日")
  }
  if !row.responsibleDepartment.isEmpty {
    do throws(Refusal) {
      try checkDepartment(
        row.responsibleDepartment, "responsible_department", near: row.grid, on: nil, in: reader)
    } catch {
      guard case .invalidArgument(let fault) = error else { throw .store(error) }
      throw .row(fault.reason, fault.reasonChinese)
    }
  }
  let bearer = try enterprise(operatingAt: row, behind: earlier, in: reader)
  return Enterprise(
    type: row.type, uscc: uscc, usccStatus: uscc?.status ?? .missing, name: row.name, grid: row.grid,
    address: row.address,
    point: row.point, industry: row.industry, riskLevel: row.riskLevel, employees: row.employees, supervision: .grid,
    responsibleDepartment: row.responsibleDepartment, standardization: row.standardization ?? .unrated,
    state: .active, source: row.source, flags: row.flags.inOrder,
    registered: row.registered ?? uscc?.county ?? bearer?.registered, siteOf: bearer?.uscc, output: row.output,
    keyPeriod: row.keyPeriod, standardizedOn: row.standardizedOn)
}

/// The enterprise whose further place of operation a row describes, if it describes one.
private func enterprise(
  operatingAt row: EnterpriseRow, behind earlier: EarlierRows, in reader: borrowing some RecordReader & ~Copyable
) throws(ImportFault) -> Enterprise? {
  guard let text = row.siteOf else { return nil }
  guard row.uscc == nil else {
    throw .row(
      "a further place of operation has no credit code of its own: leave uscc out", "经营场所没有自己的统一社会信用代码，请留空")
  }
  let code: USCC
  do throws(RecordFault) { code = try USCC(parsing: text) } catch {
    throw .row("site_of: \(error.reason)", "所属企业：\(error.chinese)")
  }
  var bearer = earlier.enterprises[code]
  do throws(Refusal) {
    if bearer == nil { bearer = try reader.record(EnterprisesByUsccIndex.self, .init(uscc: code)) }
  } catch {
    throw .store(error)
  }
  guard let bearer, bearer.isInLedger else {
    throw .row(
      "no enterprise of the ledger has credit code \(code): enter it where it mainly operates first",
      "台账中没有统一社会信用代码\(code)，请先在其主要经营地登记")
  }
  return bearer
}

/// The objects that rows of an import may mean. The ledger knows an object by its credit code, and where row or object has
/// none, by grid and name; a grid's objects are read once for each request.
private struct KnownObjects {
  private struct Names {
    /// By name, those without a credit code.
    var withoutCode: [String: UInt64] = [:]
    /// By name, those with one that are no other's place of operation.
    var withCode: [String: [UInt64]] = [:]
  }

  private var byGrid: [GridCode: Names] = [:]

  /// The objects of a cell are a few hundred, those of a village without cells a few thousand.
  private static let objectsOfAGridMax = 20_000

  mutating func object(
    meantBy row: Enterprise, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> Enterprise? {
    if let uscc = row.uscc, let known = try reader.record(EnterprisesByUsccIndex.self, .init(uscc: uscc)) {
      return known
    }
    let names: Names
    if let read = byGrid[row.grid] {
      names = read
    } else {
      names = try Self.read(row.grid, reader)
      byGrid[row.grid] = names
    }
    if let id = names.withoutCode[row.name] {
      let known = try requireEnterprise(id, in: reader)
      // The list of another office brings the code that was missing. What was closed, is a place of another enterprise, or
      // has got its code from an earlier row does not become the enterprise of that code.
      let isOther = row.uscc != nil && (known.uscc != nil || known.state == .closed || known.siteOf != nil)
      if !isOther { return known }
    }
    // A list without codes means the only object of that name there.
    guard row.uscc == nil, row.siteOf == nil, let ids = names.withCode[row.name], ids.count == 1 else { return nil }
    return try requireEnterprise(ids[0], in: reader)
  }

  private static func read(
    _ grid: GridCode, _ reader: borrowing some RecordReader & ~Copyable
  ) throws(Refusal) -> Names {
    let entries = try reader.entries(
      EnterprisesByGridIndex.self, in: KeyRange(prefix: EnterprisesByGridIndex.prefix(grid)), descending: false,
      limit: objectsOfAGridMax + 1)
    guard entries.count <= objectsOfAGridMax else {
      throw .invalid(
        "rows", "grid \(grid) holds more than \(objectsOfAGridMax) objects; place them in its cells",
        "网格\(grid)监管对象超过\(objectsOfAGridMax)个，请落到下级网格")
    }
    var names = Names()
    for entry in entries {
      guard let object = try reader.record(EnterprisesTable.self, entry.key), object.state != .rejected,
        object.state != .merged
      else { continue }
      if object.uscc == nil {
        names.withoutCode[object.name] = object.id
      } else if object.state != .closed {
        names.withCode[object.name, default: []].append(object.id)
      }
    }
    return names
  }
}

extension Enterprise {
  /// What the row says, on top of what the ledger knows besides.
  /// Refuses a row that would change an object that is closed, or a place of another enterprise.
  fileprivate func checkTaking(_ row: Enterprise) throws(ImportFault) {
    if let siteOf, let told = row.siteOf, told != siteOf {
      throw .row(
        "enterprise \(id) of that name there is a place of operation of \(siteOf)", "该处同名监管对象\(id)是\(siteOf)的经营场所")
    }
    if state == .closed {
      throw .row(
        "enterprise \(id) is closed; if it operates again, collect it", "监管对象\(id)已注销，恢复经营的请重新采集")
    }
  }

  /// Who supervises it, as far as the row says it: a register's word, as the rest of an import is.
  fileprivate mutating func bringSupervision(_ row: EnterpriseRow) {
    switch row.supervision {
    case .direct?: (supervision, directGround, member) = (.direct, row.directGround, row.member)
    case .some: (supervision, directGround, member) = (.grid, row.directGround, row.member ?? member)
    case nil:
      directGround = row.directGround ?? directGround
      member = row.member ?? member
    }
  }

  /// Refuses who cannot supervise it.
  fileprivate func checkSupervision(
    before old: Enterprise?, on today: Date, in reader: borrowing some RecordReader & ~Copyable
  ) throws(ImportFault) {
    if let old, old.supervision == supervision, old.directGround == directGround, old.member == member,
      old.responsibleDepartment == responsibleDepartment
    {
      return
    }
    if supervision == .direct {
      guard directGround != nil, !responsibleDepartment.isEmpty else {
        throw .row(
          "who is supervised directly needs direct_ground and responsible_department",
          "直接监管须填写直接监管理由和主管部门")
      }
      if member != nil { throw .row("a department supervises it: it has no grid member", "由部门直接监管，不设网格员") }
    } else if directGround != nil {
      throw .row(
        "direct_ground is for who is supervised directly: supervision=direct",
        "直接监管理由仅适用于直接监管的对象")
    }
    guard let member, member != old?.member else { return }
    let person: Person?
    do throws(Refusal) { person = try reader.record(PersonsTable.self, .init(id: member)) } catch {
      throw .store(error)
    }
    guard person?.isGridMember(of: grid, on: today) == true else {
      throw .row("\(member) is no grid member of \(grid)", "\(member)不是网格\(grid)的网格员")
    }
  }

  func updated(by row: Enterprise) -> Enterprise {
    var result = self
    // The member of the old place is rid of it.
    if row.grid != grid { result.member = nil }
    result.type = row.type
    if row.uscc != nil { (result.uscc, result.usccStatus) = (row.uscc, row.usccStatus) }
    result.name = row.name
    result.grid = row.grid
    result.address = row.address
    result.point = row.point
    result.industry = row.industry
    result.riskLevel = row.riskLevel
    result.employees = row.employees
    result.responsibleDepartment = row.responsibleDepartment
    result.source = row.source
    result.flags = row.flags
    result.registered = row.registered ?? registered
    // Credit does not change hands because a file lacks the column.
    result.siteOf = row.siteOf ?? siteOf
    result.output = row.output ?? output
    result.keyPeriod = row.keyPeriod ?? keyPeriod
    return result
  }
}

extension [EnterpriseFlag] {
  /// Each once.
  var inOrder: [EnterpriseFlag] { Set(self).sorted { $0.number < $1.number } }
}

extension USCC {
  /// The county whose registry gave the code; `nil` when a city or a province did, which says nothing about the place.
  var county: GridCode? {
    registeringDivision.hasSuffix("00") ? nil : try? GridCode(division: registeringDivision)
  }
}
