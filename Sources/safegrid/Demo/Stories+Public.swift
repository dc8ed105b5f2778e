import API
import Client
import Example
import RPC
import Records
import Scalars

extension Stories {
  /// From a call to 12350 to its case, which turns out to be of another district.
  func publicReport() async throws {
    let reports = ReportClient(connection)
    let (desk, bureau) = (by(ExampleCounty.publicDesk), by(ExampleCounty.emergencyOfficer))
    let (enterprise, code) = (cast.enterprises[1], ReporterCode.make())
    let received = try await reports.receive(
      ReceiveReport(
        kind: .hazard, channel: .phone, grid: enterprise.grid, enterpriseId: enterprise.id, subject: enterprise.name,
        description: "夜间在门店后仓存放烟花爆竹", reporter: Reporter(name: "李某", phone: "13800000000"), codeHash: code.hash),
      desk)
    say(
      "Report \(received.id) about \(enterprise.name), to be accepted by \(received.dueAt?.localDescription ?? ""). Who called is sealed before the journal; the caller has a code."
    )
    _ = try await reports.accept(AssignReport(id: received.id, department: "县应急管理局"), desk)
    var found = report("门店后仓存放烟花爆竹", "烟花爆竹", at: enterprise, photo: 10)
    found.source = .publicReport
    let verified = try await reports.verify(
      VerifyReport(id: received.id, case: found, note: "现场检查属实"), bureau)
    guard let number = verified.hazard else { throw InputFault("the report has opened no case") }
    say("Accepted, looked into, found to be so: in the same act case \(number) is opened")
    try await twoPeople(strikeOut: number)
    let outcome = try await reports.outcome(AskReportOutcome(id: received.id, code: code.text), desk)
    say("With the code the caller hears: \(outcome.state.text), the case \(outcome.caseState?.text ?? "")")
    let revealed = try await reports.reveal(ReportNote(id: received.id, note: "核发奖励"), bureau)
    say("Who it was, \(revealed.name), is shown to the bureau for a reason, and that it was stands in the history")
  }

  private func twoPeople(strikeOut number: HazardNumber) async throws {
    let (first, second) = (ExampleCounty.committeeOfficer, "\(ExampleCounty.committeeOfficer)-2")
    let colleague = Person(
      id: second, name: "安委办", grants: [Grant(role: .committeeOffice, grid: cast.county.county)])
    _ = try await PersonClient(connection).put(PutPersons(persons: [colleague]))
    let proposed = try await hazards.void(VoidHazard(number: number, note: "门店属邻县管辖"), by(first))
    say(
      "The committee's office finds that the shop belongs to the next county, and proposes to strike the case out: \(proposed.state.text)"
    )
    try await refused("The same person confirms it") {
      _ = try await hazards.confirm(HazardNote(number: number), by(first))
    }
    let voided = try await hazards.confirm(HazardNote(number: number, note: "核实无误"), by(second))
    say("Another one does: \(voided.state.text)")
  }
}
