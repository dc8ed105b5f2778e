import API
import Bytes
import Crypto
package import Domain
package import RPC
package import Records

/// The first thing that happens to a request: it is read, checked against its limits, and its caller's power with it.
package enum Gate {
  /// Reads and checks a command; the engine decides it later, authority included.
  package static func command(
    _ method: Method, _ call: IncomingCall, body: RawSpan
  ) throws(CallFailure) -> (command: Command, requestKey: [UInt8], requestHash: [UInt8]) {
    do throws(Refusal) {
      guard let command = try read(body, { (body) throws(RecordFault) in try Command(method, body: body) }) else {
        preconditionFailure("\(method.name) is no command")
      }
      // In a query an unknown field is a hint that went unheard; in a command it would acquire a meaning later.
      guard !command.request.hasUnknownFields else { throw Refusal.unknownField(UnknownField()) }
      try check(command.request)
      guard let key = call.requestKey else {
        throw Refusal.invalidArgument(InvalidArgument(field: "request_key", reason: "a command needs one (UUIDv7)"))
      }
      return (command, key, hash(method, call.actingFor, body))
    } catch {
      throw CallFailure(error, .notExecuted)
    }
  }

  /// Reads, checks and authorises a query.
  package static func query(
    _ method: Method, _ call: IncomingCall, body: RawSpan, from principal: Principal,
    in snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(CallFailure) -> (query: Query, caller: Caller) {
    do throws(Refusal) {
      guard let query = try read(body, { (body) throws(RecordFault) in try Query(method, body: body) }) else {
        preconditionFailure("\(method.name) is no query")
      }
      try check(query.request)
      let caller = try resolveCaller(principal, actingFor: call.actingFor, in: snapshot)
      try caller.authorize(method, in: try query.scope(in: snapshot))
      return (query, caller)
    } catch {
      throw CallFailure(error, .query)
    }
  }

  private static func read<Request>(
    _ body: RawSpan, _ parse: (RawSpan) throws(RecordFault) -> Request
  ) throws(Refusal) -> Request {
    do throws(RecordFault) { return try parse(body) } catch { throw Refusal(error) }
  }

  private static func check(_ request: any CheckedRecord) throws(Refusal) {
    do throws(RecordFault) { try request.check() } catch { throw Refusal(error) }
  }

  /// What a request key stands for: method, person and bytes as they were sent.
  private static func hash(_ method: Method, _ actingFor: String?, _ body: RawSpan) -> [UInt8] {
    var head = ByteWriter()
    head.appendLittleEndian(method.rawValue)
    head.append(actingFor ?? "")
    head.append(0)
    var hash = SHA256()
    // Safe: the buffers do not leave the closures.
    head.withSpan { span in unsafe span.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) } }
    unsafe body.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    return Array(hash.finalize().prefix(16))
  }
}

extension Caller {
  /// Refuses one whose person is no more what they were when their stream was opened: their roles may be gone.
  func checkStillThere(in snapshot: borrowing some SnapshotReader & ~Copyable) throws(Refusal) {
    guard let person, try snapshot.record(PersonsTable.self, .init(id: person.id)) != person else { return }
    throw .delegationDenied(
      DelegationDenied(who: principal, person: person.id, reason: "their entry has changed; open the stream again"))
  }
}

extension Refusal {
  fileprivate init(_ fault: RecordFault) {
    self = .invalidArgument(
      InvalidArgument(
        field: fault.path.isEmpty ? "request" : String(fault.path.prefix(200)),
        reason: String(fault.reason.prefix(1000))))
  }
}
