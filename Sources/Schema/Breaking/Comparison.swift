/// What an interface was and what it is, compared by numbers: names only count where a type has nothing else.
package struct Comparison {
  package private(set) var findings: [Finding] = []
  /// The facts of the new interface, and retired all that was published before and is gone.
  package private(set) var accepted: [Fact] = []

  private let old: [Fact]
  private let new: [Fact]
  private let newByKey: [Fact.Key: Fact]
  private let usage: Usage

  /// - Parameters:
  ///   - published: the facts of the lock.
  ///   - schema: the interface as it is now.
  package init(published: [Fact], schema: Schema) {
    new = schema.facts()
    newByKey = Dictionary(new.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let renames = Renames(old: published.filter { !$0.isRetired }, new: new)
    old = published.map(renames.applied)
    usage = Usage(facts: old.filter { !$0.isRetired })
    for rename in renames.types { compare(rename) }
    let containers = Set(new.compactMap(\.asContainer))
    for fact in old where !fact.isRetired {
      if let now = newByKey[fact.key] {
        compare(fact, now)
      } else if fact.container.map(containers.contains) ?? true {
        // What is gone together with its container is not named by itself.
        report(.removed, fact, at: fact.location, "\(fact.title) is gone")
      }
    }
    compareAdditions()
    let gone = old.filter { newByKey[$0.key] == nil }.map { fact in
      var fact = fact
      fact.isRetired = true
      return fact
    }
    accepted = (new + gone).inLockOrder
    findings = findings.inOrder
  }

  /// Numbers that are not in `old`, retired or not.
  private mutating func compareAdditions() {
    let known = Dictionary(old.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let containers = Set(old.filter { !$0.isRetired }.compactMap(\.asContainer))
    let choices = Set(new.filter { $0.kind == .enum || $0.attributes[.union] != nil }.map(\.id))
    for fact in new {
      let former = known[fact.key]
      switch (former, fact.kind) {
      case (.some(let former), _) where !former.isRetired: continue
      // A type has no number that could be used again; its fields and values have.
      case (.some, .record), (.some, .enum): continue
      case (.some(let former), .field), (.some(let former), .value), (.some(let former), .error),
        (.some(let former), .service), (.some(let former), .method), (.some(let former), .table):
        // What comes back as it was is welcome.
        if former.attributes == fact.attributes { continue }
        report(.reused, fact, at: fact.location, "\(fact.title) has the number of \(former.title), which is retired")
      default:
        guard fact.container.map(containers.contains) ?? true else { continue }
        let change: Change = fact.kind == .field && Self.isRequired(fact, choices) ? .requiredAdded : .added
        report(change, fact, at: fact.location, "\(fact.title) is new")
      }
    }
  }

  /// Whether a request without the field is refused.
  private static func isRequired(_ field: Fact, _ choices: Set<String>) -> Bool {
    if let length = field.attributes[.length], field.attributes[.shape] != "optional" {
      return !length.hasPrefix("0..")
    }
    guard field.attributes[.shape] == nil, let type = field.attributes[.type] else { return false }
    if let scalar = Scalar(rawValue: type) {
      if scalar.isNumber {
        let min = field.attributes[.min].flatMap(Int64.init) ?? .min
        let max = field.attributes[.max].flatMap(Int64.init) ?? .max
        return min > 0 || max < 0
      }
      return Scalar.domain.contains(scalar) && scalar != .fen
    }
    // An enum or union must say something; of a record that is left out, every field is at its default.
    return choices.contains(type)
  }

  private mutating func compare(_ rename: Renames.Rename) {
    let message = "\(rename.kind.rawValue) \(rename.old) is called \(rename.new) now"
    let fact = newByKey[Fact.Key(kind: rename.kind, id: rename.new)]!
    report(.renamed, fact, at: fact.location, message)
  }

  private mutating func compare(_ old: Fact, _ new: Fact) {
    func said(_ attribute: Fact.Attribute) -> String {
      "\(new.title): \(attribute.rawValue) was \(old.attributes[attribute] ?? "none"), is "
        + "\(new.attributes[attribute] ?? "none")"
    }
    for attribute in Fact.Attribute.allCases where old.attributes[attribute] != new.attributes[attribute] {
      guard let change = Self.change(attribute, old, new) else { continue }
      report(change, old, at: new.location, said(attribute))
    }
  }

  /// What a different attribute amounts to.
  private static func change(_ attribute: Fact.Attribute, _ old: Fact, _ new: Fact) -> Change? {
    let (before, after) = (old.attributes[attribute], new.attributes[attribute])
    switch attribute {
    case .name:
      return new.formerNames.contains(Substring(before ?? "")) && isNamedByUsers(new) ? .renamedRemembered : .renamed
    case .former:
      let now = new.formerNames.union([Substring(new.attributes[.name] ?? "")])
      return isNamedByUsers(new) && !old.formerNames.isSubset(of: now) ? .formerForgotten : nil
    case .code: return .codeChanged
    case .type:
      let widenings = [["i32", "i64"], ["u32", "u64"], ["i32", "Fen"], ["i64", "Fen"], ["Fen", "i64"]]
      return widenings.contains([before ?? "", after ?? ""]) ? .typeWidened : .typeChanged
    case .shape: return .shapeChanged
    case .length, .each, .keys: return lies(range(before), in: range(after)) ? .limitLoosened : .limitTightened
    case .min: return number(after, or: .min) <= number(before, or: .min) ? .limitLoosened : .limitTightened
    case .max: return number(after, or: .max) >= number(before, or: .max) ? .limitLoosened : .limitTightened
    case .pattern: return after == nil ? .limitLoosened : .limitTightened
    case .sensitive: return .sensitivityChanged
    case .union: return .unionChanged
    case .stored: return after == nil ? .unstored : .stored
    case .english: return .textChanged
    case .chinese: return old.kind == .value ? .relabelled : .textChanged
    case .kind: return .kindChanged
    case .request: return .requestChanged
    case .response: return .responseChanged
    case .stream: return .streamChanged
    case .throws: return .errorsChanged
    case .roles:
      let now = Set((after ?? "").split(separator: ","))
      return now == ["anyone"] || now.isSuperset(of: (before ?? "").split(separator: ",")) ? .widened : .narrowed
    case .scope: return after == nil ? .widened : .narrowed
    case .paginated, .detached: return .schedulingChanged
    case .deadline:
      return number(after, or: 0) < number(before, or: 0) ? .deadlineLowered : .deadlineRaised
    case .record: return .recordChanged
    case .key, .unique, .parts: return .keyChanged
    }
  }

  /// Whether JSON, or a call by name, may have a former name.
  private static func isNamedByUsers(_ fact: Fact) -> Bool {
    [.field, .value, .service, .method].contains(fact.kind)
  }

  private static func number(_ text: String?, or absent: Int64) -> Int64 { text.flatMap { Int64($0) } ?? absent }

  /// `1..200`; absent: everything.
  private static func range(_ text: String?) -> ClosedRange<Int64> {
    let bounds = (text ?? "").split(separator: ".").compactMap { Int64($0) }
    return bounds.count == 2 ? bounds[0]...bounds[1] : .min ... .max
  }

  private static func lies(_ inner: ClosedRange<Int64>, in outer: ClosedRange<Int64>) -> Bool {
    outer.lowerBound <= inner.lowerBound && inner.upperBound <= outer.upperBound
  }

  private mutating func report(_ change: Change, _ fact: Fact, at location: Location, _ message: String) {
    let row = BreakingTable.row(fact.kind, change)
    let levels = BreakingLevel.allCases.filter { level in
      let extent =
        switch level {
        case .source: row.source
        case .wire: row.wire
        case .storage: row.storage
        }
      return extent.map { applies($0, to: fact) } ?? false
    }
    guard !levels.isEmpty else { return }
    findings.append(
      Finding(rule: row.rule, location: location, message: "\(message): \(row.reason)", levels: levels))
  }

  private func applies(_ extent: BreakingRow.Extent, to fact: Fact) -> Bool {
    // What a field or a value breaks, the use of its type decides.
    let type = fact.parent ?? fact.id
    switch extent {
    case .always: return true
    case .inRequests: return usage.requests.contains(type)
    case .inReplies: return usage.replies.contains(type)
    case .onWire: return usage.requests.contains(type) || usage.replies.contains(type)
    case .inFiles: return usage.files.contains(type)
    case .inCommands: return fact.attributes[.kind] == MethodDeclaration.Kind.command.rawValue
    }
  }
}

extension Fact {
  /// What the fact is inside of; the fields of a record and of an error look alike.
  fileprivate var container: String? {
    guard let parent else { return nil }
    switch kind {
    case .field, .value: return "type \(parent)"
    case .method: return "service \(parent)"
    case .index, .aggregate: return "table \(parent)"
    default: return nil
    }
  }

  /// What facts inside this one call it.
  fileprivate var asContainer: String? {
    switch kind {
    case .record, .enum: "type \(id)"
    case .error: "type \(attributes[.name] ?? "")"
    case .service: "service \(id)"
    case .table: "table \(id)"
    default: nil
    }
  }
}
