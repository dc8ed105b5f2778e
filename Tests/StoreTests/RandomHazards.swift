import API
import Bytes
import Example
import Records
import Scalars
import Support

/// Random hazards under few keys, so that records change and move between indexes.
struct RandomHazards {
  private let records = RandomRecords(Interface.schema)

  static let idsEnd: UInt64 = 31
  private static let cells = [
    "421222100001001", "421222100001002", "421222100002000", "421222101001001", "421223100001001",
  ]

  func make(_ random: inout SplitMix64) throws -> Hazard {
    var hazard = try Hazard(encoded: records.encoding(of: "Hazard", &random))
    hazard.id = 1 + random.next() % (Self.idsEnd - 1)
    hazard.grid = GridCode(random.pick(Self.cells))!
    hazard.holder = hazard.grid.ancestor(atDepth: 1 + Int(random.next() % 3))
    hazard.number = Self.number(of: hazard.id)
    hazard.state = random.pick(HazardState.allKnown)
    hazard.severity = random.pick(HazardSeverity.allKnown)
    hazard.enterpriseId = random.chance(0.5) ? random.next() % 3 : nil
    return hazard
  }

  static func number(of id: UInt64) -> HazardNumber {
    HazardNumber(grid: World.cell, date: Date("2026-03-02")!, sequence: UInt32(id))
  }

  /// One of the places, or one above.
  static func grid(_ random: inout SplitMix64) -> GridCode {
    GridCode(random.pick(cells))!.ancestor(atDepth: 1 + Int(random.next() % 3))
  }
}
