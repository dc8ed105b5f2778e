/// By which roles somebody is shown what is `@sensitive`.
package struct Sight: Sendable, Equatable {
  /// One bit for each number.
  private let roles: UInt64
  /// Who runs the daemon could read its files anyway, and is shown everything; an auditor is not.
  package let isWhole: Bool

  /// Somebody who is shown nothing of it.
  package static let none = Sight(roles: 0, isWhole: false)

  private init(roles: UInt64, isWhole: Bool) {
    self.roles = roles
    self.isWhole = isWhole
  }

  package init(_ roles: [Role], isWhole: Bool = false) {
    // Numbers that this version does not know shift out, and so stand for no role.
    self.init(roles: roles.reduce(0) { $0 | 1 << UInt64(clamping: $1.number) }, isWhole: isWhole)
  }

  package func has(_ asked: [Role]) -> Bool { roles & Sight(asked).roles != 0 }
}

extension Caller {
  /// What the caller is shown of a place: by the roles that they have over all of it. A role elsewhere shows nothing here.
  package func sight(in scope: GridScope) -> Sight {
    Sight(grants.filter { covers($0, scope) }.map(\.role), isWhole: seesSensitiveFields)
  }
}

extension String {
  /// Enough of a number to know it again, and to ask for it, but not to call it: the first three characters and the last four. Of
  /// one that is shorter than a mobile number nothing but its length.
  package var partlyShown: String {
    let hidden = count < 11 ? count : count - 7
    return prefix(count < 11 ? 0 : 3) + String(repeating: "*", count: hidden) + suffix(count < 11 ? 0 : 4)
  }
}
