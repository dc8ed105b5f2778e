/// Types that have another name now. A type has no number, so it is known again by `@renamed`, or by its fields or
/// values; an error by its number.
struct Renames {
  struct Rename {
    let kind: Fact.Kind
    let old: String
    let new: String
  }

  /// Records and enums.
  private(set) var types: [Rename] = []
  private var names: [String: String] = [:]

  init(old: [Fact], new: [Fact]) {
    let now = Dictionary(
      new.filter { $0.kind == .error }.map { ($0.id, $0.attributes[.name] ?? "") },
      uniquingKeysWith: { first, _ in first })
    for error in old where error.kind == .error {
      if let name = now[error.id], let former = error.attributes[.name], name != former { names[former] = name }
    }
    // A record may hold another one that was renamed, too: until nothing more is found.
    while let rename = nextRename(old, new) {
      types.append(rename)
      names[rename.old] = rename.new
    }
  }

  private func nextRename(_ old: [Fact], _ new: [Fact]) -> Rename? {
    for kind in [Fact.Kind.enum, .record] {
      let before = Set(old.filter { $0.kind == kind }.map(\.id))
      let after = Set(new.filter { $0.kind == kind }.map(\.id))
      for name in before.subtracting(after).sorted() where names[name] == nil {
        let content = content(of: name, kind, old)
        let taken = Set(names.values)
        let candidates = new.filter { fact in
          fact.kind == kind && !before.contains(fact.id) && !taken.contains(fact.id)
        }
        if let heir = candidates.first(where: { $0.formerNames.contains(Substring(name)) }) {
          return Rename(kind: kind, old: name, new: heir.id)
        }
        for candidate in candidates.map(\.id).sorted() {
          if content == self.content(of: candidate, kind, new) {
            return Rename(kind: kind, old: name, new: candidate)
          }
        }
      }
    }
    return nil
  }

  /// Fields or values by their numbers, with the new names of the types among them.
  private func content(of name: String, _ kind: Fact.Kind, _ facts: [Fact]) -> [String: [Fact.Attribute: String]] {
    let member: Fact.Kind = kind == .enum ? .value : .field
    let members = facts.filter { $0.kind == member && $0.parent == name }
    return Dictionary(
      members.map { (String($0.id.dropFirst(name.count)), applied($0).attributes) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The fact with the new names of all types in it.
  func applied(_ fact: Fact) -> Fact {
    var fact = fact
    let type = fact.parent ?? fact.id
    if let name = names[type], [.record, .enum, .field, .value].contains(fact.kind) {
      fact.id = name + fact.id.dropFirst(type.count)
    }
    for attribute in [Fact.Attribute.type, .request, .response, .record] {
      if let name = fact.attributes[attribute].flatMap({ names[$0] }) { fact.attributes[attribute] = name }
    }
    return fact
  }
}
