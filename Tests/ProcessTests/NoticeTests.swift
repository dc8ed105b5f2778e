import Foundation
import Support
import Testing

/// Tasks and documents on their way down the grid, through the command line.
@Suite struct NoticeTests {
  @Test func `a task goes down the grid, is taken up and done, and the county sees who is behind`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let people =
      #"{"persons":[{"id":"co1","name":"安委办","grants":[{"role":"COMMITTEE_OFFICE","grid":"421222000000000"}]}]}"#
    #expect(try daemon.safegrid("call", "Person.put", people).status == 0)
    let issued = try daemon.safegrid(
      "notice", "issue", "421222", "三合一场所排查", "--level", "cell", "--until", "2026-03-04", "--as", "co1")
    #expect(issued.output.contains("notice 1: 2 have it, 0 have taken it up"), "\(issued)")
    let inbox = try daemon.safegrid("notice", "inbox", "421222100001001", "--as", "gm1")
    #expect(inbox.output.contains("三合一场所排查") && inbox.output.contains("2026-03-04"), "\(inbox)")
    // What is another cell's is not theirs to take up.
    #expect(try daemon.safegrid("notice", "receive", "1", "421222100001002", "--as", "gm1").status == 1)
    #expect(try daemon.safegrid("notice", "receive", "1", "421222100001001", "--as", "gm1").status == 0)
    let done = try daemon.safegrid(
      "notice", "complete", "1", "421222100001001", "--result", "查12处，无住人", "--as", "gm1")
    #expect(done.output.contains("1 have taken it up, 1 have done it"), "\(done)")
    try #require(try daemon.safegrid("admin", "advance-clock", "96h").status == 0)
    let late = try daemon.safegrid("notice", "inbox", "421222", "--late", "--as", "co1")
    #expect(late.output.contains("421222100001002") && late.output.contains("late"), "\(late)")
    #expect(!late.output.contains("421222100001001"))
    let shown = try daemon.safegrid("notice", "show", "1", "--as", "co1")
    #expect(shown.output.contains("1/2") && shown.output.contains("查12处，无住人"), "\(shown)")
    #expect(try daemon.safegrid("notice", "list", "421222", "--as", "co1").output.contains("三合一场所排查"))
    let pages = try daemon.safegrid("call", "Notice.tasks", #"{"id":"1","limit":1}"#, "--as", "co1")
    #expect(pages.json["next"] as? String == "421222100001001", "\(pages)")
    let withdrawn = try daemon.safegrid("notice", "withdraw", "1", "--note", "期满", "--as", "co1")
    #expect(withdrawn.status == 0, "\(withdrawn)")
    let counts = try daemon.safegrid("notice", "count", "421222", "--as", "co1").output
    #expect(counts.contains("Withdrawn") && counts.contains("Done"), "\(counts)")
    #expect(try daemon.safegrid("notice", "inbox", "421222", "--json", "--as", "co1").json["items"] == nil)
    #expect(try daemon.safegrid("verify").status == 0)
  }
}
