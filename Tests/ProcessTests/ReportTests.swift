import API
import Bytes
import Client
import Crypto
import Foundation
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

/// Reports of the public through the programs: who made them stays sealed, wherever one looks.
@Suite struct ReportTests {
  private static let phone = "13907271234"
  private static let name = "欧阳举报"

  private static let people =
    #"{"persons":[{"id":"desk","name":"x","grants":[{"role":"PUBLIC_DESK","grid":"421222000000000"}]},"#
    + #"{"id":"cd","name":"x","grants":[{"role":"DEPARTMENT_OFFICER","grid":"421222000000000"}]},"#
    + #"{"id":"em","name":"x","grants":[{"role":"EMERGENCY_BUREAU","grid":"421222000000000"}]},"#
    + #"{"id":"co","name":"x","grants":[{"role":"COMMITTEE_OFFICE","grid":"421222000000000"}]}]}"#

  private func start(
    in folder: TemporaryFolder = TemporaryFolder(), data: String? = nil, _ arguments: [String] = []
  ) throws -> Daemon { try Daemon(in: folder, data: data, ["--copy-every", "1", "--map-size", "1"] + arguments) }

  private func setUp(_ daemon: Daemon) throws {
    try daemon.setUp()
    try #require(try daemon.safegrid("call", "Person.put", Self.people).status == 0)
  }

  /// Takes a report down; answers the reporter's code.
  private func receive(_ daemon: Daemon) throws -> String {
    let reporter = try daemon.file("reporter", "\(Self.name)\n\(Self.phone)\n雁塔路1号\n")
    let received = try daemon.safegrid(
      "report", "receive", "--kind", "hazard", "--grid", "421222100001001", "--description", "仓库堆放烟花",
      "--reporter-file", reporter, "--as", "desk", "--json")
    try FileManager.default.removeItem(atPath: reporter)
    return try #require(received.json["code"] as? String, "\(received)")
  }

  /// The files below a folder that hold a text. Lines end at zeros, so that the holes of the state's file are none.
  private func files(of folder: String, holding text: String) throws -> [String] {
    let found = try Tools.run(
      URL(filePath: "/usr/bin/grep"), ["-rlzaF", "--devices=skip", "--regexp=\(text)", folder])
    try #require(found.status <= 1, "\(found.errors)")
    return found.lines
  }

  private func photo(_ daemon: Daemon) throws -> String { try daemon.file("photo", "x") }

  @Test func `who reports stands nowhere in the clear, and each look is kept`() throws {
    let daemon = try start()
    try setUp(daemon)
    _ = try receive(daemon)
    let refused = try daemon.safegrid("report", "reveal", "1", "--reason", "x", "--as", "cd")
    #expect(refused.status == 1 && refused.errors.contains("public_desk"), "\(refused)")
    #expect(try daemon.safegrid("report", "reveal", "1", "--reason", "", "--as", "desk").errors.contains("say why"))
    let shown = try daemon.safegrid("report", "reveal", "1", "--reason", "回访", "--as", "em", "--json")
    #expect(
      shown.json["name"] as? String == Self.name && shown.json["phone"] as? String == Self.phone
        && shown.json["sealed"] as? String ?? "" == "", "\(shown)")
    let history = try daemon.safegrid("report", "show", "1", "--as", "cd")
    for text in ["Reveal", "em", "回访"] { #expect(history.output.contains(text)) }
    #expect(!history.output.contains(Self.phone))
    // Wherever one looks that is not the reply of that command.
    for arguments in [
      ["report", "list", "421222", "--as", "desk"], ["report", "worklist", "421222", "--as", "desk"],
      ["watch", "Audit.read", "{}"],
    ] {
      let seen = try Tools.run("safegrid", arguments + ["--json"], ["SAFEGRID_CONNECT": daemon.endpoint])
      #expect(!seen.output.contains(Self.phone) && !seen.output.contains(Self.name), "\(arguments)")
    }
    let backup = "\(daemon.folder.path)/backup"
    #expect(try daemon.safegrid("backup", backup).status == 0)
    #expect(daemon.end(by: SIGTERM) == 0)
    for text in [Self.phone, Self.name, "雁塔路"] {
      #expect(try files(of: daemon.folder.path, holding: text).isEmpty, "\(text)")
    }
    // The search finds what is there.
    #expect(try files(of: daemon.folder.path, holding: "仓库堆放烟花").count >= 2)
    #expect(try files(of: backup, holding: "仓库堆放烟花").count >= 1)
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(daemon.data)/identity.key")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let key = try String(contentsOf: URL(filePath: "\(daemon.data)/identity.key"), encoding: .utf8)
    #expect(try files(of: backup, holding: String(key.prefix(64))).isEmpty)
  }

