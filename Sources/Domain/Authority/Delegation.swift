import Bytes
package import Records
import Scalars

/// Who may do what at the door: what the transport proved, and what the deployment grants for it.
package struct Principal: Sendable {
  /// For example `uid:0`.
  package let name: String
  package let grants: [Grant]

  package init(name: String, grants: [Grant]) {
    self.name = name
    self.grants = grants
  }

  /// The daemon itself, for its timers and its own start.
  package static let system = Principal(name: "system", grants: [Grant(role: .system)])
}

extension Principal {
  /// Refuses one that may not speak for anybody.
  package func requireDelegate(for person: String) throws(Refusal) {
    guard !grants.contains(where: { $0.role == .delegate }) else { return }
    let reason = "it does not hold the role delegate"
    throw .delegationDenied(DelegationDenied(who: name, person: String(person.prefix(64)), reason: reason))
  }
}

/// The caller behind a call: the principal, or the person for whom it speaks, with that person's grants.
///
/// To speak for a person the principal needs the role `delegate` over each of the person's grants.
/// - Throws: `delegationDenied`
package func resolveCaller(
  _ principal: Principal, actingFor id: String?, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> Caller {
  guard let id else { return Caller(principal: principal.name, person: nil, grants: principal.grants) }
  try principal.requireDelegate(for: id)
  func denied(_ reason: String) -> Refusal {
    .delegationDenied(DelegationDenied(who: principal.name, person: id, reason: reason))
  }
  // What a gateway passes on is nobody's checked record.
  do throws(RecordFault) { try FieldCheck.check("acting_for", id, length: 1...64) } catch {
    throw denied("the name \(error.reason)")
  }
  guard let person = try reader.record(PersonsTable.self, .init(id: id)) else {
    throw denied("there is no such person")
  }
  for grant in person.grants {
    let isCovered = principal.grants.contains { own in
      guard own.role == .delegate else { return false }
      guard let root = own.grid else { return true }
      return grant.grid.map(root.contains) ?? false
    }
    guard isCovered else { throw denied("the person's grants reach beyond those of the delegate") }
  }
  return Caller(principal: principal.name, person: person, grants: person.grants)
}
