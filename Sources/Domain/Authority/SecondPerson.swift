import Records
import Scalars

extension Act {
  /// Two-person rule: why this person cannot agree as the second one; `nil` when they can. They must be somebody else, who
  /// could have done it too.
  /// - Throws: `unknownPerson`
  func faultOfSecond(
    _ id: String?, in grid: GridCode, _ state: borrowing some State & ~Copyable
  ) throws(Refusal) -> Label? {
    guard let id, id != actor else { return Label("a second person must agree", "须经第二人同意") }
    let person = try requirePerson(id, in: state)
    let second = Caller(principal: id, person: person, grants: person.grants)
    guard second.grants(for: method, in: .grid(grid)).isEmpty else { return nil }
    return Label("\(id) has no role that could do this", "\(id)不具有办理此事项的角色")
  }
}
