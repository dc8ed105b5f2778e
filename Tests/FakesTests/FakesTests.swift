import API
import Bytes
import Fakes
import RPC
import Records
import Scalars
import Testing

/// The fakes of services, as a program's tests use them: under the generated clients.
@Suite struct FakesTests {
  private let fake = FakeServices()
  private let number = HazardNumber("4212221000010012026030200001")

  @Test func `it remembers requests, and gives planned answers before the lasting one`() async throws {
    let client = HazardClient(fake)
    fake.hazard.show.answer { (request) throws(CallFailure) in Hazard(id: 1, number: request.number) }
    fake.hazard.show.answerOnce(with: Hazard(id: 2))
    fake.hazard.show.refuseOnce(with: .notFound(NotFound("hazard", "7")))
    let request = ShowHazard(number: try #require(number))
    #expect(try await client.show(request).id == 2)
    do throws(CallFailure) {
      _ = try await client.show(request)
      Issue.record("the refusal was not given")
    } catch {
      #expect(error.code == .notFound && error.outcome == .notExecuted)
      #expect(error.refusal?.name == "NotFound")
    }
    #expect(try await client.show(request, CallOptions(actingFor: "wangmin")) == Hazard(id: 1, number: request.number))
    #expect(fake.hazard.show.requests == [request, request, request])
    #expect(fake.hazard.show.options.map(\.actingFor) == [nil, nil, "wangmin"])
  }

  @Test func `what was not planned fails, and says so`() async {
    do throws(CallFailure) {
      _ = try await PersonClient(fake).show(ShowPerson(id: "wangmin"))
      Issue.record("there is no answer")
    } catch {
      #expect(error.code == .unimplemented)
      #expect(error.message.hasPrefix("the fake Person.show has no answer"))
    }
    #expect(fake.person.show.requests.map(\.id) == ["wangmin"])
  }

  @Test func `a stream ends behind its messages`() async throws {
    fake.hazard.watch.answer(with: [HazardChange(sequence: 1), HazardChange(sequence: 2)])
    var sequences: [UInt64] = []
    for try await change in try await HazardClient(fake).watch(WatchHazards()) { sequences.append(change.sequence) }
    #expect(sequences == [1, 2])
  }

  @Test func `requests that stream are answered one by one, or together`() async throws {
    fake.hazard.relay.answer { (request) throws(CallFailure) in RelayedReceipt(requestKey: request.requestKey) }
    let exchange = try await HazardClient(fake).relay()
    var keys: [[UInt8]] = []
    var replies = exchange.replies.makeAsyncIterator()
    for key: UInt8 in 1...3 {
      try await exchange.send(RelayedHazard(requestKey: [key]))
      if let reply = try await replies.next() { keys.append(reply.requestKey) }
    }
    await exchange.finishSending()
    #expect(try await replies.next() == nil)
    #expect(keys == [[1], [2], [3]])
    #expect(fake.hazard.relay.requests.count == 3)

    fake.enterprise.importRows.answer(with: ImportSummary())
    let upload = try await EnterpriseClient(fake).importRows()
    try await upload.send(ImportedRow(requestKey: [1]))
    try await upload.send(ImportedRow(requestKey: [2]))
    #expect(try await upload.finish() == ImportSummary())
    #expect(fake.enterprise.importRows.requests.map { $0.map(\.requestKey) } == [[[1], [2]]])
    fake.enterprise.importRows.refuseOnce(with: .notFound(NotFound("hazard", "7")))
    let refused = try await EnterpriseClient(fake).importRows()
    await #expect(throws: CallFailure.self) { try await refused.finish() }
  }

  @Test func `commands are counted, as the journal does`() async throws {
    fake.person.put.answer(with: PutPersonsReceipt(created: 1))
    fake.person.show.answer(with: Person(id: "wangmin"))
    let body = PutPersons().encoded()
    #expect(try await fake.unary(method: 513, isCommand: true, body, CallOptions()).sequence == 1)
    #expect(try await fake.unary(method: 514, isCommand: false, body, CallOptions()).sequence == 1)
    #expect(try await fake.unary(method: 513, isCommand: true, body, CallOptions()).sequence == 2)
  }
}
