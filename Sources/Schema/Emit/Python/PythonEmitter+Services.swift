extension PythonEmitter {
  /// The methods, and for each service two clients over them: one that blocks and one for asyncio.
  func services() -> String {
    let methods = schema.services.flatMap(\.methods)
    let records = Set(methods.flatMap { [$0.request, $0.response] })
    let errors = Set(methods.flatMap(\.errors))
    var calls: Set<String> = ["AsyncCalls", "BlockingCalls", "Method"]
    if methods.contains(where: { $0.kind == .command && !$0.takesStream }) { calls.insert("CommandOptions") }
    if methods.contains(where: { $0.kind == .query && !$0.isStreaming }) { calls.insert("QueryOptions") }
    if methods.contains(where: { $0.kind == .query && $0.isStreaming }) {
      calls.formUnion(["StreamOptions", "Messages", "AsyncMessages"])
    }
    if methods.contains(where: { $0.takesStream && !$0.isStreaming }) {
      calls.formUnion(["ExchangeOptions", "Upload", "AsyncUpload"])
    }
    if methods.contains(where: { $0.takesStream && $0.isStreaming }) {
      calls.formUnion(["ExchangeOptions", "Exchange", "AsyncExchange"])
    }
    let imports =
      ["from typing import Final, Unpack", ""] + Self.importing(calls, from: "..calls")
      + errorImports(errors) + Self.importing(records, from: ".records")
    return module("Services of package \(schema.package).", imports: imports) { code in
      for service in schema.services {
        code.line()
        for method in service.methods { emitMethod(service, method, into: &code) }
      }
      for service in schema.services {
        emitClient(service, isAsync: false, into: &code)
        emitClient(service, isAsync: true, into: &code)
      }
      emitServices(isAsync: false, into: &code)
      emitServices(isAsync: true, into: &code)
    }
  }

  private func errorImports(_ errors: Set<String>) -> [String] { Self.importing(errors, from: ".errors") }

  private static func constant(_ service: ServiceDeclaration, _ method: MethodDeclaration) -> String {
    "\(service.name.snakeCased)_\(method.name)".uppercased()
  }

  private func emitMethod(_ service: ServiceDeclaration, _ method: MethodDeclaration, into code: inout CodeWriter) {
    code.block("\(Self.constant(service, method)): Final = Method(", closing: ")") { code in
      code.line("number=\(service.number << 8 | method.number),")
      code.line("name=\"\(service.name).\(method.name)\",")
      code.line("request=\(method.request),")
      code.line("reply=\(method.response),")
      code.line("is_command=\(method.kind == .command ? "True" : "False"),")
      if method.takesStream { code.line("takes_stream=True,") }
      code.line("deadline_seconds=\(method.deadlineSeconds),")
      if !method.errors.isEmpty {
        // A tuple of one keeps its comma.
        let names = method.errors.joined(separator: ", ") + (method.errors.count == 1 ? "," : "")
        let line = "refusals=(\(names)),"
        if line.count + 4 <= Self.lineLength {
          code.line(line)
        } else {
          code.block("refusals=(", closing: "),") { code in
            for name in method.errors { code.line("\(name),") }
          }
        }
      }
    }
  }

  private static func className(_ service: ServiceDeclaration, isAsync: Bool) -> String {
    "\(isAsync ? "Async" : "")\(service.name)Client"
  }

  private func emitClient(_ service: ServiceDeclaration, isAsync: Bool, into code: inout CodeWriter) {
    code.line()
    code.line()
    code.indented("class \(Self.className(service, isAsync: isAsync)):") { code in
      Self.document(service.heading.explanation, into: &code)
      if !service.heading.explanation.isEmpty { code.line() }
      code.indented("def __init__(self, calls: \(isAsync ? "AsyncCalls" : "BlockingCalls")) -> None:") { code in
        code.line("self._calls = calls")
      }
      for method in service.methods {
        code.line()
        emitCall(service, method, isAsync: isAsync, into: &code)
      }
    }
  }

  private func emitCall(
    _ service: ServiceDeclaration, _ method: MethodDeclaration, isAsync: Bool, into code: inout CodeWriter
  ) {
    let prefix = isAsync ? "Async" : ""
    let (options, verb, answer) =
      switch (method.takesStream, method.isStreaming, method.kind) {
      case (true, true, _): ("ExchangeOptions", "exchange", "\(prefix)Exchange[\(method.request), \(method.response)]")
      case (true, false, _): ("ExchangeOptions", "upload", "\(prefix)Upload[\(method.request), \(method.response)]")
      case (false, true, _): ("StreamOptions", "stream", "\(prefix)Messages[\(method.response)]")
      case (false, false, .command): ("CommandOptions", "command", method.response)
      case (false, false, .query): ("QueryOptions", "query", method.response)
      }
    // A stream is opened when its first message is asked for or sent, so that making one waits for nothing.
    let waits = isAsync && !method.isStreaming && !method.takesStream
    let head = "\(waits ? "async " : "")def \(Self.escaped(method.name))"
    let request = method.takesStream ? "" : "request: \(method.request), "
    let arguments = "self, \(request)**options: Unpack[\(options)]"
    let line = "\(head)(\(arguments)) -> \(answer):"
    func body(_ code: inout CodeWriter) {
      Self.document(method.heading.explanation, into: &code)
      let arguments = "\(Self.constant(service, method)),\(method.takesStream ? "" : " request,") **options"
      let call = "\(waits ? "await " : "")self._calls.\(verb)(\(arguments))"
      code.line("return \(call)")
    }
    if line.count + code.column <= Self.lineLength {
      code.indented(line, body)
    } else {
      code.block("\(head)(", closing: ") -> \(answer):") { code in code.line(arguments) }
      code.indentedBehind(body)
    }
  }

  private func emitServices(isAsync: Bool, into code: inout CodeWriter) {
    code.line()
    code.line()
    code.indented("class \(isAsync ? "Async" : "")Services:") { code in
      code.line("\"\"\"All services, over the same calls.\"\"\"")
      code.line()
      code.indented("def __init__(self, calls: \(isAsync ? "AsyncCalls" : "BlockingCalls")) -> None:") { code in
        for service in schema.services {
          let name = Self.escaped(service.name.snakeCased)
          code.line("self.\(name) = \(Self.className(service, isAsync: isAsync))(calls)")
        }
      }
    }
  }
}
