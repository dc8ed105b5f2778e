import ArgumentParser
import ProtoJSON
import Schema

/// Workflows in the JSON form of the records that `Reflection.workflows` answers: one, a list of them, or its reply.
enum WorkflowFile {
  static func workflows(in file: String) throws -> [WorkflowTable] {
    let text = try readText(file)
    do throws(JSONFault) {
      let node = try JSONNode(parsing: text)
      if let list = member(node, "workflows") { return try elements(list, workflow) }
      if case .array = node.value { return try elements(node, workflow) }
      return [try workflow(node)]
    } catch {
      throw ValidationError("\(file):\(error); write the file with safegrid call Reflection.workflows")
    }
  }

  private static func workflow(_ node: JSONNode) throws(JSONFault) -> WorkflowTable {
    WorkflowTable(
      title: try term(required(node, "title")), states: try elements(member(node, "states"), term),
      rows: try elements(member(node, "rows"), row))
  }

  private static func row(_ node: JSONNode) throws(JSONFault) -> WorkflowTable.Row {
    WorkflowTable.Row(
      event: try term(required(node, "event")), from: try elements(member(node, "from"), text),
      next: try member(node, "next").map(text), who: try term(required(node, "who")),
      roles: try elements(member(node, "roles"), text), guards: try elements(member(node, "guards"), term),
      deadline: try term(required(node, "deadline")), effects: try elements(member(node, "effects"), term))
  }

  private static func term(_ node: JSONNode) throws(JSONFault) -> WorkflowTable.Term {
    func label(_ key: String) throws(JSONFault) -> String { try member(node, key).map(text) ?? "" }
    return WorkflowTable.Term(
      name: try text(required(node, "name")), english: try label("english"), chinese: try label("chinese"))
  }

  // MARK: JSON

  private static func member(_ node: JSONNode, _ key: String) -> JSONNode? {
    guard case .object(let members) = node.value else { return nil }
    return members.first { $0.key == key }?.node
  }

  private static func required(_ node: JSONNode, _ key: String) throws(JSONFault) -> JSONNode {
    guard let member = member(node, key) else { throw JSONFault(place: node.place, path: key, "is missing", "缺失") }
    return member
  }

  /// What is not there is empty, as ProtoJSON has it.
  private static func elements<Element>(
    _ node: JSONNode?, _ element: (JSONNode) throws(JSONFault) -> Element
  ) throws(JSONFault) -> [Element] {
    guard let node else { return [] }
    guard case .array(let nodes) = node.value else {
      throw JSONFault(place: node.place, path: "", "a list is needed here", "此处须为列表")
    }
    var elements: [Element] = []
    for node in nodes { elements.append(try element(node)) }
    return elements
  }

  private static func text(_ node: JSONNode) throws(JSONFault) -> String {
    guard case .string(let text) = node.value else {
      throw JSONFault(place: node.place, path: "", "a string is needed here", "此处须为字符串")
    }
    return text
  }
}
