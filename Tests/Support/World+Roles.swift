package import Records

// Tables of state × event × role: who may do what, in golden files.

extension World {
  /// What becomes of one event in this world for each person who tries it, in lines: those who are refused for where they stand
  /// are left out, those with the same outcome share a line, and an outcome that all share stands beside the event.
  ///
  /// - Parameter attempt: tries it in a copy of the world, and says what came of it.
  package func outcomes(
    of event: String, by people: [Person] = World.people,
    _ attempt: (inout World, _ person: String) throws -> String
  ) throws -> [String] {
    var ids: [String: [String]] = [:]
    for person in people {
      var trial = self
      ids[try attempt(&trial, person.id), default: []].append(person.id)
    }
    ids["refused, PermissionDenied"] = nil
    if ids.count == 1, let (outcome, _) = ids.first,
      outcome.hasSuffix("Invalid") || outcome.hasSuffix("InvalidTransition")
    {
      return ["  \(event): \(outcome)"]
    }
    return ["  \(event)"]
      + ids.sorted { $0.key < $1.key }.map { outcome, ids in "    \(ids.joined(separator: " ")): \(outcome)" }
  }

  /// Who the people of such a table are.
  package static func cast(_ people: [Person] = World.people) -> [String] {
    ["Whoever does not stand there is refused, PermissionDenied. The people, their roles and places:"]
      + people.map { person in
        let grant = person.grants[0]
        return "  \(person.id): \(grant.role.name), \(grant.grid.map { "\($0)" } ?? "everywhere")"
      }
  }
}
