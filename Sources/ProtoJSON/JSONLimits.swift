internal import FoundationEssentials
internal import Scalars
package import Schema

/// What the limits of the IDL refuse in a JSON text, each fault at its place. The generated checks of records say the same
/// of their first fault, but know no text; this is for files that people write. It looks only at values of the right
/// type: ``JSONEncoding`` has explained the others.
package struct JSONLimits {
  private let schema: Schema
  private var faults: [JSONFault] = []

  private init(_ schema: Schema) { self.schema = schema }

  /// The faults of the record `name`, in the order of the text; a field that is missing stands at its record's place.
  package static func faults(in node: JSONNode, as name: String, of schema: Schema) -> [JSONFault] {
    var limits = JSONLimits(schema)
    limits.check(node, as: name, path: "")
    return limits.faults.sorted { $0.place < $1.place }
  }

  private mutating func refuse(_ node: JSONNode, _ path: String, _ reason: String, _ chinese: String) {
    faults.append(JSONFault(place: node.place, path: path, reason, chinese))
  }

  private mutating func check(_ node: JSONNode, as name: String, path: String) {
    guard let record = schema.record(named: name), case .object(let members) = node.value else { return }
    for field in record.fields {
      let inner = path.isEmpty ? field.name : "\(path).\(field.name)"
      let member = members.first { record.field(keyed: $0.key)?.number == field.number && !$0.node.isNull }
      guard let member, !isEmpty(member.node, field) else {
        if isMissing(field) { refuse(member?.node ?? node, inner, "is missing", "缺失") }
        continue
      }
      check(member.node, field, path: inner)
    }
  }

  private func isEmpty(_ node: JSONNode, _ field: Field) -> Bool {
    switch node.value {
    case .string(let text): text.isEmpty || field.type.isEnumeration && text.lowercased() == "unspecified"
    case .array(let elements): elements.isEmpty
    default: false
    }
  }

  /// Whether a record without the field is refused. A number that is left out is 0, and a record an empty one.
  private func isMissing(_ field: Field) -> Bool {
    guard case .record(let name) = field.type, field.shape == .single else { return field.isRequired }
    return schema.record(named: name)?.fields.contains { isMissing($0) } ?? false
  }

  private mutating func check(_ node: JSONNode, _ field: Field, path: String) {
    switch (field.shape, node.value) {
    case (.list, .array(let elements)):
      count(elements.count, field.limits.length, ("elements", "项"), node, path)
      for (index, element) in elements.enumerated() {
        check(element, field.type, field.limits, length: field.limits.each, path: "\(path)[\(index)]")
      }
    case (.map, .object(let members)):
      count(members.count, field.limits.length, ("entries", "项"), node, path)
      for member in members {
        let inner = "\(path).\(member.key)"
        count(member.key.unicodeScalars.count, field.limits.keys, ("characters", "个字符"), node, inner)
        check(member.node, field.type, field.limits, length: field.limits.each, path: inner)
      }
    case (.single, _), (.optional, _):
      check(node, field.type, field.limits, length: field.limits.length, path: path)
    default: return
    }
  }

  private mutating func count(
    _ count: Int, _ allowed: ClosedRange<Int64>?, _ unit: (english: String, chinese: String), _ node: JSONNode,
    _ path: String
  ) {
    guard let allowed, !allowed.contains(Int64(count)) else { return }
    let (least, most) = (allowed.lowerBound, allowed.upperBound)
    refuse(
      node, path, "has \(count) \(unit.english); \(least == most ? "\(least)" : "\(least) to \(most)") are allowed",
      "有\(count)\(unit.chinese)，应为\(least == most ? "\(least)" : "\(least)至\(most)")\(unit.chinese)")
  }

  private mutating func check(
    _ node: JSONNode, _ type: ValueType, _ limits: FieldLimits, length: ClosedRange<Int64>?, path: String
  ) {
    switch (type, node.value) {
    case (.record(let name), _): check(node, as: name, path: path)
    case (.scalar(.text), .string(let text)):
      count(text.unicodeScalars.count, length, ("characters", "个字符"), node, path)
      if text.unicodeScalars.contains("\0") { refuse(node, path, "holds the character U+0000", "含有字符U+0000") }
      if let pattern = limits.pattern, !pattern.matches(text) {
        refuse(node, path, "\"\(text)\" is not of the form \(pattern.source)", "“\(text)”不符合格式\(pattern.source)")
      }
    case (.scalar(.bytes), .string(let text)):
      count(Data(base64Encoded: text)?.count ?? 0, length, ("bytes", "字节"), node, path)
    case (.scalar(let scalar), .number(let text)), (.scalar(let scalar), .string(let text)):
      guard scalar.isNumber, let value = Double(text) else { return }
      if let min = limits.min, value < Double(min) {
        refuse(node, path, "\(text) is less than \(min)", "\(text)小于\(min)")
      }
      if let max = limits.max, value > Double(max) {
        refuse(node, path, "\(text) is more than \(max)", "\(text)大于\(max)")
      }
    case (.enumeration(let name), .number(let text)):
      if Int32(text).flatMap({ schema.enumeration(named: name)?.value(numbered: $0) }) == nil {
        refuse(node, path, "\(text) is no value of \(name)", "\(text)不是\(name)的值")
      }
    default: return
    }
  }
}

extension JSONNode {
  fileprivate var isNull: Bool { if case .null = value { true } else { false } }

  /// What stands at a path such as `hazard.classes[3].name`, or, where the text ends before, what should hold it.
  package func node(at path: String) -> JSONNode {
    var node = self
    for step in path.split(whereSeparator: { ".[]".contains($0) }) {
      switch node.value {
      case .object(let members):
        let wanted = String(step).snakeCased
        guard let member = members.first(where: { $0.key.snakeCased == wanted }) else { return node }
        node = member.node
      case .array(let elements):
        guard let index = Int(step), elements.indices.contains(index) else { return node }
        node = elements[index]
      default: return node
      }
    }
    return node
  }
}

extension ValueType {
  fileprivate var isEnumeration: Bool { if case .enumeration = self { true } else { false } }
}
