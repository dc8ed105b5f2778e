import Foundation
import Testing

/// Which refusal comes first, as `IDL/errors.idl` says: each request below has all the faults of the ones behind it.
@Suite struct RefusalTests {
  private let daemon: Daemon

  init() throws {
    daemon = try Daemon()
    try daemon.setUp()
  }

  private func refusal(_ method: String, _ body: String, by person: String) throws -> String {
    let result = try daemon.safegrid("call", method, body, "--as", person)
    #expect(result.status == 1, "\(result.output)")
    return result.errors
  }

  @Test func `what is malformed, what is not there, who asks, and only then the state`() throws {
    let number = try daemon.submit()
    let unknown = "4212221000010012020010100001"
    func decline(_ number: String, _ more: String = "", by person: String) throws -> String {
      try refusal("Hazard.decline", "{\"number\":\"\(number)\"\(more)}", by: person)
    }
    let tooLong = ",\"note\":\"\(String(repeating: "x", count: 2001))\""
    // gm1 may not decline; vs1 may, with a reason, the present version and in this state.
    #expect(try decline(unknown, tooLong, by: "gm1").contains("note"))
    #expect(try decline(unknown, ",\"expectedVersion\":9", by: "gm1").contains("There is no hazard"))
    #expect(try decline(number, ",\"expectedVersion\":9", by: "gm1").contains("may not call Hazard.decline"))
    #expect(try decline(number, ",\"expectedVersion\":9", by: "vs1").contains("not 9"))
    #expect(try decline(number, by: "vs1").contains("say why"), "the guard, after version and state")
    try #require(
      daemon.safegrid("hazard", "file", number, "--as", "vs1").status == 0)
    #expect(
      try decline(number, ",\"expectedVersion\":1", by: "vs1").contains("read it again"),
      "the version, before the state")
    #expect(try decline(number, by: "vs1").contains("is not possible while case"), "the state, before the guard")
    // Nothing of it happened.
    #expect(try daemon.safegrid("hazard", "show", number, "--json").json["version"] as? String == "2")
  }

  @Test func `of a query, too`() throws {
    #expect(try refusal("Hazard.list", #"{"grid":"421223101001000","limit":5000}"#, by: "gm1").contains("limit"))
    #expect(try refusal("Hazard.list", #"{"grid":"421223101001000"}"#, by: "gm1").contains("may not call Hazard.list"))
    #expect(
      try refusal("Hazard.show", #"{"number":"4212221010010012020010100001"}"#, by: "gm1").contains(
        "There is no hazard"))
  }
}
