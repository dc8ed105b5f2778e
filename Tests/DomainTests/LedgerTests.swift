import Domain
import Records
import Scalars
import Support
import Testing

/// The life of an object of the ledger: every state with every event and every role, and what follows from it.
@Suite struct LedgerTests {
  private static func row(
    _ name: String = "丁厂", grid: GridCode = World.cell, department: String = "应急管理局", uscc: String? = nil
  ) -> EnterpriseRow {
    EnterpriseRow(
      uscc: uscc, name: name, type: .enterprise, grid: grid, riskLevel: .yellow, responsibleDepartment: department,
      source: "test")
  }

  private static func collect(
    _ row: EnterpriseRow, by person: String = "gm", _ world: inout World
  ) throws(Refusal) -> CollectReceipt {
    let outcome = try world.act(.enterpriseCollect(CollectEnterprise(grid: row.grid, object: row)), by: person)
    guard case .enterpriseCollect(let receipt) = outcome else { preconditionFailure("no receipt") }
    return receipt
  }

  private static func object(_ id: UInt64, _ world: World) throws(Refusal) -> Enterprise {
    guard let object = try world.model.record(EnterprisesTable.self, .init(id: id)) else {
      throw .unknownEnterprise(UnknownEnterprise(id: id))
    }
    return object
  }

  private static func command(_ event: EnterpriseEvent, _ id: UInt64) -> Command? {
    let note = EnterpriseNote(id: id, note: "因为")
    let decision = DecideRelocation(id: id, grid: World.otherVillage, note: "因为")
    return switch event {
    case .collect: .enterpriseCollect(CollectEnterprise(grid: World.cell, object: row("戊厂")))
    case .confirm: .enterpriseConfirm(note)
    case .reject: .enterpriseReject(note)
    case .merge: .enterpriseMerge(MergeEnterprise(id: id, into: 1))
    case .update: .enterpriseUpdate(UpdateEnterprise(id: id, name: "新名"))
    case .proposeUpdate: .enterpriseProposeUpdate(UpdateEnterprise(id: id, name: "新名"))
    case .confirmUpdate: .enterpriseConfirmUpdate(note)
    case .refuseUpdate: .enterpriseRefuseUpdate(note)
    case .assign: .enterpriseAssign(AssignEnterprise(id: id, member: "gm"))
    case .suspend: .enterpriseSuspend(note)
    case .resume: .enterpriseResume(note)
    case .relocate: .enterpriseRelocate(RelocateEnterprise(id: id, to: World.otherVillage))
    case .acceptRelocation: .enterpriseAcceptRelocation(decision)
    case .refuseRelocation: .enterpriseRefuseRelocation(decision)
    case .setDirect:
      .enterpriseSetDirect(SetDirect(id: id, ground: .highRisk, department: "应急管理局", note: "构成重大危险源"))
    case .unsetDirect: .enterpriseUnsetDirect(UnsetDirect(id: id, member: "gm"))
    case .close: .enterpriseClose(note)
    case .import, .lapse, .unspecified, .unrecognized: nil
    }
  }

  private static let platform = Person(id: "platform", name: "省平台", grants: [Grant(role: .platform)])

  /// The ways into the states, and into what a state does not say.
  private static let ways: [(name: String, way: [(event: EnterpriseEvent, person: String)])] = [
    ("candidate", []), ("active", [(.confirm, "vs")]),
    ("active, an update waits", [(.confirm, "vs"), (.proposeUpdate, "gm")]),
    ("active, offered to another village", [(.confirm, "vs"), (.relocate, "vs")]),
    ("active, supervised directly", [(.confirm, "vs"), (.setDirect, "cd")]),
    ("suspended", [(.confirm, "vs"), (.suspend, "eo")]), ("closed", [(.confirm, "vs"), (.close, "eo")]),
    ("rejected", [(.reject, "vs")]), ("merged", [(.merge, "to")]),
  ]

  private static func world(_ way: [(event: EnterpriseEvent, person: String)]) throws(Refusal) -> (World, UInt64) {
    var world = try World()
    try world.act(.personPut(PutPersons(persons: [platform])), by: "admin")
    let id = try collect(row(), &world).id
    for step in way { try world.act(command(step.event, id)!, by: step.person) }
    return (world, id)
  }

  @Test func `every state with every event and every role gives what the golden table says`() throws {
    var lines: [String] = []
    for (name, way) in Self.ways {
      let (world, id) = try Self.world(way)
      lines.append("\(name) \(try Self.object(id, world).state.label.chinese)")
      for event in EnterpriseEvent.allKnown where ![.collect, .import, .lapse].contains(event) {
        lines += try world.outcomes(of: event.name, by: World.people + [Self.platform]) { (world, person) in
          try Self.outcome(of: Self.command(event, id)!, on: id, by: person, &world)
        }
      }
    }
    lines += World.cast(World.people + [Self.platform])
    try expectGolden("enterprise-workflow.txt", lines.joined(separator: "\n") + "\n")
  }

  /// What becomes of the object, or which refusal comes back.
  private static func outcome(
    of command: Command, on id: UInt64, by person: String, _ world: inout World
  ) throws(Refusal) -> String {
    do throws(Refusal) { try world.act(command, by: person) } catch { return "refused, \(text(of: error))" }
    let after = try object(id, world)
    var parts = [after.state.name, "in \(after.grid)", after.supervision.name]
    if let update = after.proposedUpdate { parts.append("update by \(update.proposedBy) waits") }
    if let member = after.member { parts.append("member \(member)") }
    if let to = after.movingTo, let end = after.acceptBy { parts.append("offered to \(to) until \(end.localDate)") }
    if let other = after.mergedInto { parts.append("into \(other)") }
    if !after.gaps.isEmpty { parts.append(after.gaps.map(\.name).joined(separator: " ")) }
    return parts.joined(separator: ", ")
  }

  private static func text(of refusal: Refusal) -> String {
    if case .enterpriseNotAllowed(let error) = refusal { return error.reason }
    return refusal.name
  }

  private static func refusal(of command: Command, by person: String, _ world: World) -> String? {
    var world = world
    do throws(Refusal) { try world.act(command, by: person) } catch { return text(of: error) }
    return nil
  }

  @Test func `every event has its row, and rows of one event never share a state`() {
    for event in EnterpriseEvent.allKnown {
      let rows = EnterpriseWorkflow.table.filter { $0.event == event }
      #expect(!rows.isEmpty, "\(event)")
      let states = rows.flatMap(\.from)
      #expect(Set(states).count == states.count, "\(event)")
      #expect(rows.count { $0.from.isEmpty } <= 1, "\(event)")
    }
  }

  // MARK: Candidates

