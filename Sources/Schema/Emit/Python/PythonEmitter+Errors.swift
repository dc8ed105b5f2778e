extension PythonEmitter {
  /// An exception class for each error, and the table of their numbers.
  func errors() -> String {
    let fields = schema.errors.flatMap(\.record.fields)
    let named = Set(
      fields.compactMap { field in
        switch field.type {
        case .record(let name), .enumeration(let name): name
        case .scalar: nil
        }
      })
    let usesTime = fields.contains { annotation($0.type).hasPrefix("datetime.") }
    let imports =
      ["import dataclasses"] + (usesTime ? ["import datetime"] : []) + ["from typing import ClassVar, Final", ""]
      + ["from ..errors import Refusal, StatusCode", "from ..labels import Label"]
      + runtimeImports(fields, besides: [])
      + Self.importing(named, from: ".records")
    return module("Every refusal of package \(schema.package).", imports: imports) { code in
      emitAll(schema.errors.map(\.name), into: &code)
      for error in schema.errors { emit(error, into: &code) }
      code.line()
      code.line()
      code.block("REFUSALS: Final[dict[int, type[Refusal]]] = {") { code in
        for error in schema.errors { code.line("\(error.number): \(error.name),") }
      }
      code.line("\"\"\"By number: stable for ever.\"\"\"")
    }
  }

  private func emit(_ error: ErrorDeclaration, into code: inout CodeWriter) {
    code.line()
    code.line()
    code.line("@dataclasses.dataclass(kw_only=True, eq=False)")
    code.indented("class \(error.name)(Refusal):") { code in
      Self.document(error.record.heading.explanation, into: &code)
      if !error.record.heading.explanation.isEmpty { code.line() }
      code.line("NUMBER: ClassVar[int] = \(error.number)")
      code.block("LABEL: ClassVar[Label] = Label(", closing: ")") { code in
        code.line("\(Self.literal(error.message.english)),")
        code.line("\(Self.literal(error.message.chinese)),")
      }
      code.line("status = StatusCode.\(error.code.idlName.uppercased())")
      if !error.record.fields.isEmpty {
        code.line()
        emitFields(error.record, inError: true, into: &code)
      }
    }
  }
}
