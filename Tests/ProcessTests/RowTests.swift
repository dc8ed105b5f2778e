import API
import Client
import Foundation
import RPC
import Records
import Scalars
import Support
import Testing
import Transport

/// Lists in which some rows are not the caller's: who may ask is not all that is asked.
@Suite struct RowTests {
  private static let uscc = USCC("91421222MA40006370")!
  private static let cell = GridCode("421222100001001")!
  private static let elsewhere = GridCode("421222100001002")!

  private let daemon: Daemon
  private let connection: Connection

  /// An enterprise that moved from the one cell to the other, with a case in each; and a case in the first that is none
  /// of its.
  init() async throws {
    daemon = try Daemon()
    try daemon.setUp()
    connection = try await Connection.connect(to: Endpoint(daemon.endpoint)!)
    try await move(to: Self.cell)
    let people = [
      ("county", #"{"role":"COMMITTEE_OFFICE","grid":"421222000000000"}"#, ""),
      ("reporter", #"{"role":"TOWNSHIP_OFFICER","grid":"421222000000000"}"#, ""),
      ("owner", #"{"role":"ENTERPRISE","grid":"421222000000000"}"#, #","enterpriseId":1"#),
    ].map { #"{"id":"\#($0)","name":"x","grants":[\#($1)]\#($2)}"# }
    let put = try daemon.safegrid("call", "Person.put", #"{"persons":[\#(people.joined(separator: ","))]}"#)
    try #require(put.status == 0, "\(put.errors)")
    _ = try await report(in: Self.cell, of: 1)
    _ = try await report(in: Self.cell, of: nil)
    try await move(to: Self.elsewhere)
    _ = try await report(in: Self.elsewhere, of: 1)
  }

  private func move(to grid: GridCode) async throws {
    let row = EnterpriseRow(
      uscc: "\(Self.uscc)", name: "甲厂", type: .enterprise, grid: grid, riskLevel: .yellow)
    _ = try await EnterpriseClient(connection).import(ImportEnterprises(rows: [row]))
  }

  private func report(in grid: GridCode, of enterprise: UInt64?) async throws -> HazardNumber {
    let request = SubmitHazard(
      source: .memberPatrol, enterpriseId: enterprise, grid: grid, class: "消防", domain: .fire, severity: .general,
      urgency: .normal, description: "堵塞", photos: [Attachment(sha256: [UInt8](repeating: 0, count: 32))],
      isAnother: true)
    return try await HazardClient(connection).submit(request, CallOptions(actingFor: "reporter")).number
  }

  private func ofEnterprise(_ person: String) async throws -> [GridCode] {
    let request = EnterpriseHazards(enterpriseId: 1)
    return try await HazardClient(connection).ofEnterprise(request, CallOptions(actingFor: person)).hazards.map(\.grid)
  }

  @Test func `whose grid an enterprise is in now sees of its cases those of that grid`() async throws {
    #expect(try await ofEnterprise("vs1") == [Self.cell, Self.elsewhere])
    #expect(try await ofEnterprise("gm2") == [Self.elsewhere])
    // Of the place that it left, nothing can be asked about it.
    let refused = await #expect(throws: CallFailure.self) { _ = try await ofEnterprise("gm1") }
    #expect(refused?.code == .permissionDenied)
  }

  @Test func `an enterprise sees itself and its own cases, in whatever list of the county`() async throws {
    let county = GridCode("421222000000000")!
    let (owner, office) = (CallOptions(actingFor: "owner"), CallOptions(actingFor: "county"))
    #expect(try await HazardClient(connection).list(ListHazards(grid: county), office).hazards.count == 3)
    let own = try await HazardClient(connection).list(ListHazards(grid: county), owner).hazards
    #expect(own.map(\.enterpriseId) == [1, 1])
    let states = ListHazards(grid: county, states: [.reported])
    #expect(try await HazardClient(connection).list(states, office).hazards.count == 3)
    #expect(try await HazardClient(connection).list(states, owner).hazards.count == 2)
    let other = EnterpriseRow(name: "乙店", type: .individualBusiness, grid: Self.cell, riskLevel: .blue)
    _ = try await EnterpriseClient(connection).import(ImportEnterprises(rows: [other]))
    #expect(try await EnterpriseClient(connection).list(ListEnterprises(grid: county), office).enterprises.count == 2)
    #expect(
      try await EnterpriseClient(connection).list(ListEnterprises(grid: county), owner).enterprises.map(\.id) == [1])
    #expect(try await ofEnterprise("owner").count == 2)
  }
}
