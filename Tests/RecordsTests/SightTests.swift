import Records
import Scalars
import Testing

/// What a caller is shown of what is `@sensitive`.
@Suite struct SightTests {
  private static let cell = GridCode("421222100001001")!
  private static let village = GridCode("421222100001000")!
  private static let county = GridCode("421222000000000")!

  private func phone(_ grants: [Grant], in scope: GridScope, _ phone: String? = "13812345678") -> String? {
    var contact = Contact(person: "x", name: "x", phone: phone)
    contact.mask(for: Caller(principal: "x", grants: grants).sight(in: scope))
    return contact.phone
  }

  @Test func `a number is shown as a whole, in part or not at all, as the roles over the place say`() {
    for role in Role.allKnown {
      let wanted: String? =
        switch role {
        case .emergencyBureau, .committeeOffice, .commandCentre: "13812345678"
        case .gridMember, .villageOfficer, .townshipOfficer, .departmentOfficer: "138****5678"
        default: nil
        }
      // Over all of the place.
      for grid in [nil, Self.county, Self.village] {
        #expect(
          phone([Grant(role: role, grid: grid)], in: .grid(Self.village)) == wanted,
          "\(role) of \(grid?.description ?? "*")")
      }
      // Elsewhere, or over a part of it only.
      for grid in [Self.cell, GridCode("421222101000000")!] {
        #expect(phone([Grant(role: role, grid: grid)], in: .grid(Self.village)) == nil)
      }
      // What belongs to no place is shown by a role over everything.
      #expect(phone([Grant(role: role, grid: Self.county)], in: .region) == nil)
      #expect(phone([Grant(role: role)], in: .region) == wanted)
    }
    let both = [Grant(role: .gridMember, grid: Self.cell), Grant(role: .emergencyBureau, grid: Self.village)]
    #expect(phone(both, in: .grid(Self.cell)) == "13812345678")
    #expect(phone([], in: .grid(Self.cell)) == nil)
    #expect(Caller(principal: "x", grants: [Grant(role: .administrator)]).sight(in: .region).isWhole)
    #expect(
      !Caller(principal: "x", grants: [Grant(role: .administrator, grid: Self.county)]).sight(in: .region).isWhole)
  }

  @Test(arguments: [
    ("13812345678", "138****5678"), ("07154320001", "071****0001"), ("+8613812345678", "+86*******5678"),
    ("8520001", "*******"), ("", ""), ("1381234567", "**********"), ("１３８１２３４５６７８", "１３８****５６７８"),
  ])
  func `of a number in part at least four characters are hidden, and of a short one all`(whole: String, part: String) {
    #expect(whole.partlyShown == part)
    #expect(phone([Grant(role: .gridMember)], in: .region, whole) == part)
  }
}
