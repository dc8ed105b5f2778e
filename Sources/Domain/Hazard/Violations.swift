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
      throw .invalid(
        "illegal_act.act", "the profile's illegalActs has no \"\(reported.act)\"", "配置方案illegalActs中没有“\(reported.act)”"
      )
    }
    guard reported.identityHash == nil || reported.by == .person else {
      throw .invalid("illegal_act.identity_hash", "only a person has one", "仅个人违法填写")
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
      let known = Label(
        String(names.joined(separator: "; ").prefix(500)), String(names.joined(separator: "；").prefix(500)))
      let nobody = Label("nobody, as far as lists of powers are published", "已公布的权力清单中没有")
      throw .noPower(
        NoPower(event: row.event, class: hazard.class, grid: hazard.grid, holders: names.isEmpty ? nobody : known))
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
