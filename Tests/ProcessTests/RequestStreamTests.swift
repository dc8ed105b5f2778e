import API
import Bytes
import Client
import Foundation
import RPC
import Records
import Scalars
import Support
import Synchronization
import Testing
import Transport

/// Calls whose requests stream, against a real daemon.
@Suite struct RequestStreamTests {
  /// A daemon with grids and people, and a connection over each transport.
  private func serve(_ body: (Daemon, [Connection]) async throws -> Void) async throws {
    let daemon = try Daemon(["--listen", "tcp://127.0.0.1:0"])
    try daemon.setUp()
    let tcp = try #require(daemon.ready.split(separator: " ").last.map(String.init))
    var connections: [Connection] = []
    for text in [daemon.endpoint, tcp] { connections.append(try await .connect(to: try #require(Endpoint(text)))) }
    try await body(daemon, connections)
    for connection in connections { await connection.close() }
    daemon.end(by: SIGTERM)
  }

  static func report(_ text: String) -> SubmitHazard {
    SubmitHazard(
      source: .memberPatrol, grid: GridCode("421222100001001")!, class: "消防", domain: .fire, severity: .general,
      urgency: .normal, description: text, photos: [Attachment(sha256: [UInt8](repeating: 0, count: 32))])
  }

  private static func row(_ index: Int, grid: String = "421222100001001") -> EnterpriseRow {
    EnterpriseRow(name: "小店\(index)", type: .smallShop, grid: GridCode(grid)!, riskLevel: .blue)
  }

  /// `safegrid call` with these lines on standard input.
  private func call(_ daemon: Daemon, _ arguments: String..., lines: [String]) throws -> Tools.Result {
    let input = try daemon.file("requests.jsonl", lines.joined(separator: "\n") + "\n")
    return try Tools.run("safegrid", ["call"] + arguments, ["SAFEGRID_CONNECT": daemon.endpoint], input: input)
  }

  @Test func `the command line sends what stands on standard input, line by line`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let elsewhere = Daemon.report.replacing("421222100001001", with: "421222100001002")
    let result = try call(
      daemon, "Hazard.relay", "--as", "gm1",
      lines: [
        #"{"hazard":\#(Daemon.report)}"#, "", #"{"actingFor":"gm2","hazard":\#(elsewhere)}"#,
        #"{"hazard":\#(elsewhere)}"#,
      ])
    #expect(result.status == 0 && result.lines.count == 3, "\(result)")
    let replies = try result.lines.map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
    }
    #expect(replies.count { $0["receipt"] != nil } == 2)
    #expect(replies.compactMap { ($0["refusal"] as? [String: Any])?["code"] as? Int } == [7])
    #expect(Set(replies.compactMap { $0["requestKey"] as? String }).count == 3)
    // A line with its own key is the same command again.
    let first = try #require(
      replies.first { ($0["receipt"] as? [String: Any])?["number"] as? String == "4212221000010012026030200001" })
    let key = try #require(first["requestKey"] as? String)
    let again = try call(
      daemon, "Hazard.relay", "-", "--as", "gm1", lines: [#"{"requestKey":"\#(key)","hazard":\#(Daemon.report)}"#])
    #expect(again.json["sequence"] as? String == first["sequence"] as? String && again.lines.count == 1, "\(again)")
    let row = #"{"name":"小店","type":"SMALL_SHOP","grid":"421222100001001","riskLevel":"BLUE"}"#
    let rows = try call(daemon, "Enterprise.import_rows", lines: [#"{"row":\#(row)}"#, #"{"row":\#(row)}"#])
    #expect(rows.status == 0 && rows.lines.count == 1, "\(rows)")
    #expect(rows.json["created"] as? String == "1" && rows.json["unchanged"] as? String == "1")
    #expect(try call(daemon, "Enterprise.import_rows", lines: []).output == "{}\n")
  }

  @Test func `a line that is no request ends the input, and what came before it is answered`() throws {
    let daemon = try Daemon()
    try daemon.setUp()
    let result = try call(
      daemon, "Hazard.relay", "--as", "gm1",
      lines: [#"{"hazard":\#(Daemon.report)}"#, #"{"hazrd":{}}"#, #"{"hazard":\#(Daemon.report)}"#])
    #expect(result.status == 2 && result.errors.contains("line 2, at 1:"), "\(result)")
    #expect(result.lines.count == 1 && result.json["receipt"] != nil)
    #expect(try daemon.safegrid("call", "Hazard.relay", "{}").errors.contains("on standard input"))
    // What the daemon refuses as a whole is its own words.
    let denied = try call(daemon, "Enterprise.import_rows", "--as", "nobody", lines: ["{}"])
    #expect(denied.lines.count <= 1, "\(denied)")
  }

  @Test func `an import takes any number of rows, and says which were refused`() async throws {
    try await serve { daemon, connections in
      for (turn, connection) in connections.enumerated() {
        let client = EnterpriseClient(connection)
        var keys: [[UInt8]] = []
        // What is sent again with its keys is answered as the first time, and not done twice.
        for isRepeated in [false, true] {
          let upload = try await client.importRows()
          for index in 0..<600 {
            if !isRepeated { keys.append(connection.makeRequestKey()) }
            let grid = index % 200 == 7 ? "421222100001009" : "421222100001001"
            try await upload.send(
              ImportedRow(requestKey: keys[index], row: Self.row(turn * 10_000 + index, grid: grid)))
          }
          let summary = try await upload.finish()
          #expect(summary.created == 597 && summary.refused == 3 && summary.updated + summary.unchanged == 0)
          #expect(summary.faults.map(\.row) == [7, 207, 407])
          #expect(summary.faults.first?.reason == "there is no active grid 421222100001009")
        }
      }
      #expect(try daemon.safegrid("audit", "verify", "--json").json["intact"] as? Bool == true)
      let status = try daemon.safegrid("call", "Admin.status").json["sequence"] as? String
      // 6 entries of the setting up, and one for each row.
      #expect(try #require(status.flatMap { Int($0) }) == 2 * 597 + (try sequenceOfSetUp()))
    }
  }

  private func sequenceOfSetUp() throws -> Int {
    let daemon = try Daemon()
    try daemon.setUp()
    return Int(try daemon.safegrid("call", "Admin.status").json["sequence"] as? String ?? "") ?? -1
  }

  @Test func `a gateway's reports are receipted one by one, each for its own person`() async throws {
    try await serve { _, connections in
      for connection in connections {
        let exchange = try await HazardClient(connection).relay()
        var expected: [[UInt8]: Int] = [:]
        for index in 0..<1500 {
          let key = connection.makeRequestKey()
          expected[key] = index
          let person = ["gm1", "gm2", "nobody"][index % 3]
          try await exchange.send(
            RelayedHazard(requestKey: key, actingFor: person, hazard: Self.report("第\(index)件")))
        }
        await exchange.finishSending()
        var numbers: Set<HazardNumber> = []
        for try await receipt in exchange.replies {
          let known = expected.removeValue(forKey: receipt.requestKey)
          let index = try #require(known)
          if index % 3 == 0 {
            #expect(receipt.refusal == nil && receipt.sequence > 0)
            let number = try #require(receipt.receipt).number
            #expect(numbers.insert(number).inserted)
          } else {
            // gm2 works in another cell; nobody is nobody.
            #expect(receipt.receipt == nil && receipt.refusal?.code == StatusCode.permissionDenied.rawValue)
          }
        }
        #expect(expected.isEmpty && numbers.count == 500)
      }
    }
  }

  @Test func `what was relayed and what is submitted are one command where their key is one`() async throws {
    try await serve { _, connections in
      let connection = connections[0]
      let key = connection.makeRequestKey()
      let exchange = try await HazardClient(connection).relay()
      try await exchange.send(RelayedHazard(requestKey: key, actingFor: "gm1", hazard: Self.report("一")))
      await exchange.finishSending()
      var receipts: [RelayedReceipt] = []
      for try await receipt in exchange.replies { receipts.append(receipt) }
      let submitted = try await HazardClient(connections[1])
        .submit(Self.report("一"), CallOptions(actingFor: "gm1", requestKey: key))
      #expect(receipts.count == 1 && receipts[0].receipt?.number == submitted.number)
      // Other words with that key are refused alone, and the stream goes on.
      let again = try await HazardClient(connection).relay()
      try await again.send(RelayedHazard(requestKey: key, actingFor: "gm1", hazard: Self.report("二")))
      try await again.send(RelayedHazard(requestKey: [1, 2], actingFor: "gm1", hazard: Self.report("三")))
      let other = connection.makeRequestKey()
      try await again.send(RelayedHazard(requestKey: other, actingFor: "gm1", hazard: Self.report("四")))
      await again.finishSending()
      var codes: [[UInt8]: UInt32] = [:]
      for try await receipt in again.replies { codes[receipt.requestKey] = receipt.refusal?.code ?? 0 }
      #expect(
        codes == [key: StatusCode.alreadyExists.rawValue, [1, 2]: StatusCode.invalidArgument.rawValue, other: 0])
    }
  }

  @Test func `who takes no receipts can send no more, and loses nothing by it`() async throws {
    try await serve { _, connections in
      let connection = connections[0]
      let exchange = try await HazardClient(connection).relay()
      let total = 60_000
      let sent = Atomic<Int>(0)
      let sender = Task {
        for index in 0..<total {
          // Refused at the gate, so that nothing but the credit slows it down.
          let key = bytes(of: UInt64(index))
          try await exchange.send(RelayedHazard(requestKey: key, hazard: SubmitHazard(class: "消防")))
          sent.add(1, ordering: .relaxed)
        }
        await exchange.finishSending()
      }
      // Until nothing moves on the stream any more; the daemon answers others meanwhile.
      var (last, still) = (-1, 0)
      while still < 200 {
        _ = try await AdminClient(connection).status(Empty())
        let now = sent.load(ordering: .relaxed)
        (last, still) = (now, now == last ? still + 1 : 0)
      }
      #expect(last > 0 && last < total)
      var count = 0
      for try await receipt in exchange.replies {
        #expect(receipt.refusal != nil)
        count += 1
      }
      try await sender.value
      #expect(count == total)
    }
  }

  private func bytes(of number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
  }

  @Test func `a cancelled stream ends at once, and one whose time is over as well`() async throws {
    try await serve { _, connections in
      let connection = connections[0]
      let upload = try await EnterpriseClient(connection).importRows()
      try await upload.send(ImportedRow(requestKey: connection.makeRequestKey(), row: Self.row(1)))
      upload.cancel()
      await #expect(throws: CallFailure.self) { _ = try await upload.finish() }
      await #expect(throws: CallFailure.self) {
        for index in 2..<100_000 {
          try await upload.send(ImportedRow(requestKey: connection.makeRequestKey(), row: Self.row(index)))
        }
      }
      let late = try await EnterpriseClient(connection).importRows(CallOptions(streamTimeout: .milliseconds(1)))
      do throws(CallFailure) {
        _ = try await late.finish()
        // It was quicker than its time.
      } catch {
        #expect(error.code == .deadlineExceeded)
      }
      let idle = try await HazardClient(connection).relay(CallOptions(streamTimeout: .milliseconds(50)))
      var failure: CallFailure?
      do { for try await _ in idle.replies {} } catch { failure = error as? CallFailure }
      #expect(failure?.code == .deadlineExceeded && failure?.outcome == .notExecuted)
      // The connection is as good as before.
      #expect(try await connection.ping() > .zero)
    }
  }

  @Test func `a stream that is no stream, and the other way round, is refused`() async throws {
    try await serve { _, connections in
      let connection = connections[0]
      let number = Method.hazardSubmit.rawValue
      let stream = try await connection.exchange(method: number, isStreaming: false, .init())
      let failure = await #expect(throws: CallFailure.self) { _ = try await stream.next() }
      #expect(failure?.code == .invalidArgument && failure?.outcome == .notExecuted)
      let unary = await #expect(throws: CallFailure.self) {
        _ = try await connection.unary(
          method: Method.hazardRelay.rawValue, isCommand: true, RelayedHazard().encoded(), .init())
      }
      #expect(unary?.code == .invalidArgument && unary?.outcome == .notExecuted)
      // What is no record ends the stream.
      let broken = try await connection.exchange(method: Method.hazardRelay.rawValue, isStreaming: true, .init())
      try await broken.send([0xff, 0xff])
      let unreadable = await #expect(throws: CallFailure.self) { _ = try await broken.next() }
      #expect(unreadable?.code == .invalidArgument && unreadable?.message.contains("message 0") == true)
    }
  }

  @Test func `a daemon that goes down decides what it took, and what it did not take was not executed`() async throws {
    let folder = TemporaryFolder()
    var daemon: Daemon? = try Daemon(in: folder)
    try daemon!.setUp()
    let connection = try await Connection.connect(to: try #require(Endpoint(daemon!.endpoint)))
    let exchange = try await HazardClient(connection).relay()
    let keys = (0..<20_000).map { _ in connection.makeRequestKey() }
    let sender = Task { () -> CallFailure? in
      do {
        for key in keys {
          try await exchange.send(RelayedHazard(requestKey: key, actingFor: "gm1", hazard: Self.report("a")))
        }
        return nil
      } catch { return error as? CallFailure }
    }
    var receipts: [[UInt8]: HazardNumber] = [:]
    var end: CallFailure?
    do {
      for try await receipt in exchange.replies {
        receipts[receipt.requestKey] = receipt.receipt?.number
        if receipts.count == 100 { kill(daemon!.identifier, SIGTERM) }
      }
    } catch { end = error as? CallFailure }
    _ = await sender.value
    #expect(end?.code == .unavailable && end?.outcome == .notExecuted, "\(String(describing: end))")
    #expect(receipts.count >= 100 && receipts.count < keys.count)
    #expect(daemon!.end(by: SIGTERM) == 0)
    daemon = nil
    daemon = try Daemon(in: folder)
    let other = try await Connection.connect(to: try #require(Endpoint(daemon!.endpoint)))
    let status = try await AdminClient(other).status(Empty())
    let again = try await HazardClient(other).relay()
    let resender = Task {
      for key in keys.prefix(1000) {
        try await again.send(RelayedHazard(requestKey: key, actingFor: "gm1", hazard: Self.report("a")))
      }
      await again.finishSending()
    }
    var fresh = 0
    for try await receipt in again.replies {
      if let number = receipts[receipt.requestKey] {
        #expect(receipt.receipt?.number == number)
      } else {
        // What was not answered was not done: its entry is new.
        #expect(receipt.sequence > status.sequence)
        fresh += 1
      }
    }
    try await resender.value
    #expect(fresh == max(0, 1000 - receipts.count))
  }
}
