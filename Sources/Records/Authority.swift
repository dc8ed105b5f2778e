package import Scalars

/// Where a call acts: the caller needs a role whose grant covers it.
package enum GridScope: Sendable, Equatable {
  /// One grid, that is a node and its subtree.
  case grid(GridCode)
  /// No single grid.
  case region
}

/// Who calls, and with what power.
package struct Caller: Sendable {
  /// What the transport proved, for example `uid:0`.
  package let principal: String
  /// The person spoken for, who then lends identity and grants.
  package let person: Person?
  package let grants: [Grant]

  package init(principal: String, person: Person?, grants: [Grant]) {
    self.principal = principal
    self.person = person
    self.grants = grants
  }

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

  /// Whether some grant reaches this grid: for rows of lists and feeds.
  package func maySee(_ grid: GridCode) -> Bool { grants.contains { $0.grid?.contains(grid) ?? true } }

  /// Refuses what no grant allows.
  package func authorize(_ method: Method, in scope: GridScope) throws(Refusal) {
    let roles = method.roles
    for grant in grants where Self.lends(grant, roles, scope) { return }
    let needed = roles.map(\.name).joined(separator: ", ")
    let place =
      switch scope {
      case .grid(let grid): "grid \(grid)"
      case .region: "the whole region"
      }
    throw .permissionDenied(
      PermissionDenied(who: actor, method: method.name, where: place, needs: needed.isEmpty ? "any role" : needed))
  }
}
