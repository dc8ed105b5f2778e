import Records
import Scalars

extension Act {
  /// Two-person rule: why this person cannot agree as the second one; `nil` when they can. They must be somebody else, who
  /// could have done it too.
  /// - Throws: `unknownPerson`
  func faultOfSecond(
    _ id: String?, in grid: GridCode, _ state: borrowing some State & ~Copyable
  ) throws(Refusal) -> String? {
    guard let id, id != actor else { return "a second person must agree" }
    let person = try requirePerson(id, in: state)
    let second = Caller(principal: id, person: person, grants: person.grants)
    return second.grants(for: method, in: .grid(grid)).isEmpty ? "\(id) has no role that could do this" : nil
  }
}
