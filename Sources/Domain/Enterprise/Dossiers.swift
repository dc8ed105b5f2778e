package import Records
import Scalars

// An object's file 一企一档: what it holds beyond the ledger.

func putDossier(
  _ request: PutEnterpriseDossier, _ act: Act, _ state: inout some State & ~Copyable
) throws(Refusal) -> PutEnterpriseDossierReceipt {
  let enterprise = try requireEnterprise(request.id, in: state)
  if act.caller.isEnterpriseOnly, act.caller.person?.enterpriseId != request.id {
    throw .enterpriseNotAllowed(EnterpriseNotAllowed(event: .update, reason: .forItselfOnly))
  }
  guard enterprise.isInLedger || enterprise.state == .candidate else {
    throw .enterpriseTransitionInvalid(
      EnterpriseTransitionInvalid(id: request.id, state: enterprise.state, event: .update))
  }
  let before = try state.record(EnterpriseDossiersTable.self, .init(enterpriseId: request.id))
  try checkVersion(before?.version ?? 0, request.expectedVersion)
  if let insurance = request.insurance, insurance.to < insurance.from {
    throw .invalid(
      "insurance.to", "\(insurance.to) lies before the first day, \(insurance.from)",
      "\(insurance.to)早于起始日\(insurance.from)")
  }
  let dossier = EnterpriseDossier(
    enterpriseId: request.id, registeredAddress: request.registeredAddress, size: request.size,
    insurance: request.insurance, obsolete: request.obsolete, geography: request.geography,
    facilities: request.facilities, storedGoods: request.storedGoods, rescueForces: request.rescueForces,
    disposalPlan: request.disposalPlan, version: (before?.version ?? 0) + 1, updatedAt: act.time, updatedBy: act.actor)
  state.put(EnterpriseDossiersTable.self, dossier)
  return PutEnterpriseDossierReceipt(
    id: request.id, version: dossier.version, missing: try missing(of: enterprise, dossier, in: state))
}

/// An object's file, and what it lacks.
package func dossier(
  of enterprise: Enterprise, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> EnterpriseDossierView {
  let known = try reader.record(EnterpriseDossiersTable.self, .init(enterpriseId: enterprise.id))
  return EnterpriseDossierView(dossier: known, missing: try missing(of: enterprise, known, in: reader))
}

private func missing(
  of enterprise: Enterprise, _ dossier: EnterpriseDossier?, in reader: borrowing some RecordReader & ~Copyable
) throws(Refusal) -> [DossierField] {
  let rules = try reader.record(ProfilesTable.self, .init(id: 1))?.profile.ledger
  return enterprise.dossierFields(rules).filter { !(dossier?.has($0) ?? false) }
}

extension Enterprise {
  /// What the profile wants its file to hold: of a key unit of a high-risk trade, or of red risk.
  func dossierFields(_ rules: LedgerRules?) -> [DossierField] {
    let isDangerous = riskLevel == .red || flags.contains { Self.highRisk.contains($0) }
    return isDangerous && flags.contains(.keyUnit) ? rules?.keyUnitDossier ?? [] : []
  }

  /// 三大高危
  private static let highRisk: [EnterpriseFlag] = [.mine, .hazardousChemicals, .fireworks]
}

extension EnterpriseDossier {
  func has(_ field: DossierField) -> Bool {
    switch field {
    case .registeredAddress: !registeredAddress.isEmpty
    case .size: size != nil
    case .insurance: insurance != nil
    case .geography: !geography.isEmpty
    case .facilities: !facilities.isEmpty
    case .storedGoods: !storedGoods.isEmpty
    case .rescueForces: !rescueForces.isEmpty
    case .disposalPlan: !disposalPlan.isEmpty
    case .unspecified, .unrecognized: true
    }
  }
}
