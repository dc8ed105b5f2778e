import API
import Bytes
import Crypto
package import Domain
package import RPC
package import Records
import Scalars

/// The first thing that happens to a request: it is read, checked against its limits, and its caller's power with it.
package enum Gate {
  /// Reads and checks a command; the engine decides it later, authority included. Who made a report of the public is sealed
  /// here, behind the hash of what was sent: nothing that comes later has it in the clear.
  package static func command(
    _ method: Method, _ call: IncomingCall, body: RawSpan, _ seal: ReporterSeal
  ) throws(CallFailure) -> (command: Command, requestKey: [UInt8], requestHash: [UInt8]) {
    do throws(Refusal) {
      let command = try command(method, body)
      // In a query an unknown field is a hint that went unheard; in a command it would acquire a meaning later.
      let request = command.request
      guard !request.hasUnknownFields else { throw Refusal.unknownField(UnknownField()) }
      try check(request)
      guard let key = call.requestKey else {
        throw Refusal.invalid("request_key", "a command needs one (UUIDv7)", "命令须有请求键（UUIDv7）")
      }
      let digest = hash(method, call.actingFor, body)
      guard case .reportReceive(let request) = command else { return (command, key, digest) }
      return (.reportReceive(try seal.sealing(request, requestKey: key)), key, seal.keyed(digest))
    } catch {
      throw CallFailure(error, .notExecuted)
    }
  }

  /// Checks a message of a stream of commands, as a command of its own would be.
  static func checked(
    _ message: some CheckedRecord, _ command: () -> Command
  ) -> Result<Command, Refusal> {
    do throws(Refusal) {
      guard !message.hasUnknownFields else { throw .unknownField(UnknownField()) }
      try check(message)
      return .success(command())
    } catch {
      return .failure(error)
    }
  }

  /// What the key of a message stands for: the same as if its command had come alone, so that either answers the other.
  package static func hash(_ command: Command, actingFor: String?) -> [UInt8] {
    command.request.encoded().withRawSpan { hash(command.method, actingFor, $0) }
  }

  /// Reads, checks and authorises a query.
  package static func query(
    _ method: Method, _ call: IncomingCall, body: RawSpan, from principal: Principal, at clock: StateClock,
    in snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(CallFailure) -> (query: Query, caller: Caller) {
    do throws(Refusal) {
      let query = try query(method, body)
      // Most callers speak for themselves: nobody is looked up, at no time.
      let caller =
        if principal.isItself(actingFor: call.actingFor) {
          Caller(principal)
        } else {
          try resolveCaller(principal, actingFor: call.actingFor, at: try clock.time(in: snapshot), in: snapshot)
        }
      try caller.authorize(method, in: try query.scope(in: snapshot))
      return (query, caller)
    } catch {
      throw CallFailure(error, .query)
    }
  }

  private static func command(_ method: Method, _ body: RawSpan) throws(Refusal) -> Command {
    do throws(RecordFault) {
      guard let command = try Command(method, body: body) else { preconditionFailure("\(method.name) is no command") }
      return command
    } catch {
      throw Refusal(error)
    }
  }

  private static func query(_ method: Method, _ body: RawSpan) throws(Refusal) -> Query {
    do throws(RecordFault) {
      guard let query = try Query(method, body: body) else { preconditionFailure("\(method.name) is no query") }
      return query
    } catch {
      throw Refusal(error)
    }
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
  /// Refuses one whose token is worth nothing any more, and one whose person is no more what they were when their stream
  /// was opened: their roles may be gone.
  func checkStillThere(
    at clock: StateClock, in snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) {
    if let token {
      let holder = try Domain.person(holding: token.id, at: try clock.time(in: snapshot), in: snapshot)
      guard holder == token.holder else { throw changed(holder) }
    }
    guard let person else { return }
    guard try snapshot.record(PersonsTable.self, .init(id: person.id)) == person else { throw changed(person) }
    // A role may have ended by itself, or begun.
    guard person.grants.contains(where: \.hasTerm) else { return }
    guard person.grants.valid(on: try clock.time(in: snapshot).localDate) == grants else { throw changed(person) }
  }

  private func changed(_ person: Person) -> Refusal {
    .delegationDenied(
      DelegationDenied(
        who: principal, person: person.id,
        reason: Label("their entry has changed; open the stream again", "其人员信息已变更，请重新打开数据流")))
  }
}
