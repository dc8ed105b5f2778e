internal import Domain
package import Engine
package import Records
package import Scalars
internal import Support

/// The county in which simulated people act: the same as ``World``'s, made by commands.
package enum County {
  /// What a new store needs before anybody can report a hazard.
  package static func founding(isTestStore: Bool = true) -> [PendingCommand] {
    let rows = [
      DivisionRow(code: "421222", name: "通城县", level: 3), DivisionRow(code: "421222100", name: "隽水镇", level: 4),
      DivisionRow(code: "421222100001", name: "雁塔社区", level: 5),
      DivisionRow(code: "421222100002", name: "银城社区", level: 5),
      DivisionRow(code: "421222101", name: "麦市镇", level: 4), DivisionRow(code: "421222101001", name: "麦市社区", level: 5),
    ]
    let enterprises = (1...3).map {
      EnterpriseRow(name: "厂\($0)", type: .enterprise, grid: World.cell, riskLevel: .blue)
    }
    let commands: [(Command, String?)] = [
      (.adminStartTestClock(ClockReading(now: Life.clockStart)), nil),
      (.adminActivateProfile(ActivateProfile(profile: World.profile)), nil),
      (.gridOpenEdition(OpenEdition(name: "t")), "admin"),
      (.gridStageDivisions(StageDivisions(edition: 1, rows: rows)), "admin"),
      (.gridActivateEdition(ActivateEdition(edition: 1, rowCount: 6)), "admin"),
      (.gridPutCells(PutCells(village: World.village, cells: [CellRow(code: World.cell, name: "a")])), "admin"),
      (
        .gridPutCells(PutCells(village: World.otherCell.parent!, cells: [CellRow(code: World.otherCell, name: "a")])),
        "admin"
      ),
      (.enterpriseImport(ImportEnterprises(rows: enterprises)), "admin"),
      (.personPut(PutPersons(persons: World.people)), "admin"),
    ]
    return commands.dropFirst(isTestStore ? 0 : 1).map { command, person in pending(command, by: person, key: nil) }
  }

  /// - Parameters:
  ///   - person: "admin" is the gateway as itself; without a person the daemon acts.
  ///   - key: 16 bytes; none for what is not repeated.
  package static func pending(_ command: Command, by person: String?, key: [UInt8]?) -> PendingCommand {
    PendingCommand(
      command: command, principal: person == nil ? .system : World.gateway, actingFor: person == "admin" ? nil : person,
      requestKey: key, requestHash: [UInt8](repeating: 1, count: 16), deadline: .now + .seconds(3600), byteCount: 1,
      address: nil)
  }

  /// A request key (UUIDv7) of a moment, of which ``Life/clockStart`` is the test clock's first.
  package static func key(_ serial: UInt64, at time: Instant = Life.clockStart) -> [UInt8] {
    let milliseconds = time.millisecondsSince1970
    return (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) } + [0x70, 0]
      + (0..<8).map { UInt8(truncatingIfNeeded: (serial | 1 << 63) >> (56 - 8 * $0)) }
  }
}
