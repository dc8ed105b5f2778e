extension SwiftEmitter {
  /// One enum over all errors of the package.
  func refusals() -> String {
    file(imports: ["package import Bytes"]) { code in
      code.line()
      code.line("/// Why the domain says no: every error that the IDL declares, with its fields.")
      code.block("public enum Refusal: Error, Sendable {") { code in
        for error in schema.errors {
          code.documentation(error.record.heading.explanation)
          code.line("case \(Self.caseName(error))(\(error.name))")
        }
      }
      code.line()
      code.block("extension Refusal {") { code in
        code.line("/// The error's number: stable for ever.")
        emitSwitch("public var number: UInt32", into: &code) { error in "case .\(Self.caseName(error)): \(error.number)"
        }
        code.line()
        code.line("/// The error's name in the IDL.")
        emitSwitch("public var name: String", into: &code) { error in "case .\(Self.caseName(error)): \"\(error.name)\""
        }
        code.line()
        code.line("/// gRPC's number of the status that goes with it.")
        emitSwitch("package var statusCode: UInt32", into: &code) { error in
          "case .\(Self.caseName(error)): \(error.code.rawValue)"
        }
        code.line()
        code.line("/// What to tell people.")
        code.block("public var message: Label {") { code in
          code.cases("switch self {") { code in
            for error in schema.errors {
              let binding = error.record.fields.isEmpty ? "" : "(let error)"
              code.line("case .\(Self.caseName(error))\(binding):")
              code.line("  Label(english: \(message(error, error.message.english, "english")),")
              code.line("    chinese: \(message(error, error.message.chinese, "chinese")))")
            }
          }
        }
        code.line()
        code.line("/// The error's fields, encoded.")
        emitSwitch("package var body: [UInt8]", into: &code) { error in
          "case .\(Self.caseName(error))(let error): error.encoded()"
        }
        code.line()
        code.line("/// The error that a status carries; `nil` when this version does not know the number.")
        code.block("package init?(number: UInt32, body: [UInt8]) throws(RecordFault) {") { code in
          code.cases("switch number {") { code in
            for error in schema.errors {
              code.line("case \(error.number): self = .\(Self.caseName(error))(try \(error.name)(encoded: body))")
            }
            code.line("default: return nil")
          }
        }
      }
    }
  }

  static func caseName(_ error: ErrorDeclaration) -> String {
    error.name.prefix(1).lowercased() + error.name.dropFirst()
  }

  private func emitSwitch(_ head: String, into code: inout CodeWriter, _ line: (ErrorDeclaration) -> String) {
    code.block("\(head) {") { code in
      code.cases("switch self {") { code in
        for error in schema.errors { code.line(line(error)) }
      }
    }
  }

  /// `"There is no {what} {id}."` as an interpolated string. What an older daemon says in English only stands so in the
  /// Chinese text.
  private func message(_ error: ErrorDeclaration, _ text: String, _ language: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      result += Self.literal(String(rest[..<open])).dropFirst().dropLast()
      let name = String(rest[rest.index(after: open)..<close])
      if let field = error.record.fields.first(where: { $0.name == name }) {
        let isEnum = if case .enumeration = field.type { true } else { false }
        let value = "error.\(field.name.camelCased)"
        if let label = error.twoLanguages.first(where: { $0.name + ErrorDeclaration.chineseEnding == name }) {
          result += "\\(\(value).isEmpty ? error.\(label.name.camelCased) : \(value))"
        } else {
          result += "\\(\(value)\(isEnum ? ".label.\(language)" : ""))"
        }
      }
      rest = rest[rest.index(after: close)...]
    }
    result += Self.literal(String(rest)).dropFirst().dropLast()
    return "\"\(result)\""
  }
}
