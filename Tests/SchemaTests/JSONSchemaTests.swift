import Bytes
import Foundation
import ProtoJSON
import Records
import Schema
import Testing

/// The JSON Schema says of a request what the daemon says.
@Suite struct JSONSchemaTests {
  private let document: [String: Any] = {
    let file = Language.all.first { $0.name == "json-schema" }!.files(OurIDL.safegrid)[0]
    return (try? JSONSerialization.jsonObject(with: Data(file.text.utf8)) as? [String: Any]) ?? [:]
  }()

  /// The words of JSON Schema that the emitter writes; any other one fails.
  private func isValid(_ value: Any, _ schema: [String: Any]) throws -> Bool {
    try schema.allSatisfy { word, argument in
      switch (word, argument) {
      case ("description", _), ("contentEncoding", _), ("deprecated", _), ("examples", _): return true
      case ("$ref", let reference as String):
        let definitions = try #require(document["$defs"] as? [String: [String: Any]])
        let name = try #require(reference.split(separator: "/").last.map(String.init))
        return try isValid(value, try #require(definitions[name], "\(reference)"))
      case ("anyOf", let choices as [[String: Any]]): return try choices.contains { try isValid(value, $0) }
      case ("enum", let names as [String]): return (value as? String).map(names.contains) ?? false
      case ("type", let type as String):
        switch type {
        case "object": return value is [String: Any]
        case "array": return value is [Any]
        case "string": return value is String
        case "boolean": return value is Bool
        case "integer": return !(value is Bool) && (value as? Double).map { $0 == $0.rounded() } ?? false
        case "number": return !(value is Bool) && value is Double
        default: throw Unknown(word: type)
        }
      case ("properties", let properties as [String: [String: Any]]):
        return try ((value as? [String: Any]) ?? [:]).allSatisfy { key, value in
          try properties[key].map { try isValid(value, $0) } ?? true
        }
      case ("additionalProperties", _):
        let known = (schema["properties"] as? [String: Any]) ?? [:]
        return ((value as? [String: Any]) ?? [:]).keys.allSatisfy { known[$0] != nil }
      case ("required", let names as [String]):
        return names.allSatisfy { (value as? [String: Any])?[$0] != nil }
      case ("items", let items as [String: Any]):
        return try ((value as? [Any]) ?? []).allSatisfy { try isValid($0, items) }
      case ("minItems", let count as Int): return ((value as? [Any]) ?? []).count >= count
      case ("maxItems", let count as Int): return ((value as? [Any]) ?? []).count <= count
      case ("minLength", let count as Int): return (value as? String).map { $0.unicodeScalars.count >= count } ?? true
      case ("maxLength", let count as Int): return (value as? String).map { $0.unicodeScalars.count <= count } ?? true
      case ("minimum", let bound as Double): return (value as? Double).map { $0 >= bound } ?? true
      case ("maximum", let bound as Double): return (value as? Double).map { $0 <= bound } ?? true
      case ("pattern", let pattern as String):
        return try (value as? String).map { try Regex(pattern).firstMatch(in: $0) != nil } ?? true
      default: throw Unknown(word: word)
      }
    }
  }

  private struct Unknown: Error { let word: String }

  private static let good = """
    {"source": "MEMBER_PATROL", "grid": "421222100001001", "class": "消防", "domain": "FIRE", "severity": "GENERAL",
     "urgency": "NORMAL", "description": "堵塞", "enterpriseId": "7", "point": {"longitude": 113.8, "latitude": 29.2},
     "photos": [{"sha256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "takenAt": "2026-03-02T00:30:00.500Z"}]}
    """

  @Test(arguments: [
    ("", ""), ("\"MEMBER_PATROL\"", "\"UNKNOWN\""), ("\"source\": \"MEMBER_PATROL\", ", ""),
    ("421222100001001", "42122210000100"), ("\"grid\": \"421222100001001\", ", ""), ("\"消防\"", "\"\""),
    ("\"堵塞\"", "\"\(String(repeating: "长", count: 2001))\""), ("\"堵塞\"", "\"\(String(repeating: "长", count: 2000))\""),
    ("113.8", "180.5"), ("113.8", "-180"), ("\"7\"", "\"x\""), ("\"7\"", "\"-7\""),
    ("\"enterpriseId\"", "\"enterprise\""),
    ("\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"", "\"AAAA\""), ("\"2026-03-02T00:30:00.500Z\"", "\"yesterday\""),
    ("\"photos\": [", "\"photos\": [{}, "), ("113.8", "\"east\""), ("113.8", "true"),
  ])
  func `a request is valid where the daemon takes it`(old: String, new: String) throws {
    let text = old.isEmpty ? Self.good : Self.good.replacingOccurrences(of: old, with: new)
    #expect(text != Self.good || old.isEmpty)
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    #expect(try isValid(value, ["$ref": "#/$defs/SubmitHazard"]) == isTaken(text))
  }

  private func isTaken(_ text: String) -> Bool {
    guard let node = try? JSONNode(parsing: text),
      let bytes = try? JSONEncoding(OurIDL.safegrid).encode(node, as: "SubmitHazard"),
      let request = try? SubmitHazard(encoded: bytes)
    else { return false }
    do { try request.check() } catch { return false }
    return true
  }

  @Test func `every example is valid where it stands`() throws {
    let definitions = try #require(document["$defs"] as? [String: [String: Any]])
    var count = 0
    for definition in definitions.values {
      for schema in [definition] + ((definition["properties"] as? [String: [String: Any]]) ?? [:]).values {
        for example in (schema["examples"] as? [Any]) ?? [] {
          count += 1
          #expect(try isValid(example, schema), "\(example)")
        }
      }
    }
    #expect(count > 50)
  }

  @Test func `the example of every request is one that the daemon takes`() throws {
    let schema = OurIDL.safegrid
    var count = 0
    for service in schema.services {
      for method in service.methods {
        guard let example = schema.example(of: try #require(schema.record(named: method.request))),
          let number = Method(rawValue: service.number << 8 | method.number)
        else { continue }
        let bytes = try JSONEncoding(schema).encode(try JSONNode(parsing: example.line), as: method.request)
        let request = try bytes.withRawSpan { (span) throws(RecordFault) -> (any CheckedRecord)? in
          if let command = try Command(number, body: span) { return command.request }
          return try Query(number, body: span)?.request
        }
        try #require(request).check()
        count += 1
      }
    }
    #expect(count > 20)
  }

  @Test func `every reference leads to a definition`() throws {
    let definitions = try #require(document["$defs"] as? [String: Any])
    #expect(
      definitions.count == OurIDL.safegrid.records.count + OurIDL.safegrid.errors.count + OurIDL.safegrid.enums.count)
    let text = Language.all.first { $0.name == "json-schema" }!.files(OurIDL.safegrid)[0].text
    for match in text.matches(of: #/"#\/\$defs\/([A-Za-z]*)"/#) { #expect(definitions[String(match.output.1)] != nil) }
  }
}
