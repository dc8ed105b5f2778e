import Records
import Scalars

// Illegal acts 违法行为: reported like a hazard, and handled by an office that has the power, of its own or lent to it.

extension HazardStep {
  /// Puts down what is illegal in a case that begins, or is filed.
  func keep(_ reported: ReportedAct, _ state: inout some State & ~Copyable) throws(Refusal) {
    let known = try state.requireRules().profile.illegalActs
    guard !known.isEmpty else {
      throw .unconfigured(Unconfigured(rule: "illegalActs"))
    }
    guard known.contains(reported.act) else {
      let reason = "the profile's illegalActs has no \"\(reported.act)\""
      throw .invalidArgument(InvalidArgument(field: "illegal_act.act", reason: reason))
    }
    guard reported.identityHash == nil || reported.by == .person else {
      throw .invalidArgument(InvalidArgument(field: "illegal_act.identity_hash", reason: "only a person has one"))
    }
    state.put(
      IllegalActsTable.self,
      IllegalAct(
        hazardId: hazard.id, by: reported.by, act: reported.act, identityHash: reported.identityHash))
  }

  /// Puts down by which power an illegal act is handled: that of an office for which the caller acts here.
  /// - Throws: `noPower`
  func keepPower(_ state: inout some State & ~Copyable) throws(Refusal) {
    guard hazard.violation != nil, var act = try state.record(IllegalActsTable.self, .init(hazardId: hazard.id)) else {
      return
    }
    let holders = try powerHolders(over: hazard.class, in: hazard.grid, on: self.act.today, in: state)
    let offices = officesOfCaller
    guard
      let power = holders.first(where: { holder in
        offices.contains { $0.grid == holder.grid && $0.grant.isFor(holder.office) }
      })
    else {
      let names = holders.map { holder in
        "\(holder.grid) \(holder.office)" + (holder.delegation.map { " (\($0.document))" } ?? "")
      }
      let text = names.isEmpty ? "nobody, as far as lists of powers are published" : names.joined(separator: "; ")
      throw .noPower(
        NoPower(event: row.event, class: hazard.class, grid: hazard.grid, holders: String(text.prefix(500))))
    }
    act.power = power
    state.put(IllegalActsTable.self, act)
  }

  /// Where the caller is an officer, with a say in this case. Grid members and enterprises are no office; who serves the whole
  /// region acts for the county.
  private var officesOfCaller: [(grid: GridCode, grant: Grant)] {
    let county = hazard.grid.ancestor(atDepth: 1)
    return act.caller.grants(for: act.method, in: .grid(hazard.grid)).compactMap { grant in
      guard grant.role != .gridMember, grant.role != .enterprise else { return nil }
      let office = grant.grid ?? county
      // Who settles it on the spot holds no case yet.
      return stateBefore == nil || office.contains(hazard.holder) ? (office, grant) : nil
    }
  }
}
