internal import API
internal import Bytes
internal import Domain
internal import Engine
package import RPC
package import Records
internal import Store
internal import Synchronization

/// How the daemon stands, told by the writer and by whoever takes it down.
package final class DaemonHealth: Sendable {
  package struct Condition: Sendable {
    package var isDraining = false
    package var isReadOnly = false
    package var isFull = false
  }

  private let condition = Mutex(Condition())

  package init() {}

  package func update(_ change: (inout Condition) -> Void) {
    condition.withLock { condition in
      var changed = condition
      change(&changed)
      condition = changed
    }
  }

  func state(of subject: HealthSubject) -> HealthState {
    let now = condition.withLock { $0 }
    if now.isDraining { return .draining }
    if now.isReadOnly, subject.writes { return .readOnly }
    return now.isFull && subject.needsRoom ? .noRoom : .ready
  }
}

/// What a question after health is about: the daemon, or one of its services.
struct HealthSubject {
  /// Whether it has a command.
  let writes: Bool
  /// Whether it has one that is refused when only administration may write.
  let needsRoom: Bool

  /// - Throws: `notFound` for a service that there is not.
  init(_ request: CheckHealth) throws(Refusal) {
    let methods = Method.allCases.filter { method in
      request.service.map { method.name.hasPrefix("\($0).") } ?? true
    }
    guard !methods.isEmpty else { throw .notFound(NotFound("service", request.service ?? "")) }
    writes = methods.contains { $0.isCommand }
    needsRoom = methods.contains { $0.isCommand && !$0.isAdministration }
  }
}

/// The changes of health, as they happen.
final class HealthWatch: MessageSource {
  private let subject: HealthSubject
  private let health: DaemonHealth
  private let caller: Caller
  private let store: StateStore
  private let clock: StateClock
  private let last = Mutex<HealthState?>(nil)

  init(_ subject: HealthSubject, for caller: borrowing Caller, _ services: QueryServices) {
    self.subject = subject
    self.caller = copy caller
    (health, store, clock) = (services.health, services.store, services.clock)
  }

  func produce(bytesMax: Int, into messages: inout [[UInt8]]) throws(CallFailure) -> MessageProgress {
    let behind = try checkCaller()
    let state = health.state(of: subject)
    // It is the farewell's to say.
    guard state != .draining else { return .waiting(sequence: .max) }
    let isNew = last.withLock { last in
      defer { last = state }
      return last != state
    }
    if isNew { messages.append(HealthReport(state: state).encoded()) }
    return .waiting(sequence: behind)
  }

  /// The journal has nothing to do with health; but an entry may end the caller's token, or change their person. Answers
  /// the sequence behind which that is to be looked at again.
  private func checkCaller() throws(CallFailure) -> UInt64 {
    guard caller.token != nil || caller.person != nil else { return .max }
    do throws(Refusal) {
      let snapshot = try newSnapshot(of: store)
      try caller.checkStillThere(at: clock, in: snapshot)
      return try snapshot.appliedSequence()
    } catch {
      throw CallFailure(error, .query)
    }
  }

  var farewell: [UInt8]? { HealthReport(state: .draining).encoded() }
}

extension QueryServices: HealthService {
  package func check(
    _ request: CheckHealth, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable,
    into reply: inout Reply<HealthReport>
  ) throws(Refusal) {
    reply.send(HealthReport(state: health.state(of: try HealthSubject(request))))
  }

  package func watch(
    _ request: CheckHealth, for caller: borrowing Caller, in snapshot: borrowing some SnapshotReader & ~Copyable
  ) throws(Refusal) -> any MessageSource {
    HealthWatch(try HealthSubject(request), for: caller, self)
  }
}
