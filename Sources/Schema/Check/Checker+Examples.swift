internal import Bytes
internal import Scalars

/// An example is a value that a request may hold: of the field's type, and inside its limits.
extension Checker {
  mutating func checkExamples(of field: Field) {
    guard let first = field.examples.first else { return }
    if field.examples.count > 1, !field.isList {
      fail(field.examples[1], "\(field.name) is no list; name one value")
    }
    if field.isList, let length = field.limits.length, !length.contains(Int64(field.examples.count)) {
      fail(first, "\(field.name) takes \(length.lowerBound) to \(length.upperBound) elements; name as many")
    }
    if field.mapKey != nil { return fail(first, "a map has none; remove it") }
    for example in field.examples {
      if let fault = fault(of: example.literal, field) { fail(example, fault) }
    }
  }

  private mutating func fail(_ example: ExampleValue, _ message: String) {
    fail(example.location, "@example: \(message)")
  }

  private func fault(of literal: ExampleValue.Literal, _ field: Field) -> String? {
    switch (field.type, literal) {
    case (.record(let name), _):
      return "the example of a \(name) is made of those of its fields; write them there"
    case (.enumeration(let name), .word(let word)):
      let values = schema.enumeration(named: name)?.values.map(\.name) ?? []
      return values.contains(word) ? nil : "\(name) has no value \(word); name one\(didYouMean(word, values))"
    case (.enumeration, _): return "name a value of the enum, without quotes"
    case (.scalar(.bool), .word("true")), (.scalar(.bool), .word("false")): return nil
    case (.scalar(.bool), _): return "write true or false"
    case (.scalar(let scalar), .integer(let value)) where scalar.isInteger || scalar == .fen:
      return fault(of: Double(value), field.limits) ?? (scalar.range?.contains(value) == false ? outside : nil)
    case (.scalar(.f64), .integer(let value)): return fault(of: Double(value), field.limits)
    case (.scalar(.f64), .text(let text)):
      guard let value = Double(text), value.isFinite else {
        return "\"\(text)\" is no number; write one such as \"113.8\""
      }
      return fault(of: value, field.limits)
    case (.scalar(let scalar), _) where scalar.isNumber || scalar == .fen: return "write a number"
    case (.scalar(let scalar), .text(let text)): return fault(of: text, scalar, field)
    case (.scalar, _): return "write it in quotes"
    }
  }

  private var outside: String { "the value lies outside of what the field takes; change one of the two" }

  private func fault(of value: Double, _ limits: FieldLimits) -> String? {
    let isInside = limits.min.map { Double($0) <= value } ?? true && limits.max.map { value <= Double($0) } ?? true
    return isInside ? nil : outside
  }

  private func fault(of text: String, _ scalar: Scalar, _ field: Field) -> String? {
    let length = field.isList ? field.limits.each : field.limits.length
    do throws(RecordFault) {
      switch scalar {
      case .text:
        let isRight =
          length?.contains(Int64(text.unicodeScalars.count)) != false && field.limits.pattern?.matches(text) != false
        return isRight ? nil : outside
      case .bytes:
        guard let count = Self.base64Count(text) else { return "\"\(text)\" is not base64; write bytes so" }
        return length?.contains(count) != false ? nil : outside
      case .gridCode: _ = try GridCode(parsing: text)
      case .uscc: _ = try USCC(parsing: text)
      case .hazardNumber: _ = try HazardNumber(parsing: text)
      case .instant: _ = try Instant(parsing: text)
      case .date: _ = try Date(parsing: text)
      case .term: _ = try Term(parsing: text)
      case .bool, .i32, .i64, .u32, .u64, .f64, .fen: preconditionFailure("\(scalar) is written without quotes")
      }
      return nil
    } catch {
      return "\(error.reason); write a \(scalar.rawValue)"
    }
  }

  /// How many bytes the text stands for; absent when it is not base64.
  private static func base64Count(_ text: String) -> Int64? {
    let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    let isRight =
      text.utf8.count % 4 == 0 && padding <= 2
      && text.utf8.dropLast(padding).allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
          true
        default: false
        }
      }
    return isRight ? Int64(text.utf8.count / 4 * 3 - padding) : nil
  }
}
