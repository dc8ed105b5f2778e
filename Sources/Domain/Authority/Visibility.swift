package import Records

extension Caller {
  /// Whether nothing but an enterprise's own matters are open to the caller.
  package var isEnterpriseOnly: Bool { !grants.isEmpty && grants.allSatisfy { $0.role == .enterprise } }

  /// Whether the caller may see this case: by grid, and as an enterprise only its own.
  package func maySee(_ hazard: Hazard) -> Bool {
    guard maySee(hazard.grid) else { return false }
    return !isEnterpriseOnly || (hazard.enterpriseId != nil && person?.enterpriseId == hazard.enterpriseId)
  }

  /// Whether the caller may see this object of the ledger: by the grid where it operates, that where it is registered
  /// (异地经营), or that to which it is offered, and as an enterprise only itself.
  package func maySee(_ enterprise: Enterprise) -> Bool {
    let isHere = maySee(enterprise.grid) || (enterprise.awayFrom.map(maySee) ?? false)
    guard isHere || (enterprise.movingTo.map(maySee) ?? false) else { return false }
    return !isEnterpriseOnly || person?.enterpriseId == enterprise.id
  }
}