  @Test func `a credit code is one object, and a name in a village may be`() throws {
    var world = try World()
    let code = "91421222MA40006370"
    let first = try Self.collect(Self.row(uscc: code), &world)
    #expect(first.alike == [])
    let again = Command.enterpriseCollect(CollectEnterprise(grid: World.cell, object: Self.row("别名", uscc: code)))
    #expect(Self.refusal(of: again, by: "gm", world) == "AlreadyKnown")
    // Another width of the same name; in another village it is another object.
    #expect(try Self.collect(Self.row(" 丁 厂"), &world).alike == [first.id])
    #expect(try Self.collect(Self.row(grid: World.otherCell), by: "gm2", &world).alike == [])
    // What is rejected or merged gives its code free.
    try world.act(.enterpriseReject(EnterpriseNote(id: first.id, note: "重复")), by: "vs")
    #expect(try Self.collect(Self.row("别名", uscc: code), &world).alike == [])
  }

  @Test func `a candidate needs a department and a cell or a member before it is in the ledger`() throws {
    var world = try World()
    let id = try Self.collect(Self.row(grid: World.village, department: ""), by: "vs", &world).id
    let confirm = Command.enterpriseConfirm(EnterpriseNote(id: id))
    #expect(Self.refusal(of: confirm, by: "vs", world) == "assign a department first")
    try world.act(.enterpriseAssign(AssignEnterprise(id: id, department: "商务局")), by: "to")
    #expect(Self.refusal(of: confirm, by: "vs", world) == "it stands in no cell: assign a grid member first")
    // gm serves one cell of the village, not all of it.
    let wrong = Command.enterpriseAssign(AssignEnterprise(id: id, member: "gm"))
    #expect(Self.refusal(of: wrong, by: "vs", world) == "gm is no grid member of \(World.village)")
    let member = Person(id: "gm9", name: "x", grants: [Grant(role: .gridMember, grid: World.village)])
    try world.act(.personPut(PutPersons(persons: [member])), by: "admin")
    try world.act(.enterpriseAssign(AssignEnterprise(id: id, member: "gm9")), by: "vs")
    try world.act(confirm, by: "vs")
    #expect(try Self.object(id, world).state == .active)
  }

  // MARK: Places

  private static func count(_ grid: GridCode, _ world: World) -> UInt64 {
    let prefix = EnterprisesCountByRisk.prefix(grid)
    return world.model.counts(EnterprisesCountByRisk.self).filter { $0.key.starts(with: prefix) }.values.reduce(0, +)
  }

  @Test func `a relocation moves lists and statistics, and leaves the history where it was`() throws {
    var (world, id) = try Self.world([(.confirm, "vs"), (.assign, "vs"), (.relocate, "vs")])
    #expect(Self.count(World.village, world) == 4 && Self.count(World.otherVillage, world) == 0)
    let accept = DecideRelocation(id: id, grid: World.otherVillage, address: "新址")
    // The old place cannot take it over for the new one.
    #expect(Self.refusal(of: .enterpriseAcceptRelocation(accept), by: "vs", world) == "PermissionDenied")
    try world.act(.enterpriseAcceptRelocation(accept), by: "vs2")
    let moved = try Self.object(id, world)
    #expect(moved.grid == World.otherVillage && moved.address == "新址" && moved.member == nil && moved.movingTo == nil)
    #expect(Self.count(World.village, world) == 3 && Self.count(World.otherVillage, world) == 1)
    #expect(Self.count(World.township, world) == 4)
    // Nobody's zone until the new village gives it a member.
    #expect(moved.gaps == [.noMember] && moved.unsupervisedIn == World.otherVillage)
    let entries = world.model.all(EnterpriseEntriesTable.self).filter { $0.enterpriseId == id }
    #expect(entries.sorted { $0.ordinal < $1.ordinal }.map(\.grid) == Array(repeating: World.cell, count: 5))
  }

  @Test func `a department goes along to where it is known, and stays behind where others are`() throws {
    let (world, id) = try Self.world([(.confirm, "vs"), (.setDirect, "em"), (.relocate, "vs")])
    let department = try Self.object(id, world).responsibleDepartment
    func moved(_ organizations: [PutOrganization]) throws -> Enterprise {
      var world = world
      for organization in organizations { try world.act(.organizationPut(organization), by: "admin") }
      try world.act(
        .enterpriseAcceptRelocation(DecideRelocation(id: id, grid: World.otherVillage)), by: "vs2")
      return try Self.object(id, world)
    }
    let there = PutOrganization(grid: World.otherVillage, name: "消防救援大队", kind: .department)
    let everywhere = PutOrganization(grid: World.county, name: department, kind: .department)
    for organizations in [[], [everywhere], [there, everywhere]] {
      let object = try moved(organizations)
      #expect(object.supervision == .direct && object.responsibleDepartment == department)
      #expect(object.gaps.isEmpty)
    }
    let left = try moved([there])
    #expect(left.supervision == .grid && left.directGround == nil && left.responsibleDepartment.isEmpty)
    #expect(left.gaps == [.noMember, .noDepartment] && left.unsupervisedIn == World.otherVillage)
    // Nor has it another one there than where it came from, though no list of the old place knew its department either.
    let here = PutOrganization(grid: World.village, name: "城管局", kind: .department)
    #expect(try moved([here, there]).responsibleDepartment == department)
  }

  @Test func `an offer that nobody takes in time lapses, and can be made again`() throws {
    var (world, id) = try Self.world([(.confirm, "vs"), (.relocate, "vs")])
    world.advance(days: 8)
    let accept = Command.enterpriseAcceptRelocation(DecideRelocation(id: id, grid: World.otherVillage))
    #expect(Self.refusal(of: accept, by: "vs2", world)?.hasPrefix("the term to accept it ended at") == true)
    try world.act(.enterpriseRelocate(RelocateEnterprise(id: id, to: World.otherVillage)), by: "vs")
    try world.act(accept, by: "vs2")
    #expect(try Self.object(id, world).grid == World.otherVillage)
  }