  @Test func `a repeated report is one report, also after a restart, and a repeated look one look`() async throws {
    let folder = TemporaryFolder()
    let request = ReceiveReport(
      kind: .violation, channel: .app, grid: GridCode("421222100001001")!, description: "无证经营",
      reporter: Reporter(name: Self.name, phone: Self.phone), codeHash: [UInt8](repeating: 1, count: 32))
    let keys = RequestKeys(serverTimeMilliseconds: Instant("2026-03-02T08:30:00+08:00")!.millisecondsSince1970)
    let (receiving, revealing) = (keys.next(), keys.next())
    var replies: [[UInt8]] = []
    for run in 0..<2 {
      let daemon = try start(in: folder)
      if run == 0 { try setUp(daemon) }
      let connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
      let client = ReportClient(connection)
      let receipt = try await client.receive(request, CallOptions(actingFor: "desk", requestKey: receiving))
      let shown = try await client.reveal(
        ReportNote(id: receipt.id, note: "回访"), CallOptions(actingFor: "desk", requestKey: revealing))
      #expect(shown.phone == Self.phone && receipt.id == 1)
      replies.append(receipt.encoded() + shown.encoded())
      let trace = try await client.trace(TraceReport(id: 1), CallOptions(actingFor: "desk"))
      #expect(trace.entries.map(\.event) == [.receive, .reveal])
      try await checkHash(of: request, receiving, over: connection)
      await connection.close()
      #expect(daemon.end(by: run == 0 ? SIGKILL : SIGTERM) != 1)
    }
    #expect(replies[0] == replies[1])
  }

  /// Whoever has the journal and a list of suspects cannot try them: what was asked is remembered under a key.
  private func checkHash(of request: ReceiveReport, _ key: [UInt8], over connection: Connection) async throws {
    var asked = ByteWriter()
    asked.appendLittleEndian(Method.reportReceive.rawValue)
    asked.append("desk")
    asked.append(0)
    asked.append(request.encoded())
    let guess = Array(SHA256.hash(data: asked.bytes()).prefix(16))
    var remembered: [[UInt8]] = []
    for try await entry in try await AuditClient(connection).read(ReadJournal()) where entry.requestKey == key {
      remembered.append(entry.requestHash)
    }
    #expect(remembered.count == 1 && remembered[0].count == 16 && remembered[0] != guess)
  }

  @Test func `a key that is gone stops the start, and another one is told apart`() throws {
    let daemon = try start()
    try setUp(daemon)
    _ = try receive(daemon)
    #expect(daemon.end(by: SIGTERM) == 0)
    let key = "\(daemon.data)/identity.key"
    let own = try Data(contentsOf: URL(filePath: key))
    try FileManager.default.removeItem(atPath: key)
    #expect(throws: Daemon.Failure.self) { try start(in: daemon.folder) }
    #expect(daemon.log.contains("put it back"), "\(daemon.log)")
    // A new one, elsewhere: the old reporter cannot be read, a new one can.
    let other = "\(daemon.folder.path)/other.key"
    try Data((String(repeating: "ab", count: 32) + "\n").utf8).write(to: URL(filePath: other))
    do {
      let second = try start(in: daemon.folder, ["--identity-key", other])
      let lost = try second.safegrid("report", "reveal", "1", "--reason", "x", "--as", "desk")
      #expect(lost.status == 1 && lost.errors.contains("add the other key"), "\(lost)")
      _ = try receive(second)
      #expect(try second.safegrid("report", "reveal", "2", "--reason", "x", "--as", "desk").output.contains(Self.name))
      #expect(second.end(by: SIGTERM) == 0)
    }
    // With the new key above the old one it reads both.
    try (Data(contentsOf: URL(filePath: other)) + own).write(to: URL(filePath: key))
    let third = try start(in: daemon.folder)
    for report in ["1", "2"] {
      let shown = try third.safegrid("report", "reveal", report, "--reason", "x", "--as", "desk")
      #expect(shown.output.contains(Self.phone), "\(shown)")
    }
  }

