import Foundation
import Support
import Testing

/// Whom to call about a node, and who may see the number.
@Suite struct ContactTests {
  @Test func `each sees as much of a phone as their role over the node says`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let cell = "421222100001001"
    func person(_ id: String, _ role: String, _ grid: String, _ more: String = "") -> String {
      #"{"id":"\#(id)","name":"\#(id)","grants":[{"role":"\#(role)","grid":"\#(grid)"\#(more)}],"phone":"13812345678"}"#
    }
    let people = [
      person("m1", "GRID_MEMBER", cell), person("m2", "GRID_MEMBER", cell),
      person("gone", "GRID_MEMBER", cell, #","to":"2026-03-01""#),
      person("bureau", "EMERGENCY_BUREAU", "421222000000000"),
      person("officer", "ENFORCEMENT_OFFICER", "421222000000000"), person("member", "GRID_MEMBER", "421222100001002"),
    ].joined(separator: ",")
    try #require(try daemon.safegrid("call", "Person.put", "{\"persons\":[\(people)]}").status == 0)
    func contacts(_ caller: String?) throws -> String {
      let speaker = caller.map { ["--as", $0] } ?? []
      return try Tools.run(
        "safegrid", ["person", "contacts", cell] + speaker, ["SAFEGRID_CONNECT": daemon.endpoint]
      ).output
    }
    #expect(try contacts(nil).contains("13812345678"))
    #expect(try contacts("bureau").contains("13812345678"))
    let part = try contacts("m1")
    #expect(part.contains("138****5678") && !part.contains("13812345678"), "\(part)")
    let none = try contacts("officer")
    #expect(none.contains("m1") && none.contains("m2") && !none.contains("138"), "\(none)")
    // A role that is over is no role, and one in another cell asks in vain.
    #expect(!part.contains("gone"))
    #expect(try contacts("member").isEmpty)
    let page = try daemon.safegrid("call", "Person.contacts", #"{"grid":"421222100001001","limit":2,"after":"gone"}"#)
    let ids = (page.json["contacts"] as? [[String: Any]])?.compactMap { $0["person"] as? String }
    #expect(ids == ["m1", "m2"] && page.json["next"] == nil, "\(page.output)")
  }
}