  @Test func `who is registered elsewhere is away from there, as long as it is`() throws {
    var world = try World()
    var row = Self.row()
    row.registered = GridCode("430105000000000")!
    let id = try Self.collect(row, &world).id
    #expect(try Self.object(id, world).awayFrom == row.registered)
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: id, registered: World.township)), by: "vs")
    #expect(try Self.object(id, world).awayFrom == nil)
    // The county in a credit code does for one that nobody has told.
    let code = "91421222MA40006370"
    let other = try Self.collect(Self.row("己厂", uscc: code), &world).id
    #expect(try Self.object(other, world).registered == World.county)
  }

  @Test func `an entry is verified by who looks at it, not by what else happens to the object`() throws {
    var world = try World()
    func verified() throws -> Date? { try Self.object(1, world).verifiedOn }
    let row = EnterpriseRow(
      name: "甲厂", type: .enterprise, grid: World.cell, riskLevel: .yellow, responsibleDepartment: "应急管理局",
      source: "test")
    #expect(try verified() == Date("2026-03-02"))
    world.advance(days: 1)
    try world.act(.enterpriseImport(ImportEnterprises(rows: [row])), by: "admin")
    let fine = RecordCredit(enterpriseId: 1, kind: .fine, occurredOn: Date("2026-03-02")!, basis: "文号")
    try world.act(.creditRecord(fine), by: "em")
    try world.act(.enterpriseAssign(AssignEnterprise(id: 1, member: "gm")), by: "vs")
    try world.act(.enterpriseSuspend(EnterpriseNote(id: 1, note: "停产")), by: "eo")
    try world.act(.enterpriseProposeUpdate(UpdateEnterprise(id: 1, address: "新址")), by: "gm")
    #expect(try verified() == Date("2026-03-02"))
    try world.act(.enterpriseConfirmUpdate(EnterpriseNote(id: 1)), by: "vs")
    #expect(try verified() == Date("2026-03-03"))
    world.advance(days: 1)
    // All is as it was, and somebody has looked.
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 1, note: "现场核实无变化")), by: "vs")
    #expect(try verified() == Date("2026-03-04"))
  }

  @Test func `an industry is a code of the standard, and finds its section`() throws {
    let letters = "ABCDEFGHIJKLMNOPQRST"
    // Where each section begins, as the standard's own list has it.
    let first = [1, 6, 13, 44, 47, 51, 53, 61, 63, 66, 70, 71, 73, 76, 80, 83, 84, 86, 91, 97, 98]
    for division in 0...99 {
      for (index, letter) in letters.enumerated() {
        let isOf = (first[index]..<first[index + 1]).contains(division)
        let code = "\(letter)\(division < 10 ? "0" : "")\(division)"
        #expect(IndustrySection(code: code) == (isOf ? IndustrySection.allKnown[index] : nil), "\(code)")
        #expect((IndustrySection(code: code + "71") != nil) == isOf, "\(code)71")
      }
    }
    for wrong in ["", "C", "C2", "c26", "26", "U01", "C26711", "C2x", "C+6"] {
      #expect(IndustrySection(code: wrong) == nil, "\(wrong)")
    }
    var (world, id) = try Self.world([(.confirm, "vs")])
    var bad = Self.row("戊厂")
    bad.industry = "B26"
    #expect(Self.refusal(of: .enterpriseImport(ImportEnterprises(rows: [bad])), by: "admin", world) == "RowRefused")
    for command in [
      Command.enterpriseUpdate(UpdateEnterprise(id: id, industry: "B26")),
      .enterpriseProposeUpdate(UpdateEnterprise(id: id, industry: "B26")),
    ] {
      #expect(
        Self.refusal(of: command, by: command.method == .enterpriseUpdate ? "vs" : "gm", world) == "InvalidArgument")
    }
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: id, industry: "C2671")), by: "vs")
    func found(_ sections: [IndustrySection]) throws -> [UInt64] {
      var search = EnterpriseSearch(SearchEnterprises(sections: sections), limit: 10)
      try search.run(in: world.model)
      return search.page.enterprises.map(\.id)
    }
    #expect(
      try found([.manufacturing]) == [id] && found([.mining]).isEmpty && found([.mining, .manufacturing]) == [id])
  }

  // MARK: Further places of operation

  @Test func `a further place of operation is supervised where it is, and its enterprise bears the credit`() throws {
    var world = try World()
    let code = "91421222MA40006370"
    func site(_ name: String, uscc: String? = nil, of bearer: String = code) -> EnterpriseRow {
      var row = Self.row(name, grid: World.otherCell, uscc: uscc)
      row.siteOf = bearer
      return row
    }
    func refusal(_ row: EnterpriseRow) -> String? {
      do throws(Refusal) { _ = try Self.collect(row, by: "gm2", &world) } catch {
        if case .rowRefused(let fault) = error { return fault.reason }
        return error.name
      }
      return nil
    }
    let main = try Self.collect(Self.row(uscc: code), &world).id
    #expect(refusal(site("二车间"))?.hasPrefix("no enterprise of the ledger has credit code") == true, "a candidate yet")
    try world.act(.enterpriseConfirm(EnterpriseNote(id: main)), by: "vs")
    #expect(refusal(site("二车间", uscc: code))?.contains("no credit code of its own") == true)
    #expect(refusal(site("二车间", of: "91421222MA4000637X"))?.hasPrefix("no enterprise") == true)
    let id = try Self.collect(site("二车间"), by: "gm2", &world).id
    let there = Person(id: "to2", name: "x", grants: [Grant(role: .townshipOfficer, grid: World.otherTownship)])
    try world.act(.personPut(PutPersons(persons: [there])), by: "admin")
    try world.act(.enterpriseConfirm(EnterpriseNote(id: id)), by: "to2")
    let object = try Self.object(id, world)
    #expect(object.grid == World.otherCell && object.uscc == nil && object.siteOf == USCC(code))
    #expect(object.registered == World.county, "as its enterprise is")
    #expect(try sites(of: USCC(code), in: world.model).map(\.id) == [id])

    // Its hazards are its place's; what follows from them stands in the enterprise's file, and goes with its ground.
    var report = World.report(grid: World.otherCell)
    report.enterpriseId = id
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(report), by: "gm2") else { return }
    #expect(receipt.holder == World.otherCell.parent)
    let fine = RecordCredit(enterpriseId: id, kind: .fine, occurredOn: world.time.localDate, basis: "罚")
    guard case .creditRecord(let record) = try world.act(.creditRecord(fine), by: "em") else { return }
    #expect(record.enterpriseId == main && record.ordinal == 1)
    #expect(try creditRecords(of: id, in: world.model).isEmpty && creditBearer(of: id, in: world.model).id == main)
    let listed = OpenDishonesty(
      enterpriseId: id, subject: .unit, ground: .noPermit, penalty: "罚", penaltyOn: world.time.localDate, reason: "无证")
    #expect(Self.refusal(of: .dishonestyOpen(listed), by: "em", world) == "InvalidArgument")

    // The enterprise is gone when its places are.
    let close = Command.enterpriseClose(EnterpriseNote(id: main, note: "注销"))
    #expect(Self.refusal(of: close, by: "eo", world) == "it operates in other places yet, close these first (1): \(id)")
    try world.act(.enterpriseClose(EnterpriseNote(id: id, note: "搬空")), by: "eo")
    try world.act(close, by: "eo")
  }

  @Test func `an enterprise has 200 further places of operation at most`() throws {
    var world = try World()
    let code = "91421222MA40006370"
    var rows = [Self.row(uscc: code)]
    try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
    rows = (1...201).map { number in
      var row = Self.row("门店\(number)")
      row.siteOf = code
      return row
    }
    #expect(Self.refusal(of: .enterpriseImport(ImportEnterprises(rows: rows)), by: "admin", world) == "RowRefused")
    let one = rows.removeLast()
    try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
    guard
      case .enterpriseImport(let again) = try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
    else { return }
    #expect(again.unchanged == 200, "the same rows once more change nothing")
    // A file that does not name the enterprise leaves the place with it; one that names another is refused.
    var (untold, other) = (rows[0], rows[0])
    (untold.siteOf, other.siteOf) = (nil, "91350211M0000XUF46")
    var another = Self.row("别厂", uscc: other.siteOf)
    another.acceptLegacy = true
    try world.act(.enterpriseImport(ImportEnterprises(rows: [another, untold])), by: "admin")
    #expect(try sites(of: USCC(code), in: world.model).count == 200)
    #expect(Self.refusal(of: .enterpriseImport(ImportEnterprises(rows: [other])), by: "admin", world) == "RowRefused")
    #expect(Self.refusal(of: .enterpriseImport(ImportEnterprises(rows: [one])), by: "admin", world) == "RowRefused")
  }

  @Test func `an import writes the history of what it enters and changes`() throws {
    var world = try World()
    func bring(_ name: String, phone: String? = nil) throws(Refusal) -> ImportReceipt? {
      var row = Self.row(name, uscc: "91421222MA40006370")
      row.phone = phone
      guard
        case .enterpriseImport(let receipt) = try world.act(
          .enterpriseImport(ImportEnterprises(rows: [row])), by: "admin")
      else { return nil }
      return receipt
    }
    #expect(try bring("丁厂")?.created == 1)
    #expect(try bring("丁厂")?.unchanged == 1)
    #expect(try bring("丁厂二")?.updated == 1)
    let id = try #require(try world.model.record(EnterprisesByUsccIndex.self, .init(uscc: USCC("91421222MA40006370")!)))
      .id
    let object = try Self.object(id, world)
    #expect(object.entryCount == 2)
    for ordinal in UInt32(1)...2 {
      let entry = try #require(
        try world.model.record(EnterpriseEntriesTable.self, .init(enterpriseId: id, ordinal: ordinal)))
      #expect(entry.event == .import && entry.actor == World.gateway.name && entry.grid == World.cell)
      #expect(entry.from == (ordinal == 1 ? nil : .active) && entry.to == .active)
    }
    // Whom to call is no part of the object.
    #expect(try bring("丁厂二", phone: "13812345678")?.updated == 1)
    #expect(try bring("丁厂二", phone: "13812345678")?.unchanged == 1)
    #expect(try bring("丁厂二")?.unchanged == 1, "what a file does not say stays")
    #expect(try world.model.record(EnterpriseContactsTable.self, .init(enterpriseId: id))?.phone == "13812345678")
    #expect(try Self.object(id, world) == object)
  }

  @Test func `whom to call about an object is said by its place or itself, piece by piece`() throws {
    var world = try World()
    let first = PutEnterpriseContact(id: 1, expectedVersion: 0, legalRepresentative: "李建国", phone: "13812345678")
    #expect(Self.refusal(of: .enterprisePutContact(first), by: "vs2", world) == "PermissionDenied")
    #expect(
      Self.refusal(of: .enterprisePutContact(first), by: "en2", world) == "an enterprise can act for itself only")
    try world.act(.enterprisePutContact(first), by: "en")
    #expect(Self.refusal(of: .enterprisePutContact(first), by: "vs", world) == "VersionConflict")
    try world.act(.enterprisePutContact(PutEnterpriseContact(id: 1, safetyOfficer: "陈芳")), by: "vs")
    let contact = try #require(try world.model.record(EnterpriseContactsTable.self, .init(enterpriseId: 1)))
    #expect(contact.legalRepresentative == "李建国" && contact.safetyOfficer == "陈芳" && contact.phone == "13812345678")
    #expect(contact.version == 2 && contact.updatedBy == "vs")
    try world.act(.enterpriseClose(EnterpriseNote(id: 1, note: "注销")), by: "eo")
    let late = Command.enterprisePutContact(PutEnterpriseContact(id: 1, phone: "1"))
    #expect(Self.refusal(of: late, by: "vs", world) == "EnterpriseTransitionInvalid")
  }

  @Test func `nothing is reported about what is over, and a candidate's cases go where it goes`() throws {
    var world = try World()
    let candidate = try Self.collect(Self.row(), &world).id
    func report(_ id: UInt64) throws(Refusal) -> HazardNumber {
      let request = World.report(enterprise: id)
      guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(request), by: "gm") else {
        preconditionFailure("no receipt")
      }
      return receipt.number
    }
    func reason(_ id: UInt64) -> String? {
      do throws(Refusal) { _ = try report(id) } catch {
        if case .invalidArgument(let fault) = error { return fault.reason }
        return error.name
      }
      return nil
    }
    let open = try report(candidate)
    try world.act(.enterpriseMerge(MergeEnterprise(id: candidate, into: 2)), by: "to")
    #expect(try world.hazard(open).enterpriseId == 2 && world.hazard(open).dueAt != nil)
    #expect(reason(candidate) == "enterprise \(candidate) is enterprise 2")
    try world.act(.enterpriseClose(EnterpriseNote(id: 3, note: "注销")), by: "eo")
    #expect(reason(3) == "enterprise 3 is no object of supervision: Closed")
    #expect(reason(2) == nil)
  }

  @Test func `what was closed and operates again is the same object`() throws {
    let code = "91421222MA40006370"
    var world = try World()
    let id = try Self.collect(Self.row(uscc: code), &world).id
    try world.act(.enterpriseConfirm(EnterpriseNote(id: id)), by: "vs")
    var known = Self.row("改名厂", uscc: code)
    #expect(throws: Refusal.self) { _ = try Self.collect(known, &world) }
    try world.act(.enterpriseClose(EnterpriseNote(id: id, note: "注销")), by: "eo")
    // An import leaves it closed, and says so beforehand.
    let rows = ImportEnterprises(rows: [Self.row("新厂"), known])
    let faults = try importFaults(rows, on: world.time.localDate, in: world.model)
    #expect(faults.map(\.row) == [1] && faults[0].reason.contains("is closed"), "\(faults)")
    #expect(Self.refusal(of: .enterpriseImport(rows), by: "admin", world) != nil)
    #expect(
      try importFaults(ImportEnterprises(rows: [Self.row(uscc: code)]), on: world.time.localDate, in: world.model)
        .isEmpty, "a nightly file that says nothing new is no fault")
    known.grid = World.otherCell
    let again = try Self.collect(known, by: "gm2", &world)
    let object = try Self.object(id, world)
    #expect(again.id == id && object.state == .candidate && object.name == "改名厂" && object.grid == World.otherCell)
    #expect(object.entryCount == 4 && object.member == nil)
  }

  @Test func `an object's file is put as a whole, by its place or itself, and says what it lacks`() throws {
    var world = try World()
    let insurance = SafetyInsurance(insurer: "人保财险", policy: "P1", from: Date("2026-01-01")!, to: Date("2026-12-31")!)
    let first = PutEnterpriseDossier(
      id: 2, expectedVersion: 0, registeredAddress: "隽水大道1号", size: .micro, insurance: insurance,
      obsolete: [ObsoleteProcess(name: "导爆管生产线", until: Date("2026-06-30"))], facilities: "消火栓2个")
    #expect(Self.refusal(of: .enterprisePutDossier(first), by: "vs2", world) == "PermissionDenied")
    #expect(Self.refusal(of: .enterprisePutDossier(first), by: "gm", world) == "PermissionDenied")
    #expect(Self.refusal(of: .enterprisePutDossier(first), by: "en", world) == "an enterprise can act for itself only")
    func put(_ request: PutEnterpriseDossier, by person: String) throws -> PutEnterpriseDossierReceipt? {
      guard case .enterprisePutDossier(let receipt) = try world.act(.enterprisePutDossier(request), by: person)
      else { return nil }
      return receipt
    }
    #expect(try put(first, by: "en2") == PutEnterpriseDossierReceipt(id: 2, version: 1, missing: []))
    #expect(Self.refusal(of: .enterprisePutDossier(first), by: "vs", world) == "VersionConflict")
    let known = try #require(try dossier(of: Self.object(2, world), in: world.model).dossier)
    #expect(known.insurance == insurance && known.obsolete == first.obsolete && known.size == .micro)
    #expect(
      known.registeredAddress == first.registeredAddress && known.updatedBy == "en2" && known.updatedAt == world.time)
    // Dangerous, and a key unit: the profile wants two things of it.
    try world.act(
      .enterpriseUpdate(UpdateEnterprise(id: 2, flags: EnterpriseFlags(flags: [.keyUnit, .mine]))), by: "cd")
    #expect(try dossier(of: Self.object(2, world), in: world.model).missing == [.disposalPlan])
    #expect(try dossier(of: Self.object(1, world), in: world.model) == EnterpriseDossierView())
    let second = PutEnterpriseDossier(id: 2, expectedVersion: 1, disposalPlan: "疏散、断电")
    #expect(try put(second, by: "vs") == PutEnterpriseDossierReceipt(id: 2, version: 2, missing: [.facilities]))
    #expect(try dossier(of: Self.object(2, world), in: world.model).dossier?.insurance == nil, "what is left out goes")
    let backwards = PutEnterpriseDossier(
      id: 2, insurance: SafetyInsurance(insurer: "人保财险", from: Date("2026-01-01")!, to: Date("2025-12-31")!))
    #expect(Self.refusal(of: .enterprisePutDossier(backwards), by: "vs", world) == "InvalidArgument")
    try world.act(.enterpriseClose(EnterpriseNote(id: 2, note: "注销")), by: "eo")
    #expect(
      Self.refusal(of: .enterprisePutDossier(PutEnterpriseDossier(id: 2)), by: "vs", world)
        == "EnterpriseTransitionInvalid")
    #expect(
      Self.refusal(of: .enterprisePutDossier(PutEnterpriseDossier(id: 99)), by: "vs", world) == "NotFound")
  }

  @Test func `each thing that a file may have to hold is looked for`() throws {
    var profile = World.profile
    profile.ledger?.keyUnitDossier = DossierField.allKnown
    var world = try World(profile: profile)
    let flags = EnterpriseFlags(flags: [.keyUnit, .fireworks])
    try world.act(.enterpriseUpdate(UpdateEnterprise(id: 2, flags: flags)), by: "cd")
    let insurance = SafetyInsurance(insurer: "人保财险", from: Date("2026-01-01")!, to: Date("2026-12-31")!)
    for (field, request) in [
      (DossierField.registeredAddress, PutEnterpriseDossier(id: 2, registeredAddress: "x")),
      (.size, PutEnterpriseDossier(id: 2, size: .large)),
      (.insurance, PutEnterpriseDossier(id: 2, insurance: insurance)),
      (.geography, PutEnterpriseDossier(id: 2, geography: "x")),
      (.facilities, PutEnterpriseDossier(id: 2, facilities: "x")),
      (.storedGoods, PutEnterpriseDossier(id: 2, storedGoods: "x")),
      (.rescueForces, PutEnterpriseDossier(id: 2, rescueForces: "x")),
      (.disposalPlan, PutEnterpriseDossier(id: 2, disposalPlan: "x")),
    ] {
      try world.act(.enterprisePutDossier(request), by: "vs")
      let missing = try dossier(of: Self.object(2, world), in: world.model).missing
      #expect(missing == DossierField.allKnown.filter { $0 != field })
    }
  }

  @Test func `a candidate has what the profile asks for before it is in the ledger`() throws {
    var profile = World.profile
    profile.ledger?.required = LedgerField.allKnown
    #expect(profileFaults(profile).isEmpty)
    var world = try World(profile: profile)
    let id = try Self.collect(Self.row(), &world).id
    let confirm = Command.enterpriseConfirm(EnterpriseNote(id: id))
    let names = LedgerField.allKnown.map(\.name)
    func asked(_ names: [String]) -> String {
      "the profile's ledger.required asks for \(names.joined(separator: ", "))"
    }
    #expect(Self.refusal(of: confirm, by: "vs", world) == asked(names))
    try world.act(
      .enterpriseUpdate(
        UpdateEnterprise(
          id: id, address: "一路1号", point: Point(longitude: 113.81, latitude: 29.24), industry: "C2671", employees: 3,
          output: Fen(100), keyPeriod: KeyPeriod(from: Date("2026-06-01")!, to: Date("2026-09-30")!))), by: "vs")
    #expect(
      Self.refusal(of: confirm, by: "vs", world) == asked(["uscc", "legal_representative", "safety_officer", "phone"]))
    try world.act(
      .enterprisePutContact(
        PutEnterpriseContact(id: id, legalRepresentative: "李建国", safetyOfficer: "陈芳", phone: "138")), by: "gm")
    #expect(Self.refusal(of: confirm, by: "vs", world) == asked(["uscc"]))
    #expect(try Self.object(id, world).keyPeriod?.to == Date("2026-09-30")!)
    let wrong = UpdateEnterprise(
      id: id, keyPeriod: KeyPeriod(from: Date("2026-06-01")!, to: Date("2026-05-30")!))
    #expect(Self.refusal(of: .enterpriseUpdate(wrong), by: "vs", world) == "InvalidArgument")
  }

  @Test func `an offer is seen where it goes, and ends by the clock when nobody takes it`() throws {
    var world = try World()
    let there = { (world: World) throws(Refusal) in
      try resolveCaller(World.gateway, actingFor: "vs2", at: world.time, in: world.model).maySee(Self.object(1, world))
    }
    #expect(try !there(world))
    try world.act(.enterpriseRelocate(RelocateEnterprise(id: 1, to: World.otherVillage)), by: "vs")
    #expect(try there(world))
    func offers() throws(Refusal) -> [UInt64] {
      try world.model.entries(
        EnterprisesOfferedIndex.self, in: KeyRange(prefix: EnterprisesOfferedIndex.prefix(World.otherVillage)),
        descending: false, limit: 10
      ).map(\.key.id)
    }
    #expect(try offers() == [1])
    let end = try #require(try Self.object(1, world).acceptBy)
    world.time = end.adding(milliseconds: -1)
    try world.expire()
    #expect(try offers() == [1])
    world.time = end
    try world.expire()
    let object = try Self.object(1, world)
    #expect(try offers().isEmpty && object.movingTo == nil && object.acceptBy == nil && object.grid == World.cell)
    let entry = try world.model.record(
      EnterpriseEntriesTable.self, .init(enterpriseId: 1, ordinal: object.entryCount))
    #expect(entry?.event == .lapse)
    #expect(try !there(world))
    let late = Command.enterpriseAcceptRelocation(DecideRelocation(id: 1, grid: World.otherVillage))
    #expect(Self.refusal(of: late, by: "vs2", world) == "it was not offered to this place")
  }

  @Test func `who is nobody's today stands on the daily list, also when a grant ends or a cell has no member`() throws {
    var world = try World()
    func daily(_ grid: GridCode = World.county) throws -> [String] {
      let caller = try resolveCaller(World.gateway, actingFor: "co", at: world.time, in: world.model)
      var walk = UnsupervisedWalk(
        ListEnterprises(grid: grid), for: caller, limit: 100, on: world.time.localDate)
      try walk.run(in: world.model)
      return walk.page.enterprises.map { "\($0.id) \($0.gaps.map(\.name).joined(separator: " "))" }
    }
    #expect(try daily().isEmpty)
    // gm is the cell's only member; their grant ends.
    let last = world.time.localDate
    func member(to date: Date?) -> Command {
      .personPut(
        PutPersons(persons: [
          Person(id: "gm", name: "x", grants: [Grant(role: .gridMember, grid: World.cell, to: date)])
        ]))
    }
    try world.act(member(to: last), by: "admin")
    #expect(try daily().isEmpty)
    world.advance(days: 1)
    #expect(try daily() == ["1 member_gone", "2 member_gone", "3 member_gone"])
    // Whose own member still serves is somebody's; so is what a department supervises.
    let other = Person(id: "gm9", name: "x", grants: [Grant(role: .gridMember, grid: World.village)])
    try world.act(
      .enterpriseSetDirect(SetDirect(id: 3, ground: .highRisk, department: "应急管理局", note: "x")), by: "em")
    #expect(try daily() == ["1 member_gone", "2 member_gone"])
    try world.act(.personPut(PutPersons(persons: [other])), by: "admin")
    #expect(try daily().isEmpty, "who serves the village serves its cells")
    #expect(try daily(World.otherVillage).isEmpty)
  }

  @Test func `an import moves an object without its member and its offer, and leaves a closed one as it was`() throws {
    var world = try World()
    let code = "91421222MA40006370"
    func bring(_ grid: GridCode, _ name: String = "丁厂") -> Command {
      .enterpriseImport(ImportEnterprises(rows: [Self.row(name, grid: grid, uscc: code)]))
    }
    try world.act(bring(World.cell), by: "admin")
    let id = try #require(try world.model.record(EnterprisesByUsccIndex.self, .init(uscc: USCC(code)!))).id
    try world.act(.enterpriseAssign(AssignEnterprise(id: id, member: "gm")), by: "vs")
    try world.act(.enterpriseRelocate(RelocateEnterprise(id: id, to: World.otherVillage)), by: "vs")
    // The same place keeps both.
    try world.act(bring(World.cell, "新名"), by: "admin")
    #expect(try Self.object(id, world).member == "gm" && Self.object(id, world).movingTo == World.otherVillage)
    try world.act(bring(World.otherCell), by: "admin")
    let moved = try Self.object(id, world)
    #expect(moved.grid == World.otherCell && moved.member == nil && moved.movingTo == nil && moved.acceptBy == nil)
    try world.act(.enterpriseClose(EnterpriseNote(id: id, note: "注销")), by: "eo")
    let closed = try Self.object(id, world)
    #expect(Self.refusal(of: bring(World.cell), by: "admin", world) == "RowRefused")
    // The row that it was made from changes nothing, so that a file with it goes in again.
    try world.act(bring(World.otherCell), by: "admin")
    #expect(try Self.object(id, world) == closed)
  }

  @Test func `a code that was missing or wrong is put right, and places and cases of the list follow`() throws {
    var world = try World()
    let (code, wrong) = ("91421222MA40006370", "91350211M0000XUF46")
    let id = try Self.collect(Self.row(), &world).id
    let other = try Self.collect(Self.row("戊厂", uscc: "914403001922038216"), &world).id
    for object in [id, other] { try world.act(.enterpriseConfirm(EnterpriseNote(id: object)), by: "vs") }
    let opened = OpenDishonesty(
      enterpriseId: id, subject: .unit, ground: .noPermit, penalty: "罚", penaltyOn: world.time.localDate, reason: "无证")
    try world.act(.dishonestyOpen(opened), by: "em")

    func update(_ uscc: String, accepting: Bool = false, of id: UInt64 = id) -> Command {
      .enterpriseUpdate(UpdateEnterprise(id: id, uscc: uscc, type: .individualBusiness, acceptLegacy: accepting))
    }
    #expect(Self.refusal(of: update("914403001922038216"), by: "vs", world) == "AlreadyKnown")
    #expect(Self.refusal(of: update("9144030019220382160"), by: "vs", world) == "InvalidArgument")
    #expect(Self.refusal(of: update(wrong), by: "vs", world) == "InvalidArgument")
    try world.act(update(wrong, accepting: true), by: "vs")
    #expect(try Self.object(id, world).usccStatus == .legacyUnverified)
    var site = Self.row("二车间", grid: World.otherCell)
    site.siteOf = wrong
    try world.act(.enterpriseImport(ImportEnterprises(rows: [site])), by: "admin")

    try world.act(update(code), by: "vs")
    let object = try Self.object(id, world)
    #expect(object.uscc == USCC(code) && object.usccStatus == .verified && object.type == .individualBusiness)
    #expect(object.registered?.depth == 1, "the county in the first code that it had")
    let place = try #require(try sites(of: USCC(code), in: world.model).first)
    #expect(try place.siteOf == USCC(code) && sites(of: USCC(wrong), in: world.model).isEmpty)
    let coded = update("91440300192181490G", of: place.id)
    #expect(Self.refusal(of: coded, by: "cd", world) == "InvalidArgument", "a place has none of its own")
    // Cases that began without a code bear the one that came first.
    #expect(try world.dishonesty(1)?.uscc == USCC(wrong))

    // What a grid member proposes is looked at once more when it is confirmed.
    let third = try Self.collect(Self.row("己厂"), &world).id
    let free = "9144030071526726XG"
    try world.act(.enterpriseProposeUpdate(UpdateEnterprise(id: third, uscc: free)), by: "gm")
    try world.act(update(free, of: other), by: "vs")
    #expect(Self.refusal(of: .enterpriseConfirmUpdate(EnterpriseNote(id: third)), by: "vs", world) == "AlreadyKnown")
  }

  @Test func `lists with codes and without mean the same object, where its name leaves no doubt`() throws {
    var world = try World()
    let (code, otherCode) = ("91421222MA40006370", "914403001922038216")
    func bring(_ rows: EnterpriseRow...) throws(Refusal) -> [UInt32] {
      let outcome = try world.act(.enterpriseImport(ImportEnterprises(rows: rows)), by: "admin")
      guard case .enterpriseImport(let receipt) = outcome else { return [] }
      return [receipt.created, receipt.updated, receipt.unchanged]
    }
    func count() throws -> Int { world.model.all(EnterprisesTable.self).count }
    let before = try count()
    #expect(try bring(Self.row()) == [1, 0, 0])
    #expect(try bring(Self.row(uscc: code)) == [0, 1, 0])
    #expect(try bring(Self.row()) == [0, 0, 1], "its code stays")
    #expect(try bring(Self.row(uscc: code)) == [0, 0, 1])
    #expect(try count() == before + 1)
    // Two of one name and place: a list without codes means neither, and so a third.
    #expect(try bring(Self.row(uscc: otherCode)) == [1, 0, 0])
    #expect(try bring(Self.row()) == [1, 0, 0])
    #expect(try bring(Self.row()) == [0, 0, 1])
    // In one file the two are one.
    let rows = [Self.row("己厂"), Self.row("己厂", uscc: "9144030071526726XG")]
    for rows in [rows, rows.reversed()] {
      #expect(
        Self.refusal(of: .enterpriseImport(ImportEnterprises(rows: rows)), by: "admin", world) == "RowRefused")
      #expect(
        try importFaults(ImportEnterprises(rows: rows), on: world.time.localDate, in: world.model).map(\.row) == [1])
    }
    // A further place may bear the name of its enterprise, beside it.
    var place = Self.row("庚厂")
    place.siteOf = "91440300192181490G"
    #expect(try bring(Self.row("庚厂", uscc: "91440300192181490G"), place) == [2, 0, 0])
    // One without a code is one of two with codes, not both.
    #expect(try bring(Self.row("壬厂")) == [1, 0, 0])
    let pair = [Self.row("壬厂", uscc: "91421222MA4000645T"), Self.row("壬厂", uscc: "91421222MA4000653M")]
    #expect(try bring(pair[0], pair[1]) == [1, 1, 0])
    #expect(try bring(pair[0], pair[1]) == [0, 0, 2])
    // What was closed is not the enterprise whose code comes now.
    let closed = try Self.collect(Self.row("辛厂"), &world).id
    try world.act(.enterpriseConfirm(EnterpriseNote(id: closed)), by: "vs")
    try world.act(.enterpriseClose(EnterpriseNote(id: closed, note: "注销")), by: "eo")
    #expect(try bring(Self.row("辛厂", uscc: "9144030071526726XG")) == [1, 0, 0])
  }

  @Test func `an import says who supervises, as far as they can`() throws {
    var world = try World()
    let village = World.otherVillage
    func row(_ change: (inout EnterpriseRow) -> Void = { _ in }) -> EnterpriseRow {
      var row = Self.row(grid: village)
      change(&row)
      return row
    }
    func bring(_ row: EnterpriseRow) throws(Refusal) -> Enterprise {
      try world.act(.enterpriseImport(ImportEnterprises(rows: [row])), by: "admin")
      return world.model.all(EnterprisesTable.self).max { $0.id < $1.id }!
    }
    func isRefused(_ row: EnterpriseRow) throws -> Bool {
      let request = ImportEnterprises(rows: [row])
      let faults = try importFaults(request, on: world.time.localDate, in: world.model)
      let refusal = Self.refusal(of: .enterpriseImport(request), by: "admin", world)
      #expect(faults.isEmpty == (refusal == nil), "\(faults)")
      return refusal == "RowRefused"
    }
    let member = Person(id: "gm3", name: "x", grants: [Grant(role: .gridMember, grid: village)])
    try world.act(.personPut(PutPersons(persons: [member])), by: "admin")
    #expect(try isRefused(row { $0.member = "gm" }), "of another village")
    #expect(try isRefused(row { $0.member = "who" }))
    #expect(try isRefused(row { $0.supervision = .direct }), "on no ground")
    #expect(try isRefused(row { ($0.supervision, $0.directGround, $0.member) = (.direct, .highRisk, "gm3") }))
    #expect(try isRefused(row { $0.directGround = .highRisk }))
    let first = try bring(row { $0.member = "gm3" })
    #expect(first.member == "gm3" && first.gaps.isEmpty && first.supervision == .grid)
    #expect(try bring(row()) == first, "what a file does not say stays")
    let direct = try bring(row { ($0.supervision, $0.directGround) = (.direct, .highRisk) })
    #expect(direct.id == first.id && direct.supervision == .direct && direct.member == nil && direct.gaps.isEmpty)
    #expect(try bring(row()) == direct)
    #expect(try isRefused(row { $0.responsibleDepartment = "" }), "who supervises it then?")
    let back = try bring(row { ($0.supervision, $0.member) = (.grid, "gm3") })
    #expect(back.supervision == .grid && back.directGround == nil && back.member == "gm3")
    // Who has left since stays in a file that goes in again.
    let left = Person(id: "gm3", name: "x", grants: [])
    try world.act(.personPut(PutPersons(persons: [left])), by: "admin")
    #expect(try bring(row { ($0.supervision, $0.member) = (.grid, "gm3") }) == back)
    let passed = try bring(row { ($0.member, $0.responsibleDepartment) = ("gm3", "消防救援大队") })
    #expect(passed.member == "gm3" && passed.responsibleDepartment == "消防救援大队")
    // In the field nobody says it.
    let found = CollectEnterprise(grid: village, object: row { ($0.name, $0.member) = ("己厂", "gm3") })
    #expect(Self.refusal(of: .enterpriseCollect(found), by: "vs2", world) != nil)
  }

  // MARK: Direct supervision, stops and ends

  @Test func `what the grid member finds is written down when the village has confirmed it`() throws {
    var (world, id) = try Self.world([(.confirm, "vs")])
    let update = UpdateEnterprise(id: id, name: "新厂", riskLevel: .orange, note: "改名")
    try world.act(.enterpriseProposeUpdate(update), by: "gm")
    var object = try Self.object(id, world)
    #expect(object.name == "丁厂" && object.proposedUpdate?.proposedBy == "gm" && object.updateWaitsIn == World.cell)
    let confirm = Command.enterpriseConfirmUpdate(EnterpriseNote(id: id))
    #expect(Self.refusal(of: confirm, by: "gm", world) == "PermissionDenied")
    try world.act(confirm, by: "vs")
    object = try Self.object(id, world)
    #expect(object.name == "新厂" && object.riskLevel == .orange && object.proposedUpdate == nil)
    #expect(object.updateWaitsIn == nil && object.address == "")
    let history = world.model.all(EnterpriseEntriesTable.self).filter { $0.enterpriseId == id }
    #expect(
      history.sorted { $0.ordinal < $1.ordinal }.map(\.event) == [.collect, .confirm, .proposeUpdate, .confirmUpdate])
    // Refused, it stays as it was; gone, nothing waits.
    try world.act(.enterpriseProposeUpdate(UpdateEnterprise(id: id, name: "别厂")), by: "gm")
    try world.act(.enterpriseRefuseUpdate(EnterpriseNote(id: id, note: "不属实")), by: "vs")
    try world.act(.enterpriseProposeUpdate(UpdateEnterprise(id: id, name: "别厂")), by: "gm")
    try world.act(.enterpriseClose(EnterpriseNote(id: id, note: "注销")), by: "eo")
    object = try Self.object(id, world)
    #expect(object.name == "新厂" && object.proposedUpdate == nil && object.updateWaitsIn == nil)
  }

  @Test func `an enterprise proposes updates of itself alone, and nobody confirms their own`() throws {
    var world = try World()
    let own = Command.enterpriseProposeUpdate(UpdateEnterprise(id: 1, employees: 12))
    #expect(Self.refusal(of: own, by: "en", world) == nil)
    #expect(Self.refusal(of: own, by: "en2", world) == "an enterprise can act for itself only")
    var both = try #require(World.people.first { $0.id == "gm" })
    both.grants.append(Grant(role: .villageOfficer, grid: World.village))
    try world.act(.personPut(PutPersons(persons: [both])), by: "admin")
    try world.act(own, by: "gm")
    #expect(
      Self.refusal(of: .enterpriseConfirmUpdate(EnterpriseNote(id: 1)), by: "gm", world)
        == "gm has proposed it; somebody else confirms it")
  }

  @Test func `reports about what a department supervises go straight to it`() throws {
    var world = try World()
    try world.act(
      .enterpriseSetDirect(SetDirect(id: 1, ground: .largeScale, department: "应急管理局", note: "规模大")), by: "cd")
    for report in [
      Command.hazardSubmit(World.report()), .hazardDirectReport(World.report(severity: .major)),
      .hazardResolveOnSpot(World.report()),
    ] {
      try world.act(report, by: "gm")
    }
    let hazards = world.model.all(HazardsTable.self)
    #expect(hazards.count == 3)
    #expect(hazards.allSatisfy { $0.holder == World.county && $0.department == "应急管理局" })
    let number = try #require(hazards.first { $0.state == .reported && $0.severity == .general }).number
    #expect(
      Self.refusal(of: .hazardFile(FileHazard(number: number)), by: "vs", world) == "NotAllowedHere")
    try world.act(.hazardFile(FileHazard(number: number)), by: "cd")
    // Given back to the grid, it is the grid's again.
    try world.act(.enterpriseUnsetDirect(UnsetDirect(id: 1, member: "gm")), by: "cd")
    guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report()), by: "gm") else { return }
    #expect(receipt.holder == World.village)
  }

  @Test func `direct supervision takes an object from its member and gives it back to one`() throws {
    var (world, id) = try Self.world([(.confirm, "vs"), (.assign, "vs"), (.setDirect, "cd")])
    let direct = try Self.object(id, world)
    #expect(direct.supervision == .direct && direct.member == nil && direct.directGround == .highRisk)
    let assign = Command.enterpriseAssign(AssignEnterprise(id: id, member: "gm"))
    #expect(Self.refusal(of: assign, by: "vs", world) == "a department supervises it: it has no grid member")
    try world.act(.enterpriseUnsetDirect(UnsetDirect(id: id, member: "gm")), by: "em")
    let back = try Self.object(id, world)
    #expect(back.supervision == .grid && back.member == "gm" && back.directGround == nil)
  }

  @Test func `production goes on when no major hazard is open, and ends with the cases that are being rectified`()
    throws
  {
    var world = try World()
    func submit(_ severity: HazardSeverity) throws(Refusal) -> HazardNumber {
      guard case .hazardSubmit(let receipt) = try world.act(.hazardSubmit(World.report(severity: severity)), by: "gm")
      else { preconditionFailure("no receipt") }
      return receipt.number
    }
    let major = try submit(.major)
    let general = try submit(.general)
    let untouched = try submit(.general)
    try world.act(.hazardFile(FileHazard(number: general)), by: "vs")
    try world.act(.hazardDispatch(DispatchHazard(number: general, assignee: "en")), by: "vs")
    try world.act(.hazardClaim(HazardNote(number: general)), by: "en")
    // An enterprise stops itself, and no other one.
    let stop = Command.enterpriseSuspend(EnterpriseNote(id: 1, note: "检修"))
    #expect(Self.refusal(of: stop, by: "en2", world) == "an enterprise can act for itself only")
    try world.act(stop, by: "en")
    let resume = Command.enterpriseResume(EnterpriseNote(id: 1))
    #expect(Self.refusal(of: resume, by: "eo", world) == "a major hazard of it is open; it is reviewed first")
    try world.act(.hazardDecline(HazardNote(number: major, note: "误报")), by: "vs")
    try world.act(resume, by: "eo")
    try world.act(.enterpriseClose(EnterpriseNote(id: 1, note: "注销登记")), by: "eo")
    #expect(try world.hazard(general).state == .terminated && world.hazard(untouched).state == .reported)
    #expect(try Self.object(1, world).state == .closed)
  }
}
