import API
import Client
import Example
import RPC
import Records
import Scalars

extension Stories {
  /// A walk through a cell by its checklist; what it finds opens a case in the same command.
  func patrol() async throws {
    let (cell, patrols) = (cast.enterprises[0].grid, PatrolClient(connection))
    let member = cast.member(of: cast.enterprises[0])
    _ = try await GridClient(connection).putFile(PutGridFile(code: cell, kind: .urbanCommunity))
    guard let list = try await patrols.checklists(ShowChecklists(grid: cell), by(member)).checklists.first else {
      throw InputFault("the example's cells have no checklist")
    }
    say("The checklist 检查表 of cell \(cell): \(list.name), \(list.items.count) items, edition \(list.edition)")
    var findings = list.items.map { PatrolFinding(item: $0.code, result: .ok, note: "已查看") }
    try await refused("\(member) leaves one of them out") {
      let some = RecordUnplanned(grid: cell, checklist: list.name, findings: Array(findings.dropLast()))
      _ = try await patrols.recordUnplanned(some, by(member))
    }
    findings[4].result = .problem
    findings[4].problem = PatrolProblem(
      severity: .general, urgency: .normal, description: "楼道堆放杂物，消防通道不畅", photos: [photo(11)])
    let walk = RecordUnplanned(grid: cell, checklist: list.name, findings: findings, households: 12)
    let done = try await patrols.recordUnplanned(walk, by(member))
    guard let number = done.hazards.first else { throw InputFault("the patrol's problem has opened no case") }
    say("With every item answered, and a problem at the fifth, \(list.items[4].text): case \(number) is opened")
    let counted = try await patrols.items(CountPatrolItems(grid: cast.county.county, checklist: list.name))
    let fifth = counted.items[4]
    say(
      "The county counts the results item by item: at the fifth \(fifth.problem) problem, at the first \(counted.items[0].ok) in order"
    )
  }

  /// An illegal act is handled by who has the power over it, of their own or lent by a letter.
  func powers() async throws {
    let (county, enterprise) = (cast.county.county, cast.enterprises[0])
    let names = cast.county.townships.filter { $0.code == cast.township }.map(\.name)
    let (bureau, town) = ("县应急管理局", "\(names.joined())人民政府")
    func item(_ delegation: Delegation?) -> PowerItem {
      PowerItem(
        code: "XF-1", kind: .power, name: "消防违法行为处理", classes: ["消防"], basis: "消防法第六十条", delegation: delegation)
    }
    let today = try await CreditClient(connection).show(ShowCredit(enterpriseId: enterprise.id)).asOf
    func publish(_ grid: GridCode, _ office: String, _ delegation: Delegation? = nil) async throws {
      _ = try await GridClient(connection).publishPowers(
        PublishPowers(grid: grid, office: office, from: today, document: "通政办发〔2026〕2号", items: [item(delegation)]))
    }
    try await publish(county, bureau)
    say("The county publishes its list of powers 权责清单: fire offences are the bureau's, \(bureau)")
    var seen = report("电焊作业无人监护，违章动火", "消防", at: enterprise, photo: 12)
    seen.illegalAct = ReportedAct(by: .unit, act: "违章作业")
    let reported = try await hazards.submit(seen, by(cast.member(of: enterprise)))
    let note = HazardNote(number: reported.number, note: "本级无执法权")
    try await refused("\(reported.number) is an illegal act 违法行为, and the village wants to file it") {
      _ = try await hazards.file(FileHazard(number: reported.number), by(cast.villageOfficer))
    }
    _ = try await hazards.forwardUp(note, by(cast.villageOfficer))
    try await publish(
      cast.township, town,
      Delegation(grid: county, office: bureau, document: "通应急委〔2026〕1号", from: today, to: Date("2026-12-31")!))
    say("The bureau lends this power to the township by a letter 委托书; the case has gone up to it:")
    _ = try await hazards.file(FileHazard(number: reported.number), by(cast.townshipOfficer))
    let trace = try await hazards.trace(TraceHazard(number: reported.number))
    guard let power = trace.illegalAct?.power else {
      throw InputFault("the case does not say by which power it was filed")
    }
    say("  filed by \(cast.townshipOfficer), and the case says by which power: \(power.text)")
  }
}
