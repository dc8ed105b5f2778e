import API
import Bytes
import Client
import Foundation
import RPC
import Records
import Support
import Testing
import Transport

/// What the IDL marks `@sensitive` reaches nobody but who runs the daemon.
@Suite struct SensitiveTests {
  private static let phone = "13800138000"

  private let daemon: Daemon

  init() throws {
    daemon = try Daemon()
    try daemon.setUp()
    let people =
      #"{"persons":[{"id":"somebody","name":"钱七","phone":"\#(Self.phone)","grants":[{"role":"PLATFORM"}]},"#
      + #"{"id":"boss","name":"x","grants":[{"role":"ADMINISTRATOR"}]},"#
      + #"{"id":"local-boss","name":"x","grants":[{"role":"AUDITOR"},{"role":"ADMINISTRATOR","grid":"421222000000000"}]},"#
      + #"{"id":"auditor","name":"x","grants":[{"role":"AUDITOR"}]}]}"#
    try #require(try daemon.safegrid("call", "Person.put", people).status == 0)
  }

  @Test(arguments: [("boss", true), ("local-boss", false), ("auditor", false)])
  func `a record and the journal show it to administrators of everything only`(
    person: String, isShown: Bool
  ) async throws {
    let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    let options = CallOptions(actingFor: person)
    let shown = try await PersonClient(connection).show(ShowPerson(id: "somebody"), options)
    #expect(shown.phone == (isShown ? Self.phone : nil))
    #expect(shown.name == "钱七" && shown.grants == [Grant(role: .platform)])
    var entries = 0
    var isInJournal = false
    for try await entry in try await AuditClient(connection).read(ReadJournal(), options) {
      entries += 1
      isInJournal = isInJournal || Data(entry.encoded()).range(of: Data(Self.phone.utf8)) != nil
    }
    #expect(isInJournal == isShown && entries > 5)
    await connection.close()
  }
}
