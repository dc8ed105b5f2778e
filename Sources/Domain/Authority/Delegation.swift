import Bytes
package import Records
package import Scalars

/// Who may do what at the door: what the transport proved, and what the deployment grants for it.
package struct Principal: Sendable, Equatable {
  /// For example `uid:0`.
  package let name: String
  package let grants: [Grant]
  /// The token that proved it. It lends what its holder may do at the moment of each call, so that ``grants`` are only
  /// those of the moment when it was shown.
  package let token: String?
  /// Whether what it may do depends on the day.
  private let hasTerm: Bool

  package init(name: String, grants: [Grant], token: String? = nil) {
    self.name = name
    self.grants = grants
    self.token = token
    hasTerm = grants.contains(where: \.hasTerm)
  }

  /// Somebody on a network who has not said yet who they are.
  package static let stranger = Principal(name: "stranger", grants: [])
  package var isStranger: Bool { name == Self.stranger.name && token == nil }

  /// Whether every call is in vain. What a token lends is known only at the call.
  package var mayDoNothing: Bool { grants.isEmpty && token == nil }

  /// How the names of persons who show a token begin; those of other principals do not.
  package static let personPrefix = "person:"

  /// The daemon itself, for its timers and its own start.
  package static let system = Principal(name: "system", grants: [Grant(role: .system)])
}

extension Principal {
  /// Whether a call of its is nobody else's, and no other on another day, so that nothing has to be looked up.
  package func isItself(actingFor id: String?) -> Bool { token == nil && id == nil && !hasTerm }

  /// What it is on a day.
  fileprivate func on(_ date: Date) -> Principal {
    hasTerm ? Principal(name: name, grants: grants.valid(on: date), token: token) : self
  }

  /// Refuses one that may not speak for anybody.
  package func requireDelegate(for person: String) throws(Refusal) {
    guard !grants.contains(where: { $0.role == .delegate }) else { return }
    let reason = Label("it does not hold the role delegate", "不具有“代办”角色")
    throw .delegationDenied(DelegationDenied(who: name, person: String(person.prefix(64)), reason: reason))
  }
}

extension Caller {
  /// A principal that speaks for itself.
  package init(_ principal: Principal) { self.init(principal: principal.name, grants: principal.grants) }
}

/// The caller behind a call: the principal, or the person for whom it speaks, with that person's grants.
///
/// To speak for a person the principal needs the role `delegate` over each of the person's grants. A principal that a
/// token proved is the token's holder, as they are now.
/// - Parameter time: when, as a token may have expired.
/// - Throws: `delegationDenied`, `tokenEnded`
package func resolveCaller(
  _ principal: Principal, actingFor id: String?, at time: Instant,
  in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Caller {
  if principal.isItself(actingFor: id) { return Caller(principal) }
  guard let token = principal.token else {
    return try resolve(principal.on(time.localDate), token: nil, actingFor: id, on: time.localDate, in: reader)
  }
  return try resolve(holderOf: token, principal, at: time, actingFor: id, in: reader)
}

private func resolve(
  holderOf token: String, _ principal: Principal, at time: Instant, actingFor id: String?,
  in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Caller {
  let holder = try person(holding: token, at: time, in: reader)
  let renewed = Principal(name: principal.name, grants: holder.grants.valid(on: time.localDate), token: token)
  return try resolve(
    renewed, token: ProvenToken(id: token, holder: holder), actingFor: id, on: time.localDate, in: reader)
}

private func resolve(
  _ principal: Principal, token: ProvenToken?, actingFor id: String?, on date: Date,
  in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Caller {
  guard let id else {
    return Caller(principal: principal.name, person: token?.holder, grants: principal.grants, token: token)
  }
  try principal.requireDelegate(for: id)
  func denied(_ english: String, _ chinese: String) -> Refusal {
    .delegationDenied(DelegationDenied(who: principal.name, person: id, reason: Label(english, chinese)))
  }
  // What a gateway passes on is nobody's checked record.
  do throws(RecordFault) { try FieldCheck.check("acting_for", id, length: 1...64) } catch {
    throw denied("the name \(error.reason)", "人员编号须为1至64个字符")
  }
  guard let person = try reader.record(PersonsTable.self, .init(id: id)) else {
    throw denied("there is no such person", "不存在该人员")
  }
  let grants = person.grants.valid(on: date)
  for grant in grants {
    let isCovered = principal.grants.contains { own in
      guard own.role == .delegate else { return false }
      guard let root = own.grid else { return true }
      return grant.grid.map(root.contains) ?? false
    }
    guard isCovered else { throw denied("the person's grants reach beyond those of the delegate", "该人员的授权超出代办范围") }
  }
  return Caller(principal: principal.name, person: person, grants: grants, token: token)
}
