package import Scalars

/// Where a call acts: the caller needs a role whose grant covers it.
package enum GridScope: Sendable, Equatable {
  /// One grid, that is a node and its subtree.
  case grid(GridCode)
  /// No single grid.
  case region
}

/// The token that proved who calls, and whose it was when the call began. A class, because callers are copied at every
/// call and most have none.
package final class ProvenToken: Sendable {
  package let id: String
  package let holder: Person

  package init(id: String, holder: Person) {
    self.id = id
    self.holder = holder
  }
}

/// Who calls, and with what power.
package struct Caller: Sendable {
  /// What the transport proved, for example `uid:0`.
  package let principal: String
  package let grants: [Grant]
  private let proof: Proof?

  /// What few callers have. Every call copies its caller, so that it lies apart.
  private final class Proof: Sendable {
    let person: Person?
    let token: ProvenToken?

    init(_ person: Person?, _ token: ProvenToken?) {
      self.person = person
      self.token = token
    }
  }

  package init(principal: String, person: Person?, grants: [Grant], token: ProvenToken? = nil) {
    self.principal = principal
    self.grants = grants
    proof = person == nil && token == nil ? nil : Proof(person, token)
  }

  /// One who speaks for itself.
  package init(principal: String, grants: [Grant]) {
    self.principal = principal
    self.grants = grants
    proof = nil
  }

  /// The person spoken for, who then lends identity and grants.
  package var person: Person? { proof?.person }
  package var token: ProvenToken? { proof?.token }

  /// The principal that spoke for the person; `nil` when it speaks for itself.
  package var through: String? { proof?.person == nil ? nil : principal }

  /// Whose act it is: the person, or the principal itself.
  package var actor: String { person?.id ?? principal }

  /// The grants that let this caller call `method` in `scope`; empty: denied.
  package func grants(for method: Method, in scope: GridScope) -> [Grant] {
    let roles = method.roles
    return grants.filter { Self.lends($0, roles, scope) }
  }

  private static func lends(_ grant: Grant, _ roles: [Role], _ scope: GridScope) -> Bool {
    (roles.isEmpty || roles.contains(grant.role)) && covers(grant, scope, anyRole: roles.isEmpty)
  }

  /// A grant without a grid covers everything. A method without a scope needs such a grant, unless it is open to any
  /// role, when any grant will do.
  private static func covers(_ grant: Grant, _ scope: GridScope, anyRole: Bool) -> Bool {
    guard let root = grant.grid else { return true }
    switch scope {
    case .region: return anyRole
    case .grid(let grid): return root.contains(grid)
    }
  }

  /// Whether a grant counts in a scope by what its role is.
  func covers(_ grant: Grant, _ scope: GridScope) -> Bool { Self.covers(grant, scope, anyRole: false) }

  /// Whether the caller is shown all `@sensitive` fields: who runs the daemon needs them, an auditor does not.
  package var seesSensitiveFields: Bool { grants.contains { $0.role == .administrator && $0.grid == nil } }

  /// Whether some grant reaches this grid: for rows of lists and feeds.
  package func maySee(_ grid: GridCode) -> Bool { grants.contains { $0.grid?.contains(grid) ?? true } }

  /// Refuses what no grant allows.
  package func authorize(_ method: Method, in scope: GridScope) throws(Refusal) {
    let roles = method.roles
    for grant in grants where Self.lends(grant, roles, scope) { return }
    let needed = Label(
      roles.map(\.name).joined(separator: ", "), roles.map(\.label.chinese).joined(separator: "、"))
    let place: Label =
      switch scope {
      case .grid(let grid): Label("grid \(grid)", "网格\(grid)")
      case .region: .wholeRegion
      }
    throw .permissionDenied(
      PermissionDenied(
        who: actor, method: method.name, where: place, needs: roles.isEmpty ? Label("any role", "任一角色") : needed))
  }
}
