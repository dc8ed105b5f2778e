extension SwiftEmitter {
  /// An enum with a case for each arm, one for nothing, and one for the arms of newer versions.
  func emit(union: RecordDeclaration, withChecks: Bool, into code: inout CodeWriter) {
    let arms = union.fields.sorted { $0.number < $1.number }
    code.line()
    code.documentation(union.heading.explanation)
    code.block("\(access) enum \(union.name): Sendable {") { code in
      code.line("/// Nothing was said.")
      code.line("case unset")
      for arm in arms {
        code.documentation(arm.explanation)
        code.line("case \(Self.escaped(arm.name.camelCased))(\(swiftType(arm.type)))")
      }
      code.line("/// An arm that a newer version knows, byte for byte.")
      code.line("case unrecognized(UnknownFields)")
      code.line()
      code.line("\(access) init() { self = .unset }")
    }
    code.line()
    code.block("extension \(union.name): WireRecord {") { code in
      emitMerge(arms, ofUnion: union, into: &code)
      code.line()
      code.block("package func encodeFields(into writer: inout ByteWriter) {") { code in
        code.cases("switch self {") { code in
          code.line("case .unset: break")
          for arm in arms {
            code.line("case .\(arm.name.camelCased)(let value): writer.presentField(\(arm.number), value)")
          }
          code.line("case .unrecognized(let arm): writer.merge(arm, since: writer.count)")
        }
      }
    }
    emitEquality(union, into: &code)
    if withChecks { emitChecks(of: union, arms, into: &code) }
  }

  /// Every field of a union is an arm, also one that is not known here: the last counts.
  private func emitMerge(_ arms: [Field], ofUnion union: RecordDeclaration, into code: inout CodeWriter) {
    code.block("package mutating func merge(_ reader: inout WireReader) throws(RecordFault) {") { code in
      code.block("while let tag = try reader.nextTag() {") { code in
        code.cases("switch tag.rawValue {") { code in
          for arm in arms {
            let tag = arm.number << 3 | arm.type.wireType
            code.line("case \(tag): self = .\(arm.name.camelCased)(try reader.value(\"\(arm.name)\"))")
          }
          code.line("default:")
          code.line("  var arm = UnknownFields()")
          code.line("  try reader.skip(tag, into: &arm)")
          code.line("  self = .unrecognized(arm)")
        }
      }
    }
  }

  private func emitChecks(of union: RecordDeclaration, _ arms: [Field], into code: inout CodeWriter) {
    code.line()
    code.block("extension \(union.name): CheckedRecord {") { code in
      code.block("package func check() throws(RecordFault) {") { code in
        code.cases("switch self {") { code in
          code.line("case .unset: throw RecordFault(\"is missing\", \"缺失\")")
          for arm in arms {
            var check = CodeWriter()
            emitCheck(of: "value", arm, into: &check)
            let body = check.text.isEmpty ? "break" : check.text.dropLast()
            code.line("case .\(arm.name.camelCased)\(check.text.isEmpty ? "" : "(let value)"): \(body)")
          }
          code.line("// Whoever asks for unknown fields refuses it.")
          code.line("case .unrecognized: break")
        }
      }
      code.line()
      code.block("package var hasUnknownFields: Bool {") { code in
        code.cases("switch self {") { code in
          for arm in arms {
            guard case .record = arm.type else { continue }
            code.line("case .\(arm.name.camelCased)(let value): value.hasUnknownFields")
          }
          code.line("case .unrecognized: true")
          code.line("default: false")
        }
      }
    }
  }
}
