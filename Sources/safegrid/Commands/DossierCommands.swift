import API
import ArgumentParser
import Client
import Records
import Scalars

// An object's file 一企一档.

struct EnterprisePutDossierCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put-dossier",
    abstract: "Says what its file holds beyond the ledger 一企一档; what is left out is not known.",
    discussion: """
      Processes and equipment that have to go are put by `safegrid call Enterprise.put_dossier`. Insurance takes insurer, first and \
      last day.
      """)
  @OptionGroup var object: ObjectOptions
  @Option(help: "The registered address 注册地址.") var registeredAddress = ""
  @Option(help: "\(EnterpriseSize.allKnown.map(\.name).joined(separator: ", ")).") var size: EnterpriseSize?
  @Option(help: "Whose policy of liability insurance it has.") var insurer: String?
  @Option(help: "The number of the policy.") var policy = ""
  @Option(help: "The first day of the policy.") var insuredFrom: Date?
  @Option(help: "The last day of the policy.") var insuredTo: Date?
  @Option(help: "Layout and surroundings 空间地理.") var geography = ""
  @Option(help: "Safety facilities 安全设施.") var facilities = ""
  @Option(help: "Stored goods 物品储存.") var storedGoods = ""
  @Option(help: "Rescue forces 救援力量.") var rescueForces = ""
  @Option(help: "The plan for an emergency 处置方案.") var disposalPlan = ""
  @OptionGroup var options: ConnectionOptions

  func validate() throws {
    let insurance: [Any?] = [insurer, insuredFrom, insuredTo]
    guard insurance.allSatisfy({ $0 == nil }) || insurance.allSatisfy({ $0 != nil }) else {
      throw ValidationError("--insurer, --insured-from and --insured-to belong together")
    }
  }

  func run() async throws {
    let session = try await options.open()
    let insurance: SafetyInsurance? =
      if let insurer, let insuredFrom, let insuredTo {
        SafetyInsurance(insurer: insurer, policy: policy, from: insuredFrom, to: insuredTo)
      } else { nil }
    let request = PutEnterpriseDossier(
      id: object.id, expectedVersion: object.expectedVersion, registeredAddress: registeredAddress, size: size,
      insurance: insurance, geography: geography, facilities: facilities, storedGoods: storedGoods,
      rescueForces: rescueForces, disposalPlan: disposalPlan)
    try session.show(try await EnterpriseClient(session.connection).putDossier(request, session.options)) { receipt in
      localized("dossier of \(receipt.id): version \(receipt.version)", "\(receipt.id)的档案：第\(receipt.version)版")
        + lack(receipt.missing)
    }
  }
}

struct EnterpriseDossierCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dossier", abstract: "Shows what its file holds beyond the ledger, and what it lacks.")
  @Argument(help: "The object's number.") var id: UInt64
  @OptionGroup var options: ConnectionOptions

  func run() async throws {
    let session = try await options.open()
    let client = EnterpriseClient(session.connection)
    try session.show(try await client.dossier(ShowEnterprise(id: id), session.options)) { view in
      (view.dossier?.text ?? localized("there is no dossier yet", "尚未建档")) + lack(view.missing)
    }
  }
}

/// What is missing, as a line of its own.
private func lack(_ fields: [DossierField]) -> String {
  let names = fields.map(\.text).joined(separator: localized(", ", "、"))
  return names.isEmpty ? "" : "\n" + localized("missing: ", "缺：") + names
}

extension EnterpriseDossier {
  fileprivate var text: String {
    let policy = insurance.map { "\($0.insurer) \($0.policy) \($0.from) – \($0.to)" }
    let processes = obsolete.map { $0.name + ($0.until.map { localized(" until ", "，截至") + "\($0)" } ?? "") }
    return details([
      (localized("registered address", "注册地址"), registeredAddress), (localized("size", "规模"), size?.text),
      (localized("insurance", "安责险"), policy),
      (localized("to be replaced", "落后工艺装备"), processes.joined(separator: localized("; ", "；"))),
      (localized("layout", "空间地理"), geography), (localized("facilities", "安全设施"), facilities),
      (localized("stored goods", "物品储存"), storedGoods), (localized("rescue forces", "救援力量"), rescueForces),
      (localized("emergency plan", "处置方案"), disposalPlan),
      (localized("version", "版本"), "\(version), \(updatedAt.localDescription), \(updatedBy)"),
    ])
  }
}