  @Test func `a report goes its way, and its reporter hears what became of it`() throws {
    let daemon = try start()
    try setUp(daemon)
    let code = try receive(daemon)
    func outcome(_ code: String) throws -> Tools.Result {
      try daemon.safegrid("report", "outcome", "1", code, "--as", "desk", "--json")
    }
    #expect(try outcome(code).json["state"] as? String == "RECEIVED")
    #expect(try outcome(code.lowercased().replacing("-", with: " ")).status == 0)
    #expect(try outcome("AAAA-AAAA-AAAA").errors.contains("no report 1"))
    #expect(
      try daemon.safegrid("report", "assign", "accept", "1", "--department", "应急管理局", "--as", "desk").status == 0)
    let waiting = try daemon.safegrid(
      "report", "worklist", "421222", "--department", "应急管理局", "--holder", "421222", "--as", "cd")
    #expect(waiting.output.contains("应急管理局"), "\(waiting)")
    let verified = try daemon.safegrid(
      "report", "verify", "1", "--note", "属实", "--grid", "421222100001001", "--class", "消防", "--photo",
      photo(daemon), "--as", "cd", "--json")
    let number = try #require(verified.json["hazard"] as? String, "\(verified)")
    #expect(verified.json["state"] as? String == "HANDLING")
    let hazard = try daemon.safegrid("hazard", "outcome", number, "--as", "cd", "--json")
    #expect(hazard.json["answer"] as? String == "PENDING", "\(hazard)")
    #expect(try daemon.safegrid("hazard", "decline", number, "--note", "已由市监处理", "--as", "cd").status == 0)
    #expect(
      try daemon.safegrid("report", "note", "answer", "1", "--note", "已取缔", "--as", "cd").status == 0)
    let told = try outcome(code)
    #expect(told.json["answer"] as? String == "已取缔" && told.json["caseState"] as? String == "NOT_FILED", "\(told)")
    // The reward: 15 % of a fine of 100,000 yuan.
    let proposed = try daemon.safegrid(
      "report", "propose-reward", "1", "--fine", "100000", "--basis", "通应急罚〔2026〕1号", "--as", "desk", "--json")
    #expect(proposed.json["reward"] as? String == "1500000", "\(proposed)")
    #expect(
      try daemon.safegrid(
        "report", "approve-reward", "1", "--second-person", "co", "--document", "文号", "--as", "em"
      ).status == 0)
    #expect(try outcome(code).json["reward"] as? String == "1500000")
    #expect(try daemon.safegrid("report", "claim", "1", "--code", "AAAA-AAAA-AAAA", "--as", "desk").status == 1)
    #expect(try daemon.safegrid("report", "claim", "1", "--code", code, "--as", "desk").status == 0)
    let statistics = try daemon.safegrid(
      "report", "statistics", "421222", "--from", "2026-01-01", "--to", "2026-12-31", "--as", "desk", "--json")
    let rate = try #require(statistics.json["verified"] as? [String: Any], "\(statistics)")
    #expect(rate["numerator"] as? String == "1" && rate["denominator"] as? String == "1")
    #expect(statistics.json["paid"] as? String == "1500000" && statistics.json["asOf"] != nil)
    let none = try daemon.safegrid(
      "report", "statistics", "421222101", "--from", "2026-01-01", "--to", "2026-12-31", "--as", "desk", "--json")
    #expect((none.json["verified"] as? [String: Any])?["perMille"] == nil, "\(none)")
    #expect(try daemon.safegrid("report", "count", "421222", "--as", "desk").output.contains("Paid"))
    #expect(try daemon.safegrid("verify").status == 0)
  }

  @Test func `a member hears of a refusal who refused, why, and where to turn to`() throws {
    let daemon = try start()
    try setUp(daemon)
    let number = try daemon.submit()
    func outcome(as person: String) throws -> Tools.Result {
      try daemon.safegrid("hazard", "outcome", number, "--as", person, "--json")
    }
    let pending = try outcome(as: "gm1")
    #expect(
      pending.json["answer"] as? String == "PENDING" && pending.json["reason"] as? String ?? "" == "", "\(pending)")
    #expect(try daemon.safegrid("hazard", "decline", number, "--note", "不属实", "--as", "vs1").status == 0)
    let refused = try outcome(as: "gm1")
    #expect(refused.json["answer"] as? String == "REFUSED" && refused.json["reason"] as? String == "不属实", "\(refused)")
    let office = try #require(refused.json["office"] as? [String: Any])
    let next = try #require(refused.json["turnTo"] as? [String: Any])
    #expect(office["grid"] as? String == "421222100001000" && office["role"] as? String == "VILLAGE_OFFICER")
    #expect(next["grid"] as? String == "421222100000000" && next["name"] as? String == "隽水镇")
    #expect(!refused.output.contains("vs1"), "an office, not a person")
    // Who neither reported it nor may see it hears nothing.
    #expect(try outcome(as: "gm2").errors.contains("no hazard"))
    let text = try daemon.safegrid("hazard", "outcome", number, "--as", "gm1")
    #expect(text.output.contains("Not taken up") && text.output.contains("隽水镇"), "\(text)")
  }
}
