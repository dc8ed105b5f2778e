import Bytes
import ProtoJSON
import Support
import Testing

/// A case of one of the files in IDL/conformance, whose README says what its members mean.
struct Vector: Sendable, CustomTestStringConvertible {
  private let members: [String: JSONNode]

  init(_ node: JSONNode) {
    guard case .object(let members) = node.value else { preconditionFailure("\(node.place): no object") }
    self.members = .init(uniqueKeysWithValues: members.map { ($0.key, $0.node) })
  }

  var name: String { text("name")! }
  var testDescription: String { name }

  func node(_ key: String) -> JSONNode? { members[key] }

  func text(_ key: String) -> String? {
    guard case .string(let text) = members[key]?.value else { return nil }
    return text
  }

  func number(_ key: String) -> Int? {
    guard case .number(let text) = members[key]?.value else { return nil }
    return Int(text)
  }

  func truth(_ key: String) -> Bool? {
    guard case .bool(let value) = members[key]?.value else { return nil }
    return value
  }

  func bytes(_ key: String) -> [UInt8]? { text(key).map { [UInt8](hexadecimal: $0)! } }

  /// An object inside.
  func vector(_ key: String) -> Vector? { members[key].map(Vector.init) }

  func vectors(_ key: String) -> [Vector] {
    guard case .array(let elements) = members[key]?.value else { return [] }
    return elements.map(Vector.init)
  }

  /// The cases of a file. A file that cannot be read has none, which a test notices.
  static func file(_ name: String) -> [Vector] {
    let text = IDLFolder.text(of: "conformance/\(name)")
    guard let node = try? JSONNode(parsing: text), case .array(let elements) = node.value else { return [] }
    return elements.map(Vector.init)
  }
}

@Suite struct VectorFileTests {
  @Test(arguments: [("messages.json", 400), ("frames.json", 85), ("calls.json", 180)])
  func `each file has its cases, with names of their own and reasons`(name: String, least: Int) {
    let cases = Vector.file(name)
    #expect(cases.count >= least)
    #expect(Set(cases.map(\.name)).count == cases.count)
    for vector in cases { #expect(vector.text("why")?.isEmpty == false, "\(vector.name)") }
  }
}
