import Foundation
import Glibc
import Support
import Testing

/// What the doctor says of daemons and folders, sick and sound.
@Suite struct DoctorTests {
  private func examine(_ daemon: Daemon) throws -> (status: Int32, findings: [[String: String]]) {
    let result = try Tools.run("safegrid", ["doctor", "--data", daemon.data, "--json"])
    let findings = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: String]]
    return (result.status, try #require(findings, "\(result.output) \(result.errors)"))
  }

  private func has(_ findings: [[String: String]], _ level: String, _ text: String) -> Bool {
    findings.contains { $0["level"] == level && ($0["text"] ?? "").contains(text) }
  }

  @Test func `a sound daemon is called sound, and its folder is left to it`() throws {
    let daemon = try Daemon()
    let asked = try daemon.safegrid("doctor")
    #expect(asked.status == 0, "\(asked.errors)")
    #expect(asked.output.hasPrefix("✔ it writes") && !asked.output.contains("✘"), "\(asked.output)")
    let (status, findings) = try examine(daemon)
    #expect(status == 0 && has(findings, "notice", "a daemon serves"))
  }

  @Test func `of a folder it says what a start will do, and the start does it`() throws {
    let folder = TemporaryFolder()
    var daemon = try Daemon(in: folder)
    try daemon.setUp()
    #expect(try daemon.safegrid("verify").status == 0)
    _ = try daemon.submit()
    daemon.end(by: SIGKILL)
    var (status, findings) = try examine(daemon)
    #expect(status == 0 && has(findings, "good", "takes the state as it is"))
    #expect(has(findings, "good", "the journal is intact"))
    // Nothing was changed by looking.
    daemon = try Daemon(in: folder)
    #expect(daemon.end(by: SIGTERM) == 0)
    (status, findings) = try examine(daemon)
    #expect(status == 0 && has(findings, "good", "left in order"))
    // The mark tells of a state that is lost.
    for lost in ["state/data.mdb", "mark"] {
      try FileManager.default.removeItem(atPath: "\(daemon.data)/\(lost)")
      (status, findings) = try examine(daemon)
      #expect(status == 0 && has(findings, "notice", "cannot be trusted"), "\(lost): \(findings)")
      #expect(findings.contains { ($0["advice"] ?? "").contains("from the copy of entry") })
    }
  }

  @Test func `a journal that begins late needs a copy, and without one a start is not promised`() throws {
    let folder = TemporaryFolder()
    var daemon = try Daemon(in: folder)
    try daemon.setUp()
    #expect(daemon.end(by: SIGTERM) == 0)
    let other = TemporaryFolder()
    #expect(try Tools.safegrid("restore", daemon.data, "\(other.path)/data").status == 0)
    daemon = try Daemon(in: other)
    _ = try daemon.submit()
    #expect(daemon.end(by: SIGTERM) == 0)
    try FileManager.default.removeItem(atPath: "\(daemon.data)/mark")
    var (status, findings) = try examine(daemon)
    #expect(status == 0 && findings.contains { ($0["advice"] ?? "").contains("from the copy of entry") }, "\(findings)")
    try FileManager.default.removeItem(atPath: "\(daemon.data)/copies")
    (status, findings) = try examine(daemon)
    #expect(status == 1 && has(findings, "problem", "the journal does not begin at 1"), "\(findings)")
    #expect(throws: Daemon.Failure.self) { _ = try Daemon(in: other) }
  }

  @Test func `what is beyond a start is a problem, with the way out`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    _ = try daemon.submit()
    #expect(daemon.end(by: SIGTERM) == 0)
    let journal = "\(daemon.data)/journal/00000000000000000001.journal"
    let handle = try #require(FileHandle(forUpdatingAtPath: journal))
    try handle.seek(toOffset: 4096 + 70)
    try handle.write(contentsOf: Data("!".utf8))
    try handle.close()
    let (status, findings) = try examine(daemon)
    #expect(status == 1 && has(findings, "problem", "damaged at byte"), "\(findings)")
    #expect(findings.contains { ($0["advice"] ?? "").contains("safegrid restore") })
    // Not even its first page can be read.
    try Data(repeating: 0x21, count: 4096).write(to: URL(filePath: journal))
    let unreadable = try examine(daemon)
    #expect(unreadable.status == 1 && has(unreadable.findings, "problem", "00000000000000000001.journal"))
    let missing = try Tools.run("safegrid", ["doctor", "--data", "/nonexistent/folder"])
    #expect(missing.status == 1 && missing.output.contains("✘ there is no folder"))
  }
}
