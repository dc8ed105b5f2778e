internal import API
internal import Domain
package import ProtoJSON
package import Records
internal import Schema

/// Reading a profile: the JSON form of the record `Profile`, with comments.
package enum ProfileFile {
  /// The profiles that ship with the daemon, comments and all: the default first.
  package static let templates: [(name: String, text: String)] = [
    ("tongcheng", String(decoding: PackageResources.tongcheng_json5, as: UTF8.self)),
    ("kaifu", String(decoding: PackageResources.kaifu_json5, as: UTF8.self)),
  ]

  package static func builtIn() throws -> Profile {
    try parse(templates[0].text, name: "the built-in profile")
  }

  package static func read(path: String) throws -> Profile {
    try parse(RecordFile.text("profile", path: path), name: path)
  }

  /// Every fault is said with the file's line.
  package static func parse(_ text: String, name: String) throws -> Profile {
    let check = ProfileCheck(text)
    guard let profile = check.profile, check.faults.isEmpty else { throw ConfigurationFault(name, check.faults) }
    return profile
  }

  /// All that there is to say of a file.
  package static func check(path: String) throws -> ProfileCheck {
    ProfileCheck(try RecordFile.text("profile", path: path))
  }
}

/// What a profile's text says, what is wrong with it, and what it leaves open.
package struct ProfileCheck {
  /// As far as the text can be understood.
  package let profile: Profile?
  /// In the order of the text.
  package let faults: [JSONFault]
  /// Rules that are left out, in the order of the IDL.
  package let unset: [UnsetRule]

  package init(_ text: String) {
    let file: ExaminedFile<Profile> = RecordFile.examine(text)
    var faults = file.faults
    if let node = file.node, let profile = file.record {
      for contradiction in profileFaults(profile) {
        let fault = JSONFault(
          place: node.node(at: contradiction.path).place, path: contradiction.path, contradiction.reason.english,
          contradiction.reason.chinese)
        // Of what could not be read nothing is known, nor which place its neighbours in a list have.
        if !file.faults.contains(where: { $0.isInside(fault.path) || $0.isElement(besides: fault.path) }) {
          faults.append(fault)
        }
      }
      unset = unsetRules(node, profile)
    } else {
      unset = []
    }
    profile = file.record
    self.faults = faults.sorted { $0.place < $1.place }
  }
}

/// A rule that a profile leaves out.
package struct UnsetRule: Equatable {
  /// As the file would have it, for example `hazard.fixGeneral`.
  package let path: String
  /// What the IDL says of it.
  package let meaning: String
  /// What happens without it; absent: what needs it answers `Unconfigured`.
  package let consequence: String?
}

extension JSONFault {
  /// Whether it is about an element of a list in which the other path lies.
  fileprivate func isElement(besides other: String) -> Bool {
    guard path.last == "]", let bracket = path.lastIndex(of: "[") else { return false }
    return other.hasPrefix(path[...bracket])
  }

  fileprivate func isInside(_ outer: String) -> Bool {
    path == outer || path.hasPrefix("\(outer).") || path.hasPrefix("\(outer)[")
  }
}

/// The optional rules that a file does not have; those inside a list belong to its elements, and are no rules.
private func unsetRules(_ node: JSONNode, _ profile: Profile) -> [UnsetRule] {
  var rules: [UnsetRule] = []
  func look(into name: String, _ node: JSONNode?, _ path: String) {
    guard let record = Interface.schema.record(named: name) else { preconditionFailure("no record \(name)") }
    let members = if case .object(let members)? = node?.value { members } else { [] as [JSONNode.Member] }
    for field in record.fields {
      let inner = path.isEmpty ? field.name.camelCased : "\(path).\(field.name.camelCased)"
      let value = members.first { record.field(keyed: $0.key)?.number == field.number && !$0.node.isEmpty }?.node
      if case .record(let name) = field.type, !field.isMany, value != nil || !field.isOptional {
        look(into: name, value, inner)
      } else if value == nil, let rule = UnsetRule(field, inner) {
        rules.append(rule)
      }
    }
  }
  look(into: "Profile", node, "")
  // Steps say more than the least score of each grade, which nobody asks for then.
  if !profile.credit.steps.isEmpty { rules.removeAll { $0.path.hasPrefix("credit.grade") } }
  if let listing = profile.listing {
    for grade in 1...4 as ClosedRange<UInt32> where !listing.levels.contains(where: { $0.majorGrade == grade }) {
      let meaning = "Whose committee lists a major hazard of grade \(grade)."
      rules.append(UnsetRule(path: "listing.levels", meaning: meaning, consequence: nil))
    }
  }
  for kind in CreditKind.allKnown where !profile.credit.points.contains(where: { $0.kind == kind }) {
    let meaning = "How many points \(kind.label.english) \(kind.label.chinese) weighs."
    rules.append(
      UnsetRule(
        path: "credit.points[\(kind.name)]", meaning: meaning,
        consequence: "whoever has one in their file has no score: it answers `Unconfigured`."))
  }
  if let reward = profile.report?.reward {
    for grade in AccidentGrade.allKnown where !reward.perDeath.contains(where: { $0.grade == grade }) {
      let meaning = "The reward for each death of a concealed accident, \(grade.label.english) \(grade.label.chinese)."
      rules.append(UnsetRule(path: "report.reward.perDeath[\(grade.name)]", meaning: meaning, consequence: nil))
    }
  }
  return rules
}

extension UnsetRule {
  /// Every optional field is a rule; a list is one if its documentation says what happens without it.
  fileprivate init?(_ field: Field, _ path: String) {
    let sentences = field.heading.documentation.joined(separator: " ")
    let mark = sentences.firstRange(of: "Left out: ")
    guard field.isOptional || mark != nil else { return nil }
    self.path = path
    meaning = String(sentences[..<(mark?.lowerBound ?? sentences.endIndex)]).trimmed
    consequence = mark.map { String(sentences[$0.upperBound...]) }
  }
}

extension String {
  fileprivate var trimmed: String { last == " " ? String(dropLast()) : self }
}

extension JSONNode {
  fileprivate var isEmpty: Bool {
    switch value {
    case .null: true
    case .array(let elements): elements.isEmpty
    default: false
    }
  }
}
